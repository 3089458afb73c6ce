"""Keeps a NovaLXP (Moodle) site in step with BambooHR. Run as `python -m worker`; `--help` explains."""

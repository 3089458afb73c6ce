"""Keeps a NovaLXP (Moodle) site in sync with BambooHR. Run as `python -m worker`; `--help` explains."""

__version__ = "2.0.0.dev0"

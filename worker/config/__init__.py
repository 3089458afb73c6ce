"""The configuration and the credentials of a run."""

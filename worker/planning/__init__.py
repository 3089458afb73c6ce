"""Decides what happens to each employee. Pure: no I/O, no clock."""

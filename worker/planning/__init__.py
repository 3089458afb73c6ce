"""What becomes of each employee. Pure: no I/O, no clock."""

"""What the sync is about, as plain data. Pure: no I/O, no clock."""

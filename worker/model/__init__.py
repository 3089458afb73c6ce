"""The data model of the sync. Pure: no I/O, no clock."""

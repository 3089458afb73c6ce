"""What survives a run: the position, the lock, follow-ups on employees, the history of runs, and the journal."""

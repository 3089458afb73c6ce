"""What survives a run: the position, the lock, who is remembered for what, and how the last runs went."""

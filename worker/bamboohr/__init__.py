"""BambooHR: the client and the parsers of its answers."""

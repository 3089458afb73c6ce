"""The runs: read, plan, guard, write, remember, summarise."""

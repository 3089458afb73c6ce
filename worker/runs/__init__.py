"""The runs: read, plan, guard, write, record, summarise."""

"""The commands: one module each, with its parser, its help and its function."""

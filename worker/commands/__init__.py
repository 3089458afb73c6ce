"""The commands: a module each, with the parser that teaches it and what it does."""

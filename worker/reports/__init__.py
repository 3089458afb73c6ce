"""What a plan looks like to a reader: a table, JSON, a web page."""

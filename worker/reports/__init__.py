"""The forms of a plan: a table, JSON and a web page."""

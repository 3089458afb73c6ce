"""Moodle's user web services: the client, the parsers, refusals in words."""

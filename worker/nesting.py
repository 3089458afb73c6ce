"""How deep JSON nests, told while it arrives.

The stream parser keeps the path to where it is, so that its memory grows with the square of the depth: some kilobytes
of openings would exhaust any task. What BambooHR and Moodle send is a few levels deep.
"""

from __future__ import annotations

import re

DEEPEST = 32
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_OTHER = bytes(set(range(256)) - set(b"[]{}"))


class TooDeep(ValueError):
    """Nested far deeper than any answer is."""


class Depth:
    """Follows one document."""

    def __init__(self) -> None:
        self._depth = 0
        self._unfinished = b""

    def feed(self, chunk: bytes) -> None:
        """Take the next part. Raises TooDeep."""
        text, quote, rest = _STRING.sub(b"", self._unfinished + chunk).partition(b'"')
        self._unfinished = quote + rest
        for sign in text.translate(None, delete=_OTHER):
            self._depth += 1 if sign in b"[{" else -1
            if self._depth > DEEPEST:
                raise TooDeep("nested too deeply")

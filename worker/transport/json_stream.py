"""Reads a long JSON answer as it arrives: memory depends on what is kept of it, not on its length."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import ijson

from worker.transport.json_text import JsonRepair, read_json


class Malformed(ValueError):
    """The answer is not as the API documents it. `answer`: the JSON that it is instead, if complete and short."""

    def __init__(self, what: str, answer: object = None) -> None:
        super().__init__(what)
        self.answer = answer


_HEAD = 1 << 16


def read_items(chunks: Iterable[bytes], handlers: Mapping[str, Callable[[Any], None]]) -> bytes:
    """Hand every item below a path ("users.item") to its taker, and return the beginning of the answer.

    Raises Malformed if the answer is not complete JSON; some items may already have been handed over.
    """
    found: list[tuple[Any, Callable[[Any], None]]] = []
    readers = []
    for path, take in handlers.items():
        items: Any = ijson.sendable_list()
        # Without use_float, the C parser fails on an integer with more digits than Python converts.
        readers.append(ijson.items_coro(items, path, use_float=True))
        found.append((items, take))
    head = bytearray()
    depth = Depth()
    try:
        for chunk in _repaired(chunks):
            head += chunk[: max(0, _HEAD - len(head))]
            depth.feed(chunk)
            for reader in readers:
                reader.send(chunk)
            _hand_over(found)
        for reader in readers:
            reader.close()
    except (ijson.JSONError, ArithmeticError, RecursionError, ValueError) as fault:
        raise Malformed("not whole JSON") from fault
    _hand_over(found)
    return bytes(head)


def require_empty(head: bytes, name: str) -> None:
    """Raise Malformed unless an answer without items is well-formed, and contains this list as an empty one."""
    try:
        answer = read_json(head)
    except ValueError as fault:
        raise Malformed(f"no {name}, and too long to have none") from fault
    if not isinstance(answer, dict) or answer.get(name) != []:
        raise Malformed(f"no list of {name}", answer)


def _repaired(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the chunks without what would fail the whole answer, and without empty ones, which would end it."""
    repair = JsonRepair()
    for chunk in chunks:
        if decided := repair.feed(chunk):
            yield decided
    if rest := repair.feed(b"", final=True):
        yield rest


def _hand_over(found: Iterable[tuple[Any, Callable[[Any], None]]]) -> None:
    for items, take in found:
        for item in items:
            take(item)
        items.clear()


DEEPEST = 32
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_OTHER = bytes(set(range(256)) - set(b"[]{}"))


class Depth:
    """Follows the nesting of one document, which is at most `DEEPEST` in any answer of either system."""

    def __init__(self) -> None:
        self._depth = 0
        self._unfinished = b""

    def feed(self, chunk: bytes) -> None:
        """Take the next part. Raises ValueError if it is nested too deeply."""
        text, quote, rest = _STRING.sub(b"", self._unfinished + chunk).partition(b'"')
        self._unfinished = quote + rest
        for sign in text.translate(None, delete=_OTHER):
            self._depth += 1 if sign in b"[{" else -1
            if self._depth > DEEPEST:
                raise ValueError("nested too deeply")

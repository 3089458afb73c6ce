"""Items that hold many records as one text: a line of JSON for each, compressed if the lines would not fit."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable

from worker.errors import StateError
from worker.state.items import KEY, Item
from worker.state.records import Stored

MAX_BYTES = 280_000
"""The most bytes of a text, whose item then stays under 300 KB with its key. Lines and compressed text are ASCII."""


def encode(stored: Stored) -> str:
    """Return one line of JSON."""
    return json.dumps(stored, separators=(",", ":"))


def pack(lines: Iterable[str]) -> str:
    """Return the text of the lines. Compressed, it is base64, which never begins as a line of JSON does."""
    text = "\n".join(lines)
    return text if len(text) <= MAX_BYTES else b64encode(zlib.compress(text.encode())).decode()


def unpack(item: Item | None, name: str, advice: str) -> list[tuple[str, Stored]]:
    """Return each line of an item's text, and its object; none without an item. Raises StateError if malformed."""
    if item is None:
        return []
    if item.get("parts", 1) != 1:
        why = "as an unreleased version wrote it, which this version cannot put together"
        raise StateError(f"the item {item.get(KEY)} is one of several parts, {why}", advice=advice)
    try:
        text = item[name].strip()
        if not text.startswith("{") and text != "":
            text = zlib.decompress(b64decode(text)).decode()
        lines = [(line, json.loads(line)) for line in text.split("\n")] if text else []
        if not all(isinstance(stored, dict) for _, stored in lines):
            raise ValueError("not one object a line")
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError, zlib.error):
        raise StateError(f"the item {item.get(KEY)} is malformed: it was changed by hand", advice=advice) from None
    return lines

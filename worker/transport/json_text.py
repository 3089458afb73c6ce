"""JSON as servers really send it.

A byte order mark costs nothing; a byte that is no UTF-8, or a lone surrogate, costs the value that holds it.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

_REPLACEMENT = "\ufffd"
_UNREADABLE = re.compile("[\ufffd\ud800-\udfff]")
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)
_UNFINISHED = re.compile(r"(?:\\u[dD][89abAB][0-9a-fA-F]{2})?(?:\\(?:u[0-9a-fA-F]{0,3})?)?$")
_LONGEST_ESCAPE = len(r"\ud83d\ude00")


def read_json(body: bytes) -> Any:
    """The document; ValueError (and nothing else) if it is none."""
    try:
        return json.loads(body.decode("utf-8-sig", errors="replace"))
    except RecursionError as deep:
        raise ValueError("nested too deeply") from deep


def is_readable(text: str) -> bool:
    """Whether every character of a value is known: neither a lone surrogate nor what replaces an unreadable byte."""
    return text.isascii() or _UNREADABLE.search(text) is None


def readable(text: str) -> str:
    """The text with each lone surrogate replaced, so that it can be compared and sent."""
    return text if text.isascii() else _UNREADABLE.sub(_REPLACEMENT, text)


class JsonRepair:
    """The same for a document that arrives in chunks: UTF-8 without a byte order mark, without lone surrogates."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._rest = ""

    def feed(self, chunk: bytes, *, final: bool = False) -> bytes:
        """The next part, as far as it is decided; with `final` the rest."""
        text = self._rest + self._decoder.decode(chunk, final)
        end = len(text) if final else _decided(text)
        self._rest = text[end:]
        return _ESCAPE.sub(_without_surrogate, text[:end]).encode() if "\\" in text else text[:end].encode()


def _without_surrogate(escape: re.Match[str]) -> str:
    return r"\ufffd" if escape[1] else escape[0]


def _decided(text: str) -> int:
    """Where an escape begins that the next chunk may continue; otherwise the end."""
    tail = text[-_LONGEST_ESCAPE:]
    unfinished = _UNFINISHED.search(tail)
    assert unfinished is not None
    at = len(text) - len(tail) + unfinished.start()
    escapes_it = (at - len(text[:at].rstrip("\\"))) % 2
    return len(text) if escapes_it else at

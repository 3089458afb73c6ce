"""Reads JSON as servers really send it.

Byte order marks and blanks around the document do no harm, nor does a tab or line break in a text. A byte that is not
UTF-8, a lone surrogate, another control character, and an invalid or overlong number make only the value that contains
them unreadable.
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
_AROUND = "\ufeff\x00 \t\r\n"
_CONTROLS = dict.fromkeys(range(32), _REPLACEMENT) | dict.fromkeys(range(0x09, 0x0E), " ")
_NO_NUMBER = re.compile(
    r"(:\s*+)-?(?:NaN|Infinity|(?:\d{20,}+|9[2-9]\d{17})[-+.\w]*+|[\d.]++[eE][-+]?\d{3,}+)(?=\s*+[,}\]])"
)
_NO_VALUE = "{}"
"""An object, which is the value of no field."""
_TEXT_OR_NO_NUMBER = re.compile(r'"(?:[^"\\]++|\\.)*+"?|\\.|' + _NO_NUMBER.pattern, re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NUMBER_TO_COME = re.compile(r":\s*+[-+.\w]*+\s*+")


def read_json(body: bytes) -> Any:
    """Return the document. Raises ValueError (and nothing else) if it is not JSON."""
    try:
        return json.loads(JsonRepair().text(body, final=True))
    except RecursionError as deep:
        raise ValueError("nested too deeply") from deep


def readable(text: str) -> str:
    """Return the text with each lone surrogate replaced, so that it can be compared and sent."""
    return text if text.isascii() else _UNREADABLE.sub(_REPLACEMENT, text)


class JsonRepair:
    """Turns a document that arrives in chunks into one that every parser can read."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""
        self._has_begun = False
        self._in_text = False

    def feed(self, chunk: bytes, *, final: bool = False) -> bytes:
        """Return the next part, up to what later chunks may change; with `final`, the rest."""
        return self.text(chunk, final=final).encode()

    def text(self, chunk: bytes, *, final: bool = False) -> str:
        """Return the same as text."""
        text = self._rest + self._decoder.decode(chunk, final)
        if not self._has_begun:
            text = text.lstrip(_AROUND)
            self._has_begun = bool(text)
        decided = text.rstrip(_AROUND)
        if not final:
            decided = _without_unfinished(decided)
        self._rest = text[len(decided) :]
        began_in_text, self._in_text = self._in_text, self._in_text ^ _ends_in_another_state(decided)
        return _repaired(decided, began_in_text=began_in_text)


def _ends_in_another_state(text: str) -> bool:
    """Return whether a part that begins inside a JSON text ends outside, or the reverse."""
    escaped = _ESCAPED.findall(text).count('"') if "\\" in text else 0
    return (text.count('"') - escaped) % 2 == 1


def _repaired(text: str, *, began_in_text: bool) -> str:
    if not text.isprintable():
        text = text.translate(_CONTROLS)
    if "\\" in text:
        text = _ESCAPE.sub(lambda escape: r"\ufffd" if escape[1] else escape[0], text)
    return _without_odd_numbers(text, began_in_text=began_in_text) if _NO_NUMBER.search(text) else text


def _without_odd_numbers(text: str, *, began_in_text: bool) -> str:
    """Return the part without invalid numbers, except those inside a text, such as in "Room: 2E101, Leeds"."""
    opening = '"' if began_in_text else ""
    repaired = _TEXT_OR_NO_NUMBER.sub(lambda found: f"{found[1]}{_NO_VALUE}" if found[1] else found[0], opening + text)
    return repaired[len(opening) :]


def _without_unfinished(text: str) -> str:
    """Return the text without a number or an escape that the next chunk may continue."""
    colon = text.rfind(":")
    if colon >= 0 and _NUMBER_TO_COME.fullmatch(text, colon):
        text = text[:colon]
    at = max(0, len(text) - _LONGEST_ESCAPE)
    while unfinished := _UNFINISHED.search(text, at):
        at = unfinished.start()
        is_escaped = (at - len(text[:at].rstrip("\\"))) % 2 == 1
        if not is_escaped:
            return text[:at]
        at += 1
    return text

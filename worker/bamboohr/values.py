"""Cleans the values in BambooHR's answers."""

from __future__ import annotations

import math
import sys
import unicodedata
from collections.abc import Mapping

from worker.transport.json_text import is_readable

_DATE_NOT_SET = "0000-00-00"
"""The value that Get Employee and reports have in place of List Employees' null (documented)."""
ADDRESSES = frozenset({"work_email"})
_CONTROLS = "".join(map(chr, (*range(0x21), *range(0x7F, 0xA0))))
"""Control characters and the space. Within a text they are left to the checks of what Moodle accepts."""
_BLANK_CHARACTERS = frozenset(
    {
        *"\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc",
        *map(chr, range(0x180B, 0x1810)),
        *map(chr, range(0xFE00, 0xFE10)),
        *map(chr, range(0xE0100, 0xE01F0)),
    }
)
"""Characters without a shape that Unicode does not count as format characters: fillers, variation selectors."""


def text(field: str, value: object) -> str | None:
    """Return a field's value as text, "" for null; None if it is no single readable value, and so is not shown."""
    if value is None:
        return ""
    if isinstance(value, str):
        return cleaned(field, value) if is_readable(value) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return str(value)


def cleaned(field: str, value: str) -> str:
    """Return the text in Unicode NFC, with single spaces, and without invisible characters.

    They are removed at the ends; format characters and fillers are removed everywhere in an address, but not within a
    name, where they join or separate letters.
    """
    single_spaced = " ".join(value.split()).strip(_CONTROLS)
    if single_spaced.isascii():
        return "" if single_spaced == _DATE_NOT_SET else single_spaced
    composed = unicodedata.normalize("NFC", single_spaced)
    if field in ADDRESSES:
        return "".join(char for char in composed if not _is_invisible(char)).strip(_CONTROLS)
    start, end = 0, len(composed)
    while start < end and (_is_blank(composed[start]) or _combines(composed[start])):
        start += 1
    while start < end and _is_blank(composed[end - 1]):
        end -= 1
    return composed[start:end]


def _is_blank(char: str) -> bool:
    return char.isspace() or char in _CONTROLS or _is_invisible(char)


def _combines(char: str) -> bool:
    """Return whether it is an accent or another mark, which is visible only on a letter before it."""
    return unicodedata.category(char).startswith("M")


def _is_invisible(char: str) -> bool:
    return unicodedata.category(char) == "Cf" or char in _BLANK_CHARACTERS


def shared(facts: Mapping[str, str]) -> dict[str, str]:
    """Return the facts with interned values: most values of 20,000 employees occur often, and in both systems."""
    return {name: sys.intern(value) for name, value in facts.items()}

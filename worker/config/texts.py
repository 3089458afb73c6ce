"""The texts of settings without the characters that editors, web pages and spreadsheets add and that are invisible.

Both the variables and the files of environments are cleaned before anything is checked.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from pathlib import Path

QUOTES = "\"'\u2018\u2019\u201c\u201d\u201e"
"""What `docker --env-file` keeps around a value, where a shell and TOML remove it, and what word processors write."""


_JOINERS = "\u200c\u200d"
"""Between two letters of Persian or of an Indian language, they make another spelling."""


def trimmed(text: str) -> str:
    """Return the text without what is invisible at its ends."""
    return text.strip("".join(char for char in text if char.isspace() or unicodedata.category(char) == "Cf"))


def visible(text: str) -> str:
    """Return the text in Unicode NFC, without byte order marks, zero-width spaces, and blanks at its ends."""
    composed = trimmed(unicodedata.normalize("NFC", text))
    return "".join(
        char
        for at, char in enumerate(composed)
        if unicodedata.category(char) != "Cf"
        or (char in _JOINERS and not composed[at - 1].isascii() and not composed[at + 1].isascii())
    )


def read_toml(path: Path) -> dict[str, object]:
    """Return the table in a TOML file, which may begin with a byte order mark. Raises as `tomllib.load` does."""
    return visible_table(tomllib.loads(path.read_text(encoding="utf-8-sig")))


def visible_table(table: Mapping[str, object]) -> dict[str, object]:
    """Return the table of a setting, or of all of them, in which every text is as :func:`visible` returns it."""
    cleaned: dict[str, object] = {}
    for key in sorted(table, key=lambda key: visible(key) != key):
        # Of two keys that look the same, the one with invisible characters stays as written, so that it is reported.
        name = visible(key)
        cleaned[key if name in cleaned else name] = _visible_value(table[key])
    return cleaned


def _visible_value(value: object) -> object:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, list):
        return [_visible_value(entry) for entry in value]
    return visible_table(value) if isinstance(value, dict) else value

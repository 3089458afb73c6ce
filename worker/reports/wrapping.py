"""Wraps text to a width, but keeps each command on one line, so that it can be copied."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

_COMMAND = re.compile(r"(?:\./lxp|python -m worker)(?: [^\s;,]*[^\s;,.])+")
_NO_BREAK = "\N{NO-BREAK SPACE}"
_NARROWEST = 24


def facts(pairs: Iterable[tuple[str, object]], width: int = 0) -> str:
    """Return one line for each name and value; empty values are left out.

    A long value continues below its beginning, unless the width (0: no limit) leaves too little room.
    """
    shown = [(name, str(value)) for name, value in pairs if value not in (None, "")]
    size = max((len(name) for name, _ in shown), default=0)
    is_wide = width - size - 4 < _NARROWEST
    return "\n".join(
        f"  {name:<{size}}  {value}"
        if is_wide
        else "\n".join(wrap(value, width, first=f"  {name:<{size}}  ", rest=" " * (size + 4)))
        for name, value in shown
    )


def wrap(text: str, width: int, *, first: str = "", rest: str = "") -> list[str]:
    """Return the text in lines. A command or a word that is longer than a line stays whole.

    Args:
        width: The width of a line, its indent included.
        first: The beginning of the first line.
        rest: The beginning of every other line.
    """
    bound = _COMMAND.sub(lambda found: found[0].replace(" ", _NO_BREAK), text)
    lines = textwrap.wrap(
        bound, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace(_NO_BREAK, " ") for line in lines] or [first]

"""Text in lines of a width, each command in it on one line, so that it can be copied."""

from __future__ import annotations

import re
import textwrap

_COMMAND = re.compile(r"(?:\./lxp|python -m worker)(?: [^\s;,]*[^\s;,.])+")
_NO_BREAK = "\N{NO-BREAK SPACE}"


def wrap(text: str, width: int, *, first: str = "", rest: str = "") -> list[str]:
    """Return the text in lines. A command or a word that is longer than a line stays whole.

    Args:
        width: The width of a line, its indent included.
        first: What the first line begins with.
        rest: What every other line begins with.
    """
    bound = _COMMAND.sub(lambda found: found[0].replace(" ", _NO_BREAK), text)
    lines = textwrap.wrap(
        bound, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace(_NO_BREAK, " ") for line in lines] or [first]

"""Whether a CloudWatch Logs metric filter takes a log line.

Kept of the grammar ("Filter pattern syntax for metric filters", CloudWatch Logs user guide) is what CDK's JSON patterns
write: comparisons of one selector joined by && and ||, `IS TRUE`, `IS FALSE`, `IS NULL` and `NOT EXISTS`. A line that
is no JSON object, or lacks the field that a comparison names, is not taken.
"""

from __future__ import annotations

import json
import operator
import re
from typing import Any

_COMPARISON = re.compile(
    r'\$\.([\w.]+) (?:(NOT EXISTS)|IS (TRUE|FALSE|NULL)|(=|!=|>=|<=|>|<) (?:"([^"]*)"|(-?[0-9.]+)))'
)
_INNERMOST = re.compile(r"\(([^()]*)\)")
_WORDS = {"TRUE": True, "FALSE": False, "NULL": None}
_SIGNS = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_MISSING = object()


def takes(pattern: str, line: str) -> bool:
    """Whether the filter counts the line."""
    try:
        entry = json.loads(line)
    except ValueError:
        return False
    if not isinstance(entry, dict):
        return False
    inside = re.fullmatch(r"\{(.*)\}", pattern.strip())
    assert inside, pattern
    logic = _COMPARISON.sub(lambda found: str(_holds(found, entry)), inside[1])
    assert re.fullmatch(r"(True|False|&&|\|\||[() ])+", logic), f"not understood: {logic}"
    while "(" in logic:
        logic = _INNERMOST.sub(lambda found: str(_either(found[1])), logic)
    return _either(logic)


def _either(logic: str) -> bool:
    return any(all(one.strip() == "True" for one in part.split("&&")) for part in logic.split("||"))


def _holds(comparison: re.Match[str], entry: dict[str, Any]) -> bool:
    selector, not_exists, word, sign, text, number = comparison.groups()
    value: Any = entry
    for name in selector.split("."):
        value = value.get(name, _MISSING) if isinstance(value, dict) else _MISSING
    if not_exists:
        return value is _MISSING
    if word:
        return value is _WORDS[word]
    if text is not None:
        return value is not _MISSING and bool(_SIGNS[sign](value, text))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and bool(_SIGNS[sign](value, float(number)))

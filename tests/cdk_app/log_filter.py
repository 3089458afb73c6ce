"""Whether a CloudWatch Logs metric filter matches a log line.

It supports the part of the grammar ("Filter pattern syntax for metric filters", CloudWatch Logs user guide) that CDK's
JSON patterns use: comparisons of one selector joined by && and ||, `IS TRUE`, `IS FALSE`, `IS NULL` and `NOT EXISTS`. A
line that is not a JSON object, or lacks the field of a comparison, does not match.
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


def filter_matches(pattern: str, line: str) -> bool:
    """Return whether the filter matches the line."""
    try:
        entry = json.loads(line)
    except ValueError:
        return False
    if not isinstance(entry, dict):
        return False
    inside = re.fullmatch(r"\{(.*)\}", pattern.strip())
    assert inside, pattern
    logic = _COMPARISON.sub(lambda found: str(_holds(found, entry)), inside[1])
    assert re.fullmatch(r"(True|False|&&|\|\||[() ])+", logic), f"not supported: {logic}"
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

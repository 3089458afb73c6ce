"""Whether a CloudWatch Logs metric filter takes a log line.

Kept of the grammar ("Filter pattern syntax for metric filters", CloudWatch Logs user guide) is what CDK's JSON patterns
write: comparisons of one selector joined by && and ||, `IS TRUE`, `IS FALSE`, `IS NULL` and `NOT EXISTS`. A line that
is no JSON object, or lacks the field that a comparison names, is not taken.
"""

from __future__ import annotations

import json
import re
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:(?P<mark>&&|\|\||[(){}])|(?P<field>\$\.[A-Za-z0-9_.]+)|(?P<word>IS|NOT|EXISTS|TRUE|FALSE|NULL)\b"""
    r"""|(?P<sign>!=|>=|<=|=|>|<)|(?P<text>"[^"]*")|(?P<number>-?[0-9.]+))"""
)
_MISSING = object()


def takes(pattern: str, line: str) -> bool:
    """Whether the filter counts the line."""
    try:
        told = json.loads(line)
    except ValueError:
        return False
    if not isinstance(told, dict):
        return False
    parser = _Parser(pattern, told)
    parser.take("{")
    answer = parser.either()
    parser.take("}")
    return answer


class _Parser:
    def __init__(self, pattern: str, told: dict[str, Any]) -> None:
        self._told = told
        self._tokens: list[str] = []
        position = 0
        while position < len(pattern.rstrip()):
            match = _TOKEN.match(pattern, position)
            assert match, f"not understood: {pattern[position:]}"
            self._tokens.append(match[0].strip())
            position = match.end()

    def take(self, *expected: str) -> str:
        token = self._tokens.pop(0)
        assert not expected or token in expected, f"{token} where {expected} should be"
        return token

    def either(self) -> bool:
        answers = [self._both()]
        while self._tokens[0] == "||":
            self.take()
            answers.append(self._both())
        return any(answers)

    def _both(self) -> bool:
        answers = [self._one()]
        while self._tokens[0] == "&&":
            self.take()
            answers.append(self._one())
        return all(answers)

    def _one(self) -> bool:
        if self._tokens[0] == "(":
            self.take()
            answer = self.either()
            self.take(")")
            return answer
        value = self._value(self.take())
        operator = self.take()
        if operator == "NOT":
            self.take("EXISTS")
            return value is _MISSING
        operand = self.take()
        if operator == "IS":
            return value is {"TRUE": True, "FALSE": False, "NULL": None}[operand]
        if operand.startswith('"'):
            same = value == operand.strip('"')
            return value is not _MISSING and (same if operator == "=" else not same)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        number = float(operand)
        return {
            "=": value == number,
            "!=": value != number,
            "<": value < number,
            "<=": value <= number,
            ">": value > number,
            ">=": value >= number,
        }[operator]

    def _value(self, selector: str) -> Any:
        value: Any = self._told
        for name in selector.removeprefix("$.").split("."):
            if not isinstance(value, dict) or name not in value:
                return _MISSING
            value = value[name]
        return value

import json

import pytest

from tests.cdk_app.log_filter import takes


@pytest.mark.parametrize(
    ("pattern", "told", "expected"),
    [
        ('{ $.a = "x" }', {"a": "x"}, True),
        ('{ $.a = "x" }', {"a": "y"}, False),
        ('{ $.a != "x" }', {"a": "y"}, True),
        ('{ $.a != "x" }', {}, False),
        ("{ $.a > 0 }", {"a": 1}, True),
        ("{ $.a > 0 }", {"a": 0}, False),
        ("{ $.a > 0 }", {"a": True}, False),
        ("{ $.a IS TRUE }", {"a": True}, True),
        ("{ $.a IS TRUE }", {"a": 1}, False),
        ("{ $.a IS FALSE }", {}, False),
        ("{ $.a NOT EXISTS }", {"b": 1}, True),
        ("{ $.a.b = 1 }", {"a": {"b": 1}}, True),
        ('{ ($.a = 1) && ($.b = "x") }', {"a": 1, "b": "x"}, True),
        ('{ ($.a = 1) && ($.b = "x") }', {"a": 1, "b": "y"}, False),
        ("{ ($.a = 1) || (($.a = 2) && ($.b = 3)) }", {"a": 2, "b": 3}, True),
    ],
)
def test_taking(pattern: str, told: dict[str, object], expected: bool) -> None:
    assert takes(pattern, json.dumps(told)) is expected


def test_what_is_not_understood_is_an_error() -> None:
    with pytest.raises(AssertionError, match="not understood"):
        takes("{ $.a LIKE 1 }", "{}")


@pytest.mark.parametrize("line", ["", "plain text", "[1]", '{"a": '])
def test_what_is_no_object_is_not_taken(line: str) -> None:
    assert not takes("{ $.a NOT EXISTS }", line)

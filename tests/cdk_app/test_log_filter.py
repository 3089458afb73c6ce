import json

import pytest

from tests.cdk_app.log_filter import filter_matches


@pytest.mark.parametrize(
    ("pattern", "entry", "expected"),
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
def test_matching(pattern: str, entry: dict[str, object], expected: bool) -> None:
    assert filter_matches(pattern, json.dumps(entry)) is expected


def test_what_is_not_supported_is_an_error() -> None:
    with pytest.raises(AssertionError, match="not supported"):
        filter_matches("{ $.a LIKE 1 }", "{}")


@pytest.mark.parametrize("line", ["", "plain text", "[1]", '{"a": '])
def test_a_line_that_is_not_an_object_does_not_match(line: str) -> None:
    assert not filter_matches("{ $.a NOT EXISTS }", line)

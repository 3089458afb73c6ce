"""The matcher of the tests, compared with what AWS documents and its open-source engine does."""

from typing import Any

import pytest

from tests.cdk_app.event_matcher import matches


@pytest.mark.parametrize(
    ("pattern", "event", "expected"),
    [
        ({"a": [1]}, {"a": 1}, True),
        ({"a": [1]}, {"a": 1, "b": 2}, True),
        ({"a": [1, 2]}, {"a": 2}, True),
        ({"a": [1], "b": [1]}, {"a": 1}, False),
        ({"a": [0]}, {"a": "0"}, False),
        ({"a": [0]}, {"a": False}, False),
        ({"a": [1]}, {"a": True}, False),
        ({"a": [None]}, {"a": None}, True),
        ({"a": [None]}, {}, False),
        ({"a": {"b": ["x"]}}, {"a": {"b": "x"}}, True),
        ({"a": {"b": ["x"]}}, {"a": "x"}, False),
        # prefix
        ({"a": [{"prefix": "ab"}]}, {"a": "abc"}, True),
        ({"a": [{"prefix": "ab"}]}, {"a": "ba"}, False),
        ({"a": [{"prefix": "1"}]}, {"a": 12}, False),
        # anything-but needs a value
        ({"a": [{"anything-but": [0]}]}, {"a": 1}, True),
        ({"a": [{"anything-but": 0}]}, {"a": 0}, False),
        ({"a": [{"anything-but": [0]}]}, {}, False),
        ({"a": [{"anything-but": [0]}]}, {"a": None}, True),
        ({"a": [{"anything-but": ["x", "y"]}]}, {"a": "y"}, False),
        ({"a": [{"anything-but": {"prefix": "x"}}]}, {"a": "xy"}, False),
        # exists
        ({"a": [{"exists": True}]}, {"a": 0}, True),
        ({"a": [{"exists": True}]}, {"b": 0}, False),
        ({"a": [{"exists": False}]}, {"b": 0}, True),
        ({"a": [{"exists": False}]}, {"a": None}, False),
        ({"a": [{"exists": False}, 1]}, {"a": 1}, True),
        ({"a": {"b": [{"exists": False}]}}, {"a": {"c": 1}}, True),
        ({"a": {"b": [{"exists": False}]}}, {}, True),
        # numeric
        ({"a": [{"numeric": [">", 0, "<=", 5]}]}, {"a": 5}, True),
        ({"a": [{"numeric": [">", 0, "<=", 5]}]}, {"a": 0}, False),
        ({"a": [{"numeric": ["=", 1]}]}, {"a": "1"}, False),
        # an array matches if one of its elements does
        ({"a": ["x"]}, {"a": ["w", "x"]}, True),
        ({"a": ["x"]}, {"a": []}, False),
        ({"a": [{"anything-but": ["x"]}]}, {"a": ["x", "y"]}, True),
        # conditions on one array hold for one element of it
        ({"a": {"b": [1], "c": [2]}}, {"a": [{"b": 1, "c": 2}]}, True),
        ({"a": {"b": [1], "c": [2]}}, {"a": [{"b": 1, "c": 3}, {"b": 3, "c": 2}]}, False),
        ({"a": {"b": [1], "c": [2]}}, {"a": [{"b": 1}, {"c": 2}]}, False),
        ({"a": {"b": [1]}, "d": {"c": [2]}}, {"a": [{"b": 1}], "d": [{"c": 3}, {"c": 2}]}, True),
        # absent from every element, not from one
        ({"a": {"b": [{"exists": False}]}}, {"a": [{"c": 1}, {"b": 1}]}, False),
        ({"a": {"b": [{"exists": False}]}}, {"a": [{"c": 1}]}, True),
        ({"a": {"b": [{"exists": False}]}}, {"a": []}, True),
        # paths in alphabetical order: here the element is chosen before the absence is evaluated ...
        ({"a": {"b": ["x"], "c": [{"exists": False}]}}, {"a": [{"b": "x"}, {"c": 1}]}, True),
        # ... and here after
        ({"a": {"b": [{"exists": False}], "c": ["x"]}}, {"a": [{"c": "x"}, {"b": 1}]}, False),
        # $or
        ({"$or": [{"a": [1]}, {"b": [2]}]}, {"b": 2}, True),
        ({"$or": [{"a": [1]}, {"b": [2]}]}, {"a": 2, "b": 1}, False),
        ({"c": [3], "$or": [{"a": [1]}, {"b": [2]}]}, {"a": 1}, False),
        ({"d": {"$or": [{"a": [1]}, {"b": [{"exists": False}]}]}}, {"d": {"a": 2}}, True),
        ({"d": {"$or": [{"a": {"b": [1], "c": [2]}}, {"e": [1]}]}}, {"d": {"a": [{"b": 1}, {"c": 2}]}}, False),
    ],
)
def test_matching(pattern: dict[str, Any], event: dict[str, Any], expected: bool) -> None:
    assert matches(pattern, event) is expected


def test_a_value_outside_a_list_is_refused() -> None:
    with pytest.raises(ValueError, match="are a list"):
        matches({"a": 1}, {"a": 1})

"""Whether an EventBridge pattern matches an event, as AWS's own engine decides (aws/event-ruler on GitHub).

It supports what patterns on task ends can use: exact values, `prefix`, `anything-but`, `exists`, `numeric` and `$or`,
on an event that is first flattened into fields. Each field has the array elements that contain it:

- a value matches if any of the fields with its path does;
- conditions on several paths must hold for fields in the same element of each array they share;
- a path "does not exist" if no field has it that is consistent with the elements chosen so far. Paths are evaluated in
  alphabetical order, so those of `exists: false` may come before the choice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

_OR = "$or"
_ABSENT = {"exists": False}
_COMPARISONS = {
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    "=": lambda value, bound: value == bound,
    ">=": lambda value, bound: value >= bound,
    ">": lambda value, bound: value > bound,
}

Elements = Mapping[int, int]
"""The index of an element by the number of its array in the event."""


@dataclass(frozen=True)
class Field:
    """A value of an event, its path, and the array elements that contain it."""

    path: str
    value: Any
    elements: Elements


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Return whether the pattern of a rule matches the event."""
    fields = list(_flatten(event))
    return any(_holds(sorted(alternative.items()), fields, {}) for alternative in _alternatives(pattern))


def _flatten(event: Mapping[str, Any]) -> Iterator[Field]:
    arrays = iter(range(1_000_000))

    def walk(path: str, value: Any, elements: Elements) -> Iterator[Field]:
        if isinstance(value, Mapping):
            for name, inner in value.items():
                yield from walk(f"{path}.{name}" if path else name, inner, elements)
        elif isinstance(value, list):
            array = next(arrays)
            for index, inner in enumerate(value):
                inside = {**elements, array: index} if isinstance(inner, Mapping | list) else elements
                yield from walk(path, inner, inside)
        else:
            yield Field(path, value, elements)

    return walk("", event, {})


def _alternatives(pattern: Mapping[str, Any], path: str = "") -> list[dict[str, Sequence[Any]]]:
    """Return the conditions by path for each way to choose from the `$or`s of the pattern."""
    choices: list[list[dict[str, Sequence[Any]]]] = []
    for name, value in pattern.items():
        inner = f"{path}.{name}" if path else name
        if name == _OR:
            choices.append([flat for branch in value for flat in _alternatives(branch, path)])
        elif isinstance(value, Mapping):
            choices.append(_alternatives(value, inner))
        elif isinstance(value, list) and value:
            choices.append([{inner: value}])
        else:
            raise ValueError(f"{inner}: the values of a pattern are a list that is not empty")
    return [{path: value for flat in chosen for path, value in flat.items()} for chosen in product(*choices)]


def _holds(conditions: Sequence[tuple[str, Sequence[Any]]], fields: Sequence[Field], chosen: Elements) -> bool:
    if not conditions:
        return True
    (path, allowed), rest = conditions[0], conditions[1:]
    candidates = [field for field in fields if field.path == path and _consistent(field.elements, chosen)]
    if _ABSENT in allowed and not candidates and _holds(rest, fields, chosen):
        return True
    return any(
        _holds(rest, fields, {**chosen, **field.elements})
        for field in candidates
        if any(_accepts(condition, field.value) for condition in allowed)
    )


def _consistent(elements: Elements, chosen: Elements) -> bool:
    return all(chosen.get(array, index) == index for array, index in elements.items())


def _accepts(condition: Any, value: Any) -> bool:
    if not isinstance(condition, Mapping):
        return _same(condition, value)
    ((kind, operand),) = condition.items()
    if kind == "exists":
        return operand is True
    if kind == "prefix":
        return isinstance(value, str) and value.startswith(operand)
    if kind == "anything-but":
        refused = operand if isinstance(operand, list) else [operand]
        if any(isinstance(item, Mapping) for item in refused):
            return not any(_accepts(item, value) for item in refused)
        return not any(_same(item, value) for item in refused)
    if kind == "numeric":
        number = isinstance(value, int | float) and not isinstance(value, bool)
        pairs = zip(operand[::2], operand[1::2], strict=True)
        return number and all(_COMPARISONS[sign](value, bound) for sign, bound in pairs)
    raise ValueError(f"{json.dumps(condition)} is not supported here")


def _same(one: Any, other: Any) -> bool:
    """Return whether two values are equal in JSON: true is not 1, and "0" is not 0."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other

"""Describes all faults of a configuration, each with the key, its value, what is expected and a near match.

Two sources are checked against the same model: the environment variables of the worker and the TOML file of an
environment. A value that is or may be a secret appears in no message.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeVar, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

Model = TypeVar("Model", bound=BaseModel)

_SECRET_NAME = re.compile(r"token|secret|password|api_?key|credential", re.IGNORECASE)
# A Moodle token has 32 hexadecimal digits, a BambooHR key 40. A URL may hold a password or a token.
_SECRET_VALUE = re.compile(r"[0-9a-fA-F]{32}|//.*[@?#]|\w:[^\s\"]*@|token=")
_LONGEST_SHOWN = 120
_ALIKE = 0.75


@dataclass(frozen=True)
class EachEntry:
    """An annotation of a table, with the words for what each of its entries takes."""

    text: str


class Problem(NamedTuple):
    """A value that breaks a rule across fields. `key` is dotted, `value` the part of the value that is wrong."""

    key: str
    reason: str
    value: object = ...


def refusal(expected: str = "", *, detail: str = "", choices: Iterable[str] = ()) -> PydanticCustomError:
    """Return the error of a validator.

    `expected` replaces the field's description, `detail` says what is wrong, `choices` may have been meant.
    """
    context = {"expected": expected, "detail": detail, "choices": tuple(choices)}
    return PydanticCustomError("refused", "refused", context)


class Faults:
    """The faults of one source, each beginning with `where`, such as the name of a file.

    `advice`: what to do about a missing key, or about one of an earlier version.
    """

    def __init__(
        self, values: Mapping[str, object], *, where: str = "", advice: Mapping[str, str] | None = None
    ) -> None:
        self.values = values
        self.where = where
        self.advice = advice or {}
        self.lines: list[str] = []
        self._keys: set[str] = set()

    def validate(self, model: type[Model]) -> Model | None:
        """Return the values as `model`; None if it does not accept them."""
        try:
            return model.model_validate(self.values)
        except ValidationError as error:
            for one in error.errors(include_url=False):
                self._translate(model, one["type"], one["loc"], one["input"], one.get("ctx", {}))
            return None

    def check(self, problems: Iterable[Problem]) -> None:
        """Add the problems of keys that have no fault yet."""
        faulted = set(self._keys)
        for key, reason, value in problems:
            top = key.split(".")[0]
            if not faulted.isdisjoint((key, top)):
                continue
            if top in self.values:
                self.refuse(key, self.values[top] if value is ... else value, reason)
            else:
                self.add(key, f"is missing; {reason}")

    def refuse(self, key: str, value: object, reason: str) -> None:
        """Add that the value of a key is not allowed."""
        self.add(key, f"= {_shown(key, value)} is not allowed; {reason}")

    def add(self, key: str, text: str) -> None:
        """Add a fault of a key, once if several entries of a list have it."""
        self._keys.add(key)
        line = f"{self.where}{key} {text}"
        if line not in self.lines:
            self.lines.append(line)

    def _translate(
        self, model: type[BaseModel], kind: str, location: tuple[int | str, ...], value: object, context: dict[str, Any]
    ) -> None:
        names, owner, field, is_entry = _find(model, location)
        key = ".".join(names)
        advice = self.advice.get(key)
        if kind == "missing":
            self.add(key, f"is missing; expected {expectation(field)}{f'; {advice}' if advice else ''}")
            return
        if kind == "extra_forbidden":
            fault = f"no longer a setting; {advice}" if advice else f"an unknown key; {_unknown(names[-1], owner)}"
            self.add(key, f"= {_shown(key, value)} is {fault}")
            return
        own = context if kind == "refused" else {}
        reason = f"expected {own.get('expected') or expectation(field, is_entry=is_entry)}"
        reason += f" ({own['detail']})" if own.get("detail") else ""
        reason += near_match(value, own.get("choices") or _choices(field))
        if location[-1] == "[key]":
            self.add(key, f"is not allowed; {reason}")
        elif field is not None and not field.repr and not self.where:
            self.add(key, f"= (not shown) is not allowed; {reason}")
        else:
            self.add(key, f"= {_shown(key, value, field)} is not allowed; {reason}")


def expectation(field: FieldInfo | None, *, is_entry: bool = False) -> str:
    """Return what a field, or an entry of it, takes in words: from its type, or its description and example."""
    assert field is not None
    low, high = limits(field)
    if is_entry:
        return next(note.text for note in field.metadata if isinstance(note, EachEntry))
    if low is not None:
        return f"a whole number from {low} to {high}"
    if choices := _choices(field):
        return " or ".join(f'"{choice}"' for choice in choices)
    if bool in _types(field):
        return "true or false"
    return f"{field.description}{f', as in {json.dumps(field.examples[0])}' if field.examples else ''}"


def limits(field: FieldInfo) -> tuple[int | None, int | None]:
    """Return the smallest and the largest number that a field takes."""
    return (
        next((entry.ge for entry in field.metadata if hasattr(entry, "ge")), None),
        next((entry.le for entry in field.metadata if hasattr(entry, "le")), None),
    )


def near_match(value: object, choices: Iterable[str]) -> str:
    """Return "; did you mean ...?", "" if no choice is similar to the value."""
    alike = difflib.get_close_matches(value, tuple(choices), 1, _ALIKE) if isinstance(value, str) else []
    return f'; did you mean "{alike[0]}"?' if alike else ""


def _find(
    model: type[BaseModel], location: tuple[int | str, ...]
) -> tuple[list[str], type[BaseModel], FieldInfo | None, bool]:
    """Return the names in a location that a reader knows, the last model and field, and whether more names follow.

    Pydantic adds positions in lists, "[key]", and the tags of unions (written <text>) to a location, not at its start.
    """
    names: list[str] = []
    field: FieldInfo | None = None
    is_entry = False
    for place, part in enumerate(location):
        if isinstance(part, int) or (place > 0 and (part == "[key]" or part.startswith("<"))):
            continue
        names.append(part)
        known = {info.alias or name: info for name, info in model.model_fields.items()}
        is_entry = part not in known
        if not is_entry:
            field = known[part]
            model = next(_models(field.annotation), model)
    return names, model, field, is_entry


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _types(field: FieldInfo) -> tuple[Any, ...]:
    return get_args(field.annotation) or (field.annotation,)


def _choices(field: FieldInfo | None) -> tuple[str, ...]:
    return get_args(field.annotation) if field is not None and get_origin(field.annotation) is Literal else ()


def _unknown(name: str, model: type[BaseModel]) -> str:
    if _SECRET_NAME.search(name):
        return "a secret never belongs in a file: its value is set once in AWS Secrets Manager"
    known = sorted(info.alias or name for name, info in model.model_fields.items())
    return near_match(name, known).removeprefix("; ") or f"known are {', '.join(known)}"


def _shown(key: str, value: object, field: FieldInfo | None = None) -> str:
    secret = field is not None and SecretStr in _types(field)
    # JSON writes texts, numbers, lists and truth values as TOML does; dates are the exception.
    text = json.dumps(value, ensure_ascii=False, default=str)
    if secret or _SECRET_NAME.search(key) or _SECRET_VALUE.search(text):
        return "(not shown)"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."

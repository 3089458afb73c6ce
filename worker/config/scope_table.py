"""The setting SCOPE as it is written: a table of BambooHR fields, each with lists of allowed and excluded values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from worker.config.faults import EachEntry, Problem
from worker.config.mapping_table import Source
from worker.model.field_catalogue import field_name
from worker.model.scope import Scope, ScopeRule, fold

Values = Annotated[list[Annotated[str, Field(min_length=1, max_length=255)]], Field(min_length=1, max_length=500)]


class ScopeLists(BaseModel):
    """An entry with more than its allowed values."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    allow: Values = Field([], description="a list of values: employees with any other value, or none, are out of scope")
    exclude: Values = Field([], description="a list of values: employees with one of them are out of scope")


def _form(value: object) -> str | None:
    """Return the form of an entry: its tag in the union below."""
    return "<list>" if isinstance(value, list) else "<table>" if isinstance(value, (dict, ScopeLists)) else None


Entry = Annotated[Annotated[Values, Tag("<list>")] | Annotated[ScopeLists, Tag("<table>")], Discriminator(_form)]
ScopeTable = Annotated[
    dict[Source, Entry],
    EachEntry('a list of allowed values, or a table with the lists "allow", "exclude" or both, as in ["Sales"]'),
]


def build_scope(table: Mapping[str, Any]) -> Scope:
    """Return the scope of a valid table."""
    return Scope(tuple(_rule(field, entry) for field, entry in table.items()))


def _rule(field: str, entry: list[str] | ScopeLists) -> ScopeRule:
    if isinstance(entry, ScopeLists):
        return ScopeRule(field, tuple(entry.allow), tuple(entry.exclude))
    return ScopeRule(field, tuple(entry))


def scope_problems(key: str, table: object) -> Iterator[Problem]:
    """Yield the problems in the lists of single fields. `table` is the raw value of `key`."""
    named: dict[str | None, str] = {}
    for field, entry in table.items() if isinstance(table, dict) else ():
        if (other := named.setdefault(field_name(field), field)) != field:
            yield Problem(f"{key}.{field}", f"{other} is the same field", entry)
        if entry == {}:
            yield Problem(f"{key}.{field}", 'expected a list "allow", "exclude" or both', entry)
        seen: dict[str, str] = {}
        for name, values in entry.items() if isinstance(entry, dict) else (("", entry),):
            place = f"{key}.{field}.{name}" if name else f"{key}.{field}"
            for value in values if isinstance(values, list) else ():
                yield from _value_problems(place, name, value, seen)


def _value_problems(place: str, name: str, value: object, seen: dict[str, str]) -> Iterator[Problem]:
    if not isinstance(value, str):
        return
    folded = fold(value)
    if not folded:
        yield Problem(place, "expected values that are not blank; employees without a value are never excluded", value)
    elif folded in seen:
        fault = "it is listed twice" if seen[folded] == name else "it is both allowed and excluded"
        yield Problem(place, f"{fault} (case and spaces do not count)", value)
    seen[folded] = name

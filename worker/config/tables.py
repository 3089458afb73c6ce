"""The settings that are tables, as they are written: FIELD_MAPPING, laid over the default mapping, and SCOPE."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag

from worker.config.faults import EachEntry, Problem, refusal
from worker.model.field_catalogue import BY_API_NAME, FIELD_PATTERN, MAPPABLE, field_name
from worker.model.mapping import CORE_TARGETS, DEFAULT, IDENTIFYING_FIELDS, PROFILE_FIELD, ApplyWhen, Rule, folded
from worker.model.moodle_fields import normalize
from worker.model.scope import Scope, ScopeRule, fold

# FIELD_MAPPING

TARGET_PATTERN = rf"^({'|'.join(CORE_TARGETS)}|{PROFILE_FIELD}[A-Za-z0-9_]{{1,100}})$"


def bamboohr_field(named: str) -> str:
    """Return the name under which a field of a setting is read. Raises a refusal that names the existing fields."""
    name = field_name(named)
    if name is not None:
        return name
    prefix, _, rest = named.rpartition(":")
    likely = [BY_API_NAME + re.sub("[^A-Za-z0-9_]", "", rest)] if prefix else []
    raise refusal(
        f"a BambooHR field: {', '.join(MAPPABLE)}, or any other by its API name, as in {BY_API_NAME}customCostCenter",
        choices=(*MAPPABLE, *(one for one in likely if field_name(one))),
    )


def _moodle_field(name: str) -> str:
    if not re.fullmatch(TARGET_PATTERN, name):
        raise refusal(
            f"a Moodle field that can be updated: {', '.join(CORE_TARGETS)}, {PROFILE_FIELD}<short name>",
            choices=CORE_TARGETS,
        )
    return name


def _mapping_form(value: object) -> str | None:
    """Return the form of an entry: its tag in the unions below."""
    if isinstance(value, RuleTable):
        return "<table>"
    return {str: "<text>", list: "<list>", dict: "<table>", bool: "<off>", type(None): "<off>"}.get(type(value))


Source = Annotated[
    str,
    AfterValidator(bamboohr_field),
    Field(json_schema_extra={"anyOf": [{"enum": list(MAPPABLE)}, {"pattern": FIELD_PATTERN}]}),
]
Text = Annotated[Source, Tag("<text>")]
List = Annotated[list[Source], Field(min_length=1), Tag("<list>")]
Target = Annotated[str, AfterValidator(_moodle_field), Field(json_schema_extra={"pattern": TARGET_PATTERN})]


class RuleTable(BaseModel):
    """An entry with more than its source."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    sources: Annotated[Text | List, Discriminator(_mapping_form)] = Field(
        alias="from", description="a BambooHR field, or a list of fields, of which the first non-empty one is used"
    )
    when: ApplyWhen = Field("always", description="create: the field is filled only when the account is created")
    default: str = Field("", description="a text that is used if BambooHR has no value")
    map: Annotated[dict[str, str], EachEntry("a text")] = Field(
        {},
        description="a table of BambooHR's values and what is sent in their place, ignoring case; a value that is not"
        " in the table is not sent",
    )
    otherwise: str = Field("", description="with map: what is sent in place of a value that is not in the map")


MappingEntry = Annotated[
    Text | List | Annotated[RuleTable, Tag("<table>")] | Annotated[Literal[False] | None, Tag("<off>")],
    Discriminator(_mapping_form),
]
MappingTable = Annotated[
    dict[Target, MappingEntry],
    EachEntry(
        'a BambooHR field, a list of them, a table with "from", "when", "default", "map" and "otherwise", or false to'
        " leave it alone"
    ),
]


def build_rules(table: Mapping[str, Any]) -> tuple[Rule, ...]:
    """Return the rules of a valid table."""
    return tuple(_mapping_rule(target, entry) for target, entry in {**DEFAULT, **table}.items() if entry)


def _mapping_rule(target: str, entry: str | list[str] | RuleTable) -> Rule:
    if isinstance(entry, RuleTable):
        table = {folded(value): sent for value, sent in entry.map.items()}
        return Rule(target, _sources(entry.sources), entry.when, entry.default, table, entry.otherwise)
    return Rule(target, _sources(entry))


def _sources(named: object) -> tuple[str, ...]:
    return (named,) if isinstance(named, str) else tuple(named) if isinstance(named, list) else ()


def mapping_problems(key: str, table: object) -> Iterator[Problem]:
    """Yield the problems in the entries of single Moodle fields. `table` is the raw value of `key`."""
    for target, entry in table.items() if isinstance(table, dict) else ():
        name = f"{key}.{target}"
        parts = entry if isinstance(entry, dict) else {"from": entry}
        sources, default = _sources(parts.get("from")), parts.get("default")
        if target in IDENTIFYING_FIELDS and not entry:
            yield Problem(name, "it cannot be left out: an account needs names and an e-mail address", entry)
        if target == "email" and sources and sources != ("work_email",):
            yield Problem(name, "expected work_email: no other address identifies an employee", entry)
        if target in IDENTIFYING_FIELDS and default:
            yield Problem(f"{name}.default", "names and e-mail addresses are never made up", default)
        yield from _value_table_problems(name, target, parts)


def _value_table_problems(name: str, target: str, entry: Mapping[str, object]) -> Iterator[Problem]:
    """Yield the problems in an entry's table, its fallback and its default."""
    table, otherwise = entry.get("map"), entry.get("otherwise")
    if target in IDENTIFYING_FIELDS and table:
        yield Problem(f"{name}.map", "names and e-mail addresses are never made up", table)
        return
    if otherwise and not table:
        yield Problem(f"{name}.otherwise", 'it goes with "map", which is not there', otherwise)
    rows = list(table.items()) if isinstance(table, dict) else []
    seen: dict[str, str] = {}
    for value, _ in rows:
        if seen.setdefault(folded(value), value) != value:
            yield Problem(f"{name}.map.{value}", f"{json.dumps(seen[folded(value)])} is the same value", value)
    sent = [(f"{name}.default", entry.get("default")), (f"{name}.otherwise", otherwise)]
    for key, text in [*sent, *((f"{name}.map.{value}", text) for value, text in rows)]:
        if isinstance(text, str) and text and target not in IDENTIFYING_FIELDS and normalize(target, text) is None:
            yield Problem(key, f"expected {_FORMS[target]}", text)


_FORMS = {
    "country": "a country, as in DE or Germany",
    "lang": "the code of a language, as in de or pt_br",
    "timezone": "a time zone, as in Europe/Berlin, or 99 for the site's",
    "phone1": "a number of at most 20 characters",
    "phone2": "a number of at most 20 characters",
}


# SCOPE

Values = Annotated[list[Annotated[str, Field(min_length=1, max_length=255)]], Field(min_length=1, max_length=500)]


class ScopeLists(BaseModel):
    """An entry with more than its allowed values."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    allow: Values = Field([], description="a list of values: employees with any other value, or none, are out of scope")
    exclude: Values = Field([], description="a list of values: employees with one of them are out of scope")


def _scope_form(value: object) -> str | None:
    """Return the form of an entry: its tag in the union below."""
    return "<list>" if isinstance(value, list) else "<table>" if isinstance(value, (dict, ScopeLists)) else None


ScopeEntry = Annotated[
    Annotated[Values, Tag("<list>")] | Annotated[ScopeLists, Tag("<table>")], Discriminator(_scope_form)
]
ScopeTable = Annotated[
    dict[Source, ScopeEntry],
    EachEntry('a list of allowed values, or a table with the lists "allow", "exclude" or both, as in ["Sales"]'),
]


def build_scope(table: Mapping[str, Any]) -> Scope:
    """Return the scope of a valid table."""
    return Scope(tuple(_scope_rule(field, entry) for field, entry in table.items()))


def _scope_rule(field: str, entry: list[str] | ScopeLists) -> ScopeRule:
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
                yield from _scope_value_problems(place, name, value, seen)


def _scope_value_problems(place: str, name: str, value: object, seen: dict[str, str]) -> Iterator[Problem]:
    if not isinstance(value, str):
        return
    folded = fold(value)
    if folded in seen:
        fault = "it is listed twice" if seen[folded] == name else "it is both allowed and excluded"
        yield Problem(place, f"{fault} (case and spaces do not count)", value)
    seen[folded] = name

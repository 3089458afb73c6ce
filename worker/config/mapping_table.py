"""The setting FIELD_MAPPING as it is written: a table of Moodle fields, laid over the default mapping."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag

from worker.config.faults import EachEntry, Problem, refusal
from worker.model.field_catalogue import MAPPABLE
from worker.model.mapping import CORE_TARGETS, DEFAULT, NEVER_BLANK, PROFILE_FIELD, ApplyWhen, Rule
from worker.model.moodle_fields import normalize

TARGET_PATTERN = rf"^({'|'.join(CORE_TARGETS)}|{PROFILE_FIELD}[A-Za-z0-9_]{{1,100}})$"


def _bamboohr_field(name: str) -> str:
    if name not in MAPPABLE:
        raise refusal(f"a BambooHR field: {', '.join(MAPPABLE)}", choices=MAPPABLE)
    return name


def _moodle_field(name: str) -> str:
    if not re.fullmatch(TARGET_PATTERN, name):
        raise refusal(
            f"a Moodle field that can be updated: {', '.join(CORE_TARGETS)}, {PROFILE_FIELD}<short name>",
            choices=CORE_TARGETS,
        )
    return name


def _form(value: object) -> str | None:
    """Which form of an entry a value has: its tag in the unions below."""
    if isinstance(value, RuleTable):
        return "<table>"
    return {str: "<text>", list: "<list>", dict: "<table>", bool: "<off>", type(None): "<off>"}.get(type(value))


Source = Annotated[str, AfterValidator(_bamboohr_field), Field(json_schema_extra={"enum": list(MAPPABLE)})]
Text = Annotated[Source, Tag("<text>")]
List = Annotated[list[Source], Field(min_length=1), Tag("<list>")]
Target = Annotated[str, AfterValidator(_moodle_field), Field(json_schema_extra={"pattern": TARGET_PATTERN})]


class RuleTable(BaseModel):
    """An entry with more than its source."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    sources: Annotated[Text | List, Discriminator(_form)] = Field(
        alias="from", description="a BambooHR field, or a list of them of which the first that is not empty is used"
    )
    when: ApplyWhen = Field("always", description="create: only when the account is created")
    default: str = Field("", description="a text that is used where BambooHR has no value")


Entry = Annotated[
    Text | List | Annotated[RuleTable, Tag("<table>")] | Annotated[Literal[False] | None, Tag("<off>")],
    Discriminator(_form),
]
MappingTable = Annotated[
    dict[Target, Entry],
    EachEntry(
        'a BambooHR field, a list of them, a table with "from", "when" and "default", or false to leave it alone'
    ),
]


def build_rules(table: Mapping[str, Any]) -> tuple[Rule, ...]:
    """The rules that a valid table stands for."""
    return tuple(_rule(target, entry) for target, entry in {**DEFAULT, **table}.items() if entry)


def _rule(target: str, entry: str | list[str] | RuleTable) -> Rule:
    if isinstance(entry, RuleTable):
        return Rule(target, _sources(entry.sources), entry.when, entry.default)
    return Rule(target, _sources(entry))


def _sources(named: object) -> tuple[str, ...]:
    return (named,) if isinstance(named, str) else tuple(named) if isinstance(named, list) else ()


def mapping_problems(key: str, table: object) -> Iterator[Problem]:
    """What the entries of single Moodle fields must not say. `table` is the raw value of `key`."""
    for target, entry in table.items() if isinstance(table, dict) else ():
        name = f"{key}.{target}"
        sources = _sources(entry.get("from") if isinstance(entry, dict) else entry)
        default = entry.get("default") if isinstance(entry, dict) else None
        if target in NEVER_BLANK and not entry:
            yield Problem(name, "it cannot be left out: an account needs names and an e-mail address", entry)
        if target == "email" and sources and sources != ("work_email",):
            yield Problem(name, "expected work_email: no other address identifies an employee", entry)
        if target in NEVER_BLANK and default:
            yield Problem(f"{name}.default", "names and e-mail addresses are never made up", default)
        elif isinstance(default, str) and default and normalize(target, default) is None:
            yield Problem(f"{name}.default", "expected a country, as in DE or Germany", default)

"""The mapping: which BambooHR field feeds which Moodle field. It is data, and is checked whole at the start.

The setting FIELD_MAPPING is a JSON object from Moodle fields to where they come from, laid over :data:`DEFAULT`::

    {
      "firstname": ["preferred_name", "first_name"],                    the first that is not empty
      "institution": "division",                                        a core field of Moodle
      "country": {"from": "country", "when": "create"},                 only when the account is made
      "profile_field_costcentre": {"from": "location", "default": "-"}, a custom profile field, by its short name
      "department": null                                                not synchronised
    }
"""

from __future__ import annotations

import hashlib
import json
import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from worker.model.field_catalogue import MAPPABLE, needed
from worker.model.moodle_fields import normalize

CORE_TARGETS = ("firstname", "lastname", "email", "department", "institution", "city", "country")
"""The fields of core_user_create_users whose value the look-ups give back, so that a difference can be seen."""

PROFILE_FIELD = "profile_field_"
NEVER_BLANK = ("firstname", "lastname", "email")
_SHORTNAME = re.compile(r"[A-Za-z0-9_]{1,100}")

DEFAULT: dict[str, Any] = {
    "firstname": "first_name",
    "lastname": "last_name",
    "email": "work_email",
    "department": "department",
}

ApplyWhen = Literal["always", "create"]


@dataclass(frozen=True, slots=True)
class Rule:
    """How one Moodle field is filled. `sources`: canonical BambooHR fields; the first non-empty one is used."""

    target: str
    sources: tuple[str, ...]
    when: ApplyWhen = "always"
    default: str = ""

    @property
    def is_custom(self) -> bool:
        """Whether the target is a custom profile field."""
        return self.target.startswith(PROFILE_FIELD)

    def value(self, facts: Mapping[str, str]) -> str | None:
        """The value for the field; None if BambooHR does not show it, and the account keeps its present value.

        A source that is not shown hides the sources after it: if the preferred name is restricted today, the account
        must not fall back to the legal first name.
        """
        for source in self.sources:
            if source not in facts:
                return None
            if facts[source]:
                return normalize(self.target, facts[source])
        return normalize(self.target, self.default)


@dataclass(frozen=True)
class FieldMapping:
    """All rules, the username template, and the BambooHR fields they need."""

    rules: tuple[Rule, ...]
    username_template: str

    @property
    def fields(self) -> tuple[str, ...]:
        """The canonical BambooHR fields that identity and mapping need."""
        return needed(
            [*(source for rule in self.rules for source in rule.sources), *placeholders(self.username_template)]
        )

    @property
    def digest(self) -> str:
        """A fingerprint of the mapping. A reconcile is due when it changes."""
        text = json.dumps([[r.target, r.sources, r.when, r.default] for r in self.rules] + [self.username_template])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def rule(self, target: str) -> Rule | None:
        """The rule for one Moodle field; None if the field is not mapped."""
        return next((rule for rule in self.rules if rule.target == target), None)


def placeholders(template: str) -> list[str]:
    """The field names in a username template."""
    return [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]


def parse_mapping(text: str, username_template: str) -> tuple[FieldMapping, list[str]]:
    """The mapping and every fault in it; a mapping with faults is not to be used."""
    faults: list[str] = []
    told: Any = {}
    if text:
        try:
            told = json.loads(text)
        except (ValueError, RecursionError) as fault:
            faults.append(f"FIELD_MAPPING is not JSON ({fault})")
    if not isinstance(told, dict):
        faults.append('FIELD_MAPPING must be a JSON object, for example {"institution": "division"}')
        told = {}
    rules = []
    for target, entry in {**DEFAULT, **told}.items():
        if entry is None and target not in NEVER_BLANK:
            continue
        rule, wrong = _rule(target, entry)
        faults.extend(wrong)
        if rule is not None:
            rules.append(rule)
    faults.extend(_template_faults(username_template))
    return FieldMapping(tuple(rules), username_template), faults


def _rule(target: str, entry: Any) -> tuple[Rule | None, list[str]]:
    where = f"FIELD_MAPPING {target!r}"
    entry = entry if isinstance(entry, dict) else {"from": entry}
    sources = entry.get("from")
    sources = [sources] if isinstance(sources, str) else sources
    if not isinstance(sources, list) or not sources or not all(isinstance(name, str) for name in sources):
        otherwise = "it cannot be left out" if target in NEVER_BLANK else "null leaves it alone"
        return None, [f'{where} must name a BambooHR field, a list of them, or an object with "from"; {otherwise}']
    when, default = entry.get("when", "always"), entry.get("default", "")
    faults = list(_target_faults(where, target, sources))
    faults += [f"{where} knows no {key!r}; allowed are from, when, default" for key in entry.keys() - _RULE_KEYS]
    faults += [
        f"{where} knows no BambooHR field {name!r}; known are {', '.join(MAPPABLE)}"
        for name in sources
        if name not in MAPPABLE
    ]
    if when not in get_args(ApplyWhen):
        faults.append(f'{where} "when" must be "always" or "create"')
    if not isinstance(default, str):
        faults.append(f'{where} "default" must be a text')
    elif default and target in NEVER_BLANK:
        faults.append(f'{where} can have no "default": names and addresses are never made up')
    elif default and normalize(target, default) is None:
        faults.append(f'{where} "default" is not a country')
    return (None, faults) if faults else (Rule(target, tuple(sources), when, default), [])


_RULE_KEYS = frozenset({"from", "when", "default"})


def _target_faults(where: str, target: str, sources: list[str]) -> Iterable[str]:
    custom = target.removeprefix(PROFILE_FIELD)
    if target not in CORE_TARGETS and (custom == target or not _SHORTNAME.fullmatch(custom)):
        allowed = ", ".join(CORE_TARGETS)
        yield f"{where} is no Moodle field that can be kept in step; allowed are {allowed}, {PROFILE_FIELD}<short name>"
    if target == "email" and sources != ["work_email"]:
        yield f"{where} must come from work_email: any other address is no identity"


_DERIVABLE = ("work_email", "first_name", "last_name", "employee_id")
"""What a user name may be made of: everything that can be read back from the account, so that a rename can be seen."""


def _template_faults(template: str) -> list[str]:
    try:
        names = placeholders(template)
    except ValueError as fault:
        return [f"USERNAME_TEMPLATE cannot be read ({fault})"]
    wrong = [name for name in names if name not in _DERIVABLE]
    allowed = ", ".join("{" + name + "}" for name in _DERIVABLE)
    if wrong:
        return [f"USERNAME_TEMPLATE knows no {', '.join(wrong) or 'empty name'}; allowed are {allowed}"]
    try:
        username(template, 1, "a@b.example", "a", "b")
    except (ValueError, LookupError) as fault:
        return [f"USERNAME_TEMPLATE cannot be filled in ({fault}); values are texts"]
    return [] if names else [f"USERNAME_TEMPLATE must contain one of {allowed}: user names are unique"]


def username(template: str, employee_id: int | str, email: str, firstname: str, lastname: str) -> str:
    """Fill in the username template, in lower case; "" if a value it needs is missing."""
    values = {"work_email": email, "first_name": firstname, "last_name": lastname, "employee_id": str(employee_id)}
    if any(not values[name] for name in placeholders(template)):
        return ""
    return template.format(**values).lower()

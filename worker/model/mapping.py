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
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from worker.model.field_catalogue import needed
from worker.model.moodle_fields import normalize

CORE_TARGETS = ("firstname", "lastname", "email", "department", "institution", "city", "country")
"""The fields of core_user_create_users whose value the look-ups give back, so that a difference can be seen."""

PROFILE_FIELD = "profile_field_"
NEVER_BLANK = ("firstname", "lastname", "email")

DEFAULT: dict[str, str] = {
    "firstname": "first_name",
    "lastname": "last_name",
    "email": "work_email",
    "department": "department",
}

DERIVABLE = ("work_email", "first_name", "last_name", "employee_id")
"""What a username template may use: each can be read back from the account, so that a rename is noticed."""

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

    @property
    def short_name(self) -> str:
        """The name of the target in Moodle: for a custom profile field, its short name."""
        return self.target.removeprefix(PROFILE_FIELD)

    def value(self, facts: Mapping[str, str]) -> str | None:
        """The value for the field; None if BambooHR does not show it, and the account keeps its present value.

        A source that is not shown hides the sources after it: if the preferred name is restricted today, the account
        must not fall back to the legal first name.
        """
        for source in self.sources:
            if source not in facts:
                return None
            if facts[source] and (value := normalize(self.target, facts[source])) != "":
                return value
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

    @property
    def form_fields(self) -> int:
        """Form fields of one account in a write request: id or auth, idnumber, username and suspended are always sent.

        A custom profile field takes two.
        """
        return 4 + sum(2 if rule.is_custom else 1 for rule in self.rules)

    def unknown_country(self, facts: Mapping[str, str]) -> str:
        """The country that BambooHR shows and Moodle does not have; "" if there is none."""
        rule = self.rule("country")
        for source in rule.sources if rule is not None else ():
            if source not in facts:
                return ""
            if facts[source]:
                return facts[source] if normalize("country", facts[source]) is None else ""
        return ""

    def rule(self, target: str) -> Rule | None:
        """The rule for one Moodle field; None if the field is not mapped."""
        return next((rule for rule in self.rules if rule.target == target), None)


def placeholders(template: str) -> list[str]:
    """The field names in a username template."""
    return [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]


def template_fault(template: str) -> str:
    """What is wrong with a username template; "" if every employee gets a username of their own from it."""
    allowed = ", ".join("{" + name + "}" for name in DERIVABLE)
    try:
        names = placeholders(template)
        unknown = [name for name in names if name not in DERIVABLE]
        if not unknown:
            username(template, 1, "a@b.example", "a", "b")
    except (ValueError, LookupError) as fault:
        return f"a template of {allowed} ({fault})"
    if unknown:
        return f"a template of {allowed} (no {', '.join(unknown) or 'empty name'})"
    return "" if names else f"a template with at least one of {allowed}, because usernames are unique"


def username(template: str, employee_id: int | str, email: str, firstname: str, lastname: str) -> str:
    """Fill in the username template, in lower case; "" if a value it needs is missing."""
    values = {"work_email": email, "first_name": firstname, "last_name": lastname, "employee_id": str(employee_id)}
    if any(not values[name] for name in placeholders(template)):
        return ""
    return template.format(**values).lower()

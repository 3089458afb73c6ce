"""The mapping: which BambooHR field feeds which Moodle field. It is data, and is checked as a whole at the start.

The setting FIELD_MAPPING is a JSON object from Moodle fields to their sources, laid over :data:`DEFAULT`::

    {
      "firstname": ["preferred_name", "first_name"],                    the first that is not empty
      "institution": "division",                                        a core field of Moodle
      "country": {"from": "country", "when": "create"},                 only when the account is made
      "profile_field_costcentre": {"from": "location", "default": "-"}, a custom profile field, by its short name
      "profile_field_grade": "bamboohr:customGrade",                    any field of BambooHR, by its API name
      "lang": {"from": "country", "map": {"Germany": "de", "France": "fr"}, "otherwise": "en"},
      "department": null                                                not synchronised
    }
"""

from __future__ import annotations

import hashlib
import json
import string
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import takewhile
from typing import Literal

from worker.model.field_catalogue import EMPLOYEE_NAMES, is_by_api_name, needed
from worker.model.moodle_fields import is_username, normalize

NEVER_RETURNED = ("middlename",)
"""Fields that no look-up returns, so that differences cannot be found: they are only sent on creation."""

OFTEN_HIDDEN = ("phone1", "phone2")
"""Fields that look-ups return only if the site counts them among a user's identity fields."""

CORE_TARGETS = (
    *("firstname", "lastname", "email", "department", "institution", "city", "country"),
    *("lang", "timezone"),
    *OFTEN_HIDDEN,
    *NEVER_RETURNED,
)
"""The fields of core_user_create_users that may be filled."""

PROFILE_FIELD = "profile_field_"
NAMES = ("firstname", "lastname")
IDENTIFYING_FIELDS = (*NAMES, "email")
"""Fields that identify an account: the setting can neither leave them out nor give them a default."""
KEPT_IF_EMPTY = (*NAMES, "lang", "timezone")
"""Fields that keep their value if BambooHR has none, because Moodle requires one."""

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
    """How one Moodle field is filled: from the first of the sources that is not empty, or else with the default.

    `table`: what is sent for each value of BambooHR, by the value in the form of :func:`folded`; if empty, the value
    itself.
    `otherwise`: what is sent for a value that the table does not have; if "", nothing.
    """

    target: str
    sources: tuple[str, ...]
    when: ApplyWhen = "always"
    default: str = ""
    table: Mapping[str, str] = field(default_factory=dict, hash=False)
    otherwise: str = ""

    @property
    def is_custom(self) -> bool:
        """Whether the target is a custom profile field."""
        return self.target.startswith(PROFILE_FIELD)

    @property
    def short_name(self) -> str:
        """The name of the target in Moodle: for a custom profile field, its short name."""
        return self.target.removeprefix(PROFILE_FIELD)

    @property
    def is_updated(self) -> bool:
        """Whether the field of an existing account follows BambooHR."""
        return self.when == "always" and self.target not in NEVER_RETURNED

    def value(self, facts: Mapping[str, str]) -> str | None:
        """Return the value for the field; None if the account keeps its present one: see :meth:`refused_value`.

        A source that is not shown hides the sources after it: if the preferred name is restricted today, the account
        must not fall back to the legal first name.
        """
        return self._value_and_refused(facts)[0]

    def depends_on_empty_source(self, facts: Mapping[str, str]) -> bool:
        """Return whether the value would be different if a source that is shown as empty had one."""
        before_the_used = takewhile(lambda source: not facts.get(source), self.sources)
        return any(facts.get(source) == "" for source in before_the_used)

    def refused_value(self, facts: Mapping[str, str]) -> str:
        """Return the value that is not sent because the table does not have it or Moodle does not accept it, or ""."""
        return self._value_and_refused(facts)[1]

    def hidden_source(self, facts: Mapping[str, str]) -> str:
        """Return the source because of which the account keeps its present value, as it is not shown, or ""."""
        value, refused = self._value_and_refused(facts)
        return next((one for one in self.sources if one not in facts), "") if value is None and not refused else ""

    def _value_and_refused(self, facts: Mapping[str, str]) -> tuple[str | None, str]:
        for source in self.sources:
            if source not in facts:
                return None, ""
            if facts[source] and (value := self._sent(facts[source])) != "":
                return value, facts[source] if value is None else ""
        return normalize(self.target, self.default), ""

    def _sent(self, shown: str) -> str | None:
        """Return the value that is sent for one of BambooHR's, None if it is refused."""
        if self.table:
            key = folded(shown)
            if key not in self.table and not self.otherwise:
                return None
            shown = self.table.get(key, self.otherwise)
        return normalize(self.target, shown)


def folded(value: str) -> str:
    """Return a BambooHR value as it is looked up in a table: without case, extra spaces and invisible characters."""
    if not value.isascii():
        visible = "".join(char for char in value if unicodedata.category(char) != "Cf")
        value = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())
    return " ".join(value.split()).casefold()


@dataclass(frozen=True)
class FieldMapping:
    """The rules, one for each Moodle field, and the username template, with the BambooHR fields that they need.

    `extended_usernames`: Moodle's `extendedusernamechars` is on. `default_last_name`: the last name of a new account
    whose employee has a single name; "" if they get none.
    """

    rules: tuple[Rule, ...]
    username_template: str
    extended_usernames: bool = False
    default_last_name: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """The BambooHR fields that identity and mapping need."""
        return needed(self.sources)

    @property
    def sources(self) -> Sequence[str]:
        """The BambooHR fields that the rules and the username template name, each once."""
        named = [*(source for rule in self.rules for source in rule.sources), *placeholders(self.username_template)]
        return [name for name in dict.fromkeys(named) if name != "employee_id"]

    @property
    def digest(self) -> str:
        """A fingerprint of the mapping. A reconcile is due when it changes."""
        # What has its default is left out, so that the fingerprints of earlier versions stay valid.
        decisive: list[object] = []
        for rule in self.rules:
            table = [sorted(rule.table.items()), rule.otherwise] if rule.table else []
            decisive.append([rule.target, rule.sources, rule.when, rule.default, *table])
        decisive.append(self.username_template)
        if self.extended_usernames or self.default_last_name:
            decisive.append([self.extended_usernames, self.default_last_name])
        return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()[:16]

    @property
    def form_fields(self) -> int:
        """Form fields of one account in a write request: four always, and two for a custom profile field."""
        return 4 + sum(2 if rule.is_custom else 1 for rule in self.rules)

    def accepts_username(self, name: str) -> bool:
        """Return whether Moodle accepts a username."""
        return is_username(name, extended=self.extended_usernames)

    def rule(self, target: str) -> Rule | None:
        """Return the rule for one Moodle field; None if the field is not mapped."""
        return next((rule for rule in self.rules if rule.target == target), None)

    @cached_property
    def first_name_fields(self) -> tuple[str, ...]:
        """The BambooHR fields that hold a first name of the employee: legal, preferred or mapped."""
        return self._name_fields("firstname", "first_name", "preferred_name")

    @cached_property
    def last_name_fields(self) -> tuple[str, ...]:
        """The BambooHR fields that hold a last name of the employee: legal or mapped."""
        return self._name_fields("lastname", "last_name")

    def _name_fields(self, target: str, *legal: str) -> tuple[str, ...]:
        """Return the legal and mapped fields of a name; not one that employees share, such as the division."""
        rule = self.rule(target)
        # What stands behind the legal name takes its place only where there is none: it may be the employer's.
        preferred = takewhile(lambda one: one != legal[0], rule.sources if rule else ())
        names = [one for one in preferred if one in EMPLOYEE_NAMES or is_by_api_name(one)]
        return tuple(dict.fromkeys((*legal, *names)))

    @cached_property
    def updated(self) -> frozenset[str]:
        """The Moodle fields of existing accounts that follow BambooHR."""
        return frozenset(rule.target for rule in self.rules if rule.is_updated)

    @property
    def updates_email(self) -> bool:
        """Whether the e-mail address of existing accounts follows BambooHR."""
        return "email" in self.updated


@cache
def placeholders(template: str) -> tuple[str, ...]:
    """Return the field names in a username template."""
    return tuple(name for _, name, _, _ in string.Formatter().parse(template) if name is not None)


def template_fault(template: str) -> str:
    """Return what is wrong with a username template; "" if every employee gets a username of their own from it."""
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

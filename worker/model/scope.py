"""The scope: which employees are managed, by allowed and excluded values of BambooHR fields. Pure.

The setting SCOPE is a JSON object from BambooHR fields to lists of values::

    {
      "department": ["Sales", "Support"],                 only employees with one of these
      "employment_status": {"exclude": ["Contractor"]}    all but employees with one of these
    }

An employee is in scope if every field allows it. An empty value is none of the allowed ones, and is not excluded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

from worker.model.field_catalogue import PERSONAL
from worker.model.mapping import folded


class ScopeState(StrEnum):
    """Whether BambooHR shows that an employee is in scope."""

    IN = "in"
    OUT = "out"
    NOT_SHOWN = "not shown"


fold = lru_cache(maxsize=4096)(folded)
"""Returns a value as it is compared. Cached, because the directory repeats a few values many times."""


@dataclass(frozen=True)
class ScopeRule:
    """The lists of one field, with the values as the setting has them. Without `allowed`, every value is allowed."""

    field: str
    allowed: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    @cached_property
    def _allowed(self) -> frozenset[str]:
        return frozenset(map(fold, self.allowed))

    @cached_property
    def _excluded(self) -> frozenset[str]:
        return frozenset(map(fold, self.excluded))

    def state(self, facts: Mapping[str, str]) -> ScopeState:
        """Return whether an employee is in scope by this field."""
        if self.field not in facts:
            return ScopeState.NOT_SHOWN
        value = fold(facts[self.field])
        is_out = value in self._excluded or (bool(self.allowed) and value not in self._allowed)
        return ScopeState.OUT if is_out else ScopeState.IN

    def list_that_decides(self, facts: Mapping[str, str]) -> str:
        """Return the name of the list by which this field decides on an employee."""
        return "allow" if self.allowed and fold(facts[self.field]) not in self._excluded else "exclude"


@dataclass(frozen=True)
class Scope:
    """The rules of all fields; without a rule, every employee is in scope."""

    rules: tuple[ScopeRule, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rules)

    @property
    def fields(self) -> tuple[str, ...]:
        """The BambooHR fields that decide."""
        return tuple(rule.field for rule in self.rules)

    def state(self, facts: Mapping[str, str]) -> ScopeState:
        """Return whether an employee is in scope. A field that is not shown moves no employee out of it."""
        states = {rule.state(facts) for rule in self.rules}
        return next((state for state in (ScopeState.OUT, ScopeState.NOT_SHOWN) if state in states), ScopeState.IN)

    def rule_that_excludes(self, facts: Mapping[str, str]) -> ScopeRule | None:
        """Return the first rule by which an employee is out of scope; None if there is none."""
        return next((rule for rule in self.rules if rule.state(facts) is ScopeState.OUT), None)

    def hidden_fields(self, facts: Mapping[str, str]) -> list[str]:
        """Return the fields that BambooHR does not show for an employee."""
        return [field for field in self.fields if field not in facts]

    @cached_property
    def digest(self) -> str:
        """A fingerprint of the scope. The order of fields and values, and their case, does not count."""
        lists = ((rule.field, map(fold, rule.allowed), map(fold, rule.excluded)) for rule in self.rules)
        rules = sorted([field, sorted(allowed), sorted(excluded)] for field, allowed, excluded in lists)
        return hashlib.sha256(json.dumps(rules).encode()).hexdigest()[:16]

    @property
    def whole_key(self) -> str:
        """The key of the scope as a whole: it matches an employee."""
        return f"scope={self.digest}"

    @cached_property
    def value_keys(self) -> Mapping[str, frozenset[str]]:
        """The fields that must be shown for each key: those of the whole scope and of each listed value."""
        listed = {key: frozenset({field}) for key, field, _ in (*self.allowed_values(), *self.excluded_values())}
        return {self.whole_key: frozenset(self.fields), **listed}

    def allowed_values(self) -> Iterable[tuple[str, str, str]]:
        """Return the key, the field and the value of each allowed value, personal ones excepted."""
        return self._listed((rule.field, rule.allowed) for rule in self.rules)

    def excluded_values(self) -> Iterable[tuple[str, str, str]]:
        """Return the same for each excluded value."""
        return self._listed((rule.field, rule.excluded) for rule in self.rules)

    @staticmethod
    def _listed(lists: Iterable[tuple[str, Iterable[str]]]) -> Iterable[tuple[str, str, str]]:
        shown = [(field, values) for field, values in lists if field not in PERSONAL]
        return [(_value_key(field, value), field, value) for field, values in shown for value in values]

    def matched_keys(self, facts: Mapping[str, str]) -> set[str]:
        """Return the keys that an employee matches. An Inactive employee matches none."""
        if not self.rules or facts.get("status") == "Inactive":
            return set()
        found = {_value_key(rule.field, facts.get(rule.field, "")) for rule in self.rules} & self.value_keys.keys()
        return found | {self.whole_key} if self.state(facts) is ScopeState.IN else found


ALL_EMPLOYEES = Scope()
"""The scope if none is set."""


def _value_key(field: str, value: str) -> str:
    return f"{field}={fold(value)}"

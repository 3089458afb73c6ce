"""Whether the scope can be trusted to suspend: which of its values match an employee now, and did before. Pure.

A department that is renamed in BambooHR moves all its employees out of scope at once. So the runs remember as marks
(see :attr:`Scope.marks`) which listed values, and whether the scope as a whole, matched an employee. Marks contain
nothing about single employees.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from worker.model.field_catalogue import is_by_api_name
from worker.model.scope import ALL_EMPLOYEES, Scope


@dataclass
class ScopeTally:
    """What this run has read of the scope.

    Attributes:
        found: The marks that match an employee.
        checked: The marks whose fields were read for the whole company: one that was not found matches no employee.
        shown: The fields that are shown for an employee, with or without a value.
        has_company_rows: All employees of the company were read.
    """

    scope: Scope = ALL_EMPLOYEES
    found: set[str] = field(default_factory=set)
    checked: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    has_company_rows: bool = False

    def add(self, marks: Iterable[str], shown: Collection[str], *, whole_company: bool = True) -> None:
        """Add what one source shows.

        Args:
            marks: The marks of its employees.
            shown: The fields that it shows.
            whole_company: It shows all active employees.
        """
        readable = {mark for mark, fields in self.scope.marks.items() if fields.issubset(shown)}
        self.found |= readable.intersection(marks)
        if whole_company:
            self.checked |= readable

    def add_rows(self, rows: Iterable[Mapping[str, str]], *, whole_company: bool = True) -> None:
        """Add a source whose rows hold only what they show."""
        if not self.scope:
            return
        marks: set[str] = set()
        shown: set[str] = set()
        for facts in rows:
            marks |= self.scope.marks_of(facts)
            shown.update(facts)
        self.shown |= shown
        self.has_company_rows |= whole_company
        self.add(marks, shown, whole_company=whole_company)

    def merge(self, other: ScopeTally) -> None:
        """Add what another tally of the same scope has read."""
        self.found |= other.found
        self.checked |= other.checked
        self.shown |= other.shown
        self.has_company_rows |= other.has_company_rows

    def never_shown(self) -> list[str]:
        """Return the fields that are known to be shown for no employee of the company.

        Fields named by their API names are left out, because they are read for single employees.
        """
        read = [name for name in self.scope.fields if self.has_company_rows and not is_by_api_name(name)]
        return [name for name in read if name not in self.shown]

    def unmatched(self) -> list[str]:
        """Return the allowed values that match no employee of the company, with their fields."""
        absent = self.checked - self.found
        return [f'{name} "{value}"' for mark, name, value in self.scope.allowed_values() if mark in absent]

    def vanished(self, before: Collection[str]) -> list[str]:
        """Return the excluded values that matched an employee in an earlier run and match none any more."""
        absent = (self.checked - self.found).intersection(before)
        return [f'{name} "{value}"' for mark, name, value in self.scope.excluded_values() if mark in absent]


def scope_doubts(tally: ScopeTally, before: Collection[str]) -> list[str]:
    """Return why suspensions for the scope need an approval; empty if they do not.

    Args:
        tally: What this run has read.
        before: The marks that matched an employee in an earlier run.
    """
    scope, absent = tally.scope, tally.checked - tally.found
    if not scope:
        return []
    found = []
    if scope.whole in absent:
        found.append("the scope matches no employee")
    elif scope.whole not in tally.found and scope.whole not in before:
        found.append("no run has seen an employee in scope yet, and this run does not read the whole company")
    return found + [
        f'no employee has the {name} "{value}" any more, although the scope allows it: it may have been renamed'
        for mark, name, value in scope.allowed_values()
        if mark in absent and mark in before
    ]


def marks_to_remember(tally: ScopeTally, before: Collection[str]) -> tuple[str, ...]:
    """Return the marks for later runs. One that matched before stays until the setting drops its value."""
    return tuple(sorted(tally.found.union(before).intersection(tally.scope.marks)))

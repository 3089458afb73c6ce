"""Rows of the decision tables: one employee, the accounts of the site, and the whole step expected for the employee."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from tests.worker.builders import code, outcome, step_of, writes
from worker.model.account import Account
from worker.model.employee import Employee

Values = dict[str, Any]
"""Keyword arguments."""

STRANGER: Values = {"firstname": "Other", "lastname": "Name", "email": "other@other.example", "auth": "manual"}
"""Values of an account that has nothing in common with an employee."""

_THE_ONLY_ACCOUNT = -1
_DEFAULT_WRITES = {"suspend": {"suspended": "1"}, "reactivate": {"suspended": "0"}}


@dataclass(frozen=True)
class Case:
    """One row. For the fields see :func:`case`."""

    employee: Employee
    accounts: tuple[Account, ...]
    expect: str
    writes: Mapping[str, str] | None
    waits: bool
    problem: str
    notes: Sequence[str]
    about: int | None
    says: str
    circumstances: Mapping[str, Any]

    def check(self) -> None:
        """Plan for the employee alone, and compare everything that the step says."""
        step = step_of(self.employee, *self.accounts, **self.circumstances)

        assert outcome(step) == self.expect
        if self.writes is not None:
            assert writes(step) == self.writes
        present = step.account.all_values if step.account else None
        assert [change.old for change in step.changes] == [
            None if present is None else present.get(change.field, "") for change in step.changes
        ]
        assert (step.is_waiting, code(step.problem)) == (self.waits, self.problem)
        assert [note.code for note in step.notes] == list(self.notes)
        assert step.is_error == (self.expect.startswith("conflict") or bool(self.problem))
        assert (step.account.id if step.account else None) == self.about
        assert self.says in (step.problem or step.reason).text


def case(
    name: str,
    expect: str,
    employee: Employee,
    *accounts: Account,
    writes: Mapping[str, str] | None = None,
    waits: bool | None = None,
    problem: str = "",
    notes: Sequence[str] = (),
    about: int | None = _THE_ONLY_ACCOUNT,
    says: str = "",
    **circumstances: Any,
) -> ParameterSet:
    """Build a row.

    Args:
        name: The id of the row.
        expect: Action and reason code, as :func:`tests.worker.builders.outcome` returns them.
        employee: The only employee of the run.
        accounts: The accounts of the site.
        writes: The new values. By default nothing but the suspension or reactivation; not compared for a new account.
        waits: Whether the employee is read again in every run. By default if the step is a hold.
        problem: The code of the error beside the action.
        notes: The codes of the notes.
        about: The id of the account in the step. By default that of the only account of the site.
        says: A part of the text of the reason, or of the problem if there is one.
        circumstances: As for :func:`tests.worker.builders.input_of`.
    """
    action = expect.split()[0]
    if about == _THE_ONLY_ACCOUNT:
        about = accounts[0].id if len(accounts) == 1 else None
    if writes is None and action != "create":
        writes = _DEFAULT_WRITES.get(action, {})
    waits = action == "hold" if waits is None else waits
    row = Case(employee, accounts, expect, writes, waits, problem, notes, about, says, circumstances)
    return pytest.param(row, id=name)

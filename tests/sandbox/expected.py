"""What Moodle should contain, derived from the company alone: an oracle that shares no code with the worker.

It knows the default mapping, and companies whose employees have an address of their own or none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.sandbox.bamboohr import Company

FIELDS = {"firstname": "firstName", "lastname": "lastName", "email": "workEmail", "department": "department"}


def differences(company: Company, accounts: Iterable[Mapping[str, Any]], ever: Iterable[str] = ()) -> list[str]:
    """Every way in which the accounts are not what the company implies.

    `ever`: ids of employees who had an account at some time; those who left must be suspended, not missing.
    """
    found: dict[str, list[Mapping[str, Any]]] = {}
    for account in accounts:
        if account["idnumber"]:
            found.setdefault(account["idnumber"], []).append(account)
    wrong = [f"employee {number} has {len(held)} accounts" for number, held in found.items() if len(held) > 1]
    present = {employee.id: employee.values for employee in company}
    for number in sorted({*present, *found, *ever}, key=int):
        held = found.get(number, [])
        values = present.get(number)
        works_here = values is not None and values.get("status", "Active") == "Active"
        wrong.extend(f"employee {number} {fault}" for fault in _faults(values, held, works_here, number in ever))
    return wrong


def _faults(
    values: Mapping[str, str | None] | None, held: Sequence[Mapping[str, Any]], works_here: bool, ever: bool
) -> Iterable[str]:
    if not held:
        if ever or (works_here and values is not None and values.get("workEmail")):
            yield "has no account"
        return
    account = held[0]
    if account["suspended"] == works_here:
        yield "is active and suspended" if works_here else "left and is not suspended"
    if not works_here or values is None:
        return
    for theirs, ours in FIELDS.items():
        wanted = values.get(ours) or ""
        if account[theirs] != wanted and (wanted or theirs == "department"):
            yield f"has another {theirs}"

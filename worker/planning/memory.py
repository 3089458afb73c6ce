"""What is remembered about a person after a run. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from worker.model import reasons
from worker.model.history import EmployeeRecord, FollowUp
from worker.model.result import Status, StepResult
from worker.model.step import WRITES, Action, Step


def remember(
    known: EmployeeRecord | None,
    result: StepResult,
    *,
    deleted: bool,
    now: datetime,
    max_attempts: int,
    approved: bool = False,
) -> EmployeeRecord:
    """What is to be remembered after this outcome. Parking is decided over the whole run, not here.

    `approved`: an operator decided on the suspensions of this run.
    """
    step = result.step
    employee = known or EmployeeRecord(step.employee_id)
    employee = replace(employee, deleted=deleted)
    if step.reason in (reasons.UNDONE, reasons.NOT_DUE):
        return employee
    if result.status in (Status.FAILED, Status.HELD):
        may_have_happened = step.action is Action.SUSPEND and result.wrote
        return intends_to_suspend(employee, step, now, approved=approved) if may_have_happened else employee
    if result.status is Status.REFUSED:
        employee = replace(employee, attempts=employee.attempts + 1 if max_attempts else 0)
        return replace(employee, suspended_by_us=False) if _is_active(result) else employee
    employee = replace(employee, attempts=0, undone_at=0, last_change_at=0)
    if step.waits and employee.was_to_start and step.reason in (reasons.NO_EVIDENCE, reasons.DELETED_BUT_SHOWN):
        return employee
    if step.waits:
        employee = employee.flagged(FollowUp.WAITING, step.reason.code, step.action.value)
    else:
        employee = employee.unflagged()
    return _suspension(employee, result, now, approved=approved)


def _suspension(employee: EmployeeRecord, result: StepResult, now: datetime, *, approved: bool) -> EmployeeRecord:
    step = result.step
    if result.status is not Status.DONE:
        return replace(employee, suspended_by_us=False) if step.action is Action.SUSPEND else employee
    if step.action is Action.SUSPEND:
        return intends_to_suspend(employee, step, now, approved=approved)
    return replace(employee, suspended_by_us=False) if _is_active(result) else employee


def _is_active(result: StepResult) -> bool:
    """Whether her account is active now: this run made it so, or saw it so and left it so."""
    step = result.step
    if step.action in (Action.CREATE, Action.REACTIVATE):
        return result.wrote
    seen_active = step.account is not None and not step.account.suspended
    return seen_active and step.action in (Action.UPDATE, Action.UNCHANGED)


def intends_to_suspend(
    known: EmployeeRecord | None, step: Step, now: datetime, *, approved: bool = False
) -> EmployeeRecord:
    """What is remembered *before* a suspension is sent: a process that dies in between forgets nothing.

    `approved`: an operator decided on it, so it does not count to the limits.
    """
    employee = known or EmployeeRecord(step.employee_id)
    idnumber = next((change.new for change in step.changes if change.field == "idnumber"), None)
    if idnumber is None and step.account is not None:
        idnumber = step.account.idnumber
    account = step.account.id if step.account and idnumber != str(step.employee_id) else 0
    return replace(
        employee, suspended_by_us=True, suspended_at=int(now.timestamp()), approved=approved, account_id=account
    )


def undone(
    known: EmployeeRecord | None, result: StepResult, run_id: str, now: datetime, *, seen: int, suspended: bool | None
) -> EmployeeRecord | None:
    """What is remembered of somebody of whom a run is taken back; None if nothing is to change.

    She is left alone from now on. `seen`: when BambooHR had changed her last before that run (0: not known).
    `suspended`: what became of her account by it (None: it was neither suspended nor reactivated). Whoever was not
    touched, because her account was changed since or could not be written, is remembered as before.
    """
    if result.status is not Status.DONE or result.step.action not in (*WRITES, Action.UNCHANGED):
        return None
    employee = intends_to_undo(known, result.step, run_id, now, seen=seen, suspended=suspended)
    return replace(employee, suspended_by_us=False) if suspended is False else employee


def intends_to_undo(
    known: EmployeeRecord | None, step: Step, run_id: str, now: datetime, *, seen: int, suspended: bool | None
) -> EmployeeRecord:
    """What is remembered *before* it is written that a run is taken back of somebody.

    That it was this product which suspended her is known until she is active again: the write may not get through.
    """
    employee = replace(
        (known or EmployeeRecord(step.employee_id)).flagged(FollowUp.UNDONE, run_id),
        attempts=0,
        undone_at=int(now.timestamp()),
        last_change_at=seen,
    )
    return intends_to_suspend(employee, step, now, approved=True) if suspended else employee


def park(
    employees: Mapping[int, EmployeeRecord], results: Mapping[int, StepResult], *, max_attempts: int, company: int
) -> dict[int, EmployeeRecord]:
    """Those who are parked now: refused by name in `max_attempts` consecutive runs, or parked before and refused again.

    When more than max(5, 1 %) would be parked at once the fault is not theirs, and nobody is.
    """
    refused = [number for number, result in results.items() if result.status is Status.REFUSED]
    again = [number for number in refused if employees[number].has(FollowUp.PARKED)]
    newly = [
        number
        for number in refused
        if number not in again and max_attempts > 0 and employees[number].attempts >= max_attempts
    ]
    if len(newly) > max(_PARKED_AT_ONCE, company // 100):
        newly = []
    parked = {}
    for number in (*again, *newly):
        result = results[number]
        parked[number] = employees[number].flagged(FollowUp.PARKED, result.why.code, result.step.action.value)
    return parked


_PARKED_AT_ONCE = 5

"""The record that a run keeps of each employee for later runs. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from worker.model import reasons
from worker.model.account import Account
from worker.model.history import NO_ACCOUNT, EmployeeRecord, FollowUp
from worker.model.step import WRITES, Action, GuardClass, Status, Step, StepResult

_UNCLEAR = (
    reasons.STATUS_UNKNOWN,
    reasons.DELETED_BUT_SHOWN,
    reasons.DELETED_EARLIER,
    reasons.HIRE_DATE_UNREADABLE,
)
"""It is not known whether the employee works here."""


def record_after_run(
    known: EmployeeRecord | None,
    result: StepResult,
    *,
    deleted: bool,
    now: datetime,
    max_attempts: int,
    approved: bool = False,
    follow_held: bool = False,
) -> EmployeeRecord:
    """Return the record of an employee after a run, except for parking, which is decided for the whole run.

    `known`: the record before the run. `deleted`: a changed feed reported the employee as deleted. `approved`: an
    operator approved the changes of this run. `follow_held`: record held changes as a follow-up, since no later run
    takes the employee otherwise.
    """
    step = result.step
    before = replace(known or EmployeeRecord(step.employee_id), deleted=deleted)
    record = _after_step(before, result, now, max_attempts)
    if _values_compared(result):
        record = replace(record, not_kept={name: digest for name, digest in step.not_kept if digest})
    held_before = before.follow_ups.get(FollowUp.HELD)
    if approved and held_before:
        return record.flagged(FollowUp.HELD, held_before.note)
    # Held updates and clears need no follow-up: they make a full pass due, which finds them.
    held = [one for one in step.held_under if one not in (GuardClass.UPDATE, GuardClass.CLEAR)]
    is_out_of_scope = any(note.code == reasons.OUT_OF_SCOPE for note in step.notes)
    if held and (follow_held or held_before or is_out_of_scope):
        return record.flagged(FollowUp.HELD, ", ".join(held))
    return record


def _values_compared(result: StepResult) -> bool:
    """Return whether the run compared the account's values with BambooHR's, or found nothing left to compare.

    An account out of scope is compared again when the employee returns.
    """
    is_answered = result.status is Status.DONE or (result.status is Status.REFUSED and result.may_be_written)
    if not is_answered or result.step.reason.code == reasons.OUT_OF_SCOPE:
        return False
    return result.step.action in (*WRITES, Action.UNCHANGED) or result.step.reason is reasons.LEFT_WITHOUT_ACCOUNT


def _after_step(record: EmployeeRecord, result: StepResult, now: datetime, max_attempts: int) -> EmployeeRecord:
    """Return the record as the step leaves it, apart from its held parts and the values that Moodle did not keep."""
    step = result.step
    if result.isolated:
        record = record.flagged(FollowUp.ISOLATED, result.reported_reason.code, step.action.value)
    if step.reason in (reasons.UNDONE, reasons.NOT_DUE, reasons.NOT_APPROVED):
        return record
    without_account = record.follow_ups.get(FollowUp.WITHOUT_ACCOUNT)
    if without_account and step.account is None and result.status is not Status.DONE:
        record = record.flagged(FollowUp.WITHOUT_ACCOUNT, result.reported_reason.code)
    if result.status in (Status.FAILED, Status.HELD):
        may_be_suspended = step.action is Action.SUSPEND and result.may_be_written
        return marked_suspended(record, step, now) if may_be_suspended else record
    if result.status is Status.REFUSED:
        record = replace(record, attempts=record.attempts + 1 if max_attempts else 0)
        return replace(record, suspended_by_us=False) if _is_active(result) else record
    record = replace(record, attempts=0, undone_at=0, last_change_at=0)
    if step.is_waiting and record.was_to_start and step.reason in _UNCLEAR:
        return record
    record = record.unflagged()
    if step.is_waiting:
        record = record.flagged(FollowUp.WAITING, step.reason.code, step.action.value)
    elif step.reason.code in reasons.WITHOUT_ACCOUNT:
        record = record.flagged(FollowUp.WITHOUT_ACCOUNT, step.reason.code)
    elif without_account and step.action is Action.HOLD:
        # Without evidence, a full pass learns nothing about the employee.
        record = record.flagged(FollowUp.WITHOUT_ACCOUNT, without_account.note)
    return _with_suspension(record, result, now)


def _with_suspension(record: EmployeeRecord, result: StepResult, now: datetime) -> EmployeeRecord:
    """Return the record with the suspension that this run carried out, or without the one that it found ended."""
    suspends = result.step.action is Action.SUSPEND
    if result.status is Status.DONE and suspends:
        return marked_suspended(record, result.step, now)
    stays_active = _is_active(result) if result.status is Status.DONE else suspends
    return replace(record, suspended_by_us=False) if stays_active else record


def _is_active(result: StepResult) -> bool:
    """Return whether the account is active now: this run activated it, or found it active and left it so."""
    step = result.step
    if step.action in (Action.CREATE, Action.REACTIVATE):
        return result.may_be_written
    was_active = step.account is not None and not step.account.suspended
    return was_active and step.action in (Action.UPDATE, Action.UNCHANGED)


def marked_suspended(known: EmployeeRecord | None, step: Step, now: datetime) -> EmployeeRecord:
    """Return the record to store *before* a suspension is sent, so that it is known even if the process ends then."""
    record, account_id = known or EmployeeRecord(step.employee_id), step.account_id or 0
    return replace(record, suspended_by_us=True, suspended_at=int(now.timestamp()), suspended_account_id=account_id)


def no_longer_suspended(
    records: Mapping[int, EmployeeRecord], results: Mapping[int, StepResult]
) -> dict[int, EmployeeRecord]:
    """Return the records of former ids whose account is active again under another id, no longer marked as suspended.

    An employee who was hired again under a new id keeps the account that was suspended under the former one.
    """
    done = {employee_id: result for employee_id, result in results.items() if result.status is Status.DONE}
    active = {result.step.account_id: employee_id for employee_id, result in done.items() if _is_active(result)}
    return {
        employee_id: replace(record, suspended_by_us=False)
        for employee_id, record in records.items()
        if record.suspended_by_us and active.get(record.suspended_account_id, employee_id) != employee_id
    }


def fill_in_account_ids(
    records: Mapping[int, EmployeeRecord], accounts: Iterable[Account], failed_idnumbers: Collection[str]
) -> dict[int, EmployeeRecord]:
    """Return the records of an earlier version, completed with the suspended account that the idnumber finds.

    `failed_idnumbers`: the idnumbers for which Moodle gave no answer; their records stay as they are.
    """
    found = {account.idnumber: account.id for account in accounts}
    return {
        employee_id: replace(record, suspended_account_id=found.get(str(employee_id), NO_ACCOUNT))
        for employee_id, record in records.items()
        if record.lacks_account_id and str(employee_id) not in failed_idnumbers
    }


def marked_undone(
    known: EmployeeRecord | None, step: Step, run_id: str, now: datetime, *, last_change_at: int
) -> EmployeeRecord:
    """Return the record to store *before* an undo is written. Later runs leave the employee alone.

    An account that this product suspended stays marked as such until it is active again: the write may fail. For
    `last_change_at`, which is about the run that is undone, see :class:`EmployeeRecord`.
    """
    record = (known or EmployeeRecord(step.employee_id)).unflagged().flagged(FollowUp.UNDONE, run_id)
    record = replace(record, attempts=0, undone_at=int(now.timestamp()), last_change_at=last_change_at)
    return marked_suspended(record, step, now) if step.suspends else record


def record_after_undo(
    known: EmployeeRecord | None, result: StepResult, run_id: str, now: datetime, *, last_change_at: int
) -> EmployeeRecord | None:
    """Return the record after an undo; None if the account was not written, and the record stays as it is."""
    if result.status is not Status.DONE or result.step.action not in (*WRITES, Action.UNCHANGED):
        return None
    record = marked_undone(known, result.step, run_id, now, last_change_at=last_change_at)
    return replace(record, suspended_by_us=False) if result.step.suspends is False else record


def park(
    records: Mapping[int, EmployeeRecord], results: Mapping[int, StepResult], *, max_attempts: int, company_size: int
) -> dict[int, EmployeeRecord]:
    """Return the records of employees who are parked now.

    An employee is parked after `max_attempts` consecutive runs in which Moodle or the plan refused them, and stays
    parked until a run succeeds. If more than max(5, 1 % of the company) would be parked at once, none of them is,
    because the fault is not in their records.

    `records`: those of all employees of the run, after :func:`record_after_run`. `max_attempts`: 0 if parking is off.
    """
    refused = [employee_id for employee_id, result in results.items() if result.status is Status.REFUSED]
    again = [one for one in refused if records[one].has(FollowUp.PARKED)]
    newly = [one for one in refused if one not in again and records[one].attempts >= max_attempts > 0]
    if len(newly) > max(5, company_size // 100):
        newly = []
    parked = {}
    for employee_id in (*again, *newly):
        why, action = results[employee_id].reported_reason.code, results[employee_id].step.action.value
        parked[employee_id] = records[employee_id].unflagged().flagged(FollowUp.PARKED, why, action)
    return parked

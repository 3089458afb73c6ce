"""The read-back: whether Moodle kept the values that it may replace without an error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from worker import advice, logs
from worker.errors import SyncError, TargetError
from worker.model.account import Account
from worker.model.field_kinds import Kinds, is_read_back, is_same, sendable
from worker.model.journal_entry import JournalEntry
from worker.model.step import FieldChange, Status, Step, StepResult
from worker.moodle import refusals
from worker.planning.digests import not_kept_digest
from worker.planning.planner import Lookup, Priority
from worker.planning.values import with_not_kept
from worker.runs.account_lookup import AccountLookup
from worker.runs.locked_run import WriteResult
from worker.runs.services import Services
from worker.runs.summary import Summary
from worker.words import counted, listed

_Lost = dict[int, list[FieldChange]]
"""By employee, what was sent (`old`) and what the account shows in its place (`new`)."""
_NO_SUCH_VALUE = "the field's type has no such value; map a date to a date field, and yes or no to a checkbox"


def read_back(services: Services, written: WriteResult, summary: Summary) -> WriteResult:
    """Return the results with the values that Moodle did not keep, which are reported and journaled for an undo.

    If the look-up fails, no result is lost: values that were not kept differ in the next run, which finds them.
    """
    steps = {employee_id: result.step for employee_id, result in written.results.items() if _is_to_be_read(result)}
    if written.ended_by is not None or not steps:
        return _reported(services, written, {}, summary)
    idnumbers = Lookup("idnumber", Priority.OTHERS, [str(employee_id) for employee_id in steps])
    lookup = AccountLookup(services.moodle, services.stop.wait, idnumbers, progress=services.progress)
    lost: _Lost = {}
    try:
        lookup.run()
        lost = _lost(steps, lookup.accounts, services.moodle.field_kinds)
        _journal(services, summary.run_id, steps, lost)
    except TargetError as fault:
        summary.warn("not_read_back", f"the values written to Moodle could not be read back: {fault.message}")
    except SyncError as end:
        written = replace(written, ended_by=end)
    if lookup.unanswered:
        summary.warn(
            "not_read_back", f"{counted(len(lookup.unanswered), 'account')} that this run wrote could not be read back"
        )
    return _reported(services, written, lost, summary)


def _journal(services: Services, run_id: str, steps: Mapping[int, Step], lost: _Lost) -> None:
    """Journal what the accounts show now, for an undo to compare with."""
    now = services.clock()
    entries = [JournalEntry.of_read_back(steps[employee_id], changes, now) for employee_id, changes in lost.items()]
    if entries:
        services.store.journal.add(run_id, entries)
    for employee_id, changes in lost.items():
        fields = [change.field for change in changes]
        reason = f"employee {employee_id}: Moodle does not keep {', '.join(fields)}"
        logs.warning("sync.not_kept", employee_id=employee_id, fields=fields, reason=reason)


def _is_to_be_read(result: StepResult) -> bool:
    is_written = result.wrote and result.status in (Status.DONE, Status.REFUSED)
    return is_written and any(map(is_read_back, result.step.fields))


def _lost(steps: Mapping[int, Step], accounts: Iterable[Account], kinds: Kinds) -> _Lost:
    by_idnumber = {str(employee_id): step for employee_id, step in steps.items()}
    lost: _Lost = {}
    for account in accounts:
        step = by_idnumber.get(account.idnumber)
        if step is not None and (step.account is None or step.account.id == account.id):
            lost[step.employee_id] = _not_kept(step, account, kinds)
    return {employee_id: changes for employee_id, changes in sorted(lost.items()) if changes}


def _not_kept(step: Step, account: Account, kinds: Kinds) -> list[FieldChange]:
    """Return the values that were sent, each with what the account shows in its place."""
    shown = [(change, account.values.get(change.field, "")) for change in step.changes if is_read_back(change.field)]
    return [
        FieldChange(change.field, change.new, value)
        for change, value in shown
        if not is_same(kinds, change.field, change.new, value)
    ]


# Warnings


def _reported(services: Services, written: WriteResult, lost: _Lost, summary: Summary) -> WriteResult:
    """Warn once for each field and cause; return the results with the digests for the employees' records."""
    kinds, results = services.moodle.field_kinds, dict(written.results)
    whose: dict[tuple[str, str], list[int]] = {}
    for employee_id, result in sorted(results.items()):
        for name, digest in result.step.not_kept:
            if not digest:
                whose.setdefault((name, _NO_SUCH_VALUE), []).append(employee_id)
        for change in lost.get(employee_id, ()):
            whose.setdefault((change.field, _cause(change, kinds)), []).append(employee_id)
    for (name, cause), employees in sorted(whose.items()):
        summary.warn("not_kept", _warning(name, cause, employees))
    for employee_id, changes in lost.items():
        key = services.digest_key
        digests = [(one.field, not_kept_digest(employee_id, one.field, one.old or "", key)) for one in changes]
        results[employee_id] = replace(results[employee_id], step=with_not_kept(results[employee_id].step, digests))
    return replace(written, results=results)


def _warning(name: str, cause: str, employees: list[int]) -> str:
    whose = f"{counted(len(employees), 'employee')} ({listed(employees)})"
    return (
        f"Moodle does not keep {name} of {whose}: {cause}."
        " It is not sent again until it changes in BambooHR; after a correction in Moodle:"
        f" {advice.command_for(['sync', '--employee', 'ID'], employees)} or {advice.command('reconcile', '--resend')}"
    )


def _cause(lost: FieldChange, kinds: Kinds) -> str:
    """Return the likely cause, and what to do."""
    kind = kinds.get(lost.field)
    if lost.field == "lang":
        return refusals.LANGUAGE_PACK
    if kind is None:
        return (
            "no account shows the field; create it in Moodle with this short name, unlock it, let the token's user see"
            " it, or add the option if it is a menu"
            if lost.field.startswith("profile_field_")
            else "Moodle stores another value, or hides the field from the token; correct the value in BambooHR or in"
            " the mapping, or add the field to the site's setting showuseridentity"
        )
    if kind.type == "menu" and not lost.old:
        return "BambooHR has no value, and the menu has a default; remove it in Moodle, or enter a value"
    if kind.type == "menu":
        return "the menu has no such option; add it to the field in Moodle, or correct the value"
    if kind.type == "textarea" and not kind.is_raw:
        return "a filter of Moodle, such as the one for smileys, displays another form of it, or Moodle stores one"
    if sendable(kinds, lost.field, lost.old or "") is None:
        return f"{_NO_SUCH_VALUE}; what the account shows instead is to be corrected in Moodle"
    if kind.type == "datetime":
        return "the date is outside the field's years; extend them in Moodle, or correct the date"
    if lost.new and (lost.old or "").startswith(lost.new):
        return "the value is longer than the field allows; raise the field's maximum length in Moodle"
    return "Moodle stores another value; see the field's settings in Moodle"

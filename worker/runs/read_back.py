"""The read-back: whether Moodle kept the values that it may replace without an error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from worker import advice, logs
from worker.errors import SyncError, TargetError
from worker.model.account import Account
from worker.model.field_kinds import Kinds, is_same, needs_read_back, value_to_send
from worker.model.journal_entry import JournalEntry
from worker.model.step import FieldChange, Status, Step, StepResult
from worker.planning.digests import not_kept_digest
from worker.planning.planner import Lookup, Priority
from worker.planning.values import with_not_kept
from worker.runs.account_lookup import AccountLookup
from worker.runs.locked_run import LockedRun
from worker.runs.services import Services
from worker.runs.summary import Summary
from worker.words import counted, listed


class _NotKeptValue(NamedTuple):
    """What was sent for a field, and what the account shows in its place."""

    field: str
    sent: str
    shown: str


_NotKept = dict[int, list[_NotKeptValue]]
"""The values that Moodle did not keep, by employee."""
_NO_SUCH_VALUE = "the field's type has no such value; map a date to a date field, and yes or no to a checkbox"


def read_back(run: LockedRun, results: Mapping[int, StepResult]) -> dict[int, StepResult]:
    """Return the results with the values that Moodle did not keep, which are reported and journaled for an undo.

    If the look-up fails, no result is lost: values that were not kept differ in the next run, which finds them.
    """
    services, summary, not_kept = run.services, run.summary, _NotKept()
    steps = {
        employee_id: result.step
        for employee_id, result in results.items()
        if result.may_be_written
        and result.status in (Status.DONE, Status.REFUSED)
        and any(map(needs_read_back, result.step.fields))
    }
    if run.ended_by is None and steps:
        idnumbers = Lookup("idnumber", Priority.OTHERS, [str(employee_id) for employee_id in steps])
        lookup = AccountLookup(services.moodle, services.stop.wait, idnumbers, progress=services.progress)
        try:
            lookup.run()
            not_kept = _find_not_kept(steps, lookup.accounts, services.moodle.field_kinds)
            _journal(services, summary.run_id, steps, not_kept)
        except TargetError as fault:
            summary.warn("not_read_back", f"the values written to Moodle could not be read back: {fault.message}")
        except SyncError as end:
            run.ended_by = end
        if lookup.failed_lookups:
            unread = counted(len(lookup.failed_lookups), "account")
            summary.warn("not_read_back", f"{unread} that this run wrote could not be read back")
    return _with_not_kept_values(services, results, not_kept, summary)


def _journal(services: Services, run_id: str, steps: Mapping[int, Step], not_kept: _NotKept) -> None:
    """Journal what the accounts show now, for an undo to compare with."""
    now = services.clock()
    entries = [
        JournalEntry.of_read_back(steps[employee_id], [FieldChange(*value) for value in values], now)
        for employee_id, values in not_kept.items()
    ]
    if entries:
        services.store.journal.add(run_id, entries)
    for employee_id, values in not_kept.items():
        fields = [value.field for value in values]
        reason = f"employee {employee_id}: Moodle does not keep {', '.join(fields)}"
        logs.warning("sync.not_kept", employee_id=employee_id, fields=fields, reason=reason)


def _find_not_kept(steps: Mapping[int, Step], accounts: Iterable[Account], kinds: Kinds) -> _NotKept:
    by_idnumber = {str(employee_id): step for employee_id, step in steps.items()}
    not_kept: _NotKept = {}
    for account in accounts:
        step = by_idnumber.get(account.idnumber)
        if step is not None and (step.account is None or step.account.id == account.id):
            sent = [change for change in step.changes if needs_read_back(change.field)]
            values = [_NotKeptValue(one.field, one.new, account.values.get(one.field, "")) for one in sent]
            not_kept[step.employee_id] = [one for one in values if not is_same(kinds, *one)]
    return {employee_id: values for employee_id, values in sorted(not_kept.items()) if values}


def _with_not_kept_values(
    services: Services, results: Mapping[int, StepResult], not_kept: _NotKept, summary: Summary
) -> dict[int, StepResult]:
    """Warn once for each field and cause; return the results with the digests for the employees' records."""
    kinds, reported = services.moodle.field_kinds, dict(results)
    whose: dict[tuple[str, str], list[int]] = {}
    for employee_id, result in sorted(results.items()):
        for name, digest in result.step.not_kept:
            if not digest:
                whose.setdefault((name, _NO_SUCH_VALUE), []).append(employee_id)
        for value in not_kept.get(employee_id, ()):
            whose.setdefault((value.field, _cause(value, kinds)), []).append(employee_id)
    for (name, cause), employees in sorted(whose.items()):
        again = advice.command_for(["sync", "--employee", "ID"], employees)
        summary.warn(
            "not_kept",
            f"Moodle does not keep {name} of {counted(len(employees), 'employee')} ({listed(employees)}): {cause}."
            " It is not sent again until it changes in BambooHR; after a correction in Moodle:"
            f" {again} or {advice.command('reconcile', '--resend')}",
        )
    for employee_id, values in not_kept.items():
        key = services.digest_key
        digests = [(one.field, not_kept_digest(employee_id, one.field, one.sent, key)) for one in values]
        reported[employee_id] = replace(results[employee_id], step=with_not_kept(results[employee_id].step, digests))
    return reported


def _cause(value: _NotKeptValue, kinds: Kinds) -> str:
    """Return the likely cause, and what to do."""
    kind = kinds.get(value.field)
    if value.field == "lang":
        return "the language pack is not installed; install it in Moodle, or map lang to one that is"
    if kind is None:
        return (
            "no account shows the field; create it in Moodle with this short name, unlock it, let the token's user see"
            " it, or add the option if it is a menu"
            if value.field.startswith("profile_field_")
            else "Moodle stores another value, or hides the field from the token; correct the value in BambooHR or in"
            " the mapping, or add the field to the site's setting showuseridentity"
        )
    if kind.type == "menu" and not value.sent:
        return "BambooHR has no value, and the menu has a default; remove it in Moodle, or enter a value"
    if kind.type == "menu":
        return "the menu has no such option; add it to the field in Moodle, or correct the value"
    if kind.type == "textarea" and not kind.is_raw:
        return "a filter of Moodle, such as the one for smileys, displays another form of it, or Moodle stores one"
    if value_to_send(kinds, value.field, value.sent) is None:
        return f"{_NO_SUCH_VALUE}; what the account shows instead is to be corrected in Moodle"
    if kind.type == "datetime":
        return "the date is outside the field's years; extend them in Moodle, or correct the date"
    if value.shown and value.sent.startswith(value.shown):
        return "the value is longer than the field allows; raise the field's maximum length in Moodle"
    return "Moodle stores another value; see the field's settings in Moodle"

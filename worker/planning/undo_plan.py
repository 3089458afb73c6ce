"""Taking a run back: the reverse of what its journal says, as far as nobody has changed it since. Pure.

Field by field: what the account holds now is what the run wrote (it is put back), what was there before (nothing to
do), or something else (somebody changed it since; it is left, and named). An account that the run made is suspended,
for nothing of Moodle's user services removes one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from worker.model import reasons
from worker.model.account import Account
from worker.model.journal_entry import JournalEntry
from worker.model.mapping import NEVER_BLANK, PROFILE_FIELD
from worker.model.step import Action, FieldChange, Step
from worker.planning.correlation import is_reserved


class UndoScope(StrEnum):
    """What of a run is taken back."""

    EVERYTHING = "everything"
    SUSPENSIONS = "suspensions"
    FIELDS = "fields"


@dataclass(frozen=True, slots=True)
class RecordedWrite:
    """All that a run set out to write to one account: the oldest old and the newest new value of each field.

    `seen`: when BambooHR had changed her last before the run (0: not known).
    """

    employee_id: int
    account_id: int | None
    changes: tuple[FieldChange, ...]
    made: bool = False
    seen: int = 0


def written(entries: Iterable[JournalEntry], only: UndoScope, employees: Collection[int]) -> list[RecordedWrite]:
    """What is to be taken back, a person each, ordered by employee id; of everybody where nobody is named."""
    found: dict[int, RecordedWrite] = {}
    for entry in entries:
        if employees and entry.employee_id not in employees:
            continue
        changes = tuple(change for change in entry.changes if _counts(entry, change, only))
        if changes:
            known = found.get(entry.employee_id, RecordedWrite(entry.employee_id, entry.account_id, ()))
            found[entry.employee_id] = replace(
                known,
                account_id=known.account_id or entry.account_id,
                changes=_merged(known.changes, changes),
                made=known.made or entry.action is Action.CREATE,
                seen=max(known.seen, entry.last_change_at),
            )
    return [found[number] for number in sorted(found)]


def _counts(entry: JournalEntry, change: FieldChange, only: UndoScope) -> bool:
    if only is UndoScope.SUSPENSIONS:
        return entry.action is Action.SUSPEND and change.field == "suspended"
    if only is UndoScope.FIELDS:
        return entry.action is not Action.CREATE and change.field != "suspended"
    return True


def _merged(first: Sequence[FieldChange], then: Sequence[FieldChange]) -> tuple[FieldChange, ...]:
    merged = {change.field: change for change in first}
    for change in then:
        known = merged.get(change.field)
        merged[change.field] = replace(change, old=known.old) if known else change
    return tuple(merged.values())


def undo_steps(wrote: Sequence[RecordedWrite], accounts: Iterable[Account], protected: Collection[str]) -> list[Step]:
    """One step a person, in their order. `accounts`: those of the journal by id, and those made, by idnumber."""
    accounts = list(accounts)
    by_id = {account.id: account for account in accounts}
    by_idnumber: dict[str, list[Account]] = {}
    for account in accounts:
        by_idnumber.setdefault(account.idnumber, []).append(account)
    steps = []
    for one in wrote:
        if one.account_id is not None:
            own = by_id.get(one.account_id)
        else:
            made = by_idnumber.get(str(one.employee_id), [])
            own = made[0] if len(made) == 1 else None
        steps.append(_step(one, own, protected))
    return _in_turn(steps)


def _step(one: RecordedWrite, account: Account | None, protected: Collection[str]) -> Step:
    if account is None:
        if one.account_id is None:
            return Step(one.employee_id, Action.UNCHANGED, reasons.NOTHING_TO_UNDO)
        return Step(one.employee_id, Action.SKIP, reasons.edited_since(["id"]))
    if is_reserved(account, protected):
        return Step(one.employee_id, Action.SKIP, reasons.PROTECTED, account)
    return _suspend_made(one, account) if one.made else _put_back(one, account)


def _suspend_made(one: RecordedWrite, account: Account) -> Step:
    present = account.fields
    edited = [
        change.field
        for change in one.changes
        if change.field != "suspended" and present.get(change.field, _unseen(change)) != change.new
    ]
    if edited:
        return Step(one.employee_id, Action.SKIP, reasons.edited_since(edited), account)
    if account.suspended:
        return Step(one.employee_id, Action.UNCHANGED, reasons.NOTHING_TO_UNDO, account)
    change = FieldChange("suspended", "0", "1")
    return Step(one.employee_id, Action.SUSPEND, reasons.TAKEN_BACK, account, (change,))


def _unseen(change: FieldChange) -> str:
    """A custom field that look-ups never show (Moodle has none of that name, or hides it) says nothing."""
    return change.new if change.field.startswith(PROFILE_FIELD) else ""


def _put_back(one: RecordedWrite, account: Account) -> Step:
    present = account.fields
    changes: list[FieldChange] = []
    edited: list[str] = []
    blank: list[str] = []
    for change in one.changes:
        old, now = change.old or "", present.get(change.field, "")
        if now == old:
            continue
        if now != change.new:
            edited.append(change.field)
        elif not old.strip() and change.field in NEVER_BLANK:
            blank.append(change.field)
        else:
            changes.append(FieldChange(change.field, now, old))
    notes = [reasons.edited_since(edited)] if edited else []
    notes += [reasons.CANNOT_BE_BLANK] if blank else []
    if changes:
        return Step(one.employee_id, _action(changes), reasons.TAKEN_BACK, account, tuple(changes), notes=tuple(notes))
    if notes:
        return Step(one.employee_id, Action.SKIP, notes[0], account, notes=tuple(notes[1:]))
    return Step(one.employee_id, Action.UNCHANGED, reasons.NOTHING_TO_UNDO, account)


def _action(changes: Sequence[FieldChange]) -> Action:
    suspended = next((change.new for change in changes if change.field == "suspended"), None)
    if suspended is None:
        return Action.UPDATE
    return Action.SUSPEND if suspended == "1" else Action.REACTIVATE


def _in_turn(steps: Sequence[Step]) -> list[Step]:
    """Whoever gets an address or user name back waits for whoever has to give it up first."""
    holders: Mapping[tuple[str, str], int] = {
        (change.field, (change.old or "").casefold()): step.employee_id
        for step in steps
        for change in step.changes
        if change.field in _UNIQUE
    }
    ordered = []
    for step in steps:
        wanted = [(change.field, change.new.casefold()) for change in step.changes if change.field in _UNIQUE]
        first = {holders[one] for one in wanted if one in holders} - {step.employee_id}
        ordered.append(replace(step, depends_on=frozenset(first)))
    return ordered


_UNIQUE = ("email", "username")


def becomes_suspended(step: Step) -> bool | None:
    """What becomes of the account by a step: suspended, active, or neither (None)."""
    return next((change.new == "1" for change in step.changes if change.field == "suspended"), None)

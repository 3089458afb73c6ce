"""The plan of an undo: the reverse of a run's journal, except for values that were changed since. Pure.

Each field is compared with the account. If it holds what the run wrote, or what Moodle stored in its place, the old
value is written; if it holds the old value, there is nothing to do; if it holds anything else, it was edited since, and
is left alone and named. An account that the run created is suspended, because Moodle's user functions for this token
cannot delete it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from worker.model import reasons
from worker.model.account import Account, AccountKey
from worker.model.field_kinds import Kinds, is_same, needs_read_back
from worker.model.journal_entry import JournalEntry
from worker.model.mapping import IDENTIFYING_FIELDS, PROFILE_FIELD
from worker.model.reasons import Reason
from worker.model.step import Action, FieldChange, Step
from worker.planning.matching import FailedLookups, is_protected


class UndoScope(StrEnum):
    """Which part of a run is undone."""

    EVERYTHING = "everything"
    SUSPENSIONS = "suspend"
    FIELDS = "fields"


@dataclass(frozen=True, slots=True)
class RecordedWrite:
    """Everything that a run wrote to one account: the oldest old value and the newest new value of each field.

    `account_id`: None if the run created the account. `last_change_at`: as in :class:`JournalEntry`.
    `lacks_read_back`: the run ended before it could read back what Moodle kept.
    """

    employee_id: int
    account_id: int | None
    changes: tuple[FieldChange, ...]
    created: bool = False
    last_change_at: int = 0
    lacks_read_back: bool = False

    @property
    def looked_up_by(self) -> tuple[AccountKey, str]:
        """How the account is found: by its id, or by the employee id if the run created it."""
        return ("id", str(self.account_id)) if self.account_id is not None else ("idnumber", str(self.employee_id))

    @property
    def fields(self) -> frozenset[str]:
        """The fields that were written."""
        return frozenset(change.field for change in self.changes)

    def edited_reason(self, fields: Sequence[str]) -> Reason:
        """Return the reason why these fields are left alone: the account holds something else in them."""
        return reasons.edited_since(fields, filter(needs_read_back, fields) if self.lacks_read_back else ())


def writes_to_undo(
    entries: Iterable[JournalEntry], scope: UndoScope, employees: Collection[int], *, lacks_read_back: bool = False
) -> list[RecordedWrite]:
    """Collect from a run's journal, oldest entry first, what to undo of these employees (of all if there are none).

    Returns one write per employee, ordered by employee id. `lacks_read_back`: see :class:`RecordedWrite`.
    """
    found: dict[int, RecordedWrite] = {}
    for entry in entries:
        if employees and entry.employee_id not in employees:
            continue
        changes = tuple(change for change in entry.changes if _is_wanted(entry, change, scope))
        if changes:
            blank = RecordedWrite(entry.employee_id, entry.account_id, (), lacks_read_back=lacks_read_back)
            known = found.get(entry.employee_id, blank)
            if entry.is_read_back:
                changes = tuple(change for change in changes if change.field in known.fields)
            found[entry.employee_id] = replace(
                known,
                account_id=known.account_id or entry.account_id,
                changes=_merged(known.changes, changes),
                created=known.created or entry.action is Action.CREATE,
                last_change_at=max(known.last_change_at, entry.last_change_at),
            )
    return [found[employee_id] for employee_id in sorted(found)]


def _is_wanted(entry: JournalEntry, change: FieldChange, scope: UndoScope) -> bool:
    if scope is UndoScope.SUSPENSIONS:
        return entry.action is Action.SUSPEND and change.field == "suspended"
    if scope is UndoScope.FIELDS:
        return entry.action is not Action.CREATE and change.field != "suspended"
    return True


def _merged(earlier: Sequence[FieldChange], later: Sequence[FieldChange]) -> tuple[FieldChange, ...]:
    merged = {change.field: change for change in earlier}
    for change in later:
        known = merged.get(change.field)
        merged[change.field] = replace(change, old=known.old) if known else change
    return tuple(merged.values())


def undo_steps(
    writes: Sequence[RecordedWrite],
    accounts: Iterable[Account],
    protected: Collection[str],
    kinds: Kinds,
    failed_lookups: FailedLookups,
) -> list[Step]:
    """Plan the undo: one step per write, in the same order.

    `accounts`: those of the journal, found by id, and those that the run created, found by idnumber.
    """
    found: dict[tuple[AccountKey, str], list[Account]] = {}
    for account in accounts:
        found.setdefault(("id", str(account.id)), [account])
        found.setdefault(("idnumber", account.idnumber), []).append(account)
    steps = []
    for write in writes:
        if (why := failed_lookups.get(write.looked_up_by)) is not None:
            steps.append(Step(write.employee_id, Action.CONFLICT, why))
        else:
            own = found.get(write.looked_up_by, [])
            steps.append(_step(write, own[0] if len(own) == 1 else None, protected, kinds))
    return _with_dependencies(steps)


def _step(write: RecordedWrite, account: Account | None, protected: Collection[str], kinds: Kinds) -> Step:
    if account is None:
        if write.account_id is None:
            return Step(write.employee_id, Action.UNCHANGED, reasons.NOTHING_TO_UNDO)
        return Step(write.employee_id, Action.SKIP, reasons.edited_since(["id"]))
    if str(write.employee_id) in protected or is_protected(account, protected):
        return Step(write.employee_id, Action.SKIP, reasons.PROTECTED, account)
    return _suspend_created(write, account, kinds) if write.created else _restore(write, account, kinds)


def _suspend_created(write: RecordedWrite, account: Account, kinds: Kinds) -> Step:
    written = [change for change in write.changes if change.field != "suspended"]
    edited = [change.field for change in written if not is_same(kinds, change.field, change.new, _now(account, change))]
    if edited:
        return Step(write.employee_id, Action.SKIP, write.edited_reason(edited), account)
    if account.suspended:
        return Step(write.employee_id, Action.UNCHANGED, reasons.NOTHING_TO_UNDO, account)
    change = FieldChange("suspended", "0", "1")
    return Step(write.employee_id, Action.SUSPEND, reasons.TAKEN_BACK, account, (change,))


def _now(account: Account, change: FieldChange) -> str:
    """Return the present value. A custom field that the look-up does not show may be hidden: it counts as unchanged."""
    return account.all_values.get(change.field, change.new if change.field.startswith(PROFILE_FIELD) else "")


def _restore(write: RecordedWrite, account: Account, kinds: Kinds) -> Step:
    present = account.all_values
    changes: list[FieldChange] = []
    edited: list[str] = []
    blank: list[str] = []
    for change in write.changes:
        old, now = change.old or "", present.get(change.field, "")
        if is_same(kinds, change.field, old, now):
            continue
        if not is_same(kinds, change.field, change.new, now):
            edited.append(change.field)
        elif not old.strip() and change.field in IDENTIFYING_FIELDS:
            blank.append(change.field)
        else:
            changes.append(FieldChange(change.field, now, old))
    notes = [write.edited_reason(edited)] if edited else []
    notes += [reasons.CANNOT_BE_BLANK] if blank else []
    if changes:
        step = Step(write.employee_id, Action.UPDATE, reasons.TAKEN_BACK, account, tuple(changes), notes=tuple(notes))
        actions = {None: Action.UPDATE, True: Action.SUSPEND, False: Action.REACTIVATE}
        return replace(step, action=actions[step.suspends])
    if notes:
        return Step(write.employee_id, Action.SKIP, notes[0], account, notes=tuple(notes[1:]))
    return Step(write.employee_id, Action.UNCHANGED, reasons.NOTHING_TO_UNDO, account)


def _with_dependencies(steps: Sequence[Step]) -> list[Step]:
    """Let each step that restores an address or username depend on the step that frees it."""
    moves = [(step, change) for step in steps for change in step.changes if change.field in ("email", "username")]
    freed_by = {(change.field, (change.old or "").casefold()): step.employee_id for step, change in moves}
    depends_on: dict[int, set[int]] = {}
    for step, change in moves:
        freeing = freed_by.get((change.field, change.new.casefold()), step.employee_id)
        depends_on.setdefault(step.employee_id, set()).add(freeing)
    return [
        replace(step, depends_on=frozenset(depends_on.get(step.employee_id, set()) - {step.employee_id}))
        for step in steps
    ]

"""The differences between the values that are due and those that an account shows. Pure.

A value that Moodle did not keep when it was sent does not count as a difference until it changes in BambooHR. Sent
again, it would only replace what was entered in Moodle since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from worker.model import reasons
from worker.model.employee import Employee
from worker.model.field_kinds import Kinds, is_same, sendable
from worker.model.step import FieldChange, Step
from worker.planning.digests import not_kept_digest
from worker.planning.plan_context import PlanContext


def with_differences(context: PlanContext, employee: Employee, step: Step, due: Mapping[str, str]) -> Step:
    """Return the step with a change for each field whose value differs and was not sent in vain before."""
    present = step.account.fields if step.account else {}
    not_kept: list[tuple[str, str]] = []
    changes = []
    for field, value in due.items():
        shown, sent = present.get(field, ""), sendable(context.kinds, field, value)
        if sent is None:
            not_kept.append((field, ""))
        elif is_same(context.kinds, field, sent, shown):
            continue
        elif digest := _remembered(context, employee.employee_id, FieldChange(field, shown, sent)):
            not_kept.append((field, digest))
        else:
            changes.append(FieldChange(field, shown, sent))
    return with_not_kept(replace(step, changes=tuple(changes)), not_kept)


def as_sent(kinds: Kinds, step: Step) -> Step:
    """Return the step of a new account with the values as they are sent to fields of these kinds."""
    sent = [(change, sendable(kinds, change.field, change.new)) for change in step.changes]
    changes = tuple(replace(change, new=value) for change, value in sent if value is not None)
    return with_not_kept(
        replace(step, changes=changes), [(change.field, "") for change, value in sent if value is None]
    )


def with_not_kept(step: Step, fields: Iterable[tuple[str, str]]) -> Step:
    """Return the step with more fields whose value Moodle does not keep; see :attr:`Step.not_kept`."""
    not_kept = (*step.not_kept, *fields)
    if not not_kept:
        return step
    notes = [note for note in step.notes if note.code != reasons.NOT_KEPT]
    return replace(step, not_kept=not_kept, notes=(*notes, reasons.not_kept([name for name, _ in not_kept])))


def _remembered(context: PlanContext, number: int, change: FieldChange) -> str:
    """Return the digest of a value that was sent before and that Moodle did not keep; "" for any other."""
    record, settings = context.plan_input.records.get(number), context.settings
    known = record.not_kept.get(change.field, "") if record is not None and not settings.resends else ""
    if not known:
        return ""
    digest = not_kept_digest(number, change.field, change.new, settings.digest_key)
    return digest if digest == known else ""

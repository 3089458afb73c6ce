"""What an approval writes: the held changes of a run that are still due with the same values. Pure.

A held part is approved with exactly the values it had. An unconfirmed match has no planned values yet: its digest
covers no values, and approving it approves every change that the confirmed account needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from worker.model import reasons
from worker.model.held_change import HeldChange, HeldChanges
from worker.model.step import FieldChange, GuardClass, Step
from worker.planning.digests import key_check, part_digest
from worker.planning.guards import Hold, keys_of, parts_of_plan, with_dependents
from worker.planning.parts import keep
from worker.planning.planner import Plan


def held_changes(plan: Plan, run_id: str, key: str, at: int) -> HeldChanges:
    """Return the changes that guards or unconfirmed matches hold. `key`: the Moodle token. `at`: the run's time."""
    changes = [
        HeldChange(step.employee_id, step.account_id or 0, guard_class, part_digest(step, fields, key))
        for step in plan.steps
        for guard_class, fields in _held(step)
    ]
    return HeldChanges(run_id, at, key_check(run_id, key), changes, resends=plan.plan_input.settings.resends)


def _held(step: Step) -> Iterator[tuple[GuardClass | None, Sequence[FieldChange]]]:
    if step.reason.code == reasons.UNCONFIRMED:
        yield None, ()
    for part in step.held:
        yield part.guard_class, part.changes


def approved(plan: Plan, allowed: Iterable[HeldChange], key: str) -> Plan:
    """Return the plan with only the parts that were held with exactly these values."""
    digests = {change.digest for change in allowed}
    steps = {step.employee_id: step for step in plan.steps}
    parts = parts_of_plan(plan)
    not_due = {
        (employee_id, guard_class): Hold(guard_class, reasons.NOT_DUE)
        for (employee_id, guard_class), part in parts.items()
        if digests.isdisjoint(part_digest(steps[employee_id], fields, key) for fields in (part.changes, ()))
    }
    not_due = with_dependents(not_due, plan.steps, parts, lambda _: reasons.NOT_DUE)
    due = {step.employee_id: [parts[one] for one in keys_of(step, parts) if one not in not_due] for step in plan.steps}
    return plan.with_steps(
        _uncounted(keep(step, due[step.employee_id])) if keys_of(step, parts) else step for step in plan.steps
    )


def _uncounted(step: Step) -> Step:
    """Return the step counted in no guard class, and without its error if it is not due."""
    step = replace(step, classes=frozenset())
    return replace(step, problem=None, waits=False) if step.reason is reasons.NOT_DUE else step

"""What an approval writes: the changes that a run held and that are still exactly due. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from worker.model import reasons
from worker.model.held_change import HeldChange, HeldChanges
from worker.model.step import Step
from worker.planning.digests import key_check, part_digest
from worker.planning.guards import Hold, parts_of_plan, with_dependents
from worker.planning.parts import keep
from worker.planning.planner import Plan


def held_changes(plan: Plan, run_id: str, key: str, at: int) -> HeldChanges:
    """Return what the guards hold of a plan, for an approval of this run.

    Args:
        plan: The plan after the guards.
        run_id: The run.
        key: The Moodle token.
        at: The time of the run, in seconds since 1970.
    """
    changes = [
        HeldChange(
            step.employee_id,
            step.account.id if step.account else 0,
            part.guard,
            part_digest(step, part.changes, key),
        )
        for step in plan.steps
        for part in step.held
    ]
    return HeldChanges(run_id, at, key_check(run_id, key), changes)


def approved(plan: Plan, allowed: Iterable[HeldChange], key: str) -> Plan:
    """Return what an approval does of a plan: the parts that were held with these very values, and nothing else."""
    digests = {change.digest for change in allowed}
    steps = {step.employee_id: step for step in plan.steps}
    parts = parts_of_plan(plan)
    left_out = {
        (number, part.guard): Hold(part.guard, reasons.NOT_DUE)
        for number, own in parts.items()
        for part in own
        if part_digest(steps[number], part.changes, key) not in digests
    }
    left_out = with_dependents(left_out, plan.steps, parts, lambda _: reasons.NOT_DUE)
    return plan.with_steps(
        _narrowed(keep(step, [part for part in own if (step.employee_id, part.guard) not in left_out]))
        if (own := parts[step.employee_id])
        else step
        for step in plan.steps
    )


def _narrowed(step: Step) -> Step:
    """An approved step counts in no class, and one that is not due is no error."""
    step = replace(step, classes=frozenset())
    return replace(step, problem=None, waits=False) if step.reason is reasons.NOT_DUE else step

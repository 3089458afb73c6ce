"""What an approval writes: the held changes of a run that are still due with the same values. Pure.

A held part is approved with exactly the values it had. An unconfirmed match has no planned values yet: its digest
covers no values, and approving it approves every change that the confirmed account needs.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import replace

from worker.model import reasons
from worker.model.held_change import HeldChange, HeldChanges
from worker.model.reasons import Reason
from worker.model.step import FieldChange, GuardClass, HeldPart, Step
from worker.planning.digests import key_fingerprint, part_digest
from worker.planning.guards import Hold, PartKey, keys_of, parts_of_plan, with_dependents
from worker.planning.parts import Part, with_only_parts
from worker.planning.planner import Plan


def held_changes(plan: Plan, run_id: str, digest_key: str, at: int) -> HeldChanges:
    """Return the changes that guards or unconfirmed matches hold. `at`: the run's time."""
    changes = [
        HeldChange(step.employee_id, step.account_id or 0, guard_class, part_digest(step, fields, digest_key))
        for step in plan.steps
        for guard_class, fields in _held(step)
    ]
    return HeldChanges(
        run_id, at, key_fingerprint(run_id, digest_key), changes, resends=plan.plan_input.settings.resends
    )


def _held(step: Step) -> Iterator[tuple[GuardClass | None, Sequence[FieldChange]]]:
    if step.reason.code == reasons.UNCONFIRMED:
        yield None, ()
    for part in step.held:
        # What an approval could not write stays on the list of the run that held it, with what it needs.
        if part.reason.code != reasons.NEEDS_ANOTHER:
            yield part.guard_class, part.changes


def only_approved(plan: Plan, allowed: Collection[HeldChange], digest_key: str, run_id: str) -> Plan:
    """Return the plan with only the parts that were held with exactly these values.

    A part that needs one which is not among them stays held. `run_id`: the run that held them.
    """
    digests, employees = {change.digest for change in allowed}, {change.employee_id for change in allowed}
    steps = {step.employee_id: step for step in plan.steps}
    parts = parts_of_plan(plan)
    left_out = {
        (employee_id, guard_class): Hold(guard_class, reasons.NOT_DUE)
        for (employee_id, guard_class), part in parts.items()
        if digests.isdisjoint(part_digest(steps[employee_id], fields, digest_key) for fields in (part.changes, ()))
    }
    holds = with_dependents(left_out, plan.steps, parts, lambda _: reasons.NOT_DUE)
    return plan.with_steps(_approved(step, parts, left_out, holds, steps, employees, run_id) for step in plan.steps)


def _approved(
    step: Step,
    parts: Mapping[PartKey, Part],
    left_out: Container[PartKey],
    holds: Mapping[PartKey, Hold],
    steps: Mapping[int, Step],
    employees: Container[int],
    run_id: str,
) -> Step:
    """Return the step with its approved parts, counted in no guard class, and without its error if none is left."""
    keys = keys_of(step, parts)
    if not keys:
        return step
    needs = _needs(step, left_out, holds, steps, run_id)
    held = [
        HeldPart(holds[key].guard_class, parts[key].changes, needs)
        for key in keys
        if key in holds and key not in left_out
    ]
    step = replace(with_only_parts(step, [parts[key] for key in keys if key not in holds], held), classes=frozenset())
    if step.changes:
        return step
    reason = step.reason if step.employee_id in employees else reasons.NOT_APPROVED
    return replace(step, reason=reason, problem=None, is_waiting=False)


def _needs(
    step: Step, left_out: Container[PartKey], holds: Container[PartKey], steps: Mapping[int, Step], run_id: str
) -> Reason:
    """Return which changes that are not written a step needs, directly or because another one needs them."""
    needed: set[int] = set()
    found = {*step.depends_on}
    while found:
        needed |= found
        found = {other for one in found if one in steps for other in steps[one].depends_on} - needed
    together = sorted(one for one in needed if (one, GuardClass.IDENTITY) in holds)
    return reasons.needs_another(
        run_id,
        own=(step.employee_id, GuardClass.IDENTITY) in left_out,
        others=[one for one in together if (one, GuardClass.IDENTITY) in left_out],
        together=together,
    )

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
from worker.planning.guards import Hold, PartKey, keys_of, parts_of_plan, with_dependents, with_run_in_advice
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
            yield part.listed_under, part.changes


def only_approved(plan: Plan, allowed: Collection[HeldChange], digest_key: str, held_in_run: str, run_id: str) -> Plan:
    """Return the plan with only the parts that were held with exactly these values.

    A part that needs one which is not among them stays held. `held_in_run`: the run that held them. `run_id`: the run
    that writes them, whose list has the matches that are still unconfirmed.
    """
    digests, employees = {change.digest for change in allowed}, {change.employee_id for change in allowed}
    steps = {step.employee_id: step for step in plan.steps}
    parts = parts_of_plan(plan)
    not_approved = {
        (employee_id, guard_class): Hold(guard_class, reasons.NOT_DUE)
        for (employee_id, guard_class), part in parts.items()
        if digests.isdisjoint(part_digest(steps[employee_id], fields, digest_key) for fields in (part.changes, ()))
    }
    unwritten = with_dependents(not_approved, plan.steps, parts, lambda _: reasons.NOT_DUE)
    return plan.with_steps(
        _approved(with_run_in_advice(step, run_id), parts, not_approved, unwritten, steps, employees, held_in_run)
        for step in plan.steps
    )


def _approved(
    step: Step,
    parts: Mapping[PartKey, Part],
    not_approved: Container[PartKey],
    unwritten: Mapping[PartKey, Hold],
    steps: Mapping[int, Step],
    employees: Container[int],
    held_in_run: str,
) -> Step:
    """Return the step with its approved parts, counted in no guard class, and without its error if none is left."""
    keys = keys_of(step, parts)
    if not keys:
        return step
    needs = _needs(step, not_approved, unwritten, steps, held_in_run)
    blocked = [
        HeldPart(unwritten[key].listed_under, parts[key].changes, needs)
        for key in keys
        if key in unwritten and key not in not_approved
    ]
    step = replace(
        with_only_parts(step, [parts[key] for key in keys if key not in unwritten], blocked), classes=frozenset()
    )
    if step.changes:
        return step
    reason = step.reason if step.employee_id in employees else reasons.NOT_APPROVED
    return replace(step, reason=reason, problem=None, is_waiting=False)


def _needs(
    step: Step,
    not_approved: Container[PartKey],
    unwritten: Container[PartKey],
    steps: Mapping[int, Step],
    held_in_run: str,
) -> Reason:
    """Return which changes that are not written a step needs, directly or because another one needs them."""
    needed: set[int] = set()
    found = {*step.depends_on}
    while found:
        needed |= found
        found = {other for one in found if one in steps for other in steps[one].depends_on} - needed
    together = sorted(one for one in needed if (one, GuardClass.IDENTITY) in unwritten)
    return reasons.needs_another(
        held_in_run,
        own=(step.employee_id, GuardClass.IDENTITY) in not_approved,
        others=[one for one in together if (one, GuardClass.IDENTITY) in not_approved],
        together=together,
    )

"""Guards against mass changes after a bad read or an import. Pure, and computed on the plan before any write.

A class of changes that exceeds its limit is held as a whole, with what depends on it; all other classes are written.
Held changes are errors, so the state stays pinned and the next run plans them again.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from worker.model.journal_entry import FailedWrite, RecentWrites
from worker.model.reasons import OUT_OF_SCOPE, UNCONFIRMED, Reason
from worker.model.step import FieldChange, GuardClass, HeldPart, Step
from worker.planning.limits import Limits
from worker.planning.parts import (
    MAY_TAKE_FREED_VALUE,
    Part,
    fields_empty_in_bamboohr,
    is_link,
    split_into_parts,
    with_only_parts,
)
from worker.planning.patterns import common_cause
from worker.planning.planner import Plan
from worker.words import counted

NOUNS = {
    GuardClass.SUSPEND: ("suspension", "suspensions"),
    GuardClass.REACTIVATE: ("reactivation", "reactivations"),
    GuardClass.IDENTITY: ("change of identity", "changes of identity"),
    GuardClass.CLEAR: ("cleared account", "cleared accounts"),
    GuardClass.UPDATE: ("update", "updates"),
    GuardClass.CREATE: ("new account", "new accounts"),
}
"""What each class counts, in the singular and the plural. For changes of identity, see docs/design.md, "Guards"."""

_DOUBTED = frozenset({GuardClass.SUSPEND, GuardClass.IDENTITY, GuardClass.CLEAR})
"""The classes that an unreliable read may cause: after one, they are held whatever their number."""
_MAY_BE_EXEMPT = frozenset({GuardClass.IDENTITY, GuardClass.UPDATE, GuardClass.CREATE})
"""The classes that no guard holds in an initial import or in a retry; of changes of identity, only links."""


@dataclass(frozen=True)
class GuardInput:
    """What the guards consider besides the plan, such as the texts of `loss_texts` and `scope_doubts`.

    `recent`: what runs of the last 24 hours, or of this window, wrote. `run_id`: the run to approve; "RUN" in a dry
    run, since only a later run will hold the changes.
    """

    limits: Limits
    loss_texts: Sequence[str] = ()
    scope_doubts: Sequence[str] = ()
    recent: RecentWrites = field(default_factory=RecentWrites)
    run_id: str = "RUN"


PartKey = tuple[int, GuardClass]
"""The key of a part of the plan: the employee id and the guard class."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a part is held, and the class under which it is listed."""

    listed_under: GuardClass
    reason: Reason


@dataclass(frozen=True)
class Guarded:
    """The plan without the held parts, and why each held class is held."""

    plan: Plan
    texts: Mapping[GuardClass, str]


def parts_of_step(plan: Plan, step: Step) -> tuple[Part, ...]:
    """Return the parts of a step of the plan."""
    facts = plan.plan_input.by_id[step.employee_id].facts
    return split_into_parts(step, fields_empty_in_bamboohr(plan.plan_input.settings.mapping, facts))


def parts_of_plan(plan: Plan) -> dict[PartKey, Part]:
    """Return the parts of all steps."""
    return {(step.employee_id, part.guard_class): part for step in plan.steps for part in parts_of_step(plan, step)}


def keys_of(step: Step, parts: Container[PartKey]) -> list[PartKey]:
    """Return the keys of a step's parts."""
    return [(step.employee_id, guard_class) for guard_class in GuardClass if (step.employee_id, guard_class) in parts]


def guard(plan: Plan, guard_input: GuardInput) -> Guarded:
    """Hold the parts of the plan that must not be written without an approval."""
    parts, run_id, failed_writes = parts_of_plan(plan), guard_input.run_id, guard_input.recent.failed_writes
    uncounted, retries = _exempt_parts(plan.steps, parts, guard_input)
    exempt = uncounted | retries
    out_of_scope_ids = {step.employee_id for step in plan.steps if step.reason.code == OUT_OF_SCOPE}
    why: dict[GuardClass, str] = {}
    holds: dict[PartKey, Hold] = {}
    for guard_class in GuardClass:
        due = {
            employee_id: part.changes
            for (employee_id, part_class), part in parts.items()
            if part_class is guard_class and (employee_id, part_class) not in exempt
        }
        counted_retries = {
            employee_id
            for employee_id, part_class in retries
            if part_class is guard_class and not failed_writes[employee_id].is_refused
        }
        held, why_held = _held(guard_class, due, counted_retries, out_of_scope_ids, guard_input)
        if why_held:
            why[guard_class] = why_held
            hold = Hold(guard_class, _reason(guard_class, why_held, run_id))
            holds |= {(employee_id, guard_class): hold for employee_id in held}
    holds = with_dependents(holds, plan.steps, parts, lambda other: _waits_for(other, run_id))
    steps = [_guarded(step, parts, holds, uncounted, run_id) for step in plan.steps]
    return Guarded(plan.with_steps(steps), why)


def with_run_in_advice(step: Step, run_id: str) -> Step:
    """Return the step; for an unconfirmed match, with the run to approve in its advice, as held parts have it."""
    return replace(step, reason=step.reason.with_run_in_advice(run_id)) if step.reason.code == UNCONFIRMED else step


def _guarded(
    step: Step, parts: Mapping[PartKey, Part], holds: Mapping[PartKey, Hold], uncounted: Set[PartKey], run_id: str
) -> Step:
    """Return the step without its held parts."""
    keys = keys_of(step, parts)
    if not keys:
        return with_run_in_advice(step, run_id)
    held = [HeldPart(holds[key].listed_under, parts[key].changes, holds[key].reason) for key in keys if key in holds]
    if held and step.reason.code == OUT_OF_SCOPE:
        step = replace(step, notes=(*step.notes, step.reason))
    step = with_only_parts(step, [parts[key] for key in keys if key not in holds], held)
    return replace(
        step,
        classes=frozenset(
            guard_class for guard_class in step.classes if (step.employee_id, guard_class) not in uncounted
        ),
    )


def with_dependents(
    holds: Mapping[PartKey, Hold],
    steps: Sequence[Step],
    parts: Container[PartKey],
    waits_for: Callable[[int], Reason],
) -> dict[PartKey, Hold]:
    """Add the parts that cannot be written as long as other parts are held.

    These are the changes of employees who need an address or a username that a held part would free, and so on, and
    the reactivations of accounts whose identity part is held. Each is listed under the class that it waits for.
    """
    found = dict(holds)
    needed_by: dict[int, list[int]] = {}
    for step in steps:
        for other in step.depends_on:
            needed_by.setdefault(other, []).append(step.employee_id)
    blocked = [employee_id for employee_id, guard_class in holds if guard_class is GuardClass.IDENTITY]
    seen = set(blocked)
    while blocked:
        other = blocked.pop()
        for employee_id in needed_by.get(other, ()):
            takers = [key for freed in MAY_TAKE_FREED_VALUE if (key := (employee_id, freed)) in parts]
            found |= {key: Hold(GuardClass.IDENTITY, waits_for(other)) for key in takers if key not in found}
            if employee_id not in seen:
                seen.add(employee_id)
                blocked.append(employee_id)
    reactivated = {
        (employee_id, GuardClass.REACTIVATE): hold
        for (employee_id, guard_class), hold in found.items()
        if guard_class is GuardClass.IDENTITY and (employee_id, GuardClass.REACTIVATE) in parts
    }
    return {**reactivated, **found}


def _exempt_parts(
    steps: Iterable[Step], parts: Mapping[PartKey, Part], guard_input: GuardInput
) -> tuple[Set[PartKey], Set[PartKey]]:
    """Return the links, updates and creates that no guard may hold: those that do not count, and retries, which do.

    Those of an initial import do not count. Those that the last run of the same window let through, and that failed,
    are let through again and count as they did then: however many runs fail, no more are let through than the limits
    allow. Only those that were refused for the employee alone do not count until they are written, so that they
    never use up the limit of the others.
    """
    links = {step.employee_id for step in steps if is_link(step)}
    uncounted: set[PartKey] = set()
    retries: set[PartKey] = set()
    for (employee_id, guard_class), part in parts.items():
        if guard_class not in _MAY_BE_EXEMPT or (guard_class is GuardClass.IDENTITY and employee_id not in links):
            continue
        before = guard_input.recent.failed_writes.get(employee_id, FailedWrite({}))
        if guard_input.limits.is_initial_import:
            uncounted.add((employee_id, guard_class))
        elif all(before.values.get(change.field) == change.new for change in part.changes):
            (retries if guard_class in before.classes else uncounted).add((employee_id, guard_class))
    return uncounted, retries


def _held(
    guard_class: GuardClass,
    due: Mapping[int, Sequence[FieldChange]],
    counted_retries: Set[int],
    out_of_scope_ids: Set[int],
    guard_input: GuardInput,
) -> tuple[Set[int], str]:
    """Return whose changes of a class are to be held: all, or only those out of scope; and why, "" if none is."""
    text = _violation(guard_class, due, counted_retries, guard_input)
    scoped = due.keys() & out_of_scope_ids if guard_class is GuardClass.SUSPEND else set()
    if not scoped:
        return due.keys(), text
    why = [*guard_input.scope_doubts, *([text] if text else [])]
    if not why:
        return set(), ""
    why.append(f"{len(scoped):,} of {len(due):,} are because of the scope")
    leavers = {employee_id: changes for employee_id, changes in due.items() if employee_id not in scoped}
    holds_leavers = bool(_violation(guard_class, leavers, counted_retries, guard_input))
    return due.keys() if holds_leavers else scoped, "; ".join(why)


def _violation(
    guard_class: GuardClass,
    due: Mapping[int, Sequence[FieldChange]],
    counted_retries: Set[int],
    guard_input: GuardInput,
) -> str:
    """Return why a class is held, "" if it is not.

    `due`: the changes that a guard may hold. `counted_retries`: those whose changes it may not hold, but counts.
    """
    if not due:
        return ""
    limits, found = guard_input.limits, []
    number, most, per_day = len(due) + len(counted_retries), limits.per_run[guard_class], limits.per_day(guard_class)
    recent = len(guard_input.recent.changed.get(guard_class, frozenset()) - due.keys() - counted_retries)
    due_text = f"{counted(len(due), *NOUNS[guard_class])} {'is' if len(due) == 1 else 'are'} due"
    due_text += f", besides {len(counted_retries):,} tried again" if counted_retries else ""
    if number > most:
        found.append(f"{due_text}, {most:,} allowed in one run")
    elif number + recent > per_day:
        found.append(f"{due_text} after {recent:,} in the last 24 hours, {per_day:,} allowed")
    if guard_class in _DOUBTED:
        found += guard_input.loss_texts
    if found and (common := common_cause(guard_class, list(due.values()), limits.company_size)):
        found.append(common)
    return "; ".join(found)


def held_code(guard_class: GuardClass) -> str:
    """Return the reason code for what a guard holds."""
    return f"{NOUNS[guard_class][0]}_held".replace(" ", "_")


def _reason(guard_class: GuardClass, why: str, run_id: str) -> Reason:
    return Reason(
        held_code(guard_class),
        f"a guard holds all {NOUNS[guard_class][1]} of this run: {why}",
        f"check the employees named. If the changes are right: {{command:approve {run_id}}}. If not, correct them in"
        " BambooHR, or what BambooHR shows to the key's user",
    )


def _waits_for(employee_id: int, run_id: str) -> Reason:
    text = f"needs the address or username of employee {employee_id}, whose change a guard holds"
    return Reason(held_code(GuardClass.IDENTITY), text, f"approve both: {{command:approve {run_id}}}")

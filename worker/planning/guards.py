"""Guards against mass changes after a bad read or an import. Pure, and computed on the plan before any write.

A class of changes that exceeds its limit is held as a whole, with what depends on it; all other classes are written.
Held changes are errors, so the state stays pinned and the next run plans them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from worker.model.journal_entry import NotTaken, RecentWrites
from worker.model.reasons import OUT_OF_SCOPE, UNCONFIRMED, Reason
from worker.model.step import FieldChange, GuardClass, HeldPart, Step
from worker.planning.limits import Limits
from worker.planning.parts import MAY_TAKE_FREED_VALUE, Part, fields_empty_in_bamboohr, is_link, keep, parts_of
from worker.planning.patterns import pattern
from worker.planning.planner import Plan

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
_IMPORTED = frozenset({GuardClass.IDENTITY, GuardClass.UPDATE, GuardClass.CREATE})


@dataclass(frozen=True)
class Circumstances:
    """What the guards consider besides the plan.

    Attributes:
        limits: The limits of the run.
        loss_texts: What this run's read lost since the baseline, as texts; empty if nothing.
        scope_doubts: Why suspensions for the scope need an approval, as texts; empty if they do not.
        recent: What runs of the last 24 hours, or of this window, wrote.
        run_id: The run to approve; "RUN" in a dry run, since only a later run will hold the changes.
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

    guard_class: GuardClass
    reason: Reason


@dataclass(frozen=True)
class Guarded:
    """The plan without the held parts, and why each held class is held."""

    plan: Plan
    why: Mapping[GuardClass, str]


def parts_of_plan(plan: Plan) -> dict[int, tuple[Part, ...]]:
    """Return the parts of every step, by employee id."""
    facts = {employee.employee_id: employee.facts for employee in plan.plan_input.employees}
    mapping = plan.plan_input.settings.mapping
    return {
        step.employee_id: parts_of(step, fields_empty_in_bamboohr(mapping, facts.get(step.employee_id, {})))
        for step in plan.steps
    }


def guard(plan: Plan, circumstances: Circumstances) -> Guarded:
    """Hold the parts of the plan that must not be written without an approval."""
    parts = parts_of_plan(plan)
    exempt, tried_again = _exempt(plan.steps, parts, circumstances)
    not_taken = circumstances.recent.not_taken
    counted_again = {part for part in tried_again if not not_taken[part[0]].is_refused}
    due: dict[GuardClass, dict[int, Sequence[FieldChange]]] = {}
    for employee_id, own in parts.items():
        for part in own:
            if (employee_id, part.guard_class) not in exempt:
                due.setdefault(part.guard_class, {})[employee_id] = part.changes
    for_scope = {step.employee_id for step in plan.steps if step.reason.code == OUT_OF_SCOPE}
    why: dict[GuardClass, str] = {}
    holds: dict[PartKey, Hold] = {}
    for one in GuardClass:
        again = {employee_id for employee_id, guard_class in counted_again if guard_class is one}
        employee_ids, text = _held(one, due.get(one, {}), again, for_scope, circumstances)
        if text:
            why[one] = text
            hold = Hold(one, _reason(one, text, circumstances.run_id))
            holds |= {(employee_id, one): hold for employee_id in employee_ids}
    holds = with_dependents(holds, plan.steps, parts, lambda other: _waits_for(other, circumstances.run_id))
    confirmable = [_confirmed_by(circumstances.run_id, step) for step in plan.steps]
    steps = [_guarded(step, parts[step.employee_id], holds, exempt - tried_again) for step in confirmable]
    return Guarded(plan.with_steps(steps), why)


def _confirmed_by(run_id: str, step: Step) -> Step:
    """Name the run in the advice on an unconfirmed match, which is approved like a held change."""
    if step.reason.code != UNCONFIRMED:
        return step
    return replace(step, reason=step.reason.in_run(run_id))


def _guarded(step: Step, parts: Sequence[Part], holds: Mapping[PartKey, Hold], uncounted: Set[PartKey]) -> Step:
    if not parts:
        return step
    held = [
        (part, holds[step.employee_id, part.guard_class])
        for part in parts
        if (step.employee_id, part.guard_class) in holds
    ]
    kept = [part for part in parts if (step.employee_id, part.guard_class) not in holds]
    if held and step.reason.code == OUT_OF_SCOPE:
        step = replace(step, notes=(*step.notes, step.reason))
    step = keep(step, kept, [HeldPart(hold.guard_class, part.changes, hold.reason) for part, hold in held])
    counted = frozenset(one for one in step.classes if (step.employee_id, one) not in uncounted)
    return replace(step, classes=counted)


def with_dependents(
    holds: Mapping[PartKey, Hold],
    steps: Sequence[Step],
    parts: Mapping[int, Sequence[Part]],
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
    blocked = [employee_id for employee_id, one in holds if one is GuardClass.IDENTITY]
    seen = set(blocked)
    while blocked:
        other = blocked.pop()
        for employee_id in needed_by.get(other, ()):
            places = [
                (employee_id, part.guard_class)
                for part in parts[employee_id]
                if part.guard_class in MAY_TAKE_FREED_VALUE
            ]
            found |= {place: Hold(GuardClass.IDENTITY, waits_for(other)) for place in places if place not in found}
            if employee_id not in seen:
                seen.add(employee_id)
                blocked.append(employee_id)
    reactivated = {
        (employee_id, GuardClass.REACTIVATE): hold
        for (employee_id, one), hold in found.items()
        if one is GuardClass.IDENTITY and any(part.guard_class is GuardClass.REACTIVATE for part in parts[employee_id])
    }
    return {**reactivated, **found}


def _exempt(
    steps: Iterable[Step], parts: Mapping[int, Sequence[Part]], circumstances: Circumstances
) -> tuple[Set[PartKey], Set[PartKey]]:
    """Return the links, updates and creates that no guard may hold, and the subset that counts nevertheless.

    Those of an initial import do not count. Those that the last run of the same window let through, and that failed,
    are let through again and count as they did then: however many runs fail, no more are let through than the limits
    allow. Only those that were refused for the employee alone keep no others waiting: they count once they are written.
    """
    links = {step.employee_id for step in steps if is_link(step)}
    free: set[PartKey] = set()
    tried_again: set[PartKey] = set()
    for employee_id, own in parts.items():
        before = circumstances.recent.not_taken.get(employee_id, NotTaken({}))
        for part in own:
            one = part.guard_class
            if one not in _IMPORTED or (one is GuardClass.IDENTITY and employee_id not in links):
                continue
            if circumstances.limits.is_import:
                free.add((employee_id, one))
            elif all(before.values.get(change.field) == change.new for change in part.changes):
                (tried_again if one in before.classes else free).add((employee_id, one))
    return free | tried_again, tried_again


def _held(
    guard_class: GuardClass,
    due: Mapping[int, Sequence[FieldChange]],
    again: Set[int],
    for_scope: Set[int],
    circumstances: Circumstances,
) -> tuple[Set[int], str]:
    """Return whose changes of a class are held, and why: all, or only those out of scope, so that leavers go ahead."""
    text = _violation(guard_class, due, again, circumstances)
    scoped = due.keys() & for_scope if guard_class is GuardClass.SUSPEND else set()
    if not scoped:
        return due.keys(), text
    leavers = {employee_id: changes for employee_id, changes in due.items() if employee_id not in scoped}
    why = [*circumstances.scope_doubts, *([text] if text else [])]
    if not why:
        return set(), ""
    share = f"{len(scoped):,} of {len(due):,} are because of the scope"
    return scoped if not _violation(guard_class, leavers, again, circumstances) else due.keys(), "; ".join(
        [*why, share]
    )


def _violation(
    guard_class: GuardClass, due: Mapping[int, Sequence[FieldChange]], again: Set[int], circumstances: Circumstances
) -> str:
    """Return why a class is held, "" if it is not.

    Args:
        guard_class: The class.
        due: The changes that a guard may hold, by employee id.
        again: The employees whose changes are tried again in this run, whatever the guard says.
        circumstances: What else counts.
    """
    if not due:
        return ""
    limits, found = circumstances.limits, []
    number, most, per_day = len(due) + len(again), limits.per_run[guard_class], limits.per_day(guard_class)
    recent = len(circumstances.recent.changed.get(guard_class, frozenset()) - due.keys() - again)
    is_due = _is_due(guard_class, len(due)) + (f", besides {len(again):,} tried again" if again else "")
    if number > most:
        found.append(f"{is_due}, {most:,} allowed in one run")
    elif number + recent > per_day:
        found.append(f"{is_due} after {recent:,} in the last 24 hours, {per_day:,} allowed")
    if guard_class in _DOUBTED:
        found += circumstances.loss_texts
    if found and (common := pattern(guard_class, list(due.values()), limits.company)):
        found.append(common)
    return "; ".join(found)


def _is_due(guard_class: GuardClass, number: int) -> str:
    one, several = NOUNS[guard_class]
    return f"{number:,} {one} is due" if number == 1 else f"{number:,} {several} are due"


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
    return Reason(
        held_code(GuardClass.IDENTITY),
        f"needs the address or username of employee {employee_id}, whose change a guard holds",
        f"approve both: {{command:approve {run_id}}}",
    )

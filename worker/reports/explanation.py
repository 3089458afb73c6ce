"""Explains in words why a run treats an employee as it does. Pure.

The result is sections of lines, each a name and a text. Personal values are included only on request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from worker import advice
from worker.model import reasons
from worker.model.employee import LifecycleState
from worker.model.field_catalogue import FIELDS, LIFECYCLE_FIELDS
from worker.model.history import EmployeeRecord, FollowUp
from worker.model.mapping import Rule
from worker.model.reasons import UNCONFIRMED
from worker.model.scope import ScopeState
from worker.model.step import WRITES
from worker.reports.build import would
from worker.reports.employee_context import EmployeeContext, account_lines
from worker.reports.follow_up_reasons import reason_of
from worker.timestamps import iso
from worker.words import counted

_LIFECYCLE_TEXTS = {
    LifecycleState.ACTIVE: "works here",
    LifecycleState.LEFT: "has left: BambooHR says Inactive or Deleted",
    LifecycleState.FUTURE: "has not started yet: Inactive, and the first day is today or later (or was when shown)",
    LifecycleState.UNKNOWN: "unknown: BambooHR says neither Active nor Inactive, and absence proves nothing",
}
_RUNS_SHOWN = 10
_SUSPENDED = {"1": "active -> suspended", "0": "suspended -> active"}


def explain(context: EmployeeContext) -> dict[str, Mapping[str, str]]:
    """Return the sections, in the order in which they are read."""
    return {
        "BambooHR": dict(_bamboo(context)),
        **({"Scope": dict(_scope(context))} if context.plan_input.settings.scope else {}),
        "Account": dict(account_lines(context)),
        "Mapping": dict(_mapping(context)),
        "What would be done": dict(_step(context)),
        "What holds it": dict(_holds(context)),
        "Remembered": dict(_remembered(context.record)),
        "What the last runs did": dict(_history(context)),
    }


def _bamboo(context: EmployeeContext) -> Iterator[tuple[str, str]]:
    employee, plan_input = context.employee, context.plan_input
    yield (
        "directory",
        "shows the employee" if employee.in_directory else "does not show the employee (hidden, left, or not started)",
    )
    unread = "was not needed: the directory shows everything" if employee.in_directory else "shows no row"
    yield "List Employees or Get Employee", "shows a row" if employee.has_evidence else unread
    change = next((one for one in context.inputs.feed.changes if one.employee_id == context.employee_id), None)
    if change is None:
        yield "changed feed", "has not named the employee since the time in the state (since)"
    else:
        when = f" at {iso(change.at)}" if change.at else ""
        yield "changed feed", f"says {'Deleted' if change.deleted else 'changed'}{when}"
    if employee.was_deleted:
        yield "earlier feed", "said Deleted"
    yield "standing", _LIFECYCLE_TEXTS[plan_input.lifecycle_states[context.employee_id]]
    settings = plan_input.settings
    for field in dict.fromkeys((*LIFECYCLE_FIELDS, *settings.mapping.fields, *settings.scope.fields)):
        if field in employee.facts:
            # Whether an employee works here, and since when, is what the explanation is about: always shown.
            text = repr(employee.facts[field]) if field in LIFECYCLE_FIELDS else context.value(employee.facts[field])
        elif field in employee.restricted:
            text = "NOT SHOWN: restricted for the key's user"
        elif field in employee.unreadable:
            text = "NOT SHOWN: it has a character that cannot be read"
        elif employee.in_directory and not employee.has_evidence and field in FIELDS and not FIELDS[field].directory:
            text = "not requested: the directory does not have it, and the employee's record was not needed"
        elif employee.in_directory and not employee.has_evidence and field == "status":
            text = "not needed: the directory lists the employee and shows no status"
        else:
            text = "NOT SHOWN"
        yield field, text


def _mapping(context: EmployeeContext) -> Iterator[tuple[str, str]]:
    account = context.step.account
    changed = {change.field for change in context.step.changes}
    not_kept = dict(context.step.not_kept)
    for rule in context.plan_input.settings.mapping.rules:
        text = _source(rule, context)
        if account is not None:
            text += f"; in Moodle: {context.value(account.values.get(rule.target, ''))}"
        if not rule.is_updated:
            text += "; only when the account is created"
        if rule.target in not_kept:
            text += "; NOT KEPT BY MOODLE"
        yield rule.target, text + ("; WILL CHANGE" if rule.target in changed else "")


def _source(rule: Rule, context: EmployeeContext) -> str:
    facts = context.employee.facts
    source = next((source for source in rule.sources if facts.get(source) or source not in facts), None)
    if source is not None and source not in facts:
        return f"from {source}, which is not shown: left as it is"
    if rule.refused_value(facts):
        lacking = "its map does not have" if rule.table else "Moodle does not accept"
        return f"from {source}: a value that {lacking}: left as it is"
    if source is not None:
        return f"from {source}: {context.value(rule.value(facts) or '')}"
    return f"{', '.join(rule.sources)} empty: {context.value(rule.default)}"


def _step(context: EmployeeContext) -> Iterator[tuple[str, str]]:
    step, number = context.step, context.employee_id
    held = list(context.holding) or [str(guard_class) for guard_class in step.held_under]
    action = would(step) if step.is_fully_held else step.action.value
    yield "action", action + (f" (held: {', '.join(held)})" if held else "")
    yield "because", step.reason.text
    if step.reason.advice:
        yield "what to do", step.reason.with_run_in_advice(context.holding.get(UNCONFIRMED, "RUN")).advice_for(number)
    changes = [(change, "") for change in step.changes]
    changes += [(change, f" (held: {part.listed_under})") for part in step.held for change in part.changes]
    for change, hold in changes:
        old = "no account yet" if change.old is None else context.value(change.old)
        text = f"{old} -> {context.value(change.new)}"
        if change.old and change.new and not context.shows_values:
            text = "differs (the values: --show-values)"
        yield f"field {change.field}", (_SUSPENDED[change.new] if change.field == "suspended" else text) + hold
    if step.problem is not None and step.problem != step.reason:
        yield "problem", step.problem.in_words(number)
    for at, note in enumerate(step.notes, 1):
        yield f"note {at}", note.in_words(number)
    if step.depends_on:
        yield "waits for", ", ".join(f"employee {number}" for number in sorted(step.depends_on))


def _holds(context: EmployeeContext) -> Iterator[tuple[str, str]]:
    number, settings = context.employee_id, context.plan_input.settings
    protected = str(number) in settings.protected or context.step.reason is reasons.PROTECTED
    if str(number) in settings.protected:
        yield "protected", "PROTECTED_ACCOUNTS names the employee id"
    elif protected:
        yield "protected", "the account is Moodle's own, cannot be logged in with, or is named by PROTECTED_ACCOUNTS"
    if number in context.inputs.undone:
        release = advice.command("people", "retry", str(number))
        yield "undone", f"an operator undid a run, and every run leaves the employee alone; to release them: {release}"
    yield from _refused(context)
    for guard_class, run_id in context.holding.items():
        approve = "release the employee first"
        if number not in context.inputs.undone:
            # Without the changes that it waits for, an approved change stays held.
            needed = () if guard_class == UNCONFIRMED else sorted(context.step.depends_on)
            options = (word for one in (number, *needed) for word in ("--employee", str(one)))
            approve = advice.command("approve", run_id, *options)
        if guard_class == UNCONFIRMED:
            why = f"the run {run_id} could not tell whose account it is"
            yield guard_class, f"{why}; if it is the employee's: {approve}"
        else:
            yield f"{guard_class} held", f"by a guard in the run {run_id}; if the change is right: {approve}"
    refused = context.record is not None and not context.record.follow_ups.keys().isdisjoint(_REFUSED)
    if not context.holding and number not in context.inputs.undone and not protected and not refused:
        yield (
            "nothing",
            "the next run that takes the employee does what is shown above, unless a guard holds it"
            if context.step.action in WRITES
            else "neither a guard nor an operator",
        )


def _refused(context: EmployeeContext) -> Iterator[tuple[str, str]]:
    record, number = context.record, context.employee_id
    for flag, what in _REFUSED.items():
        if record is not None and (detail := record.follow_ups.get(flag)):
            said = reason_of(flag, detail.note).in_words(number)
            if detail.note in reasons.IN_COMMON:
                said = "the reason is shown above, if it still applies"
            after = f" after {counted(record.attempts, 'run')} in which they were refused" if record.attempts else ""
            retry = advice.command("people", "retry", str(number))
            yield str(flag), f"{flag}{after} ({detail.note}): {said}. {what}: {retry}"


_REFUSED = {
    FollowUp.PARKED: "Every run tries again, and reports no error; to have it reported again",
    FollowUp.ISOLATED: "Every run tries last, and alone; to try together with the others again",
}


def _remembered(employee: EmployeeRecord | None) -> Iterator[tuple[str, str]]:
    if employee is None:
        yield "nothing", "nothing is remembered about this employee"
        return
    for flag, detail in employee.follow_ups.items():
        # A run or a guard class, which these two record, has no words of its own.
        text = "" if flag in (FollowUp.UNDONE, FollowUp.HELD) else reason_of(flag, detail.note).text
        yield str(flag), ": ".join(filter(None, (detail.note, detail.note and text))) or "yes"
    if employee.attempts:
        yield "refused", f"in {employee.attempts} consecutive runs"
    if employee.deleted:
        yield "deleted", "an earlier feed said so"
    if employee.suspended_at:
        when = _when(employee.suspended_at)
        yield "suspended", f"by this product, {when}" if employee.suspended_by_us else f"{when}, and active again since"
    if employee.undone_at:
        yield "a run was undone", _when(employee.undone_at)
    if employee.not_kept:
        yield "not kept by Moodle", ", ".join(sorted(employee.not_kept))


def _history(context: EmployeeContext) -> Iterator[tuple[str, str]]:
    writes = [(run_id, entry) for run_id, entry in context.journal if not entry.is_read_back]
    if not writes:
        yield "nothing", "no run in the last 90 days wrote to the account of this employee id"
    for run_id, entry in writes[-_RUNS_SHOWN:]:
        fields = ", ".join(
            f"{change.field} {change.old!r} -> {change.new!r}" if context.shows_values else change.field
            for change in entry.changes
        )
        refused = "NOT WRITTEN (refused, or not sent): " if entry.is_failed else ""
        yield run_id, f"{_when(entry.at)} {refused}{entry.action.value}: {fields}"


def _when(seconds: int) -> str:
    return iso(datetime.fromtimestamp(seconds, UTC))


def _scope(context: EmployeeContext) -> Iterator[tuple[str, str]]:
    """Yield a line for the employee and one for each field; lists and values only on request."""
    settings, facts = context.plan_input.settings, context.employee.facts
    outside = "is suspended" if settings.suspends_out_of_scope else "is left alone"
    states = {
        ScopeState.IN: "in scope",
        ScopeState.OUT: f"out of scope: the account of an employee who works here {outside}",
        ScopeState.NOT_SHOWN: "not known: nothing is written for an employee who works here",
    }
    yield "state", states[settings.scope.state(facts)]
    for rule in settings.scope.rules:
        state = rule.state(facts)
        if state is ScopeState.NOT_SHOWN:
            yield rule.field, "NOT SHOWN"
            continue
        name = rule.list_that_decides(facts)
        values = rule.excluded if name == "exclude" else rule.allowed
        listed = f" ({', '.join(map(repr, values))})" if context.shows_values else ""
        yield rule.field, f"{context.value(facts[rule.field])}: {state.value}, as the list {name} decides{listed}"

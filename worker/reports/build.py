"""Builds the report of a plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from worker import advice
from worker.config.settings import Settings
from worker.config.settings_model import is_loopback
from worker.model import reasons
from worker.model.employee import Employee
from worker.model.reasons import UNCONFIRMED, Reason
from worker.model.step import Action, FieldChange, Step
from worker.planning.guards import NOUNS
from worker.reports.report import Cell, HeldClass, Links, Report, Row
from worker.runs.summary import Summary
from worker.timestamps import iso
from worker.words import counted

_LEFT_OUT = (reasons.LEFT_WITHOUT_ACCOUNT, reasons.START_NOT_SHOWN)
_KNOWN_BY = {"first_name": "firstname", "last_name": "lastname", "department": "department"}
"""The fields by which a reader recognises an employee: BambooHR's, and the account's."""
_UNCONFIRMED = "the account may belong to another person: decide for each employee"
_STATES = {"0": "active", "1": "suspended"}


def build(
    steps: Sequence[Step],
    employees: Iterable[Employee],
    summary: Summary,
    settings: Settings,
    *,
    scope: str,
    shows_values: bool,
    digest: Callable[[Step], str] = lambda _: "",
    approved: Mapping[int, Collection[str]] | None = None,
    other_settings: bool = False,
) -> Report:
    """Build the report of a plan.

    An unchanged employee has no row, unless they were requested by id or have a note. In a report of all
    employees, the same applies to those who left and never had an account.

    Args:
        steps: The plan.
        employees: The employees that were read, as BambooHR shows them.
        scope: A key of :data:`worker.reports.report.SCOPES`.
        digest: Returns a keyed digest of what a step would write.
        approved: The classes of the changes to approve, by employee id.
    """
    people = _people(steps, employees) if shows_values else None
    rows = tuple(
        _row(step, people, digest, (approved or {}).get(step.employee_id, ()))
        for step in steps
        if _has_row(step, scope)
    )
    return Report(
        run_id=summary.run_id,
        made_at=iso(summary.started_at),
        scope=scope,
        since=iso(summary.since) if summary.since else "",
        counts=Counter(step.action.value for step in steps),
        rows=rows,
        errors=sum(step.is_error and step.reason.code != UNCONFIRMED for step in steps),
        warnings=tuple(summary.warning_texts),
        shows_values=shows_values,
        reconcile_due=summary.reconcile_due,
        site=settings.binding.site,
        company=settings.binding.company,
        environment=advice.current().environment,
        held=tuple(_held(summary, rows)),
        links=_links(settings),
        other_settings=other_settings,
    )


def _held(summary: Summary, rows: tuple[Row, ...]) -> Iterator[HeldClass]:
    for guard_class, why in summary.why_held.items():
        count = sum(guard_class in row.held for row in rows)
        yield HeldClass(guard_class.value, f"{counted(count, *NOUNS[guard_class])} held", why)
    if unconfirmed := sum(row.code == UNCONFIRMED for row in rows):
        number = counted(unconfirmed, "unconfirmed match", "unconfirmed matches")
        yield HeldClass(UNCONFIRMED, f"{number} held", summary.reassigned_ids_text or _UNCONFIRMED)


def _links(settings: Settings) -> Links | None:
    """Return the addresses of both systems; None if BambooHR is replaced by a server on this machine."""
    if is_loopback(urlsplit(settings.bamboo_base_url).hostname or ""):
        return None
    return Links(
        f"https://{settings.binding.company}.bamboohr.com/employees/employee.php?id=",
        f"{settings.moodle_base_url.rstrip('/')}/user/profile.php?id=",
    )


def _has_row(step: Step, scope: str) -> bool:
    if scope == "employees":
        return True
    if step.action is Action.UNCHANGED:
        return bool(step.notes)
    return scope != "everybody" or step.reason not in _LEFT_OUT


def _row(
    step: Step, people: Mapping[int, Person] | None, digest: Callable[[Step], str], approved: Collection[str]
) -> Row:
    """Return the row of a step; without `people`, it contains no values."""
    shows_values = people is not None
    person = people[step.employee_id] if people else Person()
    return Row(
        employee_id=step.employee_id,
        action=step.action.value,
        code=step.reason.code,
        reason=step.reason.text,
        advice=step.reason.advice_template,
        account_id=step.account.id if step.account else None,
        cells=(
            *(_cell(change, "", shows_values=shows_values) for change in step.changes),
            *(
                _cell(change, part.guard_class, shows_values=shows_values)
                for part in step.held
                for change in part.changes
            ),
        ),
        problem=_said(step.problem, step) if step.problem and step.problem != step.reason else "",
        notes=tuple(_said(note, step) for note in step.notes),
        digest=digest(step),
        held=step.held_classes,
        approved=tuple(sorted(approved)),
        would=would(step) if step.is_whole_held else "",
        hold="" if step.is_whole_held else "; ".join(dict.fromkeys(part.reason.text for part in step.held)),
        name=person.name,
        department=person.department,
    )


def would(step: Step) -> str:
    """Return the action that a step held as a whole would have without the guards."""
    if step.account is None:
        return Action.CREATE.value
    changed = {change.field: change.new for part in step.held for change in part.changes}
    if "suspended" in changed:
        return (Action.SUSPEND if changed["suspended"] == "1" else Action.REACTIVATE).value
    return Action.UPDATE.value


def _cell(change: FieldChange, held: str, *, shows_values: bool) -> Cell:
    states = None
    if change.field == "suspended" and change.old in _STATES and change.new in _STATES:
        states = (_STATES[change.old], _STATES[change.new])
    old, new = (change.old, change.new) if shows_values else (None, None)
    return Cell(change.field, old, new, held, states)


def _said(reason: Reason, step: Step) -> str:
    return "; ".join(part for part in (reason.text, reason.advice_for(step.employee_id)) if part)


@dataclass(frozen=True, slots=True)
class Person:
    """The name and department by which a reader recognises an employee."""

    name: str = ""
    department: str = ""


def _people(steps: Iterable[Step], employees: Iterable[Employee]) -> dict[int, Person]:
    """Return the employees as BambooHR shows them; missing values are taken from their accounts."""
    facts = {employee.employee_id: employee.facts for employee in employees}
    return {step.employee_id: _person(step, facts.get(step.employee_id, {})) for step in steps}


def _person(step: Step, facts: Mapping[str, str]) -> Person:
    # In a conflict, the account may be another person's.
    values = step.account.values if step.account and step.action is not Action.CONFLICT else {}
    first, last, department = (facts.get(fact) or values.get(field, "") for fact, field in _KNOWN_BY.items())
    return Person(f"{first} {last}".strip(), department)

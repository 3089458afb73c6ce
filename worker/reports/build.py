"""Builds the report of a plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from worker import advice
from worker.config.settings import Settings
from worker.config.settings_model import is_loopback
from worker.model import reasons
from worker.model.employee import Employee
from worker.model.reasons import UNCONFIRMED
from worker.model.step import Action, FieldChange, Step
from worker.planning.guards import NOUNS
from worker.reports.report import Cell, HeldClass, Report, Row
from worker.runs.summary import Summary
from worker.timestamps import iso
from worker.words import counted

_LEFT_OUT = (reasons.LEFT_WITHOUT_ACCOUNT, reasons.START_NOT_SHOWN)
_KNOWN_BY = {"first_name": "firstname", "last_name": "lastname", "department": "department"}
"""The fields by which a reader recognises an employee: BambooHR's, and the account's."""
_STATES = {"0": "active", "1": "suspended"}


def build(
    steps: Sequence[Step],
    employees: Iterable[Employee],
    summary: Summary,
    settings: Settings,
    *,
    selection: str,
    shows_values: bool,
    approved: Mapping[int, Collection[str]] | None = None,
    other_settings: bool = False,
) -> Report:
    """Build the report of a plan.

    An unchanged employee has no row, unless they were requested by id or have a note. In a report of all
    employees, the same applies to those who left and never had an account.

    Args:
        employees: The employees that were read, as BambooHR shows them.
        selection: A key of :data:`worker.reports.report.SELECTIONS`.
        approved: The classes of the changes to approve, by employee id.
    """
    facts = {employee.employee_id: employee.facts for employee in employees} if shows_values else None
    rows = tuple(
        _row(step, facts, (approved or {}).get(step.employee_id, ())) for step in steps if _has_row(step, selection)
    )
    return Report(
        run_id=summary.run_id,
        made_at=iso(summary.started_at),
        selection=selection,
        since=iso(summary.since) if summary.since else "",
        counts=Counter(step.action.value for step in steps),
        rows=rows,
        errors=sum(step.is_error and step.reason.code != UNCONFIRMED for step in steps),
        warnings=tuple(summary.warning_texts),
        shows_values=shows_values,
        reconcile_due=summary.reconcile_due,
        site=settings.binding.site,
        company_domain=settings.binding.company_domain,
        environment=advice.current().environment,
        held=tuple(_held(summary, rows)),
        other_settings=other_settings,
        **_links(settings),
    )


def _held(summary: Summary, rows: tuple[Row, ...]) -> Iterator[HeldClass]:
    for guard_class, why in summary.why_held.items():
        count = sum(guard_class in row.held for row in rows)
        yield HeldClass(guard_class.value, f"{counted(count, *NOUNS[guard_class])} held", why)
    if unconfirmed := sum(row.code == UNCONFIRMED for row in rows):
        number = counted(unconfirmed, "unconfirmed match", "unconfirmed matches")
        why = summary.reassigned_ids_text or "the account may belong to another person: decide for each employee"
        yield HeldClass(UNCONFIRMED, f"{number} held", why)


def _links(settings: Settings) -> dict[str, str]:
    """Return the addresses of both systems; none if BambooHR is replaced by a server on this machine."""
    if is_loopback(urlsplit(settings.bamboo_base_url).hostname or ""):
        return {}
    return {
        "employee_url": f"https://{settings.binding.company_domain}.bamboohr.com/employees/employee.php?id=",
        "account_url": f"{settings.moodle_base_url.rstrip('/')}/user/profile.php?id=",
    }


def _has_row(step: Step, selection: str) -> bool:
    if selection == "employees":
        return True
    if step.action is Action.UNCHANGED:
        return bool(step.notes)
    return selection != "everybody" or step.reason not in _LEFT_OUT


def _row(step: Step, facts: Mapping[int, Mapping[str, str]] | None, approved: Collection[str]) -> Row:
    """Return the row of a step; without the `facts` of all employees, it contains no values."""
    shows_values = facts is not None
    name, department = _name_and_department(step, facts.get(step.employee_id, {})) if facts is not None else ("", "")
    return Row(
        employee_id=step.employee_id,
        action=step.action.value,
        code=step.reason.code,
        reason=step.reason.text,
        advice=step.reason.advice_template,
        account_id=step.account_id,
        cells=(
            *(_cell(change, "", shows_values=shows_values) for change in step.changes),
            *(
                _cell(change, part.listed_under, shows_values=shows_values)
                for part in step.held
                for change in part.changes
            ),
        ),
        problem=step.problem.in_words(step.employee_id) if step.problem and step.problem != step.reason else "",
        notes=tuple(note.in_words(step.employee_id) for note in step.notes),
        held=step.held_under,
        approved=tuple(sorted(approved)),
        would=would(step) if step.is_fully_held else "",
        hold="" if step.is_fully_held else "; ".join(dict.fromkeys(part.reason.text for part in step.held)),
        name=name,
        department=department,
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


def _name_and_department(step: Step, facts: Mapping[str, str]) -> tuple[str, str]:
    """Return what BambooHR shows; missing values are taken from the account."""
    # In a conflict, the account may be another person's.
    values = step.account.values if step.account and step.action is not Action.CONFLICT else {}
    first, last, department = (facts.get(fact) or values.get(field, "") for fact, field in _KNOWN_BY.items())
    return f"{first} {last}".strip(), department

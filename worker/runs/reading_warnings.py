"""The warnings about what a run has read: gaps, hidden fields, values that cannot be sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping
from datetime import date

from worker.model import reasons
from worker.model.employee import day_of
from worker.model.field_catalogue import DATES, is_by_api_name
from worker.model.scope import ScopeState
from worker.planning.plan_input import PlanInput
from worker.planning.planner import Plan
from worker.planning.second_accounts import possible_second_accounts
from worker.runs.api_fields import ApiFieldReader
from worker.runs.run_input import RunInput
from worker.runs.summary import Summary
from worker.timestamps import iso
from worker.words import counted, listed

LATEST_UNREADABLE = (
    "BambooHR's list of changed employees does not say up to when it is (latest): nothing is lost, but since does not"
    " move, and each run reads more than the one before"
)

_NAMED = 10


def check_statuses(inputs: RunInput, summary: Summary) -> None:
    """Report statuses and hire dates that do not show whether employees left; if all are such, the run fails."""
    statuses, baseline = inputs.statuses, inputs.history.last_baseline()
    if statuses is None:
        return
    has_employees = (
        statuses.employees
        or inputs.request.is_full_pass
        or inputs.directory.row_count
        or any(not change.deleted for change in inputs.feed.changes)
        or (baseline is not None and baseline.company_size)
    )
    if has_employees and not statuses.recognised:
        report_hidden_status(summary)
    elif unknown := statuses.unknown:
        named = f" ({listed(words, _NAMED)})" if (words := statuses.unknown_words) else ""
        summary.warn(
            "status_unknown",
            f"the status of {counted(unknown.total(), 'employee')} is neither Active nor Inactive{named}: it is not"
            " known whether they left",
        )
    # A few odd dates, where no others are shown, are wrong in BambooHR: `warn_of_access_kept` names the employees.
    dates = statuses.hire_dates
    if dates[False] and not dates[True] and dates[False] * 10 >= statuses.employees:
        summary.add_error(
            "hire_dates_unreadable",
            f"none of the {dates[False]:,} hire dates that BambooHR shows can be read (YYYY-MM-DD): no leaver"
            " with such a date can be recognised, and their accounts stay active",
            "ask BambooHR's support why List Employees returns them in another form",
        )


def report_hidden_status(summary: Summary) -> None:
    """Fail a run in which no leaver can be recognised."""
    summary.add_error(
        "status_not_shown",
        "BambooHR shows the API key of no employee whether they are Active or Inactive: no leaver can be recognised,"
        " and the accounts of leavers stay active",
        "let the key's user see the field status (RUNBOOK, BambooHR)",
    )


def warn_of_hidden_dates(read: Mapping[str, date], shown: Container[str], rows: int, summary: Summary) -> None:
    """Warn if no employee has a date in a field that the last read found dates in, or in any date field."""
    hidden = [name for name in DATES if name not in shown]
    lost = [name for name in hidden if name in read and read[name] == max(read.values())]
    if rows and (lost or len(hidden) == len(DATES)):
        summary.warn(
            "dates_not_shown",
            f"BambooHR does not show {', '.join(lost or hidden)} for any employee, or no date there that can be read;"
            " employees who start or leave on such a date are processed when it is shown again",
        )


def warn_of_access_kept(plan: Plan, summary: Summary) -> None:
    """Name the inactive employees whose accounts are not suspended because of their hire date."""
    unreadable = [step.employee_id for step in plan.steps if step.reason is reasons.HIRE_DATE_UNREADABLE]
    if unreadable:
        summary.warn(
            "hire_date_unreadable",
            f"the hire date of {counted(len(unreadable), 'inactive employee')} cannot be read, so that it is not known"
            f" whether they left, and their accounts stay as they are: correct it in BambooHR:"
            f" {listed(unreadable, _NAMED)}",
        )
    employees = {one.employee_id: one for one in plan.plan_input.employees}
    waiting = {one.employee_id: one.account for one in plan.steps if one.reason is reasons.STARTS_LATER}
    have_access = [number for number, account in waiting.items() if account is not None and not account.suspended]
    ends = {number: day_of(employees[number].facts, "termination_date") for number in have_access}
    if left := [number for number, end in ends.items() if end and end <= plan.plan_input.now.date()]:
        summary.warn(
            "hired_later",
            f"{counted(len(left), 'inactive employee')} can still log in although their employment has ended,"
            " because their hire date is in the future: correct it in BambooHR if it is wrong, or suspend the account"
            f" in Moodle, and reactivate it then: {listed(left, _NAMED)}",
        )


def warn_of_second_accounts(plan: Plan, summary: Summary) -> None:
    """Name the employees whose new account may be their second one."""
    if pairs := sorted(possible_second_accounts(plan).items()):
        named = listed([f"{employee_id} (as {former})" for employee_id, former in pairs], _NAMED)
        summary.warn(
            "possible_second_account",
            "employees with both names of an employee who left get a new account; if one of them was hired again, first"
            f" enter the new id as the idnumber of the former account: {named}",
        )


def warn_of_gap(inputs: RunInput, summary: Summary) -> None:
    """Warn that changes between the last run and this one were not read."""
    since = iso(inputs.position.since) if inputs.position else ""
    summary.warn(
        "changes_skipped",
        f"this run begins at {since}, later than the last run left off: what changed in between was not read. Unless"
        " the state was reset on purpose, see the RUNBOOK, State, Missing row; a reconcile is due",
    )


def note_hidden_fields(inputs: RunInput, plan_input: PlanInput, summary: Summary) -> None:
    """Warn of mapped fields shown for no employee, whose changes would be lost, and add them to the input."""
    in_directory = [one for one in plan_input.active_employees if one.in_directory and not one.partial_refusal]
    if not in_directory:
        return
    shown = {name for one in in_directory for name in one.facts}
    shown |= {name for name, share in inputs.directory.coverage().items() if share}
    hidden = [name for name in plan_input.settings.mapping.sources if name not in shown and not is_by_api_name(name)]
    inputs.never_shown_fields.update(hidden)
    if hidden:
        summary.warn(
            "field_never_shown",
            f"BambooHR does not show {', '.join(hidden)} for any of the {counted(len(in_directory), 'employee')} read:"
            " the key may not see it; accounts keep what they have",
        )


def note_api_fields(reader: ApiFieldReader, inputs: RunInput, plan_input: PlanInput, summary: Summary) -> None:
    """Report custom fields that could not be read, are hidden or have lost their values, and note the hidden ones."""
    stats, never_shown = inputs.api_field_stats, reader.never_shown()
    if reader.read_error:
        summary.add_error(
            "custom_fields_unread",
            f"BambooHR does not return {', '.join(stats.fields)} ({reader.read_error}); accounts keep what they have,"
            " and everything else continues",
            "the next run reads them again; if this lasts, ask BambooHR's support",
        )
        return
    if never_shown:
        summary.warn(
            "field_never_shown",
            f"BambooHR does not show {', '.join(never_shown)} for any employee: there is no such field, or the key may"
            " not see it; accounts keep what they have",
        )
    if lost := stats.lost(inputs.history.last_baseline()):
        summary.warn(
            "fields_emptied",
            f"{', '.join(lost)} is empty for every employee read ({stats.row_count:,}), but was not in the last"
            " complete run; accounts keep what they have",
        )
    working = [one for one in plan_input.active_employees if not one.partial_refusal]
    stats.hidden_for_some.update(name for name in stats.fields for one in working if name not in one.facts)
    others_have = stats.shown.difference(lost, never_shown).intersection(stats.fields)
    if missing := sorted(one.employee_id for one in working if not others_have <= one.facts.keys()):
        summary.warn(
            "custom_fields_missing",
            f"BambooHR does not show {', '.join(sorted(others_have & stats.hidden_for_some))} of {len(missing)} of the"
            f" employees read ({listed(missing, _NAMED)}); their accounts keep what they have",
        )


def warn_of_values_not_sent(plan_input: PlanInput, summary: Summary) -> None:
    """Warn, once per field, of values that its table does not have or Moodle does not accept."""
    present = [
        one
        for one in plan_input.employees
        if one.facts.get("status") != "Inactive" and plan_input.scope_states[one.employee_id] is ScopeState.IN
    ]
    for rule in plan_input.settings.mapping.rules:
        refused = {one.employee_id: value for one in present if (value := rule.refused_value(one.facts))}
        if not refused:
            continue
        # Values are named for this source only: any other may hold an address.
        if rule.sources == ("country",) and rule.target == "country" and not rule.table:
            named = listed(sorted(set(refused.values())), _NAMED)
            summary.warn("unknown_country", f"Moodle has no country with this name, so it is not written: {named}")
        else:
            why = "that its map does not have" if rule.table else "that Moodle does not accept"
            summary.warn(
                "values_not_sent",
                f"{rule.target}: for {len(refused):,} of the employees read, BambooHR has a value {why}, and the"
                f" account keeps its own ({listed(sorted(refused), _NAMED)})",
            )


def tally_scope(reader: ApiFieldReader, inputs: RunInput, plan_input: PlanInput, summary: Summary) -> None:
    """Add the employees of the run to the scope's tally, and report signs that a setting is wrong."""
    tally, scope = inputs.scope_tally, plan_input.settings.scope
    if not scope:
        return
    tally.add_rows((one.facts for one in plan_input.active_employees), whole_company=inputs.request.is_full_pass)
    unclear = [
        one for one in plan_input.active_employees if plan_input.scope_states[one.employee_id] is ScopeState.NOT_SHOWN
    ]
    hidden = Counter(name for one in unclear for name in scope.hidden_fields(one.facts))
    if never := sorted(hidden.keys() & {*tally.never_shown(), *reader.never_shown()}):
        summary.add_error(
            "scope_not_shown",
            f"BambooHR does not show the API key {', '.join(never)} of any employee, so it is not known who is in"
            f" scope: nothing is written for {counted(len(unclear), 'employee')} who work here",
            "let the key's user see the field, or correct SCOPE",
        )
    elif hidden:
        named = ", ".join(f"{name} of {count:,}" for name, count in sorted(hidden.items()))
        summary.warn("scope_not_shown", f"BambooHR does not show what decides who is in scope, so these wait: {named}")
    if not never and (unmatched := tally.unmatched()):
        summary.warn("scope_unmatched", f"SCOPE allows values that no employee has: {', '.join(unmatched)}")
    if vanished := tally.vanished(inputs.history.scope_matched()):
        summary.warn(
            "scope_unmatched",
            f"SCOPE excludes what no employee has any more: {', '.join(vanished)}. If it was renamed, those who"
            " had it are in scope now",
        )

"""From what BambooHR shows to a plan: read the employees, look up their accounts, plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from worker.model.account import AccountRef
from worker.model.employee import Employee, LifecycleState, employee_id
from worker.model.scope import ScopeState
from worker.planning.correlation import RESERVED_USERNAMES
from worker.planning.plan_input import PlanInput, PlanSettings
from worker.planning.planner import Plan, Planner
from worker.planning.second_accounts import possible_second_accounts
from worker.runs.account_lookup import AccountLookup
from worker.runs.employee_reader import EmployeeReader
from worker.runs.read_bamboohr import RunInput, report_hidden_status
from worker.runs.request import RunRequest
from worker.runs.services import Services
from worker.runs.summary import Summary

_NAMED = 10


def plan_from(services: Services, request: RunRequest, inputs: RunInput, summary: Summary) -> Plan:
    """Return the plan, before the guards: looks up what the planner needs until it needs nothing more."""
    reader = EmployeeReader(services, inputs)
    employees = reader.employees(inputs.employees_in_scope(request))
    if reader.refused:
        summary.warn("evidence_refused", "BambooHR shows this key no employee outside the directory")
    if reader.no_status_shown:
        report_hidden_status(summary)
    plan_input = PlanInput(
        employees=employees,
        settings=_plan_settings(services, request, inputs),
        now=services.clock(),
        email_index=inputs.directory.email_index,
        records=inputs.history.records,
        sees_whole_company=inputs.knows_every_address,
        changed=frozenset(inputs.deleted),
    )
    planner = Planner(plan_input)
    _warn_of_values_not_sent(services, employees, summary)
    _tally_scope(plan_input, inputs, reader, summary)
    services.moodle.check_visibility()
    while needed := planner.needs():
        found = [AccountLookup(services, lookup).run() for lookup in needed.lookups]
        planner.add(
            accounts=(account for one in found for account in one.accounts),
            employees=reader.employees(needed.employees),
            former=reader.employees(needed.former, for_comparison=True),
            unreadable={key: reason for one in found for key, reason in one.unreadable.items()},
            kinds=services.moodle.field_kinds,
        )
    _warn_of_custom_fields(inputs, reader, summary)
    plan = planner.plan()
    if request.all_employees:
        _warn_of_second_accounts(plan, summary)
    return plan


def _warn_of_second_accounts(plan: Plan, summary: Summary) -> None:
    pairs = sorted(possible_second_accounts(plan).items())
    if pairs:
        named = ", ".join(f"{number} (as {former})" for number, former in pairs[:_NAMED])
        more = f" and {len(pairs) - _NAMED} more" if len(pairs) > _NAMED else ""
        summary.warn(
            "possible_second_account",
            "employees get a new account who have both names of an employee who left; if one was hired again, enter the"
            f" new id as the idnumber of the former account first: {named}{more}",
        )


def _warn_of_custom_fields(inputs: RunInput, reader: EmployeeReader, summary: Summary) -> None:
    """Report fields that nothing was shown of, and those of employees who could not be read."""
    stats = inputs.custom_fields
    if reader.custom.unread:
        summary.fail(
            "custom_fields_unread",
            f"BambooHR does not answer for {', '.join(stats.fields)} ({reader.custom.unread}); accounts keep what they"
            " have, and everything else goes on",
            "the next run reads them again; if this lasts, ask BambooHR's support",
        )
    elif never := reader.custom.never_shown():
        summary.warn(
            "field_never_shown",
            f"BambooHR shows {', '.join(never)} for no employee: there is no such field, or the key may not see it;"
            " accounts keep what they have",
        )
    if lost := stats.lost(inputs.history.last_baseline()):
        summary.warn(
            "fields_emptied",
            f"{', '.join(lost)} is empty for all {stats.rows} employees read, and was not in the baseline run;"
            " accounts keep what they have",
        )


def _warn_of_values_not_sent(services: Services, employees: Iterable[Employee], summary: Summary) -> None:
    """Warn once per field of values that its table or Moodle does not have."""
    present = [employee for employee in employees if employee.facts.get("status") != "Inactive"]
    for rule in services.settings.mapping.rules:
        refused = {one.employee_id: value for one in present if (value := rule.refused_value(one.facts))}
        if not refused:
            continue
        if rule.target == "country" and not rule.table:
            named = _some(sorted(set(refused.values())))
            summary.warn("unknown_country", f"Moodle has no country of this name, so it is not written: {named}")
        else:
            why = "that its map does not have" if rule.table else "that Moodle does not take"
            summary.warn(
                "values_not_sent",
                f"{rule.target}: BambooHR has a value {why}, and the account keeps its own, for {len(refused)} of the"
                f" employees read ({_some(sorted(refused))})",
            )


def _some(names: Sequence[object]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(map(str, names[:_NAMED])) + more


def _tally_scope(plan_input: PlanInput, inputs: RunInput, reader: EmployeeReader, summary: Summary) -> None:
    """Note what of the scope matches the employees of the run, and warn where that says that a setting is wrong."""
    scope = plan_input.settings.scope
    if not scope:
        return
    working = [one for one in plan_input.employees if plan_input.lifecycle_state(one) is LifecycleState.ACTIVE]
    inputs.scope.add_rows((one.facts for one in working), whole_company=inputs.position is None)
    unclear = [one for one in working if plan_input.scope_state(one) is ScopeState.NOT_SHOWN]
    hidden = Counter(name for one in unclear for name in scope.hidden_fields(one.facts))
    if never := sorted(hidden.keys() & {*inputs.scope.never_shown(), *reader.custom.never_shown()}):
        summary.fail(
            "scope_not_shown",
            f"BambooHR shows {', '.join(never)} of no employee to the key, so that it is not known who is in scope:"
            f" nothing is written for {len(unclear):,} employees who work here",
            "let the key's user see the field, or correct SCOPE",
        )
    elif hidden:
        named = ", ".join(f"{name} of {number:,}" for name, number in sorted(hidden.items()))
        summary.warn("scope_not_shown", f"BambooHR does not show what decides on the scope, so these wait: {named}")
    if unmatched := inputs.scope.unmatched():
        summary.warn("scope_unmatched", f"SCOPE allows what no employee has: {', '.join(unmatched)}")


def _plan_settings(services: Services, request: RunRequest, inputs: RunInput) -> PlanSettings:
    settings = services.settings
    return PlanSettings(
        mapping=settings.mapping,
        auth=settings.moodle_auth,
        reactivate_all=settings.reactivate_all,
        reactivate=frozenset(request.selected if request.reactivate else ()),
        protected=settings.protected,
        confirmed=frozenset(change.employee_id for change in request.approved if change.guard is None),
        undone=frozenset() if request.releases else inputs.undone,
        hire_lookahead_days=settings.hire_lookahead_days,
        selected=frozenset(request.selected),
        all_employees=request.all_employees,
        resends=request.resends,
        digest_key=services.digest_key,
        scope=settings.employee_scope,
        suspends_out_of_scope=settings.out_of_scope == "suspend",
    )


def unexplained(services: Services, inputs: RunInput, plan: Plan, accounts: list[AccountRef]) -> list[int]:
    """Return the ids of active accounts that no employee explains."""
    explained = {step.account.id for step in plan.steps if step.account is not None}
    protected = RESERVED_USERNAMES | services.settings.protected
    return [
        account.id
        for account in accounts
        if not account.suspended
        and account.id not in explained
        and employee_id(account.idnumber) not in inputs.company
        and account.username.casefold() not in protected
    ]

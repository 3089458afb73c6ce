"""From what BambooHR shows to a plan: read the employees, look up their accounts, plan."""

from __future__ import annotations

from collections.abc import Iterable

from worker.model.account import AccountRef
from worker.model.employee import Employee, employee_id
from worker.planning.correlation import RESERVED_USERNAMES
from worker.planning.plan_input import PlanInput, PlanSettings
from worker.planning.planner import Plan, Planner
from worker.runs.account_lookup import AccountLookup
from worker.runs.employee_reader import EmployeeReader
from worker.runs.read_bamboohr import RunInput, report_hidden_status
from worker.runs.request import RunRequest
from worker.runs.services import Services
from worker.runs.summary import Summary

_COUNTRIES_NAMED = 10


def plan_from(services: Services, request: RunRequest, inputs: RunInput, summary: Summary) -> Plan:
    """Return the plan, before the guards: looks up what the planner needs until it needs nothing more."""
    reader = EmployeeReader(services, inputs)
    employees = reader.employees(inputs.employees_in_scope(request))
    if reader.refused:
        summary.warn("evidence_refused", "BambooHR shows this key no employee outside the directory")
    if reader.no_status_shown:
        report_hidden_status(summary)
    planner = Planner(
        PlanInput(
            employees=employees,
            settings=_plan_settings(services, request, inputs),
            now=services.clock(),
            email_index=inputs.directory.email_index,
            records=inputs.history.records,
            sees_whole_company=inputs.knows_every_address,
            changed=frozenset(inputs.deleted),
        )
    )
    _warn_of_unknown_countries(services, employees, summary)
    services.moodle.check_visibility()
    while needed := planner.needs():
        found = [AccountLookup(services, lookup).run() for lookup in needed.lookups]
        planner.add(
            accounts=(account for one in found for account in one.accounts),
            employees=reader.employees(needed.employees),
            former=reader.employees(needed.former),
            unreadable={key: reason for one in found for key, reason in one.unreadable.items()},
            kinds=services.moodle.field_kinds,
        )
    return planner.plan()


def _warn_of_unknown_countries(services: Services, employees: Iterable[Employee], summary: Summary) -> None:
    mapping = services.settings.mapping
    unknown = {country for employee in employees if (country := mapping.unknown_country(employee.facts))}
    if unknown:
        named = ", ".join(sorted(unknown)[:_COUNTRIES_NAMED])
        more = f" and {len(unknown) - _COUNTRIES_NAMED} more" if len(unknown) > _COUNTRIES_NAMED else ""
        summary.warn("unknown_country", f"Moodle has no country of this name, so it is not written: {named}{more}")


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
    )


def list_accounts(services: Services) -> list[AccountRef] | None:
    """Return every account of our authentication; None where the token may not search."""
    return services.moodle.list_accounts(services.settings.moodle_auth)


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

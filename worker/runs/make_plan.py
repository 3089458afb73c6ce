"""Makes the plan of a run: reads its employees, looks up their accounts, plans, and applies the guards or an approval.

If the look-ups end early, the plan still covers the leavers, whose accounts are looked up first.
"""

from __future__ import annotations

from datetime import timedelta

from worker import logs
from worker.errors import CredentialError, SourceError, SyncError, TargetError
from worker.model import reasons
from worker.model.account import AccountRef
from worker.model.employee import parse_employee_id
from worker.model.journal_entry import RecentWrites
from worker.model.mapping import folded
from worker.model.step import WRITES
from worker.planning.approval import only_approved
from worker.planning.baseline import loss_texts
from worker.planning.guards import GuardInput, guard
from worker.planning.limits import is_initial_import, limits
from worker.planning.matching import RESERVED_USERNAMES
from worker.planning.plan_input import PlanInput, PlanSettings
from worker.planning.planner import Needed, Plan, Planner, Priority
from worker.planning.suspensions import scope_doubts
from worker.runs.account_lookup import AccountLookup, look_up
from worker.runs.employee_reader import EmployeeReader
from worker.runs.reading_warnings import (
    note_api_fields,
    note_hidden_fields,
    report_hidden_status,
    tally_scope,
    warn_of_access_kept,
    warn_of_second_accounts,
    warn_of_values_not_sent,
)
from worker.runs.run_input import RunInput
from worker.runs.services import Services
from worker.runs.summary import Summary
from worker.timestamps import iso
from worker.words import counted


def make_plan(services: Services, inputs: RunInput, summary: Summary) -> Plan:
    """Return the plan, before the guards."""
    reader = EmployeeReader(services, inputs)
    employees = reader.employees(inputs.employees_of_run)
    if reader.evidence_reader.no_status_shown:
        report_hidden_status(summary)
    plan_input = PlanInput(
        employees=employees,
        settings=_plan_settings(services, inputs),
        now=services.clock(),
        email_index=inputs.directory.email_index,
        records=inputs.history.records,
        knows_every_address=inputs.knows_every_address,
        changed_ids=inputs.changed_ids,
    )
    planner = Planner(plan_input)
    warn_of_values_not_sent(plan_input, summary)
    tally_scope(reader.api_fields, inputs, plan_input, summary)
    ended_by = _look_up(services, reader, planner)
    if reader.evidence_reader.refused:
        summary.warn("evidence_refused", "BambooHR shows this key no employee outside the directory")
    if reader.read_error:
        summary.add_error(
            "evidence_unread",
            f"employees could not be read individually ({reader.read_error}): fields that are empty in the directory"
            " may be hidden, so accounts keep what they have",
            "the next run reads them again; if this lasts, ask BambooHR's support",
        )
    plan = planner.plan()
    warn_of_access_kept(plan, summary)
    if ended_by is not None:
        return plan.of_leavers(ended_by)
    note_hidden_fields(inputs, plan.plan_input, summary)
    note_api_fields(reader.api_fields, inputs, plan.plan_input, summary)
    if inputs.request.is_full_pass:
        warn_of_second_accounts(plan, summary)
    return plan


def _look_up(services: Services, reader: EmployeeReader, planner: Planner) -> SyncError | None:
    """Look up and read what the planner needs until nothing is missing; return the error that ended this early, if any.

    After an error, only the accounts of leavers are looked up: no other failure may keep their access open.
    """
    services.moodle.check_visibility()
    ended_by: SyncError | None = None
    while needed := planner.needs():
        found: list[AccountLookup] = []
        for lookup in needed.lookups:
            if ended_by is not None and lookup.priority is not Priority.LEAVERS:
                continue
            try:
                found.append(look_up(services, lookup))
            except TargetError as fault:
                if lookup.priority is Priority.LEAVERS or not planner.has_leavers:
                    raise
                ended_by = fault
        planner.add(
            accounts=(account for one in found for account in one.accounts),
            failed_lookups={key: reason for one in found for key, reason in one.failed_lookups.items()},
            kinds=services.moodle.field_kinds,
        )
        if ended_by is None:
            try:
                _read(reader, planner, needed)
            except (SourceError, CredentialError) as fault:
                if not planner.has_leavers:
                    raise
                ended_by = fault
    return ended_by


def _read(reader: EmployeeReader, planner: Planner, needed: Needed) -> None:
    """Read the employees whom the planner needs besides the accounts."""
    if needed.employees_to_add or needed.employees_to_compare or needed.unverified:
        planner.add(
            employees_to_add=reader.employees(needed.employees_to_add),
            employees_to_compare=reader.employees(needed.employees_to_compare, for_comparison=True),
            verified=reader.verified(needed.unverified),
        )


def _plan_settings(services: Services, inputs: RunInput) -> PlanSettings:
    request, settings = inputs.request, services.settings
    return PlanSettings(
        mapping=settings.mapping,
        auth=settings.moodle_auth,
        reactivate_all=settings.reactivate == "always",
        reactivate_ids=frozenset(request.selected_ids if request.reactivates else ()),
        protected=settings.protected,
        confirmed=frozenset(change.employee_id for change in request.approved_changes if change.is_unconfirmed_match),
        undone=frozenset() if request.includes_undone else inputs.undone,
        hire_lookahead_days=settings.hire_lookahead_days,
        selected_ids=frozenset(request.selected_ids),
        is_full_pass=request.is_full_pass,
        resends=request.resends,
        digest_key=services.digest_key,
        scope=settings.employee_scope,
        suspends_out_of_scope=settings.out_of_scope == "suspend",
    )


_SEVERAL = 3
"""This many contradicted matches in one run have a common cause."""


def guarded_plan(
    services: Services, inputs: RunInput, summary: Summary
) -> tuple[Plan, list[AccountRef] | TargetError | None]:
    """Return the plan as the guards let it through, and for a full pass all accounts with MOODLE_AUTH, or the error."""
    request, plan = inputs.request, make_plan(services, inputs, summary)
    summary.counts["processed"] = len(plan.steps)
    for step in plan.steps:
        if step.reason is reasons.UNKNOWN_EMPLOYEE:
            summary.warn("unknown_employee", f"BambooHR shows nothing for employee {step.employee_id}")
    _report_reassigned_ids(plan, summary)
    reads_accounts = request.is_full_pass and plan.ended_by is None
    accounts = _report_unexplained_accounts(services, inputs, plan, summary) if reads_accounts else None
    if request.approved_changes:
        plan = only_approved(
            plan,
            request.approved_changes,
            services.digest_key,
            summary.about_run,
            "RUN" if request.dry_run else summary.run_id,
        )
        _report_left_held(plan, summary)
        return plan, accounts
    guarded = guard(plan, _guard_input(services, inputs, plan, summary))
    for why in guarded.texts.values():
        summary.warn("changes_held", why)
    summary.why_held = guarded.texts
    return guarded.plan, accounts


def _report_left_held(plan: Plan, summary: Summary) -> None:
    """Say that approved changes stay held, and how to approve them with what they need."""
    held = {step.employee_id: step.held[0].reason for step in plan.steps if step.held}
    if held:
        needs = counted(
            len(held), "employee has an approved change that needs", "employees have approved changes that need"
        )
        summary.message = f"{needs} another change, not approved with it: nothing of either is written"
        together = {*held.values()}
        summary.advice = (
            together.pop().advice_for(*held) if len(together) == 1 else "the log names the command for each employee"
        )


def _report_reassigned_ids(plan: Plan, summary: Summary) -> None:
    """Report reassigned ids as the common cause if the accounts of several employees look like other people's."""
    own = [step for step in plan.steps if step.account and step.account.idnumber == str(step.employee_id)]
    contradicted = sum(step.reason.code == reasons.UNCONFIRMED for step in own)
    if contradicted >= _SEVERAL:
        summary.reassigned_ids_text = (
            f"the accounts of {contradicted:,} of {len(own):,} employees look like other people's: BambooHR may have"
            " reassigned its ids"
        )
        summary.warn("ids_reassigned", summary.reassigned_ids_text)


def _guard_input(services: Services, inputs: RunInput, plan: Plan, summary: Summary) -> GuardInput:
    now, history, settings = services.clock(), inputs.history, services.settings
    recent_writes = RecentWrites()
    if any(plan.counts[action] for action in WRITES):
        # The writes of the last 24 hours, and those of earlier runs in this run's window.
        begins, is_open = (iso(inputs.position.since), inputs.position.offset > 0) if inputs.position else ("", False)
        day_before = now - timedelta(days=1)
        recent_writes = services.store.journal.recent(history.runs, day_before, begins, is_open=is_open)
    return GuardInput(
        limits(
            inputs.stats,
            history,
            settings.limits,
            initial_import=is_initial_import(history, now, full_pass=inputs.request.is_full_pass),
            max_suspensions=settings.max_suspensions,
        ),
        loss_texts(inputs.stats, history.last_baseline()),
        scope_doubts(inputs.scope_tally, history.scope_matched()),
        recent_writes,
        "RUN" if inputs.request.dry_run else summary.run_id,
    )


def _report_unexplained_accounts(
    services: Services, inputs: RunInput, plan: Plan, summary: Summary
) -> list[AccountRef] | TargetError:
    """Report the active accounts that belong to no employee, which are never changed; return all accounts listed."""
    try:
        accounts = services.moodle.list_accounts(services.settings.moodle_auth)
    except TargetError as fault:
        summary.warn("accounts_unread", f"{fault.message}; accounts that belong to no employee were not searched for")
        return fault
    explained = {step.account.id for step in plan.steps if step.account is not None}
    protected = RESERVED_USERNAMES | services.settings.protected
    found = [
        account.id
        for account in accounts
        if not account.suspended
        and account.id not in explained
        and parse_employee_id(account.idnumber) not in inputs.all_ids
        and folded(account.username) not in protected
    ]
    summary.counts["unexplained_accounts"] = len(found)
    if found:
        summary.listed_ids["unexplained_accounts"] = found
    for account in found:
        logs.warning(
            "reconcile.unexplained_account",
            account_id=account,
            reason="active, and no employee explains it",
            advice="check whose it is; it was not changed",
        )
    return accounts

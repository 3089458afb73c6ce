"""Makes the plan that may be written: plans, reports what looks wrong, and applies the guards or an approval."""

from __future__ import annotations

from datetime import datetime, timedelta

from worker import logs
from worker.errors import TargetError
from worker.model import reasons
from worker.model.account import AccountRef
from worker.model.journal_entry import RecentWrites
from worker.model.step import WRITES
from worker.planning.approval import approved
from worker.planning.guards import Circumstances, guard
from worker.planning.limits import is_import, limits
from worker.planning.planner import Plan
from worker.planning.readings import losses
from worker.planning.scope import scope_doubts
from worker.runs.make_plan import accounts_without_employee, make_plan
from worker.runs.run_input import RunInput
from worker.runs.services import Services
from worker.runs.summary import Summary
from worker.timestamps import iso

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
    reads_accounts = request.all_employees and plan.ended_by is None
    accounts = _report_accounts_without_employee(services, inputs, plan, summary) if reads_accounts else None
    if request.approved:
        return approved(plan, request.approved, services.digest_key), accounts
    guarded = guard(plan, _circumstances(services, inputs, plan, summary))
    for why in guarded.why.values():
        summary.warn("changes_held", why)
    summary.why_held = guarded.why
    return guarded.plan, accounts


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


def _circumstances(services: Services, inputs: RunInput, plan: Plan, summary: Summary) -> Circumstances:
    now, history, settings = services.clock(), inputs.history, services.settings
    return Circumstances(
        limits(
            inputs.stats,
            history,
            settings.limits,
            first_import=is_import(history, now, full_pass=inputs.request.all_employees),
            max_suspensions=settings.max_suspensions,
        ),
        losses(inputs.stats, history.last_baseline()),
        scope_doubts(inputs.scope_tally, history.scope_matched()),
        _recent_writes(services, inputs, now) if any(plan.counts[action] for action in WRITES) else RecentWrites(),
        "RUN" if inputs.request.dry_run else summary.run_id,
    )


def _recent_writes(services: Services, inputs: RunInput, now: datetime) -> RecentWrites:
    """Return the writes of the last 24 hours, and those of earlier runs in this run's window."""
    position = inputs.position
    begins = iso(position.since) if position is not None else ""
    is_open = position is not None and position.offset > 0
    return services.store.recent_writes(inputs.history.runs, now - timedelta(days=1), begins, is_open=is_open)


def _report_accounts_without_employee(
    services: Services, inputs: RunInput, plan: Plan, summary: Summary
) -> list[AccountRef] | TargetError:
    """Report the accounts that no employee explains, which are never changed; return all accounts listed."""
    try:
        accounts = services.moodle.list_accounts(services.settings.moodle_auth)
    except TargetError as fault:
        summary.warn("accounts_unread", f"{fault.message}; accounts that belong to no employee were not searched for")
        return fault
    found = accounts_without_employee(services, inputs, plan, accounts)
    summary.list_ids("unexplained_accounts", found)
    for account in found:
        logs.warning(
            "reconcile.unexplained_account",
            account_id=account,
            reason="active, and no employee explains it",
            advice="check whose it is; it was not changed",
        )
    return accounts

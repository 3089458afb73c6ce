"""Which accounts are suspended, which are reactivated, and which the scope leaves alone. Pure.

An account is suspended if the employee left, or if they are out of scope and the settings require it. It is reactivated
if the employee works here and this product suspended it, or an operator requests it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from worker.model import reasons
from worker.model.account import Account
from worker.model.employee import Employee, starts_later
from worker.model.reasons import Reason
from worker.model.scope import ScopeState
from worker.model.step import Action, FieldChange, Step
from worker.planning.matching import is_passed_on
from worker.planning.plan_context import PlanContext


def untouched_by_scope(context: PlanContext, employee: Employee) -> Step | None:
    """Return the step of an employee whose account the scope leaves alone; None for all others."""
    number, state = employee.employee_id, context.plan_input.scope_states[employee.employee_id]
    if state is ScopeState.NOT_SHOWN:
        starts = starts_later(employee, context.plan_input.now)
        hidden = context.settings.scope.hidden_fields(employee.facts)
        why = reasons.STARTS_LATER if starts else reasons.scope_not_shown(hidden)
        return Step(number, Action.HOLD, why, waits=True)
    if state is ScopeState.OUT and not context.settings.suspends_out_of_scope:
        return Step(number, Action.SKIP, _why_out(context, employee))
    return None


def _why_out(context: PlanContext, employee: Employee) -> Reason:
    rule = context.settings.scope.rule_that_excludes(employee.facts)
    assert rule is not None
    return reasons.out_of_scope(rule.field, rule.list_that_decides(employee.facts))


@dataclass(frozen=True)
class SuspensionReasons:
    """Why an account is suspended, is suspended already, is missing, or may be another person's."""

    suspended: Reason
    already: Reason
    without_account: Reason
    unsure: Reason


LEAVER = SuspensionReasons(reasons.LEFT, reasons.ALREADY_SUSPENDED, reasons.LEFT_WITHOUT_ACCOUNT, reasons.LEAVER_UNSURE)


def out_of_scope(context: PlanContext, employee: Employee) -> SuspensionReasons:
    """Return the reasons of an employee out of scope whose account is not left alone."""
    why = _why_out(context, employee)
    return SuspensionReasons(why, why, why, reasons.OUT_OF_SCOPE_UNSURE)


def suspension_step(context: PlanContext, employee: Employee, account: Account | None, why: SuspensionReasons) -> Step:
    """Return the step of an employee whose access ends."""
    number = employee.employee_id
    if account is not None and account.id in context.rehires.relinked:
        return Step(number, Action.SKIP, why.without_account)
    if account is not None:
        return _suspension(number, account, why)
    address = context.matching.address(employee)
    if unanswered := context.unanswered.get(("email", address)):
        return Step(number, Action.CONFLICT, unanswered)
    candidates = context.matching.holders(address) if address else []
    if not candidates:
        if why is LEAVER and "hire_date" not in employee.facts and not employee.deleted:
            return Step(number, Action.HOLD, reasons.START_NOT_SHOWN, waits=True)
        return Step(number, Action.SKIP, why.without_account)
    owners = context.matching.owners
    others = [owners[candidate.id] for candidate in candidates if candidate.id in owners]
    if is_passed_on(candidates, [*context.matching.others_with(number, address), *others]):
        return Step(number, Action.SKIP, why.without_account)
    if len(candidates) > 1:
        return Step(number, Action.CONFLICT, reasons.several_accounts(candidates))
    candidate = candidates[0]
    if candidate.idnumber and why is LEAVER:
        return Step(number, Action.CONFLICT, reasons.email_taken(candidate), candidate)
    if candidate.idnumber:
        return Step(number, Action.SKIP, why.without_account)
    if context.matching.is_reserved(candidate):
        return Step(number, Action.SKIP, reasons.PROTECTED, candidate)
    shared = set(context.plan_input.email_index.of(address)) - {number}
    if shared or not context.matching.compare_names(employee, candidate).any:
        return Step(number, Action.HOLD, why.unsure, candidate, waits=True)
    return _suspension(number, candidate, why)


def _suspension(number: int, account: Account, why: SuspensionReasons) -> Step:
    if account.suspended:
        return Step(number, Action.UNCHANGED, why.already, account)
    return Step(number, Action.SUSPEND, why.suspended, account, (FieldChange("suspended", "0", "1"),))


def with_reactivation(context: PlanContext, step: Step) -> Step:
    """Return the step of an employee who works here, which also reactivates an account that this product suspended."""
    account, settings = step.account, context.settings
    if account is None or not account.suspended:
        return step
    record = context.plan_input.records.get(step.employee_id)
    if context.matching.suspended_by_us(account) or (record is not None and record.suspended_by_us):
        reason = reasons.RETURNED
    elif settings.reactivate_all or step.employee_id in settings.reactivate:
        reason = reasons.REACTIVATED
    else:
        return replace(step, notes=(*step.notes, reasons.SUSPENDED_ELSEWHERE))
    change = FieldChange("suspended", "1", "0")
    return replace(step, action=Action.REACTIVATE, reason=reason, changes=(*step.changes, change))

"""Decides what happens to one employee: the rules of docs/design.md, "How each employee is handled", in order. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from worker.model import account_reasons, reasons
from worker.model.account import Account
from worker.model.employee import Employee, LifecycleState, starts_later
from worker.model.mapping import NAMES
from worker.model.reasons import Reason
from worker.model.scope import ScopeState
from worker.model.step import WRITES, Action, FieldChange, Step
from worker.planning.claims import Resolution
from worker.planning.matching import shows_identity
from worker.planning.plan_context import PlanContext
from worker.planning.suspensions import (
    LEAVER_REASONS,
    out_of_scope_reasons,
    suspension_step,
    untouched_by_scope,
    with_reactivation,
)
from worker.planning.values import (
    as_sent,
    fields_to_send_blank,
    values_for_new_account,
    values_for_update,
    with_differences,
)


def decide(context: PlanContext, employee: Employee) -> Step:
    """Return the step of one employee."""
    step = _decide(context, employee)
    settings = context.settings
    has_left = context.plan_input.lifecycle_states[employee.employee_id] is LifecycleState.LEFT
    if has_left and step.action is Action.CONFLICT and step.reason in context.failed_lookups.values():
        step = replace(step, reason=reasons.of_leaver(step.reason))
    if settings.selected_ids and step.reason in (reasons.STATUS_UNKNOWN, reasons.HIRE_DATE_UNREADABLE):
        step = _unknown_if_never_seen(context, employee, step)
    if settings.is_full_pass:
        step = _without_waiting(context, step)
    if employee.partial_refusal:
        step = _incomplete(step, reasons.unreadable_fields(employee.partial_refusal))
    # BambooHR shows a new employee's job only from the first day, and does not document whether the feed reports it:
    # an employee whose account exists before that day is read again until then.
    early = step.action in WRITES or step.action is Action.UNCHANGED
    return replace(step, is_waiting=True) if early and starts_later(employee, context.plan_input.now) else step


def _decide(context: PlanContext, employee: Employee) -> Step:
    employee_id = employee.employee_id
    state, match = context.plan_input.lifecycle_states[employee_id], context.matching.matches[employee_id]
    if str(employee_id) in context.settings.protected:
        return Step(employee_id, Action.SKIP, reasons.PROTECTED)
    if employee_id in context.settings.undone:
        return Step(employee_id, Action.HOLD, reasons.UNDONE)
    if employee.refusal_code:
        unreadable = reasons.unreadable_employee(employee.refusal_code)
        return Step(employee_id, Action.HOLD, unreadable, problem=unreadable)
    if employee_id in context.plan_input.deleted_earlier:
        return _deleted_earlier(context, employee_id)
    if state is LifecycleState.UNKNOWN:
        erased = employee.deleted or (employee.was_deleted and employee.is_shown)
        # Inactive alone would say that the employee left.
        no_evidence = (
            reasons.HIRE_DATE_UNREADABLE if employee.facts.get("status") == "Inactive" else reasons.STATUS_UNKNOWN
        )
        return Step(employee_id, Action.HOLD, reasons.DELETED_BUT_SHOWN if erased else no_evidence, is_waiting=True)
    if state is LifecycleState.ACTIVE and (alone := untouched_by_scope(context, employee)) is not None:
        return alone
    account = match.account or match.contradicted
    if match.error is not None and not context.is_passed_on(account):
        return Step(employee_id, Action.CONFLICT, match.error, match.contradicted)
    if match.account is not None and context.matching.is_protected(match.account):
        return Step(employee_id, Action.SKIP, reasons.PROTECTED, match.account)
    if state is LifecycleState.LEFT:
        return suspension_step(context, employee, account, LEAVER_REASONS)
    if state is LifecycleState.ACTIVE and context.plan_input.scope_states[employee_id] is ScopeState.OUT:
        return suspension_step(context, employee, match.account, out_of_scope_reasons(context, employee))
    if match.account is None:
        return _without_account(context, employee, state)
    if state is LifecycleState.FUTURE:
        return _not_started(context, employee, match.account)
    step = _update(context, employee, match.account, found_by_email=False)
    is_shown = shows_identity(employee, context.mapping)
    if step.action not in WRITES or is_shown or employee_id in context.settings.confirmed:
        return step
    # No value confirms the account: idnumber and authentication suffice for suspensions only.
    why = account_reasons.unconfirmed_unseen(employee_id, match.account)
    return Step(employee_id, Action.CONFLICT, why, match.account)


def _deleted_earlier(context: PlanContext, employee_id: int) -> Step:
    """Return the step of an employee who was deleted earlier. Nothing is written: it is not known that they left."""
    match = context.matching.matches[employee_id]
    account = match.account or match.contradicted
    if context.is_passed_on(account) or (account is None and match.error is None):
        return Step(employee_id, Action.SKIP, reasons.LEFT_WITHOUT_ACCOUNT)
    if account is not None and account.suspended:
        return Step(employee_id, Action.UNCHANGED, reasons.ALREADY_SUSPENDED, account)
    return Step(employee_id, Action.HOLD, reasons.DELETED_EARLIER, account, is_waiting=True)


def _incomplete(step: Step, problem: Reason) -> Step:
    """Report an employee who was read incompletely as an error; the values that were read are still written."""
    if step.reason is reasons.IN_SYNC:
        return replace(step, action=Action.CONFLICT, reason=problem)
    if step.reason.code == reasons.SCOPE_NOT_SHOWN:
        return replace(step, reason=problem, problem=problem)
    fills_account = step.action in (Action.CREATE, Action.UPDATE, Action.REACTIVATE)
    return replace(step, problem=step.problem or problem) if fills_account else step


def _unknown_if_never_seen(context: PlanContext, employee: Employee, step: Step) -> Step:
    """Report an id that an operator named and no source has as unknown, and do not read it again: it is mistyped."""
    if employee.employee_id in context.plan_input.changed_ids or employee.employee_id in context.plan_input.records:
        return step
    reason = step.reason if employee.is_shown else reasons.UNKNOWN_EMPLOYEE
    return replace(step, reason=reason, is_waiting=False)


def _without_waiting(context: PlanContext, step: Step) -> Step:
    """After a full pass, let only future hires and exceptions with a hidden scope wait: the next pass reads all anyway.

    Otherwise every later run would read all former employees whose hire dates are hidden, or the whole company if a
    field of the scope is hidden.
    """
    if step.action is not Action.HOLD or context.plan_input.record(step.employee_id).is_open:
        return step
    is_future = step.reason in (reasons.STARTS_LATER, reasons.DELETED_BUT_SHOWN)
    is_exception = step.reason.code == reasons.SCOPE_NOT_SHOWN and context.plan_input.scope_is_shown
    return step if is_future or is_exception else replace(step, is_waiting=False)


def _not_started(context: PlanContext, employee: Employee, account: Account | None = None) -> Step:
    why = reasons.STARTS_LATER if starts_later(employee, context.plan_input.now) else reasons.START_NOT_SHOWN
    return Step(employee.employee_id, Action.HOLD, why, account, is_waiting=True)


def _without_account(context: PlanContext, employee: Employee, state: LifecycleState) -> Step:
    """Link an account to an employee who has none by idnumber, create one, or say why not."""
    employee_id = employee.employee_id
    if not context.may_have_account(employee):
        return _not_started(context, employee)
    if "work_email" not in employee.facts:
        return _without_needed(employee, ["work_email"])
    address = context.matching.address(employee)
    if not address:
        why = reasons.INVALID_EMAIL if employee.facts["work_email"] else reasons.NO_EMAIL
        return Step(employee_id, Action.SKIP, why)
    resolution = context.value_claims.address_claims.resolution(employee_id)
    if resolution.why_refused is not None:
        return Step(employee_id, Action.CONFLICT, resolution.why_refused)
    if resolution.kept_by:
        return _found_by_email(context, employee, state, resolution)
    return _creation(context, employee, address, resolution)


def _without_needed(employee: Employee, hidden: Collection[str]) -> Step:
    """Return the step for an employee of whom BambooHR does not show what a new account needs."""
    if damaged := employee.unreadable.intersection(hidden):
        return Step(employee.employee_id, Action.SKIP, reasons.unreadable_value(min(damaged)))
    return Step(employee.employee_id, Action.HOLD, reasons.field_not_shown(hidden), is_waiting=True)


def _found_by_email(context: PlanContext, employee: Employee, state: LifecycleState, resolution: Resolution) -> Step:
    employee_id, account = employee.employee_id, resolution.kept_by[0]
    if len(resolution.kept_by) > 1:
        return Step(employee_id, Action.CONFLICT, account_reasons.several_accounts(resolution.kept_by))
    if context.matching.is_protected(account):
        return Step(employee_id, Action.SKIP, reasons.PROTECTED, account)
    if account.idnumber:
        return _rehired(context, employee, state, account)
    if state is LifecycleState.FUTURE:
        return _not_started(context, employee, account)
    names = context.matching.compare_names(employee, account)
    is_confirmed = names.any or employee_id in context.settings.confirmed
    if names.comparable and not is_confirmed:
        return Step(employee_id, Action.CONFLICT, account_reasons.unconfirmed_email(employee_id, account), account)
    if not context.plan_input.knows_every_address and not is_confirmed:
        return Step(employee_id, Action.HOLD, reasons.LINK_UNSURE, account, is_waiting=True)
    return _update(context, employee, account, found_by_email=True)


def _rehired(context: PlanContext, employee: Employee, state: LifecycleState, account: Account) -> Step:
    """Return the step for an account that carries another id: an operator decides whether it is the former one."""
    employee_id = employee.employee_id
    former = context.former_id(employee_id)
    if former is None:
        name = context.value_claims.username_with_address(employee)
        return Step(employee_id, Action.CONFLICT, account_reasons.email_taken(account, name), account)
    if state is LifecycleState.FUTURE:
        return _not_started(context, employee, account)
    if employee_id not in context.settings.confirmed:
        return Step(
            employee_id, Action.CONFLICT, account_reasons.unconfirmed_rehire(employee_id, account, former), account
        )
    step = _update(context, employee, account, found_by_email=True)
    return replace(step, reason=reasons.RELINKED) if step.reason is reasons.LINKED else step


def _creation(context: PlanContext, employee: Employee, address: str, resolution: Resolution) -> Step:
    employee_id = employee.employee_id
    values = values_for_new_account(context.mapping, employee)
    not_shown = [rule for rule in context.mapping.rules if rule.target in NAMES and rule.target not in values]
    if not_shown:
        hidden = {source for rule in not_shown for source in rule.sources} - employee.facts.keys()
        return _without_needed(employee, hidden)
    if not all(values[name] for name in NAMES):
        return Step(employee_id, Action.SKIP, reasons.NO_NAME)
    name = context.value_claims.due_usernames[employee_id]
    if not context.mapping.accepts_username(name):
        return Step(employee_id, Action.SKIP, reasons.INVALID_USERNAME)
    claim = context.value_claims.username_resolution(employee_id)
    refused = claim.why_refused
    if refused is None and claim.kept_by:
        holder = claim.kept_by[0]
        refused = account_reasons.username_taken(holder.label, may_be_theirs=not holder.idnumber)
    if refused is not None:
        return Step(employee_id, Action.CONFLICT, refused)
    fields = {"auth": context.settings.auth, "idnumber": str(employee_id), "username": name}
    fields |= {target: value for target, value in values.items() if value and target != "email"}
    fields |= dict.fromkeys(fields_to_send_blank(context.mapping, values), "")
    # Moodle requires the e-mail, so it comes last: a request that PHP truncates then creates no account.
    fields["email"] = address
    changes = tuple(FieldChange(target, None, value) for target, value in fields.items())
    depends_on = resolution.depends_on | claim.depends_on
    step = Step(employee_id, Action.CREATE, reasons.NEW, changes=changes, depends_on=depends_on)
    return as_sent(context.plan_input.kinds, step)


def _update(context: PlanContext, employee: Employee, account: Account, *, found_by_email: bool) -> Step:
    """Return the step with only the values that differ, for an employee who works here and has an account."""
    employee_id = employee.employee_id
    new = {"idnumber": str(employee_id), **values_for_update(context.mapping, employee, account)}
    step = Step(employee_id, Action.UPDATE, reasons.LINKED if found_by_email else reasons.DIFFERS, account)
    if employee.facts.get("work_email") and not context.matching.address(employee):
        step = replace(step, notes=(reasons.EMAIL_KEPT,))
    hidden = {rule.hidden_source(employee.facts) for rule in context.mapping.rules if rule.is_updated}
    if damaged := employee.unreadable & hidden:
        step = replace(step, notes=(*step.notes, reasons.unreadable_kept(damaged)))
    email, resolution = context.value_claims.address_to_send(employee, account)
    step = replace(step, problem=resolution.why_refused, depends_on=resolution.depends_on)
    if email:
        new["email"] = email
    if not found_by_email:
        name, step = _username_change(context, employee, account, step)
        if name:
            new["username"] = name
    if step.problem is not None:
        new = context.matching.without_replaced_names(employee, account, new)
    step = with_reactivation(context, with_differences(context.plan_input, employee, step, new))
    if step.changes:
        return step
    if step.problem is not None:
        return replace(step, action=Action.CONFLICT, reason=step.problem)
    return replace(step, action=Action.UNCHANGED, reason=reasons.IN_SYNC)


def _username_change(context: PlanContext, employee: Employee, account: Account, step: Step) -> tuple[str, Step]:
    name = context.value_claims.due_usernames[employee.employee_id]
    if not name or name == account.username:
        return "", step
    if not context.mapping.accepts_username(name):
        return "", replace(step, notes=(*step.notes, account_reasons.username_kept(account)))
    resolution = context.value_claims.username_resolution(employee.employee_id)
    if resolution.why_refused is not None:
        return "", replace(step, problem=step.problem or resolution.why_refused)
    return name, replace(step, depends_on=step.depends_on | resolution.depends_on)

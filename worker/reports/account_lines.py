"""Which rule found which account of an employee, for `explain`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from worker.model.account import Account, AccountKey
from worker.model.employee import Employee
from worker.model.reasons import UNCONFIRMED, Reason
from worker.model.scope import ScopeState
from worker.model.step import Action
from worker.planning.matching import is_reserved, match_by_idnumber
from worker.planning.names import compare_names
from worker.planning.plan_input import PlanInput
from worker.reports.employee_context import EmployeeContext


def account_lines(known: EmployeeContext) -> Iterator[tuple[str, str]]:
    """Yield the accounts that were found, the rule that chose one, and its state."""
    employee, plan_input = known.employee, known.plan_input
    accounts = sorted(known.plan.accounts.values(), key=lambda account: account.id)
    own = [account for account in accounts if account.idnumber == str(known.employee_id)]
    address = employee.facts.get("work_email", "")
    unread = {key: known.plan.unanswered.get((key, value)) for key, value in _looked_up(known)}
    yield "by idnumber", _found(own, unread["idnumber"], "none")
    with_address = [account for account in accounts if account.has_email(address)]
    yield "by e-mail", _found(with_address, unread["email"], "none among the accounts that were looked up")
    match = match_by_idnumber(employee, own)
    account = match.account or known.step.account
    out_of_scope = plan_input.scope_states[known.employee_id] is not ScopeState.IN
    if out_of_scope and known.employee_id not in plan_input.writable:
        yield "rule", "not looked up: nothing is written for the employee"
    elif match.conflict is not None or (match.account is not None and known.step.reason.code == UNCONFIRMED):
        yield "rule", f"idnumber, not trusted: {(match.conflict or known.step.reason).text}"
    elif match.account is not None:
        yield "rule", f"idnumber, trusted: {', '.join(_grounds(employee, match.account, plan_input))}"
    elif account is not None and known.record and known.record.account_id == account.id:
        yield "rule", "none of these, but an earlier run suspended it as the employee's"
    elif known.step.reason.code == UNCONFIRMED:
        yield "rule", f"e-mail, not trusted: {known.step.reason.text}"
    elif account is not None and account.idnumber and known.step.action is Action.CONFLICT:
        yield "rule", f"e-mail, not used: {known.step.reason.text}"
    elif account is not None:
        yield "rule", "e-mail: the only account with the employee's address, and its idnumber is empty"
    elif any(unread.values()):
        yield "rule", "not known: the employee may have an account that cannot be read; do not create a second one"
    else:
        yield "rule", "none matches: there is no account"
    if account is not None:
        yield "state", "suspended" if account.suspended else "active"


def _looked_up(known: EmployeeContext) -> Iterator[tuple[AccountKey, str]]:
    yield "idnumber", str(known.employee_id)
    yield "email", known.employee.facts.get("work_email", "")
    yield "id", str(known.record.account_id if known.record else "")


def _found(accounts: Sequence[Account], unread: Reason | None, none: str) -> str:
    if unread is not None:
        return f"cannot be read: {unread.text}"
    return ", ".join(_named(account) for account in accounts) or none


def _named(account: Account) -> str:
    return f"{account.name}, auth {account.auth}"


def _grounds(employee: Employee, account: Account, plan_input: PlanInput) -> Iterator[str]:
    if account.auth == plan_input.settings.auth:
        yield "its authentication is ours"
    if account.has_email(employee.facts.get("work_email", "")):
        yield "the e-mail agrees"
    if compare_names(employee, account, plan_input.settings.mapping.default_last_name).any:
        yield "a name agrees"
    if is_reserved(account, plan_input.settings.protected):
        yield "it is protected"

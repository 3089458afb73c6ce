"""All data of a run about one employee, and which rule found which account of theirs, for `explain`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from worker.model.account import Account, AccountKey
from worker.model.employee import Employee
from worker.model.held_change import HeldChanges
from worker.model.history import EmployeeRecord
from worker.model.journal_entry import JournalEntry
from worker.model.reasons import UNCONFIRMED, Reason
from worker.model.scope import ScopeState
from worker.model.step import Action, Step
from worker.planning.digests import part_digest
from worker.planning.guards import parts_of_step
from worker.planning.matching import Match, is_protected, match_by_idnumber
from worker.planning.names import compare_names
from worker.planning.plan_input import PlanInput
from worker.planning.planner import Plan
from worker.runs.run_input import RunInput


@dataclass(frozen=True)
class EmployeeContext:
    """The data of a run about one employee."""

    employee_id: int
    inputs: RunInput
    plan: Plan
    record: EmployeeRecord | None
    journal: Sequence[tuple[str, JournalEntry]]
    held: Sequence[HeldChanges]
    digest_key: str
    shows_values: bool

    @property
    def plan_input(self) -> PlanInput:
        """The input of the plan."""
        return self.plan.plan_input

    @property
    def step(self) -> Step:
        """The step of the employee."""
        return self.plan.step(self.employee_id)

    @property
    def holding(self) -> dict[str, str]:
        """The latest run that held a change which is still due, by the class of the change."""
        step = self.step
        due = [part.changes for part in parts_of_step(self.plan, step)] + [part.changes for part in step.held]
        if step.reason.code == UNCONFIRMED:
            due = [()]
        digests = {part_digest(step, changes, self.digest_key) for changes in due}
        return {
            change.guard_class or UNCONFIRMED: held.run_id
            for held in self.held
            for change in held.changes
            if change.digest in digests
        }

    @property
    def employee(self) -> Employee:
        """The employee as BambooHR shows them."""
        return self.plan_input.by_id[self.employee_id]

    def value(self, text: str) -> str:
        """Return a value, or only whether there is one."""
        if self.shows_values:
            return repr(text)
        return "set" if text else "empty"


def account_lines(context: EmployeeContext) -> Iterator[tuple[str, str]]:
    """Yield the accounts that were found, the rule that chose one, and its state."""
    accounts = sorted(context.plan.accounts.values(), key=lambda account: account.id)
    own = [account for account in accounts if account.idnumber.strip() == str(context.employee_id)]
    address = context.employee.facts.get("work_email", "")
    looked_up: dict[AccountKey, str] = {
        "idnumber": str(context.employee_id),
        "email": address,
        "id": str(context.record.suspended_account_id if context.record else ""),
    }
    unread = {key: context.plan.failed_lookups.get((key, value)) for key, value in looked_up.items()}
    yield "by idnumber", _found(own, unread["idnumber"], "none")
    with_address = [account for account in accounts if account.has_email(address)]
    yield "by e-mail", _found(with_address, unread["email"], "none among the accounts that were looked up")
    match = match_by_idnumber(context.employee, own)
    account = match.account or context.step.account
    yield "rule", _rule(context, match, account, is_unread=any(unread.values()))
    if account is not None:
        yield "state", "suspended" if account.suspended else "active"


def _rule(context: EmployeeContext, match: Match, account: Account | None, *, is_unread: bool) -> str:
    """Return which rule found the account, and whether the match is trusted."""
    plan_input = context.plan_input
    out_of_scope = plan_input.scope_states[context.employee_id] is not ScopeState.IN
    if out_of_scope and context.employee_id not in plan_input.writable:
        return "not looked up: nothing is written for the employee"
    if match.error is not None or (match.account is not None and context.step.reason.code == UNCONFIRMED):
        return f"idnumber, not trusted: {(match.error or context.step.reason).text}"
    if match.account is not None:
        return f"idnumber, trusted: {', '.join(_grounds(context.employee, match.account, plan_input))}"
    if account is not None and context.record and context.record.suspended_account_id == account.id:
        return "none of these, but an earlier run suspended it as the employee's"
    if context.step.reason.code == UNCONFIRMED:
        return f"e-mail, not trusted: {context.step.reason.text}"
    if account is not None and account.idnumber and context.step.action is Action.CONFLICT:
        return f"e-mail, not used: {context.step.reason.text}"
    if account is not None:
        return "e-mail: the only account with the employee's address, and its idnumber is empty"
    if is_unread:
        return "not known: the employee may have an account that cannot be read; do not create a second one"
    return "none matches: there is no account"


def _found(accounts: Sequence[Account], unread: Reason | None, none: str) -> str:
    if unread is not None:
        return f"cannot be read: {unread.text}"
    return ", ".join(f"{account.label}, auth {account.auth}" for account in accounts) or none


def _grounds(employee: Employee, account: Account, plan_input: PlanInput) -> Iterator[str]:
    if account.auth == plan_input.settings.auth:
        yield "its authentication is ours"
    if account.has_email(employee.facts.get("work_email", "")):
        yield "the e-mail agrees"
    if compare_names(employee, account, plan_input.settings.mapping).any:
        yield "a name agrees"
    if is_protected(account, plan_input.settings.protected):
        yield "it is protected"

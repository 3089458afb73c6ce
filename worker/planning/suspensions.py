"""Which accounts are suspended or reactivated, what the scope leaves alone, and when it may not suspend. Pure.

An account is suspended if the employee left, or if they are out of scope and the settings require it. It is reactivated
if the employee works here and this product suspended it, or an operator requests it.

A department that is renamed in BambooHR moves all its employees out of scope at once. So the runs remember as keys
(see :attr:`Scope.value_keys`) which listed values, and whether the scope as a whole, matched an employee. Keys contain
nothing about single employees.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from worker.model import account_reasons, reasons
from worker.model.account import Account
from worker.model.employee import Employee, starts_later
from worker.model.field_catalogue import is_by_api_name
from worker.model.history import NO_ACCOUNT
from worker.model.reasons import Reason
from worker.model.scope import ALL_EMPLOYEES, Scope, ScopeState
from worker.model.step import Action, FieldChange, Step
from worker.planning.matching import belong_to_others
from worker.planning.plan_context import PlanContext


def untouched_by_scope(context: PlanContext, employee: Employee) -> Step | None:
    """Return the step of an employee whose account the scope leaves alone; None for all others."""
    employee_id, state = employee.employee_id, context.plan_input.scope_states[employee.employee_id]
    if state is ScopeState.NOT_SHOWN:
        starts = starts_later(employee, context.plan_input.now)
        hidden = context.settings.scope.hidden_fields(employee.facts)
        why = reasons.STARTS_LATER if starts else reasons.scope_not_shown(hidden)
        return Step(employee_id, Action.HOLD, why, is_waiting=True)
    if state is ScopeState.OUT and not context.settings.suspends_out_of_scope:
        return Step(employee_id, Action.SKIP, _why_out(context, employee))
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


LEAVER_REASONS = SuspensionReasons(
    reasons.LEFT, reasons.ALREADY_SUSPENDED, reasons.LEFT_WITHOUT_ACCOUNT, reasons.LEAVER_UNSURE
)


def out_of_scope_reasons(context: PlanContext, employee: Employee) -> SuspensionReasons:
    """Return the reasons of an employee out of scope whose account is not left alone."""
    why = _why_out(context, employee)
    return SuspensionReasons(why, why, why, reasons.OUT_OF_SCOPE_UNSURE)


def suspension_step(context: PlanContext, employee: Employee, account: Account | None, why: SuspensionReasons) -> Step:
    """Return the step of an employee whose access ends."""
    employee_id = employee.employee_id
    without_account = Step(employee_id, Action.SKIP, why.without_account)
    if context.is_passed_on(account):
        return without_account
    if account is not None:
        return _suspension(employee_id, account, why)
    address = context.matching.address(employee)
    if no_answer := context.failed_lookups.get(("email", address)):
        return Step(employee_id, Action.CONFLICT, no_answer)
    candidates = context.matching.holders(address) if address else []
    if not candidates:
        if why is LEAVER_REASONS and "hire_date" not in employee.facts and not employee.deleted:
            return Step(employee_id, Action.HOLD, reasons.START_NOT_SHOWN, is_waiting=True)
        return without_account
    owners = context.matching.owners
    others = [owners[candidate.id] for candidate in candidates if candidate.id in owners]
    if belong_to_others(candidates, [*context.matching.other_employees_with(employee_id, address), *others]):
        return without_account
    if len(candidates) > 1:
        return Step(employee_id, Action.CONFLICT, account_reasons.several_accounts(candidates))
    candidate = candidates[0]
    if candidate.idnumber:
        taken = Step(employee_id, Action.CONFLICT, account_reasons.email_taken(candidate), candidate)
        return taken if why is LEAVER_REASONS else without_account
    if context.matching.is_protected(candidate):
        return Step(employee_id, Action.SKIP, reasons.PROTECTED, candidate)
    shared = set(context.plan_input.email_index.of(address)) - {employee_id}
    if shared or not context.matching.compare_names(employee, candidate).any:
        return Step(employee_id, Action.HOLD, why.unsure, candidate, is_waiting=True)
    return _suspension(employee_id, candidate, why)


def _suspension(employee_id: int, account: Account, why: SuspensionReasons) -> Step:
    if account.suspended:
        return Step(employee_id, Action.UNCHANGED, why.already, account)
    return Step(employee_id, Action.SUSPEND, why.suspended, account, (FieldChange("suspended", "0", "1"),))


def with_reactivation(context: PlanContext, step: Step) -> Step:
    """Return the step of an employee who works here, which also reactivates an account that this product suspended."""
    account, settings = step.account, context.settings
    if account is None or not account.suspended:
        return step
    record = context.plan_input.record(step.employee_id)
    # An earlier version recorded no account: it may have found this one by the address, as this run does.
    has_none = record.suspended_by_us and record.suspended_account_id == NO_ACCOUNT and not account.idnumber
    is_unrecorded = record.lacks_account_id or has_none
    if is_unrecorded or account.id in context.matching.accounts_suspended_by_us:
        reason = reasons.RETURNED
    elif settings.reactivate_all or step.employee_id in settings.reactivate_ids:
        reason = reasons.REACTIVATED
    else:
        return replace(step, notes=(*step.notes, reasons.SUSPENDED_ELSEWHERE))
    change = FieldChange("suspended", "1", "0")
    return replace(step, action=Action.REACTIVATE, reason=reason, changes=(*step.changes, change))


@dataclass
class ScopeTally:
    """What this run has read of the scope: the keys that match an employee, and the fields that are shown for one.

    `checked`: the keys whose fields were read for the whole company: one that was not found matches no employee.
    `has_company_rows`: all employees of the company were read.
    """

    scope: Scope = ALL_EMPLOYEES
    found: set[str] = field(default_factory=set)
    checked: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    has_company_rows: bool = False

    def add(self, keys: Iterable[str], shown: Collection[str], *, whole_company: bool = True) -> None:
        """Add the keys that a source's employees match. `whole_company`: the source has all active employees."""
        readable = {key for key, fields in self.scope.value_keys.items() if fields.issubset(shown)}
        self.found |= readable.intersection(keys)
        if whole_company:
            self.checked |= readable

    def add_rows(self, rows: Iterable[Mapping[str, str]], *, whole_company: bool = True) -> None:
        """Add a source whose rows hold only what they show."""
        if not self.scope:
            return
        keys: set[str] = set()
        shown: set[str] = set()
        for facts in rows:
            keys |= self.scope.matched_keys(facts)
            shown.update(facts)
        self.shown |= shown
        self.has_company_rows |= whole_company
        self.add(keys, shown, whole_company=whole_company)

    def merge(self, other: ScopeTally) -> None:
        """Add what another tally of the same scope has read."""
        self.found |= other.found
        self.checked |= other.checked
        self.shown |= other.shown
        self.has_company_rows |= other.has_company_rows

    def never_shown(self) -> list[str]:
        """Return the fields known to be shown for no employee, without those that are read for single employees."""
        hidden = [name for name in self.scope.fields if name not in self.shown and not is_by_api_name(name)]
        return hidden if self.has_company_rows else []

    def unmatched(self) -> list[str]:
        """Return the allowed values that match no employee of the company, with their fields."""
        return _values(self.scope.allowed_values(), self.absent)

    def vanished(self, before: Collection[str]) -> list[str]:
        """Return the excluded values that matched an employee in an earlier run and match none any more."""
        return _values(self.scope.excluded_values(), self.absent.intersection(before))

    @property
    def absent(self) -> set[str]:
        """The keys that match no employee of the company."""
        return self.checked - self.found


def _values(listed: Iterable[tuple[str, str, str]], keys: Collection[str]) -> list[str]:
    """Return the listed values that have one of these keys, with their fields."""
    return [f'{field} "{value}"' for key, field, value in listed if key in keys]


def scope_doubts(tally: ScopeTally, before: Collection[str]) -> list[str]:
    """Return why suspensions for the scope need an approval, if they do, by the keys that matched in earlier runs."""
    scope = tally.scope
    if not scope:
        return []
    found = []
    if scope.whole_key in tally.absent:
        found.append("the scope matches no employee")
    elif scope.whole_key not in tally.found and scope.whole_key not in before:
        found.append("no run has seen an employee in scope yet, and this run does not read the whole company")
    return found + [
        f"no employee has the {value} any more, although the scope allows it: it may have been renamed"
        for value in _values(scope.allowed_values(), tally.absent.intersection(before))
    ]


def keys_to_remember(tally: ScopeTally, before: Collection[str]) -> tuple[str, ...]:
    """Return the keys for later runs. One that matched before stays until the setting drops its value."""
    return tuple(sorted(tally.found.union(before).intersection(tally.scope.value_keys)))

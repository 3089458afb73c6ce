"""Why is this employee treated so? Everything a run knows of one employee, in words. Pure.

The result is sections of lines, each a name and a text. Personal values are included only on request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from worker import advice
from worker.model import reasons
from worker.model.account import Account, AccountKey
from worker.model.employee import Employee, LifecycleState
from worker.model.field_catalogue import EVIDENCE, FIELDS
from worker.model.held_change import HeldChanges
from worker.model.history import EmployeeRecord
from worker.model.journal_entry import JournalEntry
from worker.model.mapping import Rule
from worker.model.reasons import UNCONFIRMED, Reason
from worker.model.scope import ScopeState
from worker.model.step import WRITES, Action, Step
from worker.planning.digests import part_digest
from worker.planning.guards import parts_of_plan
from worker.planning.matching import is_reserved, match_by_idnumber
from worker.planning.names import compare_names
from worker.planning.plan_input import PlanInput
from worker.planning.planner import Plan
from worker.reports.build import would
from worker.reports.scope_lines import scope_lines, shown_value
from worker.runs.run_input import RunInput
from worker.timestamps import iso

_STANDINGS = {
    LifecycleState.ACTIVE: "works here",
    LifecycleState.LEFT: "has left: BambooHR says Inactive or Deleted",
    LifecycleState.FUTURE: "has not started yet: Inactive, and the first day is today or later (or was when shown)",
    LifecycleState.UNKNOWN: "unknown: BambooHR says neither Active nor Inactive, and absence proves nothing",
}
_RUNS_SHOWN = 10
_SUSPENDED = {"1": "active -> suspended", "0": "suspended -> active"}


@dataclass(frozen=True)
class EmployeeContext:
    """What is known of one employee."""

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
        """What the plan was made from."""
        return self.plan.plan_input

    @property
    def step(self) -> Step:
        """What would be done."""
        return self.plan.step(self.employee_id)

    @property
    def holding(self) -> dict[str, str]:
        """The classes in which a change is held that is still due, and the latest run that held it."""
        step, parts = self.step, parts_of_plan(self.plan).get(self.employee_id, ())
        due = [part.changes for part in parts] + [part.changes for part in step.held]
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
        """A value, or that there is one."""
        return shown_value(text, shows_values=self.shows_values)


def explain(known: EmployeeContext) -> dict[str, Mapping[str, str]]:
    """The sections, in the order in which they are read."""
    scope = scope_lines(known.plan_input.settings, known.employee.facts, shows_values=known.shows_values)
    return {
        "BambooHR": dict(_bamboo(known)),
        **({"Scope": dict(scope)} if known.plan_input.settings.scope else {}),
        "Account": dict(_account(known)),
        "Mapping": dict(_mapping(known)),
        "What would be done": dict(_step(known)),
        "What holds it": dict(_holds(known)),
        "Remembered": dict(_remembered(known.record)),
        "What the last runs did": dict(_history(known)),
    }


def _bamboo(known: EmployeeContext) -> Iterator[tuple[str, str]]:
    employee, plan_input = known.employee, known.plan_input
    yield (
        "directory",
        "shows the employee" if employee.listed else "does not show the employee (hidden, left, or not started)",
    )
    unread = "was not needed: the directory shows everything" if employee.listed else "shows no row"
    yield "List Employees or Get Employee", "shows a row" if employee.evidenced else unread
    change = next((one for one in known.inputs.feed.changes if one.employee_id == known.employee_id), None)
    if change is None:
        yield "changed feed", "has not named the employee since the time in the state (since)"
    else:
        when = f" at {iso(change.at)}" if change.at else ""
        yield "changed feed", f"says {'Deleted' if change.deleted else 'changed'}{when}"
    if employee.was_deleted:
        yield "earlier feed", "said Deleted"
    yield "standing", _STANDINGS[plan_input.lifecycle_states[known.employee_id]]
    settings = plan_input.settings
    for field in dict.fromkeys((*EVIDENCE, *settings.mapping.fields, *settings.scope.fields)):
        if field in employee.facts:
            # Whether an employee works here, and since when, is what the explanation is about: always shown.
            text = repr(employee.facts[field]) if field in EVIDENCE else known.value(employee.facts[field])
        elif field in employee.restricted:
            text = "NOT SHOWN: restricted for the key's user"
        elif employee.listed and not employee.evidenced and field in FIELDS and not FIELDS[field].directory:
            text = "not requested: the directory does not have it, and the employee's record was not needed"
        elif employee.listed and not employee.evidenced and field == "status":
            text = "not needed: the directory lists the employee and shows no status"
        else:
            text = "NOT SHOWN"
        yield field, text


def _account(known: EmployeeContext) -> Iterator[tuple[str, str]]:
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


def _mapping(known: EmployeeContext) -> Iterator[tuple[str, str]]:
    account = known.step.account
    changed = {change.field for change in known.step.changes}
    not_kept = dict(known.step.not_kept)
    for rule in known.plan_input.settings.mapping.rules:
        text = _source(rule, known)
        if account is not None:
            text += f"; in Moodle: {known.value(account.values.get(rule.target, ''))}"
        if not rule.is_updated:
            text += "; only when the account is created"
        if rule.target in not_kept:
            text += "; NOT KEPT BY MOODLE"
        yield rule.target, text + ("; WILL CHANGE" if rule.target in changed else "")


def _source(rule: Rule, known: EmployeeContext) -> str:
    facts = known.employee.facts
    hidden = next((source for source in rule.sources if source not in facts), None)
    source = next((source for source in rule.sources if facts.get(source)), None)
    if hidden is not None and (source is None or rule.sources.index(hidden) < rule.sources.index(source)):
        return f"from {hidden}, which is not shown: left as it is"
    if rule.refused_value(facts):
        lacking = "its map does not have" if rule.table else "Moodle does not accept"
        return f"from {source}: a value that {lacking}: left as it is"
    if source is not None:
        return f"from {source}: {known.value(rule.value(facts) or '')}"
    return f"{', '.join(rule.sources)} empty: {known.value(rule.default)}"


def _step(known: EmployeeContext) -> Iterator[tuple[str, str]]:
    step, number = known.step, known.employee_id
    held = list(known.holding) or [str(guard_class) for guard_class in step.held_classes]
    action = would(step) if step.is_whole_held else step.action.value
    yield "action", action + (f" (held: {', '.join(held)})" if held else "")
    yield "because", step.reason.text
    if step.reason.advice:
        yield "what to do", step.reason.in_run(known.holding.get(UNCONFIRMED, "RUN")).advice_for(number)
    changes = [(change, "") for change in step.changes]
    changes += [(change, f" (held: {part.guard_class})") for part in step.held for change in part.changes]
    for change, hold in changes:
        old = "no account yet" if change.old is None else known.value(change.old)
        text = f"{old} -> {known.value(change.new)}"
        if change.old and change.new and not known.shows_values:
            text = "differs (the values: --show-values)"
        yield f"field {change.field}", (_SUSPENDED[change.new] if change.field == "suspended" else text) + hold
    if step.problem is not None and step.problem != step.reason:
        yield "problem", f"{step.problem.text}; {step.problem.advice_for(number)}"
    for at, note in enumerate(step.notes, 1):
        yield f"note {at}", "; ".join(part for part in (note.text, note.advice_for(number)) if part)
    if step.depends_on:
        yield "waits for", ", ".join(f"employee {number}" for number in sorted(step.depends_on))


def _holds(known: EmployeeContext) -> Iterator[tuple[str, str]]:
    number, settings = known.employee_id, known.plan_input.settings
    protected = str(number) in settings.protected or known.step.reason is reasons.PROTECTED
    if str(number) in settings.protected:
        yield "protected", "PROTECTED_ACCOUNTS names the employee id"
    elif protected:
        yield "protected", "the account is Moodle's own, cannot be logged in with, or is named by PROTECTED_ACCOUNTS"
    if number in known.inputs.undone:
        release = advice.command("people", "retry", str(number))
        yield "undone", f"an operator undid a run, and every run leaves the employee alone; to release them: {release}"
    for guard_class, run_id in known.holding.items():
        approve = "release the employee first"
        if number not in known.inputs.undone:
            approve = advice.command("approve", run_id, "--employee", str(number))
        if guard_class == UNCONFIRMED:
            why = f"the run {run_id} could not tell whose account it is"
            yield guard_class, f"{why}; if it is the employee's: {approve}"
        else:
            yield f"{guard_class} held", f"by a guard in the run {run_id}; if the change is right: {approve}"
    if not known.holding and number not in known.inputs.undone and not protected:
        yield (
            "nothing",
            "the next run that takes the employee does what is shown above, unless a guard holds it"
            if known.step.action in WRITES
            else "neither a guard nor an operator",
        )


def _remembered(employee: EmployeeRecord | None) -> Iterator[tuple[str, str]]:
    if employee is None:
        yield "nothing", "nothing is remembered about this employee"
        return
    for flag, detail in employee.follow_ups.items():
        yield str(flag), detail.note or "yes"
    if employee.attempts:
        yield "refused by Moodle", f"in {employee.attempts} consecutive runs"
    if employee.deleted:
        yield "deleted", "an earlier feed said so"
    if employee.suspended_at:
        when = _when(employee.suspended_at)
        yield "suspended", f"by this product, {when}" if employee.suspended_by_us else f"{when}, and active again since"
    if employee.undone_at:
        yield "a run was undone", _when(employee.undone_at)
    if employee.not_kept:
        yield "not kept by Moodle", ", ".join(sorted(employee.not_kept))


def _history(known: EmployeeContext) -> Iterator[tuple[str, str]]:
    writes = [(run_id, entry) for run_id, entry in known.journal if not entry.is_read_back]
    if not writes:
        yield "nothing", "no run in the last 90 days wrote to the account of this employee id"
    for run_id, entry in writes[-_RUNS_SHOWN:]:
        fields = ", ".join(
            f"{change.field} {change.old!r} -> {change.new!r}" if known.shows_values else change.field
            for change in entry.changes
        )
        refused = "NOT WRITTEN (refused, or not sent): " if entry.is_failed else ""
        yield run_id, f"{_when(entry.at)} {refused}{entry.action.value}: {fields}"


def _when(seconds: int) -> str:
    return iso(datetime.fromtimestamp(seconds, UTC))

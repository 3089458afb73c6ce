"""The plan: what becomes of everybody, with reasons and field changes. Pure: no I/O, no clock.

It is one list of :class:`worker.model.step.Step`, and the only one: dry run, guards, writing and reports all use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from worker.model import reasons
from worker.model.account import Account
from worker.model.employee import Employee, LifecycleState, employee_id, starts_later, starts_within
from worker.model.mapping import username
from worker.model.moodle_fields import is_email, is_username
from worker.model.reasons import Reason
from worker.model.step import WRITES, Action, FieldChange, Step
from worker.planning.claims import Claim, Claims, Resolution, address_claims, username_claims
from worker.planning.correlation import AccountIndex, Match, is_passed_on, is_reserved, match_by_idnumber, names_agree
from worker.planning.plan_input import PlanInput

_NAMES = ("firstname", "lastname")


def idnumbers_wanted(plan_input: PlanInput) -> list[str]:
    """The first look-up: everybody about whom something may be written."""
    return [str(employee.employee_id) for employee in plan_input.employees if plan_input.is_writable(employee)]


def accounts_wanted(plan_input: PlanInput) -> list[str]:
    """Beside it: accounts that this product suspended, though no idnumber says whose they are."""
    employees = ((employee, plan_input.remembered.get(employee.employee_id)) for employee in plan_input.employees)
    return [
        str(known.account_id)
        for employee, known in employees
        if known and known.account_id and plan_input.is_writable(employee)
    ]


def addresses_wanted(plan_input: PlanInput) -> list[str]:
    """The second look-up: those not found by idnumber, and those whose address would be new."""
    view = Planner(plan_input)
    return [address for employee in plan_input.employees if (address := view.address_in_question(employee))]


def competing_employees(plan_input: PlanInput) -> set[int]:
    """Employees outside the run whose accounts hold an address that somebody in it claims.

    They may have been given another address since their turn in this window: with them in the run it is free.
    """
    view = Planner(plan_input)
    claims = view.address_claims.claims.values()
    owners = {employee_id(account.idnumber) for claim in claims for account in view.holders(claim.value)}
    return {owner for owner in owners if owner is not None} - {
        employee.employee_id for employee in plan_input.employees
    }


def usernames_wanted(plan_input: PlanInput) -> list[str]:
    """The third look-up: the user names of new and of renamed accounts."""
    view = Planner(plan_input)
    return [claim.value for claim in view.username_claims.claims.values()]


def make_plan(plan_input: PlanInput) -> list[Step]:
    """One step for every person, in the order of the people."""
    view = Planner(plan_input)
    return [_until_her_first_day(view.step(employee), employee, plan_input.now) for employee in plan_input.employees]


def _until_her_first_day(step: Step, employee: Employee, now: datetime) -> Step:
    """Somebody with an account before her first day is looked at again until then.

    BambooHR shows her job from that day on, and whether the feed says so is not documented.
    """
    early = step.action in WRITES or step.action is Action.UNCHANGED
    return replace(step, waits=True) if early and starts_later(employee, now) else step


class Planner:
    """One reading of the world: who stands how, who has which account, who claims what."""

    def __init__(self, plan_input: PlanInput) -> None:
        self.plan_input = plan_input
        self.settings = plan_input.settings
        self.mapping = plan_input.settings.mapping
        self.lifecycle_states = {
            employee.employee_id: plan_input.lifecycle_state(employee) for employee in plan_input.employees
        }
        self._leavers = {
            number for number, lifecycle in self.lifecycle_states.items() if lifecycle is LifecycleState.LEFT
        }
        self._known = AccountIndex(plan_input.accounts.values())
        self.matches = {employee.employee_id: self._match(employee) for employee in plan_input.employees}
        self.owners = {match.account.id: number for number, match in self.matches.items() if match.account is not None}
        self.address_claims = self._claim_addresses()
        self.username_claims = self._claim_usernames()

    def _match(self, employee: Employee) -> Match:
        if not self.plan_input.is_writable(employee):
            return Match()
        candidates = self._known.by_idnumber(str(employee.employee_id))
        match = match_by_idnumber(employee, candidates, self.settings.auth, self.settings.protected)
        return match if match != Match() else Match(self._suspended_by_us(employee))

    def _suspended_by_us(self, employee: Employee) -> Account | None:
        """The account without idnumber that this product suspended, unless another one has her address now."""
        known, address = self.plan_input.remembered.get(employee.employee_id), self._address(employee)
        account = self.plan_input.accounts.get(known.account_id) if known else None
        if account is None or any(holder.id != account.id for holder in self.holders(address) if address):
            return None
        is_hers = known is not None and known.suspended_by_us and names_agree(employee, account)
        return account if is_hers and account.suspended and not account.idnumber and not account.is_deleted else None

    # Addresses and user names

    def address_in_question(self, employee: Employee) -> str:
        """The address whose holders have to be known; "" if it does not matter who has it."""
        lifecycle = self.lifecycle_states[employee.employee_id]
        match = self.matches[employee.employee_id]
        if match.conflict is not None or not self.plan_input.is_writable(employee):
            return ""
        address = self._address(employee)
        account = match.account
        if account is None:
            return address
        follows = lifecycle is LifecycleState.ACTIVE and self._email_follows and not self._is_reserved(account)
        return address if follows and not account.has_email(address) else ""

    @property
    def _email_follows(self) -> bool:
        rule = self.mapping.rule("email")
        return rule is not None and rule.when == "always"

    def _is_reserved(self, account: Account) -> bool:
        return is_reserved(account, self.settings.protected)

    def _address(self, employee: Employee) -> str:
        """Her work e-mail, if Moodle would take it."""
        address = employee.facts.get("work_email", "")
        return address if is_email(address) else ""

    def _may_hold_account(self, employee: Employee) -> bool:
        lifecycle = self.lifecycle_states[employee.employee_id]
        if lifecycle is LifecycleState.FUTURE:
            return starts_within(employee, self.plan_input.now, self.settings.hire_lookahead_days)
        return lifecycle is LifecycleState.ACTIVE

    def _claim_addresses(self) -> Claims:
        claims = [
            Claim(employee.employee_id, address, self.matches[employee.employee_id].account)
            for employee in self.plan_input.employees
            if self._may_hold_account(employee) and (address := self.address_in_question(employee))
        ]
        return address_claims(claims, self.holders, self.owners, self._disputed)

    def holders(self, address: str) -> list[Account]:
        """The accounts that have an address now."""
        return self._known.by_email(address)

    def others_with(self, employee: int, address: str) -> list[int]:
        """Everybody else in the company who bears an address; leavers do not count."""
        return [
            other
            for other in self.plan_input.email_index.of(address)
            if other != employee and other not in self._leavers
        ]

    def _disputed(self, claim: Claim) -> Reason | None:
        others = self.others_with(claim.employee_id, claim.value)
        return reasons.email_disputed(others[0]) if others else None

    def _claim_usernames(self) -> Claims:
        claims = []
        for employee in self.plan_input.employees:
            account = self.matches[employee.employee_id].account
            name = self._new_username(employee) if account is None else self._following_username(employee, account)
            if is_username(name) and (account is None or name != account.username):
                claims.append(Claim(employee.employee_id, name, account))
        return username_claims(claims, self._known.by_username, self.owners, self.address_claims.depends_on)

    def _new_username(self, employee: Employee) -> str:
        """The user name of an account that is to be made; "" if none is."""
        number = employee.employee_id
        if number not in self.address_claims.claims:
            return ""
        resolution = self.address_claims.resolution(number)
        if resolution.refused is not None or resolution.kept_by:
            return ""
        wanted = self._wanted(employee)
        return self._username(employee, self._address(employee), wanted) if all(map(wanted.get, _NAMES)) else ""

    def _following_username(self, employee: Employee, account: Account) -> str:
        """The user name that follows the account's values, if the present one does; "" otherwise."""
        if self.lifecycle_states[employee.employee_id] is not LifecycleState.ACTIVE or self._is_reserved(account):
            return ""
        now = account.values
        template = self.mapping.username_template
        made = username(template, account.idnumber, account.email, now["firstname"], now["lastname"])
        if account.username != made:
            return ""
        email, _ = self._new_email(employee, account)
        return self._username(employee, email or account.email, {**now, **self._kept(employee)})

    def _username(self, employee: Employee, email: str, values: Mapping[str, str]) -> str:
        template = self.mapping.username_template
        return username(template, employee.employee_id, email, values["firstname"], values["lastname"])

    def _wanted(self, employee: Employee) -> dict[str, str]:
        """What the mapping makes of what BambooHR shows."""
        values = {rule.target: rule.value(employee.facts) for rule in self.mapping.rules}
        return {target: value for target, value in values.items() if value is not None}

    def _kept(self, employee: Employee) -> dict[str, str]:
        """What is kept in step on an account that exists. Names are never blanked; the address has its own rules."""
        always = {rule.target for rule in self.mapping.rules if rule.when == "always"} - {"email"}
        wanted = self._wanted(employee).items()
        return {target: value for target, value in wanted if target in always and (value or target not in _NAMES)}

    # Steps

    def step(self, employee: Employee) -> Step:
        """What becomes of one person."""
        number = employee.employee_id
        match = self.matches[number]
        if str(number) in self.settings.protected:
            return Step(number, Action.SKIP, reasons.PROTECTED)
        if number in self.settings.undone:
            return Step(number, Action.HOLD, reasons.UNDONE)
        lifecycle = self.lifecycle_states[number]
        if lifecycle is LifecycleState.UNKNOWN:
            erased = employee.deleted or (employee.was_deleted and employee.is_shown)
            why = reasons.DELETED_BUT_SHOWN if erased else reasons.NO_EVIDENCE
            return Step(number, Action.HOLD, why, waits=True)
        if match.conflict is not None:
            return Step(number, Action.CONFLICT, match.conflict)
        if match.account is not None and self._is_reserved(match.account):
            return Step(number, Action.SKIP, reasons.PROTECTED, match.account)
        if lifecycle is LifecycleState.LEFT:
            return self._leaver(employee, match.account)
        if match.account is not None:
            if lifecycle is LifecycleState.FUTURE:
                return Step(number, Action.HOLD, self._not_started(employee), match.account, waits=True)
            return self._kept_in_step(employee, match.account, linked=False)
        return self._newcomer(employee, lifecycle)

    def _not_started(self, employee: Employee) -> Reason:
        return reasons.STARTS_LATER if starts_later(employee, self.plan_input.now) else reasons.START_NOT_SHOWN

    def _leaver(self, employee: Employee, account: Account | None) -> Step:
        number = employee.employee_id
        if account is not None:
            return self._suspension(number, account)
        address = self._address(employee)
        candidates = self.holders(address) if address else []
        if not candidates:
            if "hire_date" not in employee.facts and not employee.deleted:
                return Step(number, Action.HOLD, reasons.START_NOT_SHOWN, waits=True)
            return Step(number, Action.SKIP, reasons.LEFT_WITHOUT_ACCOUNT)
        others = self.others_with(number, address)
        owners = [self.owners[candidate.id] for candidate in candidates if candidate.id in self.owners]
        if is_passed_on(candidates, [*others, *owners]):
            return Step(number, Action.SKIP, reasons.LEFT_WITHOUT_ACCOUNT)
        if len(candidates) > 1:
            return Step(number, Action.CONFLICT, reasons.several_accounts(candidates))
        candidate = candidates[0]
        if candidate.idnumber:
            return Step(number, Action.CONFLICT, reasons.email_taken(candidate), candidate)
        if self._is_reserved(candidate):
            return Step(number, Action.SKIP, reasons.PROTECTED, candidate)
        if set(self.plan_input.email_index.of(address)) - {number} or not names_agree(employee, candidate):
            return Step(number, Action.HOLD, reasons.LEAVER_UNSURE, candidate, waits=True)
        return self._suspension(number, candidate)

    def _suspension(self, number: int, account: Account) -> Step:
        if account.suspended:
            return Step(number, Action.UNCHANGED, reasons.ALREADY_SUSPENDED, account)
        return Step(number, Action.SUSPEND, reasons.LEFT, account, (FieldChange("suspended", "0", "1"),))

    def _newcomer(self, employee: Employee, lifecycle: LifecycleState) -> Step:
        """Somebody without an account of her own by idnumber: link, create, or say why not."""
        number = employee.employee_id
        if not self._may_hold_account(employee):
            return Step(number, Action.HOLD, self._not_started(employee), waits=True)
        address = self._address(employee)
        if not address:
            return self._without_address(employee)
        resolution = self.address_claims.resolution(number)
        if resolution.refused is not None:
            return Step(number, Action.CONFLICT, resolution.refused)
        if resolution.kept_by:
            return self._found_by_email(employee, lifecycle, resolution)
        return self._creation(employee, address, resolution)

    def _without_address(self, employee: Employee) -> Step:
        number = employee.employee_id
        if "work_email" not in employee.facts:
            return Step(number, Action.HOLD, reasons.field_not_shown(["work_email"]), waits=True)
        why = reasons.INVALID_EMAIL if employee.facts["work_email"] else reasons.NO_EMAIL
        return Step(number, Action.SKIP, why)

    def _found_by_email(self, employee: Employee, lifecycle: LifecycleState, resolution: Resolution) -> Step:
        number = employee.employee_id
        candidates = resolution.kept_by
        if len(candidates) > 1:
            return Step(number, Action.CONFLICT, reasons.several_accounts(candidates))
        account = candidates[0]
        if self._is_reserved(account):
            return Step(number, Action.SKIP, reasons.PROTECTED, account)
        if account.idnumber:
            return Step(number, Action.CONFLICT, reasons.email_taken(account), account)
        if lifecycle is LifecycleState.FUTURE:
            return Step(number, Action.HOLD, self._not_started(employee), account, waits=True)
        if not self.plan_input.sees_whole_company and not names_agree(employee, account):
            return Step(number, Action.HOLD, reasons.LINK_UNSURE, account, waits=True)
        return self._kept_in_step(employee, account, linked=True)

    def _creation(self, employee: Employee, address: str, resolution: Resolution) -> Step:
        number = employee.employee_id
        wanted = self._wanted(employee)
        unknown = [rule for rule in self.mapping.rules if rule.target in _NAMES and rule.target not in wanted]
        if unknown:
            hidden = {source for rule in unknown for source in rule.sources} - employee.facts.keys()
            return Step(number, Action.HOLD, reasons.field_not_shown(hidden), waits=True)
        if not all(wanted[name] for name in _NAMES):
            return Step(number, Action.SKIP, reasons.NO_NAME)
        name = self._username(employee, address, wanted)
        if not is_username(name):
            return Step(number, Action.SKIP, reasons.INVALID_USERNAME)
        claim = self.username_claims.resolution(number)
        refused = claim.refused or (reasons.username_taken(claim.kept_by[0].name) if claim.kept_by else None)
        if refused is not None:
            return Step(number, Action.CONFLICT, refused)
        values = {"auth": self.settings.auth, "idnumber": str(number), "username": name}
        values.update({target: value for target, value in wanted.items() if value and target != "email"})
        values["email"] = address
        changes = tuple(FieldChange(target, None, value) for target, value in values.items())
        return Step(
            number, Action.CREATE, reasons.NEW, changes=changes, depends_on=resolution.depends_on | claim.depends_on
        )

    def _kept_in_step(self, employee: Employee, account: Account, *, linked: bool) -> Step:
        """Somebody who works here and has an account: send what differs, nothing else."""
        number = employee.employee_id
        new = {"idnumber": str(number), **self._kept(employee)}
        step = Step(number, Action.UPDATE, reasons.LINKED if linked else reasons.DIFFERS, account)
        email, step = self._email_change(employee, account, step)
        if email:
            new["email"] = email
        if not linked:
            rename, step = self._rename(employee, account, step)
            if rename:
                new["username"] = rename
        present = {**account.values, "idnumber": account.idnumber, "username": account.username}
        changes = [
            FieldChange(name, present.get(name, ""), value)
            for name, value in new.items()
            if value != present.get(name, "")
        ]
        return self._finished(self._reactivated(replace(step, changes=tuple(changes))))

    def _new_email(self, employee: Employee, account: Account) -> tuple[str, Resolution]:
        """The address to send, "" for none, and the grant for it."""
        address = self._address(employee)
        if not address or not self._email_follows:
            return "", Resolution()
        if account.has_email(address):
            return address, Resolution()
        resolution = self.address_claims.resolution(employee.employee_id)
        return ("" if resolution.refused else address), resolution

    def _email_change(self, employee: Employee, account: Account, step: Step) -> tuple[str, Step]:
        if employee.facts.get("work_email") and not self._address(employee):
            step = replace(step, notes=(*step.notes, reasons.EMAIL_KEPT))
        email, resolution = self._new_email(employee, account)
        return email, replace(step, problem=resolution.refused, depends_on=step.depends_on | resolution.depends_on)

    def _rename(self, employee: Employee, account: Account, step: Step) -> tuple[str, Step]:
        name = self._following_username(employee, account)
        if not name or name == account.username:
            return "", step
        if not is_username(name):
            return "", replace(step, notes=(*step.notes, reasons.username_kept(account)))
        resolution = self.username_claims.resolution(employee.employee_id)
        if resolution.refused is not None:
            return "", replace(step, problem=step.problem or resolution.refused)
        return name, replace(step, depends_on=step.depends_on | resolution.depends_on)

    def _reactivated(self, step: Step) -> Step:
        account = step.account
        if account is None or not account.suspended:
            return step
        memory = self.plan_input.remembered.get(step.employee_id)
        if memory is not None and memory.suspended_by_us:
            reason = reasons.RETURNED
        elif self.settings.reactivate_all or step.employee_id in self.settings.reactivate:
            reason = reasons.REACTIVATED
        else:
            return replace(step, notes=(*step.notes, reasons.SUSPENDED_ELSEWHERE))
        change = FieldChange("suspended", "1", "0")
        return replace(step, action=Action.REACTIVATE, reason=reason, changes=(*step.changes, change))

    def _finished(self, step: Step) -> Step:
        if step.changes:
            return step
        if step.problem is not None:
            return replace(step, action=Action.CONFLICT, reason=step.problem)
        return replace(step, action=Action.UNCHANGED, reason=reasons.IN_STEP)

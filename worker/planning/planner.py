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


def idnumbers_wanted(world: PlanInput) -> list[str]:
    """The first look-up: everybody about whom something may be written."""
    return [str(person.employee_id) for person in world.people if world.is_writable(person)]


def accounts_wanted(world: PlanInput) -> list[str]:
    """Beside it: accounts that this product suspended, though no idnumber says whose they are."""
    people = ((person, world.remembered.get(person.employee_id)) for person in world.people)
    return [str(known.account) for person, known in people if known and known.account and world.is_writable(person)]


def addresses_wanted(world: PlanInput) -> list[str]:
    """The second look-up: those not found by idnumber, and those whose address would be new."""
    view = Planner(world)
    return [address for person in world.people if (address := view.address_in_question(person))]


def competing_employees(world: PlanInput) -> set[int]:
    """Employees outside the run whose accounts hold an address that somebody in it claims.

    They may have been given another address since their turn in this window: with them in the run it is free.
    """
    view = Planner(world)
    claims = view.address_claims.claims.values()
    owners = {employee_id(account.idnumber) for claim in claims for account in view.holders(claim.value)}
    return {owner for owner in owners if owner is not None} - {person.employee_id for person in world.people}


def usernames_wanted(world: PlanInput) -> list[str]:
    """The third look-up: the user names of new and of renamed accounts."""
    view = Planner(world)
    return [claim.value for claim in view.username_claims.claims.values()]


def make_plan(world: PlanInput) -> list[Step]:
    """One step for every person, in the order of the people."""
    view = Planner(world)
    return [_until_her_first_day(view.step(person), person, world.now) for person in world.people]


def _until_her_first_day(step: Step, person: Employee, now: datetime) -> Step:
    """Somebody with an account before her first day is looked at again until then.

    BambooHR shows her job from that day on, and whether the feed says so is not documented.
    """
    early = step.action in WRITES or step.action is Action.UNCHANGED
    return replace(step, waits=True) if early and starts_later(person, now) else step


class Planner:
    """One reading of the world: who stands how, who has which account, who claims what."""

    def __init__(self, world: PlanInput) -> None:
        self.world = world
        self.policy = world.policy
        self.mapping = world.policy.mapping
        self.lifecycle_states = {person.employee_id: world.lifecycle_state(person) for person in world.people}
        self._leavers = {number for number, stands in self.lifecycle_states.items() if stands is LifecycleState.LEFT}
        self._known = AccountIndex(world.accounts.values())
        self.matches = {person.employee_id: self._match(person) for person in world.people}
        self.owners = {match.account.id: number for number, match in self.matches.items() if match.account is not None}
        self.address_claims = self._claim_addresses()
        self.username_claims = self._claim_usernames()

    def _match(self, person: Employee) -> Match:
        if not self.world.is_writable(person):
            return Match()
        candidates = self._known.by_idnumber(str(person.employee_id))
        match = match_by_idnumber(person, candidates, self.policy.auth, self.policy.protected)
        return match if match != Match() else Match(self._suspended_by_us(person))

    def _suspended_by_us(self, person: Employee) -> Account | None:
        """The account without idnumber that this product suspended, unless another one has her address now."""
        known, address = self.world.remembered.get(person.employee_id), self._address(person)
        account = self.world.accounts.get(known.account) if known else None
        if account is None or any(holder.id != account.id for holder in self.holders(address) if address):
            return None
        is_hers = known is not None and known.suspended_by_us and names_agree(person, account)
        return account if is_hers and account.suspended and not account.idnumber and not account.is_deleted else None

    # Addresses and user names

    def address_in_question(self, person: Employee) -> str:
        """The address whose holders have to be known; "" if it does not matter who has it."""
        stands = self.lifecycle_states[person.employee_id]
        match = self.matches[person.employee_id]
        if match.conflict is not None or not self.world.is_writable(person):
            return ""
        address = self._address(person)
        account = match.account
        if account is None:
            return address
        follows = stands is LifecycleState.ACTIVE and self._email_follows and not self._is_reserved(account)
        return address if follows and not account.bears(address) else ""

    @property
    def _email_follows(self) -> bool:
        rule = self.mapping.rule("email")
        return rule is not None and rule.when == "always"

    def _is_reserved(self, account: Account) -> bool:
        return is_reserved(account, self.policy.protected)

    def _address(self, person: Employee) -> str:
        """Her work e-mail, if Moodle would take it."""
        address = person.facts.get("work_email", "")
        return address if is_email(address) else ""

    def _may_hold_account(self, person: Employee) -> bool:
        stands = self.lifecycle_states[person.employee_id]
        if stands is LifecycleState.FUTURE:
            return starts_within(person, self.world.now, self.policy.hire_lookahead_days)
        return stands is LifecycleState.ACTIVE

    def _claim_addresses(self) -> Claims:
        claims = [
            Claim(person.employee_id, address, self.matches[person.employee_id].account)
            for person in self.world.people
            if self._may_hold_account(person) and (address := self.address_in_question(person))
        ]
        return address_claims(claims, self.holders, self.owners, self._disputed)

    def holders(self, address: str) -> list[Account]:
        """The accounts that have an address now."""
        return self._known.by_email(address)

    def others_with(self, person: int, address: str) -> list[int]:
        """Everybody else in the company who bears an address; leavers do not count."""
        return [other for other in self.world.email_index.of(address) if other != person and other not in self._leavers]

    def _disputed(self, claim: Claim) -> Reason | None:
        others = self.others_with(claim.employee_id, claim.value)
        return reasons.email_disputed(others[0]) if others else None

    def _claim_usernames(self) -> Claims:
        claims = []
        for person in self.world.people:
            account = self.matches[person.employee_id].account
            name = self._new_username(person) if account is None else self._following_username(person, account)
            if is_username(name) and (account is None or name != account.username):
                claims.append(Claim(person.employee_id, name, account))
        return username_claims(claims, self._known.by_username, self.owners, self.address_claims.after)

    def _new_username(self, person: Employee) -> str:
        """The user name of an account that is to be made; "" if none is."""
        number = person.employee_id
        if number not in self.address_claims.claims:
            return ""
        grant = self.address_claims.grant(number)
        if grant.refused is not None or grant.stays:
            return ""
        wanted = self._wanted(person)
        return self._username(person, self._address(person), wanted) if all(map(wanted.get, _NAMES)) else ""

    def _following_username(self, person: Employee, account: Account) -> str:
        """The user name that follows the account's values, if the present one does; "" otherwise."""
        if self.lifecycle_states[person.employee_id] is not LifecycleState.ACTIVE or self._is_reserved(account):
            return ""
        now = account.values
        template = self.mapping.username_template
        made = username(template, account.idnumber, account.email, now["firstname"], now["lastname"])
        if account.username != made:
            return ""
        email, _ = self._new_email(person, account)
        return self._username(person, email or account.email, {**now, **self._kept(person)})

    def _username(self, person: Employee, email: str, values: Mapping[str, str]) -> str:
        template = self.mapping.username_template
        return username(template, person.employee_id, email, values["firstname"], values["lastname"])

    def _wanted(self, person: Employee) -> dict[str, str]:
        """What the mapping makes of what BambooHR shows."""
        values = {rule.target: rule.value(person.facts) for rule in self.mapping.rules}
        return {target: value for target, value in values.items() if value is not None}

    def _kept(self, person: Employee) -> dict[str, str]:
        """What is kept in step on an account that exists. Names are never blanked; the address has its own rules."""
        always = {rule.target for rule in self.mapping.rules if rule.when == "always"} - {"email"}
        wanted = self._wanted(person).items()
        return {target: value for target, value in wanted if target in always and (value or target not in _NAMES)}

    # Steps

    def step(self, person: Employee) -> Step:
        """What becomes of one person."""
        number = person.employee_id
        match = self.matches[number]
        if str(number) in self.policy.protected:
            return Step(number, Action.SKIP, reasons.PROTECTED)
        if number in self.policy.undone:
            return Step(number, Action.HOLD, reasons.UNDONE)
        stands = self.lifecycle_states[number]
        if stands is LifecycleState.UNKNOWN:
            erased = person.deleted or (person.was_deleted and person.is_shown)
            why = reasons.DELETED_BUT_SHOWN if erased else reasons.NO_EVIDENCE
            return Step(number, Action.HOLD, why, waits=True)
        if match.conflict is not None:
            return Step(number, Action.CONFLICT, match.conflict)
        if match.account is not None and self._is_reserved(match.account):
            return Step(number, Action.SKIP, reasons.PROTECTED, match.account)
        if stands is LifecycleState.LEFT:
            return self._leaver(person, match.account)
        if match.account is not None:
            if stands is LifecycleState.FUTURE:
                return Step(number, Action.HOLD, self._not_started(person), match.account, waits=True)
            return self._kept_in_step(person, match.account, linked=False)
        return self._newcomer(person, stands)

    def _not_started(self, person: Employee) -> Reason:
        return reasons.STARTS_LATER if starts_later(person, self.world.now) else reasons.START_NOT_SHOWN

    def _leaver(self, person: Employee, account: Account | None) -> Step:
        number = person.employee_id
        if account is not None:
            return self._suspension(number, account)
        address = self._address(person)
        candidates = self.holders(address) if address else []
        if not candidates:
            if "hire_date" not in person.facts and not person.deleted:
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
        if set(self.world.email_index.of(address)) - {number} or not names_agree(person, candidate):
            return Step(number, Action.HOLD, reasons.LEAVER_UNSURE, candidate, waits=True)
        return self._suspension(number, candidate)

    def _suspension(self, number: int, account: Account) -> Step:
        if account.suspended:
            return Step(number, Action.UNCHANGED, reasons.ALREADY_SUSPENDED, account)
        return Step(number, Action.SUSPEND, reasons.LEFT, account, (FieldChange("suspended", "0", "1"),))

    def _newcomer(self, person: Employee, stands: LifecycleState) -> Step:
        """Somebody without an account of her own by idnumber: link, create, or say why not."""
        number = person.employee_id
        if not self._may_hold_account(person):
            return Step(number, Action.HOLD, self._not_started(person), waits=True)
        address = self._address(person)
        if not address:
            return self._without_address(person)
        grant = self.address_claims.grant(number)
        if grant.refused is not None:
            return Step(number, Action.CONFLICT, grant.refused)
        if grant.stays:
            return self._found_by_email(person, stands, grant)
        return self._creation(person, address, grant)

    def _without_address(self, person: Employee) -> Step:
        number = person.employee_id
        if "work_email" not in person.facts:
            return Step(number, Action.HOLD, reasons.field_not_shown(["work_email"]), waits=True)
        why = reasons.INVALID_EMAIL if person.facts["work_email"] else reasons.NO_EMAIL
        return Step(number, Action.SKIP, why)

    def _found_by_email(self, person: Employee, stands: LifecycleState, grant: Resolution) -> Step:
        number = person.employee_id
        candidates = grant.stays
        if len(candidates) > 1:
            return Step(number, Action.CONFLICT, reasons.several_accounts(candidates))
        account = candidates[0]
        if self._is_reserved(account):
            return Step(number, Action.SKIP, reasons.PROTECTED, account)
        if account.idnumber:
            return Step(number, Action.CONFLICT, reasons.email_taken(account), account)
        if stands is LifecycleState.FUTURE:
            return Step(number, Action.HOLD, self._not_started(person), account, waits=True)
        if not self.world.sees_everybody and not names_agree(person, account):
            return Step(number, Action.HOLD, reasons.LINK_UNSURE, account, waits=True)
        return self._kept_in_step(person, account, linked=True)

    def _creation(self, person: Employee, address: str, grant: Resolution) -> Step:
        number = person.employee_id
        wanted = self._wanted(person)
        unknown = [rule for rule in self.mapping.rules if rule.target in _NAMES and rule.target not in wanted]
        if unknown:
            hidden = {source for rule in unknown for source in rule.sources} - person.facts.keys()
            return Step(number, Action.HOLD, reasons.field_not_shown(hidden), waits=True)
        if not all(wanted[name] for name in _NAMES):
            return Step(number, Action.SKIP, reasons.NO_NAME)
        name = self._username(person, address, wanted)
        if not is_username(name):
            return Step(number, Action.SKIP, reasons.INVALID_USERNAME)
        claim = self.username_claims.grant(number)
        refused = claim.refused or (reasons.username_taken(claim.stays[0].name) if claim.stays else None)
        if refused is not None:
            return Step(number, Action.CONFLICT, refused)
        values = {"auth": self.policy.auth, "idnumber": str(number), "username": name}
        values.update({target: value for target, value in wanted.items() if value and target != "email"})
        values["email"] = address
        changes = tuple(FieldChange(target, None, value) for target, value in values.items())
        return Step(number, Action.CREATE, reasons.NEW, changes=changes, after=grant.after | claim.after)

    def _kept_in_step(self, person: Employee, account: Account, *, linked: bool) -> Step:
        """Somebody who works here and has an account: send what differs, nothing else."""
        number = person.employee_id
        new = {"idnumber": str(number), **self._kept(person)}
        step = Step(number, Action.UPDATE, reasons.LINKED if linked else reasons.DIFFERS, account)
        email, step = self._email_change(person, account, step)
        if email:
            new["email"] = email
        if not linked:
            rename, step = self._rename(person, account, step)
            if rename:
                new["username"] = rename
        present = {**account.values, "idnumber": account.idnumber, "username": account.username}
        changes = [
            FieldChange(name, present.get(name, ""), value)
            for name, value in new.items()
            if value != present.get(name, "")
        ]
        return self._finished(self._reactivated(replace(step, changes=tuple(changes))))

    def _new_email(self, person: Employee, account: Account) -> tuple[str, Resolution]:
        """The address to send, "" for none, and the grant for it."""
        address = self._address(person)
        if not address or not self._email_follows:
            return "", Resolution()
        if account.bears(address):
            return address, Resolution()
        grant = self.address_claims.grant(person.employee_id)
        return ("" if grant.refused else address), grant

    def _email_change(self, person: Employee, account: Account, step: Step) -> tuple[str, Step]:
        if person.facts.get("work_email") and not self._address(person):
            step = replace(step, notes=(*step.notes, reasons.EMAIL_KEPT))
        email, grant = self._new_email(person, account)
        return email, replace(step, problem=grant.refused, after=step.after | grant.after)

    def _rename(self, person: Employee, account: Account, step: Step) -> tuple[str, Step]:
        name = self._following_username(person, account)
        if not name or name == account.username:
            return "", step
        if not is_username(name):
            return "", replace(step, notes=(*step.notes, reasons.username_kept(account)))
        grant = self.username_claims.grant(person.employee_id)
        if grant.refused is not None:
            return "", replace(step, problem=step.problem or grant.refused)
        return name, replace(step, after=step.after | grant.after)

    def _reactivated(self, step: Step) -> Step:
        account = step.account
        if account is None or not account.suspended:
            return step
        memory = self.world.remembered.get(step.employee_id)
        if memory is not None and memory.suspended_by_us:
            reason = reasons.RETURNED
        elif self.policy.reactivate_all or step.employee_id in self.policy.reactivate:
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

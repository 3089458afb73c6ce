"""Sends the writes of one kind, and turns Moodle's answers and refusals into the results of steps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from worker.model.account import Account, AccountKey
from worker.model.account_reasons import email_taken, username_taken
from worker.model.field_kinds import is_same
from worker.model.moodle_fields import is_username
from worker.model.reasons import REFUSED_ALONE, Reason
from worker.model.step import Action, FieldChange, Status, Step, StepResult
from worker.moodle import refusals
from worker.moodle.client import MoodleClient, Payload, Refused
from worker.planning.parts import identity_fields
from worker.planning.planner import Lookup, Priority
from worker.runs.account_lookup import AccountLookup
from worker.runs.isolation import BatchRequest, GiveUpReason, Wait
from worker.transport.http import TransportError
from worker.transport.refusal import NO_ANSWER

_PROTECTED_BY_MOODLE = ("usernotupdatedadmin", "usernotupdatedguest", "usernotupdatedremote")
_LAST_OF_THREE_BYTES = 0xFFFF
_ADDRESS_REFUSED = ("useremailduplicate", "useremailinvalid")


class WriteKind(StrEnum):
    """The writes that share a request. Suspensions that change nothing else have requests of their own."""

    SUSPEND = "suspend"
    UPDATE = "update"
    CREATE = "create"

    @classmethod
    def of(cls, step: Step) -> WriteKind:
        """Return the kind of a step."""
        if step.action is Action.CREATE:
            return cls.CREATE
        return cls.SUSPEND if step.fields == ["suspended"] and step.suspends else cls.UPDATE

    @property
    def function(self) -> str:
        """The web service function."""
        return "core_user_create_users" if self is WriteKind.CREATE else "core_user_update_users"


@dataclass
class ResultCollector:
    """Collects the results of all steps. Several threads may add results.

    Attributes:
        report: Called with every result.
        by_employee: The results, by employee id.
        completed: The employees whose whole step was carried out: steps that depend on theirs may be sent.
        stopped: The kinds of which nothing more is sent, and why.
    """

    report: Callable[[StepResult], None]
    by_employee: dict[int, StepResult] = field(default_factory=dict)
    completed: set[int] = field(default_factory=set)
    stopped: dict[WriteKind, Reason] = field(default_factory=dict)
    _mutex: threading.Lock = field(default_factory=threading.Lock)

    def add(
        self,
        steps: Iterable[Step],
        status: Status,
        reason: Reason | None = None,
        *,
        may_be_written: bool = False,
        isolated: bool = False,
    ) -> None:
        """Record one result for these steps. A step with a problem of its own is refused even if it was written.

        `may_be_written`: Moodle may have carried out all or part of them.
        """
        for step in steps:
            if status is Status.DONE and step.problem is not None:
                is_unread = step.problem.code in REFUSED_ALONE
                result = StepResult(step, Status.REFUSED, step.problem, may_be_written=True, isolated=is_unread)
            else:
                result = StepResult(step, status, reason, may_be_written or status is Status.DONE, isolated)
            with self._mutex:
                self.by_employee[step.employee_id] = result
                if status is Status.DONE:
                    self.completed.add(step.employee_id)
            self.report(result)

    def missing(self, steps: Iterable[Step]) -> list[Step]:
        """Return the steps without a result."""
        return [step for step in steps if step.employee_id not in self.by_employee]


class WriteRequests(BatchRequest[Step]):
    """Writes of one kind."""

    def __init__(
        self, kind: WriteKind, moodle: MoodleClient, check: Callable[[], None], results: ResultCollector, wait: Wait
    ) -> None:
        super().__init__(moodle.site_answers, moodle.check_visibility, wait)
        self._kind = kind
        self._moodle = moodle
        self._check = check
        self._results = results
        self._slots = threading.BoundedSemaphore(moodle.concurrency)
        self._not_installed: set[str] = set()

    def attempt(self, batch: Sequence[Step]) -> None:
        """Send one batch and record its results."""
        try:
            refused = self._call(batch)
        except Refused as refusal:
            language = _new_value(batch[0], "lang") if len(batch) == 1 else ""
            if refusal.code != "invalidparameter" or not language:
                raise
            refused = self._call(batch, {*batch[0].fields} - {"lang"})
            # Accepted without the language, so its pack is not installed.
            self._not_installed.add(language)
        codes = {step.employee_id: refused.get(step.account.id) if step.account else None for step in batch}
        # The written steps are recorded first, because the attempts for the others can end the writing.
        self._results.add([step for step in batch if codes[step.employee_id] is None], Status.DONE)
        for step in batch:
            code = codes[step.employee_id]
            if code in _PROTECTED_BY_MOODLE:
                why = refusals.NOT_SUSPENDABLE if step.suspends else refusals.UNTOUCHABLE
                self._results.add([step], Status.NOT_EDITABLE, why)
            elif code is not None:
                self._account_refused(step, code)

    def still_to_send(self, batch: Sequence[Step], refusal: Refused) -> Sequence[Step]:
        """After a write that may have been done, record the steps that were; return the others.

        Nothing is sent again before a look-up, which waits for a site that does not answer. An account that Moodle
        cannot return may be a new one, and is not created again; an update may be sent twice.
        """
        if not refusal.may_be_done:
            return batch
        idnumbers = Lookup("idnumber", Priority.OTHERS, [_idnumber(step) for step in batch])
        lookup = AccountLookup(self._moodle, self.wait, idnumbers, must_answer=True).run()
        found = {account.idnumber: account for account in lookup.accounts}
        remaining = []
        for step in batch:
            account, no_answer = found.get(_idnumber(step)), lookup.failed_lookups.get(("idnumber", _idnumber(step)))
            if account is not None and (self._kind is WriteKind.CREATE or self._has_all(account, step)):
                self._record_existing(step, account)
            elif no_answer is not None and self._kind is WriteKind.CREATE:
                self._results.add([step], Status.FAILED, no_answer, may_be_written=True, isolated=True)
            else:
                remaining.append(step)
        return remaining

    def on_isolated(self, record: Step, code: str) -> None:
        """Record why Moodle refuses this step."""
        if self._kind is WriteKind.CREATE:
            own = [one for one in self._accounts("idnumber", _idnumber(record)) if one.idnumber == _idnumber(record)]
            if own:
                self._record_existing(record, own[0])
                return
        if code == NO_ANSWER:
            # Moodle continues a request whose client hangs up (measured): the write may still be done.
            reason = refusals.unanswered("no answer to the request for this employee alone")
            self._results.add([record], Status.FAILED, reason, may_be_written=True, isolated=True)
            return
        self._results.add([record], Status.REFUSED, self._explanation(record, code), isolated=True)

    def on_given_up(self, records: Sequence[Step], why: GiveUpReason, code: str) -> None:
        """Record steps for which no more is tried."""
        if why is not GiveUpReason.TOO_MANY:
            auth = next((value for step in records if (value := _new_value(step, "auth"))), "")
            reason = refusals.every_account_refused(self._kind.function, auth)
        else:
            reason = refusals.too_many_refused(self._kind.function, code)
        # As in on_isolated: what got no answer may still be done.
        may_be_written = why is not GiveUpReason.NOT_SENT and code == NO_ANSWER
        self._results.add(records, Status.FAILED, reason, may_be_written=may_be_written)

    # One request

    def _call(self, steps: Sequence[Step], fields: Collection[str] | None = None) -> Mapping[int, str]:
        """Send these steps; return the warning code of each account that was not updated.

        `fields`: those to send; None for all. A language that is not installed is left out: the read-back reports it.
        """
        with self._slots:
            changes = [(step, self._sendable(step, fields)) for step in steps]
            payloads = [_payload(step, own) for step, own in changes if own or fields is not None]
            if self._kind is not WriteKind.CREATE:
                return self._moodle.update(payloads, self._check) if payloads else {}
            self._moodle.create(payloads, self._check)
            return {}

    def _sendable(self, step: Step, fields: Collection[str] | None = None) -> list[FieldChange]:
        """Return the changes of these fields (None: all), without a language that is not installed."""
        wanted = [change for change in step.changes if fields is None or change.field in fields]
        return [one for one in wanted if one.field != "lang" or one.new not in self._not_installed]

    def _account_refused(self, step: Step, code: str) -> None:
        """Handle one refused account: retry a deadlock; after a refused address, send the fields unrelated to it."""
        try:
            if code == "dmlwriteexception":
                code = self._send_single(step) or ""
                if not code:
                    self._results.add([step], Status.DONE)
                    return
            reason = self._explanation(step, code)
            rest = {*step.fields} - {"email", "username"} - identity_fields(step)
            may_be_written = False
            if code in (*_ADDRESS_REFUSED, "dmlwriteexception") and rest and len(rest) < len(step.changes):
                may_be_written = self._send_single(step, rest) is None
        except Refused as refusal:
            if refusal.may_be_done:
                self._results.add([step], Status.FAILED, refusals.unanswered(refusal.code), may_be_written=True)
            else:
                self._results.stopped[self._kind] = refusals.no_access(self._kind.function, refusal.code)
                self._results.add([step], Status.FAILED, self._results.stopped[self._kind])
        except TransportError as fault:
            self._results.add([step], Status.FAILED, refusals.unanswered(fault.what), may_be_written=True)
        else:
            blocking = step.depends_on - self._results.completed
            if blocking:
                self._results.add(
                    [step], Status.FAILED, refusals.waits_for(min(blocking)), may_be_written=may_be_written
                )
            else:
                self._results.add([step], Status.REFUSED, reason, may_be_written=may_be_written)

    def _send_single(self, step: Step, fields: set[str] | None = None) -> str | None:
        """Send one account; return the code of its refusal or None.

        Refusals that do not concern it, or that may have been done, are raised.
        """
        try:
            refused = self._call([step], fields)
        except Refused as refusal:
            if refusal.is_access or refusal.may_be_done:
                raise
            return refusal.code
        return refused.get(step.account.id) if step.account else None

    def _record_existing(self, step: Step, account: Account) -> None:
        """Record a step whose account is there although the request got no clear answer."""
        if self._has_all(account, step):
            self._results.add([step], Status.DONE)
        else:
            self._results.add([step], Status.FAILED, refusals.HALF_MADE, may_be_written=True)

    def _has_all(self, account: Account, step: Step) -> bool:
        """Return whether the account has everything that the step writes."""
        present, kinds = account.all_values, self._moodle.field_kinds
        return all(is_same(kinds, one.field, one.new, present.get(one.field, "")) for one in self._sendable(step))

    def _explanation(self, step: Step, code: str) -> Reason:
        """Return the reason for a refusal, after looking up which value is taken, which Moodle does not report."""
        own, name = step.account_id, _new_value(step, "username")
        keys: tuple[AccountKey, ...] = ("email", "username")
        for key in keys:
            value = _new_value(step, key)
            for account in self._accounts(key, value) if value else []:
                # A database that ignores accents in usernames also finds an account that spells it differently.
                if account.id != own and (key == "username" or account.has_email(value)):
                    is_unlinked_and_new = self._kind is WriteKind.CREATE and not account.idnumber
                    return (
                        email_taken(account, name, step.account)
                        if key == "email"
                        else username_taken(account.label, may_be_theirs=is_unlinked_and_new)
                    )
        if code == "invalidparameter" and name and not is_username(name):
            return refusals.EXTENDED_USERNAME_REFUSED
        wide = [change.field for change in step.changes if any(ord(char) > _LAST_OF_THREE_BYTES for char in change.new)]
        return refusals.explain(code, step.fields, wide)

    def _accounts(self, key: AccountKey, value: str) -> list[Account]:
        """Look up accounts for an explanation; return none if Moodle cannot answer."""
        try:
            return self._moodle.look_up(key, [value])
        except Refused:
            return []


def _idnumber(step: Step) -> str:
    return str(step.employee_id)


def _new_value(step: Step, name: str) -> str:
    return next((change.new for change in step.changes if change.field == name), "")


def _payload(step: Step, changes: Iterable[FieldChange]) -> Payload:
    """Return what is sent: the id of an account to update, and the new values."""
    values = {change.field: change.new for change in changes}
    return {"id": step.account.id, **values} if step.account else values

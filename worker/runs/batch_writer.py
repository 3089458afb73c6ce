"""The batch writer: writes a plan to Moodle in batches and reports the result of each step.

A bad record does not affect the others: a refused batch is halved until the bad record is alone, and a look-up then
shows which value is taken. After a request without a response, the accounts are looked up before anything is sent
again. What ends the writing early (SIGTERM, a lost lock, a revoked token) leaves the steps that were not sent as
failed, and is kept in :attr:`BatchWriter.ended_by`.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, Protocol

from worker.errors import SyncError
from worker.model.account import Account
from worker.model.reasons import Reason
from worker.model.result import Status, StepResult
from worker.model.step import Action, Step
from worker.moodle import refusals
from worker.moodle.client import Record, Refused, TryAgain, Undecided, Updated
from worker.planning.write_order import halves, in_order
from worker.runs.apis import MoodleWriteApi
from worker.transport.http import TransportError
from worker.transport.parallel import in_parallel


class Gate(Protocol):
    """Permission to write; see :class:`worker.runs.write_gate.WriteGate`."""

    def check(self) -> None:
        """Raise unless another request may be sent."""

    def open_for(self, batch: Sequence[Step]) -> None:
        """Store the intents of the batch; raise unless it may be sent."""


Kind = Literal["create", "update"]
_FUNCTIONS: Mapping[Kind, str] = {"create": "core_user_create_users", "update": "core_user_update_users"}
_UPDATES = frozenset({Action.UPDATE, Action.REACTIVATE, Action.SUSPEND})
_ROUNDS = 3
_BATCHES_LOST = 3
_UNEXPLAINED = 10
_EXEMPT = frozenset({"usernotupdatedadmin", "usernotupdatedguest", "usernotupdatedremote"})
_ADDRESS_REFUSED = frozenset({"useremailduplicate", "useremailinvalid"})


class BatchWriter:
    """Writes one plan.

    Args:
        gate: Checked before every batch and every request; what it raises ends the writing.
        report: Called with every result.
    """

    def __init__(self, moodle: MoodleWriteApi, gate: Gate, report: Callable[[StepResult], None]) -> None:
        self.ended_by: SyncError | None = None
        self._moodle = moodle
        self._gate = gate
        self._report = report
        self._results: dict[int, StepResult] = {}
        self._completed: set[int] = set()
        self._stopped: dict[Kind, Reason] = {}
        self._lost_batches = 0
        self._unexplained: Counter[Kind] = Counter()
        self._mutex = threading.RLock()
        self._slots = threading.BoundedSemaphore(moodle.concurrency)
        # One more than the concurrent requests: it stores the next batch's journal and intents in the meantime.
        self._workers = moodle.concurrency + 1 if moodle.concurrency > 1 else 1

    def write(self, steps: Sequence[Step]) -> Mapping[int, StepResult]:
        """Write updates first (they free addresses), dependent ones in sequence, then creations; return the results."""
        updates = [step for step in steps if step.action in _UPDATES]
        ordered, dependent = in_order(updates)
        batches = self._batches(ordered)
        sequential = -(-dependent // self._moodle.batch_size)
        for batch in batches[:sequential]:
            self._update(batch)
        in_parallel(self._update, batches[sequential:], self._workers)
        creations = [step for step in steps if step.action is Action.CREATE]
        in_parallel(self._create, self._batches(creations), self._workers)
        return self._results

    def _batches(self, steps: Sequence[Step]) -> list[Sequence[Step]]:
        size = self._moodle.batch_size
        return [steps[at : at + size] for at in range(0, len(steps), size)]

    # One batch

    def _update(self, batch: Sequence[Step]) -> None:
        self._send_if_allowed("update", batch)

    def _create(self, batch: Sequence[Step]) -> None:
        self._send_if_allowed("create", batch)

    def _send_if_allowed(self, kind: Kind, batch: Sequence[Step]) -> None:
        """Send a batch unless the writing has ended; every step of it has a result afterwards."""
        batch = self._unblocked(batch)
        opened = False
        try:
            if batch and self.ended_by is None and kind not in self._stopped:
                self._gate.open_for(batch)
                opened = True
                self._send(kind, batch)
        except SyncError as end:
            with self._mutex:
                self.ended_by = self.ended_by or end
        remaining = [step for step in batch if step.employee_id not in self._results]
        why = self._stopped.get(kind) or refusals.not_sent(self.ended_by)
        self._record(remaining, Status.FAILED, why, wrote=opened)

    def _unblocked(self, batch: Sequence[Step]) -> list[Step]:
        """Leave out steps that depend on a write which failed or was incomplete."""
        ready: dict[int, Step] = {}
        for step in batch:
            blocking = step.depends_on - self._completed - ready.keys()
            if blocking:
                self._record([step], Status.FAILED, refusals.waits_for(min(blocking)))
            else:
                ready[step.employee_id] = step
        return list(ready.values())

    def _record(
        self, steps: Iterable[Step], status: Status, reason: Reason | None = None, *, wrote: bool = False
    ) -> None:
        for step in steps:
            if status is Status.DONE and step.problem is not None:
                result = StepResult(step, Status.REFUSED, step.problem, wrote=True)
            else:
                result = StepResult(step, status, reason, wrote=wrote or status is Status.DONE)
            with self._mutex:
                self._results[step.employee_id] = result
                if status is Status.DONE:
                    self._completed.add(step.employee_id)
            self._report(result)

    def _stop(self, kind: Kind, steps: Sequence[Step], reason: Reason) -> None:
        """Send nothing more of this kind, since Moodle would refuse it for the same reason."""
        with self._mutex:
            self._stopped[kind] = reason
        self._record(steps, Status.FAILED, reason)

    def _record_lost(self, steps: Sequence[Step], what: str, *, wrote: bool) -> None:
        """Record a batch that did not get through; after a few in a row, nothing more is sent."""
        reason = refusals.not_through(what)
        with self._mutex:
            self._lost_batches += 1
            if self._lost_batches >= _BATCHES_LOST:
                self._stopped.update({"create": reason, "update": reason})
        self._record(steps, Status.FAILED, reason, wrote=wrote)

    def _reset_lost_batches(self) -> None:
        with self._mutex:
            self._lost_batches = 0

    # Sending

    def _send(self, kind: Kind, batch: Sequence[Step], *, again: bool = True) -> None:
        """Send a batch and record the results; `again`: a database error may still be a deadlock."""
        remaining, uncertain = list(batch), False
        for _ in range(_ROUNDS):
            try:
                answer = self._call(kind, remaining)
            except TryAgain as fault:
                what = fault.what
            except Undecided as fault:
                what, uncertain = fault.what, True
                remaining = self._still_to_do(kind, remaining)
                if not remaining:
                    return
            except TransportError as fault:
                self._record_lost(remaining, fault.what, wrote=uncertain)
                return
            except Refused as refusal:
                self._refused(kind, remaining, refusal, again=again)
                return
            else:
                self._reset_lost_batches()
                self._unexplained[kind] = 0
                self._updated(remaining, answer)
                return
        self._record_lost(remaining, what, wrote=uncertain)

    def _call(self, kind: Kind, steps: Sequence[Step], fields: set[str] | None = None) -> Updated:
        with self._slots:
            self._gate.check()
            if kind == "create":
                self._moodle.create([_creation_record(step) for step in steps])
                return Updated({})
            return self._moodle.update([_update_record(step, fields) for step in steps])

    def _still_to_do(self, kind: Kind, steps: Sequence[Step]) -> list[Step]:
        """After a write without a response, record the steps that were done, and return the others."""
        found = {
            account.idnumber: account for account in self._moodle.look_up("idnumber", [_number(step) for step in steps])
        }
        remaining = []
        for step in steps:
            account = found.get(_number(step))
            if account is not None and (kind == "create" or _has_all(account, step)):
                self._record_found(step, account)
            else:
                remaining.append(step)
        return remaining

    def _record_found(self, step: Step, account: Account) -> None:
        if _has_all(account, step):
            self._record([step], Status.DONE)
        else:
            self._record([step], Status.FAILED, refusals.HALF_MADE, wrote=True)

    # Refusals

    def _refused(self, kind: Kind, batch: Sequence[Step], refusal: Refused, *, again: bool) -> None:
        """Halve a refused batch until the bad record is alone."""
        if refusal.is_access:
            self._stop(kind, batch, refusals.no_access(_FUNCTIONS[kind], refusal.code))
        elif refusal.code == "dmlwriteexception" and again:
            self._send(kind, batch, again=False)
        elif len(batch) == 1:
            self._reset_lost_batches()
            self._single_refused(kind, batch[0], refusal.code)
        else:
            for half in halves(batch):
                if kind in self._stopped:
                    return
                self._send(kind, half)

    def _single_refused(self, kind: Kind, step: Step, code: str) -> None:
        if kind == "create":
            number = _number(step)
            own = [account for account in self._moodle.look_up("idnumber", [number]) if account.idnumber == number]
            if own:
                self._record_found(step, own[0])
                return
        reason = self._explanation(step, code)
        self._record([step], Status.REFUSED, reason)
        if reason.code != refusals.UNEXPLAINED:
            return
        with self._mutex:
            self._unexplained[kind] += 1
            if self._unexplained[kind] >= _UNEXPLAINED:
                self._stopped[kind] = refusals.refuses_everybody(_FUNCTIONS[kind], _new_value(step, "auth"))

    def _updated(self, batch: Sequence[Step], answer: Updated) -> None:
        """Record the written steps first, because the attempts for the others can end the writing."""
        codes = {step.employee_id: answer.refused.get(step.account.id) if step.account else None for step in batch}
        self._record([step for step in batch if codes[step.employee_id] is None], Status.DONE)
        for step in batch:
            code = codes[step.employee_id]
            if code in _EXEMPT:
                self._record([step], Status.EXEMPT, refusals.UNTOUCHABLE)
            elif code is not None:
                self._account_refused(step, code)

    def _account_refused(self, step: Step, code: str) -> None:
        """Handle one refused account: retry a deadlock, send the other fields without a refused address."""
        try:
            if code == "dmlwriteexception":
                code = self._send_single(step) or ""
                if not code:
                    self._record([step], Status.DONE)
                    return
            reason = self._explanation(step, code)
            rest = {change.field for change in step.changes if change.field not in ("email", "username")}
            wrote = False
            if code in (*_ADDRESS_REFUSED, "dmlwriteexception") and rest and len(rest) < len(step.changes):
                wrote = self._send_single(step, rest) is None
        except Refused as refusal:
            self._stop("update", [step], refusals.no_access(_FUNCTIONS["update"], refusal.code))
        except (Undecided, TransportError) as fault:
            self._record([step], Status.FAILED, refusals.not_through(fault.what), wrote=True)
        else:
            blocking = step.depends_on - self._completed
            if blocking:
                self._record([step], Status.FAILED, refusals.waits_for(min(blocking)), wrote=wrote)
            else:
                self._record([step], Status.REFUSED, reason, wrote=wrote)

    def _send_single(self, step: Step, fields: set[str] | None = None) -> str | None:
        """Send one account; return the code of its refusal or None, and raise what does not concern this account."""
        try:
            answer = self._call("update", [step], fields)
        except Refused as refusal:
            if refusal.is_access:
                raise
            return refusal.code
        return answer.refused.get(_account_id(step))

    def _explanation(self, step: Step, code: str) -> Reason:
        """Return the reason for a refusal, by a look-up of what is taken, which Moodle does not say."""
        own = step.account.id if step.account else None
        for key in ("email", "username"):
            value = _new_value(step, key)
            holders = self._moodle.look_up(key, [value]) if value else []
            for account in holders:
                same = account.has_email(value) if key == "email" else account.username == value
                if same and account.id != own:
                    return refusals.taken(key, account)
        return refusals.explain(code, step.fields)


def _number(step: Step) -> str:
    return str(step.employee_id)


def _account_id(step: Step) -> int:
    assert step.account is not None
    return step.account.id


def _new_value(step: Step, field: str) -> str:
    return next((change.new for change in step.changes if change.field == field), "")


def _update_record(step: Step, fields: set[str] | None = None) -> Record:
    changes = [change for change in step.changes if fields is None or change.field in fields]
    return {"id": _account_id(step), **{change.field: change.new for change in changes}}


def _creation_record(step: Step) -> Record:
    return {change.field: change.new for change in step.changes}


def _has_all(account: Account, step: Step) -> bool:
    """Return whether the account has everything that the step writes."""
    present = account.fields
    return all(present.get(change.field, "") == change.new for change in step.changes)

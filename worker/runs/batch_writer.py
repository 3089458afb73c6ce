"""Writes the plan to Moodle, in batches, and says what came of each step.

One bad record must not cost the others anything: a refused batch is halved until the bad record stands alone, and a
look-up then says what was taken. A request without an answer is looked up before anything is sent again. Whatever ends
the writing early (SIGTERM, a lost lock, a revoked token) leaves the steps that were not sent as failed, and is kept in
:attr:`Writer.ended_by`.
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
    """See :class:`worker.runs.write_gate.WriteGate`."""

    def check(self) -> None:
        """Raise unless one more request may be sent."""

    def open_for(self, batch: Sequence[Step]) -> None:
        """Keep what the batch sets out to do; raise unless it may be sent."""


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
        gate: Asked before every batch and before every request; what it raises ends the writing.
        report: Given every result as it comes.
    """

    def __init__(self, moodle: MoodleWriteApi, gate: Gate, report: Callable[[StepResult], None]) -> None:
        self.ended_by: SyncError | None = None
        self._moodle = moodle
        self._gate = gate
        self._report = report
        self._outcomes: dict[int, StepResult] = {}
        self._whole: set[int] = set()
        self._closed: dict[Kind, Reason] = {}
        self._lost_batches = 0
        self._unexplained: Counter[Kind] = Counter()
        self._guard = threading.RLock()
        self._line = threading.BoundedSemaphore(moodle.concurrency)
        # One more than may be sent at a time: it keeps the next batch (journal, memory) while the others are sent.
        self._workers = moodle.concurrency + 1 if moodle.concurrency > 1 else 1

    def write(self, steps: Sequence[Step]) -> Mapping[int, StepResult]:
        """Updates first (they free addresses), those that others wait for one after the other; then creations."""
        updates = [step for step in steps if step.action in _UPDATES]
        ordered, chained = in_order(updates)
        batches = self._batches(ordered)
        in_turn = -(-chained // self._moodle.batch_size)
        for batch in batches[:in_turn]:
            self._update(batch)
        in_parallel(self._update, batches[in_turn:], self._workers)
        creations = [step for step in steps if step.action is Action.CREATE]
        in_parallel(self._create, self._batches(creations), self._workers)
        return self._outcomes

    def _batches(self, steps: Sequence[Step]) -> list[Sequence[Step]]:
        size = self._moodle.batch_size
        return [steps[at : at + size] for at in range(0, len(steps), size)]

    # One batch

    def _update(self, batch: Sequence[Step]) -> None:
        self._guarded("update", batch)

    def _create(self, batch: Sequence[Step]) -> None:
        self._guarded("create", batch)

    def _guarded(self, kind: Kind, batch: Sequence[Step]) -> None:
        """Send a batch unless something forbids it; every step of it has an outcome afterwards."""
        batch = self._ready(batch)
        begun = False
        try:
            if batch and self.ended_by is None and kind not in self._closed:
                self._gate.open_for(batch)
                begun = True
                self._send(kind, batch)
        except SyncError as end:
            with self._guard:
                self.ended_by = self.ended_by or end
        left = [step for step in batch if step.employee_id not in self._outcomes]
        why = self._closed.get(kind) or refusals.not_sent(self.ended_by)
        self._settle(left, Status.FAILED, why, wrote=begun)

    def _ready(self, batch: Sequence[Step]) -> list[Step]:
        """Leaves out those whose address was to be freed by a write that failed, or was not made as a whole."""
        ready: dict[int, Step] = {}
        for step in batch:
            blocking = step.depends_on - self._whole - ready.keys()
            if blocking:
                self._settle([step], Status.FAILED, refusals.waits_for(min(blocking)))
            else:
                ready[step.employee_id] = step
        return list(ready.values())

    def _settle(
        self, steps: Iterable[Step], status: Status, reason: Reason | None = None, *, wrote: bool = False
    ) -> None:
        for step in steps:
            if status is Status.DONE and step.problem is not None:
                result = StepResult(step, Status.REFUSED, step.problem, wrote=True)
            else:
                result = StepResult(step, status, reason, wrote=wrote or status is Status.DONE)
            with self._guard:
                self._outcomes[step.employee_id] = result
                if status is Status.DONE:
                    self._whole.add(step.employee_id)
            self._report(result)

    def _close(self, kind: Kind, steps: Sequence[Step], reason: Reason) -> None:
        """Nothing more of this kind is sent: Moodle would refuse it all for the same reason."""
        with self._guard:
            self._closed[kind] = reason
        self._settle(steps, Status.FAILED, reason)

    def _lost(self, steps: Sequence[Step], what: str, *, wrote: bool) -> None:
        """A batch that did not get through; after a few in a row the rest is not tried."""
        reason = refusals.not_through(what)
        with self._guard:
            self._lost_batches += 1
            if self._lost_batches >= _BATCHES_LOST:
                self._closed.update({"create": reason, "update": reason})
        self._settle(steps, Status.FAILED, reason, wrote=wrote)

    def _through(self) -> None:
        with self._guard:
            self._lost_batches = 0

    # Sending

    def _send(self, kind: Kind, batch: Sequence[Step], *, again: bool = True) -> None:
        """One batch, with what comes of it; `again`: a database error may still be a deadlock."""
        left, doubtful = list(batch), False
        for _ in range(_ROUNDS):
            try:
                answer = self._call(kind, left)
            except TryAgain as fault:
                what = fault.what
            except Undecided as doubt:
                what, doubtful = doubt.what, True
                left = self._not_done(kind, left)
                if not left:
                    return
            except TransportError as fault:
                self._lost(left, fault.what, wrote=doubtful)
                return
            except Refused as refusal:
                self._refused(kind, left, refusal, again=again)
                return
            else:
                self._through()
                self._unexplained[kind] = 0
                self._answered(left, answer)
                return
        self._lost(left, what, wrote=doubtful)

    def _call(self, kind: Kind, steps: Sequence[Step], fields: set[str] | None = None) -> Updated:
        with self._line:
            self._gate.check()
            if kind == "create":
                self._moodle.create([_creation_record(step) for step in steps])
                return Updated({})
            return self._moodle.update([_update_record(step, fields) for step in steps])

    def _not_done(self, kind: Kind, steps: Sequence[Step]) -> list[Step]:
        """After a write without an answer: settle those that were done all the same, give the others."""
        found = {
            account.idnumber: account for account in self._moodle.look_up("idnumber", [_number(step) for step in steps])
        }
        left = []
        for step in steps:
            account = found.get(_number(step))
            if account is not None and (kind == "create" or _holds(account, step)):
                self._found_done(step, account)
            else:
                left.append(step)
        return left

    def _found_done(self, step: Step, account: Account) -> None:
        if _holds(account, step):
            self._settle([step], Status.DONE)
        else:
            self._settle([step], Status.FAILED, refusals.HALF_MADE, wrote=True)

    # Refusals

    def _refused(self, kind: Kind, batch: Sequence[Step], refusal: Refused, *, again: bool) -> None:
        """A whole batch was refused: halve it until the bad record stands alone."""
        if refusal.is_access:
            self._close(kind, batch, refusals.no_access(_FUNCTIONS[kind], refusal.code))
        elif refusal.code == "dmlwriteexception" and again:
            self._send(kind, batch, again=False)
        elif len(batch) == 1:
            self._through()
            self._refused_alone(kind, batch[0], refusal.code)
        else:
            for half in halves(batch):
                if kind in self._closed:
                    return
                self._send(kind, half)

    def _refused_alone(self, kind: Kind, step: Step, code: str) -> None:
        if kind == "create":
            number = _number(step)
            own = [account for account in self._moodle.look_up("idnumber", [number]) if account.idnumber == number]
            if own:
                self._found_done(step, own[0])
                return
        reason = self._explained(step, code)
        self._settle([step], Status.REFUSED, reason)
        if reason.code != refusals.UNEXPLAINED:
            return
        with self._guard:
            self._unexplained[kind] += 1
            if self._unexplained[kind] >= _UNEXPLAINED:
                self._closed[kind] = refusals.refuses_everybody(_FUNCTIONS[kind], _new(step, "auth"))

    def _answered(self, batch: Sequence[Step], answer: Updated) -> None:
        """Those that were written first: what is tried for the others can end the writing."""
        codes = {step.employee_id: answer.refused.get(step.account.id) if step.account else None for step in batch}
        self._settle([step for step in batch if codes[step.employee_id] is None], Status.DONE)
        for step in batch:
            code = codes[step.employee_id]
            if code in _EXEMPT:
                self._settle([step], Status.EXEMPT, refusals.UNTOUCHABLE)
            elif code is not None:
                self._warned(step, code)

    def _warned(self, step: Step, code: str) -> None:
        """One account of an update was refused: a deadlock is tried again, a refused address does not cost the rest."""
        try:
            if code == "dmlwriteexception":
                code = self._once_more(step) or ""
                if not code:
                    self._settle([step], Status.DONE)
                    return
            reason = self._explained(step, code)
            rest = {change.field for change in step.changes if change.field not in ("email", "username")}
            wrote = False
            if code in (*_ADDRESS_REFUSED, "dmlwriteexception") and rest and len(rest) < len(step.changes):
                wrote = self._once_more(step, rest) is None
        except Refused as refusal:
            self._close("update", [step], refusals.no_access(_FUNCTIONS["update"], refusal.code))
        except (Undecided, TransportError) as fault:
            self._settle([step], Status.FAILED, refusals.not_through(fault.what), wrote=True)
        else:
            blocking = step.depends_on - self._whole
            if blocking:
                self._settle([step], Status.FAILED, refusals.waits_for(min(blocking)), wrote=wrote)
            else:
                self._settle([step], Status.REFUSED, reason, wrote=wrote)

    def _once_more(self, step: Step, fields: set[str] | None = None) -> str | None:
        """Send one account alone; the code of the refusal, None if it was done. Raises what is not this person's."""
        try:
            answer = self._call("update", [step], fields)
        except Refused as refusal:
            if refusal.is_access:
                raise
            return refusal.code
        return answer.refused.get(_account_id(step))

    def _explained(self, step: Step, code: str) -> Reason:
        """What a look-up says was taken, since Moodle does not."""
        own = step.account.id if step.account else None
        for key in ("email", "username"):
            value = _new(step, key)
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


def _new(step: Step, field: str) -> str:
    return next((change.new for change in step.changes if change.field == field), "")


def _update_record(step: Step, fields: set[str] | None = None) -> Record:
    changes = [change for change in step.changes if fields is None or change.field in fields]
    return {"id": _account_id(step), **{change.field: change.new for change in changes}}


def _creation_record(step: Step) -> Record:
    return {change.field: change.new for change in step.changes}


def _holds(account: Account, step: Step) -> bool:
    """Whether the account has everything that the step was to write."""
    present = account.fields
    return all(present.get(change.field, "") == change.new for change in step.changes)

"""One bad record affects one employee: a batch that a system refuses is halved until the record is alone.

The same mechanism serves look-ups, creations, updates, suspensions and BambooHR's reads. A :class:`BatchRequest`
decides what is sent and what happens to each record; :class:`worker.transport.refusal.Refused` says which refusals
may be about one record.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from worker.transport.refusal import Refused

R = TypeVar("R")

Wait = Callable[[float], None]
"""Sleeps for a number of seconds, and raises if the run must end."""
ALLOWANCE = 25
"""How many records one Isolation isolates: a kind of write, or one round of look-ups; see `was_isolated`."""
_QUICK_RETRIES = 2
_REFUSALS_BEFORE_SAMPLE = 5
"""After this many records refused in a row, a sample of the rest decides whether the site is at fault."""
_SAMPLE_SIZE = 6


class GiveUpReason(StrEnum):
    """Why no more is tried for records."""

    SITE_REFUSES = "site_refuses"
    """So many were refused one after another, samples of the others too, that the fault is not in the records."""
    NOT_SENT = "not_sent"
    """The same was known before they were sent at all."""
    TOO_MANY = "too_many"
    """The allowance is used up: the next run continues."""


class BatchRequest(ABC, Generic[R]):
    """One kind of request, such as the look-up by e-mail, and what happens to its records.

    Args:
        site_answers: Returns whether the system answers a request without a company's records, in one attempt.
        await_site: Waits until the system answers. Raises a SyncError when patience ends.
        wait: Waits before another quick attempt.
    """

    def __init__(self, site_answers: Callable[[], bool], await_site: Callable[[], None], wait: Wait) -> None:
        self.site_answers = site_answers
        self.await_site = await_site
        self.wait = wait

    @abstractmethod
    def attempt(self, batch: Sequence[R]) -> None:
        """Send one batch, once, and keep its answer. Raises Refused."""

    def still_to_send(self, batch: Sequence[R], _refusal: Refused) -> Sequence[R]:
        """Return the records of a refused batch that are still to be sent: fewer than all if the system has acted."""
        return batch

    @abstractmethod
    def on_isolated(self, record: R, code: str) -> None:
        """Handle a record that is refused on its own."""

    @abstractmethod
    def on_given_up(self, records: Sequence[R], why: GiveUpReason, code: str) -> None:
        """Handle records for which no more is tried."""


class _Remaining(NamedTuple, Generic[R]):
    """What is left of a batch, and why it was refused."""

    records: Sequence[R] = ()
    code: str = ""
    is_transient: bool = False


class Isolation(Generic[R]):
    """Sends the batches of one kind in one run; several threads may use it.

    `allowance`: how many records may be isolated; None for leavers, who must not wait.
    """

    def __init__(self, request: BatchRequest[R], *, allowance: int | None = ALLOWANCE) -> None:
        self._request = request
        self._allowance = allowance
        self._accepted_any = False
        self._closed_by = ""
        self._last_code = ""
        self._isolated = 0
        self._refused_in_a_row = 0
        self._unreported: list[tuple[R, str]] = []
        self._mutex = threading.RLock()

    def send(self, batch: Sequence[R], *, was_isolated: bool = False) -> None:
        """Send a batch, and report every refused or skipped record to the request, in :meth:`finish` at the latest.

        `was_isolated`: the batch is one record that was isolated in the last run; it does not use the allowance.
        """
        if self._closed_by:
            self._request.on_given_up(batch, GiveUpReason.NOT_SENT, self._closed_by)
            return
        left = self._try(batch)
        for attempt in range(1, _QUICK_RETRIES + 1):
            if not (left.records and left.is_transient) or self._refused_in_a_row:
                break
            self._request.wait(0.5 * attempt)
            left = self._try(left.records)
        if left.records and not self._request.site_answers():
            # While the site does not answer, the record is not at fault.
            self._request.await_site()
            left = self._try(left.records)
        if left.records:
            with self._mutex:
                if was_isolated:
                    self._refused_alone(left.records[0], left.code, counts=False)
                else:
                    self._isolate(left.records, left.code)

    @property
    def unreported(self) -> list[R]:
        """Records that were refused alone, while it is not known whether the site or the records are at fault."""
        return [record for record, _ in self._unreported]

    def finish(self) -> None:
        """Report the records in :attr:`unreported` as isolated."""
        with self._mutex:
            for record, code in self._unreported:
                self._request.on_isolated(record, code)
            self._unreported.clear()

    def _try(self, batch: Sequence[R]) -> _Remaining[R]:
        """Send a batch once; return what is left of it: no record if it was accepted."""
        left: _Remaining[R] = _Remaining()
        try:
            self._request.attempt(batch)
        except Refused as refusal:
            if not refusal.may_be_record:
                raise
            left = _Remaining(self._request.still_to_send(batch, refusal), refusal.code, refusal.is_transient)
        if len(left.records) < len(batch):
            with self._mutex:
                self._accepted_any = True
                self._refused_in_a_row = 0
                self.finish()
        return left

    # Records

    def _isolate(self, records: Sequence[R], code: str) -> None:
        """Find the records of a refused batch that are refused on their own, and send the others."""
        is_refused = True
        while records:
            if self._closed_by:
                self._request.on_given_up(records, GiveUpReason.SITE_REFUSES, self._closed_by)
                return
            if self._allowance is not None and self._isolated >= self._allowance:
                self._request.on_given_up(records, GiveUpReason.TOO_MANY, code)
                return
            if not is_refused and self._refused_in_a_row == 0:
                records, code, _ = self._try(records)
                if not records:
                    return
                is_refused = True
            records = self._find_refused(records, code) if is_refused else self._send_first_alone(records)
            records, is_refused = self._after_sampling(records), False

    def _find_refused(self, batch: Sequence[R], code: str) -> Sequence[R]:
        """Halve a refused batch down to one record; return the untried records, which may include more refused ones."""
        if len(batch) == 1:
            self._refused_alone(batch[0], code)
            return []
        suspects = batch
        rest: list[R] = []
        while len(suspects) > 1:
            middle = len(suspects) // 2
            left = self._try(suspects[:middle])
            if left.records:
                rest = [*suspects[middle:], *rest]
            suspects = left.records or suspects[middle:]
        # Send it alone once more: it may have been refused only in combination with the others.
        return [*self._send_first_alone(suspects), *rest]

    def _send_first_alone(self, batch: Sequence[R]) -> Sequence[R]:
        """Send the first record alone; return the others.

        Until something is accepted again, records are tried alone, because the site may be refusing them all.
        """
        left = self._try(batch[:1])
        if left.records:
            self._refused_alone(left.records[0], left.code)
        return batch[1:]

    def _refused_alone(self, record: R, code: str, *, counts: bool = True) -> None:
        """Report one record that is refused alone, or keep it back until anything is accepted."""
        self._last_code = code
        self._isolated += counts
        self._refused_in_a_row += counts
        if self._accepted_any:
            self._request.on_isolated(record, code)
        else:
            self._unreported.append((record, code))

    def _after_sampling(self, rest: Sequence[R]) -> Sequence[R]:
        """After several refusals in a row, try single records spread over the rest; return what is still to be sent.

        If these are refused as well, or as many in batches of one, the site is at fault: nothing more of this kind is
        sent.
        """
        if self._refused_in_a_row < _REFUSALS_BEFORE_SAMPLE:
            return rest
        if self._refused_in_a_row >= _REFUSALS_BEFORE_SAMPLE + _SAMPLE_SIZE:
            self._close()
        if len(rest) < _SAMPLE_SIZE or self._closed_by:
            return rest
        step = max(1, len(rest) // _SAMPLE_SIZE)
        for at in range(0, min(len(rest), step * _SAMPLE_SIZE), step):
            if not self._try(rest[at : at + 1]).records:
                return [*rest[:at], *rest[at + 1 :]]
        self._close()
        return rest

    def _close(self) -> None:
        self._closed_by = self._last_code
        for code in dict.fromkeys(code for _, code in self._unreported):
            records = [record for record, its_code in self._unreported if its_code == code]
            self._request.on_given_up(records, GiveUpReason.SITE_REFUSES, code)
        self._unreported.clear()

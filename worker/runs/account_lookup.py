"""Looks up accounts in batches; an account that Moodle cannot return does not affect the others."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from worker.model.account import Account, AccountKey
from worker.model.moodle_fields import is_username
from worker.model.reasons import Reason
from worker.moodle import fatal_errors, refusals
from worker.moodle.client import MoodleClient
from worker.planning.planner import Lookup, Priority
from worker.progress import Progress, Tick, no_bar
from worker.runs.isolation import ALLOWANCE, BatchRequest, GiveUpReason, Isolation, Wait
from worker.runs.services import Services
from worker.transport.parallel import in_batches, in_parallel


class AccountLookup(BatchRequest[str]):
    """Looks up accounts by the values of one key.

    Args:
        must_answer: Each account that cannot be returned is isolated, however many there are, and the run ends if
            Moodle answers for none.

    Attributes:
        accounts: The accounts found.
        failed_lookups: Why there is no answer, by key and value.
    """

    def __init__(
        self,
        moodle: MoodleClient,
        wait: Wait,
        lookup: Lookup,
        *,
        must_answer: bool = False,
        progress: Progress = no_bar,
    ) -> None:
        super().__init__(moodle.site_answers, moodle.check_visibility, wait)
        self.accounts: list[Account] = []
        self.failed_lookups: dict[tuple[AccountKey, str], Reason] = {}
        self._moodle = moodle
        self._lookup = lookup
        self._must_answer = must_answer
        self._progress = progress
        self._tick: Tick = lambda _: None

    def run(self) -> AccountLookup:
        """Look up all values. Raises TargetError if Moodle answers for none of those that a run cannot do without."""
        lookup, moodle = self._lookup, self._moodle
        is_limited = not self._must_answer and lookup.priority is not Priority.LEAVERS
        were_isolated = lookup.priority is Priority.ISOLATED
        size = 1 if were_isolated else moodle.batch_size
        with self._progress(f"looking up by {lookup.key}", len(lookup.values)) as self._tick:
            # A site that refuses extended usernames refuses them all, and must not keep the others waiting.
            for extended in (False, True):
                values = [value for value in lookup.values if self._is_extended(value) is extended]
                isolation = Isolation(self, allowance=ALLOWANCE if is_limited else None)
                send = partial(isolation.send, was_isolated=were_isolated)
                in_parallel(send, in_batches(values, size), moodle.concurrency)
                isolation.finish()
        return self

    def _is_extended(self, value: str) -> bool:
        return self._lookup.key == "username" and not is_username(value)

    def attempt(self, batch: Sequence[str]) -> None:
        """Look up one batch."""
        self.accounts += self._moodle.look_up(self._lookup.key, batch)
        self._tick(len(batch))

    def on_isolated(self, record: str, code: str) -> None:
        """Record that this account cannot be read."""
        is_refused = code == "invalidparameter" and self._is_extended(record)
        reason = refusals.EXTENDED_USERNAME_REFUSED if is_refused else refusals.unreadable_account(code)
        self.failed_lookups[self._lookup.key, record] = reason

    def on_given_up(self, records: Sequence[str], why: GiveUpReason, code: str) -> None:
        """Record the values that were not looked up."""
        is_whole_company = self._lookup.key == "idnumber" and self._lookup.priority is Priority.OTHERS
        if why is not GiveUpReason.TOO_MANY and (self._must_answer or is_whole_company):
            raise fatal_errors.no_lookup_answered(code)
        if code == "invalidparameter" and all(map(self._is_extended, records)):
            reason = refusals.EXTENDED_USERNAME_REFUSED
        else:
            reason = refusals.too_many_refused(f"the look-up by {self._lookup.key}", code)
        self.failed_lookups.update({(self._lookup.key, record): reason for record in records})


def look_up(services: Services, lookup: Lookup, *, must_answer: bool = False) -> AccountLookup:
    """Look up accounts for a run; see :class:`AccountLookup`."""
    moodle, wait, progress = services.moodle, services.stop.wait, services.progress
    return AccountLookup(moodle, wait, lookup, must_answer=must_answer, progress=progress).run()

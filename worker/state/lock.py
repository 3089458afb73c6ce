"""The run lock: a lease of five minutes, taken by a conditional write and renewed by a thread.

Nothing is written to Moodle without time left on the lease, and the state is written only together with the check that
the lock is still ours. So a run that was paused, or cut off from its table, cannot act beside its successor.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from worker import logs
from worker.errors import DuplicateDelivery, LockHeld, LockLost, SyncError
from worker.state.items import ABSENT, KEY, Condition, Item, Items
from worker.timestamps import NO_MOMENT
from worker.words import duration

LEASE_SECONDS = 300
RENEW_SECONDS = 60.0
_CLOCKS_APART = 60
"""Seconds beyond the lease that a difference between two machines' clocks explains."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The run that holds a lock, and for how long unless it is renewed."""

    owner: str
    seconds_left: int


class Lock:
    """The lock of one state. `clock` returns seconds since 1970: leases are compared between machines."""

    def __init__(self, items: Items, key: str, owner: str, clock: Callable[[], float] = time.time) -> None:
        self.key = key
        self._items = items
        self._owner = owner
        self._clock = clock
        self._expires = 0
        self._scheduled = ""
        self._lost = False
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def ours(self) -> Condition:
        """The condition that the lock is still this run's."""
        return Condition(equals={"owner": self._owner})

    def acquire(self, scheduled_time: str = "") -> None:
        """Take the lock. Raises LockHeld, or DuplicateDelivery if a run of the same scheduled time holds it."""
        self._scheduled = scheduled_time
        while True:
            held = self._items.get(self.key)
            if held is not None and _expires(held) > self._clock():
                if held.get("owner") != self._owner:
                    raise self._refusal(held)
                # The client repeated a write whose answer was lost: the first one took the lock.
                self._expires = _expires(held)
                return
            lease = self._lease()
            unchanged = ABSENT
            if held is not None:
                unchanged = Condition(equals={name: held[name] for name in ("owner", "expires") if name in held})
            if self._items.put(lease, unchanged):
                self._expires = lease["expires"]
                return

    def holder(self) -> Holder | None:
        """Return the present holder; None if the lock is free."""
        held = self._items.get(self.key)
        left = int(_expires(held) - self._clock()) if held else 0
        return Holder(str(held.get("owner")), left) if held and left > 0 else None

    def require_free(self) -> None:
        """Raise :class:`LockHeld` unless the lock is free."""
        held = self._items.get(self.key)
        if held is not None and _expires(held) > self._clock():
            raise self._refusal(held)

    def keep(self, may_renew: Callable[[], bool] = lambda: True) -> None:
        """Renew the lease in the background until :meth:`release`, as long as `may_renew`.

        A run that hangs beyond its time must not block the next one.
        """
        self._thread = threading.Thread(target=self._renew_while, args=[may_renew], name="lock", daemon=True)
        self._thread.start()

    def renew(self) -> None:
        """Extend the lease; a lease that went to another run stays lost."""
        lease = self._lease()
        if self._items.put(lease, self.ours):
            self._expires = lease["expires"]
        else:
            self._lost = True

    def renew_in_time(self) -> None:
        """Extend the lease if less than half of it is left: the thread that renews it may be stuck."""
        if self._expires - self._clock() < LEASE_SECONDS / 2:
            self.renew()

    def require(self, seconds: float) -> None:
        """Raise :class:`LockLost` unless the lock is ours for at least this long."""
        if self._lost or self._expires - self._clock() < seconds:
            raise LockLost(
                "the lock of this run expired or was taken over",
                advice="nothing was written after that; the next run continues from the last state",
            )

    def release(self) -> None:
        """Release the lock if it is still ours. If the store cannot be reached, the lease expires instead."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        with suppress(SyncError):
            self._items.delete(self.key, self.ours)

    def _lease(self) -> Item:
        expires = int(self._clock()) + LEASE_SECONDS
        return {KEY: self.key, "owner": self._owner, "expires": expires, "scheduledTime": self._scheduled}

    def _refusal(self, held: Item) -> Exception:
        if self._scheduled and held.get("scheduledTime") == self._scheduled:
            return DuplicateDelivery("this scheduled run is already at work; the scheduler delivered it twice")
        left = _expires(held) - int(self._clock())
        if left > LEASE_SECONDS + _CLOCKS_APART:
            return LockHeld(
                f"the lock of the run {held.get('owner')} expires in {duration(left)}, but a run takes it for five"
                " minutes: the clock of its machine is ahead, that of this one is behind, or it was written by hand",
                advice="check that no run is at work and that the clocks are right, then delete the item"
                f" {self.key} from the state (RUNBOOK, Lock held)",
            )
        return LockHeld(
            f"another run ({held.get('owner')}) holds the lock, for another {left} s unless it renews it",
            advice="wait for it to end; the lock of a run that died expires within five minutes",
        )

    def _renew_while(self, may_renew: Callable[[], bool]) -> None:
        while not self._ended.wait(RENEW_SECONDS) and may_renew():
            try:
                self.renew()
            except SyncError as fault:
                logs.warning("lock.not_renewed", reason=fault.message)


def _expires(held: Item) -> int:
    """Return when a lease expires; 0 if it has no usable time (written by hand)."""
    value = held.get("expires")
    return value if isinstance(value, int) and 0 < value < NO_MOMENT else 0

"""The run lock for a moment, for what an operator changes in the state by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from worker.state.lock import Lock
from worker.state.store import Store


@contextmanager
def locked(store: Store, owner: str) -> Iterator[Lock]:
    """Hold the lock; raises LockHeld while a run is at work."""
    lock = store.lock(owner)
    lock.acquire()
    try:
        yield lock
    finally:
        lock.release()

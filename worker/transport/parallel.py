"""Splits values into batches, and makes calls in parallel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

V = TypeVar("V")


def in_batches(values: Sequence[V], size: int) -> list[Sequence[V]]:
    """Return the values in batches of this size; the last may be smaller."""
    return [values[at : at + size] for at in range(0, len(values), size)]


def in_parallel(call: Callable[[Any], Any], batches: Sequence[Any], workers: int) -> list[Any]:
    """Call `workers` batches at a time; return the results in the order of the batches.

    The first failure is raised after the calls in progress have ended; calls that have not started are cancelled.
    """
    if len(batches) <= 1 or workers == 1:
        return [call(batch) for batch in batches]
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="moodle") as pool:
        futures = [pool.submit(call, batch) for batch in batches]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise

"""Calls side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def in_parallel(call: Callable[[Any], Any], batches: Sequence[Any], workers: int) -> list[Any]:
    """The results in the order of the batches, `workers` at a time; the first failure is raised when all have ended."""
    if len(batches) <= 1 or workers == 1:
        return [call(batch) for batch in batches]
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="moodle") as pool:
        futures = [pool.submit(call, batch) for batch in batches]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise

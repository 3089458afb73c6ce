"""A progress bar on stderr, if that is a terminal."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Tick = Callable[[int], object]
Progress = Callable[[str, int], AbstractContextManager[Tick]]
"""Begins a task, given its name and number of employees (0: unknown). Yields the function to call for each."""


@contextmanager
def no_bar(_what: str, _total: int) -> Iterator[Tick]:
    """Show nothing."""
    yield lambda _: None


@contextmanager
def bar(what: str, total: int) -> Iterator[Tick]:
    """Show a bar if stderr is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from tqdm import tqdm
    from tqdm.contrib.logging import logging_redirect_tqdm

    with (
        tqdm(total=total or None, desc=what, unit=" employees", file=sys.stderr, leave=False) as shown,
        # Log lines appear above the bar, which would otherwise interrupt them.
        logging_redirect_tqdm(loggers=[logging.getLogger("worker")]),
    ):
        yield shown.update

"""A progress bar on stderr, where that is a terminal."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Tick = Callable[[int], object]
Progress = Callable[[str, int], AbstractContextManager[Tick]]
"""Begins a piece of work: what it is, and for how many employees (0: not known). Yields what to call for each."""


@contextmanager
def no_bar(_what: str, _total: int) -> Iterator[Tick]:
    """Show nothing."""
    yield lambda _: None


@contextmanager
def bar(what: str, total: int) -> Iterator[Tick]:
    """Show a bar where stderr is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from tqdm import tqdm
    from tqdm.contrib.logging import logging_redirect_tqdm

    with (
        tqdm(total=total or None, desc=what, unit=" employees", file=sys.stderr, leave=False) as shown,
        # Lines of the log appear above the bar, which would otherwise stand in the middle of them.
        logging_redirect_tqdm(loggers=[logging.getLogger("worker")]),
    ):
        yield shown.update

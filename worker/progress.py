"""A bar on stderr for long work on a terminal; nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Tick = Callable[[int], object]
Progress = Callable[[str, int], AbstractContextManager[Tick]]
"""Begins a piece of work: what it is, and of how many people (0: not known). Gives what to call for each done."""


@contextmanager
def no_bar(_what: str, _total: int) -> Iterator[Tick]:
    """Says nothing."""
    yield lambda _: None


@contextmanager
def bar(what: str, total: int) -> Iterator[Tick]:
    """A bar, where stderr is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from tqdm import tqdm

    with tqdm(total=total or None, desc=what, unit=" people", file=sys.stderr, leave=False) as shown:
        yield shown.update

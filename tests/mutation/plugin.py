"""A plugin of mutmut's pytest, without which a run takes several times as long and detects faults that it does not.

Each mutant is tested in a fork of a process that has imported all tests: the garbage collector would walk through them
in every fork. And a fault is mostly found by a fast test.
"""

from __future__ import annotations

import gc
from collections import Counter
from pathlib import Path

import pytest
from mutmut.state import state


def pytest_sessionstart() -> None:
    """Exempt everything that was imported from the garbage collection."""
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make the ids of tests anew: those of an earlier session of the process would be escaped a second time.

    A mutant's session asks for its tests by their ids. If one of them is not found, it fails, as if a test had.
    """
    for mark in metafunc.definition.iter_markers("parametrize"):
        if mark._param_ids_from is not None:
            object.__setattr__(mark._param_ids_from, "_param_ids_generated", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the module with the fastest tests first, and in each module the fastest test."""
    seconds = state().duration_by_test
    of_module: Counter[Path] = Counter()
    for item in items:
        of_module[item.path] += seconds.get(item.nodeid, 0)
    items.sort(key=lambda item: (of_module[item.path], item.path, seconds.get(item.nodeid, 0)))

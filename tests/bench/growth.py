"""How cost grows with the changes and the company, without latency, which would hide the worker's own cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tests.bench.process import Unmeasured
from tests.bench.stage import Stage, WorkerRun
from tests.run_harness import some_hours_ago
from tests.sandbox.bamboohr import Company, generate

NEW, SAME = "all new", "nothing different"
_COUNTED = {NEW: "created", SAME: "unchanged"}


@dataclass(frozen=True)
class Point:
    """A number of changes in a directory, measured several times.

    `asked`: the requested size of the directory; `directory`: its size, which is at least the number of changes.
    """

    requested: int
    directory: int
    changes: int
    kind: str
    runs: tuple[WorkerRun, ...]


Size = tuple[int, int, int]
"""Requested directory, directory and changes, as in :class:`Point`."""


def sizes(changes: Sequence[int], directories: Sequence[int]) -> list[Size]:
    """Return the sizes, smaller companies first; a directory is never smaller than the number of changes."""
    found: dict[tuple[int, int], Size] = {}
    for requested in sorted(directories):
        for count in changes:
            directory = max(requested, count)
            found.setdefault((directory, count), (requested, directory, count))
    return [found[key] for key in sorted(found)]


def measure(stage: Stage, wanted: Sequence[Size], rounds: int, tick: Callable[[str], None]) -> Iterator[Point]:
    """At each size, create all employees on an empty Moodle, then run again without a difference."""
    company = Company(some_hours_ago())
    all_changes = list(company.changes.items())
    for requested, directory, changes in wanted:
        if len(company) != directory:
            company = Company(some_hours_ago())
            company.add(generate(directory, seed=9))
            all_changes = list(company.changes.items())
        company.changes = dict(all_changes[:changes])
        stage.serve_company(company)
        runs: dict[str, list[WorkerRun]] = {NEW: [], SAME: []}
        for _ in range(rounds):
            stage.new_site()
            for kind, measured in runs.items():
                run = stage.worker()
                if run.summary.get(_COUNTED[kind]) != changes:
                    raise Unmeasured(
                        f"{changes} changes of {directory}, {kind}: the worker did not process all of them"
                    )
                measured.append(run)
                tick(f"{changes:,} changes of {directory:,}")
        yield from (Point(requested, directory, changes, kind, tuple(measured)) for kind, measured in runs.items())

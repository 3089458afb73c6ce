"""How cost grows with the changes and with the company, without latency: it would hide what the worker itself takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tests.bench.process import Unmeasured
from tests.bench.stage import Ran, Stage
from tests.run_harness import some_hours_ago
from tests.sandbox.bamboohr import Company, generate

NEW, SAME = "all new", "nothing different"
_COUNTED = {NEW: "created", SAME: "unchanged"}


@dataclass(frozen=True)
class Point:
    """So many changes out of a directory of so many, measured a few times.

    `asked`: the directory that was asked for; `directory`: the one that holds at least everybody who changed.
    """

    asked: int
    directory: int
    changes: int
    kind: str
    runs: tuple[Ran, ...]


Size = tuple[int, int, int]
"""Asked, directory and changes, as in :class:`Point`."""


def sizes(changes: Sequence[int], directories: Sequence[int]) -> list[Size]:
    """Smaller companies first. Nobody can change who is not there: a directory is never smaller than the changes."""
    found: dict[tuple[int, int], Size] = {}
    for asked in sorted(directories):
        for count in changes:
            directory = max(asked, count)
            found.setdefault((directory, count), (asked, directory, count))
    return [found[key] for key in sorted(found)]


def measure(stage: Stage, wanted: Sequence[Size], rounds: int, tick: Callable[[str], None]) -> Iterator[Point]:
    """At each size everybody is created, then looked at again without a difference; on an empty Moodle each time."""
    company = Company(some_hours_ago())
    everybody = list(company.changes.items())
    for asked, directory, changes in wanted:
        if len(company) != directory:
            company = Company(some_hours_ago())
            company.add(generate(directory, seed=9))
            everybody = list(company.changes.items())
        company.changes = dict(everybody[:changes])
        stage.enter(company)
        runs: dict[str, list[Ran]] = {NEW: [], SAME: []}
        for _ in range(rounds):
            stage.new_site()
            for kind, done in runs.items():
                run = stage.worker()
                if run.summary.get(_COUNTED[kind]) != changes:
                    raise Unmeasured(f"{changes} changes of {directory}, {kind}: the worker did not do them all")
                done.append(run)
                tick(f"{changes:,} changes of {directory:,}")
        yield from (Point(asked, directory, changes, kind, tuple(done)) for kind, done in runs.items())

"""How complete this run's reading of the company is, compared with the baseline. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from worker.model.history import History, RunRecord

ROWS_PERCENT = 80
"""A directory with a smaller share of the baseline's rows is incomplete."""
COVERAGE_LOST = 1_000
"""A field whose coverage falls by this much was lost. In hundredths of a per cent: ten points."""


@dataclass(frozen=True)
class DirectoryStats:
    """What this run read of the company.

    Attributes:
        rows: Rows of the directory; 0 if it is not available.
        active: Active employees, where List Employees was read and the directory is not available; 0 otherwise.
        coverage: For each needed field, the share of rows with a value, in hundredths of a per cent (0 to 10,000).
    """

    rows: int
    coverage: Mapping[str, int] = field(default_factory=dict)
    active: int = 0


def sees_whole_company(stats: DirectoryStats, baseline: RunRecord | None) -> bool:
    """Whether the directory is as complete as in the baseline run."""
    return baseline is None or stats.rows * 100 >= baseline.rows * ROWS_PERCENT


def _coverages(stats: DirectoryStats, baseline: RunRecord) -> Iterator[tuple[str, int, int]]:
    """Each field of the baseline with its coverage then and now. A field that is no longer read counts as unchanged."""
    for name, before in sorted(baseline.coverage.items()):
        yield name, before, stats.coverage.get(name, before)


def losses(stats: DirectoryStats, baseline: RunRecord | None) -> list[str]:
    """Return what was lost since the baseline run, rows or shares of a field's values, one text for each loss."""
    if baseline is None:
        return []
    found = []
    if not sees_whole_company(stats, baseline):
        found.append(f"the directory has {stats.rows} rows, the baseline run read {baseline.rows}")
    return found + [
        f"{name} is filled for {now / 100:.0f} % of the directory, {before / 100:.0f} % before"
        for name, before, now in _coverages(stats, baseline)
        if before - now >= COVERAGE_LOST
    ]


def fields_lost(stats: DirectoryStats, baseline: RunRecord | None) -> list[str]:
    """Return the fields that lost so many values since the baseline run that an empty one means nothing.

    A field that the key may no longer see looks like one that is not set. A field is lost if its coverage fell by ten
    points and its values by a tenth (new employees without a value do not count), or if it had at least three values
    and now has none.
    """
    if baseline is None or not stats.rows:
        return []
    found = []
    for name, before, now in _coverages(stats, baseline):
        # Coverage is rounded down, so the exact number of values now is less than `values_now_below`.
        values_before, values_now_below = before * baseline.rows, (now + 1) * stats.rows
        fell = before - now >= COVERAGE_LOST and values_now_below * 100 <= values_before * _VALUES_KEPT_PERCENT
        vanished = now == 0 and values_before - values_now_below > _TWO_VALUES
        if fell or vanished:
            found.append(name)
    return found


_VALUES_KEPT_PERCENT = 90
_TWO_VALUES = 2 * 10_000


def is_unreliable(stats: DirectoryStats, history: History, now: datetime) -> bool:
    """Whether this read lost so much that it must not become the new baseline.

    A company that really became smaller is trusted after a week.
    """
    baseline = history.last_baseline()
    complete = sees_whole_company(stats, baseline) and not fields_lost(stats, baseline)
    return not complete and not shrink_confirmed(history, now)


def shrink_confirmed(history: History, now: datetime) -> bool:
    """Whether every read of the last week lost what the baseline run saw.

    A week without a baseline run is not enough: a single bad read after a week of other errors would be trusted.
    """
    baseline, lost_since = history.last_baseline(), None
    for run in history.runs:
        if baseline is not None and run.ended_at > baseline.ended_at and run.since:
            stats = DirectoryStats(run.rows, run.coverage)
            lost = bool(losses(stats, baseline) or fields_lost(stats, baseline))
            lost_since = (lost_since or run.ended_at) if lost else None
    return lost_since is not None and now.timestamp() - lost_since / 1000 > _CONFIRMED_AFTER.total_seconds()


_CONFIRMED_AFTER = timedelta(days=6, hours=12)
"""A week of scheduled runs, which do not all end at the same minute."""

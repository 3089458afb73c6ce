"""Which run later runs are compared with, and when a reconcile is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.worker.tables import table
from worker.model.history import History, RunRecord
from worker.planning.baseline import is_baseline, is_reconcile_due
from worker.planning.readings import DirectoryStats

NOW = datetime(2026, 2, 1, 2, 0, tzinfo=UTC)


def run(days_ago: int, rows: int, *, good: bool = False) -> RunRecord:
    ended_at = int((NOW - timedelta(days=days_ago)).timestamp() * 1000)
    return RunRecord("r", ended_at, "sync", "all", is_baseline=good, since="2026-01-01T00:00:00Z", rows=rows)


BASELINE = run(9, 1_000, good=True)
SMALLER_FOR_A_WEEK = [run(days, 500) for days in range(8, 0, -1)]


@table(
    "runs, rows, window_complete, expected",
    ("first run", [], 1_000, True, True),
    ("a part of the first window", [], 1_000, False, False),
    ("complete", [BASELINE], 800, False, True),
    ("rows lost", [BASELINE], 799, True, False),
    ("smaller for a week", [BASELINE, *SMALLER_FOR_A_WEEK], 500, True, True),
    ("for 4 days", [BASELINE, *SMALLER_FOR_A_WEEK[4:]], 500, True, False),
)
def test_a_complete_reading_is_a_baseline_from_the_first_whole_window_on(
    runs: list[RunRecord], rows: int, window_complete: bool, expected: bool
) -> None:
    history = History(runs=tuple(runs))

    assert is_baseline(DirectoryStats(rows), history, NOW, window_complete=window_complete) is expected


def last_run(mapping: str, *, reconcile_due: bool = False) -> History:
    return History(
        runs=(RunRecord("r", 1, "sync", "all", is_baseline=True, mapping_digest=mapping, reconcile_due=reconcile_due),)
    )


@table(
    "history, due",
    ("first run", History(), False),
    ("same mapping", last_run("mapping"), False),
    ("another mapping", last_run("other"), True),
    ("mapping unknown", last_run(""), False),
    ("due since", last_run("mapping", reconcile_due=True), True),
)
def test_a_reconcile_is_due_after_the_mapping_changed(history: History, due: bool) -> None:
    assert is_reconcile_due(history, "mapping") is due

"""Guards against mass suspensions after a bad read. Pure, and computed on the plan before any write.

If a guard is violated, *all* suspensions of the run are held and everything else goes on. Held suspensions are errors,
so the state stays pinned and the next run plans them again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from worker.model import reasons
from worker.model.history import History, RunRecord
from worker.model.reasons import Reason
from worker.model.step import WRITES, Action, Step

LEAST = 5
"""The default limit of suspensions per run is at least this."""
MOST = 200
"""The default limit of suspensions per run is at most this."""
SHARE_PERCENT = 2
"""The default limit of suspensions per run, as a share of the company."""
ROWS_PERCENT = 80
"""A directory with a smaller share of the baseline's rows is incomplete."""
COVERAGE_LOST = 1_000
"""A field whose coverage falls by this much was lost. In hundredths of a per cent: ten points."""


@dataclass(frozen=True)
class DirectoryStats:
    """What this run read of the company.

    Attributes:
        rows: Rows of the directory; 0 if it is not available.
        coverage: For each needed field, the share of rows with a value, in hundredths of a per cent (0 to 10,000).
    """

    rows: int
    coverage: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """How many suspensions are allowed in one run, and in all runs of 24 hours together."""

    per_run: int
    per_day: int


def limits(stats: DirectoryStats, baseline: RunRecord | None, max_suspensions: int | None) -> Limits:
    """Return the limits: the setting, or a share of the company as read now or in the baseline, if that is smaller."""
    if max_suspensions is not None:
        per_run = max_suspensions
    else:
        company = min(stats.rows, baseline.rows) if baseline else 0
        per_run = min(MOST, max(LEAST, company * SHARE_PERCENT // 100))
    return Limits(per_run, 2 * per_run)


def violations(
    steps: Sequence[Step],
    stats: DirectoryStats,
    baseline: RunRecord | None,
    suspended_today: int,
    max_suspensions: int | None,
) -> list[str]:
    """Return why the suspensions of a plan must be held.

    Args:
        steps: The plan.
        stats: What this run read of the company.
        baseline: The last baseline run; None if there is none yet.
        suspended_today: Suspensions of the last 24 hours that count towards the limit.
        max_suspensions: The setting MAX_SUSPENSIONS; None for the default.

    Returns:
        One text per violation; empty if the suspensions may be written.
    """
    planned = sum(step.action is Action.SUSPEND for step in steps)
    if planned == 0:
        return []
    limit = limits(stats, baseline, max_suspensions)
    found = []
    if planned > limit.per_run:
        found.append(f"{planned} suspensions are due, {limit.per_run} are allowed in one run")
    elif planned + suspended_today > limit.per_day:
        found.append(
            f"{planned} suspensions are due after {suspended_today} in the last 24 hours, {limit.per_day} are allowed"
        )
    return found + _losses(stats, baseline)


def sees_whole_company(stats: DirectoryStats, baseline: RunRecord | None) -> bool:
    """Whether the directory is as complete as in the baseline run."""
    return baseline is None or stats.rows * 100 >= baseline.rows * ROWS_PERCENT


def _coverages(stats: DirectoryStats, baseline: RunRecord) -> Iterator[tuple[str, int, int]]:
    """Each field of the baseline with its coverage then and now. A field that is no longer read counts as unchanged."""
    for name, before in sorted(baseline.coverage.items()):
        yield name, before, stats.coverage.get(name, before)


def _losses(stats: DirectoryStats, baseline: RunRecord | None) -> list[str]:
    """Rows, and shares of a field's values, that were lost since the baseline run. They hold all suspensions."""
    if baseline is None:
        return []
    found = []
    if not sees_whole_company(stats, baseline):
        found.append(f"the directory has {stats.rows} rows, the last good run read {baseline.rows}")
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
            lost = bool(_losses(stats, baseline) or fields_lost(stats, baseline))
            lost_since = (lost_since or run.ended_at) if lost else None
    return lost_since is not None and now.timestamp() - lost_since / 1000 > _CONFIRMED_AFTER.total_seconds()


_CONFIRMED_AFTER = timedelta(days=6, hours=12)
"""A week of scheduled runs, which do not all end at the same minute."""


def hold_suspensions(steps: Sequence[Step], why: Sequence[str], run_id: str) -> list[Step]:
    """Hold every suspension of a plan, as an error that says why and how to approve it.

    Args:
        steps: The plan.
        why: The violations.
        run_id: The run to approve; "RUN" in a dry run, since only a later run will hold the suspensions.
    """
    reason = Reason(
        HELD,
        "a guard holds all suspensions of this run: " + "; ".join(why),
        f"check the employees named. If they did leave: {{command:approve {run_id}}}. If the directory lost"
        " employees or a field, fix what BambooHR shows to the key's user",
    )
    return [
        replace(step, action=Action.HOLD, reason=reason, changes=()) if step.action is Action.SUSPEND else step
        for step in steps
    ]


HELD = "suspension_held"


def is_held(step: Step) -> bool:
    """Whether a guard holds this step."""
    return step.reason.code == HELD


def only_suspensions(step: Step) -> Step:
    """What an approval does of a plan: suspensions alone."""
    if step.action is Action.SUSPEND or (step.action not in WRITES and step.action is not Action.UNCHANGED):
        return step
    if step.reason is reasons.ALREADY_SUSPENDED:
        return step
    return replace(step, action=Action.SKIP, reason=reasons.NOT_DUE, changes=(), problem=None, waits=False)

"""What stops a bad read from suspending a company. Pure, and computed on the plan before any write.

A trip holds *all* suspensions of the run, lets everything else go on, and makes the held ones errors: the state stays
where it was and they come again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from worker.model import reasons
from worker.model.history import History, RunRecord
from worker.model.reasons import Reason
from worker.model.step import WRITES, Action, Step

LEAST = 5
MOST = 200
SHARE_PERCENT = 2
ROWS_PERCENT = 80
COVERAGE_LOST = 1_000
"""Hundredths of a per cent: ten points."""


@dataclass(frozen=True)
class DirectoryStats:
    """What this run read of the company: rows of the directory, and how well each needed field is filled."""

    rows: int
    coverage: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """How many suspensions one run may do, and how many all runs of 24 hours together."""

    per_run: int
    per_day: int


def limits(health: DirectoryStats, last_good: RunRecord | None, max_suspensions: int | None) -> Limits:
    """The setting, or a share of the company: the smaller of what is read now and what the last good run read."""
    if max_suspensions is not None:
        per_run = max_suspensions
    else:
        company = min(health.rows, last_good.rows) if last_good else 0
        per_run = min(MOST, max(LEAST, company * SHARE_PERCENT // 100))
    return Limits(per_run, 2 * per_run)


def violations(
    steps: Sequence[Step],
    health: DirectoryStats,
    last_good: RunRecord | None,
    suspended_today: int,
    max_suspensions: int | None,
) -> list[str]:
    """Why no suspension may be done in this run; empty if they may."""
    planned = sum(step.action is Action.SUSPEND for step in steps)
    if planned == 0:
        return []
    limit = limits(health, last_good, max_suspensions)
    found = []
    if planned > limit.per_run:
        found.append(f"{planned} suspensions are due, {limit.per_run} are allowed in one run")
    elif planned + suspended_today > limit.per_day:
        found.append(
            f"{planned} suspensions are due after {suspended_today} in the last 24 hours, {limit.per_day} are allowed"
        )
    return found + _shrunk(health, last_good)


def _shrunk(health: DirectoryStats, last_good: RunRecord | None) -> list[str]:
    """What the company lost since the last good run."""
    if last_good is None:
        return []
    found = []
    if not sees_whole_company(health, last_good):
        found.append(f"the directory has {health.rows} rows, the last good run read {last_good.rows}")
    for name, before in sorted(last_good.coverage.items()):
        # A field that the mapping needs no more is not read any more: that is no loss.
        now = health.coverage.get(name, before)
        if before - now >= COVERAGE_LOST:
            found.append(f"{name} is filled for {now / 100:.0f} % of the directory, {before / 100:.0f} % before")
    return found


def fields_lost(health: DirectoryStats, last_good: RunRecord | None) -> list[str]:
    """The fields that so many lost since the last good run that an empty value of the directory says nothing.

    A field that the key may no longer see looks like one that is not set. Beside what the guard on suspensions goes by
    these are the fields that three or more had, and now nobody has. New people without a value take it from nobody.
    """
    if last_good is None or not health.rows:
        return []
    found = []
    for name, before in sorted(last_good.coverage.items()):
        now = health.coverage.get(name, before)
        # Shares are rounded down, so there may be nearly one part more of the rows.
        had, have_less_than = before * last_good.rows, (now + 1) * health.rows
        many = before - now >= COVERAGE_LOST and have_less_than * 100 <= had * _STILL_PERCENT
        if many or (now == 0 and had - have_less_than > _TWO):
            found.append(name)
    return found


_STILL_PERCENT = 90
_TWO = 2 * 10_000


def sees_whole_company(health: DirectoryStats, last_good: RunRecord | None) -> bool:
    """Whether the directory shows the company as whole as it did in the last good run."""
    return last_good is None or health.rows * 100 >= last_good.rows * ROWS_PERCENT


def is_unreliable(health: DirectoryStats, history: History, now: datetime) -> bool:
    """Whether this read lost so much that later runs should go on being compared with the last good one.

    A company that really became smaller is believed when it has been so for a week.
    """
    return _lost(health, history.last_good()) and not shrink_confirmed(history, now)


def shrink_confirmed(history: History, now: datetime) -> bool:
    """Whether every read of a week has lost what the last good run saw, and none in between saw it again.

    That no run was good for a week is not enough: one bad read after a week of other errors would be believed.
    """
    last_good, lost_since = history.last_good(), None
    for run in history.runs:
        if last_good is not None and run.ended_at > last_good.ended_at and run.since:
            read = DirectoryStats(run.rows, run.coverage)
            lost = bool(_shrunk(read, last_good) or fields_lost(read, last_good))
            lost_since = (lost_since or run.ended_at) if lost else None
    return lost_since is not None and now.timestamp() - lost_since / 1000 > _BELIEVED_AFTER.total_seconds()


def _lost(health: DirectoryStats, last_good: RunRecord | None) -> bool:
    return not sees_whole_company(health, last_good) or bool(fields_lost(health, last_good))


_BELIEVED_AFTER = timedelta(days=6, hours=12)
"""A week of nights, which do not all end at the same minute."""


def hold_suspensions(steps: Sequence[Step], why: Sequence[str], run_id: str) -> list[Step]:
    """The plan with every suspension held, each an error that says why and how to let them through.

    `run_id`: what to approve; "RUN" where this run only looks, and another one will hold them.
    """
    reason = Reason(
        HELD,
        "a guard holds all suspensions of this run: " + "; ".join(why),
        f"look at the people named. Where they did leave: approve {run_id}. Where the directory lost"
        " people or a field, mend what BambooHR shows to the key's user",
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

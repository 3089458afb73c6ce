"""How many accounts of each guard class one run may change. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.model.history import History, RunRecord
from worker.model.step import GuardClass
from worker.planning.baseline import DirectoryStats

Limit = int | str
"""A number of accounts, or a percentage of the company as in "5%"."""


_SMALL = 5
_DEFAULTS = {
    GuardClass.SUSPEND: (_SMALL, 2),
    GuardClass.REACTIVATE: (_SMALL, 2),
    GuardClass.IDENTITY: (_SMALL, 2),
    GuardClass.CLEAR: (_SMALL, 2),
    GuardClass.UPDATE: (25, 20),
    GuardClass.CREATE: (25, 10),
}
"""The larger of a number of accounts and a percentage of the company."""
MOST = 200
_CAPPED = frozenset({GuardClass.SUSPEND, GuardClass.IDENTITY})
"""The classes of which no setting allows more than `MOST` changes in one run."""


@dataclass(frozen=True)
class Limits:
    """The most accounts that one run may change, by class.

    `company_size`: see :func:`company_size`. `is_initial_import`: links, updates and creates have
    no limit.
    """

    company_size: int
    per_run: Mapping[GuardClass, int]
    is_initial_import: bool = False

    def per_day(self, guard_class: GuardClass) -> int:
        """Return the most accounts that all runs of 24 hours may change together."""
        return 2 * self.per_run[guard_class]


def limits(
    stats: DirectoryStats,
    history: History,
    settings: Mapping[str, Limit],
    *,
    initial_import: bool,
    max_suspensions: int | None = None,
) -> Limits:
    """Return the limits of a run, by the settings LIMITS and MAX_SUSPENSIONS, which takes precedence."""
    baseline = history.last_baseline()
    size = company_size(stats, baseline)
    given = {**settings} if max_suspensions is None else {**settings, GuardClass.SUSPEND: max_suspensions}
    per_run = {guard_class: _limit(guard_class, given.get(guard_class), size) for guard_class in GuardClass}
    if baseline is None and GuardClass.SUSPEND not in given:
        per_run[GuardClass.SUSPEND] = min(per_run[GuardClass.SUSPEND], _SMALL)
    return Limits(size, per_run, initial_import)


def company_size(stats: DirectoryStats, baseline: RunRecord | None) -> int:
    """Return the directory's rows (without it, the active employees), now or in the baseline, whichever is less.

    0 if unknown.
    """
    now = stats.active or stats.row_count
    before = (baseline.company_size or baseline.row_count) if baseline else 0
    return min(now, before) if now and before else now or before


def _limit(guard_class: GuardClass, setting: Limit | None, size: int) -> int:
    if isinstance(setting, int):
        limit = setting
    elif setting is not None and size:
        percent = int(setting.removesuffix("%"))
        limit = max(1, size * percent // 100) if percent else 0
    else:
        least, percent = _DEFAULTS[guard_class]
        if size and least == _SMALL:
            least = min(least, max(1, size // 2))
        limit = max(least, size * percent // 100)
    return min(limit, MOST) if guard_class in _CAPPED else limit


def is_initial_import(history: History, now: datetime, *, full_pass: bool) -> bool:
    """Return whether a run belongs to the initial import, in which links, updates and creates have no limit.

    The import ends with the first baseline, whose run takes the window's last employee, or seven days after the first
    run. The first full pass within these seven days belongs to it as well.
    """
    if (
        history.first_run_ended_at_ms
        and now.timestamp() - history.first_run_ended_at_ms / 1000 > timedelta(days=7).total_seconds()
    ):
        return False
    if full_pass:
        return not any(run.has_no_selection and run.command == "reconcile" and run.completed for run in history.runs)
    return history.last_baseline() is None

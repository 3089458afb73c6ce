"""Which run later ones are compared with, and when a full pass is due. Pure."""

from __future__ import annotations

from datetime import datetime

from worker.model.history import History
from worker.planning.guards import DirectoryStats, is_unreliable, shrink_confirmed


def is_baseline(stats: DirectoryStats, history: History, now: datetime, *, clean: bool) -> bool:
    """Return whether later runs are compared with what a run has read, given that it went through its window.

    Held suspensions are errors, and it may be a company that became smaller which holds them: after a week of that no
    error of a single employee stands in the way of the smaller company becoming the baseline.
    """
    return (clean or shrink_confirmed(history, now)) and not is_unreliable(stats, history, now)


def is_reconcile_due(history: History, mapping_digest: str) -> bool:
    """Return whether the mapping has changed since the last run over all employees that a full pass has followed."""
    last = history.last_full_run()
    return last is not None and (last.reconcile_due or last.mapping_digest not in ("", mapping_digest))

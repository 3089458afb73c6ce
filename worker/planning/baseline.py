"""The run that later runs are compared with, and when a full pass is due. Pure."""

from __future__ import annotations

from datetime import datetime

from worker.model.history import History
from worker.planning.readings import DirectoryStats, is_unreliable


def is_baseline(stats: DirectoryStats, history: History, now: datetime, *, window_complete: bool) -> bool:
    """Return whether a run that reached its end becomes the baseline of later runs.

    Neither errors of single employees nor held changes prevent this: the company may really have become smaller. The
    first baseline ends the initial import, so its run must have taken the window's last employee.
    """
    return (window_complete or history.last_baseline() is not None) and not is_unreliable(stats, history, now)


def is_reconcile_due(history: History, mapping_digest: str) -> bool:
    """Return whether a full pass is due.

    It is due if the last run that was not limited to selected employees left one due, or if the mapping or the scope
    has changed since.
    """
    last = history.last_full_run()
    return last is not None and (last.reconcile_due or last.mapping_digest not in ("", mapping_digest))

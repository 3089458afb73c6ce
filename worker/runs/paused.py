"""What a pause of the scheduled runs means for a run."""

from __future__ import annotations

from worker import advice
from worker.errors import Paused
from worker.runs.services import Services
from worker.runs.summary import Summary

_SCHEDULE = "schedule"


def heed_pause(services: Services, summary: Summary) -> None:
    """End a scheduled run with Paused; let a run that an operator started warn and continue."""
    pause = services.store.pause()
    if pause is None:
        return
    if services.settings.trigger == _SCHEDULE:
        raise Paused(f"the scheduled runs are {pause}", advice=f"to resume: {advice.command('resume')}")
    summary.warn("paused", f"the scheduled runs are {pause}; this run continues all the same")

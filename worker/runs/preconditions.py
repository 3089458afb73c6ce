"""What must hold before a run begins: the state belongs to its company and site, and scheduled runs are not paused."""

from __future__ import annotations

from worker import advice
from worker.errors import ConfigurationError, Paused
from worker.runs.services import Services
from worker.runs.summary import Summary

_SCHEDULE = "schedule"


def check_binding(services: Services) -> None:
    """Raise ConfigurationError if the state, as it was last read, belongs to another company or site."""
    bound, present = services.store.binding, services.settings.binding
    if bound is None or bound == present:
        return
    raise ConfigurationError(
        [f"the state {services.settings.state_id!r} belongs to {bound}, but this run is for {present}"],
        advice=(
            f"if the company or the site was renamed: {advice.command('state', 'rebind')}; otherwise correct"
            " BAMBOO_COMPANY_DOMAIN or MOODLE_BASE_URL, or give this pair a STATE_ID of its own"
        ),
    )


def adopt_state(services: Services, summary: Summary) -> None:
    """Bind a state that names no company and site to those of this run. Call it under the lock."""
    if services.store.binding is not None:
        return
    present = services.settings.binding
    if not services.store.is_new:
        summary.warn(
            "state_adopted",
            f"the state named no company or site: it was written by hand or by an earlier version, and from now on"
            f" belongs to {present}",
        )
    services.store.bind(present)


def heed_pause(services: Services, summary: Summary) -> None:
    """Raise Paused in a scheduled run; only warn in a run that an operator started."""
    pause = services.store.pause()
    if pause is None:
        return
    if services.settings.trigger == _SCHEDULE:
        raise Paused(f"the scheduled runs are {pause}", advice=f"to resume: {advice.command('resume')}")
    summary.warn("paused", f"the scheduled runs are {pause}; this run continues all the same")

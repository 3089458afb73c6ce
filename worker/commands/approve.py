"""`approve RUN`: let the suspensions through that a guard held in a run."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from worker.commands.base import Call, Parsers, add_command, add_dry_run
from worker.errors import UsageError
from worker.model.history import History, RunRecord
from worker.runs.request import RunRequest, SelectedEmployees
from worker.runs.services import open_store
from worker.runs.sync import run_sync
from worker.state.store import Store

_VALID = timedelta(days=1)

_TEACHES = """\
Suspends, at once, the employees whose suspensions a guard held in the run RUN and who are still due: BambooHR is read
again, and employees who are back, or not on that list, are left alone. The list is valid for a day; the next run makes
a new one. The command may be repeated. Approved suspensions do not count towards the limits, and since and offset stay
where they are: the next run finds these accounts suspended, and goes on.

Read who is held first: the held run's log has a line for each, and this shows them as they are now:
  {command:approve RUN --dry-run}

example:
  {command:approve 20260131T033000Z-1a2b3c4d}"""


def add(parsers: Parsers) -> None:
    """Add the parser."""
    parser = add_command(
        parsers, "approve", run=approve, summary="let the suspensions through that a run held", teaches=_TEACHES
    )
    parser.add_argument("held_run", metavar="RUN", help="the run_id of the run that held them (its summary names it)")
    add_dry_run(parser)


def approve(call: Call) -> None:
    """Run it."""
    options = call.options
    request = RunRequest("approve", SelectedEmployees(()), dry_run=options.dry_run, approved=True)
    call.begin(request, options.held_run)
    call.summary.scope = "employees"
    settings = call.settings()
    held = _held_by(options.held_run, open_store(settings.state))
    run_sync(replace(request, scope=SelectedEmployees(held)), call.services(settings), call.summary)


def _held_by(run_id: str, store: Store) -> tuple[int, ...]:
    """Return the employees on the list of a run. Raises UsageError where there is no valid list."""
    run, history = store.run(run_id), store.history()
    if run is None:
        raise UsageError(f"there is no run {run_id}", advice=_others(history))
    if not run.held:
        raise UsageError(f"the run {run_id} held no suspension", advice=_others(history))
    if _age(run) > _VALID:
        raise UsageError(
            f"the list of the run {run_id} is older than a day: BambooHR may say something else by now",
            advice=f"the next run makes a new one. {_others(history)}",
        )
    return tuple(sorted(int(number) for number in run.held))


def _age(run: RunRecord) -> timedelta:
    return datetime.now(UTC) - datetime.fromtimestamp(run.ended_at / 1000, UTC)


def _others(history: History) -> str:
    fresh = [run.run_id for run in history.runs if run.held_count and _age(run) <= _VALID]
    return (
        f"runs of the last day that held some: {', '.join(fresh[-5:])}" if fresh else "no run of the last day held any"
    )

"""`approve RUN`: let the suspensions through that a guard held in a run."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from worker.commands.command import Call, Parsers, add_command, add_dry_run
from worker.errors import UsageError
from worker.model import reasons
from worker.model.history import History, RunRecord
from worker.model.step import WRITES, Action, Step
from worker.progress import bar
from worker.runs.assembly import assemble, open_credentials, open_store
from worker.runs.request import RunRequest
from worker.state.store import Store

_VALID = timedelta(days=1)

_TEACHES = """\
Suspends, at once, those whose suspensions a guard held in the run RUN and who are still due: BambooHR is read again,
and whoever is back, or not on that list, is left alone. The list is valid for a day; the next run makes a new one. It
may be repeated. What is approved does not count to the limits, and since and offset stay where they are: the next run
finds these people suspended, and goes on.

Read who is held first: the held run's log has a line for each, and this shows them as they are now:
  python -m worker approve RUN --dry-run

example:
  python -m worker approve 20260131T033000Z-1a2b3c4d"""


def add(parsers: Parsers) -> None:
    """The parser."""
    parser = add_command(
        parsers, "approve", run=approve, summary="let the suspensions through that a run held", teaches=_TEACHES
    )
    parser.add_argument("held_run", metavar="RUN", help="the run_id of the run that held them (its summary names it)")
    add_dry_run(parser)


def approve(call: Call) -> None:
    """Run it."""
    options = call.options
    call.summary.dry_run, call.summary.scope, call.summary.about_run = options.dry_run, "employees", options.held_run
    settings = call.settings()
    held = _held_by(options.held_run, open_store(settings.state))
    job = RunRequest(command="approve", employees=held, dry_run=options.dry_run, approved=True, choose=only_suspensions)
    assemble(settings, open_credentials(settings), job, call.stopping, call.summary, bar).execute()


def _held_by(run_id: str, store: Store) -> tuple[int, ...]:
    """Who is on the list of a run. Raises UsageError where there is none that is valid."""
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


def only_suspensions(step: Step) -> Step:
    """What an approval does of a plan: suspensions alone."""
    if step.action is Action.SUSPEND or (step.action not in WRITES and step.action is not Action.UNCHANGED):
        return step
    if step.reason is reasons.ALREADY_SUSPENDED:
        return step
    return replace(step, action=Action.SKIP, reason=reasons.NOT_DUE, changes=(), problem=None, waits=False)

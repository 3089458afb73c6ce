"""The checks of doctor: each covers one thing, and says what to do about it and whom to ask. Nothing is written."""

from __future__ import annotations

import email.utils
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from worker import advice
from worker.bamboohr.client import BambooHRClient
from worker.config.settings import Settings
from worker.errors import ExitCode, ListRefused, LockHeld, SyncError
from worker.model.history import FollowUp, History
from worker.model.mapping import folded
from worker.model.position import Position
from worker.moodle.client import MoodleClient
from worker.planning.baseline import is_reconcile_due
from worker.planning.planner import Lookup, Priority
from worker.runs.account_lookup import AccountLookup
from worker.runs.reading_warnings import LATEST_UNREADABLE
from worker.state.store import Store
from worker.timestamps import iso
from worker.transport.http import Transport
from worker.words import counted, listed

_CLOCK_TOLERATED = timedelta(minutes=2)
ASK_HR = "ask BambooHR's administrator"
ASK_MOODLE = "ask NovaLXP's (Moodle's) administrator"


class CheckStatus(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of doctor. `advice`: what to do, and whom to ask. `exit_code`: the exit code that it causes."""

    verdict: CheckStatus
    area: str
    what: str
    advice: str = ""
    exit_code: ExitCode = ExitCode.OK


def ok(area: str, what: str) -> Check:
    """Return a check without a problem."""
    return Check(CheckStatus.OK, area, what)


def warning(area: str, what: str, advice: str) -> Check:
    """Return a warning: a run would continue, but an operator should know."""
    return Check(CheckStatus.WARNING, area, what, advice)


def failed(area: str, what: str, advice: str, exit_code: ExitCode = ExitCode.ERRORS) -> Check:
    """Return a failure: a run would end as an error, or do less than it should."""
    return Check(CheckStatus.FAILED, area, what, advice, exit_code)


def ok_unless(problem: str, area: str, what: str, advice: str) -> Check:
    """Return a warning that names the problem, or `ok` if there is none."""
    return warning(area, problem, advice) if problem else ok(area, what)


def failed_by(area: str, fault: SyncError) -> Check:
    """Return a failure with the message, advice and exit code of the fault, as a run would report it."""
    return failed(area, fault.message, fault.advice, fault.exit_code)


def check_clock(area: str, transport: Transport, now: datetime) -> Iterator[Check]:
    """Compare this machine's clock with the other system's, by the Date of its last answer."""
    try:
        apart = abs(now - email.utils.parsedate_to_datetime(transport.server_time))
    except (TypeError, ValueError):
        # There is no Date, or one that is malformed or without a zone.
        return
    problem = f"the clocks are {apart.total_seconds():.0f} s apart" if apart > _CLOCK_TOLERATED else ""
    yield ok_unless(problem, area, "the clocks agree", "synchronise this machine's clock with NTP")


def check_feed(bamboo: BambooHRClient, now: datetime) -> Iterator[Check]:
    """Read the list of changed employees."""
    try:
        feed = bamboo.changed_employees(now - timedelta(days=1))
    except SyncError as fault:
        yield failed_by("BambooHR changed feed", fault)
        return
    yield ok_unless(
        LATEST_UNREADABLE if feed.latest_is_unreadable else "",
        "BambooHR changed feed",
        f"{counted(len(feed.changes), 'employee')} changed in the last day",
        "ask BambooHR's support",
    )


def check_without_listing(bamboo: BambooHRClient, refused: ListRefused) -> Iterator[Check]:
    """Check that a key that may not list employees sees them in the directory."""
    area, advice = "BambooHR List Employees", f"{ASK_HR} to let the key's user list employees"
    try:
        directory = bamboo.directory((), ())
    except SyncError as fault:
        yield failed_by("BambooHR directory", fault)
        return
    if directory.available:
        yield warning(area, refused.message, f"{advice}: without it neither dates nor a reconcile can work")
    else:
        yield failed(area, f"{refused.message}, and the directory is refused or empty", advice)


_ACCESS_CAUSES = (
    "the user's role has webservice/rest:use",
    "the service is enabled",
    "where the service is for authorised users only, the token's user is one of them",
    "the token's IP restriction",
    'the token\'s "Valid until" (new tokens end after 30 days)',
)


def _access_advice(code: str, *, all_refused: bool) -> str:
    """Return what to check if a function is refused: Moodle gives one answer for several causes."""
    if code != "accessexception":
        return (
            f"{ASK_MOODLE} to give the token's role the capability (RUNBOOK, Moodle), and to add the function to its"
            " service"
        )
    in_service = "the function is in the token's service"
    causes = (*_ACCESS_CAUSES, in_service) if all_refused else (in_service, *_ACCESS_CAUSES)
    return f"Moodle gives one answer for several causes; {ASK_MOODLE} to check in this order: {'; '.join(causes)}"


def check_functions(moodle: MoodleClient) -> Iterator[Check]:
    """Check that the four functions may be called, and that the token sees accounts."""
    codes = moodle.access_refusals()
    all_refused = all(codes.values())
    by_field, search = "core_user_get_users_by_field", "core_user_get_users"
    for function, code in codes.items():
        area, refused, what_to_do = (
            f"Moodle {function}",
            f"refused ({code})",
            _access_advice(code, all_refused=all_refused),
        )
        if not code:
            yield ok(area, "may be called")
        elif all_refused:
            yield failed(area, f"{refused}, as all functions are", what_to_do)
        elif function == search:
            yield warning(
                area, f"{refused}: accounts that belong to no employee cannot be found without it", what_to_do
            )
        elif function == by_field and not codes[search]:
            yield warning(area, f"{refused}: accounts are looked up one by one", what_to_do)
        else:
            yield failed(area, refused, what_to_do)
    try:
        moodle.check_visibility()
        yield ok("Moodle visibility", "the token sees accounts, with every key that is needed")
    except SyncError as fault:
        yield failed("Moodle visibility", fault.message, fault.advice)


def check_state(store: Store, now: datetime, run_id: str, plan_digest: str) -> Iterator[Check]:
    """Check the position, the pause, the lock, the last run, whether a reconcile is due, and the follow-ups."""
    try:
        position = store.position(now)
        history = store.history()
        pause = store.pause()
        held = _lock_held(store, run_id)
    except SyncError as fault:
        yield failed_by("state", fault)
        return
    yield _check_position(position, history)
    if pause is not None:
        yield warning("schedule", f"the scheduled runs are {pause}", f"to resume: {advice.command('resume')}")
    yield warning("lock", held.message, held.advice) if held else ok("lock", "free")
    yield _check_last_run(history)
    yield _check_reconcile(history, plan_digest)
    yield from _check_remembered(history)


def _lock_held(store: Store, run_id: str) -> LockHeld | None:
    try:
        store.lock(run_id).require_free()
    except LockHeld as held:
        return held
    return None


def _check_position(position: Position | None, history: History) -> Check:
    area = "state row"
    if position is None and any(run.has_no_selection and run.since for run in history.runs):
        return warning(
            area,
            "the position is missing, but runs are on record: the next run looks only INITIAL_LOOKBACK_DAYS back",
            f"unless it was reset on purpose: {advice.command('state', 'rewind', '--since', 'MOMENT')}, from the start"
            f" of the last successful run on, then {advice.command('reconcile')} (RUNBOOK, State)",
        )
    if position is None:
        return ok(area, "none yet: the first run looks INITIAL_LOOKBACK_DAYS back")
    if position.progress and position.progress.pinned_runs:
        pinned = counted(position.progress.pinned_runs, "run")
        what = f"pinned at {iso(position.since)} for {pinned} because of errors"
        return warning(area, what, f"{_see_log()} (RUNBOOK, Pinned state)")
    return ok(area, f"since {iso(position.since)}, offset {position.offset}")


def _check_last_run(history: History) -> Check:
    last = next((run for run in reversed(history.runs) if run.command == "sync" and run.selection == "all"), None)
    if last is None:
        return ok("last run", "none yet")
    if last.successful:
        return ok("last run", f"{last.run_id}, no errors")
    return warning("last run", f"{last.run_id} ended with errors", _see_log())


def _check_reconcile(history: History, plan_digest: str) -> Check:
    if not is_reconcile_due(history, plan_digest):
        return ok("reconcile", "not due")
    last = next((run for run in reversed(history.runs) if run.command == "reconcile"), None)
    if last is not None and last.held_count:
        what = f"due: the last one, {last.run_id}, held changes of {counted(last.held_count, 'employee')}"
        approve, reconcile = advice.command("approve", last.run_id), advice.command("reconcile")
        return warning("reconcile", what, f"if they are right: {approve}, then {reconcile} (RUNBOOK, Held changes)")
    what = "due: settings have changed, or changes were not read"
    return warning("reconcile", what, f"run it: {advice.command('reconcile')} (RUNBOOK, Reconcile)")


def _check_remembered(history: History) -> Iterator[Check]:
    people, retry = advice.command("people", "list"), "{command:people retry ID}"
    for flag, what_to_do in (
        (FollowUp.PARKED, f"see: {people}; fix what its reason says, and the next run succeeds"),
        (FollowUp.UNDONE, f"see: {people}; to release them: {retry}"),
        (FollowUp.WITHOUT_ACCOUNT, f"see: {people}; fix what their reasons say"),
    ):
        employees = history.with_flag(flag)
        if employees:
            what = f"{len(employees)} {flag}: {ids(employees)}"
            yield warning("employees", what, advice.resolve(what_to_do, employees))


def _see_log() -> str:
    if not advice.current().environment:
        return f"see its log, where it ran; {advice.command('state', 'show')} lists the last runs"
    return f"see: {advice.command('runs', 'list')}; {advice.command('runs', 'logs', '--errors')}"


def check_protected(settings: Settings, moodle: MoodleClient, wait: Callable[[float], None]) -> Iterator[Check]:
    """Check that there are protected usernames, and that accounts have them."""
    area, names = "protected accounts", sorted({name.casefold() for name in settings.protected_accounts})
    names = [name for name in names if not name.isdigit()]
    if not names:
        what_to_do = "put the token's own user there, so that nothing can ever lock this product out"
        yield warning(area, "PROTECTED_ACCOUNTS names no username", what_to_do)
        return
    lookup = AccountLookup(moodle, wait, Lookup("username", Priority.OTHERS, names), must_answer=True).run()
    unreadable = {name for _, name in lookup.failed_lookups}
    found = {folded(account.username) for account in lookup.accounts}
    missing = [name for name in names if name not in unreadable and folded(name) not in found]
    named = counted(len(names), "username")
    listing = f"PROTECTED_ACCOUNTS names {named}"
    for reason in dict.fromkeys(lookup.failed_lookups.values()):
        yield warning(area, f"{listing}, of which {len(unreadable)} cannot be looked up: {reason.text}", reason.advice)
    if missing:
        what_to_do = "correct their spelling: a name that no account has protects nothing"
        yield warning(area, f"{listing}, and no account has {len(missing)} of them", what_to_do)
    elif not unreadable:
        yield ok(area, f"{named}, all found")


def ids(some_ids: Collection[int]) -> str:
    """Return some of the ids as text, and how many more there are."""
    return listed(sorted(some_ids), 10)

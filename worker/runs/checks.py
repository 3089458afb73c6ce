"""What doctor checks: one thing per check, each with what to do about it and whom to ask. Nothing is written."""

from __future__ import annotations

import email.utils
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from worker import advice
from worker.bamboohr.client import BambooHRClient
from worker.config.settings import Settings
from worker.errors import ExitCode, SyncError
from worker.model import reasons
from worker.model.employee import Employee
from worker.model.field_catalogue import EVIDENCE, is_by_api_name
from worker.model.history import FollowUp
from worker.model.mapping import NEVER_RETURNED, OFTEN_HIDDEN
from worker.model.step import Action
from worker.moodle.client import MoodleClient
from worker.planning.second_accounts import possible_second_accounts
from worker.runs.sync import Preview
from worker.state.store import Store
from worker.timestamps import iso
from worker.transport.http import Transport

_CLOCK_TOLERATED = timedelta(minutes=2)
_FEED_LOOKED_AT = timedelta(days=1)
_IDS_SHOWN = 10
_INTERNAL = ("manual", "email")
"""Moodle's own plugins that make no account without a password (measured on Moodle 4.2.3)."""
HR = "ask BambooHR's administrator"
LMS = "ask NovaLXP's (Moodle's) administrator"


class CheckStatus(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """One line. `advice`: what to do, and whom to ask. `exit_code`: what doctor ends with because of it."""

    verdict: CheckStatus
    area: str
    what: str
    advice: str = ""
    exit_code: ExitCode = ExitCode.OK


def ok(area: str, what: str) -> Check:
    """All is well."""
    return Check(CheckStatus.OK, area, what)


def warning(area: str, what: str, advice: str) -> Check:
    """A run would go on, and an operator should know."""
    return Check(CheckStatus.WARNING, area, what, advice)


def failed(area: str, what: str, advice: str, exit_code: ExitCode = ExitCode.ERRORS) -> Check:
    """A run would end as an error, or do less than it should."""
    return Check(CheckStatus.FAILED, area, what, advice, exit_code)


def failed_by(area: str, fault: SyncError) -> Check:
    """What a run itself would say."""
    return failed(area, fault.message, fault.advice, fault.exit_code)


def check_clock(area: str, transport: Transport, now: datetime) -> Iterator[Check]:
    """Compare this machine's clock with the other system's, by the Date of its last answer."""
    try:
        theirs = email.utils.parsedate_to_datetime(transport.server_time)
    except (TypeError, ValueError):
        return
    if theirs.tzinfo is None:
        return
    apart = abs(now - theirs)
    if apart > _CLOCK_TOLERATED:
        yield warning(area, f"the clocks are {apart.total_seconds():.0f} s apart", "set this machine's clock by NTP")
    else:
        yield ok(area, "the clocks agree")


def check_feed(bamboo: BambooHRClient, now: datetime) -> Iterator[Check]:
    """Read the list of changed employees."""
    try:
        feed = bamboo.changed_employees(now - _FEED_LOOKED_AT)
    except SyncError as fault:
        yield failed_by("BambooHR changed feed", fault)
    else:
        yield ok("BambooHR changed feed", f"{len(feed.changes)} changed in the last day")


_NO_CAPABILITY = (
    f"{LMS} to give the token's role the capability (RUNBOOK, Moodle), and to add the function to its service"
)
_CAUSES_FOR_ALL = (
    "the user's role has webservice/rest:use",
    "the service is enabled",
    "where the service is for authorised users only, the token's user is one of them",
    "the token's IP restriction",
    'the token\'s "Valid until" (new tokens end after 30 days)',
)
_CAUSE_FOR_ONE = "the function is in the token's service"


def _access_advice(code: str, *, all_refused: bool) -> str:
    """What to check where a function is refused: Moodle gives one answer for several causes."""
    if code != "accessexception":
        return _NO_CAPABILITY
    causes = (*_CAUSES_FOR_ALL, _CAUSE_FOR_ONE) if all_refused else (_CAUSE_FOR_ONE, *_CAUSES_FOR_ALL)
    return f"Moodle gives one answer for several causes; {LMS} to check in this order: {'; '.join(causes)}"


def check_functions(moodle: MoodleClient) -> Iterator[Check]:
    """Call the four functions, and see whether the token can see accounts."""
    access = moodle.access()
    by_field, search = "core_user_get_users_by_field", "core_user_get_users"
    for function, code in access.items():
        area = f"Moodle {function}"
        what_to_do = _access_advice(code, all_refused=all(access.values()))
        if not code:
            yield ok(area, "may be called")
        elif all(access.values()):
            yield failed(area, f"refused ({code}), as all functions are", what_to_do)
        elif function == search:
            yield warning(
                area, f"refused ({code}): accounts that belong to no employee cannot be found without it", what_to_do
            )
        elif function == by_field and not access[search]:
            yield warning(area, f"refused ({code}): accounts are looked up one by one", what_to_do)
        else:
            yield failed(area, f"refused ({code})", what_to_do)
    try:
        moodle.check_visibility()
    except SyncError as fault:
        yield failed("Moodle sight", fault.message, f"{fault.advice}; {LMS}")
    else:
        yield ok("Moodle sight", "the token sees accounts, with every key that is needed")


def check_state(store: Store, now: datetime, run_id: str) -> Iterator[Check]:
    """Read the row, the lock, what is remembered, and how the last run ended."""
    try:
        position = store.position(now)
        history = store.history()
        pause = store.pause()
        holder = store.lock(run_id).holder()
    except SyncError as fault:
        yield failed_by("state", fault)
        return
    if position is None:
        yield ok("state row", "none yet: the first run looks INITIAL_LOOKBACK_DAYS back")
    elif position.progress and position.progress.pinned_runs:
        yield warning(
            "state row",
            f"pinned at {iso(position.since)} for {position.progress.pinned_runs} runs by errors",
            "see what the last run says of its errors",
        )
    else:
        yield ok("state row", f"since {iso(position.since)}, offset {position.offset}")
    if pause is not None:
        yield warning("schedule", f"the scheduled runs are {pause}", f"to go on: {advice.command('resume')}")
    if holder is not None:
        yield warning("lock", f"held by the run {holder.owner}", "wait for its end; a dead run's lock frees itself")
    else:
        yield ok("lock", "free")
    last = next((run for run in reversed(history.runs) if run.command == "sync" and run.scope == "all"), None)
    if last is None:
        yield ok("last run", "none yet")
    elif last.successful:
        yield ok("last run", f"{last.run_id}, clean")
    else:
        yield warning("last run", f"{last.run_id} ended with errors", "see its summary and log")
    people, retry = advice.command("people", "list"), advice.command("people", "retry", "ID")
    for flag, what_to_do in (
        (FollowUp.PARKED, f"see: {people}; fix what its reason says, then: {retry}"),
        (FollowUp.UNDONE, f"see: {people}; to let the runs go on with them: {retry}"),
        (FollowUp.WITHOUT_ACCOUNT, f"see: {people}; fix what their reasons say"),
    ):
        employees = history.with_flag(flag)
        if employees:
            yield warning("employees", f"{len(employees)} {flag}: {ids(employees)}", what_to_do)


def check_protected(settings: Settings, moodle: MoodleClient) -> Iterator[Check]:
    """Check that there are protected user names, and that accounts have them."""
    names = [name for name in sorted(settings.protected) if not name.isdigit()]
    if not names:
        yield warning(
            "protected accounts",
            "PROTECTED_ACCOUNTS names no user name",
            "put the token's own user there, so that nothing can ever lock this product out",
        )
        return
    found = {account.username for account in moodle.look_up("username", names)}
    missing = [name for name in names if name not in found]
    if missing:
        yield warning(
            "protected accounts",
            f"{len(missing)} of {len(names)} user names of PROTECTED_ACCOUNTS are not in use",
            "correct their spelling: a name that no account has protects nothing",
        )
    else:
        yield ok("protected accounts", f"{len(names)} user names, all found")


def check_employees(seen: Preview, settings: Settings) -> Iterator[Check]:
    """Check what BambooHR shows of all employees."""
    employees = seen.plan.plan_input.employees
    active = [employee for employee in employees if employee.facts.get("status") == "Active"]
    yield ok("BambooHR List Employees", f"{len(employees)} employees, {len(active)} of them Active")
    if seen.inputs.directory.available:
        yield ok("BambooHR directory", f"{seen.inputs.directory.rows} employees")
    else:
        yield warning(
            "BambooHR directory",
            "refused or empty: every employee is read individually, which takes longer",
            f"{HR} to share the directory with the key's user",
        )
    yield from _fields(settings, employees, active)
    addresses = ((employee.facts.get("work_email", "").casefold(), employee.employee_id) for employee in active)
    duplicates = _duplicates(addresses)
    if duplicates:
        sharing = sorted({number for several in duplicates for number in several})
        yield warning(
            "BambooHR e-mail addresses",
            f"{len(duplicates)} addresses are used by several employees: {ids(sharing)}",
            f"{HR}: each needs an address of their own, or the later one gets no account",
        )
    else:
        yield ok("BambooHR e-mail addresses", "no two employees share one")


def _fields(settings: Settings, everyone: Sequence[Employee], active: Sequence[Employee]) -> Iterator[Check]:
    for name in dict.fromkeys((*EVIDENCE, *settings.employee_fields)):
        area = f"BambooHR field {name}"
        # The status tells who is active.
        employees = everyone if name == "status" else active or everyone
        restricted = sum(name in employee.restricted or name not in employee.facts for employee in employees)
        filled = sum(bool(employee.facts.get(name)) for employee in employees)
        if not employees:
            continue
        if restricted == len(employees):
            spelling = "check how BambooHR spells its API name, or " if is_by_api_name(name) else ""
            yield failed(area, "is not shown for any employee", f"{spelling}{HR} to let the key's user see it")
        elif restricted:
            yield warning(
                area, f"is not shown for {restricted} of {len(employees)}", f"{HR} to let the key's user see it"
            )
        elif not filled and name == "status":
            yield failed(area, "is empty for all employees: no leaver can be recognised", f"{HR} to fill it")
        elif not filled and name != "termination_date":
            yield warning(area, "is empty for all employees", "check that the mapping means this field")
        elif name != "termination_date":
            share = f"{filled * 100 // len(employees)} %"
            yield ok(area, f"filled for {share} of the {'' if name == 'status' else 'active '}employees")


def check_accounts(seen: Preview, settings: Settings, unexplained: Sequence[int]) -> Iterator[Check]:
    """Check Moodle's accounts, and which employees would be linked by which rule.

    Args:
        unexplained: Active accounts that belong to no employee.
    """
    population = seen.accounts
    if settings.moodle_auth in _INTERNAL:
        yield failed(
            f"Moodle auth {settings.moodle_auth}",
            "keeps passwords itself, and none is ever sent: Moodle refuses every new account",
            "set MOODLE_AUTH to the plugin that users log in with, such as oidc",
        )
    if isinstance(population, SyncError):
        yield warning("Moodle accounts", f"cannot be listed: {population.message}", population.advice)
    elif population is not None:
        if population:
            yield ok(f"Moodle auth {settings.moodle_auth}", f"{len(population)} accounts have it")
        else:
            yield warning(
                f"Moodle auth {settings.moodle_auth}",
                "no account has it: the plugin may not be there (Moodle takes any installed one, even a disabled one)",
                f"{LMS} whether it is installed and enabled, before the first run",
            )
        twice = _duplicates((account.idnumber, account.id) for account in population)
        if twice:
            shown = sorted({account for several in twice for account in several})
            yield warning(
                "Moodle idnumbers",
                f"{len(twice)} idnumbers are on several accounts: {ids(shown)}",
                f"{LMS}: leave each on one account; their employees are conflicts until then",
            )
        else:
            yield ok("Moodle idnumbers", "each is on one account only")
    if unexplained:
        yield warning(
            "accounts without an employee",
            f"{len(unexplained)} active accounts have no employee: {ids(unexplained)}",
            "see whose they are; no run ever touches them",
        )
    yield from _not_compared(seen, settings)
    yield from _links(seen)


def _not_compared(seen: Preview, settings: Settings) -> Iterator[Check]:
    """Name the mapped fields that Moodle does not give back, so that nobody can tell whether they differ."""
    for name in (rule.target for rule in settings.mapping.rules):
        if name in NEVER_RETURNED:
            yield warning(
                f"Moodle field {name}",
                "no look-up returns it: it is written to new accounts only",
                "map a custom profile field as well if existing accounts have to follow BambooHR",
            )
        elif name in OFTEN_HIDDEN and not any(account.values.get(name) for account in seen.plan.accounts.values()):
            yield warning(
                f"Moodle field {name}",
                "no account shows it: it is empty for all accounts, or the site hides it from the token",
                f"{LMS} to add it to the site's setting showuseridentity, unless it is empty for all accounts",
            )


def _links(seen: Preview) -> Iterator[Check]:
    steps = seen.plan.steps
    by_idnumber = sum(step.account is not None and step.account.idnumber == str(step.employee_id) for step in steps)
    counts = [f"{by_idnumber} by idnumber"]
    counts.append(f"{sum(step.reason is reasons.LINKED for step in steps)} would be linked by e-mail")
    counts.append(f"{sum(step.action is Action.CREATE for step in steps)} would be created")
    yield ok("accounts and employees", ", ".join(counts))
    again = possible_second_accounts(seen.plan)
    if again:
        yield warning(
            "possible second accounts",
            f"{len(again)} employees would get a new account and have both names of an employee who left:"
            f" {ids(again)} (as {ids([*again.values()])})",
            f"{HR} whether they were hired again; then enter the new id as the idnumber of the former account",
        )
    conflicts = sorted(step.employee_id for step in steps if step.is_error and step.action is Action.CONFLICT)
    if conflicts:
        kinds = Counter(step.reason.code for step in steps if step.action is Action.CONFLICT)
        named = ", ".join(f"{count} {code}" for code, count in sorted(kinds.items()))
        yield warning(
            "conflicts",
            f"{len(conflicts)} employees ({named}): {ids(conflicts)}",
            "see each with: " + advice.command("explain", "--employee", "ID"),
        )
    suspend = sum(step.action is Action.SUSPEND for step in steps) + sum(
        step.reason.code == "suspension_held" for step in steps
    )
    if suspend:
        yield warning(
            "suspensions",
            f"a reconcile would suspend {suspend} accounts",
            "see them with: " + advice.command("plan", "--everybody"),
        )


def _duplicates(pairs: Iterator[tuple[str, int]]) -> list[list[int]]:
    found: dict[str, list[int]] = {}
    for value, number in pairs:
        if value:
            found.setdefault(value, []).append(number)
    return [numbers for numbers in found.values() if len(numbers) > 1]


def ids(numbers: Mapping[int, object] | Sequence[int]) -> str:
    """Some of the ids, and how many more there are."""
    shown = sorted(numbers)
    more = f" and {len(shown) - _IDS_SHOWN} more" if len(shown) > _IDS_SHOWN else ""
    return ", ".join(map(str, shown[:_IDS_SHOWN])) + more

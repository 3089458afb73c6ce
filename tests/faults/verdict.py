"""Whether a fault was survived: how the run with the fault ended, and the state of the world after recovery.

A world is correct when it equals the one without the fault: the same accounts, each written equally often, the same
follow-ups, every write in the journal, the state advanced, the lock free.
"""

from __future__ import annotations

import atexit
import functools
import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults.cloud import Cloud
from tests.faults.injection import Fault, Injector, Step
from tests.faults.scenarios import ARRIVED, SCENARIOS, SYNC, Scenario
from tests.faults.world import LOCK, Saved, World
from tests.run_harness import API_KEY, RunResult
from tests.sandbox.expected import differences
from tests.sandbox.moodle import TOKEN
from tests.simulation import MemoryItems, Process
from worker.errors import ExitCode
from worker.model.history import EmployeeRecord
from worker.model.step import Action
from worker.state.store import Store

_DOCUMENTED = {*ExitCode} - {ExitCode.CRASH}
_FIELDS = ("idnumber", "username", "firstname", "lastname", "email", "department", "suspended", "auth")
_LONGEST_LINE = 8192
_MOVES = ("put_if", "TransactWriteItems")
Accounts = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Reference:
    """A scenario without a fault: its calls and its outcome."""

    before: Saved
    steps: Sequence[Step]
    suspended: frozenset[str]
    unfinished: frozenset[str]
    moves: bool
    accounts: Accounts
    events: Counter[tuple[str, str]]
    memory: Mapping[int, tuple[list[str], bool]]


@functools.cache
def reference(name: str) -> Reference:
    """Play the scenario once without a fault."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    scenario, first = SCENARIOS[name], World()
    scenario.prepare(first)
    before = first.save(Path(folder.name))
    world, injector = before.restore(), Injector()
    run = world.run(*scenario.command(world), injector=injector)
    assert run.code == ExitCode.OK, run.stdout
    suspended, unfinished, moved = _suspended(world), _unfinished(world), position(world) != position(before.world)
    wrong = recover(scenario, world)
    assert wrong == [], wrong
    return Reference(
        before, injector.steps, suspended, unfinished, moved, _accounts(world), _events(world), _memory(world)
    )


def steps(name: str, cloud: Cloud | None = None) -> Sequence[Step]:
    """Return the calls of a scenario without a fault."""
    if cloud is None:
        return reference(name).steps
    world, injector = reference(name).before.restore(), Injector()
    run = world.run(*SCENARIOS[name].command(world), injector=injector, cloud=cloud)
    assert run.code == ExitCode.OK, run.stdout
    return injector.steps


def survive(name: str, fault: Fault, cloud: Cloud | None = None) -> list[str]:
    """Play a scenario with the fault, then the recovery; return everything that is wrong."""
    scenario, reference_run = SCENARIOS[name], reference(name)
    world, injector = reference_run.before.restore(), Injector(fault)
    run = world.run(*scenario.command(world), injector=injector, cloud=cloud)
    if not injector.hit:
        return ["the call was never made"]
    step = injector.steps[fault.at]
    return judge(name, world, None if fault.kills else run, step)


def judge(name: str, world: World, run: RunResult | None, step: Step) -> list[str]:
    """Return what is wrong after the run that failed at this call, and after the recovery."""
    scenario, reference_run = SCENARIOS[name], reference(name)
    wrong = ended(run) if run is not None else []
    wrong += _left_behind(world, reference_run, run, step)
    world.heal()
    wrong += recover(scenario, world)
    wrong += _compared(world, reference_run)
    return wrong


def ended(run: RunResult) -> list[str]:
    """Return what is wrong with the exit code and the output of a run."""
    wrong = []
    if run.code not in _DOCUMENTED:
        wrong.append(f"exit code {run.code}: {_crash_line(run)}")
    lines = run.stdout.splitlines()
    if len(lines) != 1 or len(run.stdout) > _LONGEST_LINE:
        wrong.append(f"{len(lines)} lines and {len(run.stdout)} characters on stdout")
    for text in (*lines, *run.stderr.splitlines()):
        try:
            entry = json.loads(text)
        except ValueError:
            wrong.append("a line that is not JSON")
        else:
            if entry.get("event") == "sync.summary" and entry["exit_code"] != run.code:
                wrong.append("the summary has another exit code")

    output = (run.stdout + run.stderr).lower()
    wrong += [f"{what} was shown" for what, secret in _SECRETS.items() if secret in output]
    return wrong + (["a traceback"] if "traceback" in output else [])


_SECRETS = {"a personal value": "quux", "the API key": API_KEY, "the token": TOKEN}


def _crash_line(run: RunResult) -> str:
    crashes = (line for line in run.stderr.splitlines() if "sync.crash" in line)
    return next(crashes, "no crash was logged")


def _found_later(run: RunResult | None) -> set[str]:
    """Return the employees that a later run finds by date: after unread dates it reads further back."""
    unread = run is not None and run.stdout and "dates_unread" in run["warnings"]
    return {ARRIVED} if unread else set()


def _left_behind(world: World, reference_run: Reference, run: RunResult | None, step: Step) -> list[str]:
    """Return what is wrong directly after the run with the fault."""
    allowed = reference_run.suspended | _suspended(reference_run.before.world)
    wrong = [f"account {name} was suspended without evidence" for name in _suspended(world) - allowed]
    wrong += [fault for fault in _differences(world) if "accounts" in fault]
    now, before = position(world), position(reference_run.before.world)
    answer_lost = step.operation in _MOVES
    if now != before:
        if not reference_run.moves or (run is not None and run.code != ExitCode.OK and not answer_lost and before):
            wrong.append("the state moved despite an error")
        if now is not None and before is not None:
            known = {str(number) for number, record in _records(world).items() if record.needs_follow_up}
            lost = _unfinished(world) - reference_run.unfinished - known - _found_later(run)
            wrong += [f"the state moved past employee {number}" for number in sorted(lost)]
    if run is not None and step.system not in ("state", "aws") and LOCK in world.rows:
        wrong.append("the lock was not released")
    stored = json.dumps([row for key, row in world.rows.items() if "#journal#" not in key]).lower()
    return wrong + [f"{what} is in the state" for what, secret in _SECRETS.items() if secret in stored]


def recover(scenario: Scenario, world: World) -> list[str]:
    """Play what the operator and the schedule run next; return what is wrong with it."""
    world.heal()
    for command in (*scenario.recovery(world), SYNC):
        for _ in range(scenario.attempts):
            run = world.run(*command)
            wrong = ended(run)
            if wrong or (run.code == ExitCode.OK and not run["next_offset"]):
                break
        else:
            return [f"{command[0]} does not succeed in {scenario.attempts} runs: {run['message']}"]
        if wrong:
            return [f"{command[0]} afterwards: {fault}" for fault in wrong]
    wrong = _differences(world)
    last = Injector()
    run = world.run(*SYNC, injector=last)
    writes = [step.operation for step in last.steps if step.operation.endswith(("create_users", "update_users"))]
    if run.code != ExitCode.OK or writes:
        wrong.append(f"the last run ended with {run.code} and made the writes {writes}")
    if LOCK in world.rows:
        wrong.append("the lock is not free")
    return wrong


def _compared(world: World, reference_run: Reference) -> list[str]:
    """Return how the recovered world differs from the one without the fault."""
    accounts, events, memory = _accounts(world), _events(world), _memory(world)
    wrong = [
        f"account {name} differs: {_differing_fields(accounts.get(name), reference_run.accounts.get(name))}"
        for name in sorted(accounts.keys() | reference_run.accounts.keys())
        if accounts.get(name) != reference_run.accounts.get(name)
    ]
    wrong += [
        f"{event} of {name}: {events[event, name]} times, not {reference_run.events[event, name]}"
        for event, name in sorted(events.keys() | reference_run.events.keys())
        if events[event, name] != reference_run.events[event, name]
    ]
    wrong += [
        f"employee {number} has the follow-up {memory.get(number)}, not {reference_run.memory.get(number)}"
        for number in sorted(memory.keys() | reference_run.memory.keys())
        if memory.get(number) != reference_run.memory.get(number)
    ]
    return wrong + _unjournalled(world, reference_run.before.world)


def _differing_fields(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> list[str]:
    return [key for key in _FIELDS if (one or {}).get(key) != (other or {}).get(key)]


def _unjournalled(world: World, before: World) -> list[str]:
    """Return what was written without an entry in the journal."""
    store, runs = _store(world), {key.split("#")[2] for key in world.rows if "#journal#" in key}
    entries = [entry for run in runs for entry in store.journal_of(run)]
    created = {str(entry.employee_id) for entry in entries if entry.action is Action.CREATE}
    logged = {(str(entry.employee_id), change.field) for entry in entries for change in entry.changes}
    old = {user["id"]: user for user in before.users()}
    wrong = []
    for account in world.accounts():
        number, known = account["idnumber"], old.get(account["id"])
        changed = [] if known is None else [name for name in _FIELDS if known[name] != account[name]]
        if (known is None and number not in created) or any((number, name) not in logged for name in changed):
            wrong.append(f"what was written to employee {number} is not in the journal")
    return wrong


def position(world: World) -> tuple[datetime, int] | None:
    """Return since and offset of the state; raise if the row is not valid."""
    found = _store(world).position(datetime.now(UTC))
    return None if found is None else (found.since, found.offset)


def _store(world: World) -> Store:
    return Store(MemoryItems(Process(), world.rows), "default")


def _records(world: World) -> Mapping[int, EmployeeRecord]:
    return _store(world).history().records


def _memory(world: World) -> dict[int, tuple[list[str], bool]]:
    return {
        number: ([*record.follow_ups], record.suspended_by_us)
        for number, record in _records(world).items()
        if record.follow_ups or record.suspended_by_us
    }


def _accounts(world: World) -> dict[str, dict[str, Any]]:
    return {user["username"]: {name: user[name] for name in _FIELDS} for user in world.users()}


def _suspended(world: World) -> frozenset[str]:
    return frozenset(user["username"] for user in world.users() if user["suspended"])


def _events(world: World) -> Counter[tuple[str, str]]:
    names = {user["id"]: user["username"] for user in world.users()}
    return Counter((name, names[number]) for name, number in world.site.events)


def _differences(world: World) -> list[str]:
    return differences(world.company, world.accounts(), world.ever)


def _unfinished(world: World) -> frozenset[str]:
    """Return the employees for whom Moodle does not hold what BambooHR implies."""
    return frozenset(_numbers(_differences(world)))


def _numbers(faults: Iterable[str]) -> Iterable[str]:
    for fault in faults:
        found = re.match(r"employee (\d+) ", fault)
        assert found is not None
        yield found[1]

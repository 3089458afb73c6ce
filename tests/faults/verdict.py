"""Whether a fault was survived: how the run ended that met it, and what the world is like after the nights that follow.

A world is right when it is the one without the fault: the same accounts, each written as often and not once more, the
same people remembered, everything that was written in the journal, the state moved on, the lock free.
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
from tests.faults.scenarios import ARRIVED, NIGHT, SCENARIOS, Scenario
from tests.faults.world import LOCK, Saved, World
from tests.run_harness import API_KEY, Night
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
    """A scenario without a fault: its calls, and what came of it."""

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
    """Do it once without a fault."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    scenario, first = SCENARIOS[name], World()
    scenario.prepare(first)
    before = first.save(Path(folder.name))
    world, injector = before.again(), Injector()
    night = world.run(*scenario.command(world), injector=injector)
    assert night.code == ExitCode.OK, night.stdout
    suspended, unfinished, moved = _suspended(world), _unfinished(world), position(world) != position(before.world)
    wrong = mend(scenario, world)
    assert wrong == [], wrong
    return Reference(
        before, injector.steps, suspended, unfinished, moved, _accounts(world), _events(world), _memory(world)
    )


def steps(name: str, cloud: Cloud | None = None) -> Sequence[Step]:
    """The calls of a scenario without a fault."""
    if cloud is None:
        return reference(name).steps
    world, injector = reference(name).before.again(), Injector()
    night = world.run(*SCENARIOS[name].command(world), injector=injector, cloud=cloud)
    assert night.code == ExitCode.OK, night.stdout
    return injector.steps


def survive(name: str, fault: Fault, cloud: Cloud | None = None) -> list[str]:
    """Let a fresh world meet the fault, and the next nights mend it; everything that is not as it should be."""
    scenario, right = SCENARIOS[name], reference(name)
    world, injector = right.before.again(), Injector(fault)
    night = world.run(*scenario.command(world), injector=injector, cloud=cloud)
    if not injector.hit:
        return ["the call was never made"]
    step = injector.steps[fault.at]
    return judge(name, world, None if fault.kills else night, step)


def judge(name: str, world: World, night: Night | None, step: Step) -> list[str]:
    """What is wrong after the run that met the fault at this call, and after its world was mended."""
    scenario, right = SCENARIOS[name], reference(name)
    wrong = ended(night) if night is not None else []
    wrong += _left_behind(world, right, night, step)
    world.heal()
    wrong += mend(scenario, world)
    wrong += _compared(world, right)
    return wrong


def ended(night: Night) -> list[str]:
    """What is wrong with how a run ended, and with what it said."""
    wrong = []
    if night.code not in _DOCUMENTED:
        wrong.append(f"exit code {night.code}: {_crash(night)}")
    lines = night.stdout.splitlines()
    if len(lines) != 1 or len(night.stdout) > _LONGEST_LINE:
        wrong.append(f"{len(lines)} lines and {len(night.stdout)} characters on stdout")
    for text in (*lines, *night.stderr.splitlines()):
        try:
            told = json.loads(text)
        except ValueError:
            wrong.append("a line that is no JSON")
        else:
            if told.get("event") == "sync.summary" and told["exit_code"] != night.code:
                wrong.append("the summary has another exit code")
    said = (night.stdout + night.stderr).lower()
    wrong += [f"{what} was told" for what, secret in _SECRETS.items() if secret in said]
    return wrong + (["a traceback"] if "traceback" in said else [])


_SECRETS = {"a personal value": "quux", "the API key": API_KEY, "the token": TOKEN}


def _crash(night: Night) -> str:
    crashes = (line for line in night.stderr.splitlines() if "sync.crash" in line)
    return next(crashes, "no crash was logged")


def _found_later(night: Night | None) -> set[str]:
    """Whose date arrived: where dates could not be read the next run reads further back, wherever the state stands."""
    unread = night is not None and night.stdout and "dates_unread" in night["warnings"]
    return {ARRIVED} if unread else set()


def _left_behind(world: World, right: Reference, night: Night | None, step: Step) -> list[str]:
    """What is wrong right after the run that met the fault."""
    allowed = right.suspended | _suspended(right.before.world)
    wrong = [f"account {name} was suspended without evidence" for name in _suspended(world) - allowed]
    wrong += [fault for fault in _differences(world) if "accounts" in fault]
    now, before = position(world), position(right.before.world)
    answer_lost = step.operation in _MOVES
    if now != before:
        if not right.moves or (night is not None and night.code != ExitCode.OK and not answer_lost and before):
            wrong.append("the state moved in spite of an error")
        if now is not None and before is not None:
            known = {str(number) for number, person in _people(world).items() if person.needs_follow_up}
            lost = _unfinished(world) - right.unfinished - known - _found_later(night)
            wrong += [f"the state moved past employee {number}" for number in sorted(lost)]
    if night is not None and step.system not in ("state", "aws") and LOCK in world.rows:
        wrong.append("the lock was not given back")
    kept = json.dumps([row for key, row in world.rows.items() if "#journal#" not in key]).lower()
    return wrong + [f"{what} is in the state" for what, secret in _SECRETS.items() if secret in kept]


def mend(scenario: Scenario, world: World) -> list[str]:
    """What an operator and the schedule do next; what is wrong with it."""
    world.heal()
    for command in (*scenario.mends(world), NIGHT):
        for _ in range(scenario.nights):
            night = world.run(*command)
            wrong = ended(night)
            if wrong or (night.code == ExitCode.OK and not night["next_offset"]):
                break
        else:
            return [f"{command[0]} does not end well in {scenario.nights} runs: {night['message']}"]
        if wrong:
            return [f"{command[0]} afterwards: {fault}" for fault in wrong]
    wrong = _differences(world)
    last = Injector()
    night = world.run(*NIGHT, injector=last)
    writes = [step.operation for step in last.steps if step.operation.endswith(("create_users", "update_users"))]
    if night.code != ExitCode.OK or writes:
        wrong.append(f"the last night ended with {night.code} and made the writes {writes}")
    if LOCK in world.rows:
        wrong.append("the lock is not free")
    return wrong


def _compared(world: World, right: Reference) -> list[str]:
    """How the mended world differs from the one without the fault."""
    accounts, events, memory = _accounts(world), _events(world), _memory(world)
    wrong = [
        f"account {name} is another one: {_unlike(accounts.get(name), right.accounts.get(name))}"
        for name in sorted(accounts.keys() | right.accounts.keys())
        if accounts.get(name) != right.accounts.get(name)
    ]
    wrong += [
        f"{event} of {name}: {events[event, name]} times, not {right.events[event, name]}"
        for event, name in sorted(events.keys() | right.events.keys())
        if events[event, name] != right.events[event, name]
    ]
    wrong += [
        f"of employee {number} is remembered {memory.get(number)}, not {right.memory.get(number)}"
        for number in sorted(memory.keys() | right.memory.keys())
        if memory.get(number) != right.memory.get(number)
    ]
    return wrong + _unjournalled(world, right.before.world)


def _unlike(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> list[str]:
    return [key for key in _FIELDS if (one or {}).get(key) != (other or {}).get(key)]


def _unjournalled(world: World, before: World) -> list[str]:
    """What was written without an entry in the journal."""
    store, runs = _store(world), {key.split("#")[2] for key in world.rows if "#journal#" in key}
    entries = [entry for run in runs for entry in store.journal_of(run)]
    made = {str(entry.employee_id) for entry in entries if entry.action is Action.CREATE}
    told = {(str(entry.employee_id), change.field) for entry in entries for change in entry.changes}
    old = {user["id"]: user for user in before.users()}
    wrong = []
    for account in world.accounts():
        number, known = account["idnumber"], old.get(account["id"])
        changed = [] if known is None else [name for name in _FIELDS if known[name] != account[name]]
        if (known is None and number not in made) or any((number, name) not in told for name in changed):
            wrong.append(f"what was written to employee {number} is not in the journal")
    return wrong


def position(world: World) -> tuple[datetime, int] | None:
    """Where the state stands; an error if the row is not valid."""
    found = _store(world).position(datetime.now(UTC))
    return None if found is None else (found.since, found.offset)


def _store(world: World) -> Store:
    return Store(MemoryItems(Process(), world.rows), "default")


def _people(world: World) -> Mapping[int, EmployeeRecord]:
    return _store(world).history().records


def _memory(world: World) -> dict[int, tuple[list[str], bool]]:
    return {
        number: ([*person.follow_ups], person.suspended_by_us)
        for number, person in _people(world).items()
        if person.follow_ups or person.suspended_by_us
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
    """Of whom Moodle does not hold what BambooHR implies."""
    return frozenset(_numbers(_differences(world)))


def _numbers(faults: Iterable[str]) -> Iterable[str]:
    for fault in faults:
        found = re.match(r"employee (\d+) ", fault)
        assert found is not None
        yield found[1]

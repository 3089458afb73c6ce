"""Four kinds of change: the worker, then one person at a time, then (for writes) the bare web service; and again.

Each has people of its own on the same site, so that all of them do the same work in the same minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.bench.bare import Record
from tests.bench.board import Call, span, writes
from tests.bench.process import Unmeasured
from tests.bench.stage import Compared, Ran, Stage
from tests.run_harness import some_hours_ago
from tests.sandbox.bamboohr import Company, generate
from tests.sandbox.bamboohr.company import Values

KINDS = ("creates", "updates", "unchanged", "leavers")
WRITTEN = ("creates", "updates")
"""Where the bare web service is compared with: what is written in batches large enough."""

MOST_LEAVERS = 200
"""A guard lets no more go in one run."""

LONG_GONE = timedelta(days=100)
"""A leaver's last day was so long ago: nothing remembers her between runs, and a recent day would bring her back."""

_COUNTED = {"creates": "created", "updates": "updated", "unchanged": "unchanged", "leavers": "suspended"}
_LOOPED = {"creates": "created", "updates": "updated", "unchanged": "unchanged", "leavers": "updated"}
_FIELDS = {"firstname": "firstName", "lastname": "lastName", "email": "workEmail", "department": "department"}
_LONGEST = 100
ELSEWHERE = "Another Team"


@dataclass(frozen=True)
class Plan:
    """How much is measured. `first_id` and `prefix` keep these people apart from everybody else's."""

    people: int
    loop_people: int
    rounds: int
    first_id: int = 1
    prefix: str = "bench-"

    @property
    def accounts(self) -> int:
        """How many are made."""
        return self.rounds * (2 * self.people + self.loop_people)

    @property
    def steps(self) -> int:
        """What a progress bar counts."""
        return self.rounds * (2 * len(KINDS) + len(WRITTEN))


@dataclass
class Worked:
    """What the worker did for one kind in one round; leavers take several runs."""

    people: int
    runs: list[Ran] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """From the start of the process to its end, all runs."""
        return sum(run.ended.seconds for run in self.runs)

    @property
    def at_moodle(self) -> float:
        """From the first call of Moodle to the last answer, all runs."""
        return sum(span(run.moodle) for run in self.runs)

    @property
    def writing(self) -> float:
        """From the first write to its last answer, all runs."""
        return sum(span(writes(run.moodle)) for run in self.runs)

    @property
    def written(self) -> int:
        """Accounts that were written."""
        return sum(call.people for run in self.runs for call in writes(run.moodle))


@dataclass
class Round:
    """Everything of one round, by kind."""

    worker: dict[str, Worked] = field(default_factory=dict)
    loop: dict[str, Compared] = field(default_factory=dict)
    bare: dict[str, Compared] = field(default_factory=dict)

    def answers(self) -> list[Call]:
        """Every answer of Moodle, to see how many of them the model could not hold."""
        runs = [run.moodle for worked in self.worker.values() for run in worked.runs]
        others = [one.moodle for one in (*self.loop.values(), *self.bare.values())]
        return [call for calls in (*runs, *others) for call in calls]


def people(first_id: int, count: int, prefix: str) -> list[Values]:
    """Invented people with ids and addresses that are nobody else's."""
    return [
        {
            **person,
            "id": str(first_id + number),
            "lastName": (person["lastName"] or "")[:_LONGEST],
            "workEmail": f"{prefix}{first_id + number}@example.com",
            "supervisorEId": None,
        }
        for number, person in enumerate(generate(count, seed=7))
    ]


def record(person: Values) -> Record:
    """Somebody as the default mapping writes her."""
    return {"idnumber": str(person["id"]), **{ours: person[theirs] or "" for ours, theirs in _FIELDS.items()}}


def measure(stage: Stage, plan: Plan, tick: Callable[[str], None]) -> Iterator[Round]:
    """All rounds, one after the other."""
    first = plan.first_id
    for number in range(1, plan.rounds + 1):
        one = Round()
        groups = [people(first, plan.people, plan.prefix)]
        first += plan.people
        groups.append(people(first, plan.loop_people, plan.prefix))
        first += plan.loop_people
        groups.append(people(first, plan.people, plan.prefix))
        first += plan.people
        company = Company(some_hours_ago())
        company.add(groups[0])
        bare = _Bare(stage, [record(person) for person in groups[2]])
        for kind in KINDS:
            one.worker[kind] = _worked(stage, company, kind)
            tick(f"round {number}: {kind}, the worker")
            one.loop[kind] = _looped(stage, [record(person) for person in groups[1]], kind)
            tick(f"round {number}: {kind}, one person at a time")
            if kind in WRITTEN:
                one.bare[kind] = bare.write(kind)
                tick(f"round {number}: {kind}, the bare web service")
        yield one


def _worked(stage: Stage, company: Company, kind: str) -> Worked:
    ids = [employee.id for employee in company]
    worked = Worked(len(ids))
    size = MOST_LEAVERS if kind == "leavers" else len(ids)
    for at in range(0, len(ids), size):
        part = ids[at : at + size]
        if kind == "leavers":
            company.changes.clear()
        for number in part:
            if kind == "updates":
                company.edit(number, department=ELSEWHERE)
            elif kind == "leavers":
                company.terminate(number, on=company.today() - LONG_GONE)
        stage.enter(company)
        run = stage.worker()
        _expect(run.summary.get(_COUNTED[kind]), len(part), f"{kind}, the worker")
        worked.runs.append(run)
    return worked


def _looped(stage: Stage, records: list[Record], kind: str) -> Compared:
    if kind != "creates":
        records = [{**one, "department": ELSEWHERE} for one in records]
    ran = stage.loop(records, leaving=kind == "leavers")
    _expect(ran.answer.get(_LOOPED[kind]), len(records), f"{kind}, one person at a time")
    return ran


class _Bare:
    def __init__(self, stage: Stage, records: list[Record]) -> None:
        self._stage, self._records = stage, records
        self._ids: list[int] = []

    def write(self, kind: str) -> Compared:
        if kind == "creates":
            auth = self._stage.auth
            new = [{"username": one["email"], "auth": auth, **one} for one in self._records]
            ran = self._stage.bare("core_user_create_users", new)
            self._ids = [row["id"] for rows in ran.answer if isinstance(rows, list) for row in rows]
            done = len(self._ids)
        else:
            ran = self._stage.bare(
                "core_user_update_users", [{"id": str(n), "department": ELSEWHERE} for n in self._ids]
            )
            well = ran.answer.count({"warnings": []}) == len(ran.answer)
            done = sum(call.people for call in ran.moodle) if well else 0
        _expect(done, len(self._records), f"{kind}, the bare web service")
        return ran


def _expect(done: Any, wanted: int, who: str) -> None:
    if done != wanted:
        raise Unmeasured(f"{who}: {wanted} people were to be done, {done or 0} were")

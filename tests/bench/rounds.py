"""Four kinds of change: the worker, then one employee at a time, then (for writes) the bare web service; and again.

Each has its own employees on the same site, so that all do the same work in the same minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.bench.bare import Record
from tests.bench.board import Call, span, writes
from tests.bench.process import Unmeasured
from tests.bench.stage import ClientRun, Stage, WorkerRun
from tests.run_harness import some_hours_ago
from tests.sandbox.bamboohr import Company, generate
from tests.sandbox.bamboohr.company import Values

KINDS = ("creates", "updates", "unchanged", "leavers")
WRITTEN = ("creates", "updates")
"""The kinds that are compared with the bare web service: those with full batches of writes."""

MOST_LEAVERS = 200
"""The guards' limit for one run."""

LONG_GONE = timedelta(days=100)
"""How long ago a leaver's last day was: a recent one would be read again in the next run, since no state is kept."""

_COUNTED = {"creates": "created", "updates": "updated", "unchanged": "unchanged", "leavers": "suspended"}
_LOOPED = {"creates": "created", "updates": "updated", "unchanged": "unchanged", "leavers": "updated"}
_FIELDS = {"firstname": "firstName", "lastname": "lastName", "email": "workEmail", "department": "department"}
_LONGEST = 100
ELSEWHERE = "Another Team"


@dataclass(frozen=True)
class Plan:
    """How much is measured. `first_id` and `prefix` keep these employees apart from all others."""

    employees: int
    loop_employees: int
    rounds: int
    first_id: int = 1
    prefix: str = "bench-"

    @property
    def accounts(self) -> int:
        """The number of accounts that are created."""
        return self.rounds * (2 * self.employees + self.loop_employees)

    @property
    def steps(self) -> int:
        """The steps of the progress bar."""
        return self.rounds * (2 * len(KINDS) + len(WRITTEN))


@dataclass
class WorkerRuns:
    """The worker's runs for one kind in one round; leavers take several."""

    employees: int
    runs: list[WorkerRun] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Seconds from the start of the process to its end, all runs."""
        return sum(run.ended.seconds for run in self.runs)

    @property
    def at_moodle(self) -> float:
        """Seconds from the first call of Moodle to the last response, all runs."""
        return sum(span(run.moodle) for run in self.runs)

    @property
    def writing(self) -> float:
        """Seconds from the first write to the last response to one, all runs."""
        return sum(span(writes(run.moodle)) for run in self.runs)

    @property
    def written(self) -> int:
        """The number of written accounts."""
        return sum(call.employees for run in self.runs for call in writes(run.moodle))


@dataclass
class Round:
    """The figures of one round, by kind."""

    worker: dict[str, WorkerRuns] = field(default_factory=dict)
    loop: dict[str, ClientRun] = field(default_factory=dict)
    bare: dict[str, ClientRun] = field(default_factory=dict)

    def answers(self) -> list[Call]:
        """Return every call of Moodle, to count those that took longer than the model."""
        runs = [run.moodle for worker_runs in self.worker.values() for run in worker_runs.runs]
        others = [one.moodle for one in (*self.loop.values(), *self.bare.values())]
        return [call for calls in (*runs, *others) for call in calls]


def employees(first_id: int, count: int, prefix: str) -> list[Values]:
    """Return invented employees with unique ids and addresses."""
    return [
        {
            **employee,
            "id": str(first_id + number),
            "lastName": (employee["lastName"] or "")[:_LONGEST],
            "workEmail": f"{prefix}{first_id + number}@example.com",
            "supervisorEId": None,
        }
        for number, employee in enumerate(generate(count, seed=7))
    ]


def record(employee: Values) -> Record:
    """Return an employee as the default mapping writes them."""
    return {"idnumber": str(employee["id"]), **{ours: employee[theirs] or "" for ours, theirs in _FIELDS.items()}}


def measure(stage: Stage, plan: Plan, tick: Callable[[str], None]) -> Iterator[Round]:
    """Measure all rounds in sequence."""
    first = plan.first_id
    for number in range(1, plan.rounds + 1):
        one = Round()
        groups = [employees(first, plan.employees, plan.prefix)]
        first += plan.employees
        groups.append(employees(first, plan.loop_employees, plan.prefix))
        first += plan.loop_employees
        groups.append(employees(first, plan.employees, plan.prefix))
        first += plan.employees
        company = Company(some_hours_ago())
        company.add(groups[0])
        bare = _Bare(stage, [record(employee) for employee in groups[2]])
        for kind in KINDS:
            one.worker[kind] = _run_worker(stage, company, kind)
            tick(f"round {number}: {kind}, the worker")
            one.loop[kind] = _run_loop(stage, [record(employee) for employee in groups[1]], kind)
            tick(f"round {number}: {kind}, one employee at a time")
            if kind in WRITTEN:
                one.bare[kind] = bare.write(kind)
                tick(f"round {number}: {kind}, the bare web service")
        yield one


def _run_worker(stage: Stage, company: Company, kind: str) -> WorkerRuns:
    ids = [employee.id for employee in company]
    worker_runs = WorkerRuns(len(ids))
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
        stage.serve_company(company)
        run = stage.worker()
        _expect(run.summary.get(_COUNTED[kind]), len(part), f"{kind}, the worker")
        worker_runs.runs.append(run)
    return worker_runs


def _run_loop(stage: Stage, records: list[Record], kind: str) -> ClientRun:
    if kind != "creates":
        records = [{**one, "department": ELSEWHERE} for one in records]
    ran = stage.loop(records, leaving=kind == "leavers")
    _expect(ran.answer.get(_LOOPED[kind]), len(records), f"{kind}, one employee at a time")
    return ran


class _Bare:
    def __init__(self, stage: Stage, records: list[Record]) -> None:
        self._stage, self._records = stage, records
        self._ids: list[int] = []

    def write(self, kind: str) -> ClientRun:
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
            done = sum(call.employees for call in ran.moodle) if well else 0
        _expect(done, len(self._records), f"{kind}, the bare web service")
        return ran


def _expect(done: Any, wanted: int, client: str) -> None:
    if done != wanted:
        raise Unmeasured(f"{client}: {wanted} employees were expected, {done or 0} were processed")

"""`make ordinary-weeks`: how often the default limits hold ordinary changes, in simulated years.

The limits are the product's own; companies, dates and employees are random numbers from a fixed seed. Assumptions:

| what | of the employees, a year | class | when |
| --- | --- | --- | --- |
| start | 15 % | create | 60 % on the first of a month, the others on any working day |
| leave | 15 % | suspend | 60 % on the last day of a month, the others on any working day |
| return, or are hired again under their id | 1 % | reactivate, update | as those who start |
| marry or get another name, with a new address | 1 % | identity, update | in working hours |
| move to another department | 20 % | update | 60 % on the first of a month, the others in working hours |
| get another title, manager or location | 20 % | update | in working hours |
| are promoted in the yearly round | 10 % | update | on 1 April |
| are re-organised | 15 %, exactly | update | all at once, in one evening of the year |
| lose a value, as a phone number | 1 % | clear | in working hours |

Dates take effect at midnight. Working hours are Monday to Friday, 9:00 to 17:00. Runs start at 3:30 every night, or
every 15 minutes. A company keeps its size, and each employee changes independently of the others. The initial import is
over, readings are complete, and a held run is approved before the next one; what was approved counts in the 24 hours.
Not simulated: a merger, a mass lay-off, a graduates' intake, a new e-mail domain. They change many employees at once,
and are to be held.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from worker.model.history import History, RunRecord
from worker.model.step import GuardClass
from worker.planning.baseline import DirectoryStats
from worker.planning.limits import Limits, limits

COMPANIES = (50, 299, 500, 5_000)
"""Up to 10,000 employees, the limit of 5 is the smallest share in a company of 299; one of 300 may suspend 6."""
DAY = 96
"""Time is counted in quarters of an hour."""
NIGHTLY, QUARTER_HOURLY = DAY, 1
SCHEDULES = {"one run a night": NIGHTLY, "a run every 15 minutes": QUARTER_HOURLY}
_NIGHT_RUN = 14
_MORNING, _EVENING = 9 * 4, 17 * 4
_CLUSTERED = 0.6
_REORGANISED = 0.15
_FIRST_YEAR = 2001
_MOST_YEARS = 1_000
_SATURDAY = 5

When = Callable[[random.Random, int], int]
"""The moment of a change in a year."""


@dataclass(frozen=True)
class Limited:
    """How one class fared in all simulated years of a company: the runs held, and the most changes in one run."""

    held_runs: int
    most: int


@dataclass(frozen=True)
class Habit:
    """Something that happens to a share of the employees in a year."""

    share: float
    classes: tuple[GuardClass, ...]
    when: When
    is_new: bool = False


def _midnight(day: date) -> int:
    return day.toordinal() * DAY


def _working_day(chance: random.Random, year: int) -> int:
    while True:
        day = date(year, 1, 1) + timedelta(days=chance.randrange(365))
        if day.weekday() < _SATURDAY:
            return _midnight(day)


def _working_hours(chance: random.Random, year: int) -> int:
    return _working_day(chance, year) + chance.randrange(_MORNING, _EVENING)


def _first_of_month(chance: random.Random, year: int) -> int:
    return _midnight(date(year, chance.randint(1, 12), 1))


def _last_of_month(chance: random.Random, year: int) -> int:
    month = chance.randint(1, 12)
    return _midnight(date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1))


def _mostly(usual: When, otherwise: When) -> When:
    return lambda chance, year: (usual if chance.random() < _CLUSTERED else otherwise)(chance, year)


HABITS = (
    Habit(0.15, (GuardClass.CREATE,), _mostly(_first_of_month, _working_day), is_new=True),
    Habit(0.15, (GuardClass.SUSPEND,), _mostly(_last_of_month, _working_day)),
    Habit(0.01, (GuardClass.REACTIVATE, GuardClass.UPDATE), _mostly(_first_of_month, _working_day)),
    Habit(0.01, (GuardClass.IDENTITY, GuardClass.UPDATE), _working_hours),
    Habit(0.20, (GuardClass.UPDATE,), _mostly(_first_of_month, _working_hours)),
    Habit(0.20, (GuardClass.UPDATE,), _working_hours),
    Habit(0.10, (GuardClass.UPDATE,), lambda _, year: _midnight(date(year, 4, 1))),
    Habit(0.01, (GuardClass.CLEAR,), _working_hours),
)

Change = tuple[int, GuardClass, int]
"""An employee, the class, and the moment."""


def changes(chance: random.Random, company: int, year: int) -> Iterator[Change]:
    """Yield the changes of a year, in no order."""
    joined = year * company
    for habit in HABITS:
        for employee in range(company):
            if chance.random() < habit.share:
                moment = habit.when(chance, year)
                # The id of a new employee is no other's.
                own = -(joined + employee) if habit.is_new else employee
                yield from ((own, guard, moment) for guard in habit.classes)
    evening = _working_day(chance, year) + _EVENING
    for employee in chance.sample(range(company), round(company * _REORGANISED)):
        yield employee, GuardClass.UPDATE, evening


def by_run(found: Iterable[Change], every: int) -> dict[GuardClass, dict[int, set[int]]]:
    """Return who is due in each class and run, with a run every so many quarters of an hour."""
    due: dict[GuardClass, dict[int, set[int]]] = {guard: defaultdict(set) for guard in GuardClass}
    for employee, guard, moment in found:
        start = _NIGHT_RUN - (_NIGHT_RUN - moment) // every * every
        due[guard][start].add(employee)
    return due


def is_held(most: Limits, guard: GuardClass, number: int, recent: int) -> bool:
    """Whether a class is held with so many accounts due, and so many others changed in the last 24 hours."""
    return number > most.per_run[guard] or number + recent > most.per_day(guard)


def held_runs(most: Limits, guard: GuardClass, runs: Mapping[int, set[int]]) -> int:
    """Return how many runs hold the class."""
    held, written = 0, deque[tuple[int, set[int]]]()
    for start, due in sorted(runs.items()):
        # A run's writes come after its start: those of the run 24 hours ago count.
        while written and written[0][0] < start - DAY:
            written.popleft()
        recent = set[int]().union(*(employees for _, employees in written)) - due
        held += is_held(most, guard, len(due), len(recent))
        written.append((start, due))
    return held


def default_limits(company: int, **settings: int | str) -> Limits:
    """Return the product's limits for a company whose last baseline run saw as many employees as there are now."""
    baseline = RunRecord(
        "before", 0, command="sync", selection="all", is_baseline=True, row_count=company, company_size=company
    )
    return limits(DirectoryStats(company), History(runs=(baseline,)), settings, initial_import=False)


def simulate(company: int, years: int, seed: int, every: int, most: Limits) -> dict[GuardClass, Limited]:
    """Return how each class fared under these limits."""
    chance = random.Random(seed)
    found = [change for year in range(years) for change in changes(chance, company, _FIRST_YEAR + year)]
    return {
        guard: Limited(held_runs(most, guard, runs), max(map(len, runs.values()), default=0))
        for guard, runs in by_run(found, every).items()
    }


def report(companies: Sequence[int], years: int, seed: int) -> Iterator[str]:
    """Yield the lines of the tables."""
    yield f"{years} simulated years, seed {seed}, default limits."
    for schedule, every in SCHEDULES.items():
        fared = {company: simulate(company, years, seed, every, default_limits(company)) for company in companies}
        yield f"\nRuns a year that hold changes by mistake, with {schedule}:\n"
        yield from _table(fared, lambda _, __, one: f"{one.held_runs / years:.2f}")
        yield f"\nThe most changes that one run had, of how many are allowed, with {schedule}:\n"
        yield from _table(fared, lambda most, guard, one: f"{one.most:,} of {most.per_run[guard]:,}")


def _table(
    fared: Mapping[int, Mapping[GuardClass, Limited]], cell: Callable[[Limits, GuardClass, Limited], str]
) -> Iterator[str]:
    yield "| employees | " + " | ".join(GuardClass) + " |"
    yield "| --- " * (len(GuardClass) + 1) + "|"
    for company, classes in fared.items():
        most = default_limits(company)
        yield f"| {company:,} | " + " | ".join(cell(most, guard, classes[guard]) for guard in GuardClass) + " |"


def main(arguments: Sequence[str]) -> int:
    """Print the tables; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.ordinary_weeks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--employees", type=_whole, action="append", help="the size of a company, repeatable (50, 299, 500 and 5000)"
    )
    parser.add_argument("--years", type=_whole, default=100, help="how many years to simulate, at most 1000 (100)")
    parser.add_argument("--seed", type=int, default=13, help="of the random numbers (13)")
    options = parser.parse_args(arguments)
    if options.years > _MOST_YEARS:
        parser.error(f"--years: at most {_MOST_YEARS}")
    for line in report(options.employees or COMPANIES, options.years, options.seed):
        print(line, flush=True)
    return 0


def _whole(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("a whole number above 0")
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

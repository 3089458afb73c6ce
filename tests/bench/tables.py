"""The figures as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil

from tests.bench.board import Call, span, writes
from tests.bench.growth import Point
from tests.bench.image import Size
from tests.bench.report import Table, median, spread
from tests.bench.rounds import KINDS, MOST_LEAVERS, WRITTEN, Round, WorkerRuns
from tests.bench.start import DEPLOYED, LAPTOP, Start

_BATCH = 50
_DATES_AT_ONCE = 2_500
_BUSY = 0.5
_OFTEN = 0.05
_REAL = "Moodle is a real one, behind a relay of this process that takes the times and adds a little to every call."


@dataclass
class Figures:
    """All figures; empty where nothing was measured."""

    rounds: list[Round] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    image: Size | None = None
    employees: int = 0
    loop_employees: int = 0
    is_real: bool = False

    def worker_runs(self, kind: str) -> list[WorkerRuns]:
        """Return the worker's runs of one kind by round."""
        return [one.worker[kind] for one in self.rounds]

    def compared_with_loop(self, kind: str, *, whole_process: bool) -> list[float]:
        """Return the factor over one employee at a time: of the whole process, or as the server sees it."""
        return [
            (one.loop[kind].seconds if whole_process else span(one.loop[kind].moodle))
            / self.loop_employees
            / ((one.worker[kind].seconds if whole_process else one.worker[kind].at_moodle) / self.employees)
            for one in self.rounds
        ]

    def compared_with_bare(self, kind: str) -> list[float]:
        """Return the worker's writes per second as a share of the bare web service's."""
        return [_rate(one.worker[kind]) / self.bare_rate(one, kind) for one in self.rounds]

    def bare_rate(self, one: Round, kind: str) -> float:
        """Return the writes per second of the bare web service."""
        return sum(call.employees for call in one.bare[kind].moodle) / span(writes(one.bare[kind].moodle))


def changes(figures: Figures) -> Table:
    """Return the table of the worker alone."""
    rows = []
    for kind in KINDS:
        worker_runs = figures.worker_runs(kind)
        calls = [_calls(one) for one in worker_runs]
        rows.append(
            (
                _named(kind, worker_runs[0]),
                f"{figures.employees:,}",
                spread([one.seconds for one in worker_runs]),
                f"{figures.employees / median(one.seconds for one in worker_runs):,.0f}",
                *(spread([one[at] for one in calls], 0) for at in range(3)),
                f"{max(run.ended.megabytes for one in worker_runs for run in one.runs):.0f}",
                spread([sum(run.ended.cpu for run in one.runs) for one in worker_runs]),
            )
        )
    return Table(
        "Changes per second: the worker's process from its start to its end",
        (
            *("work", "employees", "seconds", "changes/s", "calls BambooHR", "calls Moodle", "calls AWS"),
            *("peak MB", "worker's CPU s"),
        ),
        rows,
        [
            f"The guards allow {MOST_LEAVERS} suspensions in a run: more leavers take several, with a start in each.",
            *([_REAL] if figures.is_real else _lateness(call for one in figures.rounds for call in one.answers())),
        ],
    )


def compared_with_loop(figures: Figures) -> Table:
    """Return the table of the worker and one employee at a time."""
    rows = [
        (
            kind,
            f"{len(figures.rounds[0].loop[kind].moodle) / figures.loop_employees:.1f}",
            spread([figures.loop_employees / one.loop[kind].seconds for one in figures.rounds], 0),
            spread([figures.employees / one.worker[kind].seconds for one in figures.rounds], 0),
            spread(figures.compared_with_loop(kind, whole_process=True), 1),
            spread(figures.compared_with_loop(kind, whole_process=False), 1),
        )
        for kind in KINDS
    ]
    sample = (
        "" if figures.loop_employees == figures.employees else f" (a sample of {figures.loop_employees:,} employees)"
    )
    return Table(
        f"Compared with one employee at a time{sample}, in turns with the worker",
        (
            "work",
            "its calls an employee",
            "its changes/s",
            "worker's changes/s",
            "times: whole process",
            "times: at Moodle",
        ),
        rows,
        [
            "At Moodle: from the first call to the last response, as the server sees it, look-ups and writes. The loop"
            " is given its employees; only the worker's whole process includes BambooHR, the state and the log."
        ],
    )


def compared_with_bare(figures: Figures) -> Table:
    """Return the table of the writes alone."""
    rows = [
        (
            kind,
            f"{len(writes(figures.rounds[0].bare[kind].moodle))}",
            spread([figures.bare_rate(one, kind) for one in figures.rounds], 0),
            spread([_rate(one.worker[kind]) for one in figures.rounds], 0),
            spread([100 * share for share in figures.compared_with_bare(kind)], 0),
        )
        for kind in WRITTEN
    ]
    return Table(
        f"Writes compared with the bare web service: batches of {_BATCH} from 2 clients, bodies prepared",
        ("work", "write calls", "bare writes/s", "worker's writes/s", "share in %"),
        rows,
        ["From the first write call to the last response, as the server sees it."],
    )


def start(figures: Figures) -> Table:
    """Return the table of the CPU before the first call."""
    rows = []
    for form in (DEPLOYED, LAPTOP):
        runs = [one.ran for one in figures.starts if one.form == form]
        first = [run.to_first_call for run in runs if run.to_first_call is not None]
        bamboo = [run.to_bamboohr for run in runs if run.to_bamboohr is not None]
        cells = (spread(values) if values else "needs /proc" for values in (first, bamboo))
        rows.append((form, f"{len(runs)}", *cells))
    return Table(
        "CPU seconds of the process until the first call has arrived",
        ("form", "starts", "to the first call", "to the first call of BambooHR"),
        rows,
        ["User and system time, in steps of 0.01 s. As deployed, the first call is for a secret."],
    )


def growth(figures: Figures) -> Table:
    """Return the table of how cost grows."""
    rows = []
    for point in figures.points:
        runs = point.runs
        shares = [run.sandbox_cpu / run.ended.seconds for run in runs]
        rows.append(
            (
                f"{point.changes:,} of {point.directory:,}, {point.kind}",
                spread([run.ended.seconds for run in runs]),
                f"{point.changes / median(run.ended.seconds for run in runs):,.0f}",
                f"{len(runs[0].bamboohr)}",
                f"{len(runs[0].moodle)}",
                f"{max(run.ended.megabytes for run in runs):.0f}",
                spread([run.ended.cpu for run in runs]),
                f"{100 * median(shares):.0f}" + (" (!)" if median(shares) > _BUSY else ""),
            )
        )
    return Table(
        "How cost grows: changes of a directory, no latency added",
        (
            *("changes", "seconds", "changes/s", "calls BambooHR", "calls Moodle", "peak MB", "worker's CPU s"),
            "sandbox's CPU in % of the time",
        ),
        rows,
        ["The sandbox works in these seconds too. (!): more than half the time, so that it is the bottleneck."],
    )


def size(figures: Figures) -> Table:
    """Return the table of the image."""
    assert figures.image is not None
    megabytes = figures.image.megabytes
    size = "-" if megabytes is None else f"{megabytes:.1f}"
    return Table("The image above its base", ("what", "MB"), [(figures.image.note, size)])


def calls_allowed(kind: str, count: int, company: int) -> tuple[int, int]:
    """Return the budget of calls of one run for BambooHR (one per 2,500 employees for the dates) and Moodle."""
    batches = ceil(count / _BATCH)
    # The canary, for creates in both spellings. Look-ups by idnumber; for creates also by e-mail and username, and the
    # creations; for updates and leavers the updates.
    canary = 2 if kind == "creates" else 1
    moodle = canary + batches * {"creates": 4, "updates": 2, "unchanged": 1, "leavers": 2}[kind]
    return 2 + ceil(company / _DATES_AT_ONCE) + (ceil(count / MOST_LEAVERS) if kind == "leavers" else 0), moodle


def every(figures: Figures) -> list[Table]:
    """Return all tables."""
    found: list[Table] = []
    if figures.rounds:
        found += [changes(figures), compared_with_loop(figures), compared_with_bare(figures)]
    if figures.starts:
        found.append(start(figures))
    if figures.points:
        found.append(growth(figures))
    if figures.image is not None:
        found.append(size(figures))
    return found


def _named(kind: str, worker_runs: WorkerRuns) -> str:
    return f"{kind}, {len(worker_runs.runs)} runs" if len(worker_runs.runs) > 1 else kind


def _calls(worker_runs: WorkerRuns) -> tuple[int, int, int]:
    runs = worker_runs.runs
    return (
        sum(len(run.bamboohr) for run in runs),
        sum(len(run.moodle) for run in runs),
        sum(len(run.aws) for run in runs),
    )


def _rate(worker_runs: WorkerRuns) -> float:
    return worker_runs.written / worker_runs.writing


def _lateness(calls: Iterable[Call]) -> Sequence[str]:
    calls = list(calls)
    late = [call.late for call in calls if call.late > 0]
    if not late:
        return [
            f"Each of {len(calls):,} responses of Moodle came at the time of the model: the sandbox was no bottleneck."
        ]
    share = len(late) / len(calls)
    effect = "it was a bottleneck of these figures" if share > _OFTEN else "it was no bottleneck otherwise"
    return [
        f"The sandbox's own work took longer than the model for {len(late):,} of {len(calls):,} responses, by at most"
        f" {1000 * max(late):.0f} ms: {effect}."
    ]

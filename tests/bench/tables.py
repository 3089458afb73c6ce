"""What was measured, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil

from tests.bench.board import Call, span, writes
from tests.bench.growth import Point
from tests.bench.image import Size
from tests.bench.report import Table, median, spread
from tests.bench.rounds import KINDS, MOST_LEAVERS, WRITTEN, Round, Worked
from tests.bench.start import DEPLOYED, LAPTOP, Start

_BATCH = 50
_DATES_AT_ONCE = 2_500
_BUSY = 0.5
_OFTEN = 0.05
_REAL = "Moodle is a real one, behind a relay of this process that takes the times: it adds a little to every call."


@dataclass
class Figures:
    """Everything that was measured; empty where it was not."""

    rounds: list[Round] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    image: Size | None = None
    people: int = 0
    loop_people: int = 0
    is_real: bool = False

    def worked(self, kind: str) -> list[Worked]:
        """The worker's runs of one kind, a round each."""
        return [one.worker[kind] for one in self.rounds]

    def beside_loop(self, kind: str, *, whole: bool) -> list[float]:
        """How many times as fast as one person at a time: the whole process, or what the server sees of it."""
        return [
            (one.loop[kind].seconds if whole else span(one.loop[kind].moodle))
            / self.loop_people
            / ((one.worker[kind].seconds if whole else one.worker[kind].at_moodle) / self.people)
            for one in self.rounds
        ]

    def beside_bare(self, kind: str) -> list[float]:
        """The worker's writes a second as a share of the bare web service's."""
        return [_rate(one.worker[kind]) / self.bare_rate(one, kind) for one in self.rounds]

    def bare_rate(self, one: Round, kind: str) -> float:
        """Writes a second of the bare web service."""
        return sum(call.people for call in one.bare[kind].moodle) / span(writes(one.bare[kind].moodle))


def changes(figures: Figures) -> Table:
    """The worker alone."""
    rows = []
    for kind in KINDS:
        worked = figures.worked(kind)
        calls = [_calls(one) for one in worked]
        rows.append(
            (
                _named(kind, worked[0]),
                f"{figures.people:,}",
                spread([one.seconds for one in worked]),
                f"{figures.people / median(one.seconds for one in worked):,.0f}",
                *(spread([one[at] for one in calls], 0) for at in range(3)),
                f"{max(run.ended.megabytes for one in worked for run in one.runs):.0f}",
                spread([sum(run.ended.cpu for run in one.runs) for one in worked]),
            )
        )
    return Table(
        "Changes per second: the worker's process from its start to its end",
        (
            *("work", "people", "seconds", "changes/s", "calls BambooHR", "calls Moodle", "calls AWS"),
            *("peak MB", "worker's CPU s"),
        ),
        rows,
        [
            f"The guards let {MOST_LEAVERS} leavers go in one run: more take several, with a start in each.",
            *([_REAL] if figures.is_real else _lateness(call for one in figures.rounds for call in one.answers())),
        ],
    )


def beside_loop(figures: Figures) -> Table:
    """Both at the same work."""
    rows = [
        (
            kind,
            f"{len(figures.rounds[0].loop[kind].moodle) / figures.loop_people:.1f}",
            spread([figures.loop_people / one.loop[kind].seconds for one in figures.rounds], 0),
            spread([figures.people / one.worker[kind].seconds for one in figures.rounds], 0),
            spread(figures.beside_loop(kind, whole=True), 1),
            spread(figures.beside_loop(kind, whole=False), 1),
        )
        for kind in KINDS
    ]
    sample = "" if figures.loop_people == figures.people else f" (a sample of {figures.loop_people:,} people)"
    return Table(
        f"Beside one person at a time{sample}, in turns with the worker",
        (
            "work",
            "its calls a person",
            "its changes/s",
            "worker's changes/s",
            "times: whole process",
            "times: at Moodle",
        ),
        rows,
        [
            "At Moodle: from the first call to the last answer, as the server sees it, look-ups and writes. The loop is"
            " given its people; reading BambooHR, state and log are in the worker's whole process alone."
        ],
    )


def beside_bare(figures: Figures) -> Table:
    """The writes alone."""
    rows = [
        (
            kind,
            f"{len(writes(figures.rounds[0].bare[kind].moodle))}",
            spread([figures.bare_rate(one, kind) for one in figures.rounds], 0),
            spread([_rate(one.worker[kind]) for one in figures.rounds], 0),
            spread([100 * share for share in figures.beside_bare(kind)], 0),
        )
        for kind in WRITTEN
    ]
    return Table(
        f"Writes beside the bare web service: batches of {_BATCH} from 2 clients, bodies built before",
        ("work", "write calls", "bare writes/s", "worker's writes/s", "share in %"),
        rows,
        ["From the first write call to the last answer, as the server sees it."],
    )


def start(figures: Figures) -> Table:
    """CPU before the first call."""
    rows = []
    for form in (DEPLOYED, LAPTOP):
        runs = [one.ran for one in figures.starts if one.form == form]
        first = [run.to_first_call for run in runs if run.to_first_call is not None]
        bamboo = [run.to_bamboohr for run in runs if run.to_bamboohr is not None]
        told = (spread(values) if values else "needs /proc" for values in (first, bamboo))
        rows.append((form, f"{len(runs)}", *told))
    return Table(
        "CPU seconds of the process until a first call has arrived",
        ("form", "starts", "to the first call", "to the first call of BambooHR"),
        rows,
        ["User and system time, in steps of 0.01 s. As deployed, the first call is for a secret."],
    )


def growth(figures: Figures) -> Table:
    """How cost grows."""
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
        ["The sandbox works in these seconds too. (!): more than half the time, so that it is the bottleneck there."],
    )


def size(figures: Figures) -> Table:
    """The image."""
    assert figures.image is not None
    megabytes = figures.image.megabytes
    told = "-" if megabytes is None else f"{megabytes:.1f}"
    return Table("The image above its base", ("what", "MB"), [(figures.image.told, told)])


def calls_allowed(kind: str, count: int, company: int) -> tuple[int, int]:
    """The budget of calls for one run: BambooHR's and Moodle's. The dates of the company take a call for 2,500."""
    batches = ceil(count / _BATCH)
    # By idnumber; then creates: by e-mail, by user name, the creations; updates and leavers: the updates.
    moodle = 1 + batches * {"creates": 4, "updates": 2, "unchanged": 1, "leavers": 2}[kind]
    return 2 + ceil(company / _DATES_AT_ONCE) + (ceil(count / MOST_LEAVERS) if kind == "leavers" else 0), moodle


def every(figures: Figures) -> list[Table]:
    """All tables of what was measured."""
    found: list[Table] = []
    if figures.rounds:
        found += [changes(figures), beside_loop(figures), beside_bare(figures)]
    if figures.starts:
        found.append(start(figures))
    if figures.points:
        found.append(growth(figures))
    if figures.image is not None:
        found.append(size(figures))
    return found


def _named(kind: str, worked: Worked) -> str:
    return f"{kind}, {len(worked.runs)} runs" if len(worked.runs) > 1 else kind


def _calls(worked: Worked) -> tuple[int, int, int]:
    runs = worked.runs
    return (
        sum(len(run.bamboohr) for run in runs),
        sum(len(run.moodle) for run in runs),
        sum(len(run.aws) for run in runs),
    )


def _rate(worked: Worked) -> float:
    return worked.written / worked.writing


def _lateness(calls: Iterable[Call]) -> Sequence[str]:
    calls = list(calls)
    late = [call.late for call in calls if call.late > 0]
    if not late:
        return [f"Each of {len(calls):,} answers of Moodle came when the model says: the sandbox held nobody up."]
    share = len(late) / len(calls)
    so = "it was a bottleneck of these figures" if share > _OFTEN else "it held nobody up otherwise"
    return [
        f"The sandbox's own work took longer than the model in {len(late):,} of {len(calls):,} answers, by at most"
        f" {1000 * max(late):.0f} ms: {so}."
    ]

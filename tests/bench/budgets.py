"""The budgets, and whether the figures meet them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.board import writes
from tests.bench.growth import SAME
from tests.bench.report import Table, median
from tests.bench.rounds import KINDS, WRITTEN
from tests.bench.start import DEPLOYED
from tests.bench.tables import Figures, calls_allowed

MET, MISSED = "met", "MISSED"
_LARGE = (50_000, 10_000)
_SHARE, _TIMES, _MEGABYTES, _START, _IMAGE = 0.85, 10.0, 150.0, 0.5, 25.0
_COMPARED = ("creates", "updates", "leavers")


@dataclass(frozen=True)
class Verdict:
    """`word` is "met", "MISSED", or why a budget is not judged."""

    budget: str
    measured: str
    word: str


def judge(figures: Figures, *, quick: bool) -> list[Verdict]:
    """Return all verdicts; `quick` is too small for times, so that only counts are judged."""
    timed = [_share, _times, _start]
    return [
        _calls(figures),
        _no_writes(figures),
        *(_unless(quick, one(figures)) for one in timed),
        _memory(figures),
        _image(figures),
    ]


def table(verdicts: list[Verdict]) -> Table:
    """Return a table with a row for each verdict."""
    rows = [(one.budget, one.measured, one.word) for one in verdicts]
    return Table("Budgets", ("budget", "measured", "verdict"), rows, texts=3)


def _unless(quick: bool, verdict: Verdict) -> Verdict:
    return Verdict(verdict.budget, verdict.measured, "not judged by --quick") if quick else verdict


def _verdict(budget: str, measured: str, good: bool) -> Verdict:
    return Verdict(budget, measured, MET if good else MISSED)


def _calls(figures: Figures) -> Verdict:
    budget = (
        "HTTP calls: BambooHR 2 + 1 for 200 not shown + 1 for 2,500 in the company (dates), Moodle by batches of 50"
    )
    if not figures.rounds:
        return Verdict(budget, "-", "not measured")
    good, counted = True, []
    for kind in KINDS:
        company = figures.worker_runs(kind)[0].employees
        runs = [run for worker_runs in figures.worker_runs(kind) for run in worker_runs.runs]
        for run in runs:
            bamboohr, moodle = calls_allowed(kind, run.summary["total_changed"], company)
            good = good and len(run.bamboohr) <= bamboohr and len(run.moodle) <= moodle
        bamboohr, moodle = calls_allowed(kind, runs[0].summary["total_changed"], company)
        counted.append(f"{kind} {len(runs[0].bamboohr)} of {bamboohr}, {len(runs[0].moodle)} of {moodle}")
    return _verdict(budget, "; ".join(counted), good)


def _no_writes(figures: Figures) -> Verdict:
    counted = (
        [(one.employees, run) for one in figures.worker_runs("unchanged") for run in one.runs] if figures.rounds else []
    )
    counted += [(point.changes, run) for point in figures.points if point.kind == SAME for run in point.runs]
    most = max((employees for employees, _ in counted), default=0)
    budget = "changes, nothing different: 0 write calls"
    if not counted:
        return Verdict(budget, "-", "not measured")
    calls = sum(len(writes(run.moodle)) for _, run in counted)
    return _verdict(budget, f"{calls} for up to {most:,} changes", calls == 0)


def _share(figures: Figures) -> Verdict:
    return _by_kind(
        figures,
        f"Moodle writes: at least {_SHARE:.0%} of the bare web service",
        WRITTEN,
        figures.compared_with_bare,
        lambda value: f"{value:.1%}",
        _SHARE,
    )


def _times(figures: Figures) -> Verdict:
    return _by_kind(
        figures,
        f"Moodle writes: more than {_TIMES:g} times one employee at a time",
        _COMPARED,
        lambda kind: figures.compared_with_loop(kind, whole_process=False),
        lambda value: f"{value:.1f}",
        _TIMES,
    )


def _by_kind(
    figures: Figures,
    budget: str,
    kinds: tuple[str, ...],
    values: Callable[[str], list[float]],
    text_of: Callable[[float], str],
    least: float,
) -> Verdict:
    if not figures.rounds:
        return Verdict(budget, "-", "not measured")
    medians = {kind: median(values(kind)) for kind in kinds}
    text = ", ".join(f"{kind} {text_of(value)}" for kind, value in medians.items())
    return _verdict(budget, text, min(medians.values()) >= least)


def _memory(figures: Figures) -> Verdict:
    directory, changes = _LARGE
    budget = f"memory: under {_MEGABYTES:g} MB with a directory of {directory:,} and {changes:,} changes"
    peaks: dict[tuple[int, int], float] = {}
    for point in figures.points:
        size, peak = (point.directory, point.changes), max(run.ended.megabytes for run in point.runs)
        peaks[size] = max(peak, peaks.get(size, 0))
    if not peaks:
        return Verdict(budget, "-", "not measured")
    largest = max(peaks)
    peak = max(peaks.values())
    if largest < _LARGE:
        return Verdict(budget, f"{peak:.0f} MB at {largest[1]:,} of {largest[0]:,}", "not judged at this size")
    return _verdict(budget, f"{peak:.0f} MB", peak < _MEGABYTES)


def _start(figures: Figures) -> Verdict:
    budget = f"start to the first HTTP call: under {_START:g} s of CPU"
    found = [one.ran.to_first_call for one in figures.starts if one.form == DEPLOYED]
    read = [value for value in found if value is not None]
    if not read:
        return Verdict(budget, "-", "not measured")
    return _verdict(budget, f"{median(read):.2f} s", median(read) < _START)


def _image(figures: Figures) -> Verdict:
    budget = f"image above its base: under {_IMAGE:g} MB compressed"
    if figures.image is None:
        return Verdict(budget, "-", "not measured")
    if figures.image.megabytes is None:
        return Verdict(budget, "-", figures.image.note)
    return _verdict(budget, f"{figures.image.megabytes:.1f} MB, {figures.image.note}", figures.image.megabytes < _IMAGE)

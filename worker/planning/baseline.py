"""How complete this run's read of the company is, compared with the baseline: an earlier, complete run. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from worker.model.field_catalogue import is_by_api_name
from worker.model.history import History, RunRecord

ROWS_PERCENT = 80
"""A directory with a smaller share of the baseline's rows is incomplete."""
COVERAGE_LOST = 1_000
"""A field whose coverage falls by this much was lost. In hundredths of a per cent: ten points."""


@dataclass(frozen=True)
class DirectoryStats:
    """What this run read of the company.

    Attributes:
        rows: Rows of the directory; 0 if it is not available.
        active: Active employees, if List Employees was read and the directory is not available; 0 otherwise.
        coverage: For each needed field, the share of rows with a value, in hundredths of a per cent (0 to 10,000).
    """

    rows: int
    coverage: Mapping[str, int] = field(default_factory=dict)
    active: int = 0


@dataclass
class CustomFieldStats:
    """The coverage of the fields that are read by their API names, for the employees of a run and a sample.

    Attributes:
        fields: The fields that are read; empty until they are.
        rows: How many employees were read.
        shown: The fields that a source has shown.
        filled: How many rows have a value in each field.
        hidden: The fields that are not shown for some employee of the run who works here.
    """

    fields: tuple[str, ...] = ()
    rows: int = 0
    shown: set[str] = field(default_factory=set)
    filled: Counter[str] = field(default_factory=Counter)
    hidden: set[str] = field(default_factory=set)

    def add(self, rows: Iterable[Mapping[str, str]], shown: Iterable[str]) -> None:
        """Count rows of a source that shows these fields."""
        self.shown.update(shown)
        for row in rows:
            self.rows += 1
            self.filled.update(name for name, value in row.items() if value)

    def never_shown(self) -> list[str]:
        """Return the fields that no source has shown for any employee: misspelled, forbidden, or no longer there."""
        return [name for name in self.fields if name not in self.shown]

    def lost(self, baseline: RunRecord | None) -> list[str]:
        """Return the fields that are empty in all rows, although the baseline run suggests more than two values."""
        before = baseline.coverage if baseline is not None else {}
        shown = (name for name in self.fields if name in self.shown)
        return [name for name in shown if not self.filled[name] and before.get(name, 0) * self.rows > _TWO_VALUES]

    def may_have_missed(self, baseline: RunRecord | None, *, full_pass: bool) -> bool:
        """Return whether the run may have missed a change of a field that had values in the baseline run.

        A field that is hidden only for single employees does not count in a full pass: the next one would miss it too.
        """
        before, gone = baseline.coverage if baseline is not None else {}, {*self.never_shown(), *self.lost(baseline)}
        hidden = self.hidden & gone if full_pass else self.hidden
        return any(before.get(name) for name in hidden)

    def coverage(self, baseline: RunRecord | None) -> dict[str, int]:
        """Return the share of rows with a value as later runs compare it: 0 for a field that was lost.

        A field that was read in too few rows, or that is empty but not lost, keeps its share of the baseline run.
        """
        before = baseline.coverage if baseline is not None else {}
        lost, found = self.lost(baseline), {}
        for name in self.fields:
            measured = self.filled[name] * 10_000 // self.rows if self.rows else 0
            kept = before.get(name, measured)
            found[name] = 0 if name in lost else measured if measured and self.rows >= _ENOUGH_ROWS else kept
        return {name: share for name, share in found.items() if share or name in lost}


_ENOUGH_ROWS = 20


def sees_whole_company(stats: DirectoryStats, baseline: RunRecord | None) -> bool:
    """Return whether the directory is as complete as in the baseline run."""
    return baseline is None or stats.rows * 100 >= baseline.rows * ROWS_PERCENT


def _coverages(stats: DirectoryStats, baseline: RunRecord) -> Iterator[tuple[str, int, int]]:
    """Yield each directory field with its coverage then and now. One that is no longer read counts as unchanged."""
    for name, before in sorted(baseline.coverage.items()):
        if not is_by_api_name(name):
            yield name, before, stats.coverage.get(name, before)


def losses(stats: DirectoryStats, baseline: RunRecord | None) -> list[str]:
    """Return one text for each loss since the baseline run, of rows or of a field's values."""
    if baseline is None:
        return []
    found = []
    if not sees_whole_company(stats, baseline):
        found.append(f"the directory has {stats.rows} rows, the last complete run read {baseline.rows}")
    return found + [
        f"{name} is filled for {now / 100:.0f} % of the directory, {before / 100:.0f} % before"
        for name, before, now in _coverages(stats, baseline)
        if _fell(stats, baseline, before, now)
    ]


def _fell(stats: DirectoryStats, baseline: RunRecord, before: int, now: int) -> bool:
    """Return whether a field's coverage fell by ten points, and its values by a tenth and by at least three.

    New employees without a value are therefore no loss, nor is a single leaver of a company of nine.
    """
    values_before, values_now = _values(stats, baseline, before, now)
    is_a_tenth = values_now * 100 <= values_before * _VALUES_KEPT_PERCENT
    return before - now >= COVERAGE_LOST and is_a_tenth and values_before - values_now > _TWO_VALUES


def _values(stats: DirectoryStats, baseline: RunRecord, before: int, now: int) -> tuple[int, int]:
    """Return how many values a field had and has, in ten-thousandths.

    Coverage is stored rounded down. The number now is therefore an upper bound, and a loss is never overstated.
    """
    return before * baseline.rows, (now + 1) * stats.rows


def fields_lost(stats: DirectoryStats, baseline: RunRecord | None) -> list[str]:
    """Return the fields that lost so many values since the baseline run that an empty value cannot be trusted.

    A field that the key may no longer see looks like one that is not set. A field is lost if its coverage fell by ten
    points and its values by a tenth and by three (new employees without a value do not count), or if it had at least
    three values and now has none. One that is read by its API name was lost if its coverage is 0 (see
    :class:`CustomFieldStats`).
    """
    if baseline is None:
        return []
    found = [name for name, share in sorted(stats.coverage.items()) if is_by_api_name(name) and not share]
    if not stats.rows:
        return found
    for name, before, now in _coverages(stats, baseline):
        values_before, values_now = _values(stats, baseline, before, now)
        vanished = now == 0 and values_before - values_now > _TWO_VALUES
        if _fell(stats, baseline, before, now) or vanished:
            found.append(name)
    return found


_VALUES_KEPT_PERCENT = 90
_TWO_VALUES = 2 * 10_000


def is_unreliable(stats: DirectoryStats, history: History, now: datetime) -> bool:
    """Return whether this read lost so much that it must not become the new baseline.

    A company that really became smaller is trusted after a week.
    """
    baseline = history.last_baseline()
    complete = sees_whole_company(stats, baseline) and not fields_lost(stats, baseline)
    return not complete and not shrink_confirmed(history, now)


def shrink_confirmed(history: History, now: datetime) -> bool:
    """Return whether every read of the last week lost what the baseline run saw.

    A week without a baseline run is not enough: a single bad read after a week of other errors would then be trusted.
    """
    baseline, lost_since = history.last_baseline(), None
    for run in history.runs:
        if baseline is not None and run.ended_at > baseline.ended_at and run.since:
            stats = DirectoryStats(run.rows, run.coverage)
            lost = bool(losses(stats, baseline) or fields_lost(stats, baseline))
            lost_since = (lost_since or run.ended_at) if lost else None
    return lost_since is not None and now.timestamp() - lost_since / 1000 > _CONFIRMED_AFTER.total_seconds()


_CONFIRMED_AFTER = timedelta(days=6, hours=12)
"""A week of scheduled runs, which do not all end at the same minute."""


def is_baseline(stats: DirectoryStats, history: History, now: datetime, *, window_complete: bool) -> bool:
    """Return whether a run that reached its end becomes the baseline of later runs.

    Neither errors of single employees nor held changes prevent this: the company may really have become smaller. The
    first baseline ends the initial import, so its run must have taken the window's last employee.
    """
    return (window_complete or history.last_baseline() is not None) and not is_unreliable(stats, history, now)


def is_reconcile_due(history: History, mapping_digest: str) -> bool:
    """Return whether a full pass is due.

    It is due if the last run that was not limited to selected employees left one due, or if the mapping or the scope
    has changed since.
    """
    last = history.last_full_run()
    return last is not None and (last.reconcile_due or last.mapping_digest not in ("", mapping_digest))


_KNOWN = ("Active", "Inactive")
_LONGEST_WORD = 30


@dataclass
class StatusTally:
    """How many employees were read, and how many have which status."""

    employees: int = 0
    words: Counter[str] = field(default_factory=Counter)

    def add(self, rows: Iterable[Mapping[str, str]]) -> None:
        """Add the facts of employees."""
        for facts in rows:
            self.employees += 1
            self.words[facts.get("status", "")] += 1

    @property
    def active(self) -> int:
        """How many are active."""
        return self.words["Active"]

    @property
    def recognised(self) -> int:
        """How many have a status that says whether they work at the company."""
        return sum(self.words[word] for word in _KNOWN)

    @property
    def unknown(self) -> Counter[str]:
        """The words of other statuses, each with the number of employees who have it."""
        return Counter({word: count for word, count in self.words.items() if word and word not in _KNOWN})

    @property
    def unknown_words(self) -> list[str]:
        """The unknown words that several employees have: a word of one employee alone may be personal."""
        shared = (word for word, count in self.unknown.most_common() if count > 1)
        return [word for word in shared if len(word) <= _LONGEST_WORD and word.isprintable()]

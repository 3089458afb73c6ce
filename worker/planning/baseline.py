"""How complete this run's read of the company is, compared with the baseline: an earlier, complete run. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from worker.model.employee import day_of
from worker.model.field_catalogue import is_by_api_name
from worker.model.history import History, RunRecord

COVERAGE_LOST = 1_000
"""A field whose coverage falls by this much was lost. In hundredths of a per cent: ten points."""


@dataclass(frozen=True)
class DirectoryStats:
    """What this run read of the company: how many rows the directory has, 0 if it is not available.

    `coverage`: for each needed field, the share of rows with a value, in hundredths of a per cent (0 to 10,000).
    `active`: active employees, if List Employees was read and the directory is not available; 0 otherwise.
    """

    row_count: int
    coverage: Mapping[str, int] = field(default_factory=dict)
    active: int = 0


@dataclass
class ApiFieldStats:
    """The coverage of the fields that are read by their API names, for the employees of a run and a sample.

    `filled`: how many rows have a value in each field. `shown`: the fields that a source has shown.
    `hidden_for_some`: those that are not shown for some employee of the run who works here.
    """

    fields: tuple[str, ...] = ()
    row_count: int = 0
    shown: set[str] = field(default_factory=set)
    filled: Counter[str] = field(default_factory=Counter)
    hidden_for_some: set[str] = field(default_factory=set)

    def add(self, rows: Iterable[Mapping[str, str]], shown: Iterable[str]) -> None:
        """Count rows of a source that shows these fields."""
        self.shown.update(shown)
        for row in rows:
            self.row_count += 1
            self.filled.update(name for name, value in row.items() if value)

    def never_shown(self) -> list[str]:
        """Return the fields that no source has shown for any employee: misspelled, forbidden, or no longer there."""
        return [name for name in self.fields if name not in self.shown]

    def lost(self, baseline: RunRecord | None) -> list[str]:
        """Return the fields that are empty in all rows, although the baseline run suggests more than two values."""
        before = baseline.coverage if baseline is not None else {}
        shown = (name for name in self.fields if name in self.shown)
        return [name for name in shown if not self.filled[name] and before.get(name, 0) * self.row_count > _TWO_VALUES]

    def may_have_missed(self, baseline: RunRecord | None, *, full_pass: bool) -> bool:
        """Return whether the run may have missed a change of a field that had values in the baseline run.

        A field that is hidden only for single employees does not count in a full pass: the next one would miss it too.
        """
        before = baseline.coverage if baseline is not None else {}
        hidden = (
            self.hidden_for_some.intersection(self.never_shown() + self.lost(baseline))
            if full_pass
            else self.hidden_for_some
        )
        return any(before.get(name) for name in hidden)

    def coverage(self, baseline: RunRecord | None) -> dict[str, int]:
        """Return the share of rows with a value as later runs compare it: 0 for a field that was lost.

        A field that was read in too few rows, or that is empty but not lost, keeps its share of the baseline run.
        """
        before = baseline.coverage if baseline is not None else {}
        found = {}
        for name in self.fields:
            measured = self.filled[name] * 10_000 // self.row_count if self.row_count else 0
            share = measured if measured and self.row_count >= _ENOUGH_ROWS else before.get(name, measured)
            if share:
                found[name] = share
        return found | dict.fromkeys(self.lost(baseline), 0)


_ENOUGH_ROWS = 20


def has_most_rows(stats: DirectoryStats, baseline: RunRecord | None) -> bool:
    """Return whether the directory has at least four fifths of the rows that the baseline run read."""
    return baseline is None or stats.row_count * 100 >= baseline.row_count * 80


def loss_texts(stats: DirectoryStats, baseline: RunRecord | None) -> list[str]:
    """Return one text for each loss since the baseline run, of rows or of a field's values."""
    if baseline is None:
        return []
    found = []
    if not has_most_rows(stats, baseline):
        found.append(f"the directory has {stats.row_count} rows, the last complete run read {baseline.row_count}")
    return found + [
        f"{name} is filled for {now / 100:.0f} % of the directory, {before / 100:.0f} % before"
        for name, before, now, fell in _directory_fields_lost(stats, baseline)
        if fell
    ]


def fields_lost(stats: DirectoryStats, baseline: RunRecord | None) -> list[str]:
    """Return the fields that lost so many values since the baseline run that an empty value cannot be trusted.

    A field that the key may no longer see looks like one that is not set. One that is read by its API name was lost if
    its coverage is 0 (see :class:`ApiFieldStats`).
    """
    if baseline is None:
        return []
    found = [name for name, share in sorted(stats.coverage.items()) if is_by_api_name(name) and not share]
    return found + [name for name, *_ in _directory_fields_lost(stats, baseline)] if stats.row_count else found


_TWO_VALUES = 2 * 10_000
"""In ten-thousandths, as the product of a coverage and a number of rows."""


def _directory_fields_lost(stats: DirectoryStats, baseline: RunRecord) -> Iterator[tuple[str, int, int, bool]]:
    """Yield each lost field of the directory with its coverage before and now, and whether the coverage fell.

    It fell by at least ten points, and the values by a tenth; otherwise, no values are left. At least three values were
    lost, so neither new employees without a value nor a single leaver of a company of nine is a loss. A field that is
    no longer read counts as unchanged.
    """
    for name, before in sorted(baseline.coverage.items()):
        now = stats.coverage.get(name, before)
        # Coverage is stored rounded down: with the upper bound for the number now, a loss is never overstated.
        values_before, values_now = before * baseline.row_count, (now + 1) * stats.row_count
        fell = before - now >= COVERAGE_LOST and values_now * 100 <= values_before * 90
        if not is_by_api_name(name) and (fell or now == 0) and values_before - values_now > _TWO_VALUES:
            yield name, before, now, fell


def is_unreliable(stats: DirectoryStats, history: History, now: datetime) -> bool:
    """Return whether this read lost too much to become the baseline. A company that shrank is trusted after a week."""
    baseline = history.last_baseline()
    complete = has_most_rows(stats, baseline) and not fields_lost(stats, baseline)
    return not complete and not shrink_confirmed(history, now)


def shrink_confirmed(history: History, now: datetime) -> bool:
    """Return whether every read of the last week lost what the baseline run saw.

    A week without a baseline run is not enough: a single bad read after a week of other errors would then be trusted.
    """
    baseline, lost_since = history.last_baseline(), None
    for run in history.runs:
        if baseline is not None and run.ended_at_ms > baseline.ended_at_ms and run.since:
            stats = DirectoryStats(run.row_count, run.coverage)
            lost = bool(loss_texts(stats, baseline) or fields_lost(stats, baseline))
            lost_since = (lost_since or run.ended_at_ms) if lost else None
    return lost_since is not None and now.timestamp() - lost_since / 1000 > _CONFIRMED_AFTER.total_seconds()


_CONFIRMED_AFTER = timedelta(days=6, hours=12)
"""A week of scheduled runs, which do not all end at the same minute."""


def is_baseline(stats: DirectoryStats, history: History, now: datetime, *, window_complete: bool) -> bool:
    """Return whether a run that reached its end becomes the baseline, whatever its errors and held changes are.

    The first baseline ends the initial import, so its run must have taken the window's last employee.
    """
    return (window_complete or history.last_baseline() is not None) and not is_unreliable(stats, history, now)


def is_reconcile_due(history: History, plan_digest: str) -> bool:
    """Return whether the last run over all employees left a full pass due, or had another mapping or scope."""
    last = history.last_run_without_selection()
    return last is not None and (last.reconcile_due or last.plan_digest not in ("", plan_digest))


_LONGEST_WORD = 30


@dataclass
class StatusTally:
    """How many employees that were read have which status, and whether their hire dates can be read.

    `hire_dates`: how many of the dates can be read (True), and how many cannot (False).
    """

    words: Counter[str] = field(default_factory=Counter)
    hire_dates: Counter[bool] = field(default_factory=Counter)

    def add(self, rows: Iterable[Mapping[str, str]]) -> None:
        """Add the facts of employees."""
        for facts in rows:
            self.words[facts.get("status", "")] += 1
            if facts.get("hire_date"):
                self.hire_dates[day_of(facts, "hire_date") is not None] += 1

    @property
    def employees(self) -> int:
        """How many employees were read."""
        return self.words.total()

    @property
    def active(self) -> int:
        """How many are active."""
        return self.words["Active"]

    @property
    def recognised(self) -> int:
        """How many have a status that says whether they work at the company."""
        return self.words["Active"] + self.words["Inactive"]

    @property
    def unknown(self) -> Counter[str]:
        """The words of other statuses, each with the number of employees who have it."""
        return Counter({word: count for word, count in self.words.items() if word not in ("", "Active", "Inactive")})

    @property
    def unknown_words(self) -> list[str]:
        """The unknown words that several employees have: a word of one employee alone may be personal."""
        shared = (word for word, count in self.unknown.most_common() if count > 1)
        return [word for word in shared if len(word) <= _LONGEST_WORD and word.isprintable()]

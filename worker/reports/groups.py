"""Groups the rows of a plan by kind and reason, so that a reader sees each reason once. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from worker.advice import resolve
from worker.model.reasons import IN_COMMON, STARTS_LATER, UNCONFIRMED
from worker.reports.report import HeldClass, Report, Row

HELD = "held"
"""The kind of a row that is held as a whole: by a guard, or until the match is confirmed."""
STARTS = "starts"
"""The kind of an employee who has not started yet: nothing is wrong, and there is nothing to do."""

MEANINGS = {
    "conflict": "nothing is written; a decision is needed",
    HELD: "nothing is written until it is approved",
    "suspend": "the account can no longer be used to log in",
    "hold": "nothing is written for now; later runs check again",
    "reactivate": "a suspended account can be used again",
    "create": "a new account",
    "update": "fields of an account change",
    STARTS: "nothing to do: every run checks again until the employee starts",
    "skip": "left out; nothing is written",
    "unchanged": "up to date; nothing is written",
}
"""All kinds of rows, in the order of a report: those that need a decision or remove access come first."""

_NAMES = {"hold": "waiting", STARTS: "starts later"}


@dataclass(frozen=True)
class Group:
    """Rows of one kind and reason.

    Attributes:
        label: The kind in words; rows that a guard holds are named by what they would do.
        would: The action, without the guards.
        code: The reason of the rows as a stable word.
        reason: The reason of the rows, or what their reasons have in common.
        advice: The advice of the rows, if they share one.
        hold: Why a guard holds a part of each row, if they share that.
        rows: Those with a problem first, then by employee id; the texts that they share with the group are left out.
    """

    label: str
    would: str
    code: str
    reason: str
    advice: str
    hold: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Kind:
    """All employees of one kind: their number, and the groups of those that are listed.

    `name`: a key of :data:`MEANINGS`, or an action that is unknown here.
    """

    name: str
    label: str
    count: int
    groups: tuple[Group, ...]

    @property
    def meaning(self) -> str:
        """What the kind means for the account."""
        return MEANINGS.get(self.name, "")

    @property
    def listed(self) -> int:
        """The number of employees with a row."""
        return sum(len(group.rows) for group in self.groups)


def kind_of(row: Row) -> str:
    """Return the kind of a row: its action, unless it is held or the employee has not started."""
    if row.code == UNCONFIRMED:
        return HELD
    if row.action == "hold":
        if row.would:
            return HELD
        if row.code == STARTS_LATER.code:
            return STARTS
    return row.action


def kinds(report: Report) -> list[Kind]:
    """Return the kinds of rows in the order of a report; kinds without an employee are left out."""
    by_kind: dict[str, list[Row]] = {}
    for row in report.rows:
        by_kind.setdefault(kind_of(row), []).append(row)
    elsewhere = Counter(row.action for row in report.rows if kind_of(row) != row.action)
    found = []
    for name in dict.fromkeys([*MEANINGS, *sorted({*report.counts, *by_kind})]):
        rows = by_kind.get(name, [])
        count = max(report.counts.get(name, 0) - elsewhere[name], len(rows))
        if count:
            found.append(Kind(name, _NAMES.get(name, name), count, tuple(_groups(name, rows, report.held))))
    return found


def _groups(kind: str, rows: Iterable[Row], held: Sequence[HeldClass]) -> list[Group]:
    alike: dict[tuple[object, ...], list[Row]] = {}
    for row in sorted(rows, key=lambda row: (not row.problem, row.employee_id)):
        alike.setdefault((row.would, row.held, row.approved, row.code), []).append(row)
    groups = [_group(kind, tuple(own), held) for own in alike.values()]
    rank = {name: at for at, name in enumerate(MEANINGS)}
    return sorted(groups, key=lambda group: (rank.get(group.would, len(rank)), -len(group.rows)))


def _group(kind: str, rows: tuple[Row, ...], held: Sequence[HeldClass]) -> Group:
    first = rows[0]
    would = first.would or first.action
    label = _NAMES.get(kind, kind)
    if first.code == UNCONFIRMED:
        label = f"{UNCONFIRMED} (held)"
    elif first.held:
        label = f"{would} ({'held' if kind == HELD else 'partly held'})"
    elif first.approved not in ((), (would,)):
        label = f"{would} ({', '.join(first.approved)})"
    reason, advice, hold = (_shared(getattr(row, name) for row in rows) for name in ("reason", "advice", "hold"))
    said = _without_why(reason, held)
    return Group(
        label=label,
        would=would,
        code=first.code,
        reason=said or IN_COMMON.get(first.code, first.code.replace("_", " ")),
        advice=resolve(advice, [row.employee_id for row in rows if row.advice == advice]) if said == reason else "",
        hold=_without_why(hold, held),
        rows=tuple(
            replace(
                row,
                reason="" if row.reason == reason else row.reason,
                advice="" if row.advice == advice else resolve(row.advice, [row.employee_id]),
                hold="" if row.hold == hold else row.hold,
            )
            for row in rows
        ),
    )


def _shared(texts: Iterable[str]) -> str:
    """Return the text that more than half of them have, "" if there is none."""
    counted = Counter(texts)
    ((text, number),) = counted.most_common(1)
    return text if number * 2 > counted.total() else ""


def _without_why(text: str, held: Sequence[HeldClass]) -> str:
    """Return a reason without why its class is held, which is given with the class."""
    for one in held:
        text = text.replace(f": {one.why}", "")
    return text

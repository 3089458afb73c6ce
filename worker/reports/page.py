"""A plan as one self-contained HTML page: `page.html.j2` with its style and script.

All text on it may come from BambooHR, so every output is escaped, and the content security policy allows no style and
no script but the two whose hashes it names.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files

from worker.reports.report import Report, Row

_MEANINGS = {
    "conflict": "nothing is written; a decision is needed",
    "hold": "nothing is written until it is resolved",
    "suspend": "the account can no longer be used to log in",
    "reactivate": "a suspended account can be used again",
    "create": "a new account",
    "update": "fields of an account change",
    "skip": "left out; nothing is written",
    "unchanged": "up to date; nothing is written",
}
"""Every action, in the order of the page: what stops or takes away comes first."""

_WRITES = {"create": "created", "update": "updated", "suspend": "suspended", "reactivate": "reactivated"}
_ALWAYS_COUNTED = {*_WRITES, "hold", "conflict"}
_ZERO_WIDTH_JOINER = "\u200d"
_LONG = 1_000
"""The number of rows that a browser lays out at once without a noticeable pause."""


@dataclass(frozen=True)
class _Group:
    """All employees with one action: their number, and the rows of those that are listed."""

    action: str
    meaning: str
    count: int
    rows: list[Row]


def page(report: Report) -> str:
    """Return the report as one HTML5 document. Without JavaScript every row is visible."""
    # Imported here, so that it does not slow down the start of every run.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("worker.reports", ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"hash": _hash, "number": _number, "plain": _plain, "utc": _utc, "visible": _visible}
    style, script = (files("worker.reports").joinpath(name).read_text("utf-8") for name in ("page.css", "page.js"))
    groups = _groups(report)
    return environment.get_template("page.html.j2").render(
        report=report,
        groups=groups,
        title=_title(report, groups),
        lead=_lead(report, groups),
        unlisted=", ".join(
            f"{one.count - len(one.rows):,} {one.action}" for one in groups if one.count > len(one.rows)
        ),
        is_long=len(report.rows) > _LONG,
        style=style,
        script=script,
    )


def _groups(report: Report) -> list[_Group]:
    ordered = sorted(report.rows, key=lambda row: (not row.problem, row.employee_id))
    groups = []
    for action in dict.fromkeys([*_MEANINGS, *sorted({*report.counts, *(row.action for row in ordered)})]):
        rows = [row for row in ordered if row.action == action]
        count = report.counts.get(action, len(rows))
        if count or rows or action in _ALWAYS_COUNTED:
            groups.append(_Group(action, _MEANINGS.get(action, ""), count, rows))
    return groups


def _title(report: Report, groups: Sequence[_Group]) -> str:
    due = ", ".join(f"{one.count} {one.action}" for one in groups if one.count and one.action != "unchanged")
    return " \u00b7 ".join(filter(None, (f"Plan: {due or 'nothing to do'}", report.company, report.made_at[:10])))


def _lead(report: Report, groups: Sequence[_Group]) -> list[str]:
    """Say what is to be decided, in at most three sentences on two lines."""
    counts = {group.action: group.count for group in groups}
    writes = ", ".join(f"{counts[action]:,} {done}" for action, done in _WRITES.items() if counts[action])
    written = _number(sum(counts[action] for action in _WRITES), "account")
    stopped = [_number(counts["conflict"], "conflict")] if counts["conflict"] else []
    stopped += [f"{_number(counts['hold'], 'employee')} held"] if counts["hold"] else []
    problems = sum(bool(row.problem) for row in report.rows)
    sentences = [f"Not written until reviewed: {', '.join(stopped)}."] if stopped else []
    sentences += [f"{_number(problems, 'row has', 'rows have')} a problem."] if problems else []
    first = f"{written} would be written: {writes}." if writes else "Nothing would be written."
    return [first, " ".join(sentences)] if sentences else [first]


def _number(number: int, one: str = "", more: str = "") -> str:
    """Format a number, with what it counts in the singular or the plural."""
    return f"{number:,} {one if number == 1 else more or one + 's'}" if one else f"{number:,}"


def _utc(text: str) -> str:
    """Format an ISO 8601 timestamp for a reader; return an empty string for any other text, or without a time zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if moment.tzinfo else ""


def _visible(value: object) -> object:
    """Replace each invisible character by its name, so that two different values never look the same."""
    if not isinstance(value, str) or value.isprintable() or hasattr(value, "__html__"):
        return value
    from markupsafe import Markup

    name = Markup('<i class="unseen" title="U+{:04X}"></i>')
    return Markup("").join(
        char if char.isprintable() or char == _ZERO_WIDTH_JOINER else name.format(ord(char)) for char in value
    )


def _plain(value: str) -> str:
    """Replace each invisible character, for a place where no element may stand."""
    return "".join(char if char.isprintable() else "\ufffd" for char in value)


def _hash(text: str) -> str:
    """Name a style or script as the content security policy does."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

"""A plan as one HTML page for an operator's browser. It stands alone: it names nothing outside itself.

Whoever wrote a name into BambooHR wrote it into this page, so all text goes through :func:`_text`, and the policy lets
no style and no script run but the two whose digests it names.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from itertools import groupby

from worker.reports.report import Cell, Report, Row

_MEANINGS = {
    "conflict": "nothing is written; somebody has to decide",
    "hold": "nothing is written until it is clear",
    "suspend": "nobody can log in with the account any more",
    "reactivate": "a suspended account can be used again",
    "create": "a new account",
    "update": "fields of an account change",
    "skip": "left out; nothing is written",
    "unchanged": "in step already; nothing is written",
}
"""Every action in the order of the page: what stops or takes away comes first."""

_WRITES = {"create": "created", "update": "updated", "suspend": "suspended", "reactivate": "reactivated"}
_ALWAYS_COUNTED = {*_WRITES, "hold", "conflict"}
_SCOPES = {
    "all": "whoever changed or is waited for",
    "employees": "single people, named by the operator",
    "everybody": "everybody: a reconcile",
}
_ORDER = (
    "Conflicts, held people and suspensions come first, then what is given, then what stays as it is. Within an action,"
    " rows with a problem come first; then it goes by employee id."
)
_JOINER = "\u200d"
_LONG = 1_000
"""Rows that a browser lays out at once without a pause that one would feel."""


def page(report: Report) -> str:
    """The whole report as one HTML5 document, with every row in it. Without JavaScript all rows are seen."""
    style, script = _resource("page.css"), _resource("page.js")
    settings = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}';"
        " base-uri 'none'; form-action 'none'"
    )
    listed = Counter(row.action for row in report.rows)
    counts = {**listed, **report.counts}
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{settings}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        '<meta name="robots" content="noindex">',
        '<meta name="color-scheme" content="light dark">',
        '<meta name="format-detection" content="telephone=no">',
        f"<title>{_title(report, counts)}</title>",
        f"<style>{style}</style>",
        f"<script>{script}</script>",
        "</head>",
        "<body>",
        *_header(report, counts),
        "<main>",
        *_toolbar(report, counts, listed),
        *(_table(report) if report.rows else _empty(report)),
        "</main>",
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _resource(name: str) -> str:
    return files("worker.reports").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _text(value: str) -> str:
    """Escaped. What would not be seen is named, so that two values never look the same and differ."""
    if value.isprintable():
        return escape(value)
    return "".join(
        escape(char) if char.isprintable() or char == _JOINER else f'<i class="unseen" title="U+{ord(char):04X}"></i>'
        for char in value
    )


def _plain(value: str) -> str:
    """Escaped, for a place where no element can stand."""
    return escape("".join(char if char.isprintable() else "\ufffd" for char in value))


def _many(number: int, one: str, more: str = "") -> str:
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def _moment(text: str) -> str:
    """A moment as people read it. One that is none stays as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _text(text)
    if moment.tzinfo is None:
        return _text(text)
    return f'<time datetime="{_plain(text)}">{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC</time>'


def _title(report: Report, counts: Mapping[str, int]) -> str:
    due = ", ".join(f"{counts[name]} {name}" for name in _MEANINGS if name != "unchanged" and counts.get(name))
    return _plain(
        " \u00b7 ".join(filter(None, (f"Plan: {due or 'nothing to do'}", report.company, report.made_at[:10])))
    )


def _header(report: Report, counts: Mapping[str, int]) -> Iterator[str]:
    yield "<header>"
    yield "<h1>What the run would do</h1>"
    yield f'<p class="lead">{_lead(report, counts)}</p>'
    facts = [
        ("Company", _text(report.company)),
        ("Site", _text(report.site)),
        ("Scope", _text(_SCOPES.get(report.scope, report.scope))),
        ("Changes since", _moment(report.since)),
        ("Made at", _moment(report.made_at)),
        ("Run", f"<code>{_text(report.run_id)}</code>" if report.run_id else ""),
        ("Reconcile", "" if report.reconcile_due else "not due"),
        ("Values", "shown: keep this page as a personnel file" if report.shows_values else "not shown"),
    ]
    yield '<dl class="facts">'
    yield from (f"<div><dt>{name}</dt><dd>{said}</dd></div>" for name, said in facts if said)
    yield "</dl>"
    if report.warnings:
        yield '<section class="notice warnings" aria-labelledby="warnings">'
        yield f'<h2 id="warnings">{_many(len(report.warnings), "warning")}</h2><ul>'
        yield from (f"<li>{_text(warning)}</li>" for warning in report.warnings)
        yield "</ul></section>"
    if report.reconcile_due:
        yield '<section class="notice reconcile" aria-labelledby="reconcile">'
        yield '<h2 id="reconcile">A reconcile is due</h2>'
        yield "<p>It compares everybody, not only those who changed.</p></section>"
    yield "</header>"


def _lead(report: Report, counts: Mapping[str, int]) -> str:
    """What is to be decided, in three sentences at most."""
    written = sum(counts.get(action, 0) for action in _WRITES)
    parts = [f"{counts[action]:,} {done}" for action, done in _WRITES.items() if counts.get(action)]
    told = (
        f"{_many(written, 'account')} would be written: {', '.join(parts)}." if written else "Nothing would be written."
    )
    conflicts, held = counts.get("conflict", 0), counts.get("hold", 0)
    stopped = [_many(conflicts, "conflict")] * bool(conflicts) + [_many(held, "person", "people") + " held"] * bool(
        held
    )
    looks = [f"Not written until somebody looks: {', '.join(stopped)}."] * bool(stopped)
    problems = sum(bool(row.problem) for row in report.rows)
    looks += [f"{_many(problems, 'row has', 'rows have')} a problem."] * bool(problems)
    return told + (f"<br>{' '.join(looks)}" if looks else "")


def _toolbar(report: Report, counts: Mapping[str, int], listed: Mapping[str, int]) -> Iterator[str]:
    yield '<div class="toolbar" role="search" aria-label="Filter the plan">'
    yield '<div class="actions" role="group" aria-label="Actions">'
    for action in _ordered({*counts, *_ALWAYS_COUNTED}):
        count = counts.get(action, 0)
        if not count and action not in _ALWAYS_COUNTED:
            continue
        yield (
            f'<button type="button" data-action="{_plain(action)}" aria-pressed="false"'
            f"{'' if listed.get(action) else ' disabled'}>"
            f'<span class="word">{_text(action)}</span> <b>{count:,}</b></button>'
        )
    yield "</div>"
    if report.rows:
        values = ", value" if report.shows_values else ""
        yield '<div class="search"><label for="search">Search</label>'
        yield f'<input type="search" id="search" placeholder="id, field, reason{values}" autocomplete="off"'
        yield ' spellcheck="false" autocapitalize="off"></div>'
        everything = f"{len(report.rows):,}"
        yield f'<p class="shown"><span id="shown" role="status">{everything} of {everything} shown</span>'
        yield '<button type="button" class="clear" hidden>Show all</button></p>'
    yield "</div>"
    unlisted = [
        f"{counts[one] - listed.get(one, 0):,} {one}" for one in _ordered(counts) if counts[one] > listed.get(one, 0)
    ]
    if report.rows and unlisted:
        yield f'<p class="unlisted">Counted, and not listed row by row: {_text(", ".join(unlisted))}.</p>'


def _ordered(actions: Iterable[str]) -> list[str]:
    return sorted(actions, key=_rank)


def _rank(action: str) -> tuple[int, str]:
    order = list(_MEANINGS)
    return (order.index(action) if action in _MEANINGS else len(order), action)


def _empty(report: Report) -> Iterator[str]:
    yield '<section class="nothing"><h2>This plan is empty</h2>'
    if report.scope == "all":
        since = _moment(report.since) or "the last run"
        yield f"<p>Nobody changed since {since}, and nobody is waited for.</p></section>"
    else:
        yield "<p>There is nobody in it, so there is nothing to write.</p></section>"


def _table(report: Report) -> Iterator[str]:
    kinds = ["with-values" if report.shows_values else "names-only", *["long"] * (len(report.rows) > _LONG)]
    yield f'<table role="table" class="{" ".join(kinds)}">'
    yield f"<caption>{_ORDER}</caption>"
    yield '<thead role="rowgroup"><tr role="row">'
    for name in ("Action", "Employee", "Account", "Reason", "Changes"):
        yield f'<th role="columnheader" scope="col">{name}</th>'
    yield "</tr></thead>"
    rows = sorted(report.rows, key=lambda row: (_rank(row.action), not row.problem, row.employee_id))
    for action, group in groupby(rows, key=lambda row: row.action):
        members = list(group)
        number, meaning = f"{len(members):,}", _MEANINGS.get(action, "")
        yield f'<tbody role="rowgroup" data-action="{_plain(action)}">'
        yield '<tr role="row" class="group"><th role="rowheader" scope="rowgroup" colspan="5">'
        yield f'<span class="word">{_text(action)}</span>'
        yield f'<span class="number"><span class="matching"></span>{number}</span>'
        yield f'<span class="meaning">{meaning}</span></th></tr>'
        badge = f'<td role="cell"><span class="badge">{_text(action)}</span></td>'
        yield from (_row(row, badge, report.shows_values) for row in members)
        yield "</tbody>"
    yield "</table>"
    yield '<section class="nothing" id="nothing" hidden><h2>No row matches the filter</h2>'
    yield '<p><button type="button" class="clear">Show all</button></p></section>'


def _row(row: Row, badge: str, shows_values: bool) -> str:
    """One row; a line each cell, so that a search never finds what only two cells together would say."""
    account = "none" if row.account_id is None else str(row.account_id)
    said = [f'<p class="reason">{_text(row.reason)} <code>{_text(row.code)}</code></p>']
    said += [
        f'<p class="{kind}">{_text(text)}</p>'
        for kind, text in (("problem", row.problem), ("advice", row.advice), *(("note", note) for note in row.notes))
        if text
    ]
    cells = "\n".join(_cell(cell, shows_values) for cell in row.cells)
    return "\n".join(
        (
            '<tr role="row">',
            badge,
            f'<th role="rowheader" scope="row">{row.employee_id}</th>',
            f'<td role="cell">{account}</td>',
            f'<td role="cell"{"" if cells else _ALONE}>{" ".join(said)}</td>',
            f'<td role="cell">{f"<ul>{cells}</ul>" if cells else ""}</td>',
            "</tr>",
        )
    )


_ALONE = ' class="alone"'


def _cell(cell: Cell, shows_values: bool) -> str:
    name = f"<b>{_WORD_ENDS.sub('_<wbr>', _text(cell.field))}</b>"
    if not shows_values or cell.new is None:
        return f"<li>{name}</li>"
    before = "" if cell.old is None else f"{_value('del', cell.old)} \u2192 "
    return f"<li>{name} <span>{before}{_value('ins', cell.new)}</span></li>"


_WORD_ENDS = re.compile(r"_(?=.)")


def _value(element: str, value: str) -> str:
    """A value isolated in its own direction, so that one that is read from the right does not turn its neighbours."""
    direction = "" if value.isascii() else ' dir="auto"'
    return f"<{element}{direction}>{_text(value)}</{element}>"

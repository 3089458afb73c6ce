"""Renders a plan as one self-contained HTML page: `page.html.j2` with its style and script.

All text on it may come from BambooHR, so every output is escaped, and the content security policy allows no style and
no script but the two whose hashes it names.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files

from worker.model.step import WRITES
from worker.reports.groups import HELD, STARTS, Kind, kinds
from worker.reports.next_steps import approve_class, next_steps
from worker.reports.report import PRODUCT, WRITTEN, Report, utc
from worker.words import counted

_FIGURES = {**WRITTEN, "held": HELD, "errors": "conflict"}
"""The figures at the top of the page, each with the kind that gives it its colour."""

_ZERO_WIDTH_JOINER = "\u200d"
_LONG = 1_000
"""The number of rows that a browser lays out at once without a noticeable pause."""


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
    environment.filters |= {"hash": _hash, "number": "{:,}".format, "counted": counted}
    environment.filters |= {"plain": _plain, "utc": utc, "visible": _visible}
    style, script = (files("worker.reports").joinpath(name).read_text("utf-8") for name in ("page.css", "page.js"))
    found = kinds(report)
    return environment.get_template("page.html.j2").render(
        report=report,
        product=PRODUCT,
        kinds=found,
        figures=[(name, _FIGURES[name], number) for name, number in report.figures.items()],
        lead=_lead(report, found),
        unlisted=", ".join(f"{one.count - one.listed:,} {one.label}" for one in found if one.count > one.listed),
        held=[(one, approve_class(one.guard)) for one in report.held],
        next_steps=next_steps(report),
        is_long=len(report.rows) > _LONG,
        style=style,
        script=script,
    )


def _lead(report: Report, found: Sequence[Kind]) -> str:
    """Return what would happen, in a few sentences."""
    counts = {one.name: one.count for one in found}
    written, held = sum(report.counts.get(action, 0) for action in WRITES), report.figures["held"]
    done = f"write to {counted(written, 'account')}" if written else "write nothing"
    waiting = [counted(counts["conflict"], "conflict")] if "conflict" in counts else []
    waiting += [f"{counted(held, 'employee')} with held changes"] if held else []
    sentences = [f"Nothing was written. A run would {done}."]
    sentences += [f"For you to decide: {' and '.join(waiting)}."] if waiting else []
    if STARTS in counts:
        sentences.append(f"{counted(counts[STARTS], 'employee starts', 'employees start')} later.")
    return " ".join(sentences)


def _visible(value: object) -> object:
    """Replace each invisible character with its name, so that two different values never look the same."""
    if not isinstance(value, str) or value.isprintable() or hasattr(value, "__html__"):
        return value
    from markupsafe import Markup

    name = Markup('<i class="unseen" title="U+{:04X}"></i>')
    return Markup("").join(
        char if char.isprintable() or char == _ZERO_WIDTH_JOINER else name.format(ord(char)) for char in value
    )


def _plain(value: str) -> str:
    """Replace each invisible character in a text that cannot contain elements."""
    return "".join(char if char.isprintable() else "\ufffd" for char in value)


def _hash(text: str) -> str:
    """Return the hash by which the content security policy names a style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

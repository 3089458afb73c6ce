"""The one line that a run prints: read, and told to people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ops.ends import meaning_of
from ops.tables import facts
from worker.summary import COUNTS

_EVENT = "sync.summary"


def parse(message: str) -> Mapping[str, Any] | None:
    """The summary that a log line is; None if it is another line."""
    if _EVENT not in message:
        return None
    try:
        line = json.loads(message)
    except ValueError:
        return None
    return line if isinstance(line, dict) and line.get("event") == _EVENT else None


def readable(summary: Mapping[str, Any]) -> str:
    """A summary in words: what was done and to whom (ids), why not, and where it goes on."""
    code = int(summary["exit_code"])
    outcome = f"{summary['outcome']}{', dry run' if summary['dry_run'] else ''}"
    return f"Run {summary['run_id']}: {outcome}\n" + facts(
        [
            ("exit code", f"{code}: {meaning_of(code)}"),
            ("what", f"{summary['command']}, {summary['scope']}, by {summary['trigger']}"),
            ("started", f"{summary['started_at']}, took {summary['duration_seconds']} s"),
            ("counts", _counts(summary)),
            ("errors", ", ".join(f"{name} {count}" for name, count in summary.get("error_reasons", {}).items())),
            *_people(summary),
            ("warnings", ", ".join(summary.get("warnings", ()))),
            ("went from", _position(summary, "since", "offset")),
            ("goes on from", _position(summary, "next_since", "next_offset")),
            ("reconcile", "due: the mapping changed" if summary.get("reconcile_due") else ""),
            ("message", summary.get("message")),
            ("what to do", summary.get("advice")),
        ]
    )


def _counts(summary: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {summary[name]}" for name in COUNTS if summary.get(name)) or "nothing changed"


def _people(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in COUNTS:
        ids = summary.get(f"{name}_ids")
        if ids:
            more = summary.get(f"{name}_ids_truncated")
            yield f"{name} ids", ", ".join(map(str, ids)) + (f" and {more} more (see the log)" if more else "")


def _position(summary: Mapping[str, Any], since: str, offset: str) -> str:
    return "" if summary.get(since) is None else f"since {summary[since]}, offset {summary[offset]}"

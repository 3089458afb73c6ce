"""The one line that a run prints: read, and told to people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ops.ends import meaning_of
from ops.log_line import of_event
from ops.tables import facts
from worker.runs.summary import COUNTS

_TOLD_APART = {
    "arrived_dates": "whose first or last day has come",
    "held_undone": "left alone since an undo; `parked list` names them, `parked retry` releases them",
    "not_due": "on the list of that run, and no longer to be suspended",
    "not_as_planned": "left alone, since something has changed after the plan",
    "edited_since": "something of theirs was changed after the run; that is left as it is",
    "unexplained_accounts": "active accounts that no employee explains; never touched",
}
"""Counts that a number alone does not explain."""


def parse(message: str) -> Mapping[str, Any] | None:
    """The summary that a log line is; None if it is another line."""
    return of_event(message, "sync.summary")


def readable(summary: Mapping[str, Any], in_env: str) -> str:
    """A summary in words: what was done and to whom (ids), why not, and where it goes on.

    `in_env` is how the environment is named to make, for the command that lets held suspensions through.
    """
    code = int(summary["exit_code"])
    outcome = f"{summary['outcome']}{', dry run' if summary['dry_run'] else ''}"
    return f"Run {summary['run_id']}: {outcome}\n" + facts(
        [
            ("exit code", f"{code}: {meaning_of(code)}"),
            ("what", f"{summary['command']}, {summary['scope']}, by {summary['trigger']}"),
            ("started", f"{summary['started_at']}, took {summary['duration_seconds']} s"),
            ("counts", _counts(summary)),
            *((_words(name), _apart(summary, name)) for name in _TOLD_APART),
            ("errors", ", ".join(f"{name} {count}" for name, count in summary.get("error_reasons", {}).items())),
            *_people(summary),
            ("warnings", ", ".join(summary.get("warnings", ()))),
            ("went from", _position(summary, "since", "offset")),
            ("goes on from", _position(summary, "next_since", "next_offset")),
            ("reconcile", "due: the mapping changed" if summary.get("reconcile_due") else ""),
            ("message", summary.get("message")),
            ("what to do", _advice(summary, in_env)),
        ]
    )


def _counts(summary: Mapping[str, Any]) -> str:
    told = (name for name in COUNTS if name not in _TOLD_APART and summary.get(name))
    return ", ".join(f"{_words(name)} {summary[name]}" for name in told) or "nothing changed"


def _apart(summary: Mapping[str, Any], name: str) -> str:
    return f"{summary[name]}: {_TOLD_APART[name]}" if summary.get(name) else ""


def _words(name: str) -> str:
    return name.replace("_", " ")


def _advice(summary: Mapping[str, Any], in_env: str) -> str:
    """The worker knows its own command for held suspensions, and not how the operator says it."""
    run_id = str(summary["run_id"])
    return str(summary.get("advice") or "").replace(f"approve {run_id}", f"make approve {in_env} ARGS={run_id}")


def _people(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in COUNTS:
        ids = summary.get(f"{name}_ids")
        if ids:
            more = summary.get(f"{name}_ids_truncated")
            yield f"{_words(name)} ids", ", ".join(map(str, ids)) + (f" and {more} more (see the log)" if more else "")


def _position(summary: Mapping[str, Any], since: str, offset: str) -> str:
    return "" if summary.get(since) is None else f"since {summary[since]}, offset {summary[offset]}"

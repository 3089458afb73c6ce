"""The lines of a task's log: the JSON objects that the worker logs, and the plain text of a report or a crash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ops.ends import meaning_of
from ops.text import facts
from worker import advice

_GRAVE = frozenset({"warning", "error"})
_SUMMARY = "sync.summary"
_SUMMARY_HEADING = frozenset({"event", "ok", "outcome", "exit_code", "run_id"})
_EVENT_HEADING = frozenset({"time", "level", "event"})


def parse(message: str) -> Mapping[str, Any]:
    """The event that a line logs; empty for a line of text."""
    try:
        line = json.loads(message)
    except ValueError:
        return {}
    return line if isinstance(line, dict) and "event" in line else {}


def summary(message: str) -> Mapping[str, Any] | None:
    """The summary of a run; None for any other line."""
    line = parse(message) if _SUMMARY in message else {}
    return line if line.get("event") == _SUMMARY else None


def is_grave(message: str) -> bool:
    """Whether `tail --errors` shows the line. Text is shown: it is a report, or a crash that was not logged."""
    line = parse(message)
    return not line or line["event"] == _SUMMARY or line.get("level") in _GRAVE


def readable(message: str) -> str:
    """The line for a person: a summary as a block, another event on one line, text as it is."""
    line = parse(message)
    if not line:
        return message
    return readable_summary(line) if line["event"] == _SUMMARY else _readable_event(line)


def readable_summary(line: Mapping[str, Any]) -> str:
    """A summary with the names that the RUNBOOK explains; what is zero, empty or false is left out."""
    code = int(line["exit_code"])
    shown = [(name.replace("_", " "), _list(value)) for name, value in _filled(line, _SUMMARY_HEADING)]
    text = facts([("exit code", f"{code}: {meaning_of(code)}"), *shown])
    return advice.current().fill_in(f"Run {line['run_id']}: {line['outcome']}\n{text}")


def _readable_event(line: Mapping[str, Any]) -> str:
    values = (f"{name}={_word(value)}" for name, value in _filled(line, _EVENT_HEADING))
    heading = f"{line.get('time', '')} {line.get('level', ''):<7} {line['event']}".strip()
    return advice.current().fill_in(" ".join([heading, "", *values]).rstrip())


def _filled(line: Mapping[str, Any], without: frozenset[str]) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in line.items() if value and name not in without]


def _list(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {count}" for name, count in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "yes" if value is True else str(value)


def _word(value: object) -> str:
    return value if isinstance(value, str) and " " not in value else json.dumps(value, ensure_ascii=False)

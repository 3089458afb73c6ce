"""The log and the summary of a run, for a reader at a terminal: ids, reasons and field names only, as in the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from worker import advice
from worker.errors import ExitCode
from worker.model.reasons import UNDONE
from worker.reports.table import name_value_lines
from worker.words import MOST_SHOWN, counted

Event = Mapping[str, Any]

_SUMMARY_HEADING = frozenset({"event", "ok", "outcome", "exit_code", "run_id"})
_WRITTEN = {"create": "created", "update": "updated", "suspend": "suspended", "reactivate": "reactivated"}
_NOT_WRITTEN = {"skip": "skipped", "hold": "waiting", "conflict": "CONFLICT", "unchanged": "unchanged"}
_LISTED_BRIEFLY = frozenset({*_WRITTEN.values(), "skipped", "waiting", "unchanged", "held"})
"""The outcomes that many employees may have without being an error."""


class TerminalLog:
    """Turns the events of one run into lines. Advice and the reason of a guard are given once for all employees.

    Args:
        most: The most employees of a kind who get a line; None is no limit. Each error gets one.
    """

    def __init__(self, most: int | None = MOST_SHOWN) -> None:
        self._most = most
        self._seen: Counter[str] = Counter()
        self._said: set[str] = set()
        self._ended = False

    def line(self, level: str, event: Event) -> str | None:
        """Return the line of an event; None for one that only a log group needs.

        A dry run shows its employees grouped by action and reason instead.
        """
        name = event.get("event")
        if name == "sync.person":
            if event.get("dry_run") or self._is_left_out(event):
                return None
            is_repeated = bool(event.get("held")) and not self._is_new(event.get("reason", ""))
            text = _employee(event, without_reason=is_repeated)
        elif name == "sync.window":
            changed = f"{counted(event['total_changed'], 'employee')} changed in BambooHR"
            text = f"{counted(selected, 'employee')} selected" if (selected := event.get("selected")) else changed
        elif name == "sync.ended":
            self._ended = True
            text = _sentence(level, event)
        elif level in ("warning", "error"):
            text = _sentence(level, event)
        else:
            return None
        return text + self._advice(event.get("advice", ""), str(event.get("employee_id", "")))

    def left_out(self) -> str:
        """Return how many employees of each kind got no line, "" if all got one."""
        left_out = {kind: number - (self._most or 0) for kind, number in self._seen.items()}
        more = [f"{number:,} more {kind}" for kind, number in left_out.items() if self._most and number > 0]
        return f"and {', '.join(more)}; --verbose lists all" if more else ""

    def summary(self, line: Event) -> str:
        """Return the summary, without what was typed and what the last line already said.

        The run that an approval or an undo is about is repeated: its id is easily mistaken for that of the run itself.
        """
        known = (_TYPED - _ABOUT if line.get("about_run") else _TYPED) | (_END if self._ended else frozenset())
        return summary_text({name: value for name, value in line.items() if name not in known})

    def _is_left_out(self, event: Event) -> bool:
        kind = "held" if event.get("held") else _what_happened(event["action"], event["result"], "")
        if kind not in _LISTED_BRIEFLY:
            return False
        self._seen[kind] += 1
        return self._most is not None and self._seen[kind] > self._most

    def _is_new(self, text: str) -> bool:
        """Return whether a text was not given before, and remember it."""
        is_new = text not in self._said
        self._said.add(text)
        return is_new

    def _advice(self, text: str, employee: str) -> str:
        """Return the advice, unless it was given before, even with the id of another employee."""
        general = " ".join("ID" if word == employee else word for word in text.split())
        return f"\n    -> {text}" if text and self._is_new(general) else ""


_TYPED = frozenset({"command", "scope", "about_run", "trigger", "started_at", "batch_size", "http_calls"})
_ABOUT = frozenset({"command", "about_run"})
_END = frozenset({"message", "advice"})


def _sentence(level: str, event: Event) -> str:
    mark = "" if level == "info" else f"{level}: "
    who = f"account {event['account_id']}: " if event.get("account_id") else ""
    what = event.get("reason") or ", ".join(map(str, [event["event"], *event.get("where", [])]))
    return f"{mark}{who}{what}"


def _employee(event: Event, *, without_reason: bool) -> str:
    action, result = event["action"], event["result"]
    held, fields = event.get("held") or [], _without_suspension(event.get("fields"))
    what = "left alone" if event.get("code") == UNDONE.code else _what_happened(action, result, fields)
    if held:
        parts = ", ".join(held) + _without_suspension(event.get("held_fields"))
        what = f"HELD {parts}" if result == "held" else f"{what}, HELD {parts}"
    speaks_for_itself = not held and result == "done" and action in ("create", "update")
    why = [] if speaks_for_itself or without_reason or not event.get("reason") else [event["reason"]]
    return f"employee {event['employee_id']}: {'; '.join([what, *why, *(event.get('notes') or [])])}"


def _what_happened(action: str, result: str, fields: str) -> str:
    done = _WRITTEN.get(action)
    if done is None:
        return _NOT_WRITTEN.get(action, action)
    if result == "done":
        return done + fields
    return {"held": "HELD", "exempt": "skipped"}.get(result, f"NOT {done}")


def _without_suspension(fields: Sequence[str] | None) -> str:
    """Return field names in brackets, without `suspended`, which the verb already says."""
    shown = [name for name in fields or [] if name != "suspended"]
    return f" ({', '.join(shown)})" if shown else ""


def meaning_of(code: int) -> str:
    """Return an exit code in words, without its other meanings."""
    meanings = {137: "killed: out of memory, or did not end in time after SIGTERM"}
    meanings |= {int(one): one.meaning for one in ExitCode}
    return meanings.get(code, "not an exit code of this program").partition(" (also:")[0]


def summary_text(line: Event) -> str:
    """Return a summary with the names of its fields; values that are zero, empty, false or repeated are left out."""
    code = int(line["exit_code"])
    if [line.get(f"errors_{name}") for name in _LIST] == [line.get(f"held_{name}") for name in _LIST]:
        line = {name: value for name, value in line.items() if name not in {f"errors_{name}" for name in _LIST}}
    truncated = {name: value for name, value in line.items() if name.endswith(_TRUNCATED)}
    shown = []
    for name, value in nonempty(line, _SUMMARY_HEADING | truncated.keys()):
        more = truncated.get(f"{name}{_TRUNCATED}")
        shown.append((name.replace("_", " "), _list(value) + (f" and {more:,} more" if more else "")))
    text = name_value_lines([("exit code", f"{code}: {meaning_of(code)}"), *shown])
    return advice.current().fill_in(f"Run {line['run_id']}: {line['outcome']}\n{text}")


def nonempty(line: Event, without: frozenset[str]) -> list[tuple[str, Any]]:
    """Return the non-empty fields of a line, without those of its heading."""
    return [(name, value) for name, value in line.items() if value and name not in without]


_TRUNCATED = "_truncated"
_LIST = ("ids", f"ids{_TRUNCATED}")


def _list(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {count}" for name, count in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "yes" if value is True else str(value)


def moment(value: datetime | float | None) -> str:
    """Return a time in UTC, to the second."""
    if value is None:
        return ""
    when = value if isinstance(value, datetime) else datetime.fromtimestamp(value, UTC)
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"

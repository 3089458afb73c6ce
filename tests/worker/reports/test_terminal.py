"""A run's log and summary, as a person reads them at a terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from worker import advice
from worker.advice import LXP, CommandLine
from worker.errors import LockHeld
from worker.reports.terminal import TerminalLog, summary_text
from worker.runs.summary import Summary

MOMENT = datetime(2026, 11, 22, 3, 30, 4, tzinfo=UTC)
EMPLOYEE = {"event": "sync.person", "employee_id": 7, "result": "done", "fields": [], "notes": []}


def person(**fields: Any) -> dict[str, Any]:
    return {**EMPLOYEE, **fields}


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (person(action="create", fields=["email", "username"]), "created (email, username)"),
        (person(action="update", fields=["department"], reason="differs"), "updated (department)"),
        (person(action="suspend", fields=["suspended"], reason="has left"), "suspended; has left"),
        (person(action="skip", reason="has no e-mail address"), "skipped; has no e-mail address"),
        (person(action="hold", reason="no evidence"), "waiting; no evidence"),
        (person(action="hold", code="undone", reason="a run was undone"), "left alone; a run was undone"),
        (person(action="conflict", result="refused", reason="two accounts"), "CONFLICT; two accounts"),
        (person(action="create", result="refused", reason="the address is taken"), "NOT created; the address is taken"),
        (person(action="suspend", result="failed", reason="no access"), "NOT suspended; no access"),
        (person(action="update", result="exempt", reason="an administrator"), "skipped; an administrator"),
        (
            person(action="suspend", result="held", held=["suspend"], held_fields=["suspended"], reason="9 are due"),
            "HELD suspend; 9 are due",
        ),
        (
            person(action="update", fields=["city"], held=["identity"], held_fields=["email"], reason="too many"),
            "updated (city), HELD identity (email); too many",
        ),
        (person(action="unchanged", notes=["suspended by somebody else"]), "unchanged; suspended by somebody else"),
    ],
)
def test_an_employee_has_one_line_that_says_what_and_why(event: dict[str, Any], line: str) -> None:
    assert TerminalLog().line("info", event) == f"employee 7: {line}"


@pytest.mark.parametrize(
    ("level", "event", "line"),
    [
        ("info", {"event": "sync.window", "total_changed": 1}, "1 employee changed in BambooHR"),
        ("info", {"event": "sync.window", "total_changed": 2}, "2 employees changed in BambooHR"),
        ("info", {"event": "sync.window", "total_changed": 300, "selected": 1}, "1 employee selected"),
        ("info", {"event": "bamboohr.directory_fields", "not_shown": ["city"]}, None),
        ("warning", {"event": "http.retry", "reason": "moodle: HTTP 503"}, "warning: moodle: HTTP 503"),
        (
            "warning",
            {"event": "reconcile.unexplained_account", "account_id": 9, "reason": "unexplained", "advice": "see whose"},
            "warning: account 9: unexplained\n    -> see whose",
        ),
        ("error", {"event": "sync.crash", "where": ["sync.py:3 run"]}, "error: sync.crash, sync.py:3 run"),
        ("info", {"event": "sync.ended", "reason": "nothing was done", "advice": ""}, "nothing was done"),
    ],
)
def test_other_events_are_sentences_or_left_out(level: str, event: dict[str, Any], line: str | None) -> None:
    assert TerminalLog().line(level, event) == line


def test_advice_that_many_employees_share_is_given_once() -> None:
    log = TerminalLog()
    lines = [
        log.line("error", person(employee_id=number, action="create", result="refused", reason="taken", advice=text))
        for number, text in (
            (7, "free the address"),
            (8, "free the address"),
            (9, "type: retry 9"),
            (10, "type: retry 10"),
        )
    ]

    assert lines == [
        "employee 7: NOT created; taken\n    -> free the address",
        "employee 8: NOT created; taken",
        "employee 9: NOT created; taken\n    -> type: retry 9",
        "employee 10: NOT created; taken",
    ]


def test_why_a_guard_holds_a_class_is_given_once() -> None:
    log = TerminalLog()
    lines = [
        log.line("error", person(employee_id=number, action="suspend", result="held", held=[guard], reason=why))
        for number, guard, why in ((7, "suspend", "9 are due"), (8, "suspend", "9 are due"), (9, "clear", "6 are due"))
    ]

    assert lines == [
        "employee 7: HELD suspend; 9 are due",
        "employee 8: HELD suspend",
        "employee 9: HELD clear; 6 are due",
    ]


def test_the_employees_of_a_dry_run_are_left_to_its_table() -> None:
    assert TerminalLog().line("info", person(action="update", result="planned", dry_run=True)) is None


def shown(log: TerminalLog, count: int, **fields: Any) -> int:
    """How many of so many employees have a line."""
    lines = [log.line("info", person(employee_id=number, **fields)) for number in range(1, count + 1)]
    return len(lines) - lines.count(None)


def test_of_many_employees_of_a_kind_the_first_have_a_line_and_the_others_are_counted() -> None:
    log = TerminalLog(3)

    assert [shown(log, 3, action="suspend"), shown(log, 4, action="update"), shown(log, 9, action="skip")] == [3] * 3
    assert log.left_out() == "and 1 more updated, 6 more skipped; --verbose lists all"


def test_each_error_has_a_line() -> None:
    log = TerminalLog(1)

    assert shown(log, 5, action="create", result="refused") == shown(log, 5, action="conflict") == 5
    assert log.left_out() == ""


def test_without_a_limit_each_employee_has_a_line() -> None:
    log = TerminalLog(None)

    assert shown(log, 99, action="update") == 99
    assert log.left_out() == ""


def test_the_summary_says_how_many_ids_it_leaves_out() -> None:
    summary = Summary("RUN", "sync", MOMENT)
    summary.listed_ids["suspended"] = [*range(1, 283)]

    lines = summary_text(summary.as_dict(MOMENT)).splitlines()

    assert [line for line in lines if "suspended" in line] == [
        f"  suspended ids  {', '.join(map(str, range(1, 21)))} and 262 more"
    ]


@pytest.mark.parametrize(
    ("held", "shown"),
    [([*range(1, 31)], ["held ids"]), ([*range(2, 31)], ["held ids", "errors ids"]), ([], ["errors ids"])],
)
def test_ids_that_are_held_and_errors_alike_are_listed_once(held: list[int], shown: list[str]) -> None:
    summary = Summary("RUN", "sync", MOMENT)
    summary.listed_ids.update({"held": held} if held else {}, errors=[*range(1, 31)])

    lines = summary_text(summary.as_dict(MOMENT)).splitlines()

    assert [line.split("  ")[1] for line in lines if " ids " in line] == shown


@pytest.mark.parametrize(("command", "about"), [("approve", "HELD"), ("undo", "WROTE"), ("sync", "")])
def test_the_summary_of_an_approval_and_an_undo_names_the_run_they_are_about(command: str, about: str) -> None:
    summary = Summary("RUN", command, MOMENT, about_run=about)
    summary.finish()

    lines = TerminalLog().summary(summary.as_dict(MOMENT)).splitlines()

    named = [f"  command    {command}", f"  about run  {about}"] if about else []
    assert [line for line in lines if "command" in line or "about" in line] == named


def test_the_summary_ends_with_what_to_type_next() -> None:
    summary = Summary("RUN", "sync", MOMENT, trigger="manual")
    summary.counts.update(created=2, suspended=1)
    summary.listed_ids["suspended"] = [4]
    summary.finish()
    summary.message, summary.advice = "a guard holds changes", "./lxp approve RUN"

    assert TerminalLog().summary(summary.as_dict(MOMENT)).splitlines() == [
        "Run RUN: ok",
        "  exit code      0: no errors",
        "  created        2",
        "  suspended      1",
        "  message        a guard holds changes",
        "  advice         ./lxp approve RUN",
        "  suspended ids  4",
    ]


def test_the_summary_does_not_repeat_why_the_run_ended() -> None:
    log, summary, end = TerminalLog(), Summary("RUN", "sync", MOMENT), LockHeld("another run", advice="wait")
    log.line("error", {"event": "sync.ended", "reason": end.message, "advice": end.advice})
    summary.finish(end)

    assert log.summary(summary.as_dict(MOMENT)) == "Run RUN: locked\n  exit code  75: another run holds the lock"


def test_the_summary_of_a_task_names_the_environment_as_its_reader_does() -> None:
    summary = Summary("RUN", "sync", MOMENT)
    summary.finish()
    line = summary.as_dict(MOMENT) | {"advice": "./lxp --env NAME approve RUN"}

    with advice.using(CommandLine(LXP, "prod", "prod.toml")):
        text = summary_text(line)

    assert "  advice      ./lxp --env prod --env-file prod.toml approve RUN" in text.splitlines()
    assert "  command     sync" in text.splitlines()

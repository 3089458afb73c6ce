"""The one line on stdout: what it counts, how it says the run ended, and how long it may get."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.worker.builders import account
from worker import errors
from worker.errors import ExitCode
from worker.model import reasons
from worker.model.reasons import Reason
from worker.model.result import Status, StepResult
from worker.model.step import Action, Step
from worker.planning.guards import hold_suspensions
from worker.runs.summary import COUNTS, IDS_SHOWN, Summary

STARTED = datetime(2026, 2, 1, 2, 0, 0, tzinfo=UTC)
ENDED = STARTED + timedelta(seconds=83.4567)


def summary_of(*outcomes: StepResult, parked: tuple[int, ...] = (), end: errors.SyncError | None = None) -> Summary:
    summary = Summary(run_id="r1", command="sync", started_at=STARTED)
    summary.take(outcomes, parked)
    summary.finish(end)
    return summary


def told(*outcomes: StepResult, parked: tuple[int, ...] = (), end: errors.SyncError | None = None) -> dict[str, Any]:
    return summary_of(*outcomes, parked=parked, end=end).as_dict(ENDED)


def done(number: int, action: Action, reason: Reason = reasons.DIFFERS) -> StepResult:
    return StepResult(
        Step(number, action, reason, account()), Status.DONE, wrote=action.value not in ("unchanged", "skip")
    )


def refused(number: int, action: Action = Action.CREATE, reason: Reason = reasons.NO_NAME) -> StepResult:
    return StepResult(Step(number, action, reasons.NEW), Status.REFUSED, reason)


def held(number: int) -> StepResult:
    (step,) = hold_suspensions([Step(number, Action.SUSPEND, reasons.LEFT, account())], ["too many"], "run1")
    return StepResult(step, Status.HELD)


def counts(line: dict[str, Any]) -> dict[str, int]:
    return {name: line[name] for name in COUNTS if line[name]}


def test_the_line_has_every_field_that_filters_and_dashboards_read() -> None:
    assert told().keys() >= {
        "event",
        "ok",
        "outcome",
        "command",
        "scope",
        "trigger",
        "run_id",
        "dry_run",
        "started_at",
        "duration_seconds",
        "since",
        "offset",
        "batch_size",
        "total_changed",
        "processed",
        "created",
        "updated",
        "suspended",
        "reactivated",
        "unchanged",
        "skipped_no_email",
        "skipped_invalid_email",
        "skipped_deleted",
        "held_suspensions",
        "no_evidence",
        "conflicts",
        "parked",
        "errors",
        "latest",
        "next_since",
        "next_offset",
        "http_calls",
    }


def test_the_line_is_one_line_of_json() -> None:
    summary = summary_of(refused(7))
    summary.message = "two\nlines"

    (line,) = summary.line().splitlines()

    assert json.loads(line)["event"] == "sync.summary"


def test_a_run_without_a_word_says_when_and_for_how_long_it_ran_and_where_it_stood() -> None:
    summary = Summary("r1", "sync", STARTED, since=STARTED - timedelta(days=1), offset=50, latest=STARTED)
    summary.next_since, summary.next_offset = STARTED, 0
    summary.count_calls(bamboohr=lambda: 2, moodle=lambda: 7)

    line = summary.as_dict(ENDED)

    assert (line["started_at"], line["duration_seconds"]) == ("2026-02-01T02:00:00Z", 83.457)
    assert (line["since"], line["offset"]) == ("2026-01-31T02:00:00Z", 50)
    assert (line["latest"], line["next_since"], line["next_offset"]) == (*["2026-02-01T02:00:00Z"] * 2, 0)
    assert line["http_calls"] == {"bamboohr": 2, "moodle": 7}


def test_calls_are_told_as_none_before_there_is_a_client() -> None:
    assert told()["http_calls"] == {"bamboohr": 0, "moodle": 0}


# What is counted


@pytest.mark.parametrize(
    ("outcome", "counted"),
    [
        (done(7, Action.CREATE), "created"),
        (done(7, Action.UPDATE), "updated"),
        (done(7, Action.SUSPEND), "suspended"),
        (done(7, Action.REACTIVATE), "reactivated"),
        (done(7, Action.UNCHANGED), "unchanged"),
        (done(7, Action.SKIP, reasons.NO_EMAIL), "skipped_no_email"),
        (done(7, Action.SKIP, reasons.INVALID_EMAIL), "skipped_invalid_email"),
        (done(7, Action.SKIP, reasons.NO_NAME), "skipped_no_name"),
        (done(7, Action.SKIP, reasons.INVALID_USERNAME), "skipped_invalid_username"),
        (done(7, Action.SKIP, reasons.LEFT_WITHOUT_ACCOUNT), "skipped_deleted"),
        (done(7, Action.SKIP, reasons.PROTECTED), "skipped_protected"),
        (done(7, Action.HOLD, reasons.NO_EVIDENCE), "no_evidence"),
        (done(7, Action.HOLD, reasons.DELETED_BUT_SHOWN), "no_evidence"),
        (done(7, Action.HOLD, reasons.STARTS_LATER), "waiting_for_start"),
        (StepResult(Step(7, Action.UPDATE, reasons.DIFFERS), Status.EXEMPT), "skipped_protected"),
    ],
)
def test_everybody_who_is_no_error_is_counted_once(outcome: StepResult, counted: str) -> None:
    line = told(outcome)

    assert counts(line) == {counted: 1}
    assert (line["ok"], line["exit_code"], line["outcome"]) == (True, 0, "ok")


@pytest.mark.parametrize("verdict", [Status.REFUSED, Status.FAILED])
@pytest.mark.parametrize("action", [Action.CREATE, Action.UPDATE, Action.SUSPEND, Action.REACTIVATE])
def test_what_was_not_written_is_an_error_and_nothing_else(action: Action, verdict: Status) -> None:
    line = told(StepResult(Step(7, action, reasons.NEW), verdict, reasons.NO_NAME))

    assert counts(line) == {"errors": 1}
    assert line["errors_ids"] == [7]
    assert line["error_reasons"] == {"no_name": 1}


def test_a_write_that_may_have_arrived_is_counted_as_an_error_and_not_as_done() -> None:
    step = Step(7, Action.CREATE, reasons.NEW)

    assert counts(told(StepResult(step, Status.FAILED, reasons.NO_NAME, wrote=True))) == {"errors": 1}


def test_a_person_of_whom_one_field_was_refused_is_both_updated_and_an_error() -> None:
    step = Step(7, Action.UPDATE, reasons.DIFFERS, account(), problem=reasons.email_disputed(8))

    line = told(StepResult(step, Status.REFUSED, wrote=True))

    assert counts(line) == {"updated": 1, "conflicts": 1, "errors": 1}
    assert line["error_reasons"] == {"email_disputed": 1}


def test_a_conflict_names_the_person_and_the_reason() -> None:
    line = told(StepResult(Step(7, Action.CONFLICT, reasons.several_accounts([])), Status.REFUSED))

    assert counts(line) == {"conflicts": 1, "errors": 1}
    assert (line["conflicts_ids"], line["errors_ids"]) == ([7], [7])
    assert line["error_reasons"] == {"several_accounts": 1}


def test_an_account_that_somebody_else_suspended_is_told_beside_what_was_done() -> None:
    step = Step(7, Action.UPDATE, reasons.DIFFERS, account(), notes=(reasons.SUSPENDED_ELSEWHERE,))

    assert counts(told(StepResult(step, Status.DONE, wrote=True))) == {"updated": 1, "suspended_elsewhere": 1}


def test_who_is_parked_is_named_and_is_no_error() -> None:
    line = told(refused(7), parked=(7,))

    assert counts(line) == {"parked": 1}
    assert line["parked_ids"] == [7]
    assert (line["exit_code"], line["outcome"], line["ok"]) == (0, "ok", True)
    assert line["error_reasons"] == {}


def test_somebody_parked_does_not_hide_the_error_of_another() -> None:
    line = told(refused(7), refused(8), parked=(7,))

    assert counts(line) == {"parked": 1, "errors": 1}
    assert line["errors_ids"] == [8]
    assert line["exit_code"] == 1


# How it ended


def test_any_error_ends_with_1() -> None:
    line = told(done(1, Action.CREATE), refused(7))

    assert (line["exit_code"], line["outcome"], line["ok"]) == (1, "errors", False)


def test_suspensions_that_a_guard_held_alone_end_with_4() -> None:
    line = told(done(1, Action.CREATE), held(7), held(8))

    assert counts(line) == {"created": 1, "held_suspensions": 2, "errors": 2}
    assert line["held_suspensions_ids"] == [7, 8]
    assert (line["exit_code"], line["outcome"], line["ok"]) == (4, "held", False)


def test_held_suspensions_beside_another_error_end_with_1() -> None:
    line = told(held(7), refused(8))

    assert (line["exit_code"], line["outcome"]) == (1, "errors")


def test_held_suspensions_beside_somebody_parked_still_end_with_4() -> None:
    assert told(held(7), refused(8), parked=(8,))["exit_code"] == 4


@pytest.mark.parametrize(
    ("end", "exit_code", "outcome", "errors_counted"),
    [
        (errors.CredentialError("x"), 3, "credential_error", 1),
        (errors.LockHeld("x"), 75, "locked", 0),
        (errors.DuplicateDelivery("x"), 0, "duplicate", 0),
        (errors.LockLost("x"), 1, "lock_lost", 1),
        (errors.SourceError("x"), 1, "bamboohr_error", 1),
        (errors.TargetError("x"), 1, "moodle_error", 1),
        (errors.StateError("x"), 1, "state_error", 1),
        (errors.Terminated("x"), 143, "terminated", 1),
        (errors.OutOfTime("x"), 1, "out_of_time", 1),
        (errors.ConfigurationError(["a", "b", "c"]), 3, "configuration_error", 3),
    ],
)
def test_every_end_has_its_exit_code_and_its_outcome(
    end: errors.SyncError, exit_code: int, outcome: str, errors_counted: int
) -> None:
    line = told(end=end)

    assert (line["exit_code"], line["outcome"], line["errors"]) == (exit_code, outcome, errors_counted)
    assert line["ok"] is (exit_code == 0)
    assert line["message"] == end.message


def test_every_outcome_is_a_word_of_its_own() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.SyncError)]

    assert len({kind.outcome for kind in kinds}) == len(kinds)


def test_an_end_that_came_after_people_failed_counts_them_and_itself() -> None:
    line = told(held(7), done(8, Action.UPDATE), end=errors.LockLost("the lock went", advice="wait"))

    assert (line["exit_code"], line["errors"], line["held_suspensions"], line["updated"]) == (1, 2, 1, 1)
    assert (line["message"], line["advice"]) == ("the lock went", "wait")


def test_a_line_that_nobody_finished_says_crash() -> None:
    line = Summary("r1", "sync", STARTED).as_dict(ENDED)

    assert (line["exit_code"], line["outcome"], line["ok"]) == (70, "crash", False)


def test_every_exit_code_has_a_meaning() -> None:
    assert {int(code) for code in ExitCode} == {0, 1, 2, 3, 4, 70, 75, 143}
    assert all(code.meaning for code in ExitCode)


# How long it may get


def test_twenty_ids_of_a_kind_are_shown_in_order_and_the_rest_is_counted() -> None:
    line = told(*(refused(number) for number in range(100, 0, -1)))

    assert line["errors"] == 100
    assert line["errors_ids"] == list(range(1, 21))
    assert line["errors_ids_truncated"] == 80


def test_exactly_twenty_ids_are_not_truncated() -> None:
    line = told(*(refused(number) for number in range(1, 21)))

    assert len(line["errors_ids"]) == IDS_SHOWN == 20
    assert "errors_ids_truncated" not in line


LONGEST_ID = 2**63 - 1
CROWD = 20_000


def crowded() -> Summary:
    """A run of which every list holds 20,000 people with the longest of ids."""
    kinds = [
        done(1, Action.SUSPEND),
        held(1),
        done(1, Action.HOLD, reasons.NO_EVIDENCE),
        done(1, Action.SKIP, reasons.NO_EMAIL),
        done(1, Action.SKIP, reasons.INVALID_EMAIL),
        done(1, Action.SKIP, reasons.INVALID_USERNAME),
        refused(1, Action.CONFLICT),
    ]
    outcomes = [
        replace(kind, step=replace(kind.step, employee_id=LONGEST_ID - number))
        for kind in kinds
        for number in range(CROWD)
    ]
    parked = range(LONGEST_ID - 2 * CROWD, LONGEST_ID - CROWD)
    summary = Summary("20260201T020000Z-0123abcd", "reconcile", STARTED, "employees", "schedule", since=STARTED)
    summary.take([*outcomes, *(refused(number) for number in parked)], parked)
    summary.offset = summary.next_offset = summary.batch_size = 1_000_000
    summary.latest = summary.next_since = STARTED
    summary.reasons.update({f"a_rather_long_reason_code_{number}": 20_000 for number in range(40)})
    summary.warnings = [f"a_rather_long_warning_code_{number}" for number in range(40)]
    summary.count_calls(bamboohr=lambda: 10**9, moodle=lambda: 10**9)
    return summary


def test_the_line_stays_under_8_kb_with_20000_people_in_every_list_and_whatever_the_messages_say() -> None:
    summary = crowded()
    for letter in ("x", "ü", "\x01", "\U0001f9d1", '"', "\ud800"):
        faults = [f"VARIABLE_{number} {letter * 400}" for number in range(30)]
        summary.finish(errors.ConfigurationError(faults, advice=letter * 20_000))

        line = summary.line()

        assert len(line.encode()) <= 8 * 1024
        read = json.loads(line)
        listed = [name for name in read if name.endswith("_ids")]
        assert len(listed) == 9
        assert all(len(read[name]) == 20 and read[f"{name}_truncated"] >= CROWD - 20 for name in listed)
        assert read["message"].startswith("VARIABLE_0 ")
        assert read["message"].endswith("...")


def test_a_text_that_fits_is_told_whole() -> None:
    message = "Zoë " * 80

    assert told(end=errors.StateError(message))["message"] == message

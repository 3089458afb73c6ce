"""The summary line on stdout: its counts, its outcome and its length."""

from __future__ import annotations

import json
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.worker.builders import account
from worker import errors
from worker.errors import ExitCode
from worker.model import account_reasons, reasons
from worker.model.reasons import Reason
from worker.model.step import Action, FieldChange, GuardClass, HeldPart, Status, Step, StepResult
from worker.runs.summary import COUNTS, IDS_SHOWN, MAX_BYTES, Summary

STARTED = datetime(2026, 2, 1, 2, 0, 0, tzinfo=UTC)
ENDED = STARTED + timedelta(seconds=83.4567)


def summary_of(*results: StepResult, parked: tuple[int, ...] = (), end: errors.SyncError | None = None) -> Summary:
    summary = Summary(run_id="r1", command="sync", started_at=STARTED)
    summary.count_results(results, parked)
    summary.finish(end)
    return summary


def summary_line(
    *results: StepResult, parked: tuple[int, ...] = (), end: errors.SyncError | None = None
) -> dict[str, Any]:
    return summary_of(*results, parked=parked, end=end).as_dict(ENDED)


def done_result(number: int, action: Action, reason: Reason = reasons.DIFFERS) -> StepResult:
    return StepResult(
        Step(number, action, reason, account()), Status.DONE, may_be_written=action.value not in ("unchanged", "skip")
    )


def refused_result(number: int, action: Action = Action.CREATE, reason: Reason = reasons.NO_NAME) -> StepResult:
    return StepResult(Step(number, action, reasons.NEW), Status.REFUSED, reason)


def held_result(number: int) -> StepResult:
    reason = Reason("suspension_held", "a guard holds all suspensions of this run: too many")
    part = HeldPart(GuardClass.SUSPEND, (FieldChange("suspended", "0", "1"),), reason)
    return StepResult(Step(number, Action.HOLD, reason, account(), held=(part,)), Status.HELD)


def counts(line: dict[str, Any]) -> dict[str, int]:
    return {name: line[name] for name in COUNTS if line[name]}


def test_the_line_has_every_field_that_filters_and_dashboards_read() -> None:
    read = (
        "event ok outcome command scope trigger run_id dry_run started_at duration_seconds since offset batch_size"
        " total_changed processed created updated suspended reactivated unchanged skipped_no_email"
        " skipped_invalid_email skipped_deleted held_suspensions no_evidence conflicts parked errors latest next_since"
        " next_offset http_calls"
    )

    assert summary_line().keys() >= {*read.split()}


def test_the_line_is_one_line_of_json() -> None:
    summary = summary_of(refused_result(7))
    summary.message = "two\nlines"

    (line,) = summary.line().splitlines()

    assert json.loads(line)["event"] == "sync.summary"


def test_the_line_has_the_times_the_position_and_the_calls() -> None:
    summary = Summary("r1", "sync", STARTED, since=STARTED - timedelta(days=1), offset=50, latest=STARTED)
    summary.next_since, summary.next_offset = STARTED, 0
    summary.calls = {"bamboohr": lambda: 2, "moodle": lambda: 7}

    line = summary.as_dict(ENDED)

    assert (line["started_at"], line["duration_seconds"]) == ("2026-02-01T02:00:00Z", 83.457)
    assert (line["since"], line["offset"]) == ("2026-01-31T02:00:00Z", 50)
    assert (line["latest"], line["next_since"], line["next_offset"]) == (*["2026-02-01T02:00:00Z"] * 2, 0)
    assert line["http_calls"] == {"bamboohr": 2, "moodle": 7}


def test_calls_are_zero_before_there_is_a_client() -> None:
    assert summary_line()["http_calls"] == {"bamboohr": 0, "moodle": 0}


# Counts


def step(action: Action, reason: Reason = reasons.NEW, *notes: Reason, problem: Reason | None = None) -> Step:
    return Step(7, action, reason, account(), notes=notes, problem=problem)


OK = {"exit_code": 0, "outcome": "ok", "ok": True, "error_reasons": {}}
WRITES = (Action.CREATE, Action.UPDATE, Action.SUSPEND, Action.REACTIVATE)


@pytest.mark.parametrize(
    ("result", "counted"),
    [
        (done_result(7, Action.CREATE), {"created": 1}),
        (done_result(7, Action.UPDATE), {"updated": 1}),
        (done_result(7, Action.SUSPEND), {"suspended": 1}),
        (done_result(7, Action.REACTIVATE), {"reactivated": 1}),
        (done_result(7, Action.UNCHANGED), {"unchanged": 1}),
        (done_result(7, Action.SKIP, reasons.NO_EMAIL), {"skipped_no_email": 1}),
        (done_result(7, Action.SKIP, reasons.INVALID_EMAIL), {"skipped_invalid_email": 1}),
        (done_result(7, Action.SKIP, reasons.NO_NAME), {"skipped_no_name": 1}),
        (done_result(7, Action.SKIP, reasons.INVALID_USERNAME), {"skipped_invalid_username": 1}),
        (done_result(7, Action.SKIP, reasons.LEFT_WITHOUT_ACCOUNT), {"skipped_deleted": 1}),
        (done_result(7, Action.SKIP, reasons.PROTECTED), {"skipped_protected": 1}),
        (done_result(7, Action.HOLD, reasons.STATUS_UNKNOWN), {"no_evidence": 1}),
        (done_result(7, Action.HOLD, reasons.DELETED_BUT_SHOWN), {"no_evidence": 1}),
        (done_result(7, Action.HOLD, reasons.STARTS_LATER), {"waiting_for_start": 1}),
        (StepResult(step(Action.UPDATE), Status.NOT_EDITABLE), {"skipped_protected": 1}),
        (
            StepResult(
                step(Action.UPDATE, reasons.DIFFERS, reasons.SUSPENDED_ELSEWHERE), Status.DONE, may_be_written=True
            ),
            {"updated": 1, "suspended_elsewhere": 1},
        ),
    ],
)
def test_a_result_without_an_error_is_counted_once(result: StepResult, counted: dict[str, int]) -> None:
    line = summary_line(result)

    assert counts(line) == counted
    assert {name: line[name] for name in OK} == OK


@pytest.mark.parametrize(
    ("result", "counted", "reason"),
    [
        *(
            (StepResult(step(action), status, reasons.NO_NAME), {"errors": 1}, "no_name")
            for action in WRITES
            for status in (Status.REFUSED, Status.FAILED)
        ),
        (
            StepResult(step(Action.CREATE), Status.FAILED, reasons.NO_NAME, may_be_written=True),
            {"errors": 1},
            "no_name",
        ),
        (
            StepResult(
                step(Action.UPDATE, problem=account_reasons.email_disputed(8)), Status.REFUSED, may_be_written=True
            ),
            {"updated": 1, "conflicts": 1, "errors": 1},
            "email_disputed",
        ),
        (
            StepResult(step(Action.CONFLICT, account_reasons.several_accounts([])), Status.REFUSED),
            {"conflicts": 1, "errors": 1},
            "several_accounts",
        ),
    ],
)
def test_an_error_names_the_employee_and_the_reason(result: StepResult, counted: dict[str, int], reason: str) -> None:
    line = summary_line(result)

    assert counts(line) == counted
    assert all(line[f"{name}_ids"] == [7] for name in ("errors", "conflicts") if name in counted)
    assert line["error_reasons"] == {reason: 1}


# Without an account


def test_all_employees_without_an_account_are_counted_and_the_new_ones_named() -> None:
    summary = Summary("r1", "sync", STARTED)
    summary.count_without_account([7, 8], [7, 9, 10])
    summary.finish()

    line = summary.as_dict(ENDED)

    assert counts(line) == {"without_account": 3}
    assert (line["newly_without_account_ids"], line["warnings"]) == ([9, 10], ["without_account"])
    assert (line["exit_code"], line["outcome"]) == (0, "ok")
    assert summary.warning_texts[0].startswith("2 employees get no account")


def test_a_run_in_which_nobody_new_lacks_an_account_names_nobody() -> None:
    summary = Summary("r1", "sync", STARTED)
    summary.count_without_account([7, 8], [7])

    line = summary.as_dict(ENDED)

    assert (line["without_account"], line["warnings"]) == (1, [])
    assert "newly_without_account_ids" not in line


# Outcome


@pytest.mark.parametrize(
    ("results", "parked", "counted", "said"),
    [
        (
            [done_result(1, Action.CREATE), refused_result(7)],
            (),
            {"created": 1, "errors": 1},
            {"exit_code": 1, "outcome": "errors", "ok": False},
        ),
        (
            [done_result(1, Action.CREATE), held_result(7), held_result(8)],
            (),
            {"created": 1, "held_suspensions": 2, "errors": 2},
            {"exit_code": 4, "outcome": "held", "ok": False, "held": {"suspend": 2}, "held_ids": [7, 8]},
        ),
        (
            [held_result(7), refused_result(8)],
            (),
            {"held_suspensions": 1, "errors": 2},
            {"exit_code": 1, "outcome": "errors"},
        ),
        (
            [held_result(7), refused_result(8)],
            (8,),
            {"held_suspensions": 1, "errors": 1, "parked": 1},
            {"exit_code": 4, "outcome": "held"},
        ),
        (
            [refused_result(7), refused_result(8)],
            (7,),
            {"errors": 1, "parked": 1},
            {"exit_code": 1, "outcome": "errors", "errors_ids": [8], "parked_ids": [7]},
        ),
        ([refused_result(7)], (7,), {"parked": 1}, {**OK, "parked_ids": [7]}),
    ],
)
def test_a_parked_employee_is_no_error_and_what_a_guard_holds_has_an_outcome_of_its_own(
    results: list[StepResult], parked: tuple[int, ...], counted: dict[str, int], said: dict[str, object]
) -> None:
    line = summary_line(*results, parked=parked)

    assert counts(line) == counted
    assert {name: line[name] for name in said} == said


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
def test_every_outcome_has_its_exit_code(
    end: errors.SyncError, exit_code: int, outcome: str, errors_counted: int
) -> None:
    line = summary_line(end=end)

    assert (line["exit_code"], line["outcome"], line["errors"]) == (exit_code, outcome, errors_counted)
    assert line["ok"] is (exit_code == 0)
    assert line["message"] == end.message


def test_outcomes_are_unique() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.SyncError)]

    assert len({kind.outcome for kind in kinds}) == len(kinds)


def test_an_abort_after_failed_steps_counts_them_and_itself() -> None:
    line = summary_line(
        held_result(7), done_result(8, Action.UPDATE), end=errors.LockLost("the lock went", advice="wait")
    )

    assert (line["exit_code"], line["errors"], line["held_suspensions"], line["updated"]) == (1, 2, 1, 1)
    assert (line["message"], line["advice"]) == ("the lock went", "wait")


def test_an_unfinished_summary_says_crash() -> None:
    line = Summary("r1", "sync", STARTED).as_dict(ENDED)

    assert (line["exit_code"], line["outcome"], line["ok"]) == (70, "crash", False)


def test_every_exit_code_has_a_meaning() -> None:
    assert {int(code) for code in ExitCode} == {0, 1, 2, 3, 4, 69, 70, 75, 130, 143}
    assert all(code.meaning for code in ExitCode)


# Length


@pytest.mark.parametrize(("number", "left_out"), [(20, None), (21, 1), (100, 80)])
def test_twenty_ids_of_a_kind_are_listed_in_order_and_the_rest_is_counted(number: int, left_out: int | None) -> None:
    line = summary_line(*(refused_result(employee) for employee in range(number, 0, -1)))

    assert (line["errors"], line["errors_ids"]) == (number, list(range(1, IDS_SHOWN + 1)))
    assert IDS_SHOWN == 20
    assert line.get("errors_ids_truncated") == left_out


LONGEST_ID = 2**63 - 1
CROWD = 20_000


def crowded_summary() -> Summary:
    """A run in which every list holds 20,000 employees with the longest possible ids."""
    kinds = [
        done_result(1, Action.SUSPEND),
        held_result(1),
        done_result(1, Action.HOLD, reasons.STATUS_UNKNOWN),
        done_result(1, Action.SKIP, reasons.NO_EMAIL),
        done_result(1, Action.SKIP, reasons.INVALID_EMAIL),
        done_result(1, Action.SKIP, reasons.NO_NAME),
        done_result(1, Action.SKIP, reasons.INVALID_USERNAME),
        refused_result(1, Action.CONFLICT),
        StepResult(step(Action.UPDATE, reasons.DIFFERS, reasons.SUSPENDED_ELSEWHERE), Status.DONE, may_be_written=True),
    ]
    results = [
        replace(kind, step=replace(kind.step, employee_id=LONGEST_ID - number))
        for kind in kinds
        for number in range(CROWD)
    ]
    parked = range(LONGEST_ID - 2 * CROWD, LONGEST_ID - CROWD)
    summary = Summary("20260201T020000Z-0123abcd", "reconcile", STARTED, "employees", "schedule", since=STARTED)
    summary.count_results([*results, *(refused_result(number) for number in parked)], parked)
    summary.count_without_account([], range(LONGEST_ID - CROWD, LONGEST_ID))
    summary.offset = summary.next_offset = summary.batch_size = 1_000_000
    summary.latest = summary.next_since = STARTED
    summary.error_reasons.update({f"a_rather_long_reason_code_{number}": 20_000 for number in range(40)})
    summary.warnings = [f"a_rather_long_warning_code_{number}" for number in range(40)]
    summary.calls = dict.fromkeys(("bamboohr", "moodle"), lambda: 10**9)
    return summary


def test_the_line_stays_under_8_kb_with_20000_employees_in_every_list_and_any_message() -> None:
    crowded = crowded_summary()
    for letter in ("x", "ü", "\x01", "\U0001f9d1", '"', "\ud800"):
        # Only the first end of a summary counts.
        summary = copy(crowded)
        faults = [f"VARIABLE_{number} {letter * 400}" for number in range(30)]
        summary.finish(errors.ConfigurationError(faults, advice=letter * 20_000))

        line = summary.line()

        assert len(line.encode()) <= MAX_BYTES == 8 * 1024
        read = json.loads(line)
        listed = [name for name in read if name.endswith("_ids")]
        assert len(listed) == 12
        assert all(len(read[name]) >= 13 and read[f"{name}_truncated"] >= CROWD - 20 for name in listed)
        assert read["message"].startswith("VARIABLE_0 ")
        assert read["message"].endswith("...")


def test_a_text_that_fits_is_not_shortened() -> None:
    message = "Zoë " * 80

    assert summary_line(end=errors.StateError(message))["message"] == message

"""What is remembered about an employee after a run: waiting, refused, parked, suspended by us, undone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from tests.worker.builders import account, record_of
from tests.worker.planning.memory_cases import (
    ACTIVE,
    CONFLICT,
    CREATE,
    JUST_SUSPENDED,
    LACKING,
    NO_ACCOUNT_FOR_NOW,
    NOTHING,
    NOW,
    OURS,
    PARKED,
    REACTIVATE,
    SECONDS,
    SKIP,
    STAYS_SUSPENDED,
    SUSPEND,
    SUSPENDS,
    TO_START,
    UNCHANGED,
    UNDONE,
    UPDATE,
    WAIT,
    WAITING,
    after,
)
from tests.worker.tables import table
from worker.model import account_reasons, reasons
from worker.model.history import NO_ACCOUNT, EmployeeRecord, FollowUp
from worker.model.step import Action, FieldChange, GuardClass, HeldPart, Status, Step, StepResult
from worker.planning.memory import (
    fill_in_account_ids,
    marked_suspended,
    marked_undone,
    no_longer_suspended,
    record_after_run,
    record_after_undo,
)


def test_the_reason_to_report_is_that_of_the_result_then_the_problem_then_the_reason_of_the_step() -> None:
    problem = account_reasons.email_disputed(8)

    assert StepResult(UPDATE, Status.REFUSED, reasons.NO_NAME).reported_reason is reasons.NO_NAME
    assert StepResult(replace(UPDATE, problem=problem), Status.REFUSED).reported_reason is problem
    assert StepResult(UPDATE, Status.DONE).reported_reason is reasons.DIFFERS


DONE = Status.DONE

# What a run remembers


def held_suspension(*notes: reasons.Reason) -> Step:
    held = HeldPart(GuardClass.SUSPEND, (SUSPENDS,), reasons.NOT_DUE)
    return Step(7, Action.HOLD, reasons.NOT_DUE, ACTIVE, held=(held,), notes=notes)


def row(
    name: str,
    known: EmployeeRecord | None,
    step: Step,
    expected: EmployeeRecord,
    status: Status = DONE,
    **more: Any,
) -> ParameterSet:
    """A row: what was known before, the step, and the record afterwards. `more`: see :func:`after`."""
    return pytest.param(known, step, status, more, expected, id=f"{name}: {step.action} {step.reason.code}, {status}")


def without_account(code: str) -> EmployeeRecord:
    return record_of(7, FollowUp.WITHOUT_ACCOUNT, code)


UPDATE_HELD = Step(
    7, Action.HOLD, reasons.NOT_DUE, ACTIVE, held=(HeldPart(GuardClass.UPDATE, (SUSPENDS,), reasons.NOT_DUE),)
)
HELD_BOTH = record_of(7, FollowUp.HELD, "suspend, clear")
OUT_OF_SCOPE = reasons.out_of_scope("department", "allow")
HELD_SUSPENSION = record_of(7, FollowUp.HELD, "suspend")
UNSURE = record_of(7, FollowUp.WAITING, "link_unsure", "hold")
NOT_SENT = (Status.FAILED, Status.REFUSED, Status.HELD)
CITY_LOST = record_of(7, not_kept={"city": "d"})
BOTH_LOST = (("city", "d"), ("lang", "e"), ("profile_field_started", ""))
NO_USERNAME = replace(NO_ACCOUNT_FOR_NOW, reason=reasons.INVALID_USERNAME)
NAME_NOT_SHOWN = Step(7, Action.HOLD, reasons.field_not_shown(["last_name"]))
LEFT_WITHOUT_ACCOUNT = replace(SKIP, reason=reasons.LEFT_WITHOUT_ACCOUNT)
FULL_PASS_SHOWS_NOTHING = replace(WAIT, is_waiting=False)

HELD = [
    row("of the scope", None, held_suspension(OUT_OF_SCOPE), HELD_SUSPENSION, Status.HELD),
    row("found again by itself", None, held_suspension(), NOTHING, Status.HELD),
    row("found by no later run", None, held_suspension(), HELD_SUSPENSION, Status.HELD, follow_held=True),
    row("found by a full pass", None, UPDATE_HELD, NOTHING, Status.HELD, follow_held=True),
    row("found by an approval", None, held_suspension(), HELD_SUSPENSION, Status.HELD, approved=True, follow_held=True),
    row("besides what was approved", HELD_BOTH, UPDATE, HELD_BOTH, approved=True),
    row("and sent since", HELD_BOTH, UPDATE, NOTHING),
    row("less than before", HELD_BOTH, held_suspension(), HELD_SUSPENSION, Status.HELD),
]
WAITS = [
    *(
        row("done", known, step, NOTHING, may_be_written=True)
        for known in (None, WAITING, TO_START)
        for step in (CREATE, UPDATE, UNCHANGED, SKIP)
    ),
    row("new", None, WAIT, WAITING),
    row("deleted", None, WAIT, replace(WAITING, deleted=True), deleted=True),
    *(row("until the write succeeds", TO_START, CREATE, TO_START, status) for status in NOT_SENT),
    row("nothing shown does not end the wait for the hire date", TO_START, WAIT, TO_START),
    row(
        "an unreadable hire date does not either",
        TO_START,
        replace(WAIT, reason=reasons.HIRE_DATE_UNREADABLE),
        TO_START,
    ),
    row("nothing shown", UNSURE, WAIT, WAITING),
    row(
        "unsure by now",
        TO_START,
        replace(WAIT, reason=reasons.LEAVER_UNSURE),
        record_of(7, FollowUp.WAITING, "leaver_unsure", "hold"),
    ),
]
VALUES_NOT_KEPT = [
    *(
        row(
            "compared again",
            CITY_LOST,
            replace(step, not_kept=lost),
            record_of(7, not_kept=kept),
            status,
            may_be_written=True,
        )
        for step in (CREATE, UPDATE, REACTIVATE, UNCHANGED)
        for status in (DONE, Status.REFUSED)
        for lost, kept in ((BOTH_LOST, {"city": "d", "lang": "e"}), ((), {}))
    ),
    *(row("not compared", CITY_LOST, UPDATE, CITY_LOST, status) for status in (*NOT_SENT, Status.NOT_EDITABLE)),
    row("not compared", CITY_LOST, CONFLICT, CITY_LOST, Status.REFUSED),
    row("not compared", CITY_LOST, WAIT, replace(WAITING, not_kept={"city": "d"})),
    row("not compared", CITY_LOST, replace(SKIP, reason=reasons.NOT_DUE), CITY_LOST),
    row("not compared", CITY_LOST, Step(7, Action.HOLD, reasons.UNDONE), CITY_LOST),
    row("not compared", CITY_LOST, replace(UNCHANGED, reason=OUT_OF_SCOPE), CITY_LOST),
    row("of a leaver", CITY_LOST, SUSPEND, JUST_SUSPENDED, may_be_written=True),
    row("of a leaver", CITY_LOST, STAYS_SUSPENDED, NOTHING),
    row("of a leaver", CITY_LOST, LEFT_WITHOUT_ACCOUNT, NOTHING),
]
WITHOUT_ACCOUNT = [
    *(
        row("gets none", known, step, without_account(step.reason.code))
        for known in (None, WAITING, PARKED, without_account("no_name"))
        for step in (NO_ACCOUNT_FOR_NOW, NO_USERNAME, NAME_NOT_SHOWN)
    ),
    *(row("has one", LACKING, step, NOTHING, may_be_written=True) for step in (CREATE, UPDATE, SKIP)),
    row("none is due", LACKING, replace(SKIP, reason=reasons.PROTECTED), NOTHING, may_be_written=True),
    row("none is due", LACKING, SUSPEND, JUST_SUSPENDED, may_be_written=True),
    *(
        row("could not be created", known, step, without_account(step.reason.code) if known else NOTHING, status)
        for known in (LACKING, None)
        for step in (CREATE, CONFLICT)
        for status in NOT_SENT
    ),
    row("a full pass shows nothing", LACKING, FULL_PASS_SHOWS_NOTHING, LACKING),
    row("a full pass shows nothing", None, FULL_PASS_SHOWS_NOTHING, NOTHING),
    row("waits by now", LACKING, WAIT, WAITING),
]
ATTEMPTS = [
    row(f"two before, {most} allowed", record_of(7, attempts=2), UPDATE, record_of(7, attempts=count), status,
        max_attempts=most)
    for status, most, count in (
        (Status.REFUSED, 3, 3),
        (Status.REFUSED, 0, 0),
        (Status.FAILED, 3, 2),
        (Status.HELD, 3, 2),
        (DONE, 3, 0),
        (Status.NOT_EDITABLE, 3, 0),
    )
]  # fmt: skip


DELETED_AND_SUSPENDED = replace(JUST_SUSPENDED, deleted=True)
ONE_REFUSAL = replace(WAITING, attempts=1)
PERHAPS_SUSPENDED = replace(ONE_REFUSAL, suspended_by_us=True, suspended_at=SECONDS, suspended_account_id=107)
SUSPENDED_BY_US = [
    *(
        row(
            "done or perhaps done",
            None,
            SUSPEND,
            replace(JUST_SUSPENDED, deleted=True),
            status,
            may_be_written=True,
            deleted=True,
        )
        for status in (DONE, Status.FAILED)
    ),
    row("nothing else changes", ONE_REFUSAL, SUSPEND, PERHAPS_SUSPENDED, Status.FAILED, may_be_written=True),
    *(row("not sent", None, SUSPEND, NOTHING, status) for status in (*NOT_SENT, Status.NOT_EDITABLE)),
]


@pytest.mark.parametrize(
    ("known", "step", "status", "more", "expected"),
    [
        *HELD,
        *WAITS,
        *VALUES_NOT_KEPT,
        *WITHOUT_ACCOUNT,
        *ATTEMPTS,
        *SUSPENDED_BY_US,
        row("first refusal", None, CREATE, record_of(7, attempts=1), Status.REFUSED, max_attempts=3),
        row("undone", UNDONE, Step(7, Action.HOLD, reasons.UNDONE), replace(UNDONE, deleted=True), deleted=True),
        row("undone, planned again", UNDONE, UPDATE, NOTHING, may_be_written=True),
        row("approved, not due", OURS, Step(7, Action.SKIP, reasons.NOT_DUE), OURS),
    ],
)
def test_what_a_run_remembers_of_an_employee(
    known: EmployeeRecord | None, step: Step, status: Status, more: dict[str, Any], expected: EmployeeRecord
) -> None:
    assert after(known, step, status, **more) == expected


def test_an_employee_who_was_refused_alone_is_remembered_with_what_was_tried() -> None:
    result = StepResult(UPDATE, Status.REFUSED, reasons.NO_NAME, isolated=True)

    record = record_after_run(None, result, deleted=False, now=NOW, max_attempts=0)

    assert record == record_of(7, FollowUp.ISOLATED, "no_name", "update")


@pytest.mark.parametrize("record", [WAITING, LACKING, record_of(7, attempts=1)])
def test_what_is_remembered_is_worth_keeping(record: EmployeeRecord) -> None:
    assert record.worth_keeping(NOW)
    assert not NOTHING.worth_keeping(NOW)


def test_an_employee_without_an_account_is_not_taken_again_for_that_alone() -> None:
    assert not LACKING.needs_follow_up
    assert replace(LACKING, follow_ups={**LACKING.follow_ups, **WAITING.follow_ups}).needs_follow_up


# Suspended by us


@pytest.mark.parametrize("known", [None, replace(WAITING, deleted=True, attempts=1)])
def test_a_suspension_is_remembered_before_it_is_sent_beside_everything_else(known: EmployeeRecord | None) -> None:
    expected = replace(known or NOTHING, suspended_by_us=True, suspended_at=SECONDS, suspended_account_id=107)

    assert marked_suspended(known, SUSPEND, NOW) == expected


@table(
    "found, changes, account_id",
    ("with idnumber", ACTIVE, (SUSPENDS,), 107),
    ("without idnumber", account(90), (SUSPENDS,), 90),
    ("loses its idnumber by an undo", ACTIVE, (FieldChange("idnumber", "7", ""), SUSPENDS), 107),
)
def test_a_suspended_account_is_remembered_by_its_id(
    found: Any, changes: tuple[FieldChange, ...], account_id: int
) -> None:
    step = replace(SUSPEND, account=found, changes=changes)
    known = record_of(7, suspended_account_id=90)
    expected = replace(JUST_SUSPENDED, suspended_account_id=account_id)

    assert marked_suspended(known, step, NOW) == after(known, step, may_be_written=True) == expected


@pytest.mark.parametrize(
    ("step", "status", "wrote", "ours"),
    [
        (STAYS_SUSPENDED, Status.DONE, False, True),
        (STAYS_SUSPENDED, Status.NOT_EDITABLE, False, True),
        (SKIP, Status.DONE, False, True),
        (WAIT, Status.DONE, False, True),
        (CONFLICT, Status.DONE, False, True),
        (replace(WAIT, account=ACTIVE), Status.DONE, False, True),
        (UPDATE, Status.FAILED, True, True),
        (REACTIVATE, Status.REFUSED, False, True),
        (REACTIVATE, Status.FAILED, False, True),
        (SUSPEND, Status.NOT_EDITABLE, False, False),
        (REACTIVATE, Status.DONE, True, False),
        (UPDATE, Status.DONE, True, False),
        (UNCHANGED, Status.DONE, False, False),
        (REACTIVATE, Status.REFUSED, True, False),
        (UPDATE, Status.REFUSED, True, False),
    ],
    ids=lambda value: f"{value.action} {value.reason.code}" if isinstance(value, Step) else None,
)
def test_an_account_stays_ours_until_it_is_active_even_if_one_field_was_refused(
    step: Step, status: Status, wrote: bool, ours: bool
) -> None:
    """Otherwise an account that an administrator suspends later would be reactivated as if it were ours."""
    record = after(OURS, step, status, may_be_written=wrote)

    assert (record.suspended_by_us, record.suspended_at) == (ours, 1)


def test_the_time_of_the_suspension_outlasts_the_reactivation_for_the_limit_of_24_hours() -> None:
    record = after(replace(OURS, suspended_at=SECONDS - 60), REACTIVATE, may_be_written=True)

    assert record == record_of(7, suspended_at=SECONDS - 60)
    assert record.worth_keeping(NOW)


FORMER = record_of(3, suspended_by_us=True, suspended_at=1, suspended_account_id=107)


@table(
    "step, status, expected",
    ("reactivated", REACTIVATE, Status.DONE, {3: replace(FORMER, suspended_by_us=False)}),
    ("found active", UNCHANGED, Status.DONE, {3: replace(FORMER, suspended_by_us=False)}),
    ("failed", REACTIVATE, Status.FAILED, {}),
    ("suspended", SUSPEND, Status.DONE, {}),
    ("another account", replace(REACTIVATE, account=account(90)), Status.DONE, {}),
)
def test_an_account_that_is_active_under_a_new_id_is_no_longer_ours_under_the_former(
    step: Step, status: Status, expected: dict[int, EmployeeRecord]
) -> None:
    records = {3: FORMER, 7: replace(OURS, suspended_account_id=107)}

    assert no_longer_suspended(records, {7: StepResult(step, status, may_be_written=True)}) == expected


def test_a_record_of_an_earlier_version_gets_the_account_with_the_idnumber() -> None:
    records = {
        3: record_of(3, suspended_by_us=True),
        4: record_of(4, suspended_by_us=True),
        5: record_of(5, suspended_by_us=True),
        6: record_of(6, suspended_by_us=True, suspended_account_id=90),
        7: record_of(7),
    }

    found = fill_in_account_ids(records, [account(103, idnumber="3"), account(106, idnumber="6")], {"5"})

    assert {number: record.suspended_account_id for number, record in found.items()} == {3: 103, 4: NO_ACCOUNT}


# Undone


def undone(known: EmployeeRecord | None, step: Step, status: Status = Status.DONE) -> EmployeeRecord | None:
    return record_after_undo(known, StepResult(step, status, may_be_written=True), "run1", NOW, last_change_at=5)


OURS_WAITING = record_of(
    7, FollowUp.WAITING, "x", "hold", suspended_by_us=True, suspended_at=1, deleted=True, attempts=2
)
STILL_OURS = replace(UNDONE, suspended_by_us=True, suspended_at=1)
UNDO_SUSPENDS = replace(UNDONE, suspended_by_us=True, suspended_at=SECONDS, suspended_account_id=107)


@table(
    "known, step, before, afterwards",
    ("fields", None, UPDATE, UNDONE, UNDONE),
    ("nothing to undo", None, UNCHANGED, UNDONE, UNDONE),
    ("was waiting", OURS_WAITING, UPDATE, replace(STILL_OURS, deleted=True), replace(STILL_OURS, deleted=True)),
    ("suspends", None, SUSPEND, UNDO_SUSPENDS, UNDO_SUSPENDS),
    ("reactivates", OURS, REACTIVATE, STILL_OURS, replace(UNDONE, suspended_at=1)),
)
def test_an_undo_is_remembered_before_and_after_it_is_written(
    known: EmployeeRecord | None, step: Step, before: EmployeeRecord, afterwards: EmployeeRecord
) -> None:
    assert marked_undone(known, step, "run1", NOW, last_change_at=5) == before
    assert undone(known, step) == afterwards


@pytest.mark.parametrize(("step", "status"), [(UPDATE, Status.FAILED), (UPDATE, Status.REFUSED), (SKIP, Status.DONE)])
def test_an_employee_whom_the_undo_did_not_touch_is_remembered_as_before(step: Step, status: Status) -> None:
    assert undone(OURS, step, status) is None

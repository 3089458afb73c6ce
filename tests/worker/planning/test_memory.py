"""What is remembered about an employee after a run: waiting, refused, parked, suspended by us, undone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

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
from worker.model import reasons
from worker.model.history import NO_ACCOUNT, EmployeeRecord, FollowUp
from worker.model.result import Status, StepResult
from worker.model.step import Action, FieldChange, GuardClass, HeldPart, Step
from worker.planning.memory import (
    after_undoing,
    before_suspending,
    before_undoing,
    fill_in_account_ids,
    released,
    remember,
)


def test_the_reason_to_report_is_that_of_the_result_then_the_problem_then_the_reason_of_the_step() -> None:
    problem = reasons.email_disputed(8)

    assert StepResult(UPDATE, Status.REFUSED, reasons.NO_NAME).why is reasons.NO_NAME
    assert StepResult(replace(UPDATE, problem=problem), Status.REFUSED).why is problem
    assert StepResult(UPDATE, Status.DONE).why is reasons.DIFFERS


# Held


def held_suspension(*notes: reasons.Reason) -> Step:
    held = HeldPart(GuardClass.SUSPEND, (SUSPENDS,), reasons.NOT_DUE)
    return Step(7, Action.HOLD, reasons.NOT_DUE, ACTIVE, held=(held,), notes=notes)


def test_what_is_held_of_the_scope_is_followed_up_whatever_the_run() -> None:
    out_of_scope = held_suspension(reasons.out_of_scope("department", "allow"))
    left = held_suspension()

    assert after(None, out_of_scope, Status.HELD) == record_of(7, FollowUp.HELD, "suspend")
    assert after(None, left, Status.HELD) == NOTHING
    assert after(None, left, Status.HELD, follow_held=True) == record_of(7, FollowUp.HELD, "suspend")


def test_an_approval_leaves_what_the_run_held_besides_to_a_later_one() -> None:
    held = record_of(7, FollowUp.HELD, "suspend, clear")

    assert after(held, UPDATE, approved=True) == held
    assert after(held, UPDATE) == NOTHING
    assert after(held, held_suspension(), Status.HELD) == record_of(7, FollowUp.HELD, "suspend")
    assert after(NOTHING, held_suspension(), Status.HELD, approved=True, follow_held=True).has(FollowUp.HELD)


# Refused alone


def test_an_employee_who_was_refused_alone_is_remembered_with_what_was_tried() -> None:
    result = StepResult(UPDATE, Status.REFUSED, reasons.NO_NAME, isolated=True)

    record = remember(None, result, deleted=False, now=NOW, max_attempts=0)

    assert record == record_of(7, FollowUp.ISOLATED, "no_name", "update")


# Waiting


@pytest.mark.parametrize("known", [None, WAITING, TO_START])
@pytest.mark.parametrize("step", [CREATE, UPDATE, UNCHANGED, SKIP])
def test_nothing_is_remembered_of_an_employee_who_is_done(step: Step, known: EmployeeRecord | None) -> None:
    record = after(known, step, wrote=True)

    assert record == NOTHING
    assert not record.worth_keeping(NOW)


def test_an_employee_who_waits_is_remembered_with_the_reason_and_the_deletion() -> None:
    record = after(None, WAIT, deleted=True)

    assert record == replace(WAITING, deleted=True)
    assert record.worth_keeping(NOW)


@pytest.mark.parametrize("status", [Status.FAILED, Status.REFUSED, Status.HELD])
def test_waiting_goes_on_until_the_write_succeeds(status: Status) -> None:
    assert after(TO_START, CREATE, status) == TO_START


def test_a_run_that_shows_nothing_does_not_end_the_wait_for_the_hire_date() -> None:
    assert after(TO_START, WAIT) == TO_START
    assert after(record_of(7, FollowUp.WAITING, "link_unsure", "hold"), WAIT) == WAITING
    assert (
        after(TO_START, replace(WAIT, reason=reasons.LEAVER_UNSURE)).follow_ups[FollowUp.WAITING].note
        == "leaver_unsure"
    )


# Values that Moodle did not keep

CITY_LOST = record_of(7, not_kept={"city": "d"})
BOTH_LOST = (("city", "d"), ("lang", "e"), ("profile_field_started", ""))


@pytest.mark.parametrize("step", [CREATE, UPDATE, REACTIVATE, UNCHANGED])
@pytest.mark.parametrize("status", [Status.DONE, Status.REFUSED])
def test_values_that_were_not_kept_are_remembered_until_a_run_compares_the_account_again(
    step: Step, status: Status
) -> None:
    assert after(CITY_LOST, replace(step, not_kept=BOTH_LOST), status, wrote=True).not_kept == {
        "city": "d",
        "lang": "e",
    }
    assert after(CITY_LOST, step, status, wrote=True).not_kept == {}


@pytest.mark.parametrize(
    ("step", "status"),
    [
        (UPDATE, Status.REFUSED),
        (UPDATE, Status.FAILED),
        (UPDATE, Status.HELD),
        (UPDATE, Status.EXEMPT),
        (CONFLICT, Status.REFUSED),
        (WAIT, Status.DONE),
        (replace(SKIP, reason=reasons.NOT_DUE), Status.DONE),
        (replace(WAIT, reason=reasons.UNDONE), Status.DONE),
        (replace(UNCHANGED, reason=reasons.out_of_scope("department", "allow")), Status.DONE),
    ],
)
def test_a_run_that_compares_nothing_forgets_no_value(step: Step, status: Status) -> None:
    assert after(CITY_LOST, step, status).not_kept == {"city": "d"}


@pytest.mark.parametrize("step", [SUSPEND, STAYS_SUSPENDED, replace(SKIP, reason=reasons.LEFT_WITHOUT_ACCOUNT)])
def test_the_values_of_a_leaver_are_forgotten(step: Step) -> None:
    assert after(CITY_LOST, step).not_kept == {}


# Without an account


@pytest.mark.parametrize("known", [None, WAITING, PARKED, record_of(7, FollowUp.WITHOUT_ACCOUNT, "no_name")])
@pytest.mark.parametrize(
    "step",
    [
        NO_ACCOUNT_FOR_NOW,
        replace(NO_ACCOUNT_FOR_NOW, reason=reasons.INVALID_USERNAME),
        Step(7, Action.HOLD, reasons.field_not_shown(["last_name"])),
    ],
    ids=lambda value: value.reason.code if isinstance(value, Step) else None,
)
def test_an_employee_who_gets_no_account_is_remembered_and_not_taken_again(
    step: Step, known: EmployeeRecord | None
) -> None:
    record = after(known, step)

    assert record == record_of(7, FollowUp.WITHOUT_ACCOUNT, step.reason.code)
    assert record.worth_keeping(NOW)
    assert not record.needs_follow_up
    assert replace(record, follow_ups={**record.follow_ups, **WAITING.follow_ups}).needs_follow_up


@pytest.mark.parametrize(
    "step",
    [CREATE, UPDATE, SUSPEND, SKIP, replace(SKIP, reason=reasons.PROTECTED)],
    ids=lambda step: step.reason.code,
)
def test_it_ends_with_an_account_or_when_none_is_due(step: Step) -> None:
    assert not after(LACKING, step, wrote=True).has(FollowUp.WITHOUT_ACCOUNT)


@pytest.mark.parametrize("status", [Status.FAILED, Status.REFUSED, Status.HELD])
@pytest.mark.parametrize("step", [CREATE, CONFLICT])
def test_an_account_that_could_not_be_created_is_still_missing_for_the_present_reason(
    step: Step, status: Status
) -> None:
    assert after(LACKING, step, status) == record_of(7, FollowUp.WITHOUT_ACCOUNT, step.reason.code)
    assert after(None, step, status) == NOTHING


def test_a_full_pass_that_shows_nothing_does_not_forget_it() -> None:
    assert after(LACKING, replace(WAIT, waits=False)) == LACKING
    assert after(None, replace(WAIT, waits=False)) == NOTHING
    assert after(LACKING, WAIT) == WAITING


# Attempts


@pytest.mark.parametrize(
    ("status", "max_attempts", "expected"),
    [
        (Status.REFUSED, 3, 3),
        (Status.REFUSED, 0, 0),
        (Status.FAILED, 3, 2),
        (Status.HELD, 3, 2),
        (Status.DONE, 3, 0),
        (Status.EXEMPT, 3, 0),
    ],
)
def test_consecutive_refusals_are_counted_where_parking_is_on(status: Status, max_attempts: int, expected: int) -> None:
    assert after(record_of(7, attempts=2), UPDATE, status, max_attempts=max_attempts).attempts == expected


def test_the_first_refusal_is_worth_keeping() -> None:
    assert after(None, CREATE, Status.REFUSED, max_attempts=3) == record_of(7, attempts=1)
    assert record_of(7, attempts=1).worth_keeping(NOW)


# Suspended by us


@pytest.mark.parametrize("known", [None, replace(WAITING, deleted=True, attempts=1)])
def test_a_suspension_is_remembered_before_it_is_sent_beside_everything_else(known: EmployeeRecord | None) -> None:
    expected = replace(known or NOTHING, suspended_by_us=True, suspended_at=SECONDS, account_id=107)

    assert before_suspending(known, SUSPEND, NOW) == expected


@pytest.mark.parametrize(
    ("found", "changes", "account_id"),
    [
        (ACTIVE, (SUSPENDS,), 107),
        (account(90), (SUSPENDS,), 90),
        (ACTIVE, (FieldChange("idnumber", "7", ""), SUSPENDS), 107),
    ],
    ids=["with idnumber", "without idnumber", "loses its idnumber by an undo"],
)
def test_a_suspended_account_is_remembered_by_its_id(
    found: Any, changes: tuple[FieldChange, ...], account_id: int
) -> None:
    step = replace(SUSPEND, account=found, changes=changes)
    known = record_of(7, account_id=90)
    expected = replace(JUST_SUSPENDED, account_id=account_id)

    assert before_suspending(known, step, NOW) == after(known, step, wrote=True) == expected


@pytest.mark.parametrize("status", [Status.DONE, Status.FAILED])
def test_a_suspension_that_was_done_or_may_have_been_done_is_ours(status: Status) -> None:
    record = after(None, SUSPEND, status, wrote=True, deleted=True)

    assert record == replace(JUST_SUSPENDED, deleted=True)


def test_a_suspension_that_may_have_been_done_changes_nothing_else() -> None:
    known = replace(WAITING, attempts=1)

    assert after(known, SUSPEND, Status.FAILED, wrote=True) == before_suspending(known, SUSPEND, NOW)


@pytest.mark.parametrize("status", [Status.FAILED, Status.HELD, Status.REFUSED, Status.EXEMPT])
def test_a_suspension_that_was_not_sent_is_not_ours(status: Status) -> None:
    assert after(None, SUSPEND, status) == NOTHING


@pytest.mark.parametrize(
    ("step", "status", "wrote", "ours"),
    [
        (STAYS_SUSPENDED, Status.DONE, False, True),
        (STAYS_SUSPENDED, Status.EXEMPT, False, True),
        (SKIP, Status.DONE, False, True),
        (WAIT, Status.DONE, False, True),
        (CONFLICT, Status.DONE, False, True),
        (replace(WAIT, account=ACTIVE), Status.DONE, False, True),
        (UPDATE, Status.FAILED, True, True),
        (REACTIVATE, Status.REFUSED, False, True),
        (REACTIVATE, Status.FAILED, False, True),
        (SUSPEND, Status.EXEMPT, False, False),
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
    record = after(OURS, step, status, wrote=wrote)

    assert (record.suspended_by_us, record.suspended_at) == (ours, 1)


def test_the_time_of_the_suspension_outlasts_the_reactivation_for_the_limit_of_24_hours() -> None:
    record = after(replace(OURS, suspended_at=SECONDS - 60), REACTIVATE, wrote=True)

    assert record == record_of(7, suspended_at=SECONDS - 60)
    assert record.worth_keeping(NOW)


FORMER = record_of(3, suspended_by_us=True, suspended_at=1, account_id=107)


@pytest.mark.parametrize(
    ("step", "status", "expected"),
    [
        (REACTIVATE, Status.DONE, {3: replace(FORMER, suspended_by_us=False)}),
        (UNCHANGED, Status.DONE, {3: replace(FORMER, suspended_by_us=False)}),
        (REACTIVATE, Status.FAILED, {}),
        (SUSPEND, Status.DONE, {}),
        (replace(REACTIVATE, account=account(90)), Status.DONE, {}),
    ],
    ids=["reactivated", "found active", "failed", "suspended", "another account"],
)
def test_an_account_that_is_active_under_a_new_id_is_no_longer_ours_under_the_former(
    step: Step, status: Status, expected: dict[int, EmployeeRecord]
) -> None:
    records = {3: FORMER, 7: replace(OURS, account_id=107)}

    assert released(records, {7: StepResult(step, status, wrote=True)}) == expected


def test_a_record_of_an_earlier_version_gets_the_account_with_the_idnumber() -> None:
    records = {
        3: record_of(3, suspended_by_us=True),
        4: record_of(4, suspended_by_us=True),
        5: record_of(5, suspended_by_us=True),
        6: record_of(6, suspended_by_us=True, account_id=90),
        7: record_of(7),
    }

    found = fill_in_account_ids(records, [account(103, idnumber="3"), account(106, idnumber="6")], {"5"})

    assert {number: record.account_id for number, record in found.items()} == {3: 103, 4: NO_ACCOUNT}


# Undone


def undone(known: EmployeeRecord | None, step: Step, status: Status = Status.DONE) -> EmployeeRecord | None:
    return after_undoing(known, StepResult(step, status, wrote=True), "run1", NOW, last_change_at=5)


OURS_WAITING = record_of(
    7, FollowUp.WAITING, "x", "hold", suspended_by_us=True, suspended_at=1, deleted=True, attempts=2
)
STILL_OURS = replace(UNDONE, suspended_by_us=True, suspended_at=1)
UNDO_SUSPENDS = replace(UNDONE, suspended_by_us=True, suspended_at=SECONDS, account_id=107)


@pytest.mark.parametrize(
    ("known", "step", "before", "afterwards"),
    [
        (None, UPDATE, UNDONE, UNDONE),
        (None, UNCHANGED, UNDONE, UNDONE),
        (OURS_WAITING, UPDATE, replace(STILL_OURS, deleted=True), replace(STILL_OURS, deleted=True)),
        (None, SUSPEND, UNDO_SUSPENDS, UNDO_SUSPENDS),
        (OURS, REACTIVATE, STILL_OURS, replace(UNDONE, suspended_at=1)),
    ],
    ids=["fields", "nothing to undo", "was waiting", "suspends", "reactivates"],
)
def test_an_undo_is_remembered_before_and_after_it_is_written(
    known: EmployeeRecord | None, step: Step, before: EmployeeRecord, afterwards: EmployeeRecord
) -> None:
    assert before_undoing(known, step, "run1", NOW, last_change_at=5) == before
    assert undone(known, step) == afterwards


@pytest.mark.parametrize(("step", "status"), [(UPDATE, Status.FAILED), (UPDATE, Status.REFUSED), (SKIP, Status.DONE)])
def test_an_employee_whom_the_undo_did_not_touch_is_remembered_as_before(step: Step, status: Status) -> None:
    assert undone(OURS, step, status) is None


def test_an_undone_employee_stays_so_until_the_next_plan_for_them() -> None:
    assert after(UNDONE, Step(7, Action.HOLD, reasons.UNDONE), deleted=True) == replace(UNDONE, deleted=True)
    assert after(UNDONE, UPDATE, wrote=True) == NOTHING


def test_an_approval_without_a_suspension_due_changes_nothing() -> None:
    assert after(OURS, Step(7, Action.SKIP, reasons.NOT_DUE)) == OURS

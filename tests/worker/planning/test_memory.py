"""What is remembered about a person after a run: waiting, refused, parked, suspended by us."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.worker.builders import account
from worker.model import reasons
from worker.model.history import EmployeeRecord, FollowUp
from worker.model.reasons import Reason
from worker.model.result import Status, StepResult
from worker.model.step import Action, FieldChange, Step
from worker.planning.memory import intends_to_suspend, intends_to_undo, park, remember, undone

NOW = datetime(2026, 2, 1, 2, 0, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
ACTIVE = account(107, idnumber="7")
SUSPENDED = account(107, idnumber="7", suspended=True)

CREATE = Step(7, Action.CREATE, reasons.NEW)
UPDATE = Step(7, Action.UPDATE, reasons.DIFFERS, ACTIVE)
SUSPEND = Step(7, Action.SUSPEND, reasons.LEFT, ACTIVE)
REACTIVATE = Step(7, Action.REACTIVATE, reasons.RETURNED, SUSPENDED)
UNCHANGED = Step(7, Action.UNCHANGED, reasons.IN_STEP, ACTIVE)
STAYS_SUSPENDED = Step(7, Action.UNCHANGED, reasons.ALREADY_SUSPENDED, SUSPENDED)
SKIP = Step(7, Action.SKIP, reasons.NO_EMAIL)
CONFLICT = Step(7, Action.CONFLICT, reasons.email_taken(account(200)))
WAIT = Step(7, Action.HOLD, reasons.NO_EVIDENCE, waits=True)
NOTHING = EmployeeRecord(7)
OURS = EmployeeRecord(7, suspended_by_us=True, suspended_at=1)


def after(
    known: EmployeeRecord | None,
    step: Step,
    verdict: Status = Status.DONE,
    *,
    wrote: bool = False,
    deleted: bool = False,
    max_attempts: int = 0,
    **decided: bool,
) -> EmployeeRecord:
    outcome = StepResult(step, verdict, wrote=wrote)
    return remember(known, outcome, deleted=deleted, now=NOW, max_attempts=max_attempts, **decided)


@pytest.mark.parametrize("step", [CREATE, UPDATE, UNCHANGED, SKIP])
def test_nothing_is_remembered_of_somebody_who_is_done(step: Step) -> None:
    person = after(None, step, wrote=True)

    assert person == NOTHING
    assert not person.worth_keeping(NOW)


# Waiting


def test_somebody_who_waits_is_remembered_with_the_reason_and_whether_she_was_deleted() -> None:
    person = after(None, WAIT, deleted=True)

    assert person == EmployeeRecord(7, deleted=True).flagged(FollowUp.WAITING, "no_evidence", "hold")
    assert person.worth_keeping(NOW)


@pytest.mark.parametrize("step", [CREATE, SKIP, UNCHANGED])
def test_waiting_ends_when_it_is_clear_who_she_is(step: Step) -> None:
    assert after(EmployeeRecord(7).flagged(FollowUp.WAITING, "no_evidence", "hold"), step, wrote=True) == NOTHING


@pytest.mark.parametrize("verdict", [Status.FAILED, Status.REFUSED, Status.HELD])
def test_waiting_goes_on_while_the_write_does_not_succeed(verdict: Status) -> None:
    waiting = EmployeeRecord(7).flagged(FollowUp.WAITING, "starts_later", "hold")

    assert after(waiting, CREATE, verdict) == waiting


# Attempts


def test_a_refusal_is_an_attempt_where_parking_is_switched_on() -> None:
    once = after(None, CREATE, Status.REFUSED, max_attempts=3)
    twice = after(once, CREATE, Status.REFUSED, max_attempts=3)

    assert (once.attempts, twice.attempts) == (1, 2)
    assert once.worth_keeping(NOW)


def test_refusals_are_not_counted_where_parking_is_switched_off() -> None:
    person = after(EmployeeRecord(7, attempts=2), CREATE, Status.REFUSED, max_attempts=0)

    assert person == NOTHING


@pytest.mark.parametrize("verdict", [Status.FAILED, Status.HELD])
def test_what_is_not_her_fault_is_no_attempt_and_does_not_end_the_count_either(verdict: Status) -> None:
    assert after(EmployeeRecord(7, attempts=2), CREATE, verdict, max_attempts=3).attempts == 2


@pytest.mark.parametrize("verdict", [Status.DONE, Status.EXEMPT])
def test_a_success_ends_the_count(verdict: Status) -> None:
    assert after(EmployeeRecord(7, attempts=2), UPDATE, verdict, max_attempts=3).attempts == 0


def test_that_she_is_to_start_outlasts_a_night_that_shows_nothing_of_her() -> None:
    to_start = EmployeeRecord(7).flagged(FollowUp.WAITING, "starts_later", "hold")

    assert after(to_start, WAIT) == to_start
    assert after(EmployeeRecord(7).flagged(FollowUp.WAITING, "link_unsure", "hold"), WAIT).follow_ups == {
        FollowUp.WAITING: ("no_evidence", "hold")
    }


# Suspended by us


def test_a_suspension_is_remembered_before_it_is_sent_with_all_else_that_is_known() -> None:
    assert intends_to_suspend(None, SUSPEND, NOW) == EmployeeRecord(7, suspended_by_us=True, suspended_at=SECONDS)
    waiting = EmployeeRecord(7, deleted=True, attempts=1).flagged(FollowUp.WAITING, "no_evidence", "hold")
    assert intends_to_suspend(waiting, SUSPEND, NOW) == replace(waiting, suspended_by_us=True, suspended_at=SECONDS)


def test_of_an_account_without_her_idnumber_it_is_remembered_which_one_it_was() -> None:
    anonymous = replace(SUSPEND, account=account(90))

    assert intends_to_suspend(None, anonymous, NOW).account_id == 90
    assert after(None, anonymous, wrote=True).account_id == 90
    assert intends_to_suspend(EmployeeRecord(7, account_id=90), SUSPEND, NOW).account_id == 0


def test_an_account_that_loses_her_idnumber_by_being_taken_back_is_remembered_as_well() -> None:
    changes = (FieldChange("idnumber", "7", ""), FieldChange("suspended", "0", "1"))

    assert intends_to_suspend(None, replace(SUSPEND, changes=changes), NOW).account_id == 107
    assert intends_to_suspend(None, replace(SUSPEND, changes=changes[1:]), NOW).account_id == 0


@pytest.mark.parametrize("verdict", [Status.DONE, Status.FAILED])
def test_a_suspension_that_was_done_or_may_have_arrived_is_ours(verdict: Status) -> None:
    assert after(None, SUSPEND, verdict, wrote=True) == EmployeeRecord(7, suspended_by_us=True, suspended_at=SECONDS)


@pytest.mark.parametrize("verdict", [Status.DONE, Status.FAILED])
def test_a_suspension_that_an_operator_decided_on_is_remembered_as_such(verdict: Status) -> None:
    assert after(None, SUSPEND, verdict, wrote=True, approved=True).approved
    assert not after(None, SUSPEND, verdict, wrote=True, approved=False).approved


def test_beside_a_suspension_that_was_done_what_the_feed_said_is_remembered() -> None:
    suspended = intends_to_suspend(None, SUSPEND, NOW)

    assert after(None, SUSPEND, wrote=True, deleted=True) == replace(suspended, deleted=True)


def test_beside_a_suspension_that_may_have_arrived_all_else_is_remembered_as_before() -> None:
    waiting = EmployeeRecord(7, attempts=1).flagged(FollowUp.WAITING, "no_evidence", "hold")

    assert after(waiting, SUSPEND, Status.FAILED, wrote=True) == intends_to_suspend(waiting, SUSPEND, NOW)


def test_when_she_was_suspended_last_stays_known_beside_a_suspension_that_moodle_does_not_allow() -> None:
    person = after(OURS, SUSPEND, Status.EXEMPT)

    assert (person.suspended_by_us, person.suspended_at) == (False, 1)
    assert after(OURS, STAYS_SUSPENDED, Status.EXEMPT).suspended_by_us


@pytest.mark.parametrize("verdict", [Status.FAILED, Status.HELD, Status.REFUSED, Status.EXEMPT])
def test_a_suspension_that_was_not_sent_is_nobodys(verdict: Status) -> None:
    assert after(None, SUSPEND, verdict) == NOTHING


@pytest.mark.parametrize("step", [STAYS_SUSPENDED, SKIP, WAIT, CONFLICT])
def test_an_account_that_we_suspended_stays_ours_while_it_stays_suspended(step: Step) -> None:
    person = after(OURS, step)

    assert (person.suspended_by_us, person.suspended_at) == (True, 1)


@pytest.mark.parametrize("step", [REACTIVATE, UPDATE, UNCHANGED])
def test_an_account_that_is_active_again_is_no_longer_suspended_by_us(step: Step) -> None:
    assert not after(OURS, step, wrote=True).suspended_by_us


@pytest.mark.parametrize("step", [REACTIVATE, UPDATE])
def test_it_is_active_again_even_where_one_of_its_fields_was_refused(step: Step) -> None:
    """Otherwise an account that an administrator suspends tomorrow would be reactivated as if it were ours."""
    beside = replace(step, problem=reasons.email_disputed(8))

    assert not after(OURS, beside, Status.REFUSED, wrote=True).suspended_by_us


@pytest.mark.parametrize("verdict", [Status.REFUSED, Status.FAILED])
def test_a_reactivation_that_did_not_happen_leaves_it_ours(verdict: Status) -> None:
    assert after(OURS, REACTIVATE, verdict).suspended_by_us


def test_when_she_was_suspended_outlasts_the_reactivation_for_the_limit_of_24_hours() -> None:
    person = after(EmployeeRecord(7, suspended_by_us=True, suspended_at=SECONDS - 60), REACTIVATE, wrote=True)

    assert person.suspended_at == SECONDS - 60
    assert person.worth_keeping(NOW)


# Taken back

TAKEN_BACK = EmployeeRecord(7, undone_at=SECONDS, last_change_at=5).flagged(FollowUp.UNDONE, "run1")


def taken_back(
    known: EmployeeRecord | None, step: Step, verdict: Status = Status.DONE, *, suspended: bool | None = None
) -> EmployeeRecord | None:
    return undone(known, StepResult(step, verdict, wrote=True), "run1", NOW, seen=5, suspended=suspended)


@pytest.mark.parametrize("step", [UPDATE, UNCHANGED])
def test_of_somebody_taken_back_the_run_is_remembered_and_when_bamboohr_had_changed_her(step: Step) -> None:
    assert taken_back(None, step) == TAKEN_BACK


def test_taking_back_replaces_what_she_was_waiting_for_and_nothing_else() -> None:
    waiting = replace(OURS, deleted=True, attempts=2).flagged(FollowUp.WAITING, "no_evidence", "hold")

    assert taken_back(waiting, UPDATE) == replace(TAKEN_BACK, deleted=True, suspended_by_us=True, suspended_at=1)


def test_an_account_that_is_suspended_by_taking_back_is_ours_and_decided_on() -> None:
    person = taken_back(None, SUSPEND, suspended=True)

    assert person == replace(TAKEN_BACK, suspended_by_us=True, suspended_at=SECONDS, approved=True)


def test_an_account_that_is_reactivated_by_taking_back_is_ours_no_more() -> None:
    assert taken_back(OURS, REACTIVATE, suspended=False) == replace(TAKEN_BACK, suspended_at=1)


@pytest.mark.parametrize(("step", "verdict"), [(UPDATE, Status.FAILED), (UPDATE, Status.REFUSED), (SKIP, Status.DONE)])
def test_who_was_not_touched_by_taking_back_is_remembered_as_before(step: Step, verdict: Status) -> None:
    assert taken_back(OURS, step, verdict) is None


def test_taking_back_is_remembered_before_it_is_written() -> None:
    assert intends_to_undo(None, UPDATE, "run1", NOW, seen=5, suspended=None) == TAKEN_BACK


def test_until_a_reactivation_by_taking_back_got_through_the_suspension_is_still_ours() -> None:
    assert intends_to_undo(OURS, REACTIVATE, "run1", NOW, seen=5, suspended=False).suspended_by_us


def test_she_is_left_alone_for_as_long_as_the_plan_says_so() -> None:
    left_alone = Step(7, Action.HOLD, reasons.UNDONE)

    assert after(TAKEN_BACK, left_alone, deleted=True) == replace(TAKEN_BACK, deleted=True)
    assert after(OURS, Step(7, Action.SKIP, reasons.NOT_DUE)) == OURS


def test_once_she_is_planned_for_again_nothing_of_it_is_left() -> None:
    assert after(TAKEN_BACK, UPDATE, wrote=True) == NOTHING


# Parked


def parked(
    people: list[EmployeeRecord],
    verdict: Status = Status.REFUSED,
    *,
    max_attempts: int = 3,
    company: int = 100,
    why: Reason = reasons.NO_NAME,
) -> dict[int, EmployeeRecord]:
    step = {person.employee_id: Step(person.employee_id, Action.CREATE, reasons.NEW) for person in people}
    outcomes = {number: StepResult(step[number], verdict, why) for number in step}
    known = {person.employee_id: person for person in people}
    return park(known, outcomes, max_attempts=max_attempts, company=company)


def refused(*attempts: int) -> list[EmployeeRecord]:
    return [EmployeeRecord(number, attempts=times) for number, times in enumerate(attempts, start=1)]


def test_somebody_who_was_refused_often_enough_is_parked_with_the_reason_and_the_action() -> None:
    assert parked(refused(2, 3, 4)) == {
        2: EmployeeRecord(2, attempts=3).flagged(FollowUp.PARKED, "no_name", "create"),
        3: EmployeeRecord(3, attempts=4).flagged(FollowUp.PARKED, "no_name", "create"),
    }


@pytest.mark.parametrize("verdict", [Status.DONE, Status.FAILED, Status.HELD, Status.EXEMPT])
def test_nobody_is_parked_but_for_a_refusal(verdict: Status) -> None:
    assert parked(refused(9), verdict) == {}


def test_one_refusal_is_often_enough_where_the_setting_says_so() -> None:
    assert set(parked(refused(0, 1, 2), max_attempts=1)) == {2, 3}


def test_nobody_is_parked_where_parking_is_switched_off() -> None:
    assert parked(refused(0, 9), max_attempts=0) == {}


@pytest.mark.parametrize(("company", "most"), [(0, 5), (100, 5), (599, 5), (600, 6), (20_000, 200)])
def test_more_than_five_or_one_per_cent_at_once_are_not_parked_at_all(company: int, most: int) -> None:
    assert len(parked(refused(*[3] * most), company=company)) == most
    assert parked(refused(*[3] * (most + 1)), company=company) == {}


def test_those_who_are_parked_already_stay_parked_and_do_not_count_as_new() -> None:
    before = [
        EmployeeRecord(number, attempts=9).flagged(FollowUp.PARKED, "invalid_email", "update") for number in range(1, 9)
    ]
    new = [EmployeeRecord(number, attempts=3) for number in range(11, 16)]

    assert set(parked([*before, *new], company=0)) == {*range(1, 9), *range(11, 16)}
    too_many = [*new, EmployeeRecord(16, attempts=3)]
    assert set(parked([*before, *too_many], company=0)) == set(range(1, 9))


def test_somebody_parked_is_told_with_the_reason_of_tonight() -> None:
    before = EmployeeRecord(7, attempts=9).flagged(FollowUp.PARKED, "invalid_email", "update")

    assert parked([before])[7].follow_ups == {FollowUp.PARKED: ("no_name", "create")}


def test_somebody_parked_is_free_again_once_the_write_succeeds() -> None:
    before = EmployeeRecord(7, attempts=9).flagged(FollowUp.PARKED, "no_name", "create")

    assert after(before, CREATE, wrote=True, max_attempts=3) == NOTHING
    assert parked([NOTHING], Status.DONE) == {}


def test_somebody_parked_stays_so_over_a_run_that_could_not_try() -> None:
    before = EmployeeRecord(7, attempts=9).flagged(FollowUp.PARKED, "no_name", "create")

    assert after(before, CREATE, Status.FAILED, max_attempts=3) == before


def test_who_waits_and_is_refused_often_enough_has_one_reason() -> None:
    waiting = EmployeeRecord(7, attempts=2).flagged(FollowUp.WAITING, "starts_later", "hold")
    person = after(waiting, CREATE, Status.REFUSED, max_attempts=3)

    assert [*parked([person])[7].follow_ups] == [FollowUp.PARKED]


def test_the_reason_to_report_is_the_refusal_then_the_problem_then_why_the_step_was_planned() -> None:
    problem = reasons.email_disputed(8)

    assert StepResult(UPDATE, Status.REFUSED, reasons.NO_NAME).why is reasons.NO_NAME
    assert StepResult(replace(UPDATE, problem=problem), Status.REFUSED).why is problem
    assert StepResult(UPDATE, Status.DONE).why is reasons.DIFFERS

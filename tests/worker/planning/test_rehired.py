"""An employee hired again under a new id: the account carries the former one."""

from __future__ import annotations

import pytest

from tests.worker.builders import (
    TOMORROW,
    account_of,
    input_of,
    leaver,
    listed,
    look_up,
    outcome,
    plan_of,
    record_of,
    unseen,
    writes,
)
from tests.worker.planning.cases import Case, Values, case
from worker.model.employee import Employee
from worker.planning.planner import Planner

NAMED: Values = {"first_name": "Kai", "last_name": "Lund", "work_email": "kai@acme.example"}
KAI = listed(70, **NAMED)
IDA, BERG = listed(70, **NAMED | {"first_name": "Ida"}), listed(70, **NAMED | {"last_name": "Berg"})
LEFT = leaver(50, **NAMED)
ACTIVE = account_of(KAI, number=150, idnumber="50")
SUSPENDED = account_of(KAI, number=150, idnumber="50", suspended=True)
OURS: Values = {"remembered": {50: record_of(50, suspended_by_us=True, suspended_at=1, suspended_account_id=150)}}
ERASED: Values = {"remembered": {50: record_of(50, deleted=True, suspended_by_us=True, suspended_account_id=150)}}
GONE = Employee.seen(50, was_deleted=True, directory_row=None, evidence=None)
NEW_ID: Values = {"idnumber": "70"}


@pytest.mark.parametrize(
    "row",
    [
        case("left", "conflict unconfirmed", KAI, SUSPENDED, former=[LEFT], says="employee 50, who left", **OURS),
        case("left, active", "conflict unconfirmed", KAI, ACTIVE, former=[LEFT]),
        case("deleted now", "conflict unconfirmed", KAI, ACTIVE, former=[unseen(50, deleted=True)]),
        case("deleted before", "conflict unconfirmed", KAI, SUSPENDED, former=[GONE], **ERASED),
        case("shown again", "conflict email_taken", KAI, SUSPENDED, former=[listed(50)], **ERASED),
        case("deleted by another", "conflict email_taken", KAI, SUSPENDED, former=[unseen(50), listed(51)], **OURS),
        case("others are shown", "conflict unconfirmed", KAI, SUSPENDED, former=[GONE, listed(51)], **ERASED),
        case(
            "starts later",
            "hold starts_later",
            leaver(70, hire_date=TOMORROW, **NAMED),
            SUSPENDED,
            former=[LEFT],
            hire_lookahead_days=3,
        ),
        case("no row", "conflict email_taken", KAI, SUSPENDED, former=[unseen(50)], **OURS),
        case(
            "works here",
            "conflict email_taken",
            KAI,
            ACTIVE,
            former=[listed(50)],
            says="the username belong to another",
        ),
        case(
            "works here, a username of its own",
            "conflict email_taken",
            KAI,
            account_of(KAI, number=150, idnumber="50", username="kai"),
            former=[listed(50)],
            says="the e-mail address belongs to another",
        ),
        case(
            "another first name",
            "conflict email_taken",
            listed(70, **NAMED | {"first_name": "Ida"}),
            ACTIVE,
            former=[LEFT],
        ),
        case(
            "another last name",
            "conflict email_taken",
            listed(70, **NAMED | {"last_name": "Berg"}),
            ACTIVE,
            former=[LEFT],
        ),
        case(
            "confirmed",
            "reactivate returned",
            KAI,
            SUSPENDED,
            former=[LEFT],
            confirmed={70},
            writes={**NEW_ID, "suspended": "0"},
            **OURS,
        ),
        case("confirmed, active", "update relinked", KAI, ACTIVE, former=[LEFT], confirmed={70}, writes=NEW_ID),
        case(
            "confirmed, suspended by others",
            "update relinked",
            KAI,
            SUSPENDED,
            former=[LEFT],
            confirmed={70},
            writes=NEW_ID,
            notes=["suspended_elsewhere"],
        ),
        case("confirmed, works here", "conflict email_taken", KAI, ACTIVE, former=[listed(50)], confirmed={70}),
        case(
            "the operator entered the new id",
            "reactivate returned",
            KAI,
            account_of(KAI, number=150, suspended=True),
            **OURS,
        ),
    ],
)
def test_the_account_of_a_former_id_goes_to_the_new_one_only_if_an_operator_says_so(row: Case) -> None:
    row.check()


def test_the_leaver_of_the_same_run_is_suspended_and_the_new_employee_held() -> None:
    plan = plan_of(LEFT, KAI, accounts=[ACTIVE])

    assert [outcome(step) for step in plan.values()] == ["suspend left", "conflict unconfirmed"]


@pytest.mark.parametrize("former", [LEFT, unseen(50, deleted=True)], ids=["left", "deleted, nothing shown"])
def test_a_confirmed_account_is_not_suspended_for_the_former_id(former: Employee) -> None:
    plan = plan_of(former, KAI, accounts=[ACTIVE], confirmed={70})

    assert [outcome(step) for step in plan.values()] == ["skip left_without_account", "update relinked"]
    assert writes(plan[70]) == NEW_ID


def test_a_confirmed_account_is_no_longer_that_of_an_employee_who_was_deleted_earlier() -> None:
    kept, given = (
        plan_of(GONE, KAI, accounts=[ACTIVE], **ERASED),
        plan_of(GONE, KAI, accounts=[ACTIVE], confirmed={70}, **ERASED),
    )

    assert (outcome(kept[50]), outcome(given[50])) == ("hold deleted_earlier", "skip left_without_account")


def test_the_employee_whose_id_the_account_carries_is_asked_for_once() -> None:
    planner = Planner(input_of(KAI))
    planner.needs()
    planner.needs()
    planner.add([ACTIVE])

    assert [planner.needs().employees_to_compare for _ in range(4)] == [{50}, set(), set(), set()]


def test_an_employee_of_the_run_is_not_read_for_comparison_as_well() -> None:
    planner = Planner(input_of(LEFT, KAI))
    planner.add([ACTIVE])

    assert [planner.needs().employees_to_compare for _ in range(4)] == [frozenset()] * 4


def test_what_is_read_of_the_other_employee_decides() -> None:
    planner = Planner(input_of(KAI))
    look_up(planner, [ACTIVE])
    assert [outcome(step) for step in planner.plan().steps] == ["conflict email_taken"]

    planner.add(employees_to_compare=[LEFT])

    assert [outcome(step) for step in planner.plan().steps] == ["conflict unconfirmed"]
    assert not planner.has_leavers, "only employees of the run count"


def test_no_employee_is_asked_for_if_the_names_differ() -> None:
    planner = Planner(input_of(BERG))
    planner.add([ACTIVE])

    assert [planner.needs().employees_to_compare for _ in range(4)] == [frozenset()] * 4

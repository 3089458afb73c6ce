"""The plan is written: in which order, and what one bad record costs the others."""

from __future__ import annotations

import threading
from math import ceil, log2
from typing import Any

import pytest

from tests.sandbox.wire import Response
from tests.worker.clients import moodle_error
from tests.worker.runs.writing import BY_FIELD, CREATE, UPDATE, Desk, create, suspend, update, verdicts
from worker.model import reasons
from worker.model.result import Status
from worker.model.step import Action

DONE, REFUSED, FAILED, EXEMPT = Status.DONE, Status.REFUSED, Status.FAILED, Status.EXEMPT


@pytest.fixture
def desk() -> Desk:
    return Desk()


# Batches and order


def test_everybody_is_written_in_batches_and_reported_once() -> None:
    desk = Desk(batch_size=50, concurrency=2)
    old = [desk.add(number) for number in range(1, 121)]

    outcomes = desk.write(
        *[update(number, account, department="New") for number, account in enumerate(old, 1)],
        *[create(number) for number in range(201, 321)],
    )

    assert set(verdicts(outcomes).values()) == {DONE}
    assert all(outcome.wrote for outcome in outcomes.values())
    assert sorted(outcome.step.employee_id for outcome in desk.reported) == [*range(1, 121), *range(201, 321)]
    assert (desk.calls(UPDATE), desk.calls(CREATE), len(desk.board.calls)) == (3, 3, 6)
    assert {user["department"] for number, user in desk.made().items() if number <= 120} == {"New"}
    assert len(desk.made()) == 240


def test_nothing_to_write_is_no_call(desk: Desk) -> None:
    assert desk.write() == {}
    assert desk.board.calls == []


def test_updates_go_before_creations_because_they_free_addresses(desk: Desk) -> None:
    account = desk.add(1, email="jo@x.example")

    outcomes = desk.write(create(2, email="jo@x.example", depends_on=[1]), update(1, account, email="jo.old@x.example"))

    assert verdicts(outcomes) == {1: DONE, 2: DONE}
    assert desk.board.calls == [UPDATE, CREATE]


@pytest.mark.parametrize("batch_size", [1, 2, 50])
def test_whoever_takes_an_address_is_written_after_whoever_gives_it_up(batch_size: int) -> None:
    desk = Desk(batch_size=batch_size, concurrency=2)
    people = {number: desk.add(number, email=f"a{number}@x.example") for number in range(1, 7)}
    chain = [
        update(number, account, email=f"a{number + 1}@x.example", depends_on=[number + 1] if number < 6 else [])
        for number, account in people.items()
    ]

    outcomes = desk.write(*chain)

    assert set(verdicts(outcomes).values()) == {DONE}
    assert [desk.made()[number]["email"] for number in people] == [f"a{number + 1}@x.example" for number in people]
    assert desk.calls(UPDATE) == ceil(6 / batch_size)


def test_of_those_who_wait_for_each_other_two_are_never_under_way_at_once() -> None:
    desk = Desk(batch_size=1, concurrency=2)
    holder, taker = desk.add(1, email="jo@x.example"), desk.add(2)
    second_came = threading.Event()
    early: list[bool] = []

    def watch(name: str) -> None:
        if desk.calls(UPDATE) == 1 and not early:
            early.append(second_came.wait(0.1))
        else:
            second_came.set()

    desk.watched.before = watch
    outcomes = desk.write(
        update(2, taker, email="jo@x.example", depends_on=[1]), update(1, holder, email="old@x.example")
    )

    assert (verdicts(outcomes), early) == ({1: DONE, 2: DONE}, [False])


def test_a_chain_may_be_as_long_as_the_company() -> None:
    desk = Desk(batch_size=100)
    people = {number: desk.add(number, email=f"a{number}@x.example") for number in range(1, 1501)}

    outcomes = desk.write(
        *[
            update(number, account, email=f"a{number + 1}@x.example", depends_on={number + 1} & people.keys())
            for number, account in people.items()
        ]
    )

    assert set(verdicts(outcomes).values()) == {DONE}


def test_whoever_waits_for_a_write_that_failed_is_not_sent_and_is_told_for_whom(desk: Desk) -> None:
    desk.batch_size = 1
    holder, taker = desk.add(1, email="jo@x.example"), desk.add(2)
    desk.add(3, email="taken@x.example")

    outcomes = desk.write(
        update(1, holder, email="taken@x.example", department="New"),
        update(2, taker, email="jo@x.example", depends_on=[1]),
        create(4, email="jo@x.example", depends_on=[1]),
    )

    assert verdicts(outcomes) == {1: REFUSED, 2: FAILED, 4: FAILED}
    assert outcomes[1].wrote, "her other fields were written; the address was not"
    for number in (2, 4):
        assert outcomes[number].why.code == "waits_for"
        assert "employee 1" in outcomes[number].why.text
        assert not outcomes[number].wrote


def test_whoever_waits_for_somebody_of_her_own_batch_who_is_not_sent_is_not_sent_either() -> None:
    desk = Desk(batch_size=2)
    first, second, third = (desk.add(number, email=f"a{number}@x.example") for number in (1, 2, 3))
    desk.add(9, email="taken@x.example")

    outcomes = desk.write(
        update(3, third, email="taken@x.example"),
        update(8, desk.add(8), department="New", depends_on=[3]),
        update(2, second, email="a3@x.example", depends_on=[3]),
        update(1, first, email="a2@x.example", depends_on=[2]),
    )

    assert verdicts(outcomes) == {3: REFUSED, 8: DONE, 2: FAILED, 1: FAILED}
    assert [outcomes[number].why.code for number in (2, 1)] == ["waits_for", "waits_for"]
    assert desk.calls(UPDATE) == 1


def test_whoever_is_refused_because_of_somebody_in_the_same_batch_is_not_blamed(desk: Desk) -> None:
    holder, taker = desk.add(1, email="jo@x.example"), desk.add(2)
    desk.add(9, email="taken@x.example")

    outcomes = desk.write(
        update(1, holder, email="taken@x.example"),
        update(2, taker, email="jo@x.example", department="New", depends_on=[1]),
    )

    assert verdicts(outcomes) == {1: REFUSED, 2: FAILED}
    assert outcomes[2].why.code == "waits_for"
    assert desk.made()[2]["department"] == "New"


def test_two_who_wait_for_each_other_are_told_and_cost_nobody_else_anything(desk: Desk) -> None:
    """One takes an address, the other a user name: a circle that no order resolves."""
    one, two = desk.add(1), desk.add(2)

    outcomes = desk.write(
        update(1, one, email="u2@x.example", depends_on=[2]),
        update(2, two, username="u1", depends_on=[1]),
        update(3, desk.add(3), department="New"),
    )

    assert verdicts(outcomes) == {1: FAILED, 2: FAILED, 3: DONE}
    assert {outcomes[number].why.code for number in (1, 2)} == {"waits_for"}


def test_a_record_has_its_idnumber_before_what_is_optional_and_its_email_last(desk: Desk) -> None:
    desk.write(create(1, department="Sales"))

    sent = [name for name in desk.watched.bodies[-1] if name.startswith("users")]
    assert sent.index("users[0][idnumber]") < sent.index("users[0][department]")
    assert sent[-1] == "users[0][email]"


def test_suspended_is_sent_for_accounts_that_exist_and_nothing_else_with_it(desk: Desk) -> None:
    account = desk.add(1, department="Sales")

    outcomes = desk.write(suspend(1, account))

    assert verdicts(outcomes) == {1: DONE}
    sent = {name for name in desk.watched.bodies[-1] if name.startswith("users")}
    assert sent == {"users[0][id]", "users[0][suspended]"}
    assert desk.made()[1]["suspended"] is True


# One bad record


def test_of_fifty_new_accounts_forty_nine_are_made_and_the_one_is_named(desk: Desk) -> None:
    desk.site.add_user("somebody", firstname="S", lastname="B", email="taken@x.example")
    steps = [create(number) for number in range(1, 51)]
    steps[30] = create(31, email="Taken@x.example")

    outcomes = desk.write(*steps)

    assert [number for number, verdict in verdicts(outcomes).items() if verdict is not DONE] == [31]
    assert (outcomes[31].status, outcomes[31].why.code, outcomes[31].wrote) == (REFUSED, "email_taken", False)
    assert len(desk.made()) == 49
    assert desk.calls(CREATE) <= 1 + 2 * ceil(log2(50))
    assert desk.calls(BY_FIELD) <= 2


def test_several_bad_records_are_each_named(desk: Desk) -> None:
    desk.site.add_user("taken", firstname="S", lastname="B", email="s@x.example")
    bad: dict[int, dict[str, Any]] = {
        3: {"username": "taken"},
        17: {"email": "s@x.example"},
        40: {"firstname": "Jo <b>"},
    }

    outcomes = desk.write(*[create(number, **bad.get(number, {})) for number in range(1, 51)])

    assert {number for number, verdict in verdicts(outcomes).items() if verdict is REFUSED} == bad.keys()
    assert [outcomes[number].why.code for number in bad] == ["username_taken", "email_taken", "refused"]
    assert len(desk.made()) == 47


def test_a_refusal_that_no_look_up_explains_names_code_and_fields_and_no_value(desk: Desk) -> None:
    outcomes = desk.write(create(1, firstname="Jo <secret>"))

    text = outcomes[1].why.text
    assert "invalidparameter" in text
    assert "firstname" in text
    assert "secret" not in text


@pytest.mark.parametrize("bad", [{"department": "<b>x</b>"}, {"auth": "unknown"}, {"suspended": "true"}])
def test_an_update_that_fails_its_whole_batch_costs_the_others_nothing(desk: Desk, bad: dict[str, Any]) -> None:
    accounts = {number: desk.add(number) for number in range(1, 51)}
    good: dict[str, Any] = {"department": "New"}

    outcomes = desk.write(
        *[update(number, account, **(bad if number == 20 else good)) for number, account in accounts.items()]
    )

    assert [number for number, verdict in verdicts(outcomes).items() if verdict is not DONE] == [20]
    assert outcomes[20].status is REFUSED
    assert sum(user["department"] == "New" for user in desk.made().values()) == 49
    assert desk.calls(UPDATE) <= 1 + 2 * ceil(log2(50))


def test_a_value_that_is_too_long_is_tried_once_more_before_it_is_believed(desk: Desk) -> None:
    """Moodle says the same of a deadlock, which is gone the next time."""
    outcomes = desk.write(create(1, department="x" * 256))

    assert outcomes[1].status is REFUSED
    assert desk.calls(CREATE) == 2


def test_a_deadlock_costs_one_more_call_and_nobody(desk: Desk) -> None:
    desk.site.deadlocks = 1

    outcomes = desk.write(*[create(number) for number in range(1, 11)])

    assert set(verdicts(outcomes).values()) == {DONE}
    assert desk.calls(CREATE) == 2


def test_an_update_batch_that_meets_a_deadlock_is_sent_again_as_it_is(desk: Desk) -> None:
    accounts = {number: desk.add(number) for number in range(1, 11)}
    deadlock = Response.of(moodle_error("dmlwriteexception"))
    desk.watched.instead = lambda name: deadlock if desk.calls(UPDATE) == 1 else None

    outcomes = desk.write(*[update(number, account, department="New") for number, account in accounts.items()])

    assert set(verdicts(outcomes).values()) == {DONE}
    assert desk.calls(UPDATE) == 2


def test_nobody_is_told_that_her_own_account_has_her_address(desk: Desk) -> None:
    account = desk.add(1)

    outcomes = desk.write(update(1, account, email="U1@x.example", department="<b>"))

    assert outcomes[1].why.code == "refused"


# Warnings of an update


def test_an_address_that_is_refused_does_not_cost_the_other_fields(desk: Desk) -> None:
    account = desk.add(1)
    desk.add(2, email="taken@x.example")

    outcomes = desk.write(update(1, account, department="New", username="u1new", email="taken@x.example"))

    assert (outcomes[1].status, outcomes[1].why.code, outcomes[1].wrote) == (REFUSED, "email_taken", True)
    assert "account" in outcomes[1].why.text
    assert (desk.made()[1]["department"], desk.made()[1]["email"]) == ("New", "u1@x.example")
    assert desk.made()[1]["username"] == "u1", "a user name that follows the address stays with it"


def test_an_address_that_moodle_does_not_take_is_named(desk: Desk) -> None:
    outcomes = desk.write(update(1, desk.add(1), email="jo@localhost"))

    assert (outcomes[1].status, outcomes[1].why.code, outcomes[1].wrote) == (REFUSED, "invalid_email", False)
    assert desk.calls(UPDATE) == 1, "there is nothing else to send"


def test_a_user_name_that_is_taken_is_named_and_does_not_cost_the_other_fields(desk: Desk) -> None:
    account = desk.add(1)
    desk.add(2)

    outcomes = desk.write(update(1, account, department="New", username="u2"))

    assert (outcomes[1].status, outcomes[1].why.code, outcomes[1].wrote) == (REFUSED, "username_taken", True)
    assert desk.made()[1]["department"] == "New"


def test_accounts_that_nobody_may_change_are_no_errors(desk: Desk) -> None:
    admin, guest = desk.account(desk.site.admin_id), desk.account(desk.site.guest_id)
    remote = desk.add(3, auth="mnet", remote=True)

    outcomes = desk.write(
        update(1, admin, department="New"),
        suspend(2, guest),
        update(3, remote, department="New"),
        suspend(4, desk.add(4)),
    )

    assert verdicts(outcomes) == {1: EXEMPT, 2: EXEMPT, 3: EXEMPT, 4: DONE}
    assert outcomes[1].why.code == "untouchable"
    assert not any(outcomes[number].wrote for number in (1, 2, 3))


def test_an_account_that_vanished_meanwhile_is_named(desk: Desk) -> None:
    gone, deleted = desk.add(1), desk.add(2)
    desk.site.table.remove(gone.id)
    desk.site.delete_user(deleted.id)

    outcomes = desk.write(suspend(1, gone), suspend(2, deleted))

    assert verdicts(outcomes) == {1: REFUSED, 2: REFUSED}
    assert {outcome.why.code for outcome in outcomes.values()} == {"vanished"}


# What the plan already knows to be wrong


def test_a_problem_beside_the_action_stays_an_error_although_the_rest_was_written(desk: Desk) -> None:
    problem = reasons.email_disputed(9)

    outcomes = desk.write(update(1, desk.add(1), department="New", problem=problem))

    assert (outcomes[1].status, outcomes[1].why, outcomes[1].wrote) == (REFUSED, problem, True)
    assert desk.made()[1]["department"] == "New"


def test_a_reactivation_is_an_update(desk: Desk) -> None:
    account = desk.add(1, suspended=True)

    outcomes = desk.write(update(1, account, action=Action.REACTIVATE, department="New", suspended="0"))

    assert verdicts(outcomes) == {1: DONE}
    assert (desk.made()[1]["suspended"], desk.made()[1]["department"]) == (False, "New")

"""The batch writer: the order of writes, and the isolation of bad records."""

from __future__ import annotations

import threading
from math import ceil, log2
from typing import Any

import pytest

from tests.sandbox.wire import Response
from tests.worker.clients import moodle_error
from tests.worker.runs.writing import (
    BY_FIELD,
    CREATE,
    DONE,
    FAILED,
    REFUSED,
    UPDATE,
    SandboxWriter,
    create,
    creates,
    statuses,
    suspend,
    update,
)
from worker.model import account_reasons
from worker.model.step import Action

# Batches and order


def test_every_step_is_written_in_batches_and_reported_once() -> None:
    writer = SandboxWriter(batch_size=50, concurrency=2)

    results = writer.write(*writer.updates(range(1, 121), department="New"), *creates(201, 320))

    assert set(statuses(results).values()) == {DONE}
    assert all(result.may_be_written for result in results.values())
    assert sorted(result.step.employee_id for result in writer.reported) == [*range(1, 121), *range(201, 321)]
    assert (writer.calls(UPDATE), writer.calls(CREATE), len(writer.board.calls)) == (3, 3, 6)
    assert {user["department"] for number, user in writer.linked_accounts().items() if number <= 120} == {"New"}
    assert len(writer.linked_accounts()) == 240


def test_an_empty_plan_makes_no_call(writer: SandboxWriter) -> None:
    assert writer.write() == {}
    assert writer.board.calls == []


def test_updates_precede_creations_because_they_free_addresses(writer: SandboxWriter) -> None:
    account = writer.add(1, email="jo@x.example")

    results = writer.write(
        create(2, email="jo@x.example", depends_on=[1]), update(1, account, email="jo.old@x.example")
    )

    assert statuses(results) == {1: DONE, 2: DONE}
    assert writer.board.calls == [UPDATE, CREATE]


@pytest.mark.parametrize("batch_size", [1, 2, 50])
def test_an_address_is_freed_before_it_is_taken(batch_size: int) -> None:
    writer = SandboxWriter(batch_size=batch_size, concurrency=2)
    accounts = {number: writer.add(number, email=f"a{number}@x.example") for number in range(1, 7)}
    chain = [
        update(number, account, email=f"a{number + 1}@x.example", depends_on=[number + 1] if number < 6 else [])
        for number, account in accounts.items()
    ]

    results = writer.write(*chain)

    assert set(statuses(results).values()) == {DONE}
    assert [writer.linked_accounts()[number]["email"] for number in accounts] == [
        f"a{number + 1}@x.example" for number in accounts
    ]
    assert writer.calls(UPDATE) == ceil(6 / batch_size)


def test_dependent_steps_are_never_sent_at_the_same_time() -> None:
    writer = SandboxWriter(batch_size=1, concurrency=2)
    holder, taker = writer.add(1, email="jo@x.example"), writer.add(2)
    second_came = threading.Event()
    early: list[bool] = []

    def watch(name: str) -> None:
        if writer.calls(UPDATE) == 1 and not early:
            early.append(second_came.wait(0.1))
        else:
            second_came.set()

    writer.watched.before = watch
    results = writer.write(
        update(2, taker, email="jo@x.example", depends_on=[1]), update(1, holder, email="old@x.example")
    )

    assert (statuses(results), early) == ({1: DONE, 2: DONE}, [False])


def test_updates_that_depend_on_no_other_are_sent_at_the_same_time() -> None:
    writer, together = SandboxWriter(batch_size=2, concurrency=2), threading.Barrier(2)

    def meet(_: str) -> None:
        if writer.calls(UPDATE) > 1:
            together.wait(5)

    writer.watched.before = meet
    dependent = update(1, writer.add(1), city="New", depends_on=[2])
    results = writer.write(dependent, *writer.updates(range(2, 7), city="New"))

    assert set(statuses(results).values()) == {DONE}


def test_a_chain_of_dependencies_may_be_as_long_as_the_company() -> None:
    writer = SandboxWriter(batch_size=100)
    accounts = {number: writer.add(number, email=f"a{number}@x.example") for number in range(1, 1501)}

    results = writer.write(
        *[
            update(number, account, email=f"a{number + 1}@x.example", depends_on={number + 1} & accounts.keys())
            for number, account in accounts.items()
        ]
    )

    assert set(statuses(results).values()) == {DONE}


def test_a_step_that_depends_on_a_failed_write_is_not_sent_and_names_it(writer: SandboxWriter) -> None:
    writer.batch_size = 1
    holder, taker = writer.add(1, email="jo@x.example"), writer.add(2)
    writer.add(3, email="taken@x.example")

    results = writer.write(
        update(1, holder, email="taken@x.example", department="New"),
        update(2, taker, email="jo@x.example", depends_on=[1]),
        create(4, email="jo@x.example", depends_on=[1]),
    )

    assert statuses(results) == {1: REFUSED, 2: FAILED, 4: FAILED}
    assert results[1].may_be_written, "the other fields were written; the address was not"
    for number in (2, 4):
        assert results[number].reported_reason.code == "waits_for"
        assert "employee 1" in results[number].reported_reason.text
        assert not results[number].may_be_written


def test_a_step_that_depends_on_an_unsent_step_of_its_batch_is_not_sent() -> None:
    writer = SandboxWriter(batch_size=2)
    first, second, third = (writer.add(number, email=f"a{number}@x.example") for number in (1, 2, 3))
    writer.add(9, email="taken@x.example")

    results = writer.write(
        update(3, third, email="taken@x.example"),
        update(8, writer.add(8), department="New", depends_on=[3]),
        update(2, second, email="a3@x.example", depends_on=[3]),
        update(1, first, email="a2@x.example", depends_on=[2]),
    )

    assert statuses(results) == {3: REFUSED, 8: DONE, 2: FAILED, 1: FAILED}
    assert [results[number].reported_reason.code for number in (2, 1)] == ["waits_for", "waits_for"]
    assert writer.calls(UPDATE) == 1


def test_a_step_refused_because_of_another_in_its_batch_names_the_dependency(writer: SandboxWriter) -> None:
    holder, taker = writer.add(1, email="jo@x.example"), writer.add(2)
    writer.add(9, email="taken@x.example")

    results = writer.write(
        update(1, holder, email="taken@x.example"),
        update(2, taker, email="jo@x.example", department="New", depends_on=[1]),
    )

    assert statuses(results) == {1: REFUSED, 2: FAILED}
    assert results[2].reported_reason.code == "waits_for"
    assert writer.linked_accounts()[2]["department"] == "New"


def test_a_cycle_of_dependencies_fails_without_affecting_other_steps(writer: SandboxWriter) -> None:
    """One takes an address, the other a username: a cycle that no order resolves."""
    one, two = writer.add(1), writer.add(2)

    results = writer.write(
        update(1, one, email="u2@x.example", depends_on=[2]),
        update(2, two, username="u1", depends_on=[1]),
        update(3, writer.add(3), department="New"),
    )

    assert statuses(results) == {1: FAILED, 2: FAILED, 3: DONE}
    assert {results[number].reported_reason.code for number in (1, 2)} == {"waits_for"}


def test_a_record_has_the_idnumber_before_optional_fields_and_the_email_last(writer: SandboxWriter) -> None:
    writer.write(create(1, department="Sales"))

    sent = [name for name in writer.watched.bodies[-1] if name.startswith("users")]
    assert sent.index("users[0][idnumber]") < sent.index("users[0][department]")
    assert sent[-1] == "users[0][email]"


def test_a_suspension_sends_only_the_id_and_the_flag(writer: SandboxWriter) -> None:
    account = writer.add(1, department="Sales")

    results = writer.write(suspend(1, account))

    assert statuses(results) == {1: DONE}
    sent = {name for name in writer.watched.bodies[-1] if name.startswith("users")}
    assert sent == {"users[0][id]", "users[0][suspended]"}
    assert writer.linked_accounts()[1]["suspended"] is True


# One bad record


def test_one_bad_record_of_fifty_is_named_and_forty_nine_accounts_are_created(writer: SandboxWriter) -> None:
    writer.site.add_user("other", firstname="S", lastname="B", email="taken@x.example")
    steps = [create(number) for number in range(1, 51)]
    steps[30] = create(31, email="Taken@x.example")

    results = writer.write(*steps)

    assert [number for number, status in statuses(results).items() if status is not DONE] == [31]
    assert (results[31].status, results[31].reported_reason.code, results[31].may_be_written) == (
        REFUSED,
        "email_taken",
        False,
    )
    assert len(writer.linked_accounts()) == 49
    assert writer.calls(CREATE) <= 1 + 2 * ceil(log2(50))
    assert writer.calls(BY_FIELD) == 3, "the guest, the idnumber and the address"


def test_several_bad_records_are_each_named(writer: SandboxWriter) -> None:
    writer.site.add_user("taken", firstname="S", lastname="B", email="s@x.example")
    bad: dict[int, dict[str, Any]] = {
        3: {"username": "taken"},
        17: {"email": "s@x.example"},
        40: {"firstname": "Jo <b>"},
    }

    results = writer.write(*[create(number, **bad.get(number, {})) for number in range(1, 51)])

    assert {number for number, status in statuses(results).items() if status is REFUSED} == bad.keys()
    assert [results[number].reported_reason.code for number in bad] == ["username_taken", "email_taken", "refused"]
    assert len(writer.linked_accounts()) == 47


def test_an_unexplained_refusal_names_code_and_fields_without_values(writer: SandboxWriter) -> None:
    results = writer.write(create(1, firstname="Jo <secret>"))

    text = results[1].reported_reason.text
    assert "invalidparameter" in text
    assert "firstname" in text
    assert "secret" not in text


def test_the_order_of_a_plan(writer: SandboxWriter) -> None:
    """Leavers come first, then those of them who were refused alone in the last run; all others of these come last."""
    accounts = {number: writer.add(number) for number in range(3, 10)}
    alone, unanswered_ids = {1, 4, 6, 8, 9}, {4, 9}
    steps = [create(1), create(2), *[update(number, accounts[number], department="New") for number in (3, 4, 5)]]
    leavers = [suspend(number, accounts[number]) for number in (6, 7, 8, 9)]

    writer.write(*steps, *leavers, isolated=alone, unanswered_ids=unanswered_ids)

    assert writer.batches == [[7], [6], [8], [3, 5], [2], [1], [4], [9]]


@pytest.mark.parametrize("bad", [{"department": "<b>x</b>"}, {"auth": "unknown"}, {"suspended": "true"}])
def test_an_update_that_fails_its_whole_batch_is_isolated(writer: SandboxWriter, bad: dict[str, Any]) -> None:
    accounts = {number: writer.add(number) for number in range(1, 51)}
    good: dict[str, Any] = {"department": "New"}

    results = writer.write(
        *[update(number, account, **(bad if number == 20 else good)) for number, account in accounts.items()]
    )

    assert [number for number, status in statuses(results).items() if status is not DONE] == [20]
    assert results[20].status is REFUSED
    assert sum(user["department"] == "New" for user in writer.linked_accounts().values()) == 49
    assert writer.calls(UPDATE) <= 1 + 2 * ceil(log2(50))


def test_a_database_error_is_retried_twice_before_it_counts_as_a_refusal(writer: SandboxWriter) -> None:
    """Moodle reports a deadlock in the same way, and a deadlock is gone on retry."""
    results = writer.write(create(1, department="x" * 256))

    assert results[1].status is REFUSED
    assert writer.calls(CREATE) == 3


def test_a_deadlock_costs_one_more_call(writer: SandboxWriter) -> None:
    writer.site.deadlocks = 1

    results = writer.write(*creates(1, 10))

    assert set(statuses(results).values()) == {DONE}
    assert writer.calls(CREATE) == 2


def test_an_update_batch_is_sent_again_after_a_deadlock(writer: SandboxWriter) -> None:
    deadlock = Response.of(moodle_error("dmlwriteexception"))
    writer.watched.instead = lambda name: deadlock if writer.calls(UPDATE) == 1 else None

    results = writer.write(*writer.updates(range(1, 11), department="New"))

    assert set(statuses(results).values()) == {DONE}
    assert writer.calls(UPDATE) == 2


# Warnings of an update


TAKEN = "taken@x.example"
NAMES = {"firstname": "Kim", "lastname": "Vale"}


@pytest.mark.parametrize(
    ("fields", "code", "stored"),
    [
        ({"department": "New", "username": "u1new", "email": TAKEN}, "email_taken", {"department": "New"}),
        ({"department": "New", "email": TAKEN, **NAMES}, "email_taken", {"department": "New"}),
        (
            {"department": "New", "email": TAKEN, "lastname": "Vale"},
            "email_taken",
            {"department": "New", "lastname": "Vale"},
        ),
        ({"department": "New", "username": "u2"}, "username_taken", {"department": "New"}),
        ({"email": "jo@localhost"}, "invalid_email", {}),
        ({"department": "<b>", "email": "U1@x.example"}, "refused", {}),
    ],
    ids=[
        "a username made of the address keeps its value with it",
        "both names do not change without the address",
        "one name does",
        "a taken username",
        "nothing else to send",
        "an employee's own account is not the holder of the address",
    ],
)
def test_a_refused_field_is_named_and_does_not_prevent_the_others(
    writer: SandboxWriter, fields: dict[str, Any], code: str, stored: dict[str, str]
) -> None:
    account = writer.add(1)
    writer.add(2, email=TAKEN)
    before = writer.linked_accounts()[1]

    results = writer.write(update(1, account, **fields))

    assert (results[1].status, results[1].reported_reason.code, results[1].may_be_written) == (
        REFUSED,
        code,
        bool(stored),
    )
    assert ("account 5 (idnumber 2)" in results[1].reported_reason.text) == code.endswith("taken")
    after = writer.linked_accounts()[1]
    assert {name: after[name] for name in after if name in fields and after[name] != before[name]} == stored
    assert (writer.calls(UPDATE) == 1) == (not stored)


# Problems that the plan contains


def test_a_problem_besides_the_action_stays_an_error_after_the_write(writer: SandboxWriter) -> None:
    problem = account_reasons.email_disputed(9)

    results = writer.write(update(1, writer.add(1), department="New", problem=problem))

    assert (results[1].status, results[1].reported_reason, results[1].may_be_written) == (REFUSED, problem, True)
    assert writer.linked_accounts()[1]["department"] == "New"


def test_a_reactivation_is_an_update(writer: SandboxWriter) -> None:
    account = writer.add(1, suspended=True)

    results = writer.write(update(1, account, action=Action.REACTIVATE, department="New", suspended="0"))

    assert statuses(results) == {1: DONE}
    assert (writer.linked_accounts()[1]["suspended"], writer.linked_accounts()[1]["department"]) == (False, "New")

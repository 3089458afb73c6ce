"""When the batch writer stops, when it makes its requests smaller, and when it does neither."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.wire import Response
from tests.worker.runs.writing import (
    CREATE,
    DONE,
    FAILED,
    REFUSED,
    SandboxWriter,
    create,
    creates,
    small_site,
    statuses,
    suspend,
    update,
)


def test_creations_stop_when_moodle_refuses_every_new_account(writer: SandboxWriter) -> None:
    writer.site.settings.auth_plugins = ("manual",)
    account = writer.add(900)

    results = writer.write(*creates(1, 500), update(900, account, department="New"))

    assert results[900].status is DONE
    creations = [results[number] for number in range(1, 501)]
    assert {(result.status, result.reported_reason.code) for result in creations} == {(FAILED, "refuses_everybody")}
    assert "'oidc'" in results[50].reported_reason.advice
    assert len(writer.board.calls) <= 40


def test_more_refusals_than_the_allowance_are_left_for_the_next_run(writer: SandboxWriter) -> None:
    for number in range(1, 31):
        writer.site.add_user(f"other{number}", firstname="O", lastname="L", email=f"u{number}@x.example")
    steps = [create(number) for number in range(1, 61)]

    results = writer.write(*steps)
    later = writer.write(
        *[step for step in steps if results[step.employee_id].reported_reason.code == "too_many_refused"]
    )

    assert sum(result.reported_reason.code == "email_taken" for result in results.values()) == 25
    assert sum(result.reported_reason.code == "email_taken" for result in later.values()) == 5
    assert len(writer.linked_accounts()) == 30


def test_neither_leavers_nor_who_was_refused_alone_before_count_towards_the_allowance(writer: SandboxWriter) -> None:
    bad: dict[str, Any] = {"firstname": "<b>"}
    leavers = [suspend(number, writer.add(number)) for number in range(1, 91)]
    odd = {str(step.account.id) for step in leavers[::3] if step.account}
    refusal = Response.of({"exception": "x", "errorcode": "invalidparameter", "message": ""})
    writer.watched.instead = lambda _: refusal if odd & {*writer.watched.bodies[-1].values()} else None
    known, new = range(101, 131), range(201, 261)

    results = writer.write(
        *leavers,
        *[create(number, **bad) for number in known],
        *[create(number, **(bad if number % 3 == 0 else {})) for number in new],
        isolated=known,
    )

    refused = [result.reported_reason.code for result in results.values() if result.status is not DONE]
    assert refused == ["refused"] * (30 + 30 + 20)


def test_unexplained_refusals_among_successes_do_not_stop_the_writer(writer: SandboxWriter) -> None:
    bad: dict[str, Any] = {"firstname": "<b>"}

    results = writer.write(*[create(number, **(bad if number % 3 == 0 else {})) for number in range(1, 61)])

    assert [number for number, status in statuses(results).items() if status is REFUSED] == list(range(3, 61, 3))
    assert len(writer.linked_accounts()) == 40


def test_a_success_resets_the_count_of_unexplained_refusals() -> None:
    writer = SandboxWriter(batch_size=1)
    bad: dict[str, Any] = {"firstname": "<b>"}

    results = writer.write(*[create(number, **(bad if 1 < number < 11 else {})) for number in range(1, 12)])

    assert (results[10].status, results[11].status) == (REFUSED, DONE)


def test_a_successful_batch_resets_the_count_of_lost_batches() -> None:
    writer = SandboxWriter(batch_size=1)
    writer.fail("status", CREATE, status=429, retry_after="86400", skip=1, times=2)

    results = writer.write(*creates(1, 4))

    assert statuses(results) == {1: DONE, 2: FAILED, 3: FAILED, 4: DONE}


@pytest.mark.parametrize(("lost", "stops"), [(2, False), (3, True)])
def test_three_batches_in_a_row_that_do_not_get_through_are_the_last(lost: int, stops: bool) -> None:
    writer = SandboxWriter(batch_size=1)
    writer.fail("status", CREATE, status=429, retry_after="86400", times=lost)

    results = writer.write(*[create(number) for number in range(1, 6)])
    left = [result for number, result in results.items() if number > lost]
    assert {result.status for result in left} == {FAILED if stops else DONE}
    assert {result.reported_reason.code for result in results.values() if result.status is FAILED} == {"not_through"}


def test_a_request_that_is_too_large_is_halved(writer: SandboxWriter) -> None:
    writer.fail("status", CREATE, status=413)

    results = writer.write(*creates(1, 10))

    assert set(statuses(results).values()) == {DONE}
    assert writer.calls(CREATE) <= 6


def test_a_batch_that_php_truncates_is_halved_until_it_fits() -> None:
    writer = SandboxWriter(small_site(max_input_vars=60))

    results = writer.write(*creates(1, 20))

    assert set(statuses(results).values()) == {DONE}
    assert {user["email"] for user in writer.linked_accounts().values()} == {
        f"u{number}@x.example" for number in range(1, 21)
    }

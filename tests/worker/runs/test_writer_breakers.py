"""When the writer stops trying, when it makes its requests smaller, and when it must do neither."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker.runs.writing import CREATE, Desk, create, small_site, update, verdicts
from worker.model.result import Status

DONE, REFUSED, FAILED = Status.DONE, Status.REFUSED, Status.FAILED


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_when_moodle_refuses_every_new_account_the_rest_is_not_tried(desk: Desk) -> None:
    desk.site.settings.auth_plugins = ("manual",)
    account = desk.add(900)

    outcomes = desk.write(*[create(number) for number in range(1, 501)], update(900, account, department="New"))

    assert outcomes[900].status is DONE
    told = [outcomes[number] for number in range(1, 501)]
    assert sum(outcome.status is REFUSED for outcome in told) == 10
    assert {outcome.why.code for outcome in told if outcome.status is FAILED} == {"refuses_everybody"}
    assert "'oidc'" in outcomes[500].why.advice
    assert len(desk.board.calls) < 100


def test_people_who_are_refused_for_reasons_of_their_own_break_no_circuit(desk: Desk) -> None:
    for number in range(1, 31):
        desk.site.add_user(f"other{number}", firstname="O", lastname="L", email=f"u{number}@x.example")

    outcomes = desk.write(*[create(number) for number in range(1, 61)])

    assert sum(outcome.why.code == "email_taken" for outcome in outcomes.values()) == 30
    assert sum(outcome.status is DONE for outcome in outcomes.values()) == 30


def test_people_who_cannot_be_explained_among_others_who_are_made_break_no_circuit(desk: Desk) -> None:
    bad: dict[str, Any] = {"firstname": "<b>"}

    outcomes = desk.write(*[create(number, **(bad if number % 3 == 0 else {})) for number in range(1, 61)])

    assert [number for number, verdict in verdicts(outcomes).items() if verdict is REFUSED] == list(range(3, 61, 3))
    assert len(desk.made()) == 40


def test_who_is_made_starts_the_count_of_those_who_cannot_be_explained_anew() -> None:
    desk = Desk(batch_size=1)
    bad: dict[str, Any] = {"firstname": "<b>"}

    outcomes = desk.write(*[create(number, **(bad if 1 < number < 11 else {})) for number in range(1, 12)])

    assert (outcomes[10].status, outcomes[11].status) == (REFUSED, DONE)


def test_a_batch_that_gets_through_starts_the_count_of_those_that_do_not_anew() -> None:
    desk = Desk(batch_size=1)
    desk.fail("status", CREATE, status=429, retry_after="86400", skip=1, times=2)

    outcomes = desk.write(*[create(number) for number in range(1, 5)])

    assert verdicts(outcomes) == {1: DONE, 2: FAILED, 3: FAILED, 4: DONE}


def test_a_request_that_is_too_large_is_halved(desk: Desk) -> None:
    desk.fail("status", CREATE, status=413)

    outcomes = desk.write(*[create(number) for number in range(1, 11)])

    assert set(verdicts(outcomes).values()) == {DONE}
    assert desk.calls(CREATE) == 3


def test_a_batch_that_php_cuts_is_halved_until_it_fits() -> None:
    desk = Desk(small_site(max_input_vars=60))

    outcomes = desk.write(*[create(number) for number in range(1, 21)])

    assert set(verdicts(outcomes).values()) == {DONE}
    assert {user["email"] for user in desk.made().values()} == {f"u{number}@x.example" for number in range(1, 21)}

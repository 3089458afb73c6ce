"""Claims on addresses and usernames, chains and exchanges of them, and the order of writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from tests.worker.builders import account, code
from tests.worker.tables import table
from worker.model import reasons
from worker.model.account import Account
from worker.model.account_reasons import email_disputed
from worker.model.reasons import Reason
from worker.model.step import Action, Step
from worker.planning.claims import Claim, Claims, Resolution, sort_by_dependency, username_claims

FIRST, SECOND, THIRD = (
    account(100 + number, idnumber=str(number), email=letter, username=letter)
    for number, letter in enumerate("abc", start=1)
)
ACCOUNTS = (FIRST, SECOND, THIRD)
OWNERS = {FIRST.id: 1, SECOND.id: 2, THIRD.id: 3}
TWIN = account(155, email="b")


def moves(employee_id: int, value: str) -> Claim:
    """Employee 1, 2 or 3, whose account has a, b or c, claims another value."""
    return Claim(employee_id, value, ACCOUNTS[employee_id - 1])


def joins(employee_id: int, value: str) -> Claim:
    """An employee without an account claims a value."""
    return Claim(employee_id, value, None)


def by_employee(claims: Sequence[Claim]) -> dict[int, Claim]:
    return {claim.employee_id: claim for claim in claims}


def addresses(*claims: Claim, accounts: Sequence[Account] = ACCOUNTS, disputed: Mapping[int, Reason] = {}) -> Claims:
    def holders(value: str) -> list[Account]:
        return [one for one in accounts if one.email == value]

    return Claims(by_employee(claims), holders, OWNERS, lambda claim: disputed.get(claim.employee_id))


def usernames(*claims: Claim, before: Mapping[int, int] = {}) -> Claims:
    def holders(value: str) -> list[Account]:
        return [one for one in ACCOUNTS if one.username == value]

    waits = {one: frozenset({other}) for one, other in before.items()}
    return username_claims(by_employee(claims), holders, OWNERS, lambda one: waits.get(one, frozenset()))


def refusals(claims: Claims) -> dict[int, str]:
    return {number: code(claims.resolution(number).why_refused) for number in claims.claims}


@table(
    "claims, depends_on, kept_by",
    ("free", [moves(1, "new")], set(), ()),
    ("their own", [moves(1, "a")], set(), ()),
    ("given up", [moves(1, "b"), moves(2, "new")], {2}, ()),
    ("given up along a chain", [moves(1, "b"), moves(2, "c"), moves(3, "new")], {2}, ()),
    ("given up, new employee", [joins(4, "b"), moves(2, "new")], {2}, ()),
    ("kept, new employee", [joins(4, "b")], set(), (SECOND,)),
)
def test_a_claim_holds(claims: list[Claim], depends_on: set[int], kept_by: tuple[Account, ...]) -> None:
    number = claims[0].employee_id

    assert addresses(*claims).resolution(number) == Resolution(None, frozenset(depends_on), kept_by)
    assert addresses(*claims).depends_on(number) == depends_on


@table(
    "claims, expected",
    ("kept", [moves(1, "b")], {1: "email_taken"}),
    ("kept along a chain", [moves(1, "b"), moves(2, "c")], {1: "email_taken", 2: "email_taken"}),
    (
        "exchanged by others",
        [joins(4, "a"), moves(1, "b"), moves(2, "a"), moves(3, "b")],
        {4: "", 1: "email_swapped", 2: "email_swapped", 3: "email_taken"},
    ),
)
def test_a_claim_on_a_value_that_is_kept_is_refused(claims: list[Claim], expected: dict[int, str]) -> None:
    assert refusals(addresses(*claims)) == expected


def test_every_account_that_keeps_the_value_is_named() -> None:
    site = [*ACCOUNTS, TWIN]

    assert addresses(moves(1, "b"), accounts=site).resolution(1).kept_by == (SECOND, TWIN)
    assert addresses(joins(4, "b"), moves(2, "new"), accounts=site).resolution(4) == Resolution(
        depends_on=frozenset({2}), kept_by=(TWIN,)
    )
    own_and_twin = addresses(moves(1, "a"), accounts=[FIRST, account(155, email="a")]).resolution(1)
    assert [one.id for one in own_and_twin.kept_by] == [155]
    assert addresses(joins(4, "a"), moves(1, "b"), moves(2, "a")).resolution(4).kept_by == (FIRST,)


@table(
    "claims, disputes, expected",
    ("given up", [moves(1, "b"), moves(2, "new")], {1: 9}, {1: "email_disputed", 2: ""}),
    ("kept", [moves(1, "b")], {1: 9}, {1: "email_disputed"}),
    ("not given up because of it", [moves(1, "b"), moves(2, "new")], {2: 9}, {1: "email_taken", 2: "email_disputed"}),
    ("exchanged", [moves(1, "b"), moves(2, "a")], {1: 9, 2: 8}, {1: "email_disputed", 2: "email_disputed"}),
)
def test_a_dispute_refuses_a_claim_before_anything_else(
    claims: list[Claim], disputes: dict[int, int], expected: dict[int, str]
) -> None:
    resolved = addresses(*claims, disputed={number: email_disputed(other) for number, other in disputes.items()})

    assert refusals(resolved) == expected
    assert resolved.depends_on(1) == frozenset()


def test_a_circle_is_refused_whichever_claim_is_resolved_first() -> None:
    circle = [moves(1, "b"), moves(2, "c"), moves(3, "a")]

    for first in (0, 1, 2):
        claims = addresses(*circle[first:], *circle[:first])
        assert set(refusals(claims).values()) == {"email_swapped"}
        assert [claims.resolution(number).kept_by for number in (1, 2, 3)] == [(SECOND,), (THIRD,), (FIRST,)]


def test_an_employee_without_a_claim_waits_for_no_other() -> None:
    assert addresses(moves(1, "b")).depends_on(3) == frozenset()


@pytest.mark.parametrize(
    ("claims", "before", "expected"),
    [
        ([joins(4, "new"), joins(5, "new")], {}, {4: "", 5: "username_taken"}),
        ([moves(1, "b"), moves(2, "a")], {}, {1: "username_taken", 2: "username_taken"}),
        ([moves(1, "b"), moves(2, "new")], {2: 1}, {1: "username_taken", 2: ""}),
        ([moves(1, "b"), moves(2, "c"), moves(3, "new")], {3: 1}, {1: "username_taken", 2: "", 3: ""}),
    ],
    ids=["two make the same", "exchanged", "the holder is written later", "the holder of the holder is written later"],
)
def test_a_username_is_refused_where_it_cannot_be_free_in_time(
    claims: list[Claim], before: dict[int, int], expected: dict[int, str]
) -> None:
    assert refusals(usernames(*claims, before=before)) == expected


def step(employee_id: int, *depends_on: int) -> Step:
    return Step(employee_id, Action.UPDATE, reasons.DIFFERS, depends_on=frozenset(depends_on))


@pytest.mark.parametrize(
    ("steps", "order", "chained"),
    [
        ([], [], 0),
        ([step(2), step(1), step(3)], [2, 1, 3], 0),
        ([step(1), step(2, 3), step(3), step(4)], [3, 2, 1, 4], 2),
        ([step(1, 2), step(2, 3), step(3)], [3, 2, 1], 3),
        ([step(3, 2), step(2, 1), step(1)], [1, 2, 3], 3),
        ([step(1, 4, 3), step(2), step(3), step(4)], [3, 4, 1, 2], 3),
        ([step(1, 3), step(2, 3), step(3)], [3, 1, 2], 3),
        ([step(1, 9), step(2)], [1, 2], 1),
        ([step(1, 2), step(2, 1)], [2, 1], 2),
    ],
)
def test_a_step_follows_the_steps_it_depends_on_and_these_chains_come_first(
    steps: list[Step], order: list[int], chained: int
) -> None:
    ordered, count = sort_by_dependency(steps)

    assert ([one.employee_id for one in ordered], count) == (order, chained)

"""Who may take which address or user name, judged against Moodle as it will be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.worker.builders import account, code
from worker.model.account import Account
from worker.model.reasons import Reason, email_disputed
from worker.planning.claims import Claim, Claims, Resolution, address_claims, username_claims

ONES, TWOS, THREES = (
    account(100 + number, idnumber=str(number), email=letter, username=letter)
    for number, letter in enumerate("abc", start=1)
)
OWNERS = {ONES.id: 1, TWOS.id: 2, THREES.id: 3}
ACCOUNTS = (ONES, TWOS, THREES)


def moves(employee_id: int, value: str) -> Claim:
    """Employee 1, 2 or 3, whose account has a, b or c, wants something else."""
    return Claim(employee_id, value, ACCOUNTS[employee_id - 1])


def joins(employee_id: int, value: str) -> Claim:
    return Claim(employee_id, value, None)


def addresses(*claims: Claim, accounts: Sequence[Account] = ACCOUNTS, disputed: Mapping[int, Reason] = {}) -> Claims:
    def holders(value: str) -> list[Account]:
        return [one for one in accounts if one.email == value]

    return address_claims(claims, holders, OWNERS, lambda claim: disputed.get(claim.employee_id))


def names(*claims: Claim, before: Mapping[int, int] = {}) -> Claims:
    def holders(value: str) -> list[Account]:
        return [one for one in ACCOUNTS if one.username == value]

    return username_claims(claims, holders, OWNERS, lambda one: frozenset({before[one]} if one in before else ()))


def refusals(claims: Claims) -> dict[int, str]:
    return {number: code(claims.resolution(number).refused) for number in claims.claims}


def test_what_nobody_has_is_free() -> None:
    assert addresses(moves(1, "new")).resolution(1) == Resolution()


def test_what_she_has_herself_is_no_hindrance() -> None:
    assert addresses(moves(1, "a")).resolution(1) == Resolution()
    twin = account(155, email="a")
    assert addresses(moves(1, "a"), accounts=[ONES, twin]).resolution(1).kept_by == (twin,)


def test_what_somebody_gives_up_is_free_after_her() -> None:
    assert addresses(moves(1, "b"), moves(2, "new")).resolution(1) == Resolution(depends_on=frozenset({2}))


def test_what_somebody_keeps_is_refused() -> None:
    grant = addresses(moves(1, "b")).resolution(1)

    assert code(grant.refused) == "email_taken"
    assert grant.kept_by == (TWOS,)


def test_what_somebody_wants_to_give_up_and_cannot_is_refused() -> None:
    assert refusals(addresses(moves(1, "b"), moves(2, "c"))) == {1: "email_taken", 2: "email_taken"}


def test_a_newcomer_is_told_which_accounts_keep_what_she_claims_and_may_be_hers() -> None:
    twin = account(55, email="b")

    grant = addresses(joins(4, "b"), moves(2, "new"), accounts=[*ACCOUNTS, twin]).resolution(4)

    assert grant == Resolution(depends_on=frozenset({2}), kept_by=(twin,))


def test_a_disputed_claim_is_refused_and_waits_for_nobody() -> None:
    dispute = email_disputed(9)

    grant = addresses(moves(1, "b"), moves(2, "new"), disputed={1: dispute}).resolution(1)

    assert grant == Resolution(dispute)


def test_a_dispute_is_told_even_where_somebody_keeps_what_is_claimed() -> None:
    assert refusals(addresses(moves(1, "b"), disputed={1: email_disputed(9)})) == {1: "email_disputed"}


def test_whoever_is_disputed_keeps_what_she_has() -> None:
    claims = addresses(moves(1, "b"), moves(2, "new"), disputed={2: email_disputed(9)})

    assert refusals(claims) == {1: "email_taken", 2: "email_disputed"}


def test_a_circle_is_refused_to_everybody_in_it_whoever_is_asked_first() -> None:
    circle = [moves(1, "b"), moves(2, "c"), moves(3, "a")]

    for first in (0, 1, 2):
        claims = addresses(*circle[first:], *circle[:first])
        assert set(refusals(claims).values()) == {"email_swapped"}
        assert [claims.resolution(number).kept_by for number in (1, 2, 3)] == [(TWOS,), (THREES,), (ONES,)]


def test_a_dispute_is_told_even_in_a_circle() -> None:
    claims = addresses(moves(1, "b"), moves(2, "a"), disputed={1: email_disputed(9), 2: email_disputed(8)})

    assert refusals(claims) == {1: "email_disputed", 2: "email_disputed"}


def test_whoever_only_waits_for_somebody_in_a_circle_is_told_that_it_is_taken() -> None:
    claims = addresses(joins(4, "a"), moves(1, "b"), moves(2, "a"), moves(3, "b"))

    assert refusals(claims) == {4: "", 1: "email_swapped", 2: "email_swapped", 3: "email_taken"}
    assert claims.resolution(4).kept_by == (ONES,)


def test_a_long_chain_is_no_circle() -> None:
    assert refusals(addresses(moves(1, "b"), moves(2, "c"), moves(3, "new"))) == {1: "", 2: "", 3: ""}


def test_after_tells_who_is_written_first_and_nobody_for_whoever_claims_nothing() -> None:
    claims = addresses(moves(1, "b"), moves(2, "new"))

    assert claims.depends_on(1) == {2}
    assert claims.depends_on(3) == frozenset()


def test_of_two_who_are_made_one_user_name_the_first_has_it() -> None:
    claims = names(joins(4, "new"), joins(5, "new"))

    assert refusals(claims) == {4: "", 5: "username_taken"}


def test_user_names_that_go_round_are_refused() -> None:
    assert refusals(names(moves(1, "b"), moves(2, "a"))) == {1: "username_taken", 2: "username_taken"}


def test_nobody_takes_a_user_name_from_somebody_who_waits_for_her_anyway() -> None:
    claims = names(moves(1, "b"), moves(2, "new"), before={2: 1})

    assert refusals(claims) == {1: "username_taken", 2: ""}


def test_waiting_for_one_another_is_seen_over_several_people() -> None:
    claims = names(moves(1, "b"), moves(2, "c"), moves(3, "new"), before={3: 1})

    assert refusals(claims) == {1: "username_taken", 2: "", 3: ""}

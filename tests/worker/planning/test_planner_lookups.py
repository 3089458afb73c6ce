"""Whom a run looks up before it plans: everybody whom it may write, whoever is in her way, and nobody else."""

from __future__ import annotations

from tests.worker.builders import TOMORROW, account, account_of, hidden, leaver, mapping_of, person, unseen, world_of
from worker.planning.planner import addresses_wanted, competing_employees, idnumbers_wanted, usernames_wanted


def test_everybody_of_whom_something_is_known_is_looked_up_by_idnumber() -> None:
    plan_input = world_of(person(1), hidden(2), leaver(3), leaver(4, hire_date=TOMORROW), unseen(5, deleted=True))

    assert idnumbers_wanted(plan_input) == ["1", "2", "3", "4", "5"]


def test_nobody_without_evidence_and_nobody_protected_is_looked_up() -> None:
    plan_input = world_of(unseen(1), hidden(2, ""), person(3, deleted=True), person(4), protected={"4"})

    assert idnumbers_wanted(plan_input) == []
    assert addresses_wanted(plan_input) == []
    assert usernames_wanted(plan_input) == []


def test_whoever_is_not_found_by_idnumber_is_looked_up_by_address() -> None:
    plan_input = world_of(person(1), leaver(2), person(3), accounts=[account_of(3)])

    assert addresses_wanted(plan_input) == ["p1@acme.example", "p2@acme.example"]


def test_whose_address_would_be_new_is_looked_up_by_it() -> None:
    moved = person(1, work_email="new@acme.example")
    same = person(2, work_email="P2@acme.example")
    gone = leaver(3, work_email="gone@acme.example")

    plan_input = world_of(moved, same, gone, accounts=[account_of(1), account_of(2), account_of(3)])

    assert addresses_wanted(plan_input) == ["new@acme.example"]


def test_an_address_that_will_not_be_written_is_not_looked_up() -> None:
    moved = [person(number, work_email=f"new{number}@acme.example") for number in (1, 2)]
    accounts = [account_of(1, auth="nologin"), account(55, idnumber="2", auth="manual")]

    assert addresses_wanted(world_of(*moved, accounts=accounts)) == []


def test_an_address_for_new_accounts_only_is_looked_up_for_these_only() -> None:
    mapping = mapping_of(email={"from": "work_email", "when": "create"})
    people = [person(1, work_email="new@acme.example"), person(2)]

    assert addresses_wanted(world_of(*people, accounts=[account_of(1)], mapping=mapping)) == ["p2@acme.example"]


def test_an_address_that_moodle_does_not_take_is_not_looked_up() -> None:
    plan_input = world_of(person(1, work_email=""), person(2, work_email="a@localhost"), leaver(3, work_email="x"))

    assert addresses_wanted(plan_input) == []


def test_the_user_names_of_new_and_of_renamed_accounts_are_looked_up() -> None:
    renamed = person(2, work_email="new@acme.example")
    linked = person(3)
    accounts = [account_of(2), account_of(3, idnumber="")]

    plan_input = world_of(person(1), renamed, linked, person(4), accounts=[*accounts, account_of(4)])

    assert usernames_wanted(plan_input) == ["p1@acme.example", "new@acme.example"]


def test_no_user_name_that_would_fail_the_look_up_is_sent() -> None:
    plan_input = world_of(person(1, work_email="O'Brien@acme.example"), person(2, work_email="ADA@acme.example"))

    assert usernames_wanted(plan_input) == ["ada@acme.example"]


def test_no_user_name_is_looked_up_for_somebody_who_gets_no_account() -> None:
    plan_input = world_of(
        person(1),
        person(2, first_name=""),
        person(3, work_email=""),
        leaver(4),
        leaver(5, hire_date=TOMORROW),
        colleagues={9: "p1@acme.example"},
    )

    assert usernames_wanted(plan_input) == []


def test_whoever_outside_the_run_has_an_address_that_is_claimed_is_a_rival() -> None:
    holder = account_of(9, email="sales@acme.example")

    moved = world_of(person(1, work_email="sales@acme.example"), accounts=[account_of(1), holder])
    joining = world_of(person(2, work_email="SALES@acme.example"), accounts=[holder])

    assert competing_employees(moved) == {9}
    assert competing_employees(joining) == {9}


def test_nobody_of_the_run_is_a_rival() -> None:
    holder = account_of(2, email="sales@acme.example")
    people = [person(1, work_email="sales@acme.example"), person(2, work_email="new@acme.example")]

    assert competing_employees(world_of(*people, accounts=[account_of(1), holder])) == set()


def test_an_account_of_nobody_or_of_another_system_has_no_rival_for_an_owner() -> None:
    accounts = [
        account(number, idnumber=idnumber, email="sales@acme.example") for number, idnumber in ((55, ""), (56, "X-9"))
    ]

    assert competing_employees(world_of(person(1, work_email="sales@acme.example"), accounts=accounts)) == set()


def test_an_address_that_nobody_claims_has_no_rivals() -> None:
    gone = leaver(1, work_email="sales@acme.example")

    assert competing_employees(world_of(gone, accounts=[account_of(9, email="sales@acme.example")])) == set()

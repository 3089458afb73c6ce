"""The table "who becomes what", each cell over HTTP, against a Moodle that enforces its rules."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.run_harness import Nights
from tests.sandbox.bamboohr import generate

JO: dict[str, Any] = {"firstName": "Jo", "lastName": "Doe", "workEmail": "jo@example.com", "department": "Sales"}


@pytest.fixture
def staffed(town: Nights) -> Nights:
    """A company of thirty that has been in step since yesterday, and Jo."""
    town.company.add(generate(30, seed=11))
    town.company.hire("100", **JO)
    assert town.run().code == 0
    town.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    town.listen()
    return town


def test_somebody_new_gets_an_account_she_can_log_in_with(staffed: Nights) -> None:
    staffed.company.hire("200", firstName="Ann", lastName="Lee", workEmail="Ann.Lee@Example.com", department="Legal")

    assert staffed.run()["created"] == 1

    account = staffed.account("200")
    assert (account["auth"], account["username"], account["email"]) == (
        "oidc",
        "ann.lee@example.com",
        "Ann.Lee@Example.com",
    )
    assert (account["firstname"], account["lastname"], account["department"]) == ("Ann", "Lee", "Legal")


def test_somebody_who_moves_is_updated_and_nobody_else_is_written(staffed: Nights) -> None:
    staffed.company.edit("100", department="Legal", lastName="Smith")
    before = {user["idnumber"]: user["timemodified"] for user in staffed.accounts()}

    night = staffed.run()

    assert (night["updated"], night["unchanged"]) == (1, night["processed"] - 1)
    assert (staffed.account("100")["department"], staffed.account("100")["lastname"]) == ("Legal", "Smith")
    assert len(before) == len(staffed.accounts())
    assert [event for event in staffed.site.events if event[0] == "user_updated"] == [
        ("user_updated", staffed.account("100")["id"])
    ]


def test_a_new_address_renames_the_user_who_logs_in_by_it(staffed: Nights) -> None:
    staffed.company.edit("100", workEmail="jo.smith@example.com")

    assert staffed.run().code == 0

    assert staffed.account("100")["username"] == "jo.smith@example.com"


def test_a_leaver_is_suspended_and_keeps_every_other_field(staffed: Nights) -> None:
    staffed.company.terminate("100", department=None, lastName="Gone", workEmail=None, hireDate="2020-01-01")

    assert staffed.run()["suspended"] == 1

    account = staffed.account("100")
    assert account["suspended"]
    assert (account["lastname"], account["department"], account["email"]) == ("Doe", "Sales", "jo@example.com")


def test_a_deleted_record_is_suspended(staffed: Nights) -> None:
    staffed.company.delete("100")

    assert staffed.run()["suspended"] == 1
    assert staffed.account("100")["suspended"]


def test_a_leaver_without_an_account_is_skipped(staffed: Nights) -> None:
    staffed.company.hire("200", firstName="A", lastName="B", workEmail="a@example.com", hireDate="2020-01-01")
    staffed.company.terminate("200")

    night = staffed.run()

    assert (night.code, night["skipped_deleted"], night["created"]) == (0, 1, 0)


def test_somebody_hidden_from_the_directory_is_kept_in_step_by_evidence(staffed: Nights) -> None:
    staffed.company.hide("100")
    staffed.company.edit("100", department="Secret")

    night = staffed.run()

    assert (night["updated"], night["suspended"], night["no_evidence"]) == (1, 0, 0)
    assert staffed.account("100")["department"] == "Secret"


def test_somebody_of_whom_nothing_is_shown_is_held_and_asked_about_until_she_is(staffed: Nights) -> None:
    staffed.company.hide("100")
    staffed.company.edit("100", department="Secret")
    staffed.bamboo.settings.invisible = frozenset({"100"})
    held = staffed.run()
    staffed.company.clock.advance(days=3)  # type: ignore[attr-defined]
    staffed.bamboo.settings.invisible = frozenset()

    seen = staffed.run()

    assert (held.code, held["no_evidence"], held["no_evidence_ids"], held["updated"]) == (0, 1, [100], 0)
    assert seen["updated"] == 1
    assert staffed.account("100")["department"] == "Secret"


@pytest.mark.parametrize("status", ["", "Third party", "inactive", None])
def test_a_status_that_is_not_exactly_inactive_suspends_nobody(staffed: Nights, status: str | None) -> None:
    staffed.company.hide("100")
    staffed.company.edit("100", status=status)

    night = staffed.run()

    assert (night.code, night["no_evidence"], night["suspended"]) == (0, 1, 0)
    assert not staffed.account("100")["suspended"]


def test_a_restricted_status_suspends_nobody(staffed: Nights) -> None:
    staffed.company.terminate("100", hireDate="2020-01-01")
    staffed.bamboo.settings.list_restricted = frozenset({"status"})

    night = staffed.run()

    assert (night.code, night["no_evidence"], night["suspended"]) == (0, 1, 0)


def test_deleted_but_still_shown_is_held(staffed: Nights) -> None:
    staffed.company.touch("100", "Deleted")

    night = staffed.run()

    assert (night.code, night["suspended"], night.told("100")) == (0, 0, ["deleted_but_shown"])


def test_a_future_hire_waits_for_her_first_day_even_if_nothing_is_edited(town: Nights) -> None:
    town.company.add(generate(10, seed=11))
    start = date.today() + timedelta(days=10)
    ahead = town.company.hire(status="Inactive", hireDate=start.isoformat(), **JO)
    waiting = town.run()
    town.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    town.company.edit(ahead, stamp=False, status="Active", hireDate=date.today().isoformat())

    begun = town.run()

    assert (waiting["waiting_for_start"], waiting["created"]) == (1, 10)
    assert (begun["created"], begun.code) == (1, 0)


def test_a_look_ahead_makes_the_account_before_the_first_day(town: Nights) -> None:
    town.company.hire("1", status="Inactive", hireDate=(date.today() + timedelta(days=10)).isoformat(), **JO)

    assert town.run(HIRE_LOOKAHEAD_DAYS="9")["created"] == 0
    assert town.run(HIRE_LOOKAHEAD_DAYS="10")["created"] == 1
    assert town.run(HIRE_LOOKAHEAD_DAYS="10")["suspended"] == 0


def test_a_rehired_leaver_is_reactivated_because_we_remember(staffed: Nights) -> None:
    staffed.company.terminate("100", hireDate="2020-01-01")
    staffed.run()
    staffed.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    staffed.company.rehire("100", department="Legal")

    night = staffed.run()

    assert night["reactivated"] == 1
    assert (staffed.account("100")["suspended"], staffed.account("100")["department"]) == (False, "Legal")


def test_whom_somebody_else_suspended_stays_suspended_and_is_reported(staffed: Nights) -> None:
    staffed.site.change_user(staffed.account("100")["id"], suspended=True)
    staffed.company.edit("100", department="Legal")

    night = staffed.run()

    assert (night.code, night["reactivated"], night["suspended_elsewhere"]) == (0, 0, 1)
    assert staffed.account("100")["suspended"]


@pytest.mark.parametrize(
    ("arguments", "settings"), [((), {"REACTIVATE": "always"}), (("--employee", "100", "--reactivate"), {})]
)
def test_the_operator_may_reactivate_whoever_was_suspended(
    staffed: Nights, arguments: tuple[str, ...], settings: dict[str, str]
) -> None:
    staffed.site.change_user(staffed.account("100")["id"], suspended=True)
    staffed.company.touch("100")

    assert staffed.run(*arguments, **settings)["reactivated"] == 1
    assert not staffed.account("100")["suspended"]


def test_an_account_made_by_hand_is_linked_and_not_made_twice(town: Nights) -> None:
    made = town.site.add_user("jdoe", firstname="Jo", lastname="Doe", email="JO@example.com", auth="manual")
    town.company.hire("100", **JO)

    night = town.run()

    assert (night["created"], night["updated"]) == (0, 1)
    account = town.site.user(made)
    assert (account["idnumber"], account["auth"], account["username"]) == ("100", "manual", "jdoe")


def test_an_account_found_by_email_that_belongs_to_another_employee_is_never_touched(town: Nights) -> None:
    other = town.site.add_user(
        "jo@example.com", firstname="Jo", lastname="Doe", email="jo@example.com", auth="oidc", idnumber="77"
    )
    before = town.site.user(other)
    town.company.hire("100", **JO)
    town.company.hire("101", firstName="Jo", lastName="Doe", workEmail="jo@example.com", hireDate="2020-01-01")
    town.company.terminate("101")

    night = town.run()

    assert (night.code, night["conflicts"], night.told("100")) == (1, 2, ["email_taken"])
    assert town.site.user(other) == before
    assert "77" in night.stderr


def test_protected_accounts_and_people_are_skipped(town: Nights) -> None:
    town.company.hire("100", **JO)
    town.company.hire("101", firstName="Root", lastName="User", workEmail=town.site.user(2)["email"])
    town.company.hire("102", firstName="Bot", lastName="Doe", workEmail="bot@example.com")
    town.site.add_user("bot", firstname="Bot", lastname="Doe", email="bot@example.com", auth="oidc")

    night = town.run(PROTECTED_ACCOUNTS="100, bot")

    assert (night.code, night["skipped_protected"], town.writes()) == (0, 3, [])


def test_people_without_a_usable_address_are_skipped_and_counted(town: Nights) -> None:
    town.company.hire("1", firstName="No", lastName="Mail", workEmail=None)
    town.company.hire("2", firstName="Bad", lastName="Mail", workEmail="bad@localhost")
    town.company.hire("3", firstName="Odd", lastName="Name", workEmail="o'brien@example.com")
    town.company.hire("4", firstName="Fine", lastName="Name", workEmail="fine@example.com")

    night = town.run()

    assert night.code == 0
    assert (night["skipped_no_email"], night["skipped_invalid_email"], night["skipped_invalid_username"]) == (1, 1, 1)
    assert night["created"] == 1


def test_a_leaver_without_an_address_is_suspended_by_her_number(staffed: Nights) -> None:
    staffed.company.terminate("100", workEmail=None, hireDate="2020-01-01")

    assert staffed.run()["suspended"] == 1


def test_an_address_may_move_from_one_person_to_another_in_one_night(staffed: Nights) -> None:
    staffed.company.edit("100", workEmail="jo.new@example.com")
    staffed.company.hire("50", firstName="Joe", lastName="Doe", workEmail="jo@example.com")

    night = staffed.run()

    assert (night.code, night["created"], night["updated"]) == (0, 1, 1)
    assert (staffed.account("100")["email"], staffed.account("50")["email"]) == ("jo.new@example.com", "jo@example.com")


def test_two_people_who_swap_addresses_are_a_conflict_and_their_other_fields_go_on(staffed: Nights) -> None:
    mine, hers = staffed.company.values("1")["workEmail"], "jo@example.com"
    staffed.company.edit("1", workEmail=hers, department="Swapped")
    staffed.company.edit("100", workEmail=mine, department="Swapped")

    night = staffed.run()

    assert (night.code, night["conflicts"]) == (1, 2)
    assert (staffed.account("1")["email"], staffed.account("100")["email"]) == (mine, hers)
    assert {staffed.account("1")["department"], staffed.account("100")["department"]} == {"Swapped"}


def test_a_disputed_address_blocks_the_newcomer_and_nobody_else(staffed: Nights) -> None:
    staffed.company.hire("200", firstName="Jo", lastName="Double", workEmail="jo@example.com")
    staffed.company.edit("100", department="Legal")

    night = staffed.run()

    assert (night.code, night["errors"], night["errors_ids"], night["updated"]) == (1, 1, [200], 1)
    assert night.told("200") == ["email_disputed"]


def test_values_that_moodle_would_refuse_are_brought_into_its_limits(town: Nights) -> None:
    town.company.hire(
        "1",
        firstName="A" * 150,
        lastName="B\x01 <b>old</b>\n  C",
        workEmail="odd@example.com",
        department="R&D <x> " + "d" * 300,
    )

    assert town.run()["created"] == 1
    town.listen()

    assert town.run()["unchanged"] == 1
    assert town.account("1")["firstname"] == "A" * 100

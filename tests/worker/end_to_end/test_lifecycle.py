"""How each employee is handled: every cell of the table, over HTTP, against a Moodle that enforces its rules."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import generate

JO: dict[str, Any] = {"firstName": "Jo", "lastName": "Doe", "workEmail": "jo@example.com", "department": "Sales"}


@pytest.fixture
def staffed(harness: RunHarness) -> RunHarness:
    """Thirty employees and Jo, in sync."""
    harness.company.add(generate(30, seed=11))
    harness.company.hire("100", **JO)
    assert harness.run().code == 0
    harness.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    harness.forget_calls()
    return harness


def test_a_new_employee_gets_an_account(staffed: RunHarness) -> None:
    staffed.company.hire("200", firstName="Ann", lastName="Lee", workEmail="Ann.Lee@Example.com", department="Legal")

    assert staffed.run()["created"] == 1

    account = staffed.account("200")
    assert (account["auth"], account["username"], account["email"]) == (
        "oidc",
        "ann.lee@example.com",
        "Ann.Lee@Example.com",
    )
    assert (account["firstname"], account["lastname"], account["department"]) == ("Ann", "Lee", "Legal")


def test_a_changed_employee_is_updated_and_no_other_account_is_written(staffed: RunHarness) -> None:
    staffed.company.edit("100", department="Legal", lastName="Smith")
    before = {user["idnumber"]: user["timemodified"] for user in staffed.accounts()}

    run = staffed.run()

    assert (run["updated"], run["unchanged"]) == (1, run["processed"] - 1)
    assert (staffed.account("100")["department"], staffed.account("100")["lastname"]) == ("Legal", "Smith")
    assert len(before) == len(staffed.accounts())
    assert [event for event in staffed.site.events if event[0] == "user_updated"] == [
        ("user_updated", staffed.account("100")["id"])
    ]


def test_a_new_address_changes_the_username_derived_from_it(staffed: RunHarness) -> None:
    staffed.company.edit("100", workEmail="jo.smith@example.com")

    assert staffed.run().code == 0

    assert staffed.account("100")["username"] == "jo.smith@example.com"


def test_a_leaver_is_suspended_and_keeps_every_other_field(staffed: RunHarness) -> None:
    staffed.company.terminate("100", department=None, lastName="Gone", workEmail=None, hireDate="2020-01-01")

    assert staffed.run()["suspended"] == 1

    account = staffed.account("100")
    assert account["suspended"]
    assert (account["lastname"], account["department"], account["email"]) == ("Doe", "Sales", "jo@example.com")


def test_a_deleted_record_is_suspended(staffed: RunHarness) -> None:
    staffed.company.delete("100")

    assert staffed.run()["suspended"] == 1
    assert staffed.account("100")["suspended"]


def test_a_leaver_without_an_account_is_skipped(staffed: RunHarness) -> None:
    staffed.company.hire("200", firstName="A", lastName="B", workEmail="a@example.com", hireDate="2020-01-01")
    staffed.company.terminate("200")

    run = staffed.run()

    assert (run.code, run["skipped_deleted"], run["created"]) == (0, 1, 0)


def test_an_employee_hidden_from_the_directory_is_kept_in_sync_by_evidence(staffed: RunHarness) -> None:
    staffed.company.hide("100")
    staffed.company.edit("100", department="Secret")

    run = staffed.run()

    assert (run["updated"], run["suspended"], run["no_evidence"]) == (1, 0, 0)
    assert staffed.account("100")["department"] == "Secret"


def test_an_employee_without_evidence_is_held_until_there_is_some(staffed: RunHarness) -> None:
    staffed.company.hide("100")
    staffed.company.edit("100", department="Secret")
    staffed.bamboo.settings.invisible = frozenset({"100"})
    held = staffed.run()
    staffed.company.clock.advance(days=3)  # type: ignore[attr-defined]
    staffed.bamboo.settings.invisible = frozenset()

    shown = staffed.run()

    assert (held.code, held["no_evidence"], held["no_evidence_ids"], held["updated"]) == (0, 1, [100], 0)
    assert shown["updated"] == 1
    assert staffed.account("100")["department"] == "Secret"


@pytest.mark.parametrize("status", ["", "Third party", "inactive", None])
def test_a_status_that_is_not_exactly_inactive_suspends_no_account(staffed: RunHarness, status: str | None) -> None:
    staffed.company.hide("100")
    staffed.company.edit("100", status=status)

    run = staffed.run()

    assert (run.code, run["no_evidence"], run["suspended"]) == (0, 1, 0)
    assert not staffed.account("100")["suspended"]


def test_a_restricted_status_suspends_no_account(staffed: RunHarness) -> None:
    staffed.company.terminate("100", hireDate="2020-01-01")
    staffed.bamboo.settings.list_restricted = frozenset({"status"})

    run = staffed.run()

    assert (run.code, run["no_evidence"], run["suspended"]) == (1, 1, 0)


def test_a_deleted_employee_who_is_still_shown_is_held(staffed: RunHarness) -> None:
    staffed.company.touch("100", "Deleted")

    run = staffed.run()

    assert (run.code, run["suspended"], run.reason_codes("100")) == (0, 0, ["deleted_but_shown"])


def test_a_future_hire_waits_for_the_start_date_without_an_edit(harness: RunHarness) -> None:
    harness.company.add(generate(10, seed=11))
    start = date.today() + timedelta(days=10)
    ahead = harness.company.hire(status="Inactive", hireDate=start.isoformat(), **JO)
    waiting = harness.run()
    harness.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    harness.company.edit(ahead, stamp=False, status="Active", hireDate=date.today().isoformat())

    started = harness.run()

    assert (waiting["waiting_for_start"], waiting["created"]) == (1, 10)
    assert (started["created"], started.code) == (1, 0)


def test_a_look_ahead_creates_the_account_before_the_start_date(harness: RunHarness) -> None:
    harness.company.hire("1", status="Inactive", hireDate=(date.today() + timedelta(days=10)).isoformat(), **JO)

    assert harness.run(HIRE_LOOKAHEAD_DAYS="9")["created"] == 0
    assert harness.run(HIRE_LOOKAHEAD_DAYS="10")["created"] == 1
    assert harness.run(HIRE_LOOKAHEAD_DAYS="10")["suspended"] == 0


def test_a_rehired_leaver_suspended_by_us_is_reactivated(staffed: RunHarness) -> None:
    staffed.company.terminate("100", hireDate="2020-01-01")
    staffed.run()
    staffed.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    staffed.company.rehire("100", department="Legal")

    run = staffed.run()

    assert run["reactivated"] == 1
    assert (staffed.account("100")["suspended"], staffed.account("100")["department"]) == (False, "Legal")


def test_an_account_suspended_by_others_stays_suspended_and_is_reported(staffed: RunHarness) -> None:
    staffed.site.change_user(staffed.account("100")["id"], suspended=True)
    staffed.company.edit("100", department="Legal")

    run = staffed.run()

    assert (run.code, run["reactivated"], run["suspended_elsewhere"]) == (0, 0, 1)
    assert staffed.account("100")["suspended"]


@pytest.mark.parametrize(
    ("arguments", "settings"), [((), {"REACTIVATE": "always"}), (("--employee", "100", "--reactivate"), {})]
)
def test_an_operator_may_reactivate_any_suspended_account(
    staffed: RunHarness, arguments: tuple[str, ...], settings: dict[str, str]
) -> None:
    staffed.site.change_user(staffed.account("100")["id"], suspended=True)
    staffed.company.touch("100")

    assert staffed.run(*arguments, **settings)["reactivated"] == 1
    assert not staffed.account("100")["suspended"]


def test_an_account_created_by_hand_is_linked(harness: RunHarness) -> None:
    created = harness.site.add_user("jdoe", firstname="Jo", lastname="Doe", email="JO@example.com", auth="manual")
    harness.company.hire("100", **JO)

    run = harness.run()

    assert (run["created"], run["updated"]) == (0, 1)
    account = harness.site.user(created)
    assert (account["idnumber"], account["auth"], account["username"]) == ("100", "manual", "jdoe")


def test_an_account_of_another_employee_found_by_email_is_never_written(harness: RunHarness) -> None:
    other = harness.site.add_user(
        "jo@example.com", firstname="Jo", lastname="Doe", email="jo@example.com", auth="oidc", idnumber="77"
    )
    before = harness.site.user(other)
    harness.company.hire("100", **JO)
    harness.company.hire("101", firstName="Jo", lastName="Doe", workEmail="jo@example.com", hireDate="2020-01-01")
    harness.company.terminate("101")

    run = harness.run()

    assert (run.code, run["conflicts"], run.reason_codes("100")) == (1, 2, ["email_taken"])
    assert harness.site.user(other) == before
    assert "77" in run.stderr


def test_protected_accounts_and_employees_are_skipped(harness: RunHarness) -> None:
    harness.company.hire("100", **JO)
    harness.company.hire("101", firstName="Root", lastName="User", workEmail=harness.site.user(2)["email"])
    harness.company.hire("102", firstName="Bot", lastName="Doe", workEmail="bot@example.com")
    harness.site.add_user("bot", firstname="Bot", lastname="Doe", email="bot@example.com", auth="oidc")

    run = harness.run(PROTECTED_ACCOUNTS="100, bot")

    assert (run.code, run["skipped_protected"], harness.writes()) == (0, 3, [])


def test_employees_without_a_usable_address_are_skipped_and_counted(harness: RunHarness) -> None:
    harness.company.hire("1", firstName="No", lastName="Mail", workEmail=None)
    harness.company.hire("2", firstName="Bad", lastName="Mail", workEmail="bad@localhost")
    harness.company.hire("3", firstName="Odd", lastName="Name", workEmail="o'brien@example.com")
    harness.company.hire("4", firstName="Fine", lastName="Name", workEmail="fine@example.com")

    run = harness.run()

    assert run.code == 0
    assert (run["skipped_no_email"], run["skipped_invalid_email"], run["skipped_invalid_username"]) == (1, 1, 1)
    assert run["created"] == 1


def test_a_leaver_without_an_address_is_suspended_by_id(staffed: RunHarness) -> None:
    staffed.company.terminate("100", workEmail=None, hireDate="2020-01-01")

    assert staffed.run()["suspended"] == 1


def test_an_address_may_move_between_employees_in_one_run(staffed: RunHarness) -> None:
    staffed.company.edit("100", workEmail="jo.new@example.com")
    staffed.company.hire("50", firstName="Joe", lastName="Doe", workEmail="jo@example.com")

    run = staffed.run()

    assert (run.code, run["created"], run["updated"]) == (0, 1, 1)
    assert (staffed.account("100")["email"], staffed.account("50")["email"]) == ("jo.new@example.com", "jo@example.com")


def test_swapped_addresses_are_a_conflict_and_other_fields_are_updated(staffed: RunHarness) -> None:
    first, second = staffed.company.values("1")["workEmail"], "jo@example.com"
    staffed.company.edit("1", workEmail=second, department="Swapped")
    staffed.company.edit("100", workEmail=first, department="Swapped")

    run = staffed.run()

    assert (run.code, run["conflicts"]) == (1, 2)
    assert (staffed.account("1")["email"], staffed.account("100")["email"]) == (first, second)
    assert {staffed.account("1")["department"], staffed.account("100")["department"]} == {"Swapped"}


def test_a_disputed_address_blocks_only_the_newcomer(staffed: RunHarness) -> None:
    staffed.company.hire("200", firstName="Jo", lastName="Double", workEmail="jo@example.com")
    staffed.company.edit("100", department="Legal")

    run = staffed.run()

    assert (run.code, run["errors"], run["errors_ids"], run["updated"]) == (1, 1, [200], 1)
    assert run.reason_codes("200") == ["email_disputed"]


def test_values_over_moodles_limits_are_truncated(harness: RunHarness) -> None:
    harness.company.hire(
        "1",
        firstName="A" * 150,
        lastName="B\x01 <b>old</b>\n  C",
        workEmail="odd@example.com",
        department="R&D <x> " + "d" * 300,
    )

    assert harness.run()["created"] == 1
    harness.forget_calls()

    assert harness.run()["unchanged"] == 1
    assert harness.account("1")["firstname"] == "A" * 100

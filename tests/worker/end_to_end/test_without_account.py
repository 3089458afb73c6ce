"""Employees who should have an account and get none: unusual addresses, single names, and how nobody is forgotten."""

from __future__ import annotations

import pytest

from tests.run_harness import RunHarness
from tests.worker.end_to_end.tools import advance_clock

EXTENDED = {"EXTENDED_USERNAMES": "true"}
DASH = {"DEFAULT_LAST_NAME": "-"}


def hire(harness: RunHarness, number: int, email: str | None = None, first: str = "Ada", last: str = "Roy") -> None:
    harness.company.hire(
        str(number),
        firstName=first,
        lastName=last,
        workEmail=f"e{number}@x.example" if email is None else email,
        hireDate="2020-01-01",
    )


# Addresses whose characters a username must not have


@pytest.mark.parametrize("address", ["o'brien@x.example", "ada+lms@x.example", "r&d@x.example"])
def test_extended_usernames_give_an_account_for_any_address(harness: RunHarness, address: str) -> None:
    harness.site.settings.extendedusernamechars = True
    hire(harness, 1, address)

    run, second = harness.run(**EXTENDED), harness.run("reconcile", "--yes", **EXTENDED)

    assert (run.code, run["created"], run["skipped_invalid_username"]) == (0, 1, 0)
    assert (harness.account("1")["username"], harness.account("1")["email"]) == (address, address)
    assert (second.code, second["unchanged"], len(harness.writes())) == (0, 1, 1)


def test_an_umlaut_in_a_username_but_not_in_the_address(harness: RunHarness) -> None:
    harness.site.settings.extendedusernamechars = True
    hire(harness, 1, "zoe@x.example", "Zoë", "Müller")
    hire(harness, 2, "zoë@x.example")

    run = harness.run(**EXTENDED, USERNAME_TEMPLATE="{first_name}.{last_name}")

    assert (run.code, run["created"], run["skipped_invalid_email_ids"]) == (0, 1, [2])
    assert harness.account("1")["username"] == "zoë.müller"


def test_a_site_that_refuses_extended_usernames_costs_those_who_need_one_and_names_its_setting(
    harness: RunHarness,
) -> None:
    for number in range(1, 21):
        hire(harness, number, f"o'{number}@x.example")
    for number in range(31, 61):
        hire(harness, number)

    run = harness.run(**EXTENDED)

    assert (run.code, run["created"], run["errors"]) == (1, 30, 20)
    assert run["error_reasons"] == {"extended_username_refused": 20}
    (advice,) = {line["advice"] for line in run.log if line.get("code") == "extended_username_refused"}
    assert "extendedusernamechars" in advice
    assert run["http_calls"]["moodle"] < 30

    harness.site.settings.extendedusernamechars = True
    assert harness.run(**EXTENDED)["created"] == 20


# Single names


@pytest.mark.parametrize(("first", "last"), [("Suharto", ""), ("", "Suharto"), ("Suharto", " ")])
def test_a_single_name_is_completed_by_the_default_last_name(harness: RunHarness, first: str, last: str) -> None:
    hire(harness, 1, first=first, last=last)

    run, second = harness.run(**DASH), harness.run("reconcile", "--yes", **DASH)

    assert (run.code, run["created"]) == (0, 1)
    assert (harness.account("1")["firstname"], harness.account("1")["lastname"]) == ("Suharto", "-")
    assert (second.code, second["unchanged"], len(harness.writes())) == (0, 1, 1)


def test_a_real_last_name_takes_the_place_of_the_default(harness: RunHarness) -> None:
    hire(harness, 1, first="Suharto", last="")
    harness.run(**DASH)
    advance_clock(harness, hours=1)
    harness.company.edit("1", lastName="Putra")

    assert harness.run(**DASH)["updated"] == 1
    assert (harness.account("1")["firstname"], harness.account("1")["lastname"]) == ("Suharto", "Putra")


def test_a_last_name_that_is_not_shown_is_not_made_up(harness: RunHarness) -> None:
    hire(harness, 1)
    harness.bamboo.settings.restricted_for["1"] = frozenset({"lastName"})

    run = harness.run(**DASH)

    assert (run.code, run["no_evidence"], run.reason_codes("1")) == (0, 1, ["field_not_shown"])

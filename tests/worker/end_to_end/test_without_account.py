"""Employees who should have an account and get none: unusual addresses, single names, and how they are remembered."""

from __future__ import annotations

import json
from typing import Literal

import pytest

from tests.run_harness import RunHarness, RunResult
from tests.worker.end_to_end.tools import advance_clock, records

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


@pytest.mark.parametrize("address", ["o'brien@x.example", "ada+lms@x.example"])
def test_extended_usernames_give_an_account_for_any_address(harness: RunHarness, address: str) -> None:
    harness.site.settings.extendedusernamechars = True
    hire(harness, 1, address)

    run, second = harness.run(**EXTENDED), harness.run("reconcile", "--yes", **EXTENDED)

    assert (run.code, run["created"], run["skipped_invalid_username"]) == (0, 1, 0)
    assert (harness.account("1")["username"], harness.account("1")["email"]) == (address, address)
    assert (second.code, second["unchanged"], len(harness.writes())) == (0, 1, 1)


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


@pytest.mark.parametrize("database", ["mariadb", "postgresql"])
def test_a_username_that_the_database_takes_for_anothers_is_said_to_be_taken(
    harness: RunHarness, database: Literal["mariadb", "postgresql"]
) -> None:
    """MariaDB ignores accents in usernames, PostgreSQL does not."""
    harness.site.settings.extendedusernamechars = True
    harness.site.settings.database = database
    hire(harness, 1, first="Ana", last="Roy")
    hire(harness, 2, first="Zoë", last="Kiš")
    template = {**EXTENDED, "USERNAME_TEMPLATE": "{first_name}.{last_name}"}
    assert harness.run(**template)["created"] == 2
    hire(harness, 3, first="Ána", last="Roy")
    hire(harness, 4, first="Zoe", last="Kis")

    run = harness.run(**template)

    taken = {} if database == "postgresql" else {"username_taken": 2}
    assert (run["created"], run["error_reasons"]) == (2 - sum(taken.values()), taken)
    for line in run.log:
        if line.get("code") == "username_taken":
            holder = harness.account(str(line["employee_id"] - 2))
            assert f"taken by account {holder['id']}" in line["reason"]


# Single names


@pytest.mark.parametrize(("first", "last"), [("Suharto", ""), ("", "Suharto")])
def test_a_single_name_is_completed_by_the_default_last_name_until_there_is_a_real_one(
    harness: RunHarness, first: str, last: str
) -> None:
    hire(harness, 1, first=first, last=last)

    run, second = harness.run(**DASH), harness.run("reconcile", "--yes", **DASH)

    assert (run.code, run["created"]) == (0, 1)
    assert (harness.account("1")["firstname"], harness.account("1")["lastname"]) == ("Suharto", "-")
    assert (second.code, second["unchanged"], len(harness.writes())) == (0, 1, 1)
    harness.company.edit("1", firstName="Suharto", lastName="Putra")
    assert harness.run("sync", "--employee", "1", **DASH)["updated"] == 1
    assert (harness.account("1")["firstname"], harness.account("1")["lastname"]) == ("Suharto", "Putra")


# All of them are remembered


REASONS = {1: "invalid_username", 2: "no_name", 3: "no_email", 4: "invalid_email"}


@pytest.fixture
def lacking(harness: RunHarness) -> RunHarness:
    """Employees 1 to 4 get no account, each for another reason; 5 to 8 have one."""
    hire(harness, 1, "o'brien@x.example")
    hire(harness, 2, last="")
    hire(harness, 3, "")
    hire(harness, 4, "zoë@x.example")
    # The feed's last employees are read in the next run once more.
    advance_clock(harness, hours=1)
    for number in range(5, 9):
        hire(harness, number)
    return harness


def without_account(harness: RunHarness) -> dict[int, str]:
    listed = json.loads(harness.run("people", "list", "--only", "without_account", "--json").stdout)
    return {one["employee_id"]: one["note"] for one in listed}


def named(run: RunResult) -> list[int]:
    return list(run.summary.get("newly_without_account_ids", []))


def test_who_gets_no_account_is_counted_in_every_summary_and_named_when_it_begins(lacking: RunHarness) -> None:
    first = lacking.run()
    advance_clock(lacking, hours=1)
    lacking.forget_calls()
    second = lacking.run()

    assert (first.code, first["created"], first["without_account"], named(first)) == (0, 4, 4, [1, 2, 3, 4])
    assert [first[f"skipped_{reason}_ids"] for reason in REASONS.values()] == [[1], [2], [3], [4]]
    assert first["warnings"] == ["without_account"]
    (line,) = [line for line in first.log if line.get("code") == "without_account"]
    assert "4 employees get no account" in line["reason"]
    assert "python -m worker people list" in line["reason"]
    assert (second.code, second["processed"], second["without_account"], named(second)) == (0, 4, 4, [])
    assert (second["warnings"], lacking.writes()) == ([], [])
    assert without_account(lacking) == REASONS


def test_every_command_says_how_many_there_are(lacking: RunHarness) -> None:
    seen = lacking.run("--dry-run")
    first = lacking.run()

    assert (seen["without_account"], named(seen), without_account(lacking)) == (4, [1, 2, 3, 4], REASONS)
    for command in (
        ["sync", "--employee", "5"],
        ["sync", "--dry-run"],
        ["reconcile", "--yes"],
        ["undo", first["run_id"], "--dry-run"],
        ["undo", first["run_id"], "--yes"],
    ):
        run = lacking.run(*command)
        assert (run["without_account"], named(run)) == (4, []), command


def test_bamboohr_is_not_asked_about_them_in_every_run(lacking: RunHarness) -> None:
    lacking.run()

    run = lacking.run()

    assert (run["processed"], run["unchanged"]) == (4, 4)
    assert not any(record.needs_follow_up for record in records(lacking).values())


@pytest.mark.parametrize(
    ("settings", "numbers"), [(EXTENDED, {1}), (DASH, {2}), ({"USERNAME_TEMPLATE": "e{employee_id}"}, {1})]
)
def test_a_changed_setting_makes_a_full_pass_due_which_creates_the_account(
    lacking: RunHarness, settings: dict[str, str], numbers: set[int]
) -> None:
    lacking.site.settings.extendedusernamechars = True
    before = lacking.run()
    due = lacking.run(**settings)
    run = lacking.run("reconcile", "--yes", **settings)

    assert (before["reconcile_due"], due["reconcile_due"], run["reconcile_due"]) == (False, True, False)
    assert (run.code, run["created"], run["without_account"]) == (0, len(numbers), 4 - len(numbers))
    assert set(without_account(lacking)) == {1, 2, 3, 4} - numbers


def test_it_ends_when_bamboohr_is_corrected_or_the_employee_leaves_or_is_protected(lacking: RunHarness) -> None:
    lacking.run()
    advance_clock(lacking, hours=1)
    lacking.company.edit("2", lastName="Roy")
    lacking.company.terminate("3")
    lacking.company.touch("4")

    run = lacking.run(PROTECTED_ACCOUNTS="4")

    assert (run.code, run["created"], run["without_account"]) == (0, 1, 1)
    assert without_account(lacking) == {1: "invalid_username"}


def test_a_full_pass_finds_who_was_skipped_before_there_was_a_list(lacking: RunHarness) -> None:
    lacking.run()
    lacking.run("people", "drop", "1", "2", "3", "4")
    advance_clock(lacking, hours=1)
    unaware, full = lacking.run(), lacking.run("reconcile", "--yes")

    assert (unaware["without_account"], full["without_account"], named(full)) == (0, 4, [1, 2, 3, 4])
    assert full.code == 0


def test_a_retry_tries_again_once_and_names_who_still_gets_no_account(lacking: RunHarness) -> None:
    lacking.run()
    advance_clock(lacking, hours=1)
    lacking.run("people", "retry", "1", "2")

    retried, after = lacking.run(**DASH), lacking.run(**DASH)

    assert (retried["created"], retried["without_account"], named(retried)) == (1, 3, [1])
    assert (after["processed"], after["without_account"], named(after)) == (4, 3, [])


@pytest.mark.parametrize("damaged", [{"last": "Mu\ufffdller"}, {"email": "m\ufffd@x.example"}])
def test_a_value_with_a_character_that_cannot_be_read_counts_like_a_missing_one(
    harness: RunHarness, damaged: dict[str, str]
) -> None:
    hire(harness, 1, **damaged)

    run = harness.run()

    assert (run.code, run["created"], run["without_account"], named(run)) == (0, 0, 1, [1])
    assert without_account(harness) == {1: "unreadable_value"}

"""What differs between real sites: databases, slow listings, hidden fields, the causes of a refusal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.run_harness import RunHarness


def doctor(harness: RunHarness, *arguments: str) -> dict[str, dict[str, Any]]:
    run = harness.run("doctor", "--json", *arguments)
    return {check["area"]: check for check in map(json.loads, run.stdout.splitlines())}


@pytest.mark.parametrize("database", ["mariadb", "postgresql"])
def test_an_account_whose_address_has_another_case_is_linked_on_every_database(
    harness: RunHarness, database: Any
) -> None:
    harness.site.settings.database = database
    harness.site.add_user(
        "carl", firstname="Carl", lastname="Bee", email="Carl.Bee@Corp.Example.com", auth="oidc", idnumber=""
    )
    harness.company.hire("7", firstName="Carl", lastName="Bee", workEmail="carl.bee@corp.example.com")

    run = harness.run()

    assert (run.code, run["created"], run["updated"]) == (0, 0, 1)
    assert harness.account("7")["username"] == "carl"


def test_a_run_in_which_no_status_is_shown_is_an_error(staffed: RunHarness) -> None:
    staffed.company.terminate("3", hireDate="2020-01-01")
    staffed.bamboo.settings.list_restricted = frozenset({"status"})

    run = staffed.run()

    assert (run.code, run["suspended"], run["errors"]) == (1, 0, 1)
    assert "status_not_shown" in run["warnings"]
    assert doctor(staffed)["BambooHR field status"]["verdict"] == "failed"


def test_a_run_that_may_not_list_employees_and_is_shown_no_status_is_an_error(staffed: RunHarness) -> None:
    staffed.company.terminate("3", hireDate="2020-01-01")
    staffed.bamboo.settings.list_refused = 403
    staffed.bamboo.settings.get_restricted = frozenset({"status"})

    run = staffed.run()

    assert (run.code, run["suspended"]) == (1, 0)
    assert "status_not_shown" in run["warnings"]


def test_a_status_that_is_empty_for_everyone_is_an_error(staffed: RunHarness) -> None:
    staffed.company.edit("3", department="Legal")
    staffed.bamboo.settings.garbled = {employee.id: {"status": None} for employee in staffed.company}

    run = staffed.run()

    assert (run.code, "status_not_shown" in run["warnings"]) == (1, True)
    assert doctor(staffed)["BambooHR field status"]["verdict"] == "failed"


def test_a_reconcile_goes_on_without_the_listing_of_accounts(staffed: RunHarness) -> None:
    staffed.site.change_user(staffed.account("3")["id"], department="Drifted")
    staffed.fail_moodle("status", operation="core_user_get_users", status=404, times=0)

    run = staffed.run("reconcile", "--yes")

    assert (run.code, run["updated"]) == (0, 1)
    assert "accounts_unread" in run["warnings"]

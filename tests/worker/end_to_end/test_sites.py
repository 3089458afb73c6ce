"""What differs between real sites: databases, slow listings, hidden fields, the causes of a refusal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.run_harness import RunHarness
from tests.worker.end_to_end.doctor_report import run_doctor


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


@pytest.mark.parametrize(
    "hidden",
    [
        {"list_restricted": frozenset({"status"})},
        {"list_refused": 403, "get_restricted": frozenset({"status"})},
        {"garbled": {str(number): {"status": None} for number in range(1, 61)}},
    ],
    ids=["restricted", "restricted one by one", "empty"],
)
def test_a_run_in_which_no_status_is_shown_is_an_error(staffed: RunHarness, hidden: dict[str, Any]) -> None:
    staffed.company.terminate("3", hireDate="2020-01-01")
    staffed.company.edit("4", department="Legal")
    staffed.bamboo.settings = replace(staffed.bamboo.settings, **hidden)

    run = staffed.run()
    report = run_doctor(staffed)

    assert (run.code, run["suspended"], "status_not_shown" in run["warnings"]) == (1, 0, True)
    assert report.areas.count("BambooHR field status") == (hidden.get("list_refused") is None)
    assert report.bad.get("BambooHR field status", "failed") == "failed"


@pytest.mark.parametrize("status", [404, None])
def test_a_reconcile_goes_on_without_the_listing_of_accounts(staffed: RunHarness, status: int | None) -> None:
    staffed.site.change_user(staffed.account("3")["id"], department="Drifted")
    if status is None:
        staffed.site.service_functions.discard("core_user_get_users")
    else:
        staffed.fail_moodle("status", operation="core_user_get_users", status=status, times=0)

    run = staffed.run("reconcile", "--yes")

    assert (run.code, run["updated"], run["warnings"]) == (0, 1, ["accounts_unread"])

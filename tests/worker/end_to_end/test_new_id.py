"""An employee who left is hired again under a new id: both readings are named, and either ends with an account."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.run_harness import RunHarness
from tests.worker.end_to_end.doctor_report import run_doctor
from tests.worker.end_to_end.test_identity import staff
from tests.worker.end_to_end.tools import advance_clock, employee_lines
from worker.state.sqlite import SqliteItems
from worker.state.store import Store

KAI: dict[str, Any] = {
    "firstName": "Kai",
    "lastName": "Lund",
    "workEmail": "kai.lund@acme.example",
    "department": "Sales",
}

KAI_MOODLE: dict[str, Any] = {"firstname": "Kai", "lastname": "Lund", "email": "kai.lund@acme.example"}


@pytest.fixture
def departed(harness: RunHarness) -> RunHarness:
    """Twelve employees, and Kai Lund, who left as number 50 and was suspended."""
    harness.company.hire("50", **KAI)
    staff(harness, *range(1, 13))
    harness.company.terminate("50", hireDate="2020-01-01")
    assert harness.run()["suspended"] == 1
    advance_clock(harness, hours=1)
    return harness


def account_of_kai(harness: RunHarness) -> dict[str, Any]:
    user = harness.site.user_named("kai.lund@acme.example")
    assert user is not None
    return user


@pytest.mark.parametrize("way", ["changed", "reconcile"])
def test_the_step_is_held_with_both_readings(departed: RunHarness, way: str) -> None:
    departed.company.hire("70", **KAI)
    before = account_of_kai(departed)

    run = departed.run(*(["reconcile", "--yes"] if way == "reconcile" else []))

    line = employee_lines(run)[70]
    assert (run.code, line["code"], line["account_id"]) == (4, "unconfirmed", before["id"])
    assert "employee 50, who left" in line["reason"]
    assert f"approve {run['run_id']} --employee 70" in line["advice"]
    assert "username" in line["advice"]
    assert "1 match of an employee and an account is held until it is confirmed" in run["message"]
    assert f"approve {run['run_id']} --employee 70" in run["advice"]
    assert account_of_kai(departed) == before


@pytest.mark.parametrize("last_name", ["Lund", "Lundt"])
def test_the_same_names_with_another_address_are_a_hint_and_hold_nothing(departed: RunHarness, last_name: str) -> None:
    departed.company.hire("70", **{**KAI, "lastName": last_name, "workEmail": "k.lund@acme.example"})

    checks = {one["area"]: one["what"] for one in map(json.loads, departed.run("doctor", "--json").stdout.splitlines())}
    run = departed.run("reconcile", "--yes")

    is_hinted = last_name == "Lund"
    assert ("possible_second_account" in run["warnings"]) == is_hinted
    assert ("70 (as 50)" in checks.get("possible second accounts", "")) == is_hinted
    assert (run.code, run["created"]) == (0, 1)
    assert "Lund" not in run.stdout + run.stderr


def test_an_approval_that_names_the_employee_moves_the_account_to_the_new_id(departed: RunHarness) -> None:
    departed.company.hire("70", **KAI)
    before, held = account_of_kai(departed), departed.run()

    approval = departed.run("approve", held["run_id"], "--employee", "70", "--yes")

    after = account_of_kai(departed)
    assert approval.code == 0
    assert (after["id"], after["idnumber"], after["suspended"]) == (before["id"], "70", False)
    assert departed.run().code == 0


@pytest.mark.parametrize("options", [[], ["--only", "identity"], ["--employee", "1"]])
def test_nothing_else_confirms_whose_the_account_is(departed: RunHarness, options: list[str]) -> None:
    departed.company.hire("70", **KAI)
    before, held = account_of_kai(departed), departed.run()

    approval = departed.run("approve", held["run_id"], *options, "--yes")

    assert (approval.code, approval["outcome"]) == (2, "usage_error")
    assert "--only unconfirmed" in approval["advice"]
    assert account_of_kai(departed) == before


def test_the_approval_holds_for_the_account_of_the_held_run_only(departed: RunHarness) -> None:
    departed.company.hire("70", **KAI)
    held, before = departed.run(), account_of_kai(departed)
    departed.site.change_user(before["id"], email="kai.lund.old@acme.example", username="kai.lund.old")
    departed.site.add_user(before["username"], **{**KAI_MOODLE, "idnumber": "50", "suspended": True})

    approval = departed.run("approve", held["run_id"], "--employee", "70", "--yes")

    assert (approval["updated"], approval["created"], approval["reactivated"]) == (0, 0, 0)
    assert "70" not in {user["idnumber"] for user in departed.accounts()}


def test_the_new_id_that_an_operator_enters_ends_with_the_account_active(departed: RunHarness) -> None:
    departed.company.hire("70", **KAI)
    departed.run()
    departed.site.change_user(account_of_kai(departed)["id"], idnumber="70")

    run = departed.run()

    assert (run.code, run["reactivated"], account_of_kai(departed)["suspended"]) == (0, 1, False)
    departed.site.change_user(account_of_kai(departed)["id"], suspended=True)
    assert departed.run("sync", "--employee", "70")["reactivated"] == 0, "others suspended it since"


def test_a_deleted_employee_who_comes_back_under_a_new_id_is_recognised(harness: RunHarness) -> None:
    harness.company.hire("50", **KAI)
    staff(harness, *range(1, 13))
    harness.company.delete("50")
    assert harness.run()["suspended"] == 1
    advance_clock(harness, hours=2)
    harness.company.hire("70", **KAI)

    assert harness.run().reason_codes("70") == ["unconfirmed"]


def test_a_deleted_employee_whose_address_is_reused_stays_as_they_are(harness: RunHarness) -> None:
    harness.company.hire("50", **KAI)
    staff(harness, *range(1, 13))
    harness.company.delete("50")
    for _ in range(2):
        assert harness.run().code == 0
        advance_clock(harness, minutes=20)
        harness.company.touch("1")
    harness.company.hire("70", **{**KAI, "firstName": "Ida"})

    first, second = harness.run(), harness.run()

    for run in (first, second):
        assert (run["total_changed"], run["unchanged"], run["no_evidence"]) == (2, run["processed"] - 1, 0)
    assert first.reason_codes("70") == ["email_taken"]
    assert run_doctor(harness)["BambooHR field status"][0] == "ok"
    assert "50" not in harness.run("people", "list").stdout
    assert "already suspended" in harness.run("explain", "--employee", "50").stdout
    harness.site.change_user(account_of_kai(harness)["id"], suspended=False)
    assert (harness.run().reason_codes("50"), account_of_kai(harness)["suspended"]) == (["deleted_earlier"], False)


def test_the_other_reading_ends_with_a_new_account(departed: RunHarness) -> None:
    departed.company.hire("70", **KAI)
    departed.run()
    former = account_of_kai(departed)
    departed.site.change_user(former["id"], email="kai.lund.former@acme.example", username="kai.lund.former")

    run = departed.run()

    assert (run.code, run["created"], departed.account("70")["id"] != former["id"]) == (0, 1, True)


def test_the_account_of_a_suspension_by_an_earlier_version_is_noted_in_the_next_run(departed: RunHarness) -> None:
    store = Store(SqliteItems(str(departed.state_file)), "default")
    store.remember([replace(store.history().records[50], suspended_account_id=0)])

    assert departed.run().code == 0

    assert store.history().records[50].suspended_account_id == account_of_kai(departed)["id"]


def test_it_is_not_noted_while_look_ups_end_early(departed: RunHarness) -> None:
    store = Store(SqliteItems(str(departed.state_file)), "default")
    store.remember([replace(store.history().records[50], suspended_account_id=0)])
    departed.company.terminate("2", hireDate="2020-01-01")
    departed.company.touch("3")
    departed.fail_moodle("status", operation="core_user_get_users_by_field", text="field=idnumber", skip=1, times=0)

    run = departed.run()

    assert (run["outcome"], run["suspended"]) == ("moodle_error", 1)
    assert store.history().records[50].suspended_account_id == 0
    departed.heal()
    assert departed.run().code == 0
    assert store.history().records[50].suspended_account_id == account_of_kai(departed)["id"]

"""Whatever ends the other employees' reads, the leavers of the run are suspended, and nothing is lost."""

from __future__ import annotations

import json

import pytest

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import generate
from tests.worker.end_to_end.bad_records import BY_FIELD, CREATE, UPDATE, account_id
from worker.state.sqlite import SqliteItems
from worker.state.store import Store

MAPS_A_CUSTOM_FIELD = {"FIELD_MAPPING": json.dumps({"institution": "bamboohr:customCost"})}


@pytest.fixture
def departing(harness: RunHarness) -> RunHarness:
    """Thirty employees in sync an hour ago; since then, five have moved and one has left."""
    harness.company.add([{**employee, "customCost": "C1"} for employee in generate(30, seed=5)])
    assert harness.run().code == 0
    harness.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    for number in ("1", "2", "3", "4", "5"):
        harness.company.edit(number, department="Moved")
    harness.company.terminate("11", hireDate="2020-01-01")
    return harness


@pytest.fixture
def limited(departing: RunHarness) -> RunHarness:
    """The same, and Moodle limits the rate of every look-up that finds the account of employee 3."""
    record = f"account {account_id(departing, '3')}"
    departing.fail_moodle("status", operation=BY_FIELD, record=record, times=0, status=429)
    return departing


def test_a_look_up_that_ends_the_run_keeps_no_leaver_active(limited: RunHarness) -> None:
    run = limited.run()

    assert (run.code, run["outcome"], run["suspended"], run["updated"]) == (1, "moodle_error", 1, 0)
    assert "429" in run["message"]
    assert limited.account("11")["suspended"] == 1
    assert run.reason_codes("3") == []


def test_what_such_a_run_has_not_done_is_done_by_the_next_one(limited: RunHarness) -> None:
    stopped = limited.run()
    limited.heal()

    run = limited.run()

    assert stopped["next_since"] == stopped["since"]
    assert (run.code, run["updated"], run["suspended"]) == (0, 5, 0)


def test_such_a_run_is_no_successful_one(limited: RunHarness) -> None:
    """Otherwise the dates of its day would count as taken up."""
    limited.run()

    record = Store(SqliteItems(str(limited.state_file)), "default").history().runs[-1]

    assert (record.successful, record.is_baseline, record.dates_read) == (False, False, {})


def test_a_preview_of_such_a_run_says_why_it_ends(limited: RunHarness) -> None:
    plan = limited.run("plan")

    assert plan.code == 1
    assert "429" in plan.stderr


def test_a_report_of_custom_fields_that_ends_keeps_nobody_waiting(departing: RunHarness) -> None:
    departing.fail_bamboo("status", operation="report", times=0, status=429)

    run = departing.run(**MAPS_A_CUSTOM_FIELD)

    assert (run.code, run["suspended"], run["updated"]) == (1, 1, 5)
    assert run["error_reasons"] == {"custom_fields_unread": 1}


@pytest.mark.parametrize("refused", [set(range(1, 121, 3)), set(range(1, 31))], ids=["spread", "in a row"])
def test_an_import_that_a_firewall_disturbs_goes_on_by_itself(harness: RunHarness, refused: set[int]) -> None:
    """What the import was allowed to create, the runs after it are as well."""
    for number in range(1, 121):
        harness.company.hire(
            str(number),
            firstName=f"New{number}",
            lastName="Hirely",
            workEmail=f"n{number}@x.example",
            department="POISON" if number in refused else "Sales",
        )
    harness.fail_moodle("firewall", operation=CREATE, text="POISON", times=0, status=403)

    runs = [harness.run() for _ in range(3)]

    assert [run["held"] for run in runs] == [{}, {}, {}]
    assert len(harness.accounts()) == 120 - len(refused)
    assert runs[-1]["errors"] == len(refused)
    assert "403" in str(runs[-1].log)


def test_a_leaver_whose_suspension_gets_no_answer_does_not_delay_the_others_again(departing: RunHarness) -> None:
    record = f"account {account_id(departing, '11')}"
    departing.fail_moodle("reset_before", operation=UPDATE, record=record, times=0)
    first = departing.run()
    departing.company.hire(firstName="New", lastName="Starter", workEmail="new@acme.example")
    departing.company.terminate("12", hireDate="2020-01-01")
    departing.forget_calls()

    second = departing.run()

    assert (first["suspended"], second["suspended"], second["created"]) == (0, 1, 1)
    assert second.reason_codes("11") == ["not_through"]
    calls = departing.to_moodle.calls
    assert calls[: calls.index(CREATE)].count(UPDATE) == 1, "that of the other leaver"
    assert UPDATE in calls[calls.index(CREATE) :]

"""A company's own fields fill Moodle fields: in bulk by reports, one by one where those are refused.

What is not shown is kept.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle.settings import ProfileField
from tests.worker.end_to_end.tools import advance_clock

MAPPING = json.dumps({"profile_field_centre": "bamboohr:customCostCenter"})
COMPANY = 60


def later(harness: RunHarness) -> None:
    advance_clock(harness, minutes=30)


@pytest.fixture
def staffed(harness: RunHarness) -> RunHarness:
    """Sixty employees in sync, each with a cost centre; the feed names number 1 alone."""
    harness.environment["FIELD_MAPPING"] = MAPPING
    harness.site.settings.profile_fields = (ProfileField("centre"),)
    harness.company.add({**one, "customCostCenter": f"C{one['id']}"} for one in generate(COMPANY, seed=7))
    run = harness.run()
    assert (run.code, run["created"], run["warnings"]) == (0, COMPANY, [])
    later(harness)
    harness.company.touch("1")
    assert harness.run()["unchanged"] == COMPANY
    later(harness)
    harness.forget_calls()
    return harness


def centre(harness: RunHarness, number: str) -> str | None:
    value = harness.account(number)["profile"].get("centre")
    return None if value is None else str(value)


def move(harness: RunHarness, *numbers: str, to: str | None = "moved") -> None:
    for number in numbers:
        harness.company.edit(number, customCostCenter=to)


def test_a_new_and_a_changed_employee_get_the_value_by_one_report(staffed: RunHarness) -> None:
    staffed.company.hire("101", firstName="New", lastName="Hire", workEmail="new@x.io", customCostCenter="C101")
    move(staffed, "3")
    move(staffed, "4", to=None)
    staffed.company.touch("5")

    run = staffed.run()
    staffed.forget_calls()
    again = staffed.run()

    assert (run.code, run["created"], run["updated"], run["warnings"]) == (0, 1, 2, [])
    assert [centre(staffed, number) for number in ("101", "3", "4", "5")] == ["C101", "moved", "", "C5"]
    # The feed, the directory, the dates of all employees, and the report.
    assert (run["http_calls"]["bamboohr"], again["updated"], staffed.writes()) == (3 + 1, 0, [])


def test_a_reconcile_reads_all_employees_by_one_report(staffed: RunHarness) -> None:
    staffed.company.edit("3", stamp=False, customCostCenter="moved")

    run = staffed.run("reconcile", "--yes")

    assert (run.code, run["updated"], centre(staffed, "3")) == (0, 1, "moved")
    assert staffed.to_bamboo.calls.count("report") == 1


@pytest.mark.parametrize(("refusal", "command"), [(401, "sync"), (403, "sync"), (403, "reconcile")])
def test_where_reports_are_refused_the_same_values_are_read_one_by_one(
    staffed: RunHarness, refusal: Any, command: str
) -> None:
    staffed.bamboo.settings.report_refused = refusal
    move(staffed, "3")
    for number in ("4", "5", "6"):
        staffed.company.touch(number)
    arguments = () if command == "sync" else ("reconcile", "--yes")

    run = staffed.run(*arguments)
    staffed.bamboo.settings.report_refused = None
    again = staffed.run(*arguments)

    assert (run.code, run["updated"], again["updated"], centre(staffed, "3")) == (0, 1, 0, "moved")
    assert [line["advice"] for line in run.log if line["event"] == "bamboohr.report_refused"] == [
        "allow the key's user to run reports"
    ]


def column_not_declared(harness: RunHarness) -> None:
    harness.bamboo.settings.report_restricted = frozenset({"customCostCenter"})


def column_empty(harness: RunHarness) -> None:
    harness.bamboo.settings.garbled = {str(number): {"customCostCenter": None} for number in range(1, COMPANY + 1)}


def report_without_rows(harness: RunHarness) -> None:
    harness.bamboo.settings.report_lacks = frozenset(map(str, range(1, COMPANY + 1)))


def row_missing(harness: RunHarness) -> None:
    harness.bamboo.settings.report_lacks = frozenset({"3"})


def rows_contradict(harness: RunHarness) -> None:
    harness.bamboo.settings.contradicting = {"3": {"customCostCenter": "another"}}


@pytest.mark.parametrize(
    ("fault", "warnings"),
    [
        (column_not_declared, ["field_never_shown"]),
        (column_empty, ["fields_emptied"]),
        (report_without_rows, ["field_never_shown"]),
        (row_missing, ["custom_fields_missing"]),
        (rows_contradict, ["custom_fields_missing"]),
    ],
)
@pytest.mark.parametrize("command", ["sync", "reconcile"])
def test_a_value_that_is_not_shown_is_kept(staffed: RunHarness, fault: Any, warnings: list[str], command: str) -> None:
    fault(staffed)
    staffed.company.edit("3", department="Moved")

    run = staffed.run() if command == "sync" else staffed.run("reconcile", "--yes")

    assert (run.code, run["warnings"], centre(staffed, "3")) == (0, warnings, "C3")
    assert (run["updated"], staffed.account("3")["department"]) == (1, "Moved")


def key_refused(harness: RunHarness) -> None:
    harness.bamboo.settings.report_refused = 403
    harness.bamboo.settings.get_restricted = frozenset({"customCostCenter"})


@pytest.mark.parametrize("fault", [column_not_declared, column_empty, row_missing, rows_contradict, key_refused])
def test_a_change_that_may_have_been_missed_makes_a_full_pass_due(staffed: RunHarness, fault: Any) -> None:
    settings = staffed.bamboo.settings
    usual = {name: getattr(settings, name) for name in settings.__slots__}
    fault(staffed)
    move(staffed, "3")
    later(staffed)
    staffed.company.touch("7")
    assert (staffed.run()["reconcile_due"], centre(staffed, "3")) == (True, "C3")
    for name, value in usual.items():
        setattr(settings, name, value)
    later(staffed)
    staffed.company.touch("7")
    assert (staffed.run()["reconcile_due"], centre(staffed, "3")) == (True, "C3")

    assert staffed.run("reconcile", "--yes")["reconcile_due"] is False
    assert (staffed.run()["reconcile_due"], centre(staffed, "3")) == (False, "moved")


def test_a_full_pass_is_not_due_for_a_field_that_never_had_a_value_or_for_one_employee_who_is_never_shown(
    staffed: RunHarness,
) -> None:
    both = {"FIELD_MAPPING": json.dumps({**json.loads(MAPPING), "city": "bamboohr:customTwon"})}
    staffed.run("reconcile", "--yes", **both)
    staffed.company.touch("3")
    assert staffed.run(**both)["reconcile_due"] is False

    row_missing(staffed)

    assert staffed.run("reconcile", "--yes", **both)["reconcile_due"] is False


def test_a_field_that_does_not_exist_is_one_warning_of_the_run(staffed: RunHarness) -> None:
    both = json.dumps({"profile_field_centre": "bamboohr:customCostCenter", "city": "bamboohr:customTwon"})

    run = staffed.run("sync", "--employee", "3", "--employee", "4", FIELD_MAPPING=both)

    (warning,) = [line for line in run.log if line.get("code") == "field_never_shown"]
    assert run["warnings"] == ["field_never_shown"]
    assert "BambooHR does not show bamboohr:customTwon for any employee" in warning["reason"]
    assert "CostCenter" not in warning["reason"]


def test_a_field_named_by_its_number_comes_back_under_another_name(harness: RunHarness) -> None:
    harness.site.settings.profile_fields = (ProfileField("centre"),)
    numbered: dict[str, Any] = {"4310": "C1"}
    harness.company.hire("1", firstName="Ana", lastName="Roy", workEmail="ana@x.io", **numbered)
    harness.bamboo.settings.report_renamed = {"4310": "4310.0"}
    harness.bamboo.settings.report_extra = ("homeEmail", "division")

    run = harness.run(FIELD_MAPPING=json.dumps({"profile_field_centre": "bamboohr:4310"}))

    assert (run["created"], run["warnings"], centre(harness, "1")) == (1, [], "C1")


def test_a_field_of_the_catalogue_named_by_its_api_name_needs_no_report(harness: RunHarness) -> None:
    harness.company.hire("1", firstName="Ana", lastName="Roy", workEmail="ana@x.io", division="North")

    assert harness.run(FIELD_MAPPING=json.dumps({"city": "bamboohr:division"}))["created"] == 1
    assert (harness.account("1")["city"], harness.to_bamboo.calls.count("report")) == ("North", 0)


def test_a_custom_field_decides_on_the_scope_and_moves_nobody_out_while_it_is_hidden(staffed: RunHarness) -> None:
    scope = {"SCOPE": json.dumps({"bamboohr:customCostCenter": {"exclude": ["moved"]}}), "OUT_OF_SCOPE": "suspend"}
    assert staffed.run("reconcile", "--yes", **scope)["suspended"] == 0
    later(staffed)
    move(staffed, "3")
    assert staffed.run(**scope)["suspended"] == 1

    later(staffed)
    move(staffed, "4")
    for hide in (column_not_declared, column_empty):
        hide(staffed)
        run = staffed.run(**scope)
        assert (run["suspended"], run["scope_not_shown"] > 0) == (0, True)

    staffed.bamboo.settings.report_restricted = frozenset()
    staffed.bamboo.settings.garbled = {}
    staffed.bamboo.settings.report_refused = 403
    later(staffed)
    move(staffed, "3", to="C3")
    run = staffed.run(**scope)
    assert (run["suspended"], run["reactivated"]) == (1, 1)


# One record


@pytest.mark.parametrize(
    "fault", [{"kind": "status", "status": 500}, {"kind": "answer", "status": 200, "body": "<a/>"}]
)
@pytest.mark.parametrize("command", ["sync", "reconcile"])
def test_a_record_that_breaks_the_report_costs_one_employee_these_fields(
    staffed: RunHarness, fault: dict[str, Any], command: str
) -> None:
    staffed.fail_bamboo(operation="report", record="employee 3", times=0, **fault)
    move(staffed, "2", "4", "5")
    staffed.company.edit("3", department="Moved", customCostCenter="moved")
    staffed.company.terminate("6")

    run = staffed.run() if command == "sync" else staffed.run("reconcile", "--yes")

    assert (run.code, run["errors"], run["updated"], run["suspended"]) == (1, 1, 4, 1)
    assert run.reason_codes("3") == ["unreadable_fields"]
    assert [centre(staffed, number) for number in ("2", "3", "4", "5")] == ["moved", "C3", "moved", "moved"]
    assert staffed.account("3")["department"] == "Moved"

    staffed.forget_calls()
    again = staffed.run()
    # The others with their sample; then the one, with two quick retries and once more alone.
    assert (again["errors"], staffed.to_bamboo.calls.count("report") <= 5) == (1, True)

    staffed.heal()
    assert staffed.run()["errors"] == 0
    assert command == "reconcile" or centre(staffed, "3") == "moved"


def test_a_record_that_breaks_the_report_by_which_the_scope_is_decided_is_an_error_until_it_can_be_read(
    staffed: RunHarness,
) -> None:
    scope = {"SCOPE": json.dumps({"bamboohr:customCostCenter": {"exclude": ["moved"]}})}
    staffed.run("reconcile", "--yes", **scope)
    staffed.fail_bamboo("status", operation="report", record="employee 3", status=500, times=0)
    staffed.company.edit("3", department="Moved")
    move(staffed, "4", to="C5")

    run, again = staffed.run(**scope), staffed.run(**scope)
    staffed.heal()
    read = staffed.run(**scope)

    assert (run.code, run["updated"], run["error_reasons"]) == (1, 1, {"unreadable_fields": 1})
    assert (again.code, again["error_reasons"]) == (1, {"unreadable_fields": 1})
    assert (read.code, read["updated"], staffed.account("3")["department"]) == (0, 1, "Moved")


def test_a_leaver_whose_record_breaks_the_report_is_suspended(staffed: RunHarness) -> None:
    staffed.fail_bamboo("status", operation="report", record="employee 3", status=500, times=0)
    staffed.company.terminate("3")

    run = staffed.run()

    assert (run.code, run["suspended"], run["errors"]) == (0, 1, 0)


def test_an_employee_outside_the_run_who_breaks_the_report_costs_nothing(staffed: RunHarness) -> None:
    staffed.fail_bamboo("status", operation="report", record="employee 9", status=500, times=0)
    move(staffed, "3")

    run = staffed.run()

    assert (run.code, run["updated"], centre(staffed, "3")) == (0, 1, "moved")
    assert staffed.to_bamboo.calls.count("report") == 2


@pytest.mark.parametrize(
    "fault", [{"kind": "status", "status": 500}, {"kind": "answer", "status": 200, "body": "<a/>"}]
)
def test_reports_that_fail_for_all_keep_the_window_for_the_next_run_and_hold_up_nothing_else(
    staffed: RunHarness, fault: dict[str, Any]
) -> None:
    staffed.fail_bamboo(operation="report", times=0, **fault)
    move(staffed, *map(str, range(1, 21)))
    staffed.company.edit("3", department="Moved")
    staffed.company.terminate("21")

    run = staffed.run()
    staffed.heal()
    again = staffed.run()

    assert (run.code, run["warnings"], run["suspended"]) == (1, ["custom_fields_unread"], 1)
    assert run["error_reasons"] == {"custom_fields_unread": 1}
    assert staffed.account("3")["department"] == "Moved"
    assert (again.code, again["updated"]) == (0, 20)


def test_a_name_from_a_field_of_the_company_confirms_the_account_of_a_leaver_without_an_address(
    harness: RunHarness,
) -> None:
    harness.environment["FIELD_MAPPING"] = json.dumps({"lastname": "bamboohr:customLast", "firstname": "middle_name"})
    harness.company.add({**one, "middleName": "Ana", "customLast": "Roy"} for one in generate(12, seed=7))
    assert harness.run()["created"] == 12
    later(harness)
    harness.company.terminate("1", workEmail=None)

    run = harness.run()

    assert (run.code, run["suspended"], harness.account("1")["suspended"]) == (0, 1, True)

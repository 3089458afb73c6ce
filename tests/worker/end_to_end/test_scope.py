"""The scope: who is managed, who is left alone or suspended, and what never moves an employee out of scope."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.run_harness import RunHarness, RunResult
from tests.sandbox.bamboohr import generate
from tests.sandbox.wire import Request, Response
from tests.worker.end_to_end.test_explain import explain
from tests.worker.end_to_end.tools import advance_clock, employee_lines, in_sync, records, suspended
from worker.model.history import FollowUp

SALES_AND_SUPPORT = json.dumps({"department": ["sales", "Support"]})
NO_CONTRACTORS = json.dumps({"employment_status": {"exclude": ["Contractor"]}})
SUSPEND = {"SCOPE": SALES_AND_SUPPORT, "OUT_OF_SCOPE": "suspend"}
SALES, SUPPORT, LEGAL = range(1, 41), range(41, 56), range(56, 61)


def department(number: int) -> str:
    return "Sales" if number in SALES else "Support" if number in SUPPORT else "Legal"


@pytest.fixture
def company(harness: RunHarness) -> RunHarness:
    """Sixty employees: 40 in Sales, 15 in Support, 5 in Legal."""
    rows = generate(60, seed=14, without_email=0.0)
    common = {"employmentHistoryStatus": "Full-Time"}
    harness.company.add({**row, **common, "department": department(int(row["id"] or "0"))} for row in rows)
    return harness


@pytest.fixture
def staffed(company: RunHarness) -> RunHarness:
    """The same, all in sync before any scope is set; the feed names employee 40 in every run."""
    in_sync(company, [])
    company.company.touch("40")
    assert company.run().code == 0
    advance_clock(company, hours=1)
    return company


@pytest.fixture
def scoped(staffed: RunHarness) -> RunHarness:
    """The same, where Legal is out of scope and suspended."""
    assert staffed.run("reconcile", "--yes", **SUSPEND)["suspended"] == 5
    advance_clock(staffed, hours=1)
    return staffed


def move(harness: RunHarness, number: int, to: str, **more: Any) -> None:
    harness.company.edit(str(number), department=to, **more)


def written(run: RunResult) -> tuple[int, int, int, int]:
    """Created, updated, suspended, reactivated."""
    return run["created"], run["updated"], run["suspended"], run["reactivated"]


# Out of scope, and left alone


def test_only_employees_in_scope_get_an_account_and_warnings_about_their_values(company: RunHarness) -> None:
    table = {"from": "department", "map": {"Sales": "4711", "Support": "4712"}}

    run = company.run(SCOPE=SALES_AND_SUPPORT, FIELD_MAPPING=json.dumps({"institution": table}))

    assert (run.code, run["created"], run["skipped_out_of_scope"], run["warnings"]) == (0, 55, 5, [])
    assert employee_lines(run)[56]["reason"] == "is out of scope: department has none of the allowed values"


def test_an_account_out_of_scope_is_left_alone_and_a_leaver_suspended(staffed: RunHarness) -> None:
    move(staffed, 1, "Legal", lastName="Renamed")
    staffed.company.terminate("56")
    before = staffed.account("1")

    run = staffed.run(SCOPE=SALES_AND_SUPPORT)

    assert (run.code, written(run), run["skipped_out_of_scope"], run["errors"]) == (0, (0, 0, 1, 0), 1, 0)
    assert (staffed.account("1"), suspended(staffed)) == (before, {56})


def test_an_employee_who_enters_the_scope_is_created_and_updated_from_then_on(company: RunHarness) -> None:
    company.run(SCOPE=SALES_AND_SUPPORT)
    advance_clock(company, hours=1)
    move(company, 56, "Support")

    assert written(company.run(SCOPE=SALES_AND_SUPPORT)) == (1, 0, 0, 0)
    assert company.account("56")["department"] == "Support"


def test_contractors_are_excluded_by_a_field_that_the_directory_lacks(company: RunHarness) -> None:
    company.company.edit("7", employmentHistoryStatus="contractor")
    company.company.edit("8", employmentHistoryStatus=None)

    run = company.run(SCOPE=NO_CONTRACTORS)

    assert (run.code, run["created"], employee_lines(run)[7]["code"]) == (0, 59, "out_of_scope")


def test_employees_who_are_left_alone_cost_no_look_up(staffed: RunHarness) -> None:
    for number in LEGAL:
        staffed.company.touch(str(number))
    staffed.forget_calls()

    run = staffed.run(SCOPE=json.dumps({"department": ["Support"]}))

    assert run["skipped_out_of_scope"] == 6
    assert len(staffed.to_moodle.calls) == 1, "the canary"


# Out of scope, and suspended


def test_an_account_is_suspended_out_of_scope_and_reactivated_on_return(staffed: RunHarness) -> None:
    move(staffed, 1, "Legal")
    out = staffed.run(**SUSPEND)
    assert (out.code, written(out), suspended(staffed)) == (0, (0, 0, 1, 0), {1})
    assert staffed.account("1")["department"] == "Sales"
    again = staffed.run(**SUSPEND)
    assert (again.code, written(again)) == (0, (0, 0, 0, 0))
    advance_clock(staffed, hours=1)
    move(staffed, 1, "Support")

    back = staffed.run(**SUSPEND)

    assert (back.code, written(back), suspended(staffed)) == (0, (0, 0, 0, 1), set())
    assert staffed.account("1")["department"] == "Support"


def test_a_value_of_a_list_that_was_begun_again_matches_no_employee(
    staffed: RunHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.bamboohr.client.ROWS_PER_PAGE", 40)
    for number in LEGAL:
        move(staffed, number, "Sales")
    move(staffed, 1, "Legal")
    answer, restarts = staffed.bamboo.answer, list[Request]()

    def changing(request: Request) -> Response:
        if "page[after]" not in dict(request.query) or restarts:
            return answer(request)
        restarts.append(request)
        move(staffed, 1, "Sales")
        return Response(400)

    staffed.bamboo.answer = changing  # type: ignore[method-assign]
    run = staffed.run(SCOPE=json.dumps({"department": ["Sales", "Support", "Legal"]}))

    assert (run.code, run["warnings"], len(restarts)) == (0, ["scope_unmatched"], 1)


def test_a_reconcile_suspends_who_is_out_of_scope_and_takes_in_who_is_in_it(scoped: RunHarness) -> None:
    assert suspended(scoped) == {*LEGAL}

    run = scoped.run("reconcile", "--yes", SCOPE=json.dumps({"department": ["Sales", "Support", "Legal"]}))

    assert (run.code, written(run), suspended(scoped)) == (0, (0, 0, 0, 5), set())


def test_undo_takes_a_suspension_for_the_scope_back_and_leaves_the_employee_alone(staffed: RunHarness) -> None:
    move(staffed, 1, "Legal")
    run = staffed.run(**SUSPEND)

    undone = staffed.run("undo", run["run_id"], "--yes", **SUSPEND)
    later = staffed.run("reconcile", "--yes", **SUSPEND)

    assert (undone.code, undone["reactivated"]) == (0, 1)
    assert (later["held_undone"], later["suspended"], suspended(staffed)) == (1, 5, {*LEGAL})


# What moves no employee out of scope


@pytest.mark.parametrize("listing", ["allowed", "refused"])
def test_a_field_that_is_hidden_moves_no_employee_out(staffed: RunHarness, listing: str) -> None:
    hidden = {str(number): frozenset({"department"}) for number in (1, 2, 56)}
    staffed.bamboo.settings.restricted_for = hidden
    staffed.bamboo.settings.list_refused = 403 if listing == "refused" else None
    for number in hidden:
        staffed.company.touch(number)

    run = staffed.run(**SUSPEND)

    assert (run["scope_not_shown"], suspended(staffed)) == (3, set())
    assert "scope_not_shown" in run["warnings"]
    assert records(staffed)[56].has(FollowUp.WAITING)
    staffed.bamboo.settings.restricted_for = {}
    assert (staffed.run(**SUSPEND)["suspended"], suspended(staffed)) == (1, {56})


def test_a_field_that_is_shown_for_no_employee_is_an_error_and_the_full_pass_stays_due(staffed: RunHarness) -> None:
    staffed.bamboo.settings.list_restricted = frozenset({"employmentHistoryStatus"})
    scope = {"SCOPE": NO_CONTRACTORS, "OUT_OF_SCOPE": "suspend"}

    run = staffed.run("reconcile", "--yes", **scope)

    assert (run.code, written(run), run["scope_not_shown"], run["reconcile_due"]) == (1, (0, 0, 0, 0), 60, True)
    assert run["error_reasons"] == {"scope_not_shown": 1}
    assert staffed.run(**scope)["reconcile_due"]

    staffed.company.terminate("2")
    move(staffed, 1, "Support")
    few = staffed.run(**scope)
    staffed.bamboo.settings.list_restricted = frozenset()
    shown = staffed.run(**scope)
    assert (few.code, written(few), few["error_reasons"]) == (1, (0, 0, 1, 0), {"scope_not_shown": 1})
    assert (shown.code, written(shown), staffed.account("1")["department"]) == (0, (0, 1, 0, 0), "Support")


@pytest.mark.parametrize("command", [(), ("reconcile", "--yes")])
def test_a_field_that_is_emptied_for_all_moves_no_employee_into_the_scope(
    company: RunHarness, command: tuple[str, ...]
) -> None:
    no_support = {"SCOPE": json.dumps({"department": {"exclude": ["Support"]}}), "OUT_OF_SCOPE": "suspend"}
    assert company.run(**no_support)["created"] == 45
    advance_clock(company, hours=1)
    company.bamboo.settings.garbled = {str(number): {"department": None} for number in range(1, 61)}
    for number in (1, 41, 42):
        company.company.touch(str(number))

    emptied = company.run(*command, **no_support)
    company.bamboo.settings.garbled = {}
    shown = company.run(*command, **no_support)

    assert (written(emptied), emptied["scope_not_shown"] >= 3) == ((0, 0, 0, 0), True)
    assert (shown.code, written(shown), shown["skipped_out_of_scope"] >= 2) == (0, (0, 0, 0, 0), True)


# What the guards hold


def rename_support(harness: RunHarness, *named_in_the_feed: int) -> None:
    for number in SUPPORT:
        harness.company.edit(str(number), department="Customer Care", stamp=number in named_in_the_feed)


@pytest.mark.parametrize("list_refused", [None, 403])
def test_a_renamed_department_is_held_and_leavers_are_suspended(scoped: RunHarness, list_refused: Any) -> None:
    scoped.bamboo.settings.list_refused = list_refused
    rename_support(scoped, 41, 42)
    scoped.company.terminate("1")

    run = scoped.run(**SUSPEND)

    assert (run.code, run["held"], run["suspended"]) == (4, {"suspend": 2}, 1)
    assert 'no employee has the department "Support" any more' in run["message"]
    assert "2 of 3 are because of the scope" in run["message"]
    assert suspended(scoped) == {1, *LEGAL}


def test_a_renamed_department_is_followed_up_until_it_is_approved_or_the_scope_is_corrected(
    scoped: RunHarness,
) -> None:
    rename_support(scoped, 41, 42)
    held = scoped.run(**SUSPEND)
    assert scoped.run(**SUSPEND)["held"] == {"suspend": 2}
    assert records(scoped)[41].has(FollowUp.HELD)

    approved = scoped.run("approve", held["run_id"], "--employee", "41", "--yes", **SUSPEND)
    assert (approved.code, approved["suspended"], suspended(scoped)) == (0, 1, {41, *LEGAL})

    corrected = {**SUSPEND, "SCOPE": json.dumps({"department": ["Sales", "Customer Care"]})}
    run = scoped.run(**corrected)
    assert (run.code, run["suspended"], run["held"], run["reconcile_due"]) == (0, 0, {}, True)
    assert suspended(scoped) == {*LEGAL}


def test_a_renamed_value_that_was_excluded_is_named(company: RunHarness) -> None:
    scope = {"SCOPE": json.dumps({"department": {"exclude": ["Support", "Nowhere"]}})}
    assert company.run(**scope)["warnings"] == []
    advance_clock(company, hours=1)
    rename_support(company, *SUPPORT)

    run = company.run(**scope)

    assert (run.code, run["created"], run["warnings"]) == (0, 15, ["scope_unmatched"])
    assert 'SCOPE excludes what no employee has any more: department "Support".' in run.stderr.replace("\\", "")


def test_a_renamed_status_is_noticed_though_the_directory_lacks_it(staffed: RunHarness) -> None:
    scope = {"SCOPE": json.dumps({"employment_status": ["Full-Time"]}), "OUT_OF_SCOPE": "suspend"}
    staffed.run(**scope)
    advance_clock(staffed, hours=1)
    for number in range(1, 61):
        staffed.company.edit(str(number), employmentHistoryStatus="Full time", stamp=number == 1)

    run = staffed.run(**scope)

    assert (run.code, run["held"], suspended(staffed)) == (4, {"suspend": 2}, set())
    assert "employment_status" in run["message"]
    assert employee_lines(run)[1]["notes"] == ["is out of scope: employment_status has none of the allowed values"]


@pytest.mark.parametrize("sharing", ["full", "off"])
def test_a_scope_that_matches_no_employee_suspends_none_unasked(staffed: RunHarness, sharing: Any) -> None:
    staffed.bamboo.settings.directory_sharing = sharing
    typing_error = {"SCOPE": json.dumps({"department": ["Slaes"]}), "OUT_OF_SCOPE": "suspend"}
    move(staffed, 1, "Legal")
    move(staffed, 2, "Legal")

    first = staffed.run(**typing_error)
    second = staffed.run(**typing_error)

    assert (first.code, first["held"], second["held"]) == (4, {"suspend": 3}, {"suspend": 3})
    assert "the scope matches no employee" in first["message"]
    assert "scope_unmatched" in first["warnings"]
    assert suspended(staffed) == set()
    approved = staffed.run("approve", second["run_id"], "--only", "suspend", "--yes", **typing_error)
    assert (approved.code, approved["suspended"], suspended(staffed)) == (0, 3, {1, 2, 40})


# A changed scope


def test_a_changed_scope_makes_a_full_pass_due(staffed: RunHarness) -> None:
    assert staffed.run()["reconcile_due"] is False
    assert staffed.run(OUT_OF_SCOPE="suspend")["reconcile_due"] is False

    assert staffed.run(SCOPE=SALES_AND_SUPPORT)["reconcile_due"] is True
    assert staffed.run("reconcile", "--yes", SCOPE=SALES_AND_SUPPORT)["reconcile_due"] is False
    assert staffed.run(SCOPE=json.dumps({"department": ["SUPPORT", "Sales"]}))["reconcile_due"] is False
    assert staffed.run(**SUSPEND)["reconcile_due"] is True


# Reports


def test_explain_says_which_field_and_list_decide_and_values_only_on_request(staffed: RunHarness) -> None:
    excluded = {**SUSPEND, "SCOPE": json.dumps({"department": ["Sales"], "city": {"exclude": ["Nowhere"]}})}

    assert staffed.run(**excluded).code == 0

    without = explain(staffed, "56", **excluded)
    file = staffed.state_file.with_name("explanation.json")
    staffed.run("explain", "--employee", "56", "--json", "--show-values", "--output", str(file), **excluded)
    kept = explain(staffed, "56", SCOPE=SALES_AND_SUPPORT)

    assert without["Scope"] == {
        "state": "out of scope: the account of an employee who works here is suspended",
        "department": "set: out, as the list allow decides",
        "city": "set: in, as the list exclude decides",
    }
    assert without["What would be done"]["because"] == "is out of scope: department has none of the allowed values"
    assert kept["Account"]["rule"] == "not looked up: nothing is written for the employee"
    assert json.loads(file.read_text())["Scope"]["department"] == "'Legal': out, as the list allow decides ('Sales')"

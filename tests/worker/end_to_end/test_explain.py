"""`explain --employee ID`: what the next run would do for an employee, and why."""

from __future__ import annotations

import json
import stat
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.run_harness import API_KEY, RunHarness, RunResult
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import TOKEN
from tests.worker.end_to_end.tools import advance_clock, at_a_terminal, hold_lock, state_and_site

JO: dict[str, Any] = {
    "firstName": "Joquux",
    "lastName": "Doequux",
    "workEmail": "joquux@example.com",
    "department": "Salesquux",
}
Explanation = dict[str, dict[str, str]]


@pytest.fixture
def staffed(harness: RunHarness) -> RunHarness:
    """Thirty employees and Jo, in sync."""
    harness.company.add(generate(30, seed=71))
    harness.company.hire("100", hireDate="2020-01-01", **JO)
    assert harness.run().code == 0
    advance_clock(harness, hours=1)
    harness.forget_calls()
    return harness


def explain(harness: RunHarness, employee: str, *more: str, **settings: str) -> Explanation:
    """Return the sections of the explanation."""
    run = harness.run("explain", "--employee", employee, "--json", *more, **settings)
    assert (run.code, run.stderr) == (0, "")
    explanation = json.loads(run.stdout)
    assert explanation.pop("employee_id") == int(employee)
    return {title: lines for title, lines in explanation.items() if title != "warnings"}


def planned_step(explanation: Explanation) -> tuple[str, str]:
    step = explanation["What would be done"]
    return step["action"], step["because"]


def assert_no_values(run: RunResult) -> None:
    for secret in ("quux", API_KEY, TOKEN):
        assert secret not in run.stdout + run.stderr


# The employee's lifecycle


def test_an_active_employee_in_sync(staffed: RunHarness) -> None:
    explanation = explain(staffed, "100")

    assert explanation["BambooHR"]["directory"] == "shows the employee"
    assert explanation["BambooHR"]["standing"] == "works here"
    assert (
        explanation["Account"]["rule"]
        == "idnumber, trusted: its authentication is ours, the e-mail agrees, a name agrees"
    )
    assert explanation["Account"]["state"] == "active"
    assert explanation["Mapping"]["department"] == "from department: set; in Moodle: set"
    assert planned_step(explanation) == ("unchanged", "nothing differs")
    assert explanation["Remembered"] == {"nothing": "nothing is remembered about this employee"}
    assert list(explanation) == [
        "BambooHR",
        "Account",
        "Mapping",
        "What would be done",
        "What holds it",
        "Remembered",
        "What the last runs did",
    ]


def test_a_change_that_the_next_run_will_write(staffed: RunHarness) -> None:
    staffed.company.edit("100", department="Legalquux")

    explanation = explain(staffed, "100")

    assert explanation["BambooHR"]["changed feed"].startswith("says changed at 20")
    assert explanation["Mapping"]["department"].endswith("WILL CHANGE")
    assert planned_step(explanation) == ("update", "BambooHR and Moodle differ")
    assert explanation["What would be done"]["field department"] == "differs (the values: --show-values)"


def test_a_leaver_and_the_writes_of_the_last_runs(staffed: RunHarness) -> None:
    staffed.company.terminate("100")
    suspended = staffed.run()["run_id"]
    advance_clock(staffed, hours=1)

    explanation = explain(staffed, "100")

    assert explanation["BambooHR"]["directory"].startswith("does not show the employee")
    assert explanation["BambooHR"]["standing"] == "has left: BambooHR says Inactive or Deleted"
    assert (explanation["BambooHR"]["status"], explanation["BambooHR"]["hire_date"]) == ("'Inactive'", "'2020-01-01'")
    assert explanation["Account"]["state"] == "suspended"
    assert planned_step(explanation) == ("unchanged", "left, and the account is already suspended")
    assert explanation["Remembered"]["suspended"].startswith("by this product, 20")
    wrote = explanation["What the last runs did"]
    assert wrote.pop(suspended).endswith("Z suspend: suspended")
    (created,) = wrote.values()
    assert created.endswith("Z create: auth, idnumber, username, firstname, lastname, department, email")


def test_an_employee_hidden_from_the_directory(staffed: RunHarness) -> None:
    staffed.company.hide("100")

    explanation = explain(staffed, "100")["BambooHR"]

    assert explanation["directory"].startswith("does not show the employee")
    assert explanation["List Employees or Get Employee"] == "shows a row"
    assert explanation["standing"] == "works here"


def test_an_unknown_employee_id(staffed: RunHarness) -> None:
    run = staffed.run("explain", "--employee", "77777")

    assert run.code == 0
    assert "warning: BambooHR shows nothing for employee 77777" in run.stdout
    explanation = explain(staffed, "77777")
    assert explanation["BambooHR"]["List Employees or Get Employee"] == "shows no row"
    assert explanation["Account"]["rule"] == "none matches: there is no account"
    assert planned_step(explanation) == ("hold", "BambooHR shows the key's user nothing for this employee id")


def test_a_deleted_record(staffed: RunHarness) -> None:
    staffed.company.delete("100")

    explanation = explain(staffed, "100")

    assert explanation["BambooHR"]["changed feed"].startswith("says Deleted")
    assert planned_step(explanation)[0] == "suspend"
    assert explanation["What would be done"]["field suspended"] == "active -> suspended"


def test_fields_that_the_key_may_not_see_are_marked(staffed: RunHarness) -> None:
    staffed.company.hide("100")
    staffed.bamboo.settings.restricted_for = {"100": frozenset({"department", "status"})}

    explanation = explain(staffed, "100")

    assert explanation["BambooHR"]["department"] == "NOT SHOWN: restricted for the key's user"
    assert explanation["BambooHR"]["status"] == "NOT SHOWN: restricted for the key's user"
    assert explanation["BambooHR"]["standing"].startswith("unknown")
    assert explanation["Mapping"]["department"].startswith("from department, which is not shown: left as it is")
    assert planned_step(explanation)[0] == "hold"
    assert explanation["What would be done"]["what to do"].startswith(
        "let the key's user see the employee and their status"
    )


def test_a_conflict_names_the_other_account(staffed: RunHarness) -> None:
    other = staffed.site.add_user("x", firstname="X", lastname="Y", email="new@example.com", idnumber="999")
    staffed.company.hire("200", firstName="A", lastName="B", workEmail="new@example.com")

    explanation = explain(staffed, "200")

    assert explanation["Account"]["by e-mail"] == f"account {other} (idnumber 999), auth manual"
    assert planned_step(explanation)[0] == "conflict"
    assert f"account {other} (idnumber 999)" in planned_step(explanation)[1]


def test_an_account_whose_match_is_contradicted(staffed: RunHarness) -> None:
    foreign = staffed.site.add_user("x", firstname="X", lastname="Y", email="x@example.com", idnumber="200")
    staffed.company.hire("200", firstName="A", lastName="B", workEmail="new@example.com")

    explanation = explain(staffed, "200")

    assert explanation["Account"]["by idnumber"] == f"account {foreign} (idnumber 200), auth manual"
    assert explanation["Account"]["rule"].startswith("idnumber, not trusted: ")


# What holds the employee


def test_a_protected_employee(staffed: RunHarness) -> None:
    explanation = explain(staffed, "100", PROTECTED_ACCOUNTS="100")

    assert planned_step(explanation) == ("skip", "a protected account or employee; nothing is ever written")
    assert explanation["What holds it"] == {"protected": "PROTECTED_ACCOUNTS names the employee id"}


def test_a_protected_username(staffed: RunHarness) -> None:
    explanation = explain(staffed, "100", PROTECTED_ACCOUNTS="joquux@example.com")

    assert planned_step(explanation)[0] == "skip"
    assert explanation["Account"]["rule"].endswith("it is protected")
    assert list(explanation["What holds it"]) == ["protected"]


def test_an_employee_of_an_undone_run(staffed: RunHarness) -> None:
    staffed.company.edit("100", department="Legalquux")
    run = staffed.run()["run_id"]
    staffed.run("undo", run, "--yes")

    explanation = explain(staffed, "100")

    assert explanation["What holds it"]["undone"].endswith("to release them: python -m worker people retry 100")
    assert explanation["Remembered"]["undone"] == run
    assert "a run was undone" in explanation["Remembered"]


def test_a_suspension_that_a_guard_held_names_the_run_to_approve(staffed: RunHarness) -> None:
    staffed.company.terminate("100")
    held = staffed.run(MAX_SUSPENSIONS="0")["run_id"]

    explanation = explain(staffed, "100", MAX_SUSPENSIONS="0")
    staffed.run("approve", held, "--yes")

    assert explanation["What holds it"] == {
        "suspend held": f"by a guard in the run {held}; if the change is right: python -m worker approve {held}"
        " --employee 100"
    }
    assert explanation["What would be done"]["action"] == "suspend (held: suspend)"
    assert explanation["What would be done"]["field suspended"] == "active -> suspended (held: suspend)"
    assert "suspend held" not in explain(staffed, "100")["What holds it"]


def test_an_employee_who_waits_for_the_start_date(staffed: RunHarness) -> None:
    start = date.today() + timedelta(days=9)
    staffed.company.hire_ahead(start, "200", firstName="A", lastName="B", workEmail="ab@example.com")
    staffed.run()

    explanation = explain(staffed, "200")

    assert explanation["BambooHR"]["standing"].startswith("has not started yet")
    assert explanation["BambooHR"]["hire_date"] == repr(start.isoformat())
    assert explanation["Remembered"] == {"waiting": "starts_later"}


def test_what_was_not_requested_is_told_from_what_is_not_shown(staffed: RunHarness) -> None:
    listed = explain(staffed, "100")["BambooHR"]
    staffed.company.hide("100")
    staffed.bamboo.settings.restricted_for = {"100": frozenset({"hireDate"})}
    hidden = explain(staffed, "100")["BambooHR"]

    assert listed["hire_date"].startswith("not requested: the directory does not have it")
    assert listed["status"] == "not needed: the directory lists the employee and shows no status"
    assert hidden["hire_date"] == "NOT SHOWN: restricted for the key's user"


def test_an_employee_whom_moodle_refuses(staffed: RunHarness) -> None:
    staffed.site.add_user("x", firstname="X", lastname="Y", email="new@example.com", idnumber="999")
    staffed.company.hire("200", firstName="A", lastName="B", workEmail="new@example.com")
    for _ in range(2):
        staffed.run(MAX_ATTEMPTS="2")

    explanation = explain(staffed, "200", MAX_ATTEMPTS="2")["Remembered"]

    assert explanation == {"parked": "email_taken", "refused by Moodle": "in 2 consecutive runs"}


# What is shown, and where


def test_no_value_is_shown_without_the_option(staffed: RunHarness) -> None:
    staffed.company.edit("100", department="Legalquux", lastName="Otherquux")
    staffed.run()

    assert_no_values(staffed.run("explain", "--employee", "100"))
    assert_no_values(staffed.run("explain", "--employee", "100", "--json"))


def test_values_are_shown_to_a_terminal(staffed: RunHarness) -> None:
    staffed.company.edit("100", department="Legalquux")

    shown = at_a_terminal(staffed, "explain", "--employee", "100", "--show-values", shows="stdout").stdout

    assert "from department: 'Legalquux'; in Moodle: 'Salesquux'; WILL CHANGE" in shown
    assert "'Salesquux' -> 'Legalquux'" in shown
    assert "joquux@example.com" in shown


def test_values_are_written_to_a_named_file_with_mode_0600(staffed: RunHarness, tmp_path: Path) -> None:
    file = tmp_path / "jo.json"

    refused = staffed.run("explain", "--employee", "100", "--show-values")
    run = staffed.run("explain", "--employee", "100", "--show-values", "--json", "--output", str(file))

    assert (refused.code, refused.stdout) == (2, "")
    assert "a terminal or a named file" in refused.stderr
    assert (run.code, run.stdout) == (0, "")
    assert "Doequux" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_unwritable_file_is_refused_before_any_call(staffed: RunHarness, tmp_path: Path) -> None:
    run = staffed.run("explain", "--employee", "100", "--output", str(tmp_path / "nowhere" / "jo"))

    assert (run.code, staffed.to_bamboo.calls) == (2, [])
    assert "cannot be written" in run.stderr


def test_the_text_has_a_line_for_every_value_of_the_json(staffed: RunHarness) -> None:
    text = staffed.run("explain", "--employee", "100").stdout

    assert text.startswith("Employee 100\n\nBambooHR\n  directory ")
    for title, lines in explain(staffed, "100").items():
        assert f"\n\n{title}\n" in text
        assert all(" ".join([name, *value.split()]) in " ".join(text.split()) for name, value in lines.items())


def test_explain_writes_nothing_and_needs_no_lock(staffed: RunHarness) -> None:
    staffed.company.edit("100", department="Legalquux")
    hold_lock(staffed)
    before = state_and_site(staffed)
    staffed.forget_calls()

    assert explain(staffed, "100")
    assert explain(staffed, "77777")
    assert (state_and_site(staffed), staffed.writes()) == (before, [])


@pytest.mark.parametrize("arguments", [[], ["--employee"], ["--employee", "x"], ["--employee", "1", "--nonsense"]])
def test_invalid_arguments_are_reported_in_plain_text(staffed: RunHarness, arguments: list[str]) -> None:
    run = staffed.run("explain", *arguments)

    assert (run.code, run.stdout) == (2, "")
    assert run.stderr.startswith("worker: ")


def test_an_unreadable_response_is_reported_in_plain_text(staffed: RunHarness) -> None:
    staffed.fail_bamboo("html", operation="changed", times=0)

    run = staffed.run("explain", "--employee", "100")

    assert (run.code, run.stdout) == (1, "")
    assert run.stderr.startswith("worker: BambooHR's answer")

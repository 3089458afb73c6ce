"""`explain --employee ID`: what the next run would do for an employee, and why."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from tests.run_harness import API_KEY, RunHarness
from tests.sandbox.moodle import TOKEN
from tests.worker.end_to_end.tools import advance_clock

JO: dict[str, Any] = {
    "firstName": "Joquux",
    "lastName": "Doequux",
    "workEmail": "joquux@example.com",
    "department": "Salesquux",
}
Explanation = dict[str, dict[str, str]]


@pytest.fixture
def staffed(healthy: RunHarness) -> RunHarness:
    """Thirty employees and Jo, in sync."""
    healthy.company.hire("100", hireDate="2020-01-01", **JO)
    assert healthy.run()["created"] == 1
    advance_clock(healthy, hours=1)
    healthy.forget_calls()
    return healthy


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


# The employee's lifecycle


def test_an_active_employee_in_sync(staffed: RunHarness) -> None:
    explanation = explain(staffed, "100")

    assert explanation["BambooHR"]["directory"] == "shows the employee"
    assert explanation["BambooHR"]["standing"] == "works here"
    assert explanation["BambooHR"]["hire_date"].startswith("not requested: the directory does not have it")
    assert (
        explanation["Account"]
        | {
            "rule": "idnumber, trusted: its authentication is ours, the e-mail agrees, a name agrees",
            "state": "active",
        }
        == explanation["Account"]
    )
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
    for form in ([], ["--json"]):
        run = staffed.run("explain", "--employee", "100", *form)
        assert not [secret for secret in ("quux", API_KEY, TOKEN) if secret in run.stdout + run.stderr]


def test_a_deleted_record(staffed: RunHarness) -> None:
    staffed.company.delete("100")

    explanation = explain(staffed, "100")

    assert explanation["BambooHR"]["changed feed"].startswith("says Deleted")
    assert planned_step(explanation)[0] == "suspend"
    assert explanation["What would be done"]["field suspended"] == "active -> suspended"


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


def test_a_write_that_moodle_refused_is_not_shown_as_done(staffed: RunHarness) -> None:
    staffed.fail_moodle("status", operation="core_user_update_users", status=500, times=0)
    staffed.company.edit("100", department="Legalquux")
    refused = staffed.run()["run_id"]
    staffed.heal()
    advance_clock(staffed, hours=1)

    explanation = explain(staffed, "100")

    wrote = explanation["What the last runs did"]
    assert wrote.pop(refused).endswith("Z NOT WRITTEN (refused, or not sent): update: department")
    (created,) = wrote.values()
    assert "Z create: auth" in created


def test_an_unknown_employee_id(staffed: RunHarness) -> None:
    run = staffed.run("explain", "--employee", "77777")

    assert run.code == 0
    assert "warning: BambooHR shows nothing for employee 77777" in run.stdout
    explanation = explain(staffed, "77777")
    assert explanation["BambooHR"]["List Employees or Get Employee"] == "shows no row"
    assert explanation["Account"]["rule"] == "none matches: there is no account"
    assert planned_step(explanation) == ("hold", "BambooHR shows the key's user nothing for this employee id")
    assert explanation["What the last runs did"] == {
        "nothing": "no run in the last 90 days wrote to the account of this employee id"
    }


@pytest.mark.parametrize("has_left", [False, True])
def test_an_account_that_moodle_cannot_return_is_not_reported_as_missing(staffed: RunHarness, has_left: bool) -> None:
    account = staffed.account("100")["id"]
    if has_left:
        staffed.company.terminate("100", hireDate="2020-01-01")
    staffed.fail_moodle(
        "answer",
        operation="core_user_get_users_by_field",
        record=f"account {account}",
        times=0,
        status=200,
        body='{"exception": "x", "errorcode": "invalidresponse"}',
    )

    explanation = explain(staffed, "100")

    assert explanation["Account"]["by idnumber"].startswith("cannot be read: ")
    assert "(invalidresponse)" in explanation["Account"]["by idnumber"]
    assert explanation["Account"]["rule"].startswith("not known: ")
    what_to_do = explanation["What would be done"]["what to do"]
    assert "search Moodle for the idnumber 100, or for the employee's work e-mail" in what_to_do
    assert ("has left, and the account may still be active: suspend it by hand" in what_to_do) == has_left


def test_fields_that_the_key_may_not_see_are_marked(staffed: RunHarness) -> None:
    staffed.company.hide("100")
    hidden = ("department", "status", "hire_date")
    staffed.bamboo.settings.restricted_for = {"100": frozenset({"department", "status", "hireDate"})}

    explanation = explain(staffed, "100")

    assert explanation["BambooHR"]["directory"].startswith("does not show the employee")
    assert explanation["BambooHR"]["List Employees or Get Employee"] == "shows a row"
    assert {explanation["BambooHR"][name] for name in hidden} == {"NOT SHOWN: restricted for the key's user"}
    assert explanation["BambooHR"]["standing"].startswith("unknown")
    assert explanation["Mapping"]["department"].startswith("from department, which is not shown: left as it is")
    assert planned_step(explanation)[0] == "hold"
    assert explanation["What would be done"]["what to do"].startswith(
        "let the key's user see the employee and their status"
    )


@pytest.mark.parametrize(
    ("idnumber", "email", "found", "rule", "action", "parked"),
    [
        pytest.param(
            *("999", "new@example.com", "by e-mail", "e-mail, not used: "),
            *("conflict", "email_taken: the e-mail address belongs to another account"),
            id="another's address",
        ),
        pytest.param(
            *("200", "x@x.example", "by idnumber", "idnumber, not trusted: "),
            *("conflict (held: unconfirmed)", "unconfirmed: the account may belong to another person"),
            id="a stranger",
        ),
    ],
)
def test_an_account_that_is_not_the_employees(
    staffed: RunHarness, idnumber: str, email: str, found: str, rule: str, action: str, parked: str
) -> None:
    other = staffed.site.add_user("x", firstname="X", lastname="Y", email=email, idnumber=idnumber)
    staffed.company.hire("200", firstName="A", lastName="B", workEmail="new@example.com")
    for _ in range(2):
        staffed.run(MAX_ATTEMPTS="2")

    explanation = explain(staffed, "200", MAX_ATTEMPTS="2")

    assert explanation["Account"][found] == f"account {other} (idnumber {idnumber}), auth manual"
    assert explanation["Account"]["rule"].startswith(rule)
    assert planned_step(explanation)[0] == action
    assert f"account {other} (idnumber {idnumber})" in planned_step(explanation)[1]
    assert explanation["Remembered"] == {"parked": parked, "refused": "in 2 consecutive runs"}
    assert "the reason is shown above, if it still applies" in explanation["What holds it"]["parked"]


# What holds the employee


@pytest.mark.parametrize(
    ("protected", "because"),
    [
        ("100", "PROTECTED_ACCOUNTS names the employee id"),
        ("joquux@example.com", "the account is Moodle's own, cannot be logged in with, or is named"),
    ],
)
def test_a_protected_employee(staffed: RunHarness, protected: str, because: str) -> None:
    explanation = explain(staffed, "100", PROTECTED_ACCOUNTS=protected)

    assert planned_step(explanation)[0] == "skip"
    assert [*explanation["What holds it"]] == ["protected"]
    assert because in explanation["What holds it"]["protected"]


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
    assert explanation["Remembered"] == {
        "waiting": "starts_later: the first day is today or later; every run asks again until then"
    }


# What is shown, and where


def test_the_text_has_a_line_for_every_value_of_the_json(staffed: RunHarness) -> None:
    text = staffed.run("explain", "--employee", "100").stdout

    assert text.startswith("Employee 100\n\nBambooHR\n  directory ")
    assert (
        explain(staffed, "100")["BambooHR"]["status"]
        == "not needed: the directory lists the employee and shows no status"
    )
    for title, lines in explain(staffed, "100").items():
        assert f"\n\n{title}\n" in text
        assert all(" ".join([name, *value.split()]) in " ".join(text.split()) for name, value in lines.items())

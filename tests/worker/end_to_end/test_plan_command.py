"""`plan`: what the next run would do, without a write."""

from __future__ import annotations

import json
import stat
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.run_harness import API_KEY, RunHarness
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import TOKEN
from tests.worker.end_to_end.tools import advance_clock, at_a_terminal, employee_lines, items

JO: dict[str, Any] = {"firstName": "Joquux", "lastName": "Doequux", "workEmail": "joquux@example.com"}


@pytest.fixture
def pending(harness: RunHarness) -> RunHarness:
    """A company with a pending change of every kind."""
    company = harness.company
    company.add(generate(20, seed=41))
    company.hire("100", department="Salesquux", **JO)
    assert harness.run().code == 0
    advance_clock(harness, hours=1)
    company.edit("100", department="Legalquux")
    company.hire("200", firstName="Annquux", lastName="Leequux", workEmail="annquux@example.com")
    company.terminate("3", hireDate="2020-01-01")
    company.hire("201", firstName="No", lastName="Mail", workEmail=None)
    company.hire("202", hidden=True, firstName="Not", lastName="Known", workEmail="nk@example.com", status="")
    company.hire_ahead(date.today() + timedelta(days=9), "203", firstName="A", lastName="B", workEmail="ab@example.com")
    company.touch("7")
    harness.forget_calls()
    return harness


EXPECTED = {
    3: ("suspend", "left", ["suspended"]),
    100: ("update", "differs", ["department"]),
    200: ("create", "new", ["auth", "idnumber", "username", "firstname", "lastname", "email"]),
    201: ("skip", "no_email", []),
    202: ("hold", "no_evidence", []),
    203: ("hold", "starts_later", []),
}
VALUES = ("quux", "ab@example.com", API_KEY, TOKEN)


def planned(harness: RunHarness, *arguments: str, **settings: str) -> dict[int, tuple[str, str, list[str]]]:
    """Return the rows of a plan: action, reason and fields, by employee id."""
    plan = json.loads(harness.run("plan", "--json", *arguments, **settings).stdout)
    return {row["employee_id"]: (row["action"], row["code"], row["fields"]) for row in plan["rows"]}


def test_the_next_run_does_exactly_what_the_plan_shows(pending: RunHarness) -> None:
    plan = planned(pending)

    run = pending.run()

    assert plan == EXPECTED
    lines = employee_lines(run).items()
    assert {number: (line["action"], line["code"], line["fields"]) for number, line in lines} == plan


def test_a_plan_before_the_first_run_leaves_no_state_row(harness: RunHarness) -> None:
    harness.company.add(generate(3, seed=41))

    assert planned(harness).keys() == {1, 2, 3}
    assert items(harness) == {}


# The table


def test_the_table_shows_ids_fields_and_reasons_without_values(pending: RunHarness) -> None:
    run = pending.run("plan")

    assert run.code == 0
    head, figures, *groups, following = run.stdout.split("\n\n")
    assert head.startswith("NovaLXP sync plan, ")
    assert "the next run (employees who changed or are waiting), changes since " in head
    assert figures == "1 created, 1 changed, 1 suspended, 19 unchanged"
    assert [[line.strip() for line in group.splitlines()] for group in groups] == [
        ["Suspend: 1 employee: BambooHR says Inactive or Deleted", "active -> suspended", "employee 3"],
        [
            "Waiting: 1 employee: BambooHR does not say whether the employee works here (no row, or a status that is"
            " empty, restricted or unknown)",
            "what to do: let the key's user see the employee and their status; every run asks again until then",
            "employee 202",
        ],
        [
            "Create: 1 employee: works here and has no account yet",
            "auth, idnumber, username, firstname, lastname, email",
            "employee 200",
        ],
        ["Update: 1 employee: BambooHR and Moodle differ", "department", "employee 100"],
        ["Starts later: 1 employee: the first day is today or later; every run asks again until then", "employee 203"],
        [
            "Skip: 1 employee: has no work e-mail, and no account can be created without one",
            "what to do: enter it in BambooHR",
            "employee 201",
        ],
    ]
    assert following.splitlines() == ["Next:", "  Write these changes:", "    python -m worker sync"]
    assert not any(value in run.stdout + run.stderr for value in VALUES)


def test_an_empty_plan_is_one_line(harness: RunHarness) -> None:
    run = harness.run("plan")

    assert (run.code, run.stderr) == (0, "")
    assert run.stdout.split("\n\n")[1:] == ["Nothing would be done.", "Next:\n  There is nothing to write.\n"]


def test_warnings_come_first_and_a_due_reconcile_last(pending: RunHarness) -> None:
    pending.bamboo.settings.directory_sharing = "off"

    run = pending.run("plan", FIELD_MAPPING='{"institution": "division"}')

    assert "warning: BambooHR's directory is refused or empty" in run.stdout.split("\n\n")[0]
    assert run.stdout.endswith("    python -m worker plan --everybody\n")


def test_the_table_fits_the_terminal(pending: RunHarness) -> None:
    run = at_a_terminal(pending, "plan", shows="stdout", COLUMNS="110")

    assert max(map(len, run.stdout.splitlines()[2:])) <= 110


def test_json_is_not_fitted_to_the_terminal(pending: RunHarness) -> None:
    shown = at_a_terminal(pending, "plan", "--json", shows="stdout", COLUMNS="40").stdout

    assert any(len(row["reason"]) > 40 for row in json.loads(shown)["rows"])


def test_progress_is_shown_on_the_terminal_and_erased(pending: RunHarness) -> None:
    run = at_a_terminal(pending, "plan", shows="stderr")

    assert "looking up by idnumber" in run.stderr
    assert run.stderr.rpartition("\r")[2].strip() == ""
    assert run.stdout.startswith("NovaLXP sync plan, ")


# Exit codes


def test_the_exit_code_is_that_of_the_run(pending: RunHarness) -> None:
    assert pending.run("plan").code == 0
    assert pending.run("plan", MAX_SUSPENSIONS="0").code == 4
    pending.site.add_user("x", firstname="X", lastname="Y", email="annquux@example.com", idnumber="999")

    assert pending.run("plan", MAX_SUSPENSIONS="0").code == 1


def test_a_held_suspension_is_shown_with_its_reason(pending: RunHarness) -> None:
    run = pending.run("plan", MAX_SUSPENSIONS="0")

    assert planned(pending, MAX_SUSPENSIONS="0")[3] == ("hold", "suspension_held", [])
    assert "1 suspension is due, 0 allowed in one run" in run.stdout
    assert (
        "\nSuspend (held): 1 employee: a guard holds all suspensions of this run\n  active -> suspended\n" in run.stdout
    )
    assert "\n    python -m worker approve RUN --only suspend\n" in run.stdout


def test_a_partly_held_step_shows_which_part_is_held(pending: RunHarness) -> None:
    pending.company.edit("100", workEmail="elsewhere@quux.example")

    run = pending.run("plan", LIMITS='{"identity": 0}')

    (group,) = (text for text in run.stdout.split("\n\n") if text.startswith("Update (partly held): 1 employee"))
    assert [line.strip() for line in group.splitlines()[1:]] == [
        "held: a guard holds all changes of identity of this run",
        "department, email (held: identity), username (held: identity)",
        "employee 100",
    ]


# JSON and page


def test_the_json_names_its_kind_site_and_scope(pending: RunHarness) -> None:
    plan = json.loads(pending.run("plan", "--json").stdout)

    assert (plan["kind"], plan["version"], plan["scope"]) == ("novalxp-sync-plan", 1, "all")
    assert f"http://{plan['site']}" == pending.environment["MOODLE_BASE_URL"]
    assert plan["company"] == pending.environment["BAMBOO_COMPANY_DOMAIN"]
    assert plan["counts"] == {"suspend": 1, "hold": 2, "create": 1, "update": 1, "skip": 1, "unchanged": 19}
    assert not any(row.keys() & {"values", "name", "department"} for row in plan["rows"])


def test_a_page_is_written_to_its_file_only(pending: RunHarness, tmp_path: Path) -> None:
    page = tmp_path / "plan.html"

    run = pending.run("plan", "--html", str(page))

    text = page.read_text(encoding="utf-8")
    assert (run.code, run.stdout, run.stderr) == (0, "", f"written to {page}\n")
    assert text.startswith("<!DOCTYPE html>")
    assert all(f'scope="row">{number}<' in text for number in EXPECTED)
    assert 'scope="row">7<' not in text
    assert not any(value in text for value in VALUES)
    assert stat.S_IMODE(page.stat().st_mode) == 0o600


# Values


def test_every_row_has_names_and_old_and_new_values_on_request(pending: RunHarness, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    pending.run("plan", "--json", "--show-values", "--output", str(file), LIMITS='{"create": 0}', MAX_SUSPENSIONS="0")

    rows = {row["employee_id"]: row for row in json.loads(file.read_text())["rows"]}

    assert (rows[100]["name"], rows[100]["department"]) == ("Joquux Doequux", "Legalquux")
    assert rows[100]["values"] == {"department": ["Salesquux", "Legalquux"]}
    assert (rows[200]["name"], rows[200]["held"]) == ("Annquux Leequux", ["create"])
    assert rows[200]["values"]["email"] == [None, "annquux@example.com"]
    assert "values" not in rows[202]
    leaver = pending.account("3")
    assert rows[3]["name"] == f"{leaver['firstname']} {leaver['lastname']}"
    assert rows[3]["values"] == {"suspended": ["0", "1"]}
    assert all(row["name"] for row in rows.values())


# Selected employees


def test_selected_employees_are_shown_even_if_nothing_differs(pending: RunHarness) -> None:
    assert planned(pending, "--employee", "7", "--employee", "100", "--employee", "7") == {
        7: ("unchanged", "in_step", []),
        100: EXPECTED[100],
    }


def test_an_unknown_employee_id_is_reported(pending: RunHarness) -> None:
    run = pending.run("plan", "--employee", "77777")

    assert run.code == 0
    assert "warning: BambooHR shows nothing for employee 77777" in run.stdout
    assert planned(pending, "--employee", "77777") == {77777: ("hold", "unknown_employee", [])}


def test_a_plan_of_all_employees_shows_drift_and_no_former_employees(pending: RunHarness) -> None:
    pending.run()
    pending.site.change_user(pending.account("5")["id"], lastname="Edited")
    pending.company.hire("300", firstName="Long", lastName="Gone", workEmail="lg@example.com", hireDate="2015-01-01")
    pending.company.terminate("300")

    plan = planned(pending, "--everybody")

    assert plan[5] == ("update", "differs", ["lastname"])
    assert 300 not in plan
    assert {number for number, row in plan.items() if row[0] in ("create", "update", "suspend")} == {5}
    assert json.loads(pending.run("plan", "--everybody", "--json").stdout)["scope"] == "everybody"

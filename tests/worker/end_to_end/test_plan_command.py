"""`plan`: what the next run would do, for a reader, and nothing done."""

from __future__ import annotations

import json
import stat
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.run_harness import API_KEY, Nights
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import TOKEN
from tests.worker.end_to_end.previews import at_a_terminal, everything, forward, hold_lock, items, people_told

JO: dict[str, Any] = {"firstName": "Joquux", "lastName": "Doequux", "workEmail": "joquux@example.com"}


@pytest.fixture
def eve(town: Nights) -> Nights:
    """The evening before a night with something of everything to do."""
    company = town.company
    company.add(generate(20, seed=41))
    company.hire("100", department="Salesquux", **JO)
    assert town.run().code == 0
    forward(town, hours=1)
    company.edit("100", department="Legalquux")
    company.hire("200", firstName="Annquux", lastName="Leequux", workEmail="annquux@example.com")
    company.terminate("3", hireDate="2020-01-01")
    company.hire("201", firstName="No", lastName="Mail", workEmail=None)
    company.hire("202", hidden=True, firstName="Not", lastName="Known", workEmail="nk@example.com", status="")
    company.hire_ahead(date.today() + timedelta(days=9), "203", firstName="A", lastName="B", workEmail="ab@example.com")
    company.touch("7")
    town.listen()
    return town


EXPECTED = {
    3: ("suspend", "left", ["suspended"]),
    100: ("update", "differs", ["department"]),
    200: ("create", "new", ["auth", "idnumber", "username", "firstname", "lastname", "email"]),
    201: ("skip", "no_email", []),
    202: ("hold", "no_evidence", []),
    203: ("hold", "starts_later", []),
}
VALUES = ("quux", "ab@example.com", API_KEY, TOKEN)


def planned(town: Nights, *arguments: str, **settings: str) -> dict[int, tuple[str, str, list[str]]]:
    """The rows of a plan: action, reason and fields, by employee id."""
    told = json.loads(town.run("plan", "--json", *arguments, **settings).stdout)
    return {row["employee_id"]: (row["action"], row["code"], row["fields"]) for row in told["rows"]}


def test_a_plan_says_what_would_be_done_and_the_next_run_does_exactly_that(eve: Nights) -> None:
    plan = planned(eve)

    night = eve.run()

    assert plan == EXPECTED
    lines = people_told(night).items()
    assert {number: (line["action"], line["code"], line["fields"]) for number, line in lines} == plan


def test_a_plan_changes_nothing_and_leaves_no_lock(eve: Nights) -> None:
    before = everything(eve)

    eve.run("plan")
    eve.run("plan", "--json")
    eve.run("plan", "--everybody")

    assert (everything(eve), eve.writes()) == (before, [])


def test_a_plan_before_the_first_night_leaves_no_row_behind(town: Nights) -> None:
    town.company.add(generate(3, seed=41))

    assert planned(town).keys() == {1, 2, 3}
    assert items(town) == {}


def test_a_plan_waits_for_nobody_and_keeps_nobody_waiting(eve: Nights) -> None:
    hold_lock(eve)
    before = everything(eve)

    assert planned(eve) == EXPECTED
    assert everything(eve) == before


# The table


def test_the_table_names_people_by_id_and_fields_and_reasons_and_no_values(eve: Nights) -> None:
    night = eve.run("plan")

    assert night.code == 0
    head, heads, *rows = [line for line in night.stdout.splitlines() if line]
    assert head.startswith("Plan ")
    assert "the next run, changes since " in head
    assert heads.split() == ["action", "employee", "fields", "why"]
    assert [line.split()[:2] for line in rows[:6]] == [
        ["suspend", "3"],
        ["hold", "202"],
        ["hold", "203"],
        ["create", "200"],
        ["update", "100"],
        ["skip", "201"],
    ]
    assert rows[-1] == "1 suspend, 2 hold, 1 create, 1 update, 1 skip, 19 unchanged"
    assert "skip: enter it in BambooHR" in rows
    assert not any(value in night.stdout + night.stderr for value in VALUES)


def test_a_quiet_night_is_said_in_a_line(town: Nights) -> None:
    night = town.run("plan")

    assert (night.code, night.stderr) == (0, "")
    assert night.stdout.split("\n\n")[1:] == ["Nothing would be done.", "no employees\n"]


def test_warnings_and_a_reconcile_that_is_due_are_told_on_top(eve: Nights) -> None:
    eve.bamboo.settings.directory_sharing = "off"

    head = eve.run("plan", FIELD_MAPPING='{"institution": "division"}').stdout.split("\n\n")[0]

    assert "warning: BambooHR's directory is refused or empty" in head
    assert "a reconcile is due" in head


def test_a_table_fits_its_terminal(eve: Nights) -> None:
    night = at_a_terminal(eve, "plan", shows="stdout", COLUMNS="110")

    assert max(map(len, night.stdout.splitlines()[2:])) <= 110


def test_long_work_shows_on_the_terminal_how_far_it_is_and_leaves_nothing_behind(eve: Nights) -> None:
    night = at_a_terminal(eve, "plan", shows="stderr")

    assert "looking up by idnumber" in night.stderr
    assert night.stderr.rpartition("\r")[2].strip() == ""
    assert night.stdout.startswith("Plan ")


# Exit codes


def test_the_exit_code_is_the_one_that_the_run_would_end_with(eve: Nights) -> None:
    assert eve.run("plan").code == 0
    assert eve.run("plan", MAX_SUSPENSIONS="0").code == 4
    eve.site.add_user("x", firstname="X", lastname="Y", email="annquux@example.com", idnumber="999")

    assert eve.run("plan", MAX_SUSPENSIONS="0").code == 1


def test_a_held_suspension_is_shown_as_held_and_says_why(eve: Nights) -> None:
    night = eve.run("plan", MAX_SUSPENSIONS="0")

    assert planned(eve, MAX_SUSPENSIONS="0")[3] == ("hold", "suspension_held", [])
    assert "1 suspensions are due, 0 are allowed in one run" in night.stdout
    assert "approve RUN" in night.stdout


@pytest.mark.parametrize(
    ("settings", "code", "said"),
    [
        ({"BAMBOOHR_API_KEY": "f" * 40}, 3, "does not know the API key"),
        ({"MOODLE_TOKEN": "wrong"}, 3, "token"),
        ({"BATCH_SIZE": "x", "TRIGGER": "cron"}, 3, "TRIGGER must be"),
        ({"MOODLE_TOKEN": ""}, 3, "MOODLE_SECRET_ID or MOODLE_TOKEN must be set"),
    ],
)
def test_what_keeps_a_run_from_starting_is_said_to_the_reader(
    eve: Nights, settings: dict[str, str], code: int, said: str
) -> None:
    night = eve.run("plan", **settings)

    assert (night.code, night.stdout) == (code, "")
    assert night.stderr.startswith("worker: ")
    assert said in night.stderr


def test_a_feed_that_cannot_be_read_is_said_to_the_reader(eve: Nights) -> None:
    eve.fail_bamboo("html", operation="changed", times=0)

    night = eve.run("plan", "--json")

    assert (night.code, night.stdout) == (1, "")
    assert "worker: BambooHR's answer for the list of changed employees is not" in night.stderr


# JSON and page


def test_the_json_says_what_it_is_a_plan_of(eve: Nights) -> None:
    told = json.loads(eve.run("plan", "--json").stdout)

    assert (told["kind"], told["version"], told["scope"]) == ("novalxp-sync-plan", 1, "all")
    assert told["site"].startswith(eve.environment["MOODLE_BASE_URL"])
    assert told["company"].startswith(eve.environment["BAMBOO_BASE_URL"])
    assert told["counts"] == {"suspend": 1, "hold": 2, "create": 1, "update": 1, "skip": 1, "unchanged": 19}
    assert [bool(row["digest"]) for row in told["rows"]] == [True, True, True, False, False, False]
    assert not any("values" in row for row in told["rows"])


def test_a_page_is_written_to_its_file_alone(eve: Nights, tmp_path: Path) -> None:
    page = tmp_path / "plan.html"

    night = eve.run("plan", "--html", str(page))

    text = page.read_text(encoding="utf-8")
    assert (night.code, night.stdout, night.stderr) == (0, "", f"written to {page}\n")
    assert text.startswith("<!DOCTYPE html>")
    assert all(f'scope="row">{number}<' in text for number in EXPECTED)
    assert 'scope="row">7<' not in text
    assert not any(value in text for value in VALUES)
    assert stat.S_IMODE(page.stat().st_mode) == 0o600


# Values


def test_values_are_shown_to_a_terminal(eve: Nights) -> None:
    night = at_a_terminal(eve, "plan", "--show-values", shows="stdout")

    assert night.code == 0
    assert "department: 'Salesquux' -> 'Legalquux'" in " ".join(night.stdout.split())


def test_values_are_shown_to_nothing_but_a_terminal_or_a_named_file(eve: Nights) -> None:
    night = eve.run("plan", "--show-values", "--json")

    assert (night.code, night.stdout, eve.to_bamboo.calls) == (2, "", [])
    assert "a terminal or a named file" in night.stderr
    assert "--output FILE" in night.stderr


@pytest.mark.parametrize("form", [["--output"], ["--json", "--output"], ["--html"]])
def test_a_named_file_with_values_is_its_owners_alone_whatever_it_was_before(
    eve: Nights, tmp_path: Path, form: list[str]
) -> None:
    file = tmp_path / "plan"
    file.write_text("an older and much longer plan " * 10_000)
    file.chmod(0o644)

    assert eve.run("plan", "--show-values", *form, str(file)).code == 0

    text = file.read_text(encoding="utf-8")
    assert "Legalquux" in text
    assert "annquux@example.com" in text
    assert "an older" not in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_json_has_old_and_new_values_where_they_are_asked_for(eve: Nights, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    eve.run("plan", "--json", "--show-values", "--output", str(file))

    rows = {row["employee_id"]: row for row in json.loads(file.read_text())["rows"]}

    assert rows[100]["values"] == {"department": ["Salesquux", "Legalquux"]}
    assert rows[200]["values"]["email"] == [None, "annquux@example.com"]
    assert "values" not in rows[202]


@pytest.mark.parametrize("form", [["--output"], ["--json", "--output"], ["--html"]])
@pytest.mark.parametrize("place", ["nowhere/plan", "."])
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_read(
    eve: Nights, tmp_path: Path, form: list[str], place: str
) -> None:
    night = eve.run("plan", *form, str(tmp_path / place))

    assert (night.code, night.stdout, eve.to_bamboo.calls, eve.to_moodle.calls) == (2, "", [], [])
    assert "cannot be written" in night.stderr


# Whom it is about


def test_single_people_are_shown_even_if_nothing_would_be_done(eve: Nights) -> None:
    assert planned(eve, "--employee", "7", "--employee", "100", "--employee", "7") == {
        7: ("unchanged", "in_step", []),
        100: EXPECTED[100],
    }


def test_an_id_that_nobody_has_is_said(eve: Nights) -> None:
    night = eve.run("plan", "--employee", "77777")

    assert night.code == 0
    assert "warning: BambooHR shows nothing of employee 77777" in night.stdout
    assert planned(eve, "--employee", "77777") == {77777: ("hold", "unknown_employee", [])}


def test_everybody_shows_what_has_drifted_and_not_who_left_long_ago(eve: Nights) -> None:
    eve.run()
    eve.site.change_user(eve.account("5")["id"], lastname="Edited")
    eve.company.hire("300", firstName="Long", lastName="Gone", workEmail="lg@example.com", hireDate="2015-01-01")
    eve.company.terminate("300")

    plan = planned(eve, "--everybody")

    assert plan[5] == ("update", "differs", ["lastname"])
    assert 300 not in plan
    assert {number for number, row in plan.items() if row[0] in ("create", "update", "suspend")} == {5}
    assert json.loads(eve.run("plan", "--everybody", "--json").stdout)["scope"] == "everybody"


# Another mapping


def everybody_of(plan: dict[int, tuple[str, str, list[str]]], field: str) -> set[int]:
    return {number for number, (_, _, fields) in plan.items() if field in fields}


def test_another_mapping_is_tried_on_everybody(eve: Nights, tmp_path: Path) -> None:
    eve.run()
    file = tmp_path / "mapping.json"
    file.write_text('{"institution": "division", "department": null}')

    plan = planned(eve, "--mapping", str(file))

    assert everybody_of(plan, "institution") >= {1, 2, 20}
    assert not everybody_of(plan, "department")
    assert planned(eve) == {row: EXPECTED[row] for row in (201, 202, 203)}


def test_an_environments_toml_file_is_a_mapping_as_well(eve: Nights, tmp_path: Path) -> None:
    eve.run()
    file = tmp_path / "dev.toml"
    file.write_text(
        'ProjectName = "x"\nUsernameTemplate = "{employee_id}"\n'
        '[FieldMapping]\ninstitution = { from = "division", default = "none" }\ndepartment = false\n'
    )

    plan = planned(eve, "--mapping", str(file))

    assert everybody_of(plan, "institution") >= {1, 2, 100}
    assert not everybody_of(plan, "department")


@pytest.mark.parametrize(
    ("name", "text", "code", "said"),
    [
        ("mapping.json", None, 2, "cannot be read"),
        ("mapping.json", "", 2, "is no JSON"),
        ("mapping.json", "institution: division", 2, "is no JSON"),
        ("mapping.json", "[" * 100_000, 2, "is no JSON"),
        ("mapping.json", "[]", 3, "FIELD_MAPPING"),
        ("mapping.json", '{"institution": "shoe_size"}', 3, "shoe_size"),
        ("dev.toml", "[FieldMapping", 2, "is no TOML"),
        ("dev.toml", '[FieldMapping]\ninstitution = "shoe_size"', 3, "shoe_size"),
        ("dev.toml", 'FieldMapping = "division"', 2, "FieldMapping"),
        ("dev.toml", "[FieldMapping]\ninstitution = 2026-01-01", 3, "2026-01-01"),
        ("dev.toml", "UsernameTemplate = 7", 2, "UsernameTemplate"),
    ],
)
def test_a_mapping_file_that_is_none_is_refused_before_anything_is_read(
    eve: Nights, tmp_path: Path, name: str, text: str | None, code: int, said: str
) -> None:
    file = tmp_path / name
    if text is not None:
        file.write_text(text)

    night = eve.run("plan", "--mapping", str(file))

    assert (night.code, night.stdout, eve.to_bamboo.calls) == (code, "", [])
    assert night.stderr.startswith("worker: ")
    assert said in night.stderr


# What does not go together


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--employee", "7", "--everybody"], "--employee names some"),
        (["--employee", "7", "--mapping", "x.json"], "--employee names some"),
        (["--html", "x.html", "--json"], "--html writes a page"),
        (["--html", "x.html", "--output", "y"], "--html writes a page"),
        (["--employee", "seven"], "an employee id is a whole number above 0"),
        (["--html"], "argument --html: expected one argument"),
        (["--nonsense"], "arguments that are not known"),
    ],
)
def test_what_does_not_go_together_is_said_to_the_reader(eve: Nights, arguments: list[str], said: str) -> None:
    night = eve.run("plan", *arguments)

    assert (night.code, night.stdout, eve.to_bamboo.calls) == (2, "", [])
    assert night.stderr.startswith("worker: ")
    assert said in night.stderr

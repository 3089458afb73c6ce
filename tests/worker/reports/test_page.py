"""The text of the page, read by an HTML parser; tests/browser opens it in a browser."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from tests.run_harness import ROOT
from tests.worker.reports.page_reader import ACTIONS, PageReader, read_page
from tests.worker.reports.plans import report_of, row_of
from worker.reports.page import page
from worker.reports.report import Cell, HeldClass, Row


def test_a_row_holds_all_of_its_texts_and_its_group_what_the_rows_share() -> None:
    rows = [row_of(number, advice="look", account_id=800 + number, cells=(Cell("city"), Cell("email")),
                 problem="no name", notes=("first", "second")) for number in (11, 12)]  # fmt: skip

    read = read_page(*rows)

    assert read.groups == ["update 2 employees they differ differs"]
    assert read.all("p", class_="advice") == ["look"]
    assert read.rows == ["11 811 city email no name first second", "12 812 city email no name first second"]


def test_what_a_row_does_not_share_with_its_group_is_said_in_the_row() -> None:
    rows = [row_of(number, "conflict", code="email_taken", reason=f"belongs to {number}", advice="change the address")
            for number in (1, 2)]  # fmt: skip

    read = read_page(*rows)

    assert read.groups == ["conflict 2 employees the e-mail address belongs to another account email_taken"]
    assert read.rows == ["1 none belongs to 1", "2 none belongs to 2"]
    assert read.all("p", class_="advice") == ["change the address"]


def test_a_thousand_rows_are_a_thousand_rows() -> None:
    rows = [row_of(number, ACTIONS[number % 8]) for number in range(1000)]

    read = read_page(*rows)

    assert len(read.rows) == 1000
    assert read.all("span", id="shown") == ["1,000 of 1,000 shown"]


def test_what_needs_attention_comes_first() -> None:
    rows = [row_of(number, action) for number, action in enumerate(reversed(ACTIONS))]

    read = read_page(*rows, row_of(99, "suspend", problem="look"), row_of(100, "later"))

    assert list(read.buttons) == [*ACTIONS, "later"]
    assert [has["data-action"] for has, _ in read.found("details")] == [*ACTIONS, "later"]
    assert [row.split()[0] for row in read.rows][:3] == ["7", "99", "6"]


def test_every_group_is_open_until_it_is_folded() -> None:
    read = read_page(row_of(1), row_of(2, "create", code="new"), row_of(3, code="linked"))

    assert ["open" in has for has, _ in read.found("details")] == [True] * 3


def test_the_figures_include_employees_without_a_row() -> None:
    counts = {"suspend": 1, "unchanged": 1234, "create": 1100}

    read = read_page(row_of(1, "suspend"), counts=counts, errors=2)

    assert read.figures == {
        "created": "1,100", "changed": "0", "suspended": "1", "reactivated": "0", "held": "0", "errors": "2",
    }  # fmt: skip
    assert read.buttons == {"suspend": "suspend 1"}
    assert read.all("p", class_="unlisted") == ["Counted, but not listed row by row: 1,100 create, 1,234 unchanged."]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "Nothing was written. A run would write nothing."),
        ([row_of(1, "skip")], "Nothing was written. A run would write nothing."),
        ([row_of(1, "create")], "Nothing was written. A run would write to 1 account."),
        (
            [row_of(1, "create"), row_of(2, "suspend"), row_of(3, "hold", would="create", held=("create",)),
             row_of(4, "conflict"), row_of(5, held=("identity",)), row_of(6, "hold", code="starts_later")],
            "Nothing was written. A run would write to 3 accounts. For you to decide: 1 conflict and 2 employees with"
            " held changes. 1 employee starts later.",
        ),
    ],
)  # fmt: skip
def test_the_page_begins_with_what_is_to_be_decided(rows: list[Row], said: str) -> None:
    assert read_page(*rows).all("p", class_="lead") == [said]


def test_the_header_describes_the_plan() -> None:
    read = read_page(row_of(1), company_domain="acme", site="lxp.acme.example", environment="prod")

    assert dict(list(zip(read.all("dt"), read.all("dd"), strict=True))[6:]) == {
        "Company": "acme",
        "Site": "lxp.acme.example",
        "Covers": "the next run (employees who changed or are waiting)",
        "Changes since": "2026-04-11 02:15:02 UTC",
        "Generated at": "2026-04-12 02:15:07 UTC",
        "Values": "not shown",
        "Run": "run-1",
    }
    assert read.all("title") == ["NovaLXP sync plan \u00b7 prod \u00b7 2026-04-12"]
    assert read.all("h1") == ["Plan for prod"]


def test_without_a_known_environment_the_title_names_the_site() -> None:
    read = read_page(row_of(1), company_domain="acme", site="lxp.acme.example")

    assert read.all("title") == ["NovaLXP sync plan \u00b7 lxp.acme.example \u00b7 2026-04-12"]
    assert read.all("h1") == ["Plan for lxp.acme.example"]


@pytest.mark.parametrize(
    ("selection", "said"), [("employees", "selected employees"), ("everybody", "reconcile"), ("half", "half")]
)
def test_the_selection_is_described(selection: str, said: str) -> None:
    assert said in read_page(row_of(1), selection=selection).all("dd")[6]


@pytest.mark.parametrize("moment", ["yesterday <b>", "2026-04-11T02:15:02"])
def test_an_invalid_timestamp_stays_as_it_is(moment: str) -> None:
    assert moment in read_page(row_of(1), since=moment).all("dd")


def test_warnings_have_a_section() -> None:
    read = read_page(row_of(1), warnings=("the directory shrank", "a <b>"))

    assert read.all("h2")[0] == "2 warnings"
    assert read.all("li")[:2] == ["the directory shrank", "a <b>"]


def test_a_held_class_has_a_section_with_its_pattern_limit_and_command() -> None:
    why = "7 suspensions are due, 5 allowed in one run; the directory shrank"
    held = (HeldClass("suspend", "7 suspensions held", why),)
    row = row_of(1, "hold", code="suspension_held", reason=f"a guard holds all suspensions of this run: {why}",
               held=("suspend",), would="suspend",
               cells=(Cell("suspended", held="suspend", states=("active", "suspended")),))  # fmt: skip

    read = read_page(row, held=held, warnings=(why,))

    assert read.all("section", class_="notice guard") == [
        "7 suspensions held 7 suspensions are due, 5 allowed in one runthe directory shrank If these changes are right,"
        " approve them once a run has held them: python -m worker approve RUN --only suspend"
    ]
    assert read.groups == ["suspend (held) 1 employee a guard holds all suspensions of this run suspension_held"]
    assert read.found("details", data_action="held", data_would="suspend")
    assert read.rows == ["1 none account active \u2192 suspended"]
    assert read.figures["held"] == "1"
    assert not read.found("section", class_="notice warnings")


def test_a_partly_held_row_shows_which_changes_are_held() -> None:
    cells = (Cell("city", "Rome", "Bonn"), Cell("email", "a@x.example", "b@x.example", "identity"))

    read = read_page(row_of(1, held=("identity",), hold="a guard holds it", cells=cells), shows_values=True)

    assert read.groups == ["update (partly held) 1 employee they differ differs"]
    assert read.all("p", class_="hold") == ["a guard holds it"]
    assert read.all("li")[:2] == ["city Rome \u2192 Bonn", "email a@x.example \u2192 b@x.example held: identity"]


def test_the_next_commands_come_last() -> None:
    read = read_page(row_of(1, "suspend"), reconcile_due=True)

    assert read.all("section", class_="next") == [
        "What to do next Write these changes: python -m worker sync A reconcile is due: settings have changed,"
        " or changes were not read. See what it would do: python -m worker plan --everybody"
    ]
    assert read_page().all("section", class_="next") == ["What to do next There is nothing to write."]


@pytest.mark.parametrize(
    ("selection", "said"),
    [("all", "No employee changed since 2026-04-11 02:15:02 UTC"), ("employees", "contains no employee")],
)
def test_an_empty_plan_says_so(selection: str, said: str) -> None:
    read = read_page(selection=selection, counts={"unchanged": 7})

    assert read.all("h2") == ["This plan is empty", "What to do next"]
    assert said in read.all("section")[0]
    assert "7 unchanged" in read.all("section")[0]
    assert read.found("table") == read.found("input") == read.found("button") == []
    assert read.figures["suspended"] == "0"


def test_values_are_present_only_if_requested() -> None:
    row = row_of(1, cells=(Cell("city", "Utrecht", "Berlin"), Cell("lastname", None, "Tanaka"), Cell("phone", "1", "")))

    hidden, shown = page(report_of(row)), page(report_of(row, shows_values=True))

    assert not [value for value in ("Utrecht", "Berlin", "Tanaka", "<del", "<ins") if value in hidden]
    assert PageReader(hidden).rows == ["1 none city lastname phone"]
    assert PageReader(shown).all("li")[:3] == ["city Utrecht \u2192 Berlin", "lastname Tanaka", "phone 1 \u2192"]


def test_names_and_departments_have_columns_if_they_were_requested() -> None:
    row = row_of(1, "hold", code="no_evidence", name="Amara Okafor", department="Finance")

    shown, hidden = read_page(row, shows_values=True), read_page(row)

    assert shown.all("th", scope="col") == ["Employee", "Name", "Department", "Account", "Changes and notes"]
    assert shown.rows == ["1 Amara Okafor Finance none"]
    assert hidden.all("th", scope="col") == ["Employee", "Account", "Changes and notes"]
    assert hidden.rows == ["1 none"]


@pytest.mark.parametrize("shows_values", [True, False])
def test_a_suspension_is_shown_in_words(shows_values: bool) -> None:
    old, new = ("0", "1") if shows_values else (None, None)
    row = row_of(1, "suspend", cells=(Cell("suspended", old, new, states=("active", "suspended")),))

    read = read_page(row, shows_values=shows_values)

    assert read.all("li")[0] == "account active \u2192 suspended"
    assert read.all("em", class_="suspended") == ["suspended"]


def test_employees_and_accounts_are_linked_without_a_referrer() -> None:
    read = read_page(
        row_of(7, account_id=12),
        row_of(8),
        employee_url="https://acme.bamboohr.com/employees/employee.php?id=",
        account_url="https://lxp.example/user/profile.php?id=",
    )

    assert [(has, text) for has, text in read.found("a")] == [
        ({"href": "https://acme.bamboohr.com/employees/employee.php?id=7", "rel": "noreferrer"}, ["7"]),
        ({"href": "https://lxp.example/user/profile.php?id=12", "rel": "noreferrer"}, ["12"]),
        ({"href": "https://acme.bamboohr.com/employees/employee.php?id=8", "rel": "noreferrer"}, ["8"]),
    ]


def test_a_field_without_a_known_value_is_named() -> None:
    assert read_page(row_of(1, cells=(Cell("city"),)), shows_values=True).all("li")[0] == "city"


def test_it_is_accessible() -> None:
    read = read_page(row_of(1, cells=(Cell("city"),)))

    assert read.found("html", lang="en")
    assert {has.get("for") for has, _ in read.found("label")} == {has["id"] for has, _ in read.found("input")}
    assert read.found("span", id="shown", role="status")
    assert {has["aria-pressed"] for has, _ in read.found("button") if "data-action" in has} == {"false"}
    assert [has["scope"] for has, _ in read.found("th")] == ["col"] * 3 + ["row"]
    assert len(read.found("td", role="cell")) == 2
    assert not read.found("tr", hidden="")


@pytest.mark.parametrize(("arguments", "code"), [(["--help"], 0), (["sync"], 3)])
def test_a_start_does_not_load_the_template_engine(arguments: list[str], code: int) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "worker", *arguments]
    ended = subprocess.run(command, cwd=ROOT, env={}, capture_output=True, text=True)
    loaded = {line.split("|")[-1].strip() for line in ended.stderr.splitlines() if line.startswith("import time:")}

    assert ended.returncode == code
    assert "worker.reports.page" in loaded
    assert not loaded & {"jinja2", "markupsafe"}


def test_the_same_report_is_the_same_page() -> None:
    report = report_of(row_of(2), row_of(1))

    assert page(report) == page(replace(report))

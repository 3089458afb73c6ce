"""The text of the page, read by an HTML parser; tests/browser opens it in a browser."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.run_harness import ROOT
from worker.reports.page import page
from worker.reports.report import Cell, HeldClass, Links, Report, Row

_VOID = {"meta", "input", "br", "wbr"}
_ACTIONS = ["conflict", "suspend", "hold", "reactivate", "create", "update", "skip", "unchanged"]
_HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)> \" ' & &amp;<!--"


class _Page(HTMLParser):
    """Every element with its attributes and its own text, and whether each is closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str], list[str]]] = []
        self._open: list[int] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names))
        self.elements.append((tag, {name: value or "" for name, value in attrs}, []))
        if tag not in _VOID:
            self._open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self._open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        for index in self._open:
            self.elements[index][2].append(data)

    def all(self, tag: str, **attributes: str) -> list[str]:
        """The texts of all such elements."""
        return [" ".join("".join(text).split()) for _, text in self.found(tag, **attributes)]

    def found(self, tag: str, **attributes: str) -> list[tuple[dict[str, str], list[str]]]:
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [(has, text) for name, has, text in self.elements if name == tag and wanted.items() <= has.items()]

    @property
    def rows(self) -> list[str]:
        """The rows of all tables, without their heads."""
        return [text for text in self.all("tr") if not text.startswith("Employee")]

    @property
    def groups(self) -> list[str]:
        """The groups in the order of the page, each with its heading."""
        return self.all("summary")

    @property
    def buttons(self) -> dict[str, str]:
        return {has["data-action"]: "".join(text) for has, text in self.found("button") if "data-action" in has}

    @property
    def figures(self) -> dict[str, str]:
        """The figures at the top of the page."""
        names = list(zip(self.all("dt"), self.all("dd"), strict=True))
        return dict(names[:6])


def _row(employee_id: int, action: str = "update", **more: Any) -> Row:
    return Row(employee_id, action, **{"code": "differs", "reason": "BambooHR and Moodle differ", **more})


def _report(*rows: Row, **more: Any) -> Report:
    fields: dict[str, Any] = {
        "run_id": "run-1",
        "made_at": "2026-04-12T04:15:07+02:00",
        "scope": "all",
        "since": "2026-04-11T02:15:02Z",
        "counts": Counter(row.action for row in rows),
        **more,
    }
    return Report(rows=rows, **fields)


def _read(*rows: Row, **more: Any) -> _Page:
    return _Page(page(_report(*rows, **more)))


def test_a_row_holds_all_of_its_texts_and_its_group_what_the_rows_share() -> None:
    rows = [_row(number, advice="look", account_id=800 + number, cells=(Cell("city"), Cell("email")),
                 problem="no name", notes=("first", "second")) for number in (11, 12)]  # fmt: skip

    read = _read(*rows)

    assert read.groups == ["update 2 employees BambooHR and Moodle differ differs"]
    assert read.all("p", class_="advice") == ["look"]
    assert read.rows == ["11 811 city email no name first second", "12 812 city email no name first second"]


def test_what_a_row_does_not_share_with_its_group_is_said_in_the_row() -> None:
    rows = [_row(number, "conflict", code="email_taken", reason=f"belongs to {number}", advice="change the address")
            for number in (1, 2)]  # fmt: skip

    read = _read(*rows)

    assert read.groups == ["conflict 2 employees the e-mail address belongs to another account email_taken"]
    assert read.rows == ["1 none belongs to 1", "2 none belongs to 2"]
    assert read.all("p", class_="advice") == ["change the address"]


def test_a_thousand_rows_are_a_thousand_rows() -> None:
    rows = [_row(number, _ACTIONS[number % 8]) for number in range(1000)]

    read = _read(*rows)

    assert len(read.rows) == 1000
    assert read.all("span", id="shown") == ["1,000 of 1,000 shown"]


def test_what_needs_attention_comes_first() -> None:
    rows = [_row(number, action) for number, action in enumerate(reversed(_ACTIONS))]

    read = _read(*rows, _row(99, "suspend", problem="look"), _row(100, "later"))

    assert list(read.buttons) == [*_ACTIONS, "later"]
    assert [has["data-action"] for has, _ in read.found("details")] == [*_ACTIONS, "later"]
    assert [row.split()[0] for row in read.rows][:3] == ["7", "99", "6"]


def test_every_group_is_open_until_it_is_folded() -> None:
    read = _read(_row(1), _row(2, "create", code="new"), _row(3, code="linked"))

    assert ["open" in has for has, _ in read.found("details")] == [True] * 3


def test_the_figures_include_employees_without_a_row() -> None:
    counts = {"suspend": 1, "unchanged": 1234, "create": 1100}

    read = _read(_row(1, "suspend"), counts=counts, errors=2)

    assert read.figures == {
        "created": "1,100", "changed": "0", "suspended": "1", "reactivated": "0", "held": "0", "errors": "2",
    }  # fmt: skip
    assert read.buttons == {"suspend": "suspend 1"}
    assert read.all("p", class_="unlisted") == ["Counted, but not listed row by row: 1,100 create, 1,234 unchanged."]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "Nothing was written. A run would write nothing."),
        ([_row(1, "skip")], "Nothing was written. A run would write nothing."),
        ([_row(1, "create")], "Nothing was written. A run would write to 1 account."),
        (
            [_row(1, "create"), _row(2, "suspend"), _row(3, "hold", would="create", held=("create",)),
             _row(4, "conflict"), _row(5, held=("identity",)), _row(6, "hold", code="starts_later")],
            "Nothing was written. A run would write to 3 accounts. For you to decide: 1 conflict and 2 employees with"
            " held changes. 1 employee starts later.",
        ),
    ],
)  # fmt: skip
def test_the_page_begins_with_what_is_to_be_decided(rows: list[Row], said: str) -> None:
    assert _read(*rows).all("p", class_="lead") == [said]


def test_the_header_describes_the_plan() -> None:
    read = _read(_row(1), company="acme", site="lxp.acme.example", environment="prod")

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
    read = _read(_row(1), company="acme", site="lxp.acme.example")

    assert read.all("title") == ["NovaLXP sync plan \u00b7 lxp.acme.example \u00b7 2026-04-12"]
    assert read.all("h1") == ["Plan for lxp.acme.example"]


@pytest.mark.parametrize(
    ("scope", "said"), [("employees", "selected employees"), ("everybody", "reconcile"), ("half", "half")]
)
def test_the_scope_is_described(scope: str, said: str) -> None:
    assert said in _read(_row(1), scope=scope).all("dd")[6]


@pytest.mark.parametrize("moment", ["yesterday <b>", "2026-04-11T02:15:02"])
def test_an_invalid_timestamp_stays_as_it_is(moment: str) -> None:
    assert moment in _read(_row(1), since=moment).all("dd")


def test_warnings_have_a_section() -> None:
    read = _read(_row(1), warnings=("the directory shrank", "a <b>"))

    assert read.all("h2")[0] == "2 warnings"
    assert read.all("li")[:2] == ["the directory shrank", "a <b>"]


def test_a_held_class_has_a_section_with_its_pattern_limit_and_command() -> None:
    why = "7 suspensions are due, 5 allowed in one run; the directory shrank"
    held = (HeldClass("suspend", "7 suspensions held", why),)
    row = _row(1, "hold", code="suspension_held", reason=f"a guard holds all suspensions of this run: {why}",
               held=("suspend",), would="suspend",
               cells=(Cell("suspended", held="suspend", states=("active", "suspended")),))  # fmt: skip

    read = _read(row, held=held, warnings=(why,))

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

    read = _read(_row(1, held=("identity",), hold="a guard holds it", cells=cells), shows_values=True)

    assert read.groups == ["update (partly held) 1 employee BambooHR and Moodle differ differs"]
    assert read.all("p", class_="hold") == ["a guard holds it"]
    assert read.all("li")[:2] == ["city Rome \u2192 Bonn", "email a@x.example \u2192 b@x.example held: identity"]


def test_the_next_commands_come_last() -> None:
    read = _read(_row(1, "suspend"), reconcile_due=True)

    assert read.all("section", class_="next") == [
        "What to do next Write these changes: python -m worker sync The settings have changed since the last reconcile."
        " See what a reconcile would do to all employees: python -m worker plan --everybody"
    ]
    assert _read().all("section", class_="next") == ["What to do next There is nothing to write."]


@pytest.mark.parametrize(
    ("scope", "said"),
    [("all", "No employee changed since 2026-04-11 02:15:02 UTC"), ("employees", "contains no employee")],
)
def test_an_empty_plan_says_so(scope: str, said: str) -> None:
    read = _read(scope=scope, counts={"unchanged": 7})

    assert read.all("h2") == ["This plan is empty", "What to do next"]
    assert said in read.all("section")[0]
    assert "7 unchanged" in read.all("section")[0]
    assert read.found("table") == read.found("input") == read.found("button") == []
    assert read.figures["suspended"] == "0"


def test_values_are_present_only_if_requested() -> None:
    row = _row(1, cells=(Cell("city", "Utrecht", "Berlin"), Cell("lastname", None, "Tanaka"), Cell("phone", "1", "")))

    hidden, shown = page(_report(row)), page(_report(row, shows_values=True))

    assert not [value for value in ("Utrecht", "Berlin", "Tanaka", "<del", "<ins") if value in hidden]
    assert _Page(hidden).rows == ["1 none city lastname phone"]
    assert _Page(shown).all("li")[:3] == ["city Utrecht \u2192 Berlin", "lastname Tanaka", "phone 1 \u2192"]


def test_names_and_departments_have_columns_if_they_were_requested() -> None:
    row = _row(1, "hold", code="no_evidence", name="Amara Okafor", department="Finance")

    shown, hidden = _read(row, shows_values=True), _read(row)

    assert shown.all("th", scope="col") == ["Employee", "Name", "Department", "Account", "Changes and notes"]
    assert shown.rows == ["1 Amara Okafor Finance none"]
    assert hidden.all("th", scope="col") == ["Employee", "Account", "Changes and notes"]
    assert hidden.rows == ["1 none"]


@pytest.mark.parametrize("shows_values", [True, False])
def test_a_suspension_is_shown_in_words(shows_values: bool) -> None:
    old, new = ("0", "1") if shows_values else (None, None)
    row = _row(1, "suspend", cells=(Cell("suspended", old, new, states=("active", "suspended")),))

    read = _read(row, shows_values=shows_values)

    assert read.all("li")[0] == "account active \u2192 suspended"
    assert read.all("em", class_="suspended") == ["suspended"]


def test_employees_and_accounts_are_linked_without_a_referrer() -> None:
    links = Links("https://acme.bamboohr.com/employees/employee.php?id=", "https://lxp.example/user/profile.php?id=")

    read = _read(_row(7, account_id=12), _row(8), links=links)

    assert [(has, text) for has, text in read.found("a")] == [
        ({"href": "https://acme.bamboohr.com/employees/employee.php?id=7", "rel": "noreferrer"}, ["7"]),
        ({"href": "https://lxp.example/user/profile.php?id=12", "rel": "noreferrer"}, ["12"]),
        ({"href": "https://acme.bamboohr.com/employees/employee.php?id=8", "rel": "noreferrer"}, ["8"]),
    ]


def test_a_field_without_a_known_value_is_named() -> None:
    assert _read(_row(1, cells=(Cell("city"),)), shows_values=True).all("li")[0] == "city"


def test_no_text_becomes_markup() -> None:
    harmless = "harmless"

    def everywhere(text: str) -> _Page:
        row = Row(
            1, text, text, text, text, None, (Cell(text, text, text, text), Cell(text, None, text, "", (text, text))),
            text, (text, text), text, (text,), text, text, text, text,
        )  # fmt: skip
        named = dict.fromkeys(("run_id", "scope", "since", "site", "company", "environment"), text)
        held = (HeldClass("suspend", text, text),)
        return _read(row, shows_values=True, warnings=("x" + text,), counts={text: 1}, held=held, **named)

    hostile, expected = everywhere(_HOSTILE), everywhere(harmless)

    assert [(tag, list(has)) for tag, has, _ in hostile.elements] == [
        (tag, list(has)) for tag, has, _ in expected.elements
    ]
    assert "".join(hostile.elements[0][2]) == "".join(expected.elements[0][2]).replace(harmless, _HOSTILE)
    assert hostile.buttons[_HOSTILE]


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("Anna\u200b", "U+200B"),
        ("\u202egnp", "U+202E"),
        ("Van\u00a0Dyk", "U+00A0"),
        ("a\tb", "U+0009"),
        ("\ud83d", "U+D83D"),
        ("\x00", "U+0000"),
    ],
)
def test_an_invisible_character_is_named(value: str, named: str) -> None:
    text = page(_report(_row(1, cells=(Cell("city", "", value),)), shows_values=True, company=value))

    assert f'<i class="unseen" title="{named}">' in text
    assert next(char for char in value if not char.isprintable()) not in text
    assert text.encode("utf-8")


def test_a_joined_emoji_stays_joined() -> None:
    value = "\U0001f469\u200d\U0001f4bb"

    assert _read(_row(1, cells=(Cell("city", "", value),)), shows_values=True).all("ins") == [value]


def test_the_policy_allows_only_the_style_and_script_of_the_page() -> None:
    read = _read(_row(1))
    ((policy, _),) = read.found("meta", http_equiv="Content-Security-Policy")
    (style,), (script,) = (read.found(tag) for tag in ("style", "script"))

    def digest(text: list[str]) -> str:
        return base64.b64encode(hashlib.sha256("".join(text).encode()).digest()).decode()

    assert policy["content"] == (
        f"default-src 'none'; style-src 'sha256-{digest(style[1])}'; script-src 'sha256-{digest(script[1])}';"
        " base-uri 'none'; form-action 'none'"
    )
    assert [tag for tag, _, _ in read.elements[:5]] == ["html", "head", "meta", "meta", "meta"]
    assert not [has for _, has, _ in read.elements for name in has if name == "style" or name.startswith("on")]


def test_it_loads_nothing_from_outside_itself() -> None:
    text = page(_report(_row(1), company="acme"))

    assert not re.findall(r"https?:|//[a-z]|url\(|@import|\bsrc\s*=|\bhref\s*=|<link|fetch\(|import\(", text)
    assert _Page(text).found("meta", name="referrer", content="no-referrer")


def test_it_is_accessible() -> None:
    read = _read(_row(1, cells=(Cell("city"),)))

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
    report = _report(_row(2), _row(1))

    assert page(report) == page(replace(report))

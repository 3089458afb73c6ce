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
from worker.reports.report import Cell, Report, Row

_VOID = {"meta", "input", "br", "wbr"}
_ACTIONS = ["conflict", "hold", "suspend", "reactivate", "create", "update", "skip", "unchanged"]
_HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)> \" ' & &amp; <!--"


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
        return [text for (has, _), text in zip(self.found("tr"), self.all("tr"), strict=True) if not has.get("class")][
            1:
        ]

    @property
    def buttons(self) -> dict[str, str]:
        return {has["data-action"]: "".join(text) for has, text in self.found("button") if "data-action" in has}


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


def test_a_row_holds_all_of_its_texts() -> None:
    row = _row(
        4711,
        account_id=812,
        advice="look",
        problem="no name",
        notes=("first", "second"),
        cells=(Cell("city"), Cell("email")),
    )

    assert _read(row).rows == [
        "update 4711 812 BambooHR and Moodle differ differs no name look first second city email"
    ]


def test_an_employee_without_an_account_has_none() -> None:
    assert _read(_row(7, "create", code="new", reason="no account yet")).rows == ["create 7 none no account yet new"]


def test_a_thousand_rows_are_a_thousand_rows() -> None:
    rows = [_row(number, _ACTIONS[number % 8]) for number in range(1000)]

    read = _read(*rows)

    assert len(read.rows) == 1000
    assert read.all("span", id="shown") == ["1,000 of 1,000 shown"]


def test_what_needs_attention_comes_first_and_the_page_says_so() -> None:
    rows = [_row(number, action) for number, action in enumerate(reversed(_ACTIONS))]

    read = _read(*rows, _row(99, "suspend", problem="look"), _row(100, "later"))

    assert [text.split()[0] for text in read.rows] == [*_ACTIONS[:2], "suspend", *_ACTIONS[2:], "later"]
    assert [text.split()[1] for text in read.rows if text.startswith("suspend")] == ["99", "5"]
    assert read.all("caption")[0].startswith("Conflicts, held employees and suspensions come first")


def test_the_counts_include_employees_without_a_row() -> None:
    read = _read(_row(1, "suspend"), counts={"suspend": 1, "unchanged": 1234})

    assert read.buttons == {
        "conflict": "conflict 0", "hold": "hold 0", "suspend": "suspend 1", "reactivate": "reactivate 0",
        "create": "create 0", "update": "update 0", "unchanged": "unchanged 1,234",
    }  # fmt: skip
    assert [
        has["data-action"] for has, _ in read.found("button") if "disabled" not in has and "data-action" in has
    ] == ["suspend"]
    assert read.all("p", class_="unlisted") == ["Counted, but not listed row by row: 1,234 unchanged."]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "Nothing would be written."),
        ([_row(1, "skip")], "Nothing would be written."),
        ([_row(1, "create")], "1 account would be written: 1 created."),
        (
            [_row(1, "create"), _row(2, "suspend"), _row(3, "hold"), _row(4, "conflict"), _row(5, problem="x")],
            "3 accounts would be written: 1 created, 1 updated, 1 suspended."
            "Not written until reviewed: 1 conflict, 1 employee held. 1 row has a problem.",
        ),
    ],
)
def test_the_page_begins_with_what_is_to_be_decided(rows: list[Row], said: str) -> None:
    assert _read(*rows).all("p", class_="lead") == [said]


def test_the_header_describes_the_plan() -> None:
    read = _read(_row(1), company="acme", site="https://learn.example.com")

    assert dict(zip(read.all("dt"), read.all("dd"), strict=True)) == {
        "Company": "acme",
        "Site": "https://learn.example.com",
        "Scope": "employees that changed or are waiting",
        "Changes since": "2026-04-11 02:15:02 UTC",
        "Generated at": "2026-04-12 02:15:07 UTC",
        "Run": "run-1",
        "Reconcile": "not due",
        "Values": "not shown",
    }
    assert read.all("title") == ["Plan: 1 update \u00b7 acme \u00b7 2026-04-12"]


@pytest.mark.parametrize(
    ("scope", "said"), [("employees", "selected employees"), ("everybody", "reconcile"), ("half", "half")]
)
def test_the_scope_is_described(scope: str, said: str) -> None:
    assert said in _read(_row(1), scope=scope).all("dd")[0]


@pytest.mark.parametrize("moment", ["yesterday <b>", "2026-04-11T02:15:02"])
def test_an_invalid_timestamp_stays_as_it_is(moment: str) -> None:
    assert moment in _read(_row(1), since=moment).all("dd")


def test_warnings_and_a_due_reconcile_have_sections() -> None:
    read = _read(_row(1), warnings=("the directory shrank", "a <b>"), reconcile_due=True)

    assert read.all("h2")[:3] == ["2 warnings", "A reconcile is due", "No row matches the filter"]
    assert read.all("li")[:2] == ["the directory shrank", "a <b>"]


def test_without_warnings_and_a_due_reconcile_there_is_no_section() -> None:
    assert _read(_row(1)).all("h2") == ["No row matches the filter"]


@pytest.mark.parametrize(
    ("scope", "said"),
    [("all", "No employee changed since 2026-04-11 02:15:02 UTC"), ("employees", "contains no employee")],
)
def test_an_empty_plan_says_so(scope: str, said: str) -> None:
    read = _read(scope=scope)

    assert read.all("h2") == ["This plan is empty"]
    assert said in read.all("section")[0]
    assert read.found("table") == read.found("input") == []
    assert read.buttons["suspend"] == "suspend 0"


def test_values_are_present_only_if_requested() -> None:
    row = _row(1, cells=(Cell("city", "Utrecht", "Berlin"), Cell("lastname", None, "Tanaka"), Cell("phone", "1", "")))

    hidden, shown = page(_report(row)), page(_report(row, shows_values=True))

    assert not [value for value in ("Utrecht", "Berlin", "Tanaka", "<del", "<ins") if value in hidden]
    assert _Page(hidden).rows == ["update 1 none BambooHR and Moodle differ differs city lastname phone"]
    assert _Page(shown).all("li") == ["city Utrecht \u2192 Berlin", "lastname Tanaka", "phone 1 \u2192"]


def test_a_field_without_a_known_value_is_named() -> None:
    assert _read(_row(1, cells=(Cell("city"),)), shows_values=True).all("li") == ["city"]


def test_no_text_becomes_markup() -> None:
    harmless = "harmless"

    def everywhere(text: str) -> _Page:
        row = Row(
            1, text, text, text, text, None, (Cell(text, text, text), Cell(text, None, text)), text, (text, text), text
        )
        named = dict.fromkeys(("run_id", "scope", "since", "site", "company"), text)
        return _read(row, shows_values=True, warnings=(text,), counts={text: 1, "x" + text: 2}, **named)

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


def test_it_refers_to_nothing_outside_itself() -> None:
    text = page(_report(_row(1), company="acme"))

    assert not re.findall(r"https?:|//[a-z]|url\(|@import|\bsrc\s*=|\bhref\s*=|<link|fetch\(|import\(", text)
    assert _Page(text).found("meta", name="referrer", content="no-referrer")


def test_it_is_accessible() -> None:
    read = _read(_row(1, cells=(Cell("city"),)))

    assert read.found("html", lang="en")
    assert {has.get("for") for has, _ in read.found("label")} == {has["id"] for has, _ in read.found("input")}
    assert read.found("span", id="shown", role="status")
    assert {has["aria-pressed"] for has, _ in read.found("button") if "data-action" in has} == {"false"}
    assert [has["scope"] for has, _ in read.found("th")] == ["col"] * 5 + ["rowgroup", "row"]
    assert len(read.found("td", role="cell")) == 4
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

"""The page of a plan runs, loads and shows nothing that a value or a text brings along."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from tests.worker.reports.page_reader import HOSTILE, PageReader, read_page
from tests.worker.reports.plans import report_of, row_of
from worker.reports.page import page
from worker.reports.report import Cell, HeldClass, Row


def test_no_text_becomes_markup() -> None:
    harmless = "harmless"

    def everywhere(text: str) -> PageReader:
        row = Row(
            1, text, text, text, text, None, (Cell(text, text, text, text), Cell(text, None, text, "", (text, text))),
            text, (text, text), (text,), text, text, text, text,
        )  # fmt: skip
        named = dict.fromkeys(("run_id", "selection", "since", "site", "company_domain", "environment"), text)
        held = (HeldClass("suspend", text, text),)
        return read_page(row, shows_values=True, warnings=("x" + text,), counts={text: 1}, held=held, **named)

    hostile, expected = everywhere(HOSTILE), everywhere(harmless)

    assert [(tag, list(has)) for tag, has, _ in hostile.elements] == [
        (tag, list(has)) for tag, has, _ in expected.elements
    ]
    assert "".join(hostile.elements[0][2]) == "".join(expected.elements[0][2]).replace(harmless, HOSTILE)
    assert hostile.buttons[HOSTILE]


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
    text = page(report_of(row_of(1, cells=(Cell("city", "", value),)), shows_values=True, company_domain=value))

    assert f'<i class="unseen" title="{named}">' in text
    assert next(char for char in value if not char.isprintable()) not in text
    assert text.encode("utf-8")


def test_a_joined_emoji_stays_joined() -> None:
    value = "\U0001f469\u200d\U0001f4bb"

    assert read_page(row_of(1, cells=(Cell("city", "", value),)), shows_values=True).all("ins") == [value]


def test_the_policy_allows_only_the_style_and_script_of_the_page() -> None:
    read = read_page(row_of(1))
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
    text = page(report_of(row_of(1), company_domain="acme"))

    assert not re.findall(r"https?:|//[a-z]|url\(|@import|\bsrc\s*=|\bhref\s*=|<link|fetch\(|import\(", text)
    assert PageReader(text).found("meta", name="referrer", content="no-referrer")

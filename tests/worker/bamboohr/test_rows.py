"""Texts of BambooHR: composed, with single spaces, and without characters that cannot be seen."""

from __future__ import annotations

import pytest

from worker.bamboohr.rows import text

INVISIBLE = [
    *("\u200b", "\u200e", "\u200f", "\ufeff", "\u2060", "\u00ad", "\u202a", "\u3164", "\u2800"),
    *("\u180b", "\u180e", "\u180f", "\ufe0f", "\ufffc", "\U000e0020", "\U000e0100", "\U000e01ef"),
]


@pytest.mark.parametrize("char", INVISIBLE)
def test_an_invisible_character_is_removed_from_an_address(char: str) -> None:
    for address in (
        f"ana.roy@x.example{char}",
        f"{char}ana.roy@x.example",
        f"ana.{char}roy@x.example",
        f"{char} ana.roy@x.example",
    ):
        assert text("work_email", address) == "ana.roy@x.example"


@pytest.mark.parametrize("char", INVISIBLE)
def test_an_invisible_character_is_removed_from_the_ends_of_a_name(char: str) -> None:
    assert text("first_name", f" {char} Ana{char} Roy{char}{char} ") == f"Ana{char} Roy"


@pytest.mark.parametrize("char", INVISIBLE)
@pytest.mark.parametrize("field", ["preferred_name", "work_email"])
def test_a_text_of_invisible_characters_alone_is_empty(field: str, char: str) -> None:
    assert text(field, f"{char} {char}") == ""


CONTROLS = ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\x9f"]


@pytest.mark.parametrize("char", CONTROLS)
@pytest.mark.parametrize("field", ["work_email", "first_name", "status"])
@pytest.mark.parametrize("inside", ["ana.roy@x.example", "\u017divka"])
def test_a_control_character_is_removed_at_the_ends(field: str, inside: str, char: str) -> None:
    for value in (f"{inside}{char}", f"{char} {inside}", f"{char}\u200b{char}{inside} {char}\u200b"):
        assert text(field, value) == inside
    assert text(field, f"{char} {char}") == ""


@pytest.mark.parametrize("char", [char for char in CONTROLS if not char.isspace()])
def test_a_control_character_within_an_address_is_kept_and_refused_later(char: str) -> None:
    assert text("work_email", f"ana{char}roy@x.example") == f"ana{char}roy@x.example"


def test_a_joiner_within_a_name_is_kept() -> None:
    assert text("last_name", "\u0646\u06cc\u200c\u0627") == "\u0646\u06cc\u200c\u0627"


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ("  Ann \t Marie\n", "Ann Marie"),
        ("Ann\u00a0Marie", "Ann Marie"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("Ana\u0323\u030a", "An\u1ea1\u030a"),
        ("\u0301", ""),
        ("\u200b\u0301\u0323 \u20dd", ""),
        ("\u0301Ana", "Ana"),
        (None, ""),
        ("", ""),
        (True, "true"),
        (False, "false"),
        ([], None),
        ({"a": 1}, None),
        (7, "7"),
        ("0000-00-00", ""),
        ("2026-01-31", "2026-01-31"),
    ],
)
def test_a_text_is_composed_and_has_single_spaces_and_other_forms_are_not_shown(
    value: object, cleaned: str | None
) -> None:
    assert text("last_name", value) == cleaned

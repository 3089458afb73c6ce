"""Whether the names of an employee and of an account agree."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker.builders import account, listed
from worker.planning.names import NameComparison, compare_names, same_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ANN  Marie", "ann marie "),
        ("Ann Marie", "Marie Ann"),
        ("Zoe\u0308", "ZO\u00cb"),
        ("Zo\u00eb", "Zoe"),
        ("STRASSE", "stra\u00dfe"),
        ("M\u00fcller", "Mueller"),
        ("M\u00fcller", "Muller"),
        ("S\u00f8rensen", "Soerensen"),
        ("S\u00f8rensen", "Sorensen"),
        ("\u00c5berg", "Aaberg"),
        ("\u0141ukasz", "Lukasz"),
        ("O'Brien", "O\u2019Brien"),
        ("O'Brien", "OBrien"),
        ("O'Brien", "O Brien"),
        ("Jean-Luc", "Jean Luc"),
        ("Zo\u00eb King", "Zoe King"),
        ("Jean-Luc", "Jeanluc"),
        ("\uff21da", "Ada"),
    ],
)
def test_spellings_of_one_name_agree(one: str, other: str) -> None:
    assert same_name(one, other)
    assert same_name(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("Ann", "Anna"), ("Ann Marie", "Ann"), ("Ng", "Poe"), ("M\u00fcller", "Miller")]
)
def test_other_names_do_not(one: str, other: str) -> None:
    assert not same_name(one, other)


@pytest.mark.parametrize("blank", ["", "  ", "\u00a0", "-", "'"])
def test_blank_names_agree_with_none(blank: str) -> None:
    assert not same_name(blank, blank)


@pytest.mark.parametrize(
    ("names", "agree", "both"),
    [
        ({"first_name": "Ada", "last_name": "Lovelace"}, True, True),
        ({"first_name": "Ada", "last_name": "King"}, True, False),
        ({"first_name": "Augusta", "last_name": "Lovelace"}, True, False),
        ({"first_name": "Augusta", "last_name": "King", "preferred_name": "Ada"}, True, False),
        ({"first_name": "Augusta", "last_name": "Lovelace", "preferred_name": "Ada"}, True, True),
        ({"first_name": "Lovelace", "last_name": "Ada"}, True, True),
        ({"first_name": "", "last_name": "Ada Lovelace"}, False, False),
        ({"first_name": "Augusta", "last_name": "King"}, False, False),
        ({"first_name": "Augusta", "last_name": "Ada"}, False, False),
    ],
    ids=str,
)
def test_a_name_agrees_in_its_own_field_or_both_in_any(names: dict[str, Any], agree: bool, both: bool) -> None:
    comparison = compare_names(listed(7, **names), account(firstname="Ada", lastname="Lovelace"))

    assert comparison.shown
    assert (comparison.any, comparison.both) == (agree, both)


@pytest.mark.parametrize(
    ("names", "agree", "both"),
    [
        ({"first_name": "Suharto", "last_name": ""}, True, True),
        ({"first_name": "", "last_name": "Suharto"}, True, True),
        ({"first_name": "Suharto", "last_name": "Putra"}, True, False),
        ({"first_name": "Unknown", "last_name": "Suharto"}, False, False),
        ({"first_name": "Ada", "last_name": ""}, False, False),
        ({"first_name": "Ada", "last_name": "Unknown"}, False, False),
    ],
    ids=str,
)
def test_the_default_last_name_is_nobodys(names: dict[str, Any], agree: bool, both: bool) -> None:
    suharto = account(firstname="Suharto", lastname="Unknown")

    comparison = compare_names(listed(7, **names), suharto, "Unknown")

    assert comparison.shown
    assert (comparison.any, comparison.both) == (agree, both)
    assert not compare_names(listed(7, first_name="", last_name=""), suharto, "Unknown").shown


@pytest.mark.parametrize("names", [{"first_name": "", "last_name": " "}, {"first_name": "-", "last_name": ""}], ids=str)
def test_names_that_are_not_shown_or_blank_say_nothing(names: dict[str, Any]) -> None:
    of_ada = account(firstname="Ada", lastname="Lovelace")

    assert compare_names(listed(7, **names), of_ada) == NameComparison(shown=False)
    assert compare_names(listed(7, not_shown=["first_name", "last_name"]), of_ada) == NameComparison(shown=False)
    assert compare_names(listed(7), account(firstname="", lastname="")) == NameComparison(shown=False)

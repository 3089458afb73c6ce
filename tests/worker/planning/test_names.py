"""Whether the names of an employee and of an account agree."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.worker.builders import account, listed, mapping_of, run_settings
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
        ("M\u00fcller-L\u00fcdenscheidt", "L\u00fcdenscheidt M\u00fcller"),
        ("\uff21da", "Ada"),
        ("Garc\u00eda", "Garcia"),
        ("Nguy\u1ec5n", "Nguyen"),
        ("\u0130lker", "Ilker"),
        ("\u0394\u03ae\u03bc\u03bf\u03c2", "\u0394\u03b7\u03bc\u03bf\u03c2"),
        ("\u0421\u0435\u0440\u0433\u0435\u0439", "\u0421\u0435\u0440\u0433\u0435\u0438"),
        ("\u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f", "\u0645\u062d\u0645\u062f"),
        ("\u05d3\u05b8\u05bc\u05d5\u05b4\u05d3", "\u05d3\u05d5\u05d3"),
        ("\uff80\uff76\uff9e\uff7c", "\u30bf\u30ac\u30b7"),
        ("\u845b\U000e0100\u57ce", "\u845b\u57ce"),
    ],
)
def test_spellings_of_one_name_agree(one: str, other: str) -> None:
    assert same_name(one, other)
    assert same_name(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann", "Anna"),
        ("Ann Marie", "Ann"),
        ("Ng", "Poe"),
        ("M\u00fcller", "Miller"),
        # Rina and Renu, Indian: vowel signs.
        ("\u0930\u0940\u0928\u093e", "\u0930\u0947\u0928\u0941"),
        # A word with and without the sign that removes its vowel.
        ("\u0930\u0924\u0928", "\u0930\u0924\u094d\u0928"),
        # Takashi and Tagashi, Japanese: a voicing mark.
        ("\u30bf\u30ab\u30b7", "\u30bf\u30ac\u30b7"),
        # Wipha and Wipa, Thai: a vowel sign of the class 0, and a tone mark.
        ("\u0e27\u0e34\u0e20\u0e32", "\u0e27\u0e35\u0e20\u0e32"),
        ("\u0e43\u0e08", "\u0e43\u0e08\u0e49"),
        # Ali and Ale, in the script of the Maldives.
        ("\u0787\u07a6\u078d\u07a9", "\u0787\u07a6\u078d\u07ac"),
    ],
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
    comparison = compare_names(listed(7, **names), account(firstname="Ada", lastname="Lovelace"), mapping_of())

    assert comparison.comparable
    assert (comparison.any, comparison.both) == (agree, both)


EMPLOYER, NATIVE = "bamboohr:customCompany", "bamboohr:customLast"


@pytest.mark.parametrize(
    ("target", "sources", "agree"),
    [
        ("lastname", ["last_name", EMPLOYER], False),
        ("lastname", [NATIVE, "last_name", EMPLOYER], False),
        ("lastname", [EMPLOYER, "last_name"], True),
        ("lastname", [EMPLOYER], True),
        ("lastname", ["division", "last_name"], False),
        ("firstname", ["first_name", "middle_name"], False),
        ("firstname", ["preferred_name", "first_name", "middle_name"], False),
        ("firstname", ["middle_name", "first_name"], True),
        ("firstname", ["first_name", "preferred_name"], False),
    ],
)
def test_a_field_of_the_mapping_has_a_name_only_ahead_of_the_legal_one(target: str, sources: Any, agree: bool) -> None:
    facts: dict[str, Any] = {"middle_name": "Augusta", NATIVE: "Roi", EMPLOYER: "Acme", "division": "Acme"}
    employee, rule = listed(7, first_name="Ada", last_name="King", **facts), {target: sources}

    comparison = compare_names(employee, account(firstname="Augusta", lastname="Acme"), mapping_of(**rule))

    assert (comparison.comparable, comparison.any) == (True, agree)


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
    mapping = run_settings(DEFAULT_LAST_NAME="Unknown").mapping

    comparison = compare_names(listed(7, **names), suharto, mapping)

    assert comparison.comparable
    assert (comparison.any, comparison.both) == (agree, both)
    assert not compare_names(listed(7, first_name="", last_name=""), suharto, mapping).comparable


@pytest.mark.parametrize("names", [{"first_name": "", "last_name": " "}, {"first_name": "-", "last_name": ""}], ids=str)
def test_names_that_are_not_shown_or_blank_say_nothing(names: dict[str, Any]) -> None:
    of_ada = account(firstname="Ada", lastname="Lovelace")

    assert compare_names(listed(7, **names), of_ada, mapping_of()) == NameComparison(comparable=False)
    nameless = listed(7, not_shown=["first_name", "last_name"])
    assert compare_names(nameless, of_ada, mapping_of()) == NameComparison(comparable=False)
    assert compare_names(listed(7), account(firstname="", lastname=""), mapping_of()) == NameComparison(
        comparable=False
    )


LOCAL: dict[str, Any] = {"bamboohr:customFirst": "\u660e", "bamboohr:customLast": "\u738b"}


@pytest.mark.parametrize(
    ("mapped", "names", "theirs", "agree", "both"),
    [
        ("bamboohr:customLast", LOCAL, {"firstname": "Ming", "lastname": "\u738b"}, True, False),
        ("bamboohr:customLast", LOCAL, {"firstname": "\u660e", "lastname": "\u738b"}, True, True),
        ("bamboohr:customLast", LOCAL, {"firstname": "Ada", "lastname": "King"}, True, True),
        ("bamboohr:customLast", LOCAL, {"firstname": "Ming", "lastname": "\u674e"}, False, False),
        ("bamboohr:customLast", {"bamboohr:customLast": "Unknown"}, {"lastname": "Unknown"}, False, False),
        (["middle_name", "last_name"], {"middle_name": "Mary"}, {"lastname": "Mary"}, True, False),
        (["middle_name", "last_name"], {"middle_name": ""}, {"lastname": "King"}, True, False),
        ("division", {"division": "North"}, {"lastname": "North"}, False, False),
    ],
    ids=["last", "both", "legal", "others", "default", "middle", "no middle", "shared"],
)
def test_a_name_in_a_mapped_field_is_the_employees(
    mapped: str | list[str], names: dict[str, Any], theirs: dict[str, Any], agree: bool, both: bool
) -> None:
    mapping = run_settings(
        FIELD_MAPPING=json.dumps({"firstname": "bamboohr:customFirst", "lastname": mapped}), DEFAULT_LAST_NAME="Unknown"
    ).mapping

    comparison = compare_names(listed(7, first_name="Ada", last_name="King", **names), account(**theirs), mapping)

    assert (comparison.any, comparison.both) == (agree, both)

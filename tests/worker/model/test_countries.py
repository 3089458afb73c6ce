"""Country names and the codes that Moodle stores: unknown names are not sent."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from iso3166 import countries

from tests.sandbox.moodle.countries import COUNTRIES
from worker.model.countries import country_code

ISO_NAMES = Path(__file__).with_name("country_names.csv")
"""The short, official and common names of ISO 3166-1."""


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("United States", "US"),
        ("USA", "US"),
        ("us", "US"),
        ("United Kingdom", "GB"),
        ("Northern Ireland", "GB"),
        ("Germany", "DE"),
        ("DEU", "DE"),
        ("  germany ", "DE"),
        ("Czech Republic", "CZ"),
        ("Czechia", "CZ"),
        ("Türkiye", "TR"),
        ("Turkey", "TR"),
        ("Côte d\u2019Ivoire", "CI"),
        ("Ivory Coast", "CI"),
        ("Curaçao", "CW"),
        ("Korea, Republic of", "KR"),
        ("South Korea", "KR"),
        ("Virgin Islands, U.S.", "VI"),
        ("Viet Nam", "VN"),
        ("Hong Kong", "HK"),
        ("Macedonia", "MK"),
        ("Congo, the Democratic Republic of the", "CD"),
        ("Cote D'Ivoire (Ivory Coast)", "CI"),
        ("Croatia (Hrvatska)", "HR"),
        ("Vatican City State", "VA"),
        ("St. Helena", "SH"),
        ("St. Vincent & the Grenadines", "VC"),
        ("ST", "ST"),
        ("U.S.A.", "US"),
        ("U.S. Virgin Islands", "VI"),
        ("The Gambia", "GM"),
        ("Bahamas, The", "BS"),
        ("Bosnia-Herzegovina", "BA"),
        ("Macedonia, the Former Yugoslav Republic of", "MK"),
        ("Republic of Ireland", "IE"),
        ("St. Pierre and Miquelon", "PM"),
        ("Svalbard", "SJ"),
        ("Bonaire, Sint Eustatius and Saba", "BQ"),
        ("Cocos (Keeling Islands)", "CC"),
        ("East Timor", "TL"),
        ("Falkland Islands (Malvinas)", "FK"),
        ("France, Metropolitan", "FR"),
        ("French West Indies", "MF"),
        ("Heard and McDonald Islands", "HM"),
        ("Korea (North)", "KP"),
        ("Korea (South)", "KR"),
        ("Palestinian Territories", "PS"),
        ("Pitcairn", "PN"),
        ("Sint Maarten (Dutch part)", "SX"),
        ("US Minor Outlying Islands", "UM"),
        ("Virgin Islands (British)", "VG"),
        ("Wallis and Futuna Islands", "WF"),
        ("Zaire", "CD"),
        ("Svalbard and Jan Mayen Islands", "SJ"),
        ("S. Georgia and S. Sandwich Isls.", "GS"),
        ("Pitcairn Islands", "PN"),
        ("Fiji Islands", "FJ"),
        ("Vatican City State (Holy See)", "VA"),
        ("Man (Isle of)", "IM"),
        ("Macau S.A.R.", "MO"),
        ("Macedonia, F.Y.R.", "MK"),
        ("Congo, Republic of the", "CG"),
        ("Congo, Democratic Republic of the", "CD"),
        ("Congo (DRC)", "CD"),
        ("Republic of China", "TW"),
        ("Democratic Republic of Korea", "KP"),
        ("Caribbean Netherlands", "BQ"),
        ("Great Britain (UK)", "GB"),
        ("UAE", "AE"),
        ("Virgin Islands (USA)", "VI"),
        ("Lao PDR", "LA"),
        ("Western Samoa", "WS"),
        ("Timor-Leste (East Timor)", "TL"),
        ("Faeroe Islands", "FO"),
        ("Türkiye (Turkey)", "TR"),
        ("Yemen, Republic of", "YE"),
    ],
)
def test_a_country_name_as_bamboohr_writes_it_has_a_code(name: str, code: str) -> None:
    assert country_code(name) == code


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "Atlantis",
        "Kosovo",
        "XK",
        "Yugoslavia",
        "Netherlands Antilles",
        "Europe",
        "日本",
        "0",
        "-",
    ],
)
def test_an_unknown_name_has_no_code(name: str) -> None:
    assert country_code(name) is None


@pytest.mark.parametrize("name", ["Virgin Islands", "Congo (Gabon)", "Republic of", "State of Confusion"])
def test_a_name_that_may_be_several_countries_or_none_has_no_code(name: str) -> None:
    assert country_code(name) is None


def test_every_name_of_the_standard_has_its_code_in_either_order_of_its_words() -> None:
    with ISO_NAMES.open(encoding="utf-8") as lines:
        rows = list(csv.reader(lines))[1:]

    assert {row[0] for row in rows} == COUNTRIES
    for code, *names in rows:
        for name in filter(None, names):
            first, _, last = name.partition(", ")
            assert [country_code(name), country_code(f"{last} {first}")] == [code, code], name


def test_exactly_the_countries_that_moodle_knows_are_found_by_each_of_their_names() -> None:
    found = set()
    for country in countries:
        for name in (country.name, country.apolitical_name, country.alpha2, country.alpha3):
            code = country_code(name)
            assert code == (country.alpha2 if country.alpha2 in COUNTRIES else None), name
            found.add(code)

    assert found - {None} == COUNTRIES

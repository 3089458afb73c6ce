"""Country names to Moodle's codes: what is not known is not sent."""

from __future__ import annotations

import pytest
from iso3166 import countries

from tests.sandbox.moodle.countries import COUNTRIES
from worker.countries import country_code


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
        ("Côte d’Ivoire", "CI"),
        ("Ivory Coast", "CI"),
        ("Curaçao", "CW"),
        ("Korea, Republic of", "KR"),
        ("South Korea", "KR"),
        ("Virgin Islands, U.S.", "VI"),
        ("Viet Nam", "VN"),
        ("Hong Kong", "HK"),
        ("Macedonia", "MK"),
    ],
)
def test_a_name_as_bamboohr_writes_it_has_its_code(name: str, code: str) -> None:
    assert country_code(name) == code


@pytest.mark.parametrize("name", ["", " ", "Atlantis", "Yugoslavia", "Europe", "日本", "0", "-"])
def test_what_is_no_country_has_none(name: str) -> None:
    assert country_code(name) is None


def test_every_country_of_iso_3166_is_found_by_each_of_its_names() -> None:
    for country in countries:
        for name in (country.name, country.apolitical_name, country.alpha2, country.alpha3):
            assert country_code(name) == country.alpha2, name
        assert country.alpha2 in COUNTRIES, "Moodle stores a code that it does not know as 0"

"""Country names as BambooHR writes them, mapped to the two-letter codes that Moodle stores.

Moodle accepts any other value without an error and stores it as "0" (measured on Moodle 4.2.3), so an unknown name is
not sent. The `iso3166` package supplies the standard names; the table below adds the everyday and older names that
BambooHR uses and ISO 3166 does not.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from iso3166 import countries

_UNKNOWN_TO_MOODLE = frozenset({"XK"})
"""XK (Kosovo) is not an ISO 3166 code: the library has it, Moodle's list does not."""

_INITIALS = re.compile(r"\b(?:[a-z]\.){2,}")

_EVERYDAY = {
    "america": "US",
    "bolivia": "BO",
    "bonaire saint eustatius and saba": "BQ",
    "bosnia": "BA",
    "bosnia herzegovina": "BA",
    "british virgin islands": "VG",
    "brunei": "BN",
    "burma": "MM",
    "burma myanmar": "MM",
    "cabo verde": "CV",
    "cape verde": "CV",
    "congo": "CG",
    "congo brazzaville": "CG",
    "congo kinshasa": "CD",
    "congo democratic republic": "CD",
    "democratic republic of congo": "CD",
    "democratic republic of the congo": "CD",
    "dr congo": "CD",
    "congo the democratic republic of the": "CD",
    "cote d ivoire": "CI",
    "cote d ivoire ivory coast": "CI",
    "croatia hrvatska": "HR",
    "czech republic": "CZ",
    "east timor": "TL",
    "england": "GB",
    "falkland islands": "FK",
    "france metropolitan": "FR",
    "french west indies": "MF",
    "great britain": "GB",
    "heard and mcdonald islands": "HM",
    "holland": "NL",
    "holy see vatican city state": "VA",
    "hong kong sar": "HK",
    "hong kong sar china": "HK",
    "iran": "IR",
    "ivory coast": "CI",
    "korea": "KR",
    "korea north": "KP",
    "korea south": "KR",
    "laos": "LA",
    "libya": "LY",
    "libyan arab jamahiriya": "LY",
    "macao": "MO",
    "macau": "MO",
    "macedonia": "MK",
    "macedonia the former yugoslav republic of": "MK",
    "micronesia": "FM",
    "moldova": "MD",
    "myanmar burma": "MM",
    "north korea": "KP",
    "northern ireland": "GB",
    "palestinian territories": "PS",
    "palestinian territory": "PS",
    "palestinian territory occupied": "PS",
    "republic of ireland": "IE",
    "reunion": "RE",
    "russia": "RU",
    "russian federation": "RU",
    "saint barthelemy": "BL",
    "saint helena": "SH",
    "st helena": "SH",
    "saint martin": "MF",
    "sao tome and principe": "ST",
    "scotland": "GB",
    "sint maarten": "SX",
    "slovakia slovak republic": "SK",
    "slovak republic": "SK",
    "south korea": "KR",
    "st pierre and miquelon": "PM",
    "svalbard": "SJ",
    "swaziland": "SZ",
    "syria": "SY",
    "syrian arab republic": "SY",
    "taiwan": "TW",
    "tanzania": "TZ",
    "the netherlands": "NL",
    "turkey": "TR",
    "turkiye": "TR",
    "uk": "GB",
    "united kingdom": "GB",
    "united kingdom of great britain and northern ireland": "GB",
    "united states": "US",
    "united states of america": "US",
    "usa": "US",
    "us virgin islands": "VI",
    "us minor outlying islands": "UM",
    "vatican": "VA",
    "vatican city": "VA",
    "vatican city state": "VA",
    "venezuela": "VE",
    "viet nam": "VN",
    "vietnam": "VN",
    "virgin islands british": "VG",
    "virgin islands us": "VI",
    "virgin islands u s": "VI",
    "wales": "GB",
    "wallis and futuna islands": "WF",
    "zaire": "CD",
}


def country_code(name: str) -> str | None:
    """The ISO 3166 alpha-2 code for a country name or code; None if it is unknown."""
    return _codes().get(_folded(name))


@cache
def _codes() -> dict[str, str]:
    codes: dict[str, str] = {}
    for country in countries:
        if country.alpha2 in _UNKNOWN_TO_MOODLE:
            continue
        for name in (country.alpha2, country.alpha3, country.name, country.apolitical_name):
            codes[_folded(name)] = country.alpha2
    return {**codes, **{_folded(name): code for name, code in _EVERYDAY.items()}}


def _folded(name: str) -> str:
    """Lower case, no accents, no punctuation, single spaces; "St." is "saint", and "the" at either end is left out."""
    plain = "".join(part for part in unicodedata.normalize("NFKD", name) if not unicodedata.combining(part))
    joined = _INITIALS.sub(lambda found: found[0].replace(".", "") + " ", plain.casefold().replace("&", " and "))
    words: list[str] = re.findall(r"[a-z0-9]+", joined)
    if len(words) == 1:
        return words[0]
    text = " ".join("saint" if word == "st" else word for word in words)
    return text.removeprefix("the ").removesuffix(" the")

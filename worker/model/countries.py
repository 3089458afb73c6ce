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
    "argentine republic": "AR",
    "ascension and tristan da cunha saint helena": "SH",
    "bolivia": "BO",
    "bonaire saint eustatius and saba": "BQ",
    "bonaire sint eustatius and saba": "BQ",
    "bosnia": "BA",
    "bosnia herzegovina": "BA",
    "british virgin islands": "VG",
    "brunei": "BN",
    "burma": "MM",
    "burma myanmar": "MM",
    "cabo verde": "CV",
    "cape verde": "CV",
    "caribbean netherlands": "BQ",
    "congo": "CG",
    "congo brazzaville": "CG",
    "congo democratic republic": "CD",
    "congo democratic republic of": "CD",
    "congo drc": "CD",
    "congo kinshasa": "CD",
    "congo the democratic republic of the": "CD",
    "cote d ivoire": "CI",
    "cote d ivoire ivory coast": "CI",
    "croatia hrvatska": "HR",
    "czech republic": "CZ",
    "democratic people s republic of korea": "KP",
    "democratic republic of congo": "CD",
    "democratic republic of korea": "KP",
    "democratic republic of the congo": "CD",
    "dr congo": "CD",
    "drc": "CD",
    "east timor": "TL",
    "england": "GB",
    "faeroe islands": "FO",
    "falkland islands": "FK",
    "fiji islands": "FJ",
    "france metropolitan": "FR",
    "french republic": "FR",
    "french west indies": "MF",
    "fyr macedonia": "MK",
    "gabonese republic": "GA",
    "great britain": "GB",
    "heard and mcdonald islands": "HM",
    "hellenic republic": "GR",
    "holland": "NL",
    "holy see vatican city state": "VA",
    "hong kong sar": "HK",
    "hong kong sar china": "HK",
    "hong kong special administrative region of china": "HK",
    "iran": "IR",
    "italian republic": "IT",
    "ivory coast": "CI",
    "korea": "KR",
    "korea democratic republic of": "KP",
    "korea north": "KP",
    "korea south": "KR",
    "kyrgyz republic": "KG",
    "lao pdr": "LA",
    "laos": "LA",
    "lebanese republic": "LB",
    "libya": "LY",
    "libyan arab jamahiriya": "LY",
    "macao": "MO",
    "macao sar": "MO",
    "macao sar china": "MO",
    "macao special administrative region of china": "MO",
    "macau": "MO",
    "macau sar": "MO",
    "macau sar china": "MO",
    "macedonia": "MK",
    "macedonia fyr": "MK",
    "macedonia the former yugoslav republic of": "MK",
    "man isle of": "IM",
    "micronesia": "FM",
    "moldova": "MD",
    "myanmar burma": "MM",
    "nauru": "NR",
    "north korea": "KP",
    "northern ireland": "GB",
    "palestinian territories": "PS",
    "palestinian territory": "PS",
    "palestinian territory occupied": "PS",
    "pitcairn islands": "PN",
    "portuguese republic": "PT",
    "province of china taiwan": "TW",
    "republic of china": "TW",
    "republic of ireland": "IE",
    "reunion": "RE",
    "russia": "RU",
    "russian federation": "RU",
    "rwandese republic": "RW",
    "s georgia and s sandwich isls": "GS",
    "saint barthelemy": "BL",
    "saint helena": "SH",
    "saint martin": "MF",
    "sao tome and principe": "ST",
    "scotland": "GB",
    "sint eustatius and saba bonaire": "BQ",
    "sint maarten": "SX",
    "slovak republic": "SK",
    "slovakia slovak republic": "SK",
    "south georgia and south sandwich islands": "GS",
    "south georgia and south sandwich isls": "GS",
    "south georgia and the south sandwich islands": "GS",
    "south korea": "KR",
    "st helena": "SH",
    "st pierre and miquelon": "PM",
    "svalbard": "SJ",
    "svalbard and jan mayen islands": "SJ",
    "swaziland": "SZ",
    "swiss confederation": "CH",
    "syria": "SY",
    "syrian arab republic": "SY",
    "taiwan": "TW",
    "tanzania": "TZ",
    "the netherlands": "NL",
    "togolese republic": "TG",
    "turkey": "TR",
    "turkiye": "TR",
    "uae": "AE",
    "uk": "GB",
    "united kingdom": "GB",
    "united kingdom of great britain and northern ireland": "GB",
    "united mexican states": "MX",
    "united states": "US",
    "united states of america": "US",
    "us minor outlying islands": "UM",
    "us virgin islands": "VI",
    "usa": "US",
    "vatican": "VA",
    "vatican city": "VA",
    "vatican city state": "VA",
    "venezuela": "VE",
    "viet nam": "VN",
    "vietnam": "VN",
    "virgin islands british": "VG",
    "virgin islands of the united states": "VI",
    "virgin islands u s": "VI",
    "virgin islands us": "VI",
    "virgin islands usa": "VI",
    "wales": "GB",
    "wallis and futuna islands": "WF",
    "western samoa": "WS",
    "zaire": "CD",
}


_FORM = (
    r"(?:(?:arab|bolivarian|democratic|eastern|federal|federated|federative|grand|hashemite|independent|islamic"
    r"|people s|plurinational|socialist|united) )*"
    r"(?:commonwealth|duchy|kingdom|principality|republic|states?|sultanate|union) of"
)
_OFFICIAL_NAME = re.compile(rf"{_FORM} (?:the )?(?P<name>.+)|(?P<inverted>.+) {_FORM}")
_TWO_NAMES = re.compile(r"(.+)\((.+)\)\s*")


def country_code(name: str) -> str | None:
    """Return the ISO 3166 alpha-2 code for a country name or code; None if it is unknown."""
    folded = _folded(name)
    if code := _codes().get(folded):
        return code
    if official := _OFFICIAL_NAME.fullmatch(folded):
        return _codes().get(official["name"] or official["inverted"])
    if two := _TWO_NAMES.fullmatch(name):
        one, other = map(country_code, two.groups())
        return one if one == other else None
    return None


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
    """Return a name in lower case without accents and punctuation, "St." as "saint", and no "the" at either end."""
    plain = "".join(part for part in unicodedata.normalize("NFKD", name) if not unicodedata.combining(part))
    joined = _INITIALS.sub(lambda found: found[0].replace(".", "") + " ", plain.casefold().replace("&", " and "))
    words: list[str] = re.findall(r"[a-z0-9]+", joined)
    if len(words) == 1:
        return words[0]
    text = " ".join("saint" if word == "st" else word for word in words)
    return text.removeprefix("the ").removesuffix(" the")

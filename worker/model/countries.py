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

_OTHER_NAMES = {
    "AE": "uae",
    "AR": "argentine republic",
    "BA": "bosnia, bosnia herzegovina",
    "BL": "saint barthelemy",
    "BN": "brunei",
    "BO": "bolivia",
    "BQ": (
        "bonaire saint eustatius and saba, bonaire sint eustatius and saba, caribbean netherlands,"
        " sint eustatius and saba bonaire"
    ),
    "CD": (
        "congo democratic republic, congo democratic republic of, congo drc, congo kinshasa,"
        " congo the democratic republic of the, democratic republic of congo, democratic republic of the congo,"
        " dr congo, drc, zaire"
    ),
    "CG": "congo, congo brazzaville",
    "CH": "swiss confederation",
    "CI": "cote d ivoire, cote d ivoire ivory coast, ivory coast",
    "CV": "cabo verde, cape verde",
    "CZ": "czech republic",
    "FJ": "fiji islands",
    "FK": "falkland islands",
    "FM": "micronesia",
    "FO": "faeroe islands",
    "FR": "france metropolitan, french republic",
    "GA": "gabonese republic",
    "GB": (
        "england, great britain, northern ireland, scotland, uk, united kingdom,"
        " united kingdom of great britain and northern ireland, wales"
    ),
    "GR": "hellenic republic",
    "GS": (
        "s georgia and s sandwich isls, south georgia and south sandwich islands,"
        " south georgia and south sandwich isls, south georgia and the south sandwich islands"
    ),
    "HK": "hong kong sar, hong kong sar china, hong kong special administrative region of china",
    "HM": "heard and mcdonald islands",
    "HR": "croatia hrvatska",
    "IE": "republic of ireland",
    "IM": "man isle of",
    "IR": "iran",
    "IT": "italian republic",
    "KG": "kyrgyz republic",
    "KP": (
        "democratic people s republic of korea, democratic republic of korea, korea democratic republic of,"
        " korea north, north korea"
    ),
    "KR": "korea, korea south, south korea",
    "LA": "lao pdr, laos",
    "LB": "lebanese republic",
    "LY": "libya, libyan arab jamahiriya",
    "MD": "moldova",
    "MF": "french west indies, saint martin",
    "MK": "fyr macedonia, macedonia, macedonia fyr, macedonia the former yugoslav republic of",
    "MM": "burma, burma myanmar, myanmar burma",
    "MO": (
        "macao, macao sar, macao sar china, macao special administrative region of china, macau, macau sar,"
        " macau sar china"
    ),
    "MX": "united mexican states",
    "NL": "holland, the netherlands",
    "NR": "nauru",
    "PM": "st pierre and miquelon",
    "PN": "pitcairn islands",
    "PS": "palestinian territories, palestinian territory, palestinian territory occupied",
    "PT": "portuguese republic",
    "RE": "reunion",
    "RU": "russia, russian federation",
    "RW": "rwandese republic",
    "SH": "ascension and tristan da cunha saint helena, saint helena, st helena",
    "SJ": "svalbard, svalbard and jan mayen islands",
    "SK": "slovak republic, slovakia slovak republic",
    "ST": "sao tome and principe",
    "SX": "sint maarten",
    "SY": "syria, syrian arab republic",
    "SZ": "swaziland",
    "TG": "togolese republic",
    "TL": "east timor",
    "TR": "turkey, turkiye",
    "TW": "province of china taiwan, republic of china, taiwan",
    "TZ": "tanzania",
    "UM": "us minor outlying islands",
    "US": "america, united states, united states of america, usa",
    "VA": "holy see vatican city state, vatican, vatican city, vatican city state",
    "VE": "venezuela",
    "VG": "british virgin islands, virgin islands british",
    "VI": (
        "us virgin islands, virgin islands of the united states, virgin islands u s, virgin islands us,"
        " virgin islands usa"
    ),
    "VN": "viet nam, vietnam",
    "WF": "wallis and futuna islands",
    "WS": "western samoa",
}
_FORM = (
    r"(?:(?:arab|bolivarian|democratic|eastern|federal|federated|federative|grand|hashemite|independent|islamic"
    r"|people s|plurinational|socialist|united) )*"
    r"(?:commonwealth|duchy|kingdom|principality|republic|states?|sultanate|union) of"
)
_OFFICIAL_NAME = re.compile(rf"{_FORM} (?:the )?(?P<name>.+)|(?P<inverted>.+) {_FORM}")
_TWO_NAMES = re.compile(r"(.+)\((.+)\)\s*")
_INITIALS = re.compile(r"\b(?:[a-z]\.){2,}")


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
        if country.alpha2 == "XK":
            continue  # Kosovo's code is not in ISO 3166, nor in Moodle's list, but in the library.
        for name in (country.alpha2, country.alpha3, country.name, country.apolitical_name):
            codes[_folded(name)] = country.alpha2
    return {**codes, **{_folded(name): code for code, names in _OTHER_NAMES.items() for name in names.split(", ")}}


def _folded(name: str) -> str:
    """Return a name in lower case without accents and punctuation, "St." as "saint", and no "the" at either end."""
    plain = "".join(part for part in unicodedata.normalize("NFKD", name) if not unicodedata.combining(part))
    joined = _INITIALS.sub(lambda found: found[0].replace(".", "") + " ", plain.casefold().replace("&", " and "))
    words: list[str] = re.findall(r"[a-z0-9]+", joined)
    if len(words) == 1:
        return words[0]
    text = " ".join("saint" if word == "st" else word for word in words)
    return text.removeprefix("the ").removesuffix(" the")

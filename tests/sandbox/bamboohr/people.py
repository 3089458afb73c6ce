"""Invented employees: plausible, of many alphabets, and the same ones for the same seed."""

from __future__ import annotations

import random
import re
import unicodedata
from datetime import date, timedelta
from functools import cache
from typing import Final

from .company import Values
from .names import DEPARTMENTS, DOMAINS, LONG_NAMES, PLACES, Place

_OPENED: Final = date(2012, 3, 1)
_LAST_HIRE: Final = date(2026, 9, 1)
_LONG_NAME_EVERY: Final = 400
_TEAM: Final = 8
_PREFERRED: Final = 0.05
_LABELS: Final = ("Full-Time", "Full-Time", "Full-Time", "Full-Time", "Part-Time", "Contractor")
_DEPARTMENTS: Final = tuple(DEPARTMENTS.items())


def generate(count: int, seed: int = 1, *, without_email: float = 0.0) -> list[Values]:
    """Active employees with the ids "1" to `count`, ready for `Company.add`.

    Work e-mails are unique and ASCII, at example.com, example.org or example.net; the share `without_email` of the
    employees has none. Each employee but "1" has a manager with a smaller id. A longer list of one seed begins with
    the employees of a shorter one.
    """
    dice = random.Random(seed)
    taken: dict[str, int] = {}
    return [_record(number, dice, taken, without_email) for number in range(1, count + 1)]


def _record(number: int, dice: random.Random, taken: dict[str, int], without_email: float) -> Values:
    place = dice.choice(PLACES)
    department, (division, titles) = dice.choice(_DEPARTMENTS)
    first, last = dice.choice(place.first), dice.choice(place.last)
    if number % _LONG_NAME_EVERY == 0:
        first, last = LONG_NAMES[number // _LONG_NAME_EVERY % len(LONG_NAMES)]
    email = _address(_latin(first), _latin(last), DOMAINS[division], taken)
    hired = _OPENED + timedelta(days=dice.randrange((_LAST_HIRE - _OPENED).days))
    record: Values = {
        "id": str(number),
        "employeeNumber": f"E{number:06d}",
        "firstName": first.partition("=")[0],
        "lastName": last.partition("=")[0],
        "displayName": _displayed(first, last, place),
        "jobTitle": dice.choice(titles),
        "department": department,
        "division": division,
        "location": place.city,
        "city": place.city,
        "country": place.country,
        "hireDate": hired.isoformat(),
        "originalHireDate": hired.isoformat(),
        "status": "Active",
        "employmentHistoryStatus": dice.choice(_LABELS),
        "workPhone": f"{place.dial} {dice.randrange(100, 200):04d}",
        "workEmail": None if dice.random() < without_email else email,
        "homeEmail": f"home.{number}@example.net",
    }
    if number > 1:
        record["supervisorEId"] = str((number - 2) // _TEAM + 1)
    if dice.random() < _PREFERRED:
        record["preferredName"] = _latin(first).split(".")[0].title()
    return record


def _displayed(first: str, last: str, place: Place) -> str:
    first, last = first.partition("=")[0], last.partition("=")[0]
    return f"{last} {first}" if place.family_first and not first.isascii() else f"{first} {last}"


@cache
def _latin(name: str) -> str:
    """A name as part of an address: lower-case ASCII, words joined by dots."""
    shown, _, given = name.partition("=")
    plain = (given or shown).replace("ß", "ss")
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode().lower()
    return ".".join(re.findall(r"[a-z0-9-]+", plain.replace("'", "")))


def _address(first: str, last: str, domain: str, taken: dict[str, int]) -> str:
    # An address has at most 64 characters before the @; a number must still fit.
    base = f"{first}.{last}"[:56].rstrip(".-")
    times = taken[base] = taken.get(base, 0) + 1
    return f"{base}@{domain}" if times == 1 else f"{base}{times}@{domain}"

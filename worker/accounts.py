"""A Moodle account as the look-ups show it."""

from __future__ import annotations

import html
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from worker.errors import TargetError
from worker.mapping import PROFILE_FIELD, FieldMapping

ALWAYS_SHOWN = ("id", "username", "firstname", "lastname", "email", "auth", "suspended")
"""Keys that every account has if the token may see it. (idnumber, city, country... are absent when they are empty.)"""

OPTIONAL = ("institution", "city", "country")


@dataclass(frozen=True, slots=True)
class Account:
    """One account. `values` holds the mapped fields, "" for an empty one, under their Moodle names."""

    id: int
    username: str
    idnumber: str
    auth: str
    suspended: bool
    values: Mapping[str, str]

    @property
    def email(self) -> str:
        """Its e-mail address."""
        return self.values["email"]

    @property
    def fields(self) -> dict[str, str]:
        """Everything that can be written, under Moodle's names, as it is sent."""
        own = {"idnumber": self.idnumber, "username": self.username, "auth": self.auth}
        return {**self.values, **own, "suspended": "1" if self.suspended else "0"}

    @property
    def name(self) -> str:
        """How a message calls it: by ids alone, never by a name."""
        known = self.idnumber if self.idnumber.isascii() and self.idnumber.isdigit() else ""
        return f"account {self.id}" + (f" (idnumber {known})" if known else "")

    @property
    def is_deleted(self) -> bool:
        """Whether Moodle keeps it as a deleted one: found by id alone, with a hash in the place of the address."""
        return "@" not in self.email

    def bears(self, address: str) -> bool:
        """Whether it has this e-mail address, whatever the case."""
        return bool(address) and self.email.casefold() == address.casefold()


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What is kept of an account that is not planned for."""

    id: int
    username: str
    idnumber: str
    suspended: bool


def needed_keys(mapping: FieldMapping) -> tuple[str, ...]:
    """What an answer about an account must hold for planning to be possible."""
    return (*ALWAYS_SHOWN, "department") if mapping.rule("department") else ALWAYS_SHOWN


def missing_keys(row: Mapping[str, Any], needed: Iterable[str]) -> list[str]:
    """The keys that the token may not see."""
    return [key for key in needed if key not in row]


def parse_account(row: Any, needed: Iterable[str]) -> Account:
    """Raises TargetError for an answer that cannot be believed: a plan from half an account would undo the rest."""
    if not isinstance(row, dict):
        raise TargetError(
            "Moodle answered a look-up with something else than accounts",
            advice="check that MOODLE_BASE_URL is the site's own address",
        )
    missing = missing_keys(row, needed)
    if missing:
        raise TargetError(
            f"Moodle shows an account without {', '.join(missing)}",
            advice="give the token's role the capabilities of the RUNBOOK; check showuseridentity and hiddenuserfields",
        )
    customs = row.get("customfields") or []
    typed = isinstance(row["id"], int) and isinstance(row["suspended"], (bool, int)) and isinstance(customs, list)
    if not typed:
        raise TargetError("Moodle answered a look-up with an account whose id, suspended or customfields is malformed")
    values = {key: _text(row.get(key)) for key in ("firstname", "lastname", "email", "department", *OPTIONAL)}
    for custom in customs:
        if isinstance(custom, dict):
            # Moodle runs text fields through its display formatting, which escapes HTML (read in user/lib.php).
            values[f"{PROFILE_FIELD}{custom.get('shortname')}"] = html.unescape(_text(custom.get("value")))
    return Account(
        id=row["id"],
        username=_text(row["username"]),
        idnumber=_text(row.get("idnumber")),
        auth=_text(row["auth"]),
        suspended=bool(row["suspended"]),
        values=values,
    )


def _text(value: Any) -> str:
    return "" if value is None else sys.intern(str(value))

"""Accounts in the answers of Moodle's look-ups."""

from __future__ import annotations

import html
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from worker.errors import TargetError
from worker.model.account import Account
from worker.model.mapping import PROFILE_FIELD, FieldMapping

ALWAYS_SHOWN = ("id", "username", "firstname", "lastname", "email", "auth", "suspended")
"""Keys that every account has if the token may see it. (idnumber, city, country... are absent when they are empty.)"""


OPTIONAL = ("institution", "city", "country")


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

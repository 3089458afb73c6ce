"""Parses the accounts in Moodle's answers: those of a look-up, or all of one authentication method, as a stream."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from worker.model.account import Account, AccountRef
from worker.model.field_kinds import FieldKind, shown_text
from worker.model.mapping import OFTEN_HIDDEN, PROFILE_FIELD, FieldMapping
from worker.transport.json_stream import Malformed, read_items, require_empty
from worker.transport.json_text import readable

ALWAYS_SHOWN = ("id", "username", "firstname", "lastname", "email", "auth", "suspended")
"""Keys that every account has if the token may see it. (idnumber, city, country... are absent when they are empty.)"""
OPTIONAL = ("institution", "city", "country")
REQUIRED_IF_MAPPED = ("department", "lang", "timezone")
"""Keys that every account has, and that planning needs only if the mapping fills them."""


class UnreadableAccount(ValueError):
    """A row that cannot be trusted. Its message says why without quoting a value."""


def needed_keys(mapping: FieldMapping) -> tuple[str, ...]:
    """Return the keys that planning needs of every account."""
    return (*ALWAYS_SHOWN, *(key for key in REQUIRED_IF_MAPPED if mapping.rule(key)))


def missing_keys(row: Mapping[str, Any], needed: Iterable[str]) -> list[str]:
    """Return the keys that the token may not see."""
    return [key for key in needed if key not in row]


def parse_accounts(rows: Iterable[Any], needed: Iterable[str]) -> list[Account]:
    """Return the accounts of one answer. Raises UnreadableAccount, also if two rows of one id contradict each other."""
    needed = tuple(needed)
    found: dict[int, Account] = {}
    for row in rows:
        account = parse_account(row, needed)
        if found.setdefault(account.id, account) != account:
            raise UnreadableAccount("twice, with different values")
    return [*found.values()]


def parse_account(row: Any, needed: Iterable[str]) -> Account:
    """Return one account. Raises UnreadableAccount: a plan from half an account would overwrite the other half."""
    if not isinstance(row, dict):
        raise UnreadableAccount("that is not an object")
    missing = missing_keys(row, needed)
    if missing:
        raise UnreadableAccount(f"without {', '.join(missing)}")
    customs = row.get("customfields") or []
    typed = type(row["id"]) is int and isinstance(row["suspended"], (bool, int)) and isinstance(customs, list)
    if not typed:
        raise UnreadableAccount("whose id, suspended or customfields is malformed")
    username, idnumber, auth, email = (_identity(row, key) for key in ("username", "idnumber", "auth", "email"))
    values = {"firstname": _text(row["firstname"]), "lastname": _text(row["lastname"]), "email": email}
    values.update({key: _text(row.get(key)) for key in ("department", *OPTIONAL)})
    values.update({key: _text(row[key]) for key in ("lang", "timezone") if key in needed})
    values.update({key: _text(row[key]) for key in OFTEN_HIDDEN if key in row})
    for custom in customs:
        if isinstance(custom, dict):
            values[_field(custom)] = shown_text(_kind(custom), _text(custom.get("value")))
    return Account(
        id=row["id"],
        username=username,
        idnumber=idnumber,
        auth=auth,
        suspended=bool(row["suspended"]),
        values=values,
    )


def parse_kinds(rows: Iterable[Any]) -> dict[str, FieldKind]:
    """Return the kinds of the custom profile fields that the rows of an answer show, by Moodle field."""
    customs = (row.get("customfields") for row in rows if isinstance(row, dict))
    listed = (custom for several in customs if isinstance(several, list) for custom in several)
    return {_field(custom): _kind(custom) for custom in listed if isinstance(custom, dict)}


def _field(custom: Mapping[str, Any]) -> str:
    return f"{PROFILE_FIELD}{custom.get('shortname')}"


def _kind(custom: Mapping[str, Any]) -> FieldKind:
    """Return the kind of a custom field. Since 4.2, Moodle shows the stored value, and the displayed one beside it."""
    return FieldKind(_text(custom.get("type")) or "text", is_raw="displayvalue" in custom)


def _identity(row: Mapping[str, Any], key: str) -> str:
    """Return a value that identifies the account; a malformed one makes the account unreadable."""
    value = row.get(key)
    if isinstance(value, (dict, list)):
        raise UnreadableAccount(f"whose {key} is malformed")
    return _text(value)


def _text(value: Any) -> str:
    """Return a value as text. A list or an object counts as empty, so that the account stays readable."""
    return "" if value is None or isinstance(value, (dict, list)) else sys.intern(readable(str(value)))


def read_account_listing(chunks: Iterable[bytes], auth: str) -> list[AccountRef]:
    """Return the accounts with this authentication. Raises Malformed, also if the answer is incomplete."""
    rows: list[AccountRef | None] = []
    head = read_items(chunks, {"users.item": lambda row: rows.append(_account_ref(row, auth))})
    if not rows:
        require_empty(head, "users")
    return [account for account in rows if account is not None]


def _account_ref(row: Any, auth: str) -> AccountRef | None:
    """Return the account in a row; None if it has another authentication."""
    if not isinstance(row, dict) or type(row.get("id")) is not int:
        raise Malformed("an account is not an object with an id")
    if row.get("auth") != auth:
        # A search by a key unknown to Moodle returns all accounts.
        return None
    username, idnumber = (str(row.get(key) or "") for key in ("username", "idnumber"))
    full_name = "" if idnumber else f"{row.get('firstname') or ''} {row.get('lastname') or ''}".strip()
    return AccountRef(row["id"], username, idnumber, bool(row.get("suspended")), full_name)

"""Reads all accounts of one authentication method as a stream, and keeps only a few values of each account.

Moodle has no paging: one search by authentication returns all at once (2 MB for 4,000 accounts, measured).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from worker.model.account import AccountRef
from worker.transport.json_stream import Malformed, read_items, require_empty


def read_account_listing(chunks: Iterable[bytes], auth: str) -> list[AccountRef]:
    """Return the accounts with this authentication. Raises Malformed, also if the answer is incomplete."""
    found: list[AccountRef] = []
    rows = 0

    def take(row: Any) -> None:
        nonlocal rows
        rows += 1
        account = _account_ref(row, auth)
        if account is not None:
            found.append(account)

    head = read_items(chunks, {"users.item": take})
    if not rows:
        require_empty(head, "users")
    return found


def _account_ref(row: Any, auth: str) -> AccountRef | None:
    if not isinstance(row, dict) or type(row.get("id")) is not int:
        raise Malformed("an account is not an object with an id")
    if row.get("auth") != auth:
        # A search by a key unknown to Moodle returns all accounts.
        return None
    username, idnumber = (str(row.get(key) or "") for key in ("username", "idnumber"))
    full_name = "" if idnumber else f"{row.get('firstname') or ''} {row.get('lastname') or ''}".strip()
    return AccountRef(row["id"], username, idnumber, bool(row.get("suspended")), full_name)

"""Everything about a tenant that can be otherwise, as switches.

Change them at any time; the next answer follows. A switch that does not exist is an error, never a silent no-op.
Field names are canonical (those of Get Employee) unless a switch says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from .fields import DIRECTORY, LISTED_ON_REQUEST


@dataclass(slots=True)
class Settings:
    """The switches of one tenant, with what is most often seen as default."""

    # --- the key -----------------------------------------------------------------------------------------------------
    #: Whose key it is: an employee id, or None for an integration account. Answers `/employees/0`.
    key_owner: str | None = None
    #: The key's user was deactivated: 403 to everything.
    key_disabled: bool = False
    #: So many calls with an unknown key, and everybody gets 403 for `lockout_time`.
    lockout_after: int = 5
    lockout_time: timedelta = timedelta(hours=1)
    #: Employees whom this key may not view: no row in List Employees, 403 on Get Employee. What the company shows to
    #: everybody, the directory, still has them.
    invisible: frozenset[str] = frozenset()
    #: Fields that this key may not read of certain employees: null and named in List Employees, left out by
    #: Get Employee, null in the directory.
    restricted_for: dict[str, frozenset[str]] = field(default_factory=dict)
    #: Who is named in refusals. Looks personal on purpose: a client must not write it to a log.
    key_user: str = "Robin Sync (robin.sync@example.com)"

    # --- employees/changed -------------------------------------------------------------------------------------------
    #: What `employees` is when nobody changed.
    changed_empty: Literal["list", "object", "null"] = "list"
    #: What `latest` is when nobody changed.
    changed_empty_latest: Literal["null", "blank", "absent"] = "null"
    #: "offset" 2026-11-20T09:00:00+00:00, "millis" 2026-11-20T09:00:00.000Z, "zulu" 2026-11-20T09:00:00Z.
    changed_times: Literal["offset", "millis", "zulu"] = "offset"
    #: A list of entries where a map is documented.
    changed_as_list: bool = False
    #: An entry for the id "0", as has really been returned.
    changed_zero_entry: bool = False
    #: Whoever was created after `since` and edited later is called Inserted, not Updated.
    changed_inserted_wins: bool = False
    #: `since` may carry a fraction of a second; otherwise that is a 400.
    changed_fractions: bool = False
    #: Employees whom the key may not view are in the feed all the same.
    changed_shows_invisible: bool = True
    #: Said instead of the true `latest`.
    changed_latest: str | None = None

    # --- employees/directory -----------------------------------------------------------------------------------------
    #: "full", "org_chart" (the reduced fieldset) or "off" (403).
    directory_sharing: Literal["full", "org_chart", "off"] = "full"
    #: The fieldset, in order. A name that is no standard field is a custom one.
    directory_fields: tuple[str, ...] = tuple(DIRECTORY)
    #: Fields of the fieldset that are neither declared nor given.
    directory_lacks: frozenset[str] = frozenset()
    #: Fields that are declared, and null for everybody.
    directory_nulls: frozenset[str] = frozenset()
    #: Whether an unset value is null, or its key is left out of the row.
    directory_unset: Literal["null", "absent"] = "null"
    #: A bad read: the part of the rows that arrives, in a 200 like any other (0 gives an empty list, not a 404).
    directory_keeps: float = 1.0

    # --- employees (List Employees) ----------------------------------------------------------------------------------
    #: 401 or 403 to every call, as for a key in a tenant that takes OAuth only.
    list_refused: Literal[401, 403] | None = None
    #: Fields that are null and named in `_restrictedFields` for everybody.
    list_restricted: frozenset[str] = frozenset()
    #: The optional fields it knows, by their names in List Employees (see `fields.LISTED_ON_REQUEST_EARLIER`).
    list_knows: frozenset[str] = frozenset(LISTED_ON_REQUEST)
    #: What an unset date is.
    list_unset_date: str | None = None

    # --- employees/{id} (Get Employee) -------------------------------------------------------------------------------
    #: Fields that are left out without a word.
    get_restricted: frozenset[str] = frozenset()
    #: What an unset date, and any other unset value, is.
    get_unset_date: str | None = "0000-00-00"
    get_unset: str | None = None

    # --- everywhere --------------------------------------------------------------------------------------------------
    #: Job values of a future hire are given before the start. Otherwise they are empty until then, except where
    #: `onlyCurrent=false` asks for them.
    future_jobs_shown: bool = False
    #: The header that says what was wrong; X-BambooHR-Message is its other name.
    error_header: str = "X-BambooHR-Error-Message"
    #: A longer URL is a 414.
    longest_url: int = 8190

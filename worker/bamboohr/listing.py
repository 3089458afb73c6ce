"""List Employees: the parameters of a request, and the content of a page.

It is the one endpoint that shows employees whom the directory hides and those who left, and that names the fields which
the key may not read (`_restrictedFields`). Source: BambooHR's OpenAPI specification.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.bamboohr.rows import log_contradiction, log_unreadable, shared, text
from worker.model.employee import Evidence, parse_employee_id
from worker.model.field_catalogue import names_in
from worker.model.states import state_name
from worker.transport.json_stream import Malformed

_SOURCE = "List Employees"
_COUNTRY = "country"
"""The name of the country in List Employees and in Get Employee."""
_NUMBER = re.compile("[0-9]{1,18}")


@dataclass(frozen=True)
class Page:
    """Employees of one page. A first page makes all earlier pages invalid."""

    rows: Mapping[int, Evidence]
    is_first: bool


def query(employees: Collection[int] | None, fields: Sequence[str], limit: int, cursor: str) -> dict[str, str]:
    """Return the parameters of one page, of these employees or of all (None)."""
    parameters = {"fields": ",".join(fields_to_request(names_in("listing", fields))), "page[limit]": str(limit)}
    if employees is not None:
        parameters["filter[ids]"] = ",".join(map(str, employees))
    return {**parameters, "page[after]": cursor} if cursor else parameters


def fields_to_request(names: Mapping[str, str]) -> list[str]:
    """Return the fields to request for reading these: the spelling of a state depends on its country."""
    return list(dict.fromkeys([*names.values(), *([_COUNTRY] if "state" in names else [])]))


class Listing:
    """The rows of one listing, page by page. Rows of one id that contradict each other are no evidence."""

    def __init__(self, employees: Collection[int] | None, fields: Sequence[str]) -> None:
        self._asked = None if employees is None else set(employees)
        self._names = names_in("listing", fields)
        self._no_evidence = Evidence({}, frozenset(self._names))
        self._seen: dict[int, int] = {}
        self._readable = self._unreadable = 0

    def parse(self, answer: Mapping[str, Any]) -> tuple[dict[int, Evidence], str | None]:
        """Return the rows of one page, and the cursor of the next; None after the last page.

        Raises:
            Malformed: The answer is not a page, or the listing ends and the row of an employee may be missing.
        """
        data, meta = answer.get("data"), answer.get("meta")
        if not isinstance(data, list):
            raise Malformed("no list of employees")
        rows: dict[int, Evidence] = {}
        for row in data:
            employee = parse_employee_id(row.get("employeeId")) if isinstance(row, dict) else None
            is_readable = isinstance(row, dict) if self._asked is not None else employee is not None
            self._readable += is_readable
            self._unreadable += not is_readable
            if employee is not None and (self._asked is None or employee in self._asked):
                rows[employee] = self._checked(employee, evidence(row, self._names))
        cursor = _next_cursor(meta)
        if cursor is None:
            self._require_whole(meta.get("total") if isinstance(meta, dict) else None)
        return rows, cursor

    def _require_whole(self, total: object) -> None:
        """Raise Malformed if an employee's row may be missing. An unreadable row beside all others does not matter.

        All employees are whole only if the total says so (documented for every page): a listing that lost its cursor
        looks like one that ends, and a short page is no end, because BambooHR may return less than the limit.
        For single employees the total alone proves nothing: it may count one whom the key may not see.
        """
        expected = _count(total)
        is_short = expected is None or self._readable < expected
        if self._asked is not None:
            is_short = is_short and self._unreadable > 0 and not self._asked <= self._seen.keys()
        if is_short:
            raise Malformed("fewer rows than employees")
        log_unreadable(_SOURCE, self._unreadable)

    def _checked(self, employee: int, row: Evidence) -> Evidence:
        mark = hash((frozenset(row.facts.items()), row.restricted))
        if self._seen.setdefault(employee, mark) == mark:
            return row
        self._seen[employee] = hash(None)
        log_contradiction(_SOURCE, employee)
        return self._no_evidence


def _count(total: object) -> int | None:
    """Return a number of rows; None if it is none."""
    if isinstance(total, str) and _NUMBER.fullmatch(total):
        return int(total)
    return total if type(total) is int else None


def _next_cursor(meta: object) -> str | None:
    page = meta.get("page") if isinstance(meta, dict) else None
    cursor = page.get("nextCursor") if isinstance(page, dict) else None
    return cursor if isinstance(cursor, str) and cursor else None


def evidence(row: Mapping[str, Any], names: Mapping[str, str]) -> Evidence:
    """Return the evidence in a row of List Employees."""
    hidden = row.get("_restrictedFields") or ()
    all_hidden = not isinstance(hidden, (list, tuple))
    restricted = {name for name, key in names.items() if all_hidden or key in hidden}
    shown = {name: key for name, key in names.items() if name not in restricted}
    return Evidence(
        facts(row, shown, is_country_shown=not all_hidden and _COUNTRY not in hidden), frozenset(restricted)
    )


def facts(row: Mapping[str, Any], names: Mapping[str, str], *, is_country_shown: bool = True) -> dict[str, str]:
    """Return these fields of a row, under their canonical names; fields that it does not show are left out."""
    shown = {name: value for name, key in names.items() if key in row and (value := text(name, row[key])) is not None}
    if "state" in shown:
        country = text("country", row[_COUNTRY]) if is_country_shown and _COUNTRY in row else None
        state = state_name(shown.pop("state"), country)
        shown.update({} if state is None else {"state": state})
    return shared(shown)

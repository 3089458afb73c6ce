"""BambooHR: the changed employees, the directory, and evidence about single employees. Reads only.

Employees, single or all, are read in one quick attempt: a fault that one of them may have caused is raised at once as
:class:`Refused`, so that isolation can find out whether that employee or BambooHR is at fault (`site_answers`).
Everything else retries transient faults, and ends the run if these last.

Source of the facts: BambooHR's API documentation and OpenAPI specification.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from worker.bamboohr import listing, report
from worker.bamboohr.changes import Feed, parse_changes
from worker.bamboohr.directory import Directory, Observer, read_directory
from worker.bamboohr.listing import Listing, Page
from worker.bamboohr.report import Report
from worker.bamboohr.rest_api import UNREADABLE, RestApi, json_object, refused_by_record
from worker.config.credentials import RenewableCredential
from worker.errors import CredentialError, ListRefused, ReportRefused, SourceError
from worker.model.employee import Evidence, parse_employee_id
from worker.model.field_catalogue import api_name, names_in
from worker.timestamps import iso
from worker.transport.http import Transport
from worker.transport.refusal import Refused, status_code

__all__ = ["BambooHRClient", "Feed", "Page", "Refused"]

DIRECTORY_SECONDS = 300.0
"""The deadline of the directory, which takes longer than an ordinary request may."""
IDS_PER_CALL = 200
ROWS_PER_PAGE = 2500
"""The most that List Employees returns at once (OpenAPI specification, `page[limit]`)."""
NO_EMPLOYEE = 2**31 - 1
"""An id that no employee has: BambooHR counts from 1."""
_ANSWERS = (HTTPStatus.OK, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
"""The statuses that are an answer for the key's own user: an integration's key has no employee (documented)."""
_LISTING_RESTARTS = 3
_Rows = tuple[dict[int, Evidence], str | None]
"""The rows of a page, and the cursor of the next one."""
_ENDPOINT_REFUSED = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
)
_REPORT_REFUSED = _ENDPOINT_REFUSED | {HTTPStatus.GONE}
"""Reports are marked as deprecated, so they may be removed one day."""


class BambooHRClient:
    """A client for one company. `address` is that of the API, with its version; `fix_command` sets the key."""

    def __init__(self, transport: Transport, address: str, key: RenewableCredential, fix_command: str) -> None:
        self._api = RestApi(transport, address, key, fix_command)

    def changed_employees(self, since: datetime) -> Feed:
        """Return the employees whose record changed at or after `since`, ordered by numeric id."""
        return self._api.read(
            "the list of changed employees",
            "/employees/changed",
            {"since": iso(since)},
            lambda chunks: parse_changes(json_object(chunks), since),
        )

    def directory(self, wanted: Container[int], needed: Iterable[str], observe: Observer | None = None) -> Directory:
        """Return the directory, with the facts of the `wanted` employees. Refused (403) or empty (404) is no fault.

        `observe` may receive a row again if the directory has to be read again.
        """
        needed = tuple(needed)
        return self._api.read(
            "the directory",
            "/employees/directory",
            {},
            lambda chunks: read_directory(chunks, wanted, needed, observe),
            dict.fromkeys((HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND), Directory(available=False)),
            deadline=DIRECTORY_SECONDS,
        )

    def await_site(self) -> None:
        """Wait until BambooHR answers for the key's own user. Raises SyncError if it does not answer in time."""
        self._read_own_user(quick=False)

    # In one quick attempt

    def list_employees(self, fields: Iterable[str]) -> Iterator[Page]:
        """Yield all employees, active and inactive, a page at a time.

        A listing that changed while it was read starts again with another first page. Raises as `list_batch` does.
        """
        return self._pages(None, tuple(fields), ROWS_PER_PAGE)

    def list_batch(self, employees: Sequence[int], fields: Sequence[str]) -> dict[int, Evidence]:
        """Return what List Employees shows of at most IDS_PER_CALL employees.

        Raises:
            ListRefused: The key may not list employees; `get_employee` may be allowed.
            Refused: One of the employees or BambooHR may be the cause; `site_answers` tells which.
            SyncError: The run cannot continue.
        """
        rows: dict[int, Evidence] = {}
        for page in self._pages(employees, fields, len(employees)):
            if page.is_first:
                rows.clear()
            rows.update(page.rows)
        return rows

    def get_employee(self, employee: int, fields: Sequence[str]) -> Evidence | None:
        """Return the fields of the catalogue that Get Employee shows; None if there is no such employee.

        Raises as `list_batch` does: Refused has `is_access` if the key may not see the employee.
        """
        names = names_in("employee", fields)
        row = self._employee(employee, {"fields": ",".join(listing.fields_to_request(names))})
        return None if row is None else Evidence(listing.facts(row, names))

    def report(self, employees: Sequence[int] | None, fields: Sequence[str]) -> Report:
        """Return a report on fields by their API names, for at most IDS_PER_CALL employees or for all (None).

        Raises as `list_batch` does, but ReportRefused if the key may not run reports; `get_custom` may be allowed.
        """
        return self._api.read(
            "a report",
            report.PATH,
            report.QUERY,
            lambda chunks: report.read_report(chunks, employees, fields),
            dict.fromkeys(_REPORT_REFUSED, ReportRefused("BambooHR does not let the key run reports")),
            body=report.body(employees, fields),
            deadline=DIRECTORY_SECONDS if employees is None else None,
            quick=True,
            may_take_no_keys=True,
        )

    def get_custom(self, employee: int, fields: Sequence[str]) -> dict[str, str] | None:
        """Return the fields, by API name, that Get Employee shows; None for no employee. Raises as `get_employee`."""
        names = {name: api_name(name) for name in fields}
        row = self._employee(employee, {"fields": ",".join(names.values()), "onlyCurrent": "false"})
        return None if row is None else report.facts_of(row, names)

    def _employee(self, employee: int, query: Mapping[str, str]) -> dict[str, Any] | None:
        absent: Mapping[int, dict[str, Any]] = {HTTPStatus.NOT_FOUND: {}}
        row = self._api.read("Get Employee", f"/employees/{employee}", query, json_object, absent, quick=True)
        return row if parse_employee_id(row.get("id")) == employee else None

    def site_answers(self) -> bool:
        """Return whether BambooHR answers at all."""
        return _succeeds(lambda: self._read_own_user(quick=True))

    def _read_own_user(self, *, quick: bool) -> None:
        """Read the employee 0, who stands for the key's own user."""
        self._api.read("the key's own user", "/employees/0", {}, b"".join, dict.fromkeys(_ANSWERS, b""), quick=quick)

    # List Employees

    def _pages(self, employees: Collection[int] | None, fields: Sequence[str], limit: int) -> Iterator[Page]:
        """Yield the pages of List Employees, for these employees or for all."""
        for _ in range(_LISTING_RESTARTS):
            pages = Listing(employees, fields)
            cursor: str | None = ""
            cursors: set[str] = set()
            while cursor is not None:
                if cursor in cursors:
                    raise refused_by_record(UNREADABLE)
                cursors.add(cursor)
                page = self._page(pages, listing.query(employees, fields, limit, cursor), is_first=not cursor)
                if page is None:
                    break
                rows, following = page
                yield Page(rows, is_first=cursor == "")
                cursor = following
            else:
                return
        raise refused_by_record("changed while it was read, three times")

    def _page(self, pages: Listing, query: Mapping[str, str], *, is_first: bool) -> _Rows | None:
        """Return one page and the cursor of the next; None if the listing changed meanwhile."""
        otherwise: dict[int, _Rows | int | None] = {status: int(status) for status in _ENDPOINT_REFUSED}
        if not is_first:
            otherwise[HTTPStatus.BAD_REQUEST] = None
        page = self._api.read(
            "List Employees",
            "/employees",
            query,
            lambda chunks: pages.parse(json_object(chunks)),
            otherwise,
            quick=True,
            may_take_no_keys=is_first,
        )
        if not isinstance(page, int):
            return page
        if self._may_list():
            raise refused_by_record(status_code(page))
        raise ListRefused(
            "BambooHR does not let the key list employees (List Employees is refused)",
            advice="let the key's user see and list all employees (RUNBOOK, BambooHR)",
        )

    def _may_list(self) -> bool:
        """Return whether List Employees answers without an employee in the request: a firewall may refuse one."""
        query = listing.query([NO_EMPLOYEE], ("status",), 1, "")
        return _succeeds(
            lambda: self._api.read(
                "List Employees", "/employees", query, json_object, quick=True, may_take_no_keys=True
            )
        )


def _succeeds(read: Callable[[], object]) -> bool:
    try:
        read()
    except (Refused, SourceError, CredentialError):
        return False
    return True

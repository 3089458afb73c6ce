"""BambooHR: the changed feed, the directory, and evidence about single people. Reads only.

Source of the facts: BambooHR's API documentation and OpenAPI specification.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from worker import logs
from worker.bamboohr import listing
from worker.bamboohr.directory import Directory, read_directory
from worker.errors import CredentialError, ListRefused, SourceError, SyncError
from worker.model.employee import Change, Evidence, employee_id
from worker.model.field_catalogue import FIELDS
from worker.timestamps import iso, parse_moment
from worker.transport.http import Reply, Transport, TransportError
from worker.transport.json_stream import Malformed
from worker.transport.retries import retry_after, with_retries

TRIES = 5
DIRECTORY_SECONDS = 300.0
"""The directory of a large company takes longer than one ordinary request may."""

IDS_PER_CALL = 200
ROWS_PER_PAGE = 2500
"""The most that List Employees gives at once (OpenAPI specification, `page[limit]`)."""
_LISTING_RESTARTS = 3
_REFUSALS_BELIEVED = 10
_REFUSED = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
)


@dataclass(frozen=True)
class Feed:
    """What changed, ordered by employee id. `latest` is BambooHR's own clock; None where it did not say."""

    changes: tuple[Change, ...]
    latest: datetime | None
    dropped: int = 0


@dataclass(frozen=True)
class Answered:
    """Evidence about those of whom BambooHR shows a row. `refused`: the key may read none of them, by any endpoint."""

    rows: Mapping[int, Evidence]
    refused: bool = False


@dataclass(frozen=True)
class Page:
    """People of List Employees. What came before a first page is not to be believed any more."""

    rows: Mapping[int, Evidence]
    is_first: bool


class BambooHRClient:
    """A client for one company. `mend` is the command that sets the key anew, for the messages."""

    def __init__(self, transport: Transport, api: str, fix_command: str) -> None:
        self._transport = transport
        self._api = api
        self._fix_command = fix_command

    def changed(self, since: datetime) -> Feed:
        """Everybody whose record changed at or after `since`, ordered by id, compared as numbers."""
        reply = self._get("/employees/changed", {"since": iso(since)})
        if reply.status != HTTPStatus.OK:
            raise self._refusal(reply, "the list of changed employees")
        answer = _object(reply, "the list of changed employees")
        entries = answer.get("employees", ())
        if isinstance(entries, dict):
            pairs: Iterable[tuple[Any, Any]] = entries.items()
        elif isinstance(entries, list):
            pairs = ((None, entry) for entry in entries)
        elif entries is None:
            pairs = ()
        else:
            raise _malformed("the list of changed employees")
        changes, dropped = _ordered(pairs)
        return Feed(changes, parse_moment(answer.get("latest")), dropped)

    def directory(self, wanted: Container[int], needed: Iterable[str]) -> Directory:
        """The company directory, with the facts of those `wanted`. Refused (403) or empty (404) is no fault."""
        needed = tuple(needed)

        def attempt() -> tuple[Reply, Directory]:
            with self._transport.open(
                "GET", f"{self._api}/employees/directory", headers=_JSON, deadline=DIRECTORY_SECONDS
            ) as (reply, chunks):
                if reply.status != HTTPStatus.OK:
                    return reply, Directory(available=False)
                return reply, read_directory(chunks, wanted, needed)

        try:
            reply, directory = with_retries(attempt, system="bamboohr", stopping=self._transport.stopping, tries=TRIES)
        except TransportError as fault:
            raise _unreachable(fault) from fault
        except Malformed as fault:
            raise _malformed("the directory") from fault
        if reply.status in (HTTPStatus.OK, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            return directory
        raise self._refusal(reply, "the directory")

    def evidence(self, employees: Sequence[int], fields: Iterable[str]) -> Answered:
        """What BambooHR says of each of these people: in batches, or one by one where the key may not list them."""
        fields = tuple(fields)
        rows: dict[int, Evidence] = {}
        for at in range(0, len(employees), IDS_PER_CALL):
            part = self._listed(employees[at : at + IDS_PER_CALL], fields)
            if part is None:
                logs.warning(
                    "bamboohr.list_refused", advice="allow the key's user to list employees; reading one by one"
                )
                return self._one_by_one(employees[at:], fields, rows)
            rows.update(part)
        return Answered(rows)

    def everybody(self, fields: Iterable[str]) -> Iterator[Page]:
        """Everybody, active and inactive, a page at a time.

        A listing that changed under the reading begins anew, with another first page. Raises :class:`ListRefused` where
        the key may not list employees.
        """
        for page in self._pages(None, tuple(fields), ROWS_PER_PAGE):
            if page is None:
                raise ListRefused(
                    "BambooHR lets the key list no employees (List Employees is refused)",
                    advice="let the key's user see and list all employees (RUNBOOK, BambooHR)",
                )
            yield page

    def _listed(self, employees: Sequence[int], fields: Sequence[str]) -> dict[int, Evidence] | None:
        """One batch from List Employees; None where it is refused."""
        rows: dict[int, Evidence] = {}
        for page in self._pages(employees, fields, len(employees)):
            if page is None:
                return None
            if page.is_first:
                rows.clear()
            rows.update(page.rows)
        return rows

    def _pages(self, employees: Collection[int] | None, fields: Sequence[str], limit: int) -> Iterator[Page | None]:
        """The pages of List Employees, for these people or for all; None, and no more, where it is refused."""
        for _ in range(_LISTING_RESTARTS):
            cursor: str | None = ""
            seen: set[str] = set()
            while cursor is not None:
                if cursor in seen:
                    raise _malformed("List Employees")
                seen.add(cursor)
                reply = self._get("/employees", listing.query(employees, fields, limit, cursor))
                if reply.status in _REFUSED:
                    yield None
                    return
                if reply.status == HTTPStatus.BAD_REQUEST and cursor:
                    break
                if reply.status != HTTPStatus.OK:
                    raise self._refusal(reply, "List Employees")
                try:
                    rows, following = listing.parse(_object(reply, "List Employees"), employees, fields)
                except Malformed as fault:
                    raise _malformed("List Employees") from fault
                yield Page(rows, is_first=cursor == "")
                cursor = following
            else:
                return
        raise SourceError(
            "List Employees changed under the reading of it, three times", advice="the next run reads it again"
        )

    def _one_by_one(self, employees: Sequence[int], fields: Sequence[str], rows: dict[int, Evidence]) -> Answered:
        names = {name: FIELDS[name].employee for name in fields if FIELDS[name].employee}
        query = {"fields": ",".join(names.values())}
        answered = bool(rows)
        refusals = 0
        for employee in employees:
            reply = self._get(f"/employees/{employee}", query)
            if reply.status == HTTPStatus.FORBIDDEN:
                refusals += 1
                if refusals >= _REFUSALS_BELIEVED and not answered:
                    break
            elif reply.status == HTTPStatus.NOT_FOUND:
                answered = True
            elif reply.status == HTTPStatus.OK:
                answered = True
                row = _object(reply, "Get Employee")
                if employee_id(row.get("id")) == employee:
                    rows[employee] = Evidence(listing.facts(row, names))
            else:
                raise self._refusal(reply, "Get Employee")
        return Answered(rows, refused=bool(employees) and not answered)

    def _get(self, path: str, query: Mapping[str, str]) -> Reply:
        def attempt() -> tuple[Reply, None]:
            return self._transport.send("GET", self._api + path, params=query, headers=_JSON), None

        try:
            return with_retries(attempt, system="bamboohr", stopping=self._transport.stopping, tries=TRIES)[0]
        except TransportError as fault:
            raise _unreachable(fault) from fault

    def _refusal(self, reply: Reply, what: str) -> SyncError:
        if reply.status == HTTPStatus.UNAUTHORIZED:
            return CredentialError(
                "BambooHR does not know the API key (HTTP 401)",
                advice=f"make a new key as the service user, then: {self._fix_command}",
            )
        if reply.status == HTTPStatus.FORBIDDEN:
            return CredentialError(
                f"BambooHR refuses {what} (HTTP 403): the key's user has no right to it or is disabled, or the API is"
                " locked for a while after an unknown key was used repeatedly",
                advice="check the access level of the key's user; after a lock-out wait before trying again",
            )
        if reply.status == HTTPStatus.NOT_FOUND or reply.status // 100 == 3:  # noqa: PLR2004 - any redirect
            return SourceError(
                f"BambooHR has no such address (HTTP {reply.status} for {what})", advice="check BAMBOO_COMPANY_DOMAIN"
            )
        asked = retry_after(reply)
        waited = f", and asks for a pause of {asked:.0f} s" if asked else ""
        return SourceError(
            f"BambooHR answered HTTP {reply.status} for {what}{waited}",
            advice="nothing was changed; the next run reads it again",
        )


_JSON = {"Accept": "application/json"}


def _unreachable(fault: TransportError) -> SourceError:
    return SourceError(
        f"BambooHR could not be read: {fault.what}",
        advice="check the network and BAMBOO_COMPANY_DOMAIN; nothing was changed, the next run reads it again",
    )


def _malformed(what: str) -> SourceError:
    return SourceError(
        f"BambooHR answered {what} with something else than the documented JSON",
        advice="check BAMBOO_COMPANY_DOMAIN (a web page instead of data means a wrong address); nothing was changed",
    )


def _object(reply: Reply, what: str) -> dict[str, Any]:
    try:
        answer = reply.json()
    except ValueError as fault:
        raise _malformed(what) from fault
    if not isinstance(answer, dict):
        raise _malformed(what)
    return answer


def _ordered(pairs: Iterable[tuple[Any, Any]]) -> tuple[tuple[Change, ...], int]:
    found: dict[int, Change] = {}
    dropped = 0
    for key, entry in pairs:
        if not isinstance(entry, dict):
            raise _malformed("the list of changed employees")
        employee = employee_id(entry.get("id", key))
        if employee is None:
            dropped += 1
            continue
        found[employee] = Change(
            employee, deleted=entry.get("action") == "Deleted", at=parse_moment(entry.get("lastChanged"))
        )
    if dropped:
        logs.warning("bamboohr.dropped_ids", count=dropped, reason="not a positive integer")
    return tuple(found[employee] for employee in sorted(found)), dropped

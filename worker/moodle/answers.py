"""The one table of what Moodle answers instead of a result: whom each answer is about.

An answer *may be about one record* unless it is known to be about the whole site: only the look-up of Moodle's guest
tells the two apart, and isolation asks for it. Sources: "measured" on Moodle 4.1, 4.2, 4.5 and 5.1, "read" in Moodle's
code, "public" for reports in public trackers and the manuals of proxies and firewalls.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from worker.transport.http import Reply
from worker.transport.refusal import BatchRefused
from worker.transport.retries import is_passing

ADMINISTRATOR = "ask NovaLXP's (Moodle's) administrator"
FIREWALL_OWNER = "ask the operator of Moodle's web server or firewall"

NO_ANSWER = "no answer"
NO_JSON = "no JSON"
UNREADABLE_ROW = "unreadable row"
"""Our own codes, for a request without an answer and for answers that are none."""


class Scope(StrEnum):
    """What an answer is about."""

    RECORD = "record"
    """Perhaps one record of the batch."""
    ACCESS = "access"
    """The token may not call the function."""
    TOKEN = "token"  # noqa: S105 - a name
    """Moodle does not know the token."""
    SERVICE_USER = "service user"
    """The token's user may not log in."""
    SITE = "site"
    """The whole site, for the time being."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """One row of the table.

    Attributes:
        scope: what the answer is about.
        source: how that is known.
        is_passing: a quick second attempt may succeed.
        may_be_done: a write that is answered so may have been done all the same.
    """

    scope: Scope
    source: str
    is_passing: bool = False
    may_be_done: bool = False


_CODES: Mapping[str, Meaning] = {
    "invalidparameter": Meaning(Scope.RECORD, "measured: a value, field or address that Moodle does not accept"),
    "invalidresponse": Meaning(
        Scope.RECORD, "measured: a stored value that its own type refuses; a write is done by then", may_be_done=True
    ),
    "invalidrecord": Meaning(Scope.RECORD, "read: a record that belongs to an account is missing"),
    "invalidrecordunknown": Meaning(Scope.RECORD, "read: the same since Moodle 5.1"),
    "dmlwriteexception": Meaning(Scope.RECORD, "measured: too long a value, or a deadlock", is_passing=True),
    "dmlreadexception": Meaning(Scope.RECORD, "read: a value that the database cannot compare", is_passing=True),
    "accessexception": Meaning(Scope.ACCESS, "measured: not in the service, no right, or an expired token's last call"),
    "nopermissions": Meaning(Scope.ACCESS, "measured: a capability is missing"),
    "invalidtoken": Meaning(Scope.TOKEN, "measured"),
    "nopasswordchangeforced": Meaning(Scope.SERVICE_USER, "measured"),
    "forcepasswordchangenotice": Meaning(Scope.SERVICE_USER, "measured on 4.5 and 5.1"),
    "sitemaintenance": Meaning(Scope.SITE, "measured: maintenance that is set in the administration pages"),
}
_SERVICE_USER = re.compile(r"wsaccessuser\w+")
_ANY_OTHER_CODE = Meaning(Scope.RECORD, "not known: the guest's look-up decides")

_STATUSES: Mapping[int, Meaning] = {
    401: Meaning(Scope.SITE, "public: a web server that asks for a login of its own"),
    404: Meaning(Scope.SITE, "measured: another address than Moodle's"),
    407: Meaning(Scope.SITE, "public: a proxy that asks for a login"),
    408: Meaning(Scope.SITE, "public", is_passing=True),
    410: Meaning(Scope.SITE, "public: the address is gone"),
    413: Meaning(Scope.RECORD, "measured: too long a request; half of it may pass"),
    414: Meaning(Scope.RECORD, "measured: the same"),
    429: Meaning(Scope.SITE, "public: a rate limit", is_passing=True),
}
_NO_WEB_SERVICES = Meaning(Scope.SITE, "measured: 403 without a body, web services or the REST protocol are off")
_MAINTENANCE = Meaning(Scope.SITE, "measured: 503 with Retry-After, command-line maintenance", is_passing=True)
_FIREWALL = Meaning(Scope.RECORD, "public: a rule of ModSecurity or another firewall that a value of the body matches")
_REDIRECT = Meaning(Scope.SITE, "measured: another address than the site's own")


def meaning_of_code(code: str) -> Meaning:
    """What Moodle's errorcode is about."""
    if _SERVICE_USER.fullmatch(code):
        return Meaning(Scope.SERVICE_USER, "read: the service user is deleted, suspended, unconfirmed or nologin")
    return _CODES.get(code, _ANY_OTHER_CODE)


def meaning_of_status(reply: Reply) -> Meaning:
    """What an HTTP status that is not 200 is about."""
    status = reply.status
    if status in _STATUSES:
        return _STATUSES[status]
    if status < HTTPStatus.BAD_REQUEST:
        return _REDIRECT
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        if status == HTTPStatus.SERVICE_UNAVAILABLE and reply.headers.get("Retry-After"):
            return _MAINTENANCE
        source = "public: PHP fails on one record, or the server is in trouble"
        return Meaning(Scope.RECORD, source, is_passing=is_passing(status), may_be_done=True)
    if status == HTTPStatus.FORBIDDEN and not reply.body:
        return _NO_WEB_SERVICES
    return _FIREWALL


def status_code(status: int) -> str:
    """The code under which an HTTP status is reported."""
    return f"HTTP {status}"


def is_firewall(code: str) -> bool:
    """Whether a refusal came from the web server or a firewall in front of Moodle."""
    return code.startswith("HTTP 4") and code != "HTTP 413" and code != "HTTP 414"


class Refused(BatchRefused):
    """Moodle, or its web server, says no: nothing of this request was done."""

    def __init__(self, code: str, meaning: Meaning | None = None) -> None:
        meaning = meaning or meaning_of_code(code)
        super().__init__(code, may_be_record=meaning.scope is Scope.RECORD, is_passing=meaning.is_passing)
        self.is_access = meaning.scope is Scope.ACCESS


class Undecided(BatchRefused):
    """A write that may have been done: look up before sending anything again."""

    def __init__(self, what: str, *, code: str = NO_ANSWER, is_passing: bool = True) -> None:
        super().__init__(code, may_be_record=True, is_passing=is_passing)
        self.what = what

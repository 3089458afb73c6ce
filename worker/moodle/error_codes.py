"""The one table of what Moodle answers instead of a result, errorcodes and HTTP statuses: whom each answer is about.

`refusal_reasons` and `fatal_errors` put the answers into words, for one employee and for the whole run.

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


class Concerns(StrEnum):
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
        concerns: What the answer is about.
        source: how that is known.
        is_passing: a quick second attempt may succeed.
        may_be_done: a write that is answered so may have been done all the same.
    """

    concerns: Concerns
    source: str
    is_passing: bool = False
    may_be_done: bool = False


_CODES: Mapping[str, Meaning] = {
    "invalidparameter": Meaning(Concerns.RECORD, "measured: a value, field or address that Moodle does not accept"),
    "invalidresponse": Meaning(
        Concerns.RECORD, "measured: a stored value that its own type refuses; a write is done by then", may_be_done=True
    ),
    "invalidrecord": Meaning(Concerns.RECORD, "read: a record that belongs to an account is missing"),
    "invalidrecordunknown": Meaning(Concerns.RECORD, "read: the same since Moodle 5.1"),
    "dmlwriteexception": Meaning(Concerns.RECORD, "measured: too long a value, or a deadlock", is_passing=True),
    "dmlreadexception": Meaning(Concerns.RECORD, "read: a value that the database cannot compare", is_passing=True),
    "accessexception": Meaning(
        Concerns.ACCESS, "measured: not in the service, no right, or an expired token's last call"
    ),
    "nopermissions": Meaning(Concerns.ACCESS, "measured: a capability is missing"),
    "invalidtoken": Meaning(Concerns.TOKEN, "measured"),
    "nopasswordchangeforced": Meaning(Concerns.SERVICE_USER, "measured"),
    "forcepasswordchangenotice": Meaning(Concerns.SERVICE_USER, "measured on 4.5 and 5.1"),
    "sitemaintenance": Meaning(Concerns.SITE, "measured: maintenance that is set in the administration pages"),
}
_SERVICE_USER = re.compile(r"wsaccessuser\w+")
_ANY_OTHER_CODE = Meaning(Concerns.RECORD, "not known: the guest's look-up decides")

_SLOW_DOWN = Meaning(
    Concerns.SITE, "public: a time-out, early data or a rate limit, whatever was sent", is_passing=True
)
_SLOW_DOWN_STATUSES = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_MAINTENANCE = Meaning(Concerns.SITE, "measured: 503 with Retry-After, command-line maintenance", is_passing=True)
_NOT_ACCEPTED = Meaning(
    Concerns.RECORD,
    "measured: a wrong address (404), switched-off web services (403), a long request (413, 414); public: a firewall,"
    " with any status its owner likes, for a value that its rules match",
)
_REDIRECT = Meaning(
    Concerns.RECORD, "measured: another address than the site's; public: a firewall that sends to its own page"
)
_OTHER_SUCCESS = Meaning(Concerns.RECORD, "not known: a success that Moodle never answers", may_be_done=True)


def meaning_of_code(code: str) -> Meaning:
    """What Moodle's errorcode is about."""
    if _SERVICE_USER.fullmatch(code):
        return Meaning(Concerns.SERVICE_USER, "read: the service user is deleted, suspended, unconfirmed or nologin")
    return _CODES.get(code, _ANY_OTHER_CODE)


def meaning_of_status(reply: Reply) -> Meaning:
    """What an HTTP status that is not 200 is about, by its class."""
    status = reply.status
    if status in _SLOW_DOWN_STATUSES:
        return _SLOW_DOWN
    if status == HTTPStatus.SERVICE_UNAVAILABLE and reply.headers.get("Retry-After"):
        return _MAINTENANCE
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        source = "public: PHP fails on one record, or the server is in trouble"
        return Meaning(Concerns.RECORD, source, is_passing=is_passing(status), may_be_done=True)
    if status >= HTTPStatus.BAD_REQUEST:
        return _NOT_ACCEPTED
    return _REDIRECT if status >= HTTPStatus.MULTIPLE_CHOICES else _OTHER_SUCCESS


def status_code(status: int) -> str:
    """The code under which an HTTP status is reported."""
    return f"HTTP {status}"


_TOO_LONG = (status_code(HTTPStatus.REQUEST_ENTITY_TOO_LARGE), status_code(HTTPStatus.REQUEST_URI_TOO_LONG))


def is_firewall(code: str) -> bool:
    """Whether a refusal came from the web server or a firewall in front of Moodle."""
    return code.startswith(("HTTP 3", "HTTP 4")) and code not in _TOO_LONG


class Refused(BatchRefused):
    """Moodle, or its web server, says no: nothing of this request was done."""

    def __init__(self, code: str, meaning: Meaning | None = None) -> None:
        meaning = meaning or meaning_of_code(code)
        super().__init__(code, may_be_record=meaning.concerns is Concerns.RECORD, is_passing=meaning.is_passing)
        self.is_access = meaning.concerns is Concerns.ACCESS


class Undecided(BatchRefused):
    """A write that may have been done: look up before sending anything again."""

    def __init__(self, what: str, *, code: str = NO_ANSWER, is_passing: bool = True) -> None:
        super().__init__(code, may_be_record=True, is_passing=is_passing)
        self.what = what

"""BambooHR's refusals: the one table of whom each is about, and each in an operator's words.

Sources: "documented" in BambooHR's API documentation or OpenAPI specification, "public" for reports of other clients.
BambooHR's own texts are never repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from worker.errors import CredentialError, SourceError, SyncError
from worker.transport.http import Reply
from worker.transport.refusal import BatchRefused
from worker.transport.retries import is_passing, retry_after

NO_ANSWER = "no answer"
UNREADABLE = "unreadable answer"


class Concerns(StrEnum):
    """What an answer is about."""

    RECORD = "record"
    """Perhaps one employee of the batch."""
    ACCESS = "access"
    """The key may not use the endpoint, or may not see this employee."""
    SITE = "site"
    """The key, the address, or all of BambooHR."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """One row of the table: what an answer is about, how that is known, whether a second attempt may succeed."""

    concerns: Concerns
    source: str
    is_passing: bool = False


_STATUSES: Mapping[int, Meaning] = {
    401: Meaning(Concerns.SITE, "documented: no API key, or an unknown one"),
    403: Meaning(Concerns.ACCESS, "documented: no permission"),
    404: Meaning(Concerns.ACCESS, "documented: no such employee, or none that the key may see"),
    408: Meaning(Concerns.SITE, "documented", is_passing=True),
    425: Meaning(Concerns.SITE, "public: early data", is_passing=True),
    429: Meaning(Concerns.SITE, "documented: a rate limit", is_passing=True),
}
_TEMPORARILY_UNAVAILABLE = Meaning(Concerns.SITE, "documented: 503 with Retry-After", is_passing=True)
_ANY_OTHER = Meaning(
    Concerns.RECORD,
    "documented: one id that a filter does not accept (400, 406, 422), too much data (413); public: a proxy or firewall"
    " with any status or redirect of its own",
)


def meaning_of_status(reply: Reply) -> Meaning:
    """What an HTTP status that is not 200 is about, for a request that names employees."""
    status = reply.status
    if status in _STATUSES:
        return _STATUSES[status]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        if status == HTTPStatus.SERVICE_UNAVAILABLE and reply.headers.get("Retry-After"):
            return _TEMPORARILY_UNAVAILABLE
        return Meaning(Concerns.RECORD, "public: one record that the server fails on", is_passing=is_passing(status))
    return _ANY_OTHER


class Refused(BatchRefused):
    """A request about some employees ended without an answer, and one of them may be the cause."""

    def __init__(self, code: str, meaning: Meaning | None = None) -> None:
        is_passing = meaning.is_passing if meaning else code == NO_ANSWER
        super().__init__(
            code, may_be_record=meaning is None or meaning.concerns is Concerns.RECORD, is_passing=is_passing
        )
        self.is_access = meaning is not None and meaning.concerns is Concerns.ACCESS


def unreachable(what: str) -> SyncError:
    """No answer, whatever was tried."""
    return SourceError(
        f"BambooHR could not be read: {what}",
        advice="check the network and BAMBOO_COMPANY_DOMAIN; nothing was changed; the next run reads it again",
    )


def malformed(what: str) -> SyncError:
    """An answer of another form than documented."""
    return SourceError(
        f"BambooHR's answer for {what} is not the documented JSON",
        advice="check BAMBOO_COMPANY_DOMAIN (a web page instead of data means a wrong address); nothing was changed",
    )


def of_status(reply: Reply, what: str, fix_command: str) -> SyncError:
    """A status that ends the run."""
    if reply.status == HTTPStatus.UNAUTHORIZED:
        return CredentialError(
            "BambooHR does not know the API key (HTTP 401)",
            advice=f"create a new key as the sync's user, then: {fix_command}",
        )
    if reply.status == HTTPStatus.FORBIDDEN:
        return CredentialError(
            f"BambooHR refuses {what} (HTTP 403): the key's user has no right to it or is disabled, or the API is"
            " locked for a while after an unknown key was used repeatedly",
            advice="check the access level of the key's user; after a lock-out, wait before you try again",
        )
    if reply.status == HTTPStatus.NOT_FOUND or reply.status // 100 == 3:  # noqa: PLR2004 - any redirect
        return SourceError(
            f"BambooHR has no such address (HTTP {reply.status} for {what})", advice="check BAMBOO_COMPANY_DOMAIN"
        )
    asked = retry_after(reply)
    pause = f", and asks for a pause of {asked:.0f} s" if asked else ""
    return SourceError(
        f"BambooHR answered HTTP {reply.status} for {what}{pause}",
        advice="nothing was changed; the next run reads it again",
    )

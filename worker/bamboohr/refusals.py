"""BambooHR's refusals: what each concerns, and the errors that end the run, in an operator's words.

BambooHR's own texts are never repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from worker.errors import CredentialError, SourceError, SyncError
from worker.transport import refusal
from worker.transport.http import Reply
from worker.transport.refusal import Concerns, Meaning, Refused
from worker.transport.retries import retry_after

UNREADABLE = "unreadable answer"
"""The code of an answer about some employees that is not the documented JSON."""

_DOCUMENTED: Mapping[int, Meaning] = {
    401: Meaning(Concerns.SITE),  # no API key, or an unknown one
    403: Meaning(Concerns.ACCESS),  # no permission
    404: Meaning(Concerns.ACCESS),  # no such employee, or none that the key may see
}


def meaning_of_status(reply: Reply) -> Meaning:
    """Return what an HTTP status other than 200 concerns, for a request that names employees."""
    return _DOCUMENTED.get(reply.status) or refusal.meaning_of_status(reply)


def by_record(code: str) -> Refused:
    """Return a refusal that one of the employees of a request may have caused.

    Public: a proxy or firewall refuses a value, or a server fails on one record.
    """
    return Refused(code, Meaning(Concerns.RECORD))


def of_status(reply: Reply, what: str, fix_command: str) -> SyncError:
    """Return the error for a status that ends the run."""
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

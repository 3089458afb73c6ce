"""The one table of Moodle's error codes and what each concerns. HTTP statuses: `worker.transport.refusal`.

`refusal_reasons` and `fatal_errors` put the codes into words, for one employee and for the whole run.

A code *may concern one record* unless it is known to concern the whole site: only a look-up of Moodle's guest, which
isolation makes, distinguishes the two. Sources: "measured" on Moodle 4.1, 4.2, 4.5 and 5.1, "read" in Moodle's code,
"public" for reports in public trackers and the manuals of proxies and firewalls.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

from worker.transport.refusal import NO_ANSWER, BatchRefused, Concerns, Meaning, status_code

ASK_MOODLE = "ask NovaLXP's (Moodle's) administrator"
ASK_FIREWALL = "ask the operator of Moodle's web server or firewall"
ASK_FIREWALL_TO_EXEMPT = f"{ASK_FIREWALL} to exempt /webservice/rest/server.php"

NO_JSON = "no JSON"
ODD_ANSWER = "undocumented answer"
UNREADABLE_ROW = "unreadable row"
"""This product's own codes, for answers without an error code of Moodle's."""

_CODES: Mapping[str, Meaning] = {
    "invalidparameter": Meaning(Concerns.RECORD, "measured: a value, field or address that Moodle does not accept"),
    "invalidresponse": Meaning(
        Concerns.RECORD, "measured: a stored value that its own type refuses; a write is done by then", may_be_done=True
    ),
    "invalidrecord": Meaning(Concerns.RECORD, "read: a record that belongs to an account is missing"),
    "invalidrecordunknown": Meaning(Concerns.RECORD, "read: the same since Moodle 5.1"),
    "dmlwriteexception": Meaning(Concerns.RECORD, "measured: too long a value, or a deadlock", is_transient=True),
    "dmlreadexception": Meaning(Concerns.RECORD, "read: a value that the database cannot compare", is_transient=True),
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


def meaning_of_code(code: str) -> Meaning:
    """Return what an error code of Moodle concerns."""
    if _SERVICE_USER.fullmatch(code):
        return Meaning(Concerns.SERVICE_USER, "read: the service user is deleted, suspended, unconfirmed or nologin")
    return _CODES.get(code, _ANY_OTHER_CODE)


_TOO_LONG = (status_code(HTTPStatus.REQUEST_ENTITY_TOO_LARGE), status_code(HTTPStatus.REQUEST_URI_TOO_LONG))


def is_firewall(code: str) -> bool:
    """Return whether a refusal came from the web server or a firewall in front of Moodle."""
    return code.startswith(("HTTP 3", "HTTP 4")) and code not in _TOO_LONG


class Undecided(BatchRefused):
    """A write that may have been done: look up before sending anything again."""

    def __init__(self, what: str, *, code: str = NO_ANSWER, is_transient: bool = True) -> None:
        super().__init__(code, may_be_record=True, is_transient=is_transient)
        self.what = what

"""Moodle's refusals: the one table of its error codes and what each concerns, and a reason for each, in words.

The reasons are those for which one employee was not read or written, while the run continues; `fatal_errors` has those
that end it. Moodle's own texts are never repeated: they can quote user data. HTTP statuses: `worker.transport.refusal`.

A code *may concern one record* unless it is known to concern the whole site: only a look-up of Moodle's guest, which
isolation makes, distinguishes the two. An unknown code may also pass. Sources: "measured" on Moodle 4.1, 4.2, 4.5 and
5.1, "read" in Moodle's code, "public" for reports in public trackers and the manuals of proxies and firewalls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus

from worker.errors import SyncError
from worker.model.reasons import Reason
from worker.transport.refusal import Concerns, Meaning, status_code

ASK_MOODLE = "ask NovaLXP's (Moodle's) administrator"
ASK_FIREWALL = "ask the operator of Moodle's web server or firewall"
ASK_FIREWALL_TO_EXEMPT = f"{ASK_FIREWALL} to exempt /webservice/rest/server.php"
ASK_FOR_LOGS = f"{ASK_MOODLE} to look for the time of this run in PHP's and the web server's error logs"

NO_JSON = "no JSON"
UNDOCUMENTED = "undocumented answer"
UNREADABLE_ROW = "unreadable row"
"""This product's own codes, for answers without an error code of Moodle's."""

_CODES: Mapping[str, Meaning] = {
    # Measured: a value, field or address that Moodle does not accept.
    "invalidparameter": Meaning(Concerns.RECORD),
    # Measured: a stored value that its own type refuses; a write is done by then.
    "invalidresponse": Meaning(Concerns.RECORD, may_be_done=True),
    # Read: a record that belongs to an account is missing ("unknown" since Moodle 5.1).
    "invalidrecord": Meaning(Concerns.RECORD),
    "invalidrecordunknown": Meaning(Concerns.RECORD),
    "invaliduser": Meaning(Concerns.RECORD),  # read: an account that is marked as deleted
    "dmlwriteexception": Meaning(Concerns.RECORD, is_transient=True),  # measured: too long a value, or a deadlock
    "dmlreadexception": Meaning(Concerns.RECORD, is_transient=True),  # read: a value the database cannot compare
    # Measured: not in the service, no right, or an expired token's last call.
    "accessexception": Meaning(Concerns.ACCESS),
    "nopermissions": Meaning(Concerns.ACCESS),  # measured: a capability is missing
    "invalidtoken": Meaning(Concerns.TOKEN),  # measured
    "sitemaintenance": Meaning(Concerns.SITE),  # measured: maintenance that is set in the administration pages
}

_CHANGE_PASSWORD = "change the service user's password, so that no change is due"  # noqa: S105 - an advice
SERVICE_USER_FIXES: Mapping[str, str] = {
    "wsaccessusersuspended": "make the service user active again",  # measured
    "wsaccessuserunconfirmed": "confirm the service user's account",  # read
    "wsaccessusernologin": "give the service user an authentication method other than nologin",  # read
    "wsaccessuserexpired": _CHANGE_PASSWORD,  # read
    "wsaccessuserdeleted": "create another service user and its token (RUNBOOK, Moodle: the service and its token)",
    "nopasswordchangeforced": _CHANGE_PASSWORD,  # measured
    "forcepasswordchangenotice": _CHANGE_PASSWORD,  # measured on 4.5 and 5.1
    # Measured on 4.5: an address or a required custom profile field is missing.
    "usernotfullysetup": "fill in the e-mail address and the required profile fields of the service user",
    "sitepolicynotagreed": "log in as the service user and agree to the site policy",  # measured on 4.5
}
"""What the administrator is asked to do, by the code with which Moodle refuses all calls of the service user."""


def meaning_of_code(code: str) -> Meaning:
    """Return what an error code of Moodle concerns: for an unknown one, the look-up of the guest decides.

    Read: many are the trouble of a moment, such as dbconnectionfailed or ex_unabletolock.
    """
    if code in SERVICE_USER_FIXES:
        return Meaning(Concerns.SERVICE_USER)
    return _CODES.get(code, Meaning(Concerns.RECORD, is_transient=True))


_TOO_LONG = (status_code(HTTPStatus.REQUEST_ENTITY_TOO_LARGE), status_code(HTTPStatus.REQUEST_URI_TOO_LONG))


def is_firewall(code: str) -> bool:
    """Return whether a refusal came from the web server or a firewall in front of Moodle."""
    # Moodle itself succeeds with 200 only; a firewall's challenge page may be 202 (public).
    return code.startswith(("HTTP 2", "HTTP 3", "HTTP 4")) and code not in _TOO_LONG


REFUSED = "refused"
"""The code of a refusal without a cause that this product can name."""

_DELETED_BY_SQL = (
    "it was deleted by SQL instead of by Moodle, and still has its idnumber, e-mail address and username:"
    f" {ASK_MOODLE} to change all three in the table mdl_user; a new account is then created"
)

_FIND = "to find the account, search Moodle for the idnumber {employee}, or for the employee's work e-mail"

UNTOUCHABLE = Reason(
    "untouchable", "Moodle does not let this account be changed (an administrator, the guest, a remote user)"
)
NOT_SUSPENDABLE = replace(
    UNTOUCHABLE,
    advice_template="they can still log in: take the site administrator's right away, then suspend the account in"
    " Moodle",
)
"""The same of an account that should be suspended."""
HALF_MADE = Reason(
    "half_made",
    "the account was created without all of its fields",
    "the next run completes it; if it happens again, raise PHP's max_input_vars or lower MOODLE_BATCH_SIZE",
)

UNANSWERED = "not_through"
"""The code of a request that got no answer, or did not get to Moodle."""

_WARNINGS = {
    "invaliduserid": Reason("vanished", "the account no longer exists", "the next run looks it up again"),
    "usernotupdateddeleted": Reason("vanished", "the account is marked as deleted in Moodle", _DELETED_BY_SQL),
    "useremailduplicate": Reason(
        "email_taken",
        "the e-mail address belongs to another account",
        "change that account's address in Moodle; if no account shows it, look for one marked as deleted",
    ),
    "useremailinvalid": Reason("invalid_email", "Moodle does not accept the e-mail address", "correct it in BambooHR"),
}


EXTENDED_USERNAME_REFUSED = Reason(
    "extended_username_refused",
    "EXTENDED_USERNAMES is true, and Moodle refuses the username, which has characters other than a-z 0-9 _ - . @",
    f"{ASK_MOODLE} to switch on extendedusernamechars (Site administration, Security, Site security settings), or"
    " set EXTENDED_USERNAMES to false",
)
"""Moodle's own setting, extendedusernamechars, is off."""

_CHECKED = ("username", "email", "auth", "firstname", "lastname", "department", "institution", "city")
_FREE_TEXT = ("department", "institution", "city", "lastname", "firstname")
"""The fields that Moodle (`_CHECKED`) and a firewall are likeliest to refuse, the likeliest first."""


def explain(code: str, fields: Iterable[str], four_byte_fields: Sequence[str] = ()) -> Reason:
    """Moodle refuses to write one account, and no look-up explains why. The likeliest fields are named first.

    `four_byte_fields`: those whose value has a character beyond U+FFFF, which takes four bytes in UTF-8.
    """
    if code in _WARNINGS:
        return _WARNINGS[code]
    likely = _FREE_TEXT if is_firewall(code) else _CHECKED
    sent = sorted(fields, key=lambda field: likely.index(field) if field in likely else len(likely))
    if is_firewall(code):
        what = f"the web server or a firewall in front of Moodle refused the request ({code})"
        advice = (
            "a value among these fields looks like an attack to its rules (such as a department named like SQL):"
            f" {ASK_FIREWALL_TO_EXEMPT}"
        )
    elif code == "dmlwriteexception" and four_byte_fields:
        what = f"Moodle's database refused this account ({code})"
        advice = (
            f"{', '.join(sorted(four_byte_fields))} has a character beyond U+FFFF, such as an emoji, which MySQL with"
            f" three-byte utf8 cannot store: remove it in BambooHR, or {ASK_MOODLE} to convert the database to utf8mb4"
        )
    elif code.startswith("HTTP 5"):
        what, advice = f"Moodle's server fails on this account ({code})", ASK_FOR_LOGS
    elif code in (NO_JSON, UNDOCUMENTED):
        what = f"Moodle's answer does not say what was written ({code}), and the account does not have all of it"
        advice = ASK_FOR_LOGS
    else:
        what = f"Moodle refused this account without a reason ({code})"
        advice = (
            "compare these fields with what Moodle accepts (RUNBOOK, refused employees); an account that look-ups do"
            f" not show (marked as deleted) may have the address or username: {ASK_MOODLE}"
        )
    return Reason(REFUSED, f"{what}; the fields sent were {', '.join(sent)}", advice)


def unreadable_account(code: str) -> Reason:
    """Moodle cannot look up one value. The employee must not be created, because they may have an account."""
    if is_firewall(code):
        what = f"the web server or a firewall in front of Moodle refused the look-up ({code})"
        advice = ASK_FIREWALL_TO_EXEMPT
    elif code == "invalidresponse":
        what = "Moodle cannot return this account (invalidresponse): one of its stored values is no longer valid"
        advice = (
            f"{ASK_MOODLE} to correct the account: its authentication plugin is not installed, its username has"
            " a capital letter, a blank, a + or an accent, or its name, city, department or institution has a <"
        )
    elif code == "invaliduser":
        what = "the account with this idnumber or address is marked as deleted in Moodle's database (invaliduser)"
        return Reason("unreadable_account", what, f"{_DELETED_BY_SQL}; {_FIND}")
    elif code in ("invalidrecord", "invalidrecordunknown"):
        what = f"Moodle is missing a database record that belongs to this account ({code})"
        advice = f"{ASK_MOODLE} to open and save the account's profile, or to check the database"
    elif code == UNREADABLE_ROW:
        what = f"Moodle shows this account without what identifies it, or in another form than documented ({code})"
        advice = f"{ASK_MOODLE} to compare what the token's user sees of it (showuseridentity, hiddenuserfields)"
    else:
        what = f"Moodle cannot answer the look-up of this employee ({code})"
        advice = ASK_FOR_LOGS
    return Reason(
        "unreadable_account", what, f"{advice}; {_FIND}; what depends on the answer is not written until then"
    )


def every_account_refused(function: str, auth: str) -> Reason:
    """So many employees were refused one by one that the cause is not in their records."""
    plugin = f"that the authentication plugin {auth!r} (MOODLE_AUTH) is installed, and " if auth else ""
    return Reason(
        "refuses_everybody",
        f"Moodle refuses every account in {function}; the remaining accounts were not tried",
        f"check {plugin}FIELD_MAPPING; then try one employee: {{command:sync --employee ID}}",
    )


def too_many_refused(function: str, code: str) -> Reason:
    """So many employees were refused alone that this run tries no more of them."""
    return Reason(
        "too_many_refused",
        f"not sent: {function} refused too many employees of this run individually ({code})",
        "correct the employees that the log names; the next run continues",
    )


def no_access(function: str, code: str) -> Reason:
    """The token may not call a function."""
    return Reason(
        "no_access",
        f"the Moodle token may not use {function} ({code})",
        "add the function to its service, and the capability to its user's role (RUNBOOK, Moodle)",
    )


def unanswered(what: str) -> Reason:
    """Moodle was not reached, or gave no answer and may have carried out the batch: see `StepResult.may_be_written`."""
    return Reason(
        UNANSWERED,
        f"the batch did not get through to Moodle: {what}",
        "the next run checks what was done and does the rest",
    )


def waits_for(employee_id: int) -> Reason:
    """Another employee's write had to come first, and failed."""
    return Reason(
        "waits_for",
        f"employee {employee_id} has to give up the address or username first, but could not be written",
        "see what is reported of that employee; the next run tries both again",
    )


def not_sent(end: SyncError | None) -> Reason:
    """The writing ended before this step."""
    return Reason("not_sent", f"not sent: {end.message if end else 'the writing ended early'}", "the next run sends it")

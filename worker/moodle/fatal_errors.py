"""The errors of Moodle that end a whole run: what happened, what to do and whom to ask.

`refusals` has what each code concerns, and the refusals that affect one employee only.
"""

from __future__ import annotations

from http import HTTPStatus

from worker.errors import SyncError, TargetError
from worker.moodle.refusals import (
    ASK_FIREWALL,
    ASK_FIREWALL_TO_EXEMPT,
    ASK_FOR_LOGS,
    ASK_MOODLE,
    NO_JSON,
    UNDOCUMENTED,
    is_firewall,
    meaning_of_code,
)
from worker.transport.http import Reply
from worker.transport.retries import retry_after
from worker.words import duration

WAIT = "wait until it is over, then try again; the next run does so by itself"
_BASE_URL = "check that MOODLE_BASE_URL is the site's own address"


def no_lookup_answered(code: str) -> SyncError:
    """Moodle answers for its guest but for no employee: the cause is not in their accounts."""
    return TargetError(
        f"Moodle does not answer the look-up of any employee ({code}), although it answers for its guest: the site is"
        " at fault, not the accounts",
        advice=f"{ASK_MOODLE}: with invalidresponse, the authentication plugin of these accounts (MOODLE_AUTH) is"
        " no longer installed; what was written before is in the log, and the next run does the rest",
    )


def of_status(reply: Reply) -> SyncError:
    """Moodle answers with an HTTP status other than 200."""
    status = reply.status
    asked = retry_after(reply)
    pause = f", and asks for a pause of {duration(asked)}" if asked else ""
    if status == HTTPStatus.FORBIDDEN and not reply.body:
        what = "web services or the REST protocol are off, or a firewall is in the way"
        advice = f"{ASK_MOODLE} to switch them on"
    elif status == HTTPStatus.SERVICE_UNAVAILABLE:
        what, advice = f"the site is in maintenance or overloaded{pause}", WAIT
    elif status == HTTPStatus.GATEWAY_TIMEOUT:
        what = "the site took longer than its web server waits (nginx: fastcgi_read_timeout, 60 s by default)"
        advice = f"{ASK_FIREWALL} to allow 300 s; the next run tries again"
    elif status == HTTPStatus.TOO_MANY_REQUESTS:
        what = f"its web server limits the rate of requests{pause}"
        advice = f"set MOODLE_CONCURRENCY to 1, or {ASK_FIREWALL} for a higher limit"
    elif status < HTTPStatus.MULTIPLE_CHOICES:
        what = "something in front of Moodle answers in its place (a firewall's challenge page)"
        advice = f"{ASK_FIREWALL_TO_EXEMPT}; the next run tries again"
    elif status < HTTPStatus.BAD_REQUEST:
        what, advice = "the site redirects requests", "set MOODLE_BASE_URL to the address it redirects to"
    elif status == HTTPStatus.NOT_FOUND:
        what, advice = "there is no Moodle web service at this address", "check MOODLE_BASE_URL"
    elif status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED):
        what, advice = "a web server or proxy asks for a login of its own", f"{ASK_FIREWALL} to let requests through"
    elif status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        what = "the site's server fails"
        advice = f"{ASK_MOODLE} to check PHP's and the web server's error logs; the next run tries again"
    else:
        what = "the web server or a firewall in front of Moodle refuses the request"
        advice = f"{ASK_FIREWALL_TO_EXEMPT}; the next run tries again"
    return TargetError(f"Moodle answered HTTP {status}: {what}", advice=advice)


def function_refused(code: str, function: str) -> SyncError:
    """Moodle refuses a read that the run cannot do without."""
    if code == NO_JSON:
        return TargetError(
            "Moodle's answer is not JSON (a web page?)",
            advice=f"{_BASE_URL}, that no cache or firewall answers in its place, and that PHP's display_errors is off",
        )
    if code == UNDOCUMENTED:
        return TargetError(
            "Moodle's answer to a look-up is JSON, but no list of accounts",
            advice=f"{_BASE_URL}, and that no cache or firewall answers in its place",
        )
    what, advice = f"Moodle refused {function} ({code})", f"{ASK_MOODLE} (RUNBOOK, Moodle refuses the token)"
    if code == "invalidresponse":
        what = f"Moodle cannot return the accounts that {function} found (invalidresponse)"
        advice = (
            "one of them has a value that is no longer valid (a plugin that is not installed, an old username):"
            f" correct it (RUNBOOK, Moodle refuses the token); if every look-up fails, {ASK_MOODLE} whether the"
            " folder of an authentication plugin is missing"
        )
    elif code in ("invalidrecord", "invalidrecordunknown"):
        what = f"Moodle is missing a database record that {function} needs ({code})"
        advice = f"{ASK_MOODLE}: a record that belongs to an account is missing, or the site does not know the function"
    elif is_firewall(code):
        advice = ASK_FIREWALL_TO_EXEMPT
    elif meaning_of_code(code).is_transient:
        advice = ASK_FOR_LOGS
    return TargetError(what, advice=f"{advice}; the next run tries again")

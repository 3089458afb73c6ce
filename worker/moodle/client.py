"""Moodle's user web services: look-ups, create, update. What a real one does was measured on Moodle 4.2.3.

Every application error is HTTP 200 with {"exception", "errorcode", "message"}; `message` and `debuginfo` can quote user
data and are never passed on. A call ends in its answer or in

Refused      Moodle says no: nothing of this request was done (create), or nothing at all (update)
TryAgain     it was not done, and may be sent again: the pause it takes is over
Undecided    the request went out and no answer came that can be believed: it may have been done
TransportError, SyncError   nothing was done; a SyncError ends the run

`wsfunction` is the last form field: PHP drops fields beyond max_input_vars without a word, and a request that lost its
function does nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode

from worker.errors import CredentialError, SyncError, TargetError
from worker.model.account import Account, AccountRef
from worker.model.mapping import PROFILE_FIELD, FieldMapping
from worker.model.moodle_fields import is_username
from worker.moodle.account_listing import NotAListing, read_account_listing
from worker.moodle.parsers import missing_keys, needed_keys, parse_account
from worker.transport.http import NoAnswer, NotSent, Reply, Transport, TransportError
from worker.transport.parallel import in_parallel
from worker.transport.retries import pause_before_retry, retry_after, with_retries

T = TypeVar("T")
Key = Literal["id", "idnumber", "email", "username"]
Record = Mapping[str, str | int]
"""One person's form fields, in the order in which they are sent."""

TRIES = 3
EVERYBODY_SECONDS = 300.0
"""All accounts in one answer take longer than an ordinary request may (4,000 took 6 s on Moodle 4.2.3)."""
_SECOND = 2
"""The attempt whose pause a write takes, whichever it is: about a second."""
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_CODE = re.compile(r"[A-Za-z_/]{1,60}")
_ACCESS = frozenset({"accessexception", "nopermissions", "invalidrecord"})
_SERVICE_USER = re.compile(r"wsaccessuser\w+|nopasswordchangeforced|forcepasswordchangenotice")


class Refused(Exception):
    """Moodle's own "no". `code` is its errorcode, if that is a plain word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def is_access(self) -> bool:
        """Whether the token may not call the function at all."""
        return self.code in _ACCESS


class TryAgain(NotSent):
    """A write that was not done, and may be sent again at once: the pause that the server needed is over."""


class Undecided(Exception):
    """A write whose end is not known."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True)
class Updated:
    """An update's answer: the warning code of each account that was not updated."""

    refused: Mapping[int, str]


class MoodleClient:
    """A client for one site. `mend` is the command that sets the token anew, for the messages."""

    def __init__(
        self,
        transport: Transport,
        endpoint: str,
        token: str,
        *,
        mapping: FieldMapping,
        batch_size: int,
        concurrency: int,
        fix_command: str,
    ) -> None:
        self.batch_size = batch_size
        self.concurrency = concurrency
        self._transport = transport
        self._endpoint = endpoint
        self._token = token
        self._needed = needed_keys(mapping)
        self._fix_command = fix_command
        self._batched = True

    def check_visibility(self) -> None:
        """The canary: whoever may see people sees Moodle's guest with every key. Silence means that she may not."""
        rows = self._rows("username", ["guest"])
        seen = next((row for row in rows if isinstance(row, dict) and row.get("username") == "guest"), None)
        missing = list(self._needed) if seen is None else missing_keys(seen, self._needed)
        if missing:
            what = "does not see people at all" if seen is None else f"sees people without {', '.join(missing)}"
            raise TargetError(
                f"the Moodle token {what}: everybody would look absent, and be made a second time",
                advice="give its role viewdetails, viewalldetails, viewuseridentity, viewfullnames (RUNBOOK, Moodle);"
                " check the settings showuseridentity (email) and hiddenuserfields",
            )

    def look_up(self, key: Key, values: Iterable[str]) -> list[Account]:
        """Every visible account that has one of these values, compared as Moodle does (case, accents); in batches."""
        wanted = [value for value in dict.fromkeys(values) if value and (key != "username" or is_username(value))]
        step = self.batch_size if self._batched else 1
        batches = [wanted[at : at + step] for at in range(0, len(wanted), step)]
        found: dict[int, Account] = {}
        for rows in in_parallel(lambda batch: self._rows(key, batch), batches, self.concurrency):
            for row in rows:
                account = parse_account(row, self._needed)
                found[account.id] = account
        return list(found.values())

    def everybody(self, auth: str) -> list[AccountRef] | None:
        """Every account with this authentication; None where the token may not search (core_user_get_users)."""
        body = self._form("core_user_get_users", [("criteria[0][key]", "auth"), ("criteria[0][value]", auth)])

        def attempt() -> tuple[Reply, list[AccountRef] | NotAListing]:
            with self._transport.open("POST", self._endpoint, data=body, headers=_FORM, deadline=EVERYBODY_SECONDS) as (
                reply,
                chunks,
            ):
                if reply.status != HTTPStatus.OK:
                    return reply, NotAListing()
                try:
                    return reply, read_account_listing(chunks, auth)
                except NotAListing as fault:
                    return reply, fault

        reply, found = self._patiently(attempt)
        self._check_status(reply)
        if not isinstance(found, NotAListing):
            return found
        try:
            self._checked(found.answer)
        except Refused as refusal:
            if refusal.is_access:
                return None
            raise _unexpected(refusal, "core_user_get_users") from None
        raise _odd_answer("users")

    def access(self) -> dict[str, str]:
        """For each of the four functions the code with which it is refused to the token, "" where it is not.

        The two that write are called with what cannot succeed: an account id that nobody has, and a new account with
        the guest's user name and an address that is none. Moodle checks the right first (read in
        user/externallib.php).
        """
        guest = [("username", "guest"), ("firstname", "-"), ("lastname", "-"), ("email", "none@localhost")]
        probes: dict[str, list[tuple[str, str]]] = {
            "core_user_get_users_by_field": [("field", "username"), ("values[0]", "guest")],
            "core_user_get_users": [("criteria[0][key]", "username"), ("criteria[0][value]", "guest")],
            "core_user_create_users": [(f"users[0][{name}]", value) for name, value in guest],
            "core_user_update_users": [("users[0][id]", "0")],
        }
        return {function: self._access_to(function, fields) for function, fields in probes.items()}

    def _access_to(self, function: str, fields: Iterable[tuple[str, str]]) -> str:
        try:
            self._read(function, fields)
        except Refused as refusal:
            return refusal.code if refusal.is_access else ""
        return ""

    def create(self, records: Sequence[Record]) -> None:
        """Make these accounts, all or none. An answer of another length than what was sent leaves it undecided."""
        answer = self._write("core_user_create_users", _numbered("users", records))
        made = answer if isinstance(answer, list) else []
        if len(made) != len(records) or not all(isinstance(row, dict) and "id" in row for row in made):
            raise Undecided("Moodle's answer does not name every account that was to be made")

    def update(self, records: Sequence[Record]) -> Updated:
        """Change these accounts, each for itself; the answer names those that were refused."""
        answer = self._write("core_user_update_users", _numbered("users", records))
        warnings = answer.get("warnings") if isinstance(answer, dict) else None
        if not isinstance(warnings, list):
            raise Undecided("Moodle's answer to an update has another form than documented")
        refused: dict[int, str] = {}
        for warning in warnings:
            if not isinstance(warning, dict) or not isinstance(warning.get("itemid"), int):
                raise Undecided("Moodle's answer to an update has a warning without an account")
            refused[warning["itemid"]] = _plain_code(warning.get("warningcode"))
        return Updated(refused)

    def _rows(self, key: Key, values: Sequence[str]) -> list[Any]:
        """One look-up; one by one through core_user_get_users where the batched function is not the token's."""
        if self._batched:
            try:
                fields = [("field", key), *((f"values[{at}]", value) for at, value in enumerate(values))]
                answer = self._read("core_user_get_users_by_field", fields)
            except Refused as refusal:
                if not refusal.is_access:
                    raise _unexpected(refusal, "core_user_get_users_by_field") from None
                self._batched = False
            else:
                if not isinstance(answer, list):
                    raise _odd_answer("a list")
                return answer
        return [row for value in values for row in self._searched(key, value)]

    def _searched(self, key: Key, value: str) -> list[Any]:
        try:
            answer = self._read("core_user_get_users", [("criteria[0][key]", key), ("criteria[0][value]", value)])
        except Refused as refusal:
            if refusal.is_access:
                raise CredentialError(
                    "the Moodle token may call neither core_user_get_users_by_field nor core_user_get_users, or it has"
                    " just expired (Moodle deletes an expired token when it is used)",
                    advice="add the functions to the token's service and its user to the service; or make a new token"
                    f" and set it: {self._fix_command}",
                ) from None
            raise _unexpected(refusal, "core_user_get_users") from None
        users = answer.get("users") if isinstance(answer, dict) else None
        if not isinstance(users, list):
            raise _odd_answer("users")
        # The search is LIKE, with % and _ as wildcards, and an unknown key returns everybody: compare here.
        return [row for row in users if isinstance(row, dict) and str(row.get(key, "")).casefold() == value.casefold()]

    def _read(self, function: str, fields: Iterable[tuple[str, str]]) -> Any:
        body = self._form(function, fields)

        def attempt() -> tuple[Reply, None]:
            return self._transport.send("POST", self._endpoint, data=body, headers=_FORM), None

        reply, _ = self._patiently(attempt)
        self._check_status(reply)
        try:
            return self._answer(reply)
        except ValueError:
            raise TargetError(
                "Moodle answered with something else than JSON (a web page?)",
                advice="check that MOODLE_BASE_URL is the site's own address, and PHP's display_errors (off)",
            ) from None

    def _patiently(self, attempt: Callable[[], tuple[Reply, T]]) -> tuple[Reply, T]:
        try:
            return with_retries(attempt, system="moodle", stopping=self._transport.stopping, tries=TRIES)
        except TransportError as fault:
            raise TargetError(
                f"Moodle could not be read: {fault.what}",
                advice="check MOODLE_BASE_URL and the network; the next run reads it again",
            ) from fault

    def _write(self, function: str, fields: Iterable[tuple[str, str]]) -> Any:
        """One attempt: another one is the caller's to make, who has to be allowed to write again by then."""
        try:
            reply = self._transport.send("POST", self._endpoint, data=self._form(function, fields), headers=_FORM)
        except NotSent as fault:
            raise self._not_done(fault.what, None) from fault
        except NoAnswer as fault:
            raise Undecided(fault.what) from fault
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise self._not_done("its web server limits the rate of requests (HTTP 429)", reply)
        if reply.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            raise Refused("requesttoolarge")
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Undecided(f"HTTP {reply.status}")
        self._check_status(reply)
        try:
            return self._answer(reply)
        except ValueError:
            raise Undecided("an answer that is not JSON") from None

    def _not_done(self, what: str, reply: Reply | None) -> NotSent:
        """What to raise for a write that was not done: after the pause that it takes, unless that is too long."""
        pause = pause_before_retry(reply, _SECOND)
        if pause is None:
            return NotSent(what)
        self._transport.stopping.wait(pause)
        return TryAgain(what)

    def _form(self, function: str, fields: Iterable[tuple[str, str]]) -> bytes:
        head = [("wstoken", self._token), ("moodlewsrestformat", "json")]
        return urlencode([*head, *fields, ("wsfunction", function)]).encode()

    def _check_status(self, reply: Reply) -> None:
        if reply.status == HTTPStatus.OK:
            return
        if reply.status == HTTPStatus.FORBIDDEN:
            why, advice = (
                "web services or the REST protocol are off, or a firewall is in the way",
                "switch them on",
            )
        elif reply.status == HTTPStatus.SERVICE_UNAVAILABLE:
            why, advice = "the site is in maintenance or overloaded", "the next run tries again"
        elif reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            asked = retry_after(reply)
            why = "its web server limits the rate of requests" + (f", and asks for {asked:.0f} s" if asked else "")
            advice = "set MOODLE_CONCURRENCY to 1, or ask the site's administrator for a higher limit"
        elif reply.status // 100 == 3:  # noqa: PLR2004 - any redirect
            why, advice = "the site sends callers elsewhere", "set MOODLE_BASE_URL to the address it sends to"
        elif reply.status == HTTPStatus.NOT_FOUND:
            why, advice = "there is no Moodle web service at this address", "check MOODLE_BASE_URL"
        else:
            why, advice = "the web server refuses", "ask the site's administrator; the next run tries again"
        raise TargetError(f"Moodle answered HTTP {reply.status}: {why}", advice=advice)

    def _answer(self, reply: Reply) -> Any:
        """The JSON; ValueError if it is none. What ends the run is raised as a SyncError, another no as Refused."""
        return self._checked(reply.json())

    def _checked(self, answer: Any) -> Any:
        if not isinstance(answer, dict) or "exception" not in answer:
            return answer
        code = _plain_code(answer.get("errorcode"))
        if code == "invalidtoken":
            raise CredentialError(
                "Moodle does not know the token (it is wrong, deleted, or has expired)",
                advice=f"make a new token for the service user, then: {self._fix_command}",
            )
        if _SERVICE_USER.fullmatch(code):
            raise CredentialError(
                f"Moodle refuses the token's user ({code})",
                advice="let an administrator make the service user active again, with no change of password due",
            )
        if code == "sitemaintenance":
            raise TargetError("the Moodle site is in maintenance", advice="the next run tries again")
        raise Refused(code)


def _numbered(name: str, records: Sequence[Record]) -> Iterable[tuple[str, str]]:
    for at, record in enumerate(records):
        customs = 0
        for field, value in record.items():
            if field.startswith(PROFILE_FIELD):
                where = f"{name}[{at}][customfields][{customs}]"
                yield f"{where}[type]", field.removeprefix(PROFILE_FIELD)
                yield f"{where}[value]", str(value)
                customs += 1
            else:
                yield f"{name}[{at}][{field}]", str(value)


def _plain_code(code: object) -> str:
    """Moodle's error code; some are whole sentences of HTML, which are not repeated."""
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "unknown"


def _odd_answer(than: str) -> TargetError:
    return TargetError(
        f"Moodle answered a look-up with something else than {than}",
        advice="check that MOODLE_BASE_URL is the site's own address, with no cache or firewall in front that answers",
    )


def _unexpected(refusal: Refused, function: str) -> SyncError:
    return TargetError(
        f"Moodle refused {function} ({refusal.code})",
        advice="call it by hand with the same token; the RUNBOOK lists the codes. Nothing was changed",
    )

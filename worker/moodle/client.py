"""Moodle's user web services: look-ups, create, update. Their behaviour was measured on Moodle 4.1, 4.2, 4.5 and 5.1.

A look-up is one quick attempt: a fault that one record may have caused is raised at once as :class:`Refused`, so that
isolation can find out whether that record or the site is at fault (`site_answers`). Calls about no record, such as the
canary (`check_visibility`), retry transient faults, and end the run if these last. A write is repeated only
if nothing was done: see :meth:`WebService.write`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from worker.config.credentials import RenewableCredential
from worker.errors import CredentialError, TargetError
from worker.model.account import Account, AccountKey, AccountRef
from worker.model.field_kinds import FieldKind
from worker.model.mapping import FieldMapping
from worker.moodle import fatal_errors, writes
from worker.moodle.parsers import (
    UnreadableAccount,
    missing_keys,
    needed_keys,
    parse_accounts,
    parse_kinds,
    read_account_listing,
)
from worker.moodle.refusals import ASK_MOODLE, UNDOCUMENTED, UNREADABLE_ROW
from worker.moodle.web_service import WebService
from worker.moodle.writes import Payload
from worker.transport.http import Transport
from worker.transport.refusal import Concerns, Meaning, Refused

__all__ = ["MoodleClient", "Payload", "Refused"]

LISTING_SECONDS = 300.0
"""The deadline of the account listing, whose first byte comes after its last account is found (measured: 75 s for
20,000 accounts)."""
_BY_FIELD = "core_user_get_users_by_field"
_SEARCH = "core_user_get_users"
_UNKNOWN_FUNCTION = ("invalidrecord", "invalidrecordunknown")


class MoodleClient:
    """A client for one site.

    The callers send at most `batch_size` accounts in a request, and `concurrency` requests at a time. `field_kinds` has
    the kinds of the custom profile fields that any account has shown so far, the guest included.
    """

    def __init__(
        self,
        transport: Transport,
        endpoint: str,
        token: RenewableCredential,
        *,
        mapping: FieldMapping,
        batch_size: int,
        concurrency: int,
        fix_command: str,
    ) -> None:
        self.batch_size = batch_size
        self.concurrency = concurrency
        self._service = WebService(transport, endpoint, token, fix_command)
        self._needed = needed_keys(mapping)
        self._accepts_username = mapping.accepts_username
        self._by_field = True
        self._guest_email = ""
        self.field_kinds: dict[str, FieldKind] = {}

    # The canary

    def check_visibility(self) -> None:
        """Look up Moodle's guest, with retries: a token that sees accounts sees it with every needed key.

        If a right is missing, Moodle leaves out data without an error. Raises SyncError, also if the site does not
        answer in time.
        """
        guest = self._look_up_guest()
        missing = [*self._needed] if guest is None else missing_keys(guest, self._needed)
        if missing:
            what = f"sees accounts without {', '.join(missing)}" if guest else "does not see accounts at all"
            raise TargetError(
                f"the Moodle token {what}: every employee would seem to have no account, and get a second one",
                advice=f"{ASK_MOODLE} to give its role viewdetails, viewalldetails, viewuseridentity, viewfullnames"
                " (RUNBOOK, Moodle), and to check the settings showuseridentity (email) and hiddenuserfields",
            )

    def site_answers(self) -> bool:
        """Return whether the site answers one quick look-up of the guest; another refusal then concerns its request."""
        try:
            return self._look_up_guest(quick=True) is not None
        except (Refused, TargetError):
            return False

    @cached_property
    def compares_exactly(self) -> bool:
        """Whether the site's database distinguishes upper and lower case in addresses (PostgreSQL; MariaDB does not).

        If it does, the guest is not found by its e-mail address in the other case.
        """
        if not self._guest_email:
            self._look_up_guest()
        other_case = self._guest_email.swapcase()
        if other_case == self._guest_email:
            return True
        try:
            rows = self._rows("email", [other_case])
        except Refused:
            # A firewall's refusal of the guest's address does not concern the employees of the batch.
            return True
        return _guest_among(rows) is None

    def _look_up_guest(self, *, quick: bool = False) -> Mapping[str, Any] | None:
        try:
            rows = self._rows("username", ["guest"], quick=quick)
        except Refused as refusal:
            if refusal.code not in _UNKNOWN_FUNCTION or not self._by_field:
                raise fatal_errors.function_refused(refusal.code, _BY_FIELD if self._by_field else _SEARCH) from None
            self._by_field = False
            return self._look_up_guest(quick=quick)
        guest = _guest_among(rows)
        self._guest_email = str(guest.get("email") or "") if guest else ""
        self.field_kinds.update(parse_kinds(rows))
        return guest

    # Look-ups

    def look_up(self, key: AccountKey, values: Sequence[str]) -> list[Account]:
        """Return all visible accounts that have one of these values, as Moodle compares them (case, accents).

        An e-mail address is found in any case, whatever the database. This is one request in one quick attempt, except
        for addresses that the database may hold in another case.

        Raises:
            Refused: One of the values or the site may be the cause; `site_answers` tells which.
            SyncError: The run cannot continue.
        """
        # Empty texts and illegal usernames fail a whole request.
        once = filter(None, dict.fromkeys(values))
        wanted = [value for value in once if key != "username" or self._accepts_username(value)]
        if not wanted:
            return []
        try:
            accounts = self._parsed(key, self._rows(key, wanted))
            if key == "email":
                missing = [address for address in wanted if not any(account.has_email(address) for account in accounts)]
                if missing and self._by_field and self.compares_exactly:
                    # core_user_get_users ignores case, whatever the database.
                    for address in missing:
                        accounts += self._parsed(key, self._search(key, address))
        except UnreadableAccount:
            raise Refused(UNREADABLE_ROW, Meaning(Concerns.RECORD)) from None
        return accounts

    def _parsed(self, key: AccountKey, rows: Sequence[Any]) -> list[Account]:
        self.field_kinds.update(parse_kinds(rows))
        accounts = parse_accounts(rows, self._needed)
        if not all(getattr(account, key) for account in accounts):
            raise UnreadableAccount(f"without the {key} by which it was found")
        return accounts

    def _rows(self, key: AccountKey, values: Sequence[str], *, quick: bool = True) -> list[Any]:
        """Return the rows of one look-up, or of one search per value if the token may not use the batched function."""
        if self._by_field:
            try:
                fields = [("field", key), *((f"values[{at}]", value) for at, value in enumerate(values))]
                answer = self._service.read(_BY_FIELD, fields, quick=quick)
            except Refused as refusal:
                if not refusal.is_access:
                    raise
                self._by_field = False
            else:
                if not isinstance(answer, list):
                    raise writes.undocumented()
                return answer
        return [row for value in values for row in self._search(key, value, quick=quick)]

    def _search(self, key: AccountKey, value: str, *, quick: bool = True) -> list[Any]:
        try:
            criteria = [("criteria[0][key]", key), ("criteria[0][value]", value)]
            answer = self._service.read(_SEARCH, criteria, quick=quick)
        except Refused as refusal:
            if not refusal.is_access:
                raise
            raise self._no_search(refusal.code) from None
        users = answer.get("users") if isinstance(answer, dict) else None
        if not isinstance(users, list):
            raise writes.undocumented()
        # The search is LIKE, with % and _ as wildcards, and an unknown key returns every account: compare here.
        return [row for row in users if not _shows_another(row, key, value)]

    def _no_search(self, code: str) -> CredentialError:
        if self._by_field:
            return CredentialError(
                f"the Moodle token may not use core_user_get_users ({code}), and this site's database compares e-mail"
                " addresses exactly: accounts whose address is stored in another case would be created a second time",
                advice=f"{ASK_MOODLE} to add core_user_get_users to the token's service",
            )
        return CredentialError(
            "the Moodle token may call neither core_user_get_users_by_field nor core_user_get_users, or it has just"
            " expired (Moodle deletes an expired token when it is used)",
            advice="add the functions to the token's service and its user to the service; or create a new token and set"
            f" it: {self._service.fix_command}",
        )

    # The whole site

    def list_accounts(self, auth: str) -> list[AccountRef]:
        """Return all accounts with this authentication."""
        try:
            found = self._service.read_stream(
                _SEARCH,
                [("criteria[0][key]", "auth"), ("criteria[0][value]", auth)],
                lambda chunks: read_account_listing(chunks, auth),
                LISTING_SECONDS,
            )
        except Refused as refusal:
            if refusal.is_access:
                raise TargetError(
                    f"the Moodle token may not use core_user_get_users ({refusal.code})",
                    advice=f"{ASK_MOODLE} to add core_user_get_users to the token's service",
                ) from None
            raise fatal_errors.function_refused(refusal.code, _SEARCH) from None
        if found is None:
            raise fatal_errors.function_refused(UNDOCUMENTED, _SEARCH)
        return found

    def access_refusals(self) -> dict[str, str]:
        """Return the code with which each of the four functions is refused to the token, "" if it is not.

        The two that write are called with arguments that cannot succeed: an account id that does not exist, and a new
        account with the guest's username and an invalid address. Moodle checks the right first (read in
        user/externallib.php).
        """
        guest = [("username", "guest"), ("firstname", "-"), ("lastname", "-"), ("email", "none@localhost")]
        probes: dict[str, list[tuple[str, str]]] = {
            _BY_FIELD: [("field", "username"), ("values[0]", "guest")],
            _SEARCH: [("criteria[0][key]", "username"), ("criteria[0][value]", "guest")],
            "core_user_create_users": [(f"users[0][{name}]", value) for name, value in guest],
            "core_user_update_users": [("users[0][id]", "0")],
        }
        return {function: self._access_to(function, fields) for function, fields in probes.items()}

    def _access_to(self, function: str, fields: Iterable[tuple[str, str]]) -> str:
        try:
            self._service.read(function, fields)
        except Refused as refusal:
            if refusal.is_transient and not self.site_answers():
                # It has been waited for: the site is in trouble, whatever the token may call.
                raise fatal_errors.function_refused(refusal.code, function) from None
            return refusal.code if refusal.is_access or refusal.code in _UNKNOWN_FUNCTION else ""
        return ""

    # Writes

    def create(self, payloads: Sequence[Payload], check: Callable[[], None] = lambda: None) -> None:
        """Create these accounts, all or none. Raises Refused if the answer does not name each of them."""
        answer = self._service.write("core_user_create_users", writes.form_fields(payloads), check)
        writes.check_created(answer, len(payloads))

    def update(self, payloads: Sequence[Payload], check: Callable[[], None] = lambda: None) -> dict[int, str]:
        """Change these accounts, each independently; return the warning code of each that was not changed."""
        answer = self._service.write("core_user_update_users", writes.form_fields(payloads), check)
        return writes.refused_updates(answer, payloads)


def _guest_among(rows: Iterable[Any]) -> Mapping[str, Any] | None:
    return next((row for row in rows if isinstance(row, dict) and row.get("username") == "guest"), None)


def _shows_another(row: Any, key: AccountKey, value: str) -> bool:
    """Return whether a row shows a value that is not the one searched for; a row that shows none does not."""
    shown = row.get(key) if isinstance(row, dict) else None
    return isinstance(shown, (str, int)) and bool(shown) and str(shown).casefold() != value.casefold()

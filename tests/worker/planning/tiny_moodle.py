"""A Moodle in memory that knows the rules of uniqueness and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, cast

from worker.model.account import Account, AccountKey
from worker.model.field_kinds import Kinds
from worker.model.step import Step
from worker.moodle.client import MoodleClient, Payload
from worker.runs.batch_writer import BatchWriter, WriteGate


class Duplicate(AssertionError):
    """Another account has the address or username: the plan was wrong, or was written in the wrong order."""


class TinyMoodle:
    """The accounts of a site. A duplicate raises :class:`Duplicate`, which fails the test."""

    concurrency = 1
    field_kinds: ClassVar[Kinds] = {}

    def __init__(self, accounts: Iterable[Account], *, batch_size: int = 2) -> None:
        self.batch_size = batch_size
        self._accounts = {account.id: account for account in accounts}

    @property
    def accounts(self) -> list[Account]:
        """All accounts."""
        return list(self._accounts.values())

    def apply(self, steps: Sequence[Step]) -> None:
        """Write a plan as the product does, in its order and its batches."""
        writer = BatchWriter(
            cast(MoodleClient, self), cast(WriteGate, self), report=lambda _: None, wait=lambda _: None
        )
        outcomes = writer.write([step for step in steps if step.changes])
        unwritten = sorted(number for number, outcome in outcomes.items() if not outcome.may_be_written)
        assert not unwritten, f"not written: {unwritten}"

    def check(self) -> None:
        """The gate is always open."""

    def prepare(self, batch: Sequence[Step]) -> None:
        """Nothing has to be kept."""

    def create(self, records: Sequence[Payload], retries: object = None) -> None:
        """Create accounts one after the other: a batch must not collide with itself either."""
        for record in records:
            number = max(self._accounts, default=100) + 1
            blank = Account(number, "", "", "", suspended=False, values={"email": ""})
            self._put(_changed(blank, record))

    def update(self, records: Sequence[Payload], retries: object = None) -> dict[int, str]:
        """Update accounts in the order sent."""
        for record in records:
            self._put(_changed(self._accounts[int(record["id"])], record))
        return {}

    def retries(self) -> None:
        """Nothing is retried."""

    def look_up(self, key: AccountKey, values: Sequence[str]) -> list[Account]:
        """Fail: look-ups happen only after a refusal."""
        raise AssertionError(f"a look-up by {key}")

    def check_visibility(self) -> None:
        """Fail: the guest is looked up only after a refusal."""
        raise AssertionError("a look-up of the guest")

    def site_answers(self) -> bool:
        """Fail: the guest is looked up only after a refusal."""
        raise AssertionError("a look-up of the guest")

    def _put(self, account: Account) -> None:
        before = self._accounts.get(account.id)
        others = [other for other in self._accounts.values() if other.id != account.id]
        if any(other.username == account.username for other in others):
            raise Duplicate(f"username of account {account.id}")
        moved = before is None or before.email != account.email
        if moved and any(other.has_email(account.email) for other in others):
            raise Duplicate(f"e-mail address of account {account.id}")
        self._accounts[account.id] = account


def _changed(account: Account, record: Mapping[str, str | int]) -> Account:
    texts = {name: str(value) for name, value in record.items() if name != "id"}
    return replace(
        account,
        username=texts.pop("username", account.username),
        idnumber=texts.pop("idnumber", account.idnumber),
        auth=texts.pop("auth", account.auth),
        suspended=texts.pop("suspended", "1" if account.suspended else "0") == "1",
        values={**account.values, **texts},
    )

"""A Moodle account as the look-ups return it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from worker.model.employee import email_key

AccountKey = Literal["id", "idnumber", "email", "username"]
"""The keys by which an account can be looked up."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account. `values`: what it shows of the fields that can be mapped, by Moodle name; an empty field is ""."""

    id: int
    username: str
    idnumber: str
    auth: str
    suspended: bool
    values: Mapping[str, str]

    @property
    def email(self) -> str:
        """The e-mail address."""
        return self.values["email"]

    @property
    def all_values(self) -> dict[str, str]:
        """Every field that can be written, by its Moodle name, as the web service expects it."""
        own = {"idnumber": self.idnumber, "username": self.username, "auth": self.auth}
        return {**self.values, **own, "suspended": "1" if self.suspended else "0"}

    @property
    def label(self) -> str:
        """The account's name in messages: ids only, never personal data."""
        known = self.idnumber if self.idnumber.isascii() and self.idnumber.isdigit() else ""
        return f"account {self.id}" + (f" (idnumber {known})" if known else "")

    @property
    def is_deleted(self) -> bool:
        """Whether the account was deleted: Moodle still finds it by id, with a hash in place of the e-mail address."""
        return "@" not in self.email

    def has_email(self, address: str) -> bool:
        """Return whether the account has this e-mail address, ignoring case. A blank address matches no account."""
        return bool(address) and email_key(self.email) == email_key(address)


@dataclass(frozen=True, slots=True)
class AccountRef:
    """The values kept of an account in the list of all. `full_name` is set only without an idnumber."""

    id: int
    username: str
    idnumber: str
    suspended: bool
    full_name: str = ""

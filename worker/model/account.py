"""A Moodle account as the look-ups show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

AccountKey = Literal["id", "idnumber", "email", "username"]
"""What an account can be looked up by."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account. `values` holds the mapped fields, "" for an empty one, under their Moodle names."""

    id: int
    username: str
    idnumber: str
    auth: str
    suspended: bool
    values: Mapping[str, str]

    @property
    def email(self) -> str:
        """Its e-mail address."""
        return self.values["email"]

    @property
    def fields(self) -> dict[str, str]:
        """Everything that can be written, under Moodle's names, as it is sent."""
        own = {"idnumber": self.idnumber, "username": self.username, "auth": self.auth}
        return {**self.values, **own, "suspended": "1" if self.suspended else "0"}

    @property
    def name(self) -> str:
        """How a message calls it: by ids alone, never by a name."""
        known = self.idnumber if self.idnumber.isascii() and self.idnumber.isdigit() else ""
        return f"account {self.id}" + (f" (idnumber {known})" if known else "")

    @property
    def is_deleted(self) -> bool:
        """Whether Moodle keeps it as a deleted one: found by id alone, with a hash in the place of the address."""
        return "@" not in self.email

    def has_email(self, address: str) -> bool:
        """Whether it has this e-mail address, whatever the case."""
        return bool(address) and self.email.casefold() == address.casefold()


@dataclass(frozen=True, slots=True)
class AccountRef:
    """What is kept of an account that is not planned for."""

    id: int
    username: str
    idnumber: str
    suspended: bool

"""One account as the site stores it, and the parameters that describe it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from tests.sandbox.moodle.params import Many, Single, Value


@dataclass
class User:
    """A row of the user table. `more` holds columns that no look-up ever shows.

    `has_context`: False, if deleted, makes every look-up that finds it fail.
    """

    id: int
    username: str
    firstname: str = ""
    lastname: str = ""
    email: str = ""
    auth: str = "manual"
    idnumber: str = ""
    department: str = ""
    institution: str = ""
    city: str = ""
    country: str = ""
    phone1: str = ""
    phone2: str = ""
    address: str = ""
    lang: str = "en"
    theme: str = ""
    timezone: str = "99"
    mailformat: int = 1
    confirmed: bool = True
    suspended: bool = False
    deleted: bool = False
    remote: bool = False
    has_context: bool = True
    firstaccess: int = 0
    lastaccess: int = 0
    timecreated: int = 0
    timemodified: int = 0
    profile: dict[str, str] = field(default_factory=dict)
    more: dict[str, str | int] = field(default_factory=dict)

    @property
    def fullname(self) -> str:
        """The name in the site's full name format."""
        return f"{self.firstname} {self.lastname}"


LIMITS = {
    "username": 100,
    "firstname": 100,
    "lastname": 100,
    "email": 100,
    "idnumber": 255,
    "department": 255,
    "institution": 255,
    "city": 120,
    "phone1": 20,
    "phone2": 20,
    "address": 255,
    "timezone": 100,
}
"""The columns' lengths, in characters. The first six measured on Moodle 4.2.3, the rest from its install.xml."""


def _optional(kind: str) -> Value:
    return Value(kind, required=False)


_COMMON: dict[str, Value | Many] = {
    "city": _optional("text"),
    "country": _optional("alpha"),
    "timezone": _optional("timezone"),
    "middlename": _optional("notags"),
    "institution": _optional("text"),
    "department": _optional("text"),
    "phone1": _optional("notags"),
    "phone2": _optional("notags"),
    "address": _optional("text"),
    "password": _optional("raw"),
    "customfields": Many(Single({"type": Value("alphanumext"), "value": Value("raw")}), required=False),
}

CREATE = Single(
    {
        "username": Value("username"),
        "auth": Value("auth", required=False, default="manual"),
        "firstname": Value("notags"),
        "lastname": Value("notags"),
        "email": Value("raw_trimmed"),
        "idnumber": Value("raw", required=False, default=""),
        "lang": Value("lang", required=False, default="en"),
        **_COMMON,
    }
)
"""What core_user_create_users takes for one user, as far as the product may send it; `suspended` is not among it."""

UPDATE = Single(
    {
        "id": Value("int"),
        "username": _optional("username"),
        "auth": _optional("auth"),
        "suspended": _optional("bool"),
        "firstname": _optional("notags"),
        "lastname": _optional("notags"),
        "email": _optional("raw_trimmed"),
        "idnumber": _optional("raw"),
        "lang": _optional("lang"),
        **_COMMON,
    }
)
"""What core_user_update_users takes for one user."""


def folded(text: str) -> str:
    """A text as MariaDB's utf8mb4_unicode_ci compares it: without case, accents and trailing spaces."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(char for char in decomposed if not unicodedata.combining(char))
    return text.casefold().rstrip(" ")

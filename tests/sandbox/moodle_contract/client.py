"""A plain client for the tests: it sends what it is given, and remembers the accounts that it made."""

from __future__ import annotations

import functools
import itertools
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import requests

from tests.sandbox.moodle import PATH

INVALID = "invalidparameter"
NO_TOKEN = "invalidtoken"
NO_ACCESS = "accessexception"
NOT_WRITTEN = "dmlwriteexception"
_SECONDS = 60
_BATCH = 50


def flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Nested data as the form fields that PHP nests again."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from flat(inner, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from flat(inner, f"{name}[{index}]")
    else:
        yield name, str(value)


def refusal(body: Any) -> str:
    """The error code of an answer: exception classes and messages differ between versions."""
    assert isinstance(body, dict), body
    code: str = body["errorcode"]
    return code


class Moodle:
    """One Moodle, one token, and names that no other account has."""

    def __init__(
        self, session: requests.Session, url: str, token: str, *, auth: str = "oidc", release: str = ""
    ) -> None:
        self.session = session
        self.base = url.rstrip("/")
        self.url = self.base + PATH
        self.token = token
        self.auth = auth
        self.prefix = f"ct{secrets.token_hex(4)}"
        self.made: dict[int, str] = {}
        self._release = release
        self._numbers = itertools.count(1)

    @functools.cached_property
    def release(self) -> tuple[int, ...]:
        """The version of the site, such as (4, 5)."""
        release = self._release or self.call("core_webservice_get_site_info")["release"]
        return tuple(int(part) for part in re.findall(r"\d+", release)[:2])

    @functools.cached_property
    def exact(self) -> bool:
        """Whether the site's database compares text exactly, as PostgreSQL does."""
        found: list[object] = self.by("email", "ROOT@LOCALHOST")
        return not found

    def profile(self, user_id: int) -> dict[str, dict[str, str]]:
        """The custom profile fields that a look-up shows, by short name."""
        return {field["shortname"]: field for field in self.read(user_id).get("customfields", [])}

    def post(self, fields: Sequence[tuple[str, str]], **options: Any) -> requests.Response:
        """Send just these fields, in this order."""
        return self.session.post(self.url, data=list(fields), timeout=_SECONDS, **options)

    def call(self, function: str, **arguments: Any) -> Any:
        """Call a function as a careful client does, its name last; the parsed body, an error's too."""
        head = [("wstoken", self.token), ("moodlewsrestformat", "json")]
        response = self.post([*head, *flat(arguments), ("wsfunction", function)])
        assert response.status_code == requests.codes.ok
        body = response.json()
        if function == "core_user_create_users" and isinstance(body, list):
            self.made |= {user["id"]: user["username"] for user in body}
        return body

    def unique(self) -> str:
        """A word that no other account of the site contains."""
        return f"{self.prefix}-{next(self._numbers)}"

    def new(self, **changes: Any) -> dict[str, Any]:
        """A user that can be created, with these changes."""
        word = self.unique()
        user = {
            "username": word,
            "auth": self.auth,
            "firstname": "Ada",
            "lastname": "Byron",
            "idnumber": word,
            "email": f"{word}@example.com",
        }
        return {**user, **changes}

    def create(self, *users: Mapping[str, Any]) -> Any:
        """The answer to one batch of create."""
        return self.call("core_user_create_users", users=users)

    def created(self, **changes: Any) -> int:
        """Create one user; the id."""
        answer = self.create(self.new(**changes))
        assert isinstance(answer, list), answer
        user_id: int = answer[0]["id"]
        return user_id

    def update(self, *users: Mapping[str, Any]) -> Any:
        """The answer to one batch of update."""
        return self.call("core_user_update_users", users=users)

    def by(self, field: str, *values: Any) -> Any:
        """The answer to one look-up by field."""
        return self.call("core_user_get_users_by_field", field=field, values=values)

    def search(self, **criteria: Any) -> Any:
        """The answer to one search by criteria."""
        return self.call("core_user_get_users", criteria=[{"key": k, "value": v} for k, v in criteria.items()])

    def read(self, user_id: int) -> dict[str, Any]:
        """One account as the look-up by id shows it."""
        (found,) = self.by("id", user_id)
        assert isinstance(found, dict)
        return found

    def clean_up(self) -> list[str]:
        """Delete the accounts that this client made, or suspend them and return their usernames."""
        left = list(self.made.items())
        self.made = {}
        names = []
        for at in range(0, len(left), _BATCH):
            batch = left[at : at + _BATCH]
            if self.call("core_user_delete_users", userids=[user_id for user_id, _ in batch]) is not None:
                self.update(*({"id": user_id, "suspended": 1} for user_id, _ in batch))
                names += [name for _, name in batch]
        return names

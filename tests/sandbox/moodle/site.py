"""The site: its users, its settings, its service user with a role and tokens, and what an administrator may do."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from tests.sandbox.moodle.settings import FOUR_FUNCTIONS, MINIMUM_CAPABILITIES, ProfileField, Settings
from tests.sandbox.moodle.table import UserTable
from tests.sandbox.moodle.user import User

TOKEN = "0123456789abcdef0123456789abcdef"
"""The token that works unless another one was named."""


class MoodleSite:
    """A Moodle in memory. It starts with guest (id 1), admin (id 2) and the service user (id 3).

    Everything public may be changed while it is served: `settings`, `capabilities` (of the service user's role),
    `service_functions` (what its service offers), `tokens` (token -> the second it expires at, None = never) and
    `deadlocks` (so many of the coming create batches are rolled back, as two of them at once can be).
    `events` lists ("user_created" | "user_updated" | "user_deleted", id) in the order in which they were logged.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        token: str = TOKEN,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings or Settings()
        self.clock = clock
        self.capabilities = set(MINIMUM_CAPABILITIES)
        self.service_functions = set(FOUR_FUNCTIONS)
        self.tokens: dict[str, int | None] = {token: None}
        self.deadlocks = 0
        self.events: list[tuple[str, int]] = []
        self.table = UserTable()
        self.lock = threading.RLock()
        self.guest_id = self.add_user("guest", firstname="Guest user", lastname=" ", email="root@localhost")
        self.admin_id = self.add_user("admin", firstname="Admin", lastname="User", email="admin@example.com")
        self.service_id = self.add_user(
            "sync-service", firstname="Sync", lastname="Service", email="sync-service@example.com"
        )

    def add_user(self, username: str, **columns: Any) -> int:
        """Add an account past the web service's rules, with any columns of :class:`User`; gives its id."""
        with self.lock:
            now = self.now()
            times = {"timecreated": now, "timemodified": now}
            user = User(**{"id": self.table.take_id(), "username": username, **times, **columns})
            self.table.put(user)
            return user.id

    def change_user(self, user_id: int, **columns: Any) -> None:
        """Set columns of an account past the web service's rules."""
        with self.lock:
            self.table.put(dataclasses.replace(self._existing(user_id), timemodified=self.now(), **columns))

    def delete_user(self, user_id: int) -> None:
        """Delete as Moodle does: the row stays, with its username and e-mail spoiled and its idnumber blank.

        Measured on Moodle 4.2.3: username becomes `<email>.<unixtime>`, e-mail an md5.
        """
        with self.lock:
            user = self._existing(user_id)
            moment = self.now()
            while self.table.matching("username", [f"{user.email.lower()}.{moment}"]):
                moment += 1
            digest = hashlib.md5(user.username.encode(), usedforsecurity=False).hexdigest()
            self.change_user(
                user_id,
                deleted=True,
                username=f"{user.email.lower()}.{moment}",
                email=digest,
                idnumber="",
            )
            self.events.append(("user_deleted", user_id))

    def delete_by_sql(self, user_id: int, *, keeps_context: bool = True) -> None:
        """Flag an account as deleted in the database: it keeps its username, e-mail address and idnumber.

        Measured on Moodle 4.5.6. Without its context, every look-up that finds it fails with `invaliduser`.
        """
        self.change_user(user_id, deleted=True, has_context=keeps_context)

    def matching(self, field: str, values: list[str]) -> list[User]:
        """The rows that the site's database finds, deleted ones included, in id order."""
        return self.table.matching(field, values, exact=self.settings.exact)

    def users(self, deleted: bool = False) -> list[dict[str, Any]]:
        """Every account as plain data, in id order; the deleted ones only if asked for."""
        with self.lock:
            return [dataclasses.asdict(user) for user in self.table if deleted or not user.deleted]

    def user(self, user_id: int) -> dict[str, Any]:
        """One account as plain data, deleted or not."""
        with self.lock:
            return dataclasses.asdict(self._existing(user_id))

    def user_named(self, username: str) -> dict[str, Any] | None:
        """The account with exactly this username as plain data, if there is one."""
        with self.lock:
            found = self.table.matching("username", [username])
            return next((dataclasses.asdict(user) for user in found if user.username == username), None)

    def expire(self, token: str) -> None:
        """Set the token's date in the past: the next call is refused and removes it."""
        self.tokens[token] = self.now() - 1

    def now(self) -> int:
        """The present second."""
        return int(self.clock())

    def save(self, path: Path) -> None:
        """Write the whole site to a JSON file."""
        with self.lock:
            path.write_text(json.dumps(self._plain(), ensure_ascii=False, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, path: Path, clock: Callable[[], float] = time.time) -> Self:
        """The site that was saved to this file."""
        plain = json.loads(path.read_text(encoding="utf-8"))
        fields = tuple(ProfileField(**_with_tuples(field)) for field in plain["settings"].pop("profile_fields"))
        site = cls(Settings(**_with_tuples(plain["settings"]), profile_fields=fields), clock=clock)
        site.capabilities = set(plain["capabilities"])
        site.service_functions = set(plain["service_functions"])
        site.tokens = plain["tokens"]
        site.events = [(name, user_id) for name, user_id in plain["events"]]
        site.table = UserTable()
        for user in plain["users"]:
            site.table.put(User(**user))
        site.table.next_id = plain["next_id"]
        return site

    def _plain(self) -> dict[str, Any]:
        return {
            "settings": dataclasses.asdict(self.settings),
            "capabilities": sorted(self.capabilities),
            "service_functions": sorted(self.service_functions),
            "tokens": self.tokens,
            "events": self.events,
            "next_id": self.table.next_id,
            "users": self.users(deleted=True),
        }

    def _existing(self, user_id: int) -> User:
        user = self.table.get(user_id)
        if user is None:
            raise KeyError(f"no user has the id {user_id}")
        return user


def _with_tuples(plain: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()}

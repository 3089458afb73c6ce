"""The user table with its indexes, so that look-ups stay quick with ten thousand users."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator

from tests.sandbox.moodle.user import User, folded

_INDEXED = ("username", "email", "idnumber")


class UserTable:
    """Rows by id; username, e-mail and idnumber are indexed as MariaDB's collation folds them."""

    def __init__(self) -> None:
        self._rows: dict[int, User] = {}
        self._ids: dict[str, dict[str, set[int]]] = {name: defaultdict(set) for name in _INDEXED}
        self.next_id = 1

    def __iter__(self) -> Iterator[User]:
        return (self._rows[user_id] for user_id in sorted(self._rows))

    def get(self, user_id: int) -> User | None:
        """The row with this id."""
        return self._rows.get(user_id)

    def take_id(self) -> int:
        """A new id. It stays used even if its row is rolled back."""
        taken = self.next_id
        self.next_id += 1
        return taken

    def put(self, user: User) -> None:
        """Insert the row, or replace the one with its id."""
        self.remove(user.id)
        self._rows[user.id] = user
        for name in _INDEXED:
            self._ids[name][folded(getattr(user, name))].add(user.id)
        self.next_id = max(self.next_id, user.id + 1)

    def remove(self, user_id: int) -> None:
        """Remove the row, if there is one."""
        old = self._rows.pop(user_id, None)
        if old is None:
            return
        for name in _INDEXED:
            key = folded(getattr(old, name))
            self._ids[name][key].discard(user_id)
            if not self._ids[name][key]:
                del self._ids[name][key]

    def matching(self, field: str, values: list[str], *, exact: bool = False) -> list[User]:
        """The rows whose `field` equals one of the values, in id order, each once."""
        if field == "id":
            found = {int(float(value)) for value in values} & self._rows.keys()
            return [self._rows[user_id] for user_id in sorted(found)]
        index = self._ids[field]
        found = set(itertools.chain.from_iterable(index.get(folded(value), ()) for value in values))
        rows = [self._rows[user_id] for user_id in sorted(found)]
        if not exact:
            return rows
        wanted = set(values)
        return [row for row in rows if getattr(row, field) in wanted]

"""The store on a laptop: one SQLite file with the same items. Expired items are deleted when it is opened."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from worker.errors import ConfigurationError, StateError
from worker.state.items import EXPIRY, KEY, Condition, Item

_BUSY_SECONDS = 10.0


class SqliteItems:
    """See :class:`worker.state.items.Items`. Each call has its own connection, so that any thread may call."""

    def __init__(self, path: str) -> None:
        self._path = path
        if not Path(path).absolute().parent.is_dir():
            raise ConfigurationError(
                [f"STATE_FILE {path}: its folder does not exist"], advice="create the folder, or name another"
            )
        with self._transaction() as database:
            database.execute("CREATE TABLE IF NOT EXISTS items (key TEXT PRIMARY KEY, body TEXT NOT NULL)")
            database.execute(
                "DELETE FROM items WHERE CASE WHEN json_valid(body) THEN json_extract(body, ?) < ? END",
                (f"$.{EXPIRY}", time.time()),
            )

    def get(self, key: str) -> Item | None:
        return self.get_all([key]).get(key)

    def get_all(self, keys: Sequence[str]) -> dict[str, Item]:
        with self._transaction() as database:
            found = {key: _read(database, key) for key in keys}
        return {key: item for key, item in found.items() if item is not None}

    def put(self, item: Item, when: Condition | None = None) -> bool:
        return self._write(item[KEY], item, {item[KEY]: when})

    def delete(self, key: str, when: Condition | None = None) -> bool:
        return self._write(key, None, {key: when})

    def put_all(self, items: Sequence[Item]) -> None:
        with self._transaction() as database:
            for item in items:
                _write(database, item)

    def scan(self, prefixes: Iterable[str]) -> list[Item]:
        begins = tuple(prefixes)
        with self._transaction() as database:
            rows = database.execute("SELECT key, body FROM items ORDER BY key")
            return [_item(key, body) for key, body in rows if key.startswith(begins)]

    def put_if(self, item: Item, when: Condition, other_key: str, other_when: Condition) -> bool:
        return self._write(item[KEY], item, {item[KEY]: when, other_key: other_when})

    def _write(self, key: str, item: Item | None, conditions: Mapping[str, Condition | None]) -> bool:
        """Write or delete an item if all conditions hold, each about the item under its key."""
        with self._transaction() as database:
            for about, when in conditions.items():
                if when is not None and not when.holds(_read(database, about)):
                    return False
            if item is None:
                database.execute("DELETE FROM items WHERE key = ?", (key,))
            else:
                _write(database, item)
            return True

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)) as database:
                database.execute("BEGIN IMMEDIATE")
                yield database
                database.execute("COMMIT")
        except sqlite3.Error as fault:
            raise StateError(
                f"STATE_FILE {self._path} could not be used ({type(fault).__name__})",
                advice="check that it is a state file of this program and can be written",
            ) from None


def _read(database: sqlite3.Connection, key: str) -> Item | None:
    row = database.execute("SELECT body FROM items WHERE key = ?", (key,)).fetchone()
    return None if row is None else _item(key, row[0])


def _item(key: str, body: str) -> Item:
    """Return an item. A body that is no object (changed by hand) has no attributes, as its reader will report."""
    try:
        item = json.loads(body)
    except (ValueError, RecursionError):
        return {KEY: key}
    return {**item, KEY: key} if isinstance(item, dict) else {KEY: key}


def _write(database: sqlite3.Connection, item: Item) -> None:
    database.execute("INSERT OR REPLACE INTO items VALUES (?, ?)", (item[KEY], json.dumps(item, sort_keys=True)))

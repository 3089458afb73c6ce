"""The interface of both stores: items under a text key, conditional writes, one transaction.

A store knows nothing of runs, locks or employees; everything above it is the same for DynamoDB and for a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

KEY = "StateId"
EXPIRY = "ExpiresAt"
"""The table's TTL attribute: when an item may be deleted, in seconds since 1970."""
Item = dict[str, Any]
"""Texts, whole numbers, booleans, None, lists and objects of these; the key is under :data:`KEY`."""


@dataclass(frozen=True)
class Condition:
    """The condition of a write: the item is absent, or has exactly these attributes."""

    absent: bool = False
    equals: Mapping[str, str | int] = field(default_factory=dict)

    def holds(self, item: Item | None) -> bool:
        """Return whether the condition holds for an item; None stands for no item."""
        if self.absent:
            return item is None
        return item is not None and all(item.get(name) == value for name, value in self.equals.items())


ABSENT = Condition(absent=True)


class Items(Protocol):
    """A store. Every method raises :class:`worker.errors.StateError` if the store cannot be reached."""

    def get(self, key: str) -> Item | None:
        """Read an item consistently; None if there is none."""

    def get_all(self, keys: Sequence[str]) -> dict[str, Item]:
        """Read many items consistently, each key once; return those that exist, by key."""

    def put(self, item: Item, when: Condition | None = None) -> bool:
        """Write an item; False if the condition does not hold."""

    def delete(self, key: str, when: Condition | None = None) -> bool:
        """Delete an item; False if the condition does not hold."""

    def put_all(self, items: Sequence[Item]) -> None:
        """Write many items, in no order, without a condition."""

    def scan(self, prefixes: Iterable[str]) -> list[Item]:
        """Read every item whose key begins with one of the prefixes, consistently."""

    def put_if(self, item: Item, when: Condition, other_key: str, other_when: Condition) -> bool:
        """Write an item if both its own and another item's condition hold, in one transaction."""

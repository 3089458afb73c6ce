"""The held changes of a run in the table: items `<id>#held#<run>#<n>`, numbered from 1."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

from worker.errors import StateError
from worker.model.held_change import VALID, HeldChange, HeldChanges
from worker.model.step import GuardClass
from worker.state.items import EXPIRY, KEY, Item, Items
from worker.transport.parallel import in_batches

_PORTION = 2_500
"""Changes in one item: some 80 bytes each, so that it stays under 300 KB."""
_RETENTION = VALID + timedelta(days=1)


def store_held(items: Items, state_id: str, held: HeldChanges) -> None:
    """Store the held changes of a run."""
    portions = in_batches(held.changes, _PORTION)
    of_run = {"items": len(portions), "at": held.at, "key_check": held.key_fingerprint, "resends": held.resends}
    stored: list[Item] = []
    for number, portion in enumerate(portions, 1):
        changes = [[one.employee_id, one.account_id, one.guard_class, one.digest] for one in portion]
        stored.append(
            {
                KEY: _key(state_id, held.run_id, number),
                **of_run,
                "changes": json.dumps(changes, separators=(",", ":")),
                EXPIRY: held.at + int(_RETENTION.total_seconds()),
            }
        )
    items.put_all(stored)


def read_held(items: Items, state_id: str, run_id: str) -> HeldChanges | None:
    """Return the held changes of a run; None if it held none, or they are no longer kept."""
    first = items.get(_key(state_id, run_id, 1))
    if first is None:
        return None
    try:
        keys = [_key(state_id, run_id, number) for number in range(2, int(first["items"]) + 1)]
        more = items.get_all(keys)
        changes = [change for item in (first, *(more[key] for key in keys)) for change in _changes(item)]
        resends = first.get("resends") is True
        return HeldChanges(run_id, int(first["at"]), str(first["key_check"]), changes, resends)
    except (KeyError, TypeError, ValueError, RecursionError):
        raise StateError(
            f"the held changes of the run {run_id} are malformed", advice="the next run makes a new list"
        ) from None


def _changes(item: Item) -> Iterator[HeldChange]:
    for employee, account, guard_class, digest in json.loads(item["changes"]):
        yield HeldChange(int(employee), int(account), GuardClass(guard_class) if guard_class else None, str(digest))


def _key(state_id: str, run_id: str, number: int) -> str:
    return f"{state_id}#held#{run_id}#{number:06}"

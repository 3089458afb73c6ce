"""The item that names the company and the site that a state belongs to."""

from __future__ import annotations

from worker.model.binding import Binding
from worker.state.items import KEY, Item


def binding_key(state_id: str) -> str:
    """The key of the item."""
    return f"{state_id}#binding"


def binding_item(state_id: str, binding: Binding) -> Item:
    """The item for a pair."""
    return {KEY: binding_key(state_id), "company": binding.company, "site": binding.site}


def read_binding(item: Item | None) -> Binding | None:
    """The pair that the item names. One that was changed by hand to name none belongs to no pair of a run."""
    return None if item is None else Binding(str(item.get("company", "")), str(item.get("site", "")))

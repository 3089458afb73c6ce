"""GET /api/v1/employees/changed: since, latest, order, and the shapes of an empty answer."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import OPENING, Bamboo

TOMORROW = "2026-11-21T00:00:00Z"


@pytest.fixture
def edited(bamboo: Bamboo) -> Bamboo:
    """Sam (2) was edited five minutes after all were hired."""
    bamboo.clock.advance(minutes=5)
    bamboo.company.edit("2", jobTitle="Lead")
    return bamboo


def test_the_answer_is_a_map_of_entries_by_id(edited: Bamboo) -> None:
    assert edited.changed() == {
        "latest": "2026-11-20T09:05:00+00:00",
        "employees": {
            "1": {"id": "1", "action": "Inserted", "lastChanged": "2026-11-20T09:00:00+00:00"},
            "2": {"id": "2", "action": "Updated", "lastChanged": "2026-11-20T09:05:00+00:00"},
            "3": {"id": "3", "action": "Inserted", "lastChanged": "2026-11-20T09:00:00+00:00"},
        },
    }


@pytest.mark.parametrize(
    ("since", "ids"),
    [
        (OPENING, {"1", "2", "3"}),
        ("2026-11-20T09:00:01Z", {"2"}),
        ("2026-11-20T09:00:01+00:00", {"2"}),
        ("2026-11-20T14:30:01+0530", {"2"}),
        ("2026-11-20T01:00:01-08:00", {"2"}),
        ("2026-11-20T09:05:00Z", {"2"}),
        ("2026-11-20T09:05:01Z", set()),
    ],
)
def test_since_is_inclusive_and_has_any_documented_zone(edited: Bamboo, since: str, ids: set[str]) -> None:
    assert set(edited.changed(since)["employees"]) == ids


@pytest.mark.parametrize(
    "since",
    [
        "",
        "yesterday",
        "2026-11-20",
        "2026-11-20T09:00:00",
        "2026-11-20 09:00:00Z",
        "2026-13-20T09:00:00Z",
        "2026-11-20T09:00:00 00:00",  # a raw plus sign arrives as a space
        "2026-11-20T09:00:00+2",
        "2026-11-20T09:00:00.500Z",
        "1763629200",
    ],
)
def test_another_since_is_refused(bamboo: Bamboo, since: str) -> None:
    answer = bamboo.get("employees/changed", since=since)
    assert (answer.status_code, answer.content) == (400, b"")
    assert "since" in answer.headers["X-BambooHR-Error-Message"]


def test_the_order_is_not_that_of_the_ids(bamboo: Bamboo) -> None:
    for _ in range(9):
        bamboo.company.hire()
    bamboo.clock.advance(minutes=5)
    bamboo.company.touch("3")
    assert list(bamboo.changed()["employees"])[:4] == ["3", "1", "10", "11"]


def test_latest_is_that_of_the_entries_and_not_of_the_clock_unless_it_is_set(edited: Bamboo) -> None:
    edited.clock.advance(days=1)
    assert edited.changed()["latest"] == "2026-11-20T09:05:00+00:00"
    edited.settings.changed_latest = "2031-01-01T00:00:00+00:00"
    assert edited.changed()["latest"] == "2031-01-01T00:00:00+00:00"


@pytest.mark.parametrize(("latest", "shown"), [("null", {"latest": None}), ("blank", {"latest": ""}), ("absent", {})])
def test_an_empty_feed_is_a_list_and_its_latest_has_several_shapes(bamboo: Bamboo, latest: Any, shown: Any) -> None:
    bamboo.settings.changed_empty_latest = latest
    assert bamboo.changed(TOMORROW) == {"employees": [], **shown}

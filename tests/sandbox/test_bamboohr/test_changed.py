"""GET /api/v1/employees/changed."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from .conftest import DAY_BEFORE, OPENING, Bamboo

TOMORROW = "2026-11-21T00:00:00Z"


def test_the_answer_is_a_map_of_entries_by_id(bamboo: Bamboo) -> None:
    bamboo.clock.advance(minutes=5)
    bamboo.company.edit("2", jobTitle="Lead")
    answer = bamboo.changed()
    assert answer["latest"] == "2026-11-20T09:05:00+00:00"
    assert answer["employees"]["2"] == {"id": "2", "action": "Updated", "lastChanged": "2026-11-20T09:05:00+00:00"}
    assert answer["employees"]["1"] == {"id": "1", "action": "Inserted", "lastChanged": "2026-11-20T09:00:00+00:00"}
    assert set(answer["employees"]) == {"1", "2", "3"}


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
def test_since_is_inclusive_and_has_any_documented_zone(bamboo: Bamboo, since: str, ids: set[str]) -> None:
    bamboo.clock.advance(minutes=5)
    bamboo.company.edit("2", jobTitle="Lead")
    assert set(bamboo.changed(since)["employees"]) == ids


def test_the_order_is_not_that_of_the_ids(bamboo: Bamboo) -> None:
    for _ in range(9):
        bamboo.company.hire()
    bamboo.clock.advance(minutes=5)
    bamboo.company.touch("3")
    assert list(bamboo.changed()["employees"])[:4] == ["3", "1", "10", "11"]


@pytest.mark.parametrize(
    "query",
    [
        {},
        *(
            {"since": since}
            for since in (
                "",
                "yesterday",
                "2026-11-20",
                "2026-11-20T09:00:00",
                "2026-11-20 09:00:00Z",
                "2026-13-20T09:00:00Z",
                "2026-11-20T09:00:00 00:00",
                "2026-11-20T09:00:00+2",
                "2026-11-20T09:00:00.500Z",
                "1763629200",
            )
        ),
        *({"since": DAY_BEFORE, "type": kind} for kind in ("Updated", "changed", "")),
    ],
)
def test_another_since_or_type_is_refused(bamboo: Bamboo, query: dict[str, str]) -> None:
    answer = bamboo.get("employees/changed", **query)
    assert (answer.status_code, answer.content) == (400, b"")
    assert ("since" in answer.headers["X-BambooHR-Error-Message"]) == ("type" not in query)


def test_a_raw_plus_arrives_as_a_space_and_is_refused(bamboo: Bamboo) -> None:
    url = f"{bamboo.url}/api/v1/employees/changed?since=2026-11-20T09:00:00"
    bamboo.session.auth = (bamboo.app.api_key, "x")
    assert bamboo.session.get(url + "+00:00", timeout=30).status_code == 400
    assert bamboo.session.get(url + "%2B00:00", timeout=30).status_code == 200


@pytest.mark.parametrize(
    ("kind", "actions"),
    [
        ("inserted", {"1": "Inserted"}),
        ("updated", {"2": "Updated"}),
        ("deleted", {"3": "Deleted"}),
        ("all", {"1": "Inserted", "2": "Updated", "3": "Deleted"}),
    ],
)
def test_a_leaver_is_updated_and_only_an_erased_record_is_deleted(
    bamboo: Bamboo, kind: str, actions: dict[str, str]
) -> None:
    bamboo.company.terminate("2")
    bamboo.company.delete("3")
    assert {id: entry["action"] for id, entry in bamboo.changed(type=kind)["employees"].items()} == actions


def test_latest_is_that_of_the_entries_and_not_of_the_clock(bamboo: Bamboo) -> None:
    bamboo.company.delete("3")
    bamboo.clock.advance(minutes=5)
    bamboo.company.touch("1")
    bamboo.clock.advance(days=1)
    assert bamboo.changed(type="deleted")["latest"] == "2026-11-20T09:00:00+00:00"
    assert bamboo.changed()["latest"] == "2026-11-20T09:05:00+00:00"


def test_the_feed_can_call_an_employee_deleted_who_is_still_there(bamboo: Bamboo) -> None:
    bamboo.company.touch("2", "Deleted")
    assert bamboo.changed()["employees"]["2"]["action"] == "Deleted"
    assert "2" in bamboo.shown()


def test_the_action_of_a_new_record_that_was_edited_is_a_switch(bamboo: Bamboo) -> None:
    bamboo.clock.advance(minutes=5)
    bamboo.company.edit("2", jobTitle="Lead")
    assert bamboo.changed(OPENING)["employees"]["2"]["action"] == "Updated"
    bamboo.settings.changed_inserted_wins = True
    assert bamboo.changed(OPENING)["employees"]["2"]["action"] == "Inserted"
    assert bamboo.changed("2026-11-20T09:01:00Z")["employees"]["2"]["action"] == "Updated"


@pytest.mark.parametrize(
    ("employees", "latest", "body"),
    [
        ("list", "null", {"employees": [], "latest": None}),
        ("object", "blank", {"employees": {}, "latest": ""}),
        ("null", "absent", {"employees": None}),
    ],
)
def test_an_empty_feed_has_several_shapes(bamboo: Bamboo, employees: Any, latest: Any, body: Any) -> None:
    bamboo.settings.changed_empty = employees
    bamboo.settings.changed_empty_latest = latest
    assert bamboo.changed(TOMORROW) == body


@pytest.mark.parametrize(("style", "text"), [("millis", "2026-11-20T09:00:00.000Z"), ("zulu", "2026-11-20T09:00:00Z")])
def test_times_have_other_notations(bamboo: Bamboo, style: Any, text: str) -> None:
    bamboo.settings.changed_times = style
    bamboo.settings.changed_fractions = True
    answer = bamboo.changed("2026-11-20T08:59:59.500Z")
    assert answer["latest"] == answer["employees"]["1"]["lastChanged"] == text


def test_the_map_can_be_a_list_and_latest_anything(bamboo: Bamboo) -> None:
    bamboo.settings.changed_as_list = True
    bamboo.settings.changed_latest = "2031-01-01T00:00:00+00:00"
    answer = bamboo.changed()
    assert [entry["id"] for entry in answer["employees"]] == ["1", "2", "3"]
    assert answer["latest"] == "2031-01-01T00:00:00+00:00"


def test_an_entry_for_the_id_zero_can_be_there(bamboo: Bamboo) -> None:
    bamboo.settings.changed_zero_entry = True
    assert bamboo.changed()["employees"]["0"]["action"] == "Deleted"
    assert set(bamboo.changed(TOMORROW)["employees"]) == {"0"}
    assert bamboo.changed()["latest"] == "2026-11-20T09:00:00+00:00"


def test_employees_that_the_key_may_not_view_are_in_the_feed_unless_switched_off(bamboo: Bamboo) -> None:
    bamboo.settings.invisible = frozenset({"2"})
    assert set(bamboo.changed()["employees"]) == {"1", "2", "3"}
    bamboo.settings.changed_shows_invisible = False
    assert set(bamboo.changed()["employees"]) == {"1", "3"}


def test_it_is_xml_unless_json_is_asked_for(bamboo: Bamboo) -> None:
    answer = bamboo.get("employees/changed", since=DAY_BEFORE, accept="*/*")
    assert answer.headers["Content-Type"].startswith("application/xml")
    root = ElementTree.fromstring(answer.content)
    assert root.get("latest") == "2026-11-20T09:00:00+00:00"
    assert [row.attrib for row in root if row.get("id") == "2"] == [
        {"id": "2", "action": "Inserted", "lastChanged": "2026-11-20T09:00:00+00:00"}
    ]

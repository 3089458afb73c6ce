"""GET /api/v1/employees/changed."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from .conftest import DAY_BEFORE, OPENING, Bamboo


def test_the_answer_is_a_map_of_entries_by_id(bamboo: Bamboo) -> None:
    bamboo.clock.advance(minutes=5)
    bamboo.company.edit("2", jobTitle="Lead")
    answer = bamboo.changed()
    assert answer["latest"] == "2026-11-20T09:05:00+00:00"
    assert answer["employees"]["2"] == {"id": "2", "action": "Updated", "lastChanged": "2026-11-20T09:05:00+00:00"}
    assert answer["employees"]["1"] == {"id": "1", "action": "Inserted", "lastChanged": "2026-11-20T09:00:00+00:00"}
    assert set(answer["employees"]) == {"1", "2", "3"}


def test_since_is_inclusive(bamboo: Bamboo) -> None:
    bamboo.clock.advance(minutes=5)
    bamboo.company.edit("2", jobTitle="Lead")
    assert set(bamboo.changed(OPENING)["employees"]) == {"1", "2", "3"}
    assert set(bamboo.changed("2026-11-20T09:00:01Z")["employees"]) == {"2"}
    assert set(bamboo.changed("2026-11-20T09:05:00Z")["employees"]) == {"2"}
    assert bamboo.changed("2026-11-20T09:05:01Z")["employees"] == []


def test_the_order_is_not_that_of_the_ids(bamboo: Bamboo) -> None:
    for _ in range(9):
        bamboo.company.hire()
    bamboo.clock.advance(minutes=5)
    bamboo.company.touch("3")
    assert list(bamboo.changed()["employees"])[:4] == ["3", "1", "10", "11"]


@pytest.mark.parametrize(
    "since",
    ["2026-11-20T09:00:01Z", "2026-11-20T09:00:01+00:00", "2026-11-20T14:30:01+0530", "2026-11-20T01:00:01-08:00"],
)
def test_every_documented_notation_of_a_zone_is_taken(bamboo: Bamboo, since: str) -> None:
    assert bamboo.changed(since)["employees"] == []


@pytest.mark.parametrize(
    "since",
    [
        "",
        "yesterday",
        "2026-11-20",
        "2026-11-20T09:00:00",
        "2026-11-20 09:00:00Z",
        "2026-13-20T09:00:00Z",
        "2026-11-20T09:00:00 00:00",
        "2026-11-20T09:00:00+2",
        "1763629200",
    ],
)
def test_anything_else_is_refused(bamboo: Bamboo, since: str) -> None:
    answer = bamboo.get("employees/changed", since=since)
    assert answer.status_code == 400
    assert answer.content == b""
    assert "since" in answer.headers["X-BambooHR-Error-Message"]


def test_since_is_required(bamboo: Bamboo) -> None:
    assert bamboo.get("employees/changed").status_code == 400


def test_a_raw_plus_arrives_as_a_space_and_is_refused(bamboo: Bamboo) -> None:
    url = f"{bamboo.url}/api/v1/employees/changed?since=2026-11-20T09:00:00"
    bamboo.session.auth = (bamboo.app.api_key, "x")
    assert bamboo.session.get(url + "+00:00", timeout=30).status_code == 400
    assert bamboo.session.get(url + "%2B00:00", timeout=30).status_code == 200


def test_a_fraction_of_a_second_is_refused_unless_switched_on(bamboo: Bamboo) -> None:
    since = "2026-11-20T09:00:00.500Z"
    assert bamboo.get("employees/changed", since=since).status_code == 400
    bamboo.settings.changed_fractions = True
    assert bamboo.changed(since)["employees"] == []


@pytest.mark.parametrize(
    ("kind", "ids"), [("inserted", {"1"}), ("updated", {"2"}), ("deleted", {"3"}), ("all", {"1", "2", "3"})]
)
def test_type_narrows_to_one_action(bamboo: Bamboo, kind: str, ids: set[str]) -> None:
    bamboo.company.terminate("2")
    bamboo.company.delete("3")
    assert set(bamboo.changed(type=kind)["employees"]) == ids


@pytest.mark.parametrize("kind", ["Updated", "changed", ""])
def test_another_type_is_refused(bamboo: Bamboo, kind: str) -> None:
    assert bamboo.get("employees/changed", since=DAY_BEFORE, type=kind).status_code == 400


def test_latest_is_that_of_the_entries_and_not_of_the_clock(bamboo: Bamboo) -> None:
    bamboo.company.delete("3")
    bamboo.clock.advance(minutes=5)
    bamboo.company.touch("1")
    bamboo.clock.advance(days=1)
    assert bamboo.changed(type="deleted")["latest"] == "2026-11-20T09:00:00+00:00"
    assert bamboo.changed()["latest"] == "2026-11-20T09:05:00+00:00"


def test_somebody_who_left_is_updated_and_only_an_erased_record_is_deleted(bamboo: Bamboo) -> None:
    bamboo.company.terminate("2")
    bamboo.company.delete("3")
    actions = {id: entry["action"] for id, entry in bamboo.changed()["employees"].items()}
    assert actions == {"1": "Inserted", "2": "Updated", "3": "Deleted"}


def test_a_feed_can_say_deleted_of_somebody_who_is_still_there(bamboo: Bamboo) -> None:
    bamboo.company.touch("2", "Deleted")
    assert bamboo.changed()["employees"]["2"]["action"] == "Deleted"
    assert "2" in bamboo.shown()


def test_which_action_wins_for_a_new_record_that_was_edited_can_be_switched(bamboo: Bamboo) -> None:
    bamboo.clock.advance(minutes=5)
    bamboo.company.edit("2", jobTitle="Lead")
    assert bamboo.changed(OPENING)["employees"]["2"]["action"] == "Updated"
    bamboo.settings.changed_inserted_wins = True
    assert bamboo.changed(OPENING)["employees"]["2"]["action"] == "Inserted"
    assert bamboo.changed("2026-11-20T09:01:00Z")["employees"]["2"]["action"] == "Updated"


def test_nobody_changed_is_an_empty_list_and_no_latest(bamboo: Bamboo) -> None:
    assert bamboo.changed("2026-11-21T00:00:00Z") == {"employees": [], "latest": None}


def test_nobody_changed_has_other_shapes(bamboo: Bamboo) -> None:
    bamboo.settings.changed_empty = "object"
    bamboo.settings.changed_empty_latest = "blank"
    assert bamboo.changed("2026-11-21T00:00:00Z") == {"employees": {}, "latest": ""}
    bamboo.settings.changed_empty = "null"
    bamboo.settings.changed_empty_latest = "absent"
    assert bamboo.changed("2026-11-21T00:00:00Z") == {"employees": None}


def test_times_have_other_notations(bamboo: Bamboo) -> None:
    bamboo.settings.changed_times = "millis"
    answer = bamboo.changed()
    assert answer["latest"] == answer["employees"]["1"]["lastChanged"] == "2026-11-20T09:00:00.000Z"
    bamboo.settings.changed_times = "zulu"
    assert bamboo.changed()["latest"] == "2026-11-20T09:00:00Z"


def test_the_map_can_be_a_list(bamboo: Bamboo) -> None:
    bamboo.settings.changed_as_list = True
    entries = bamboo.changed()["employees"]
    assert [entry["id"] for entry in entries] == ["1", "2", "3"]
    assert entries[0] == {"id": "1", "action": "Inserted", "lastChanged": "2026-11-20T09:00:00+00:00"}


def test_an_entry_for_the_id_zero_can_be_there(bamboo: Bamboo) -> None:
    bamboo.settings.changed_zero_entry = True
    assert bamboo.changed()["employees"]["0"]["action"] == "Deleted"
    assert set(bamboo.changed("2026-11-21T00:00:00Z")["employees"]) == {"0"}
    assert bamboo.changed()["latest"] == "2026-11-20T09:00:00+00:00"


def test_latest_can_be_anything(bamboo: Bamboo) -> None:
    bamboo.settings.changed_latest = "2031-01-01T00:00:00+00:00"
    assert bamboo.changed()["latest"] == "2031-01-01T00:00:00+00:00"


def test_whom_the_key_may_not_see_is_in_the_feed_unless_switched_off(bamboo: Bamboo) -> None:
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

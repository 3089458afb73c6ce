"""BambooHR: the changed feed, the directory, and what a refusal means."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses

from tests.sandbox.wire import Response
from tests.worker.clients import (
    BAMBOO,
    CHANGED,
    DIRECTORY,
    NEEDED,
    SINCE,
    Patient,
    Script,
    bamboo_client,
    noted_deadlines,
    transport_to,
)
from worker.bamboohr.client import DIRECTORY_SECONDS, BambooHRClient
from worker.bamboohr.rest_api import json_object
from worker.errors import SourceError
from worker.model.employee import Change
from worker.timestamps import iso

pytestmark = pytest.mark.usefixtures("mocked")


def feed_of(employees: object, **more: object) -> dict[str, object]:
    return {"latest": "2026-11-22T01:02:03+00:00", "employees": employees, **more}


def entry(number: object, action: str = "Updated") -> dict[str, object]:
    return {"id": number, "action": action, "lastChanged": "2026-11-22T01:02:03+00:00"}


def sent(number: int = -1) -> Any:
    return responses.calls[number].request


# The changed feed


ACTIONS = {"3": "Inserted", "4": "Updated", "5": "Deleted", "6": "deleted", "7": "Something"}


@pytest.mark.parametrize(
    ("employees", "changes"),
    [
        ([], []),
        ({}, []),
        (None, []),
        (
            {number: entry(number) for number in ("10", "9", "100", "2")},
            [Change(2), Change(9), Change(10), Change(100)],
        ),
        (
            {number: entry(number, action) for number, action in ACTIONS.items()},
            [Change(3), Change(4), Change(5, deleted=True), Change(6), Change(7)],
        ),
        ([entry("2", "Deleted"), entry("1")], [Change(1), Change(2, deleted=True)]),
        ({"8": {"action": "Updated"}}, [Change(8)]),
    ],
    ids=["no list", "no map", "nobody", "ordered by number", "actions", "a list of entries", "an entry without an id"],
)
def test_the_changed_employees_are_read(bamboo: BambooHRClient, employees: object, changes: list[Change]) -> None:
    responses.get(CHANGED, json=feed_of(employees))

    assert [*bamboo.changed_employees(SINCE).changes] == changes


@pytest.mark.parametrize(
    ("actions", "deleted"), [(["Updated", "Deleted"], False), (["Deleted", "Updated"], False), (["Deleted"] * 2, True)]
)
def test_two_entries_of_one_employee_are_one_of_the_later_time(
    bamboo: BambooHRClient, actions: list[str], deleted: bool
) -> None:
    times = ("2026-11-22T01:02:03Z", "2026-11-21T01:02:03Z")
    entries = [{**entry("5", action), "lastChanged": time} for action, time in zip(actions, times, strict=True)]
    responses.get(CHANGED, json=feed_of([*entries, {"id": "5", "action": actions[0]}]))
    responses.get(CHANGED, json=feed_of([{"id": "5", "action": "Updated"}] * 2))

    (change,) = bamboo.changed_employees(SINCE).changes
    assert (change.deleted, change.at) == (deleted, datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC))
    assert [change.at for change in bamboo.changed_employees(SINCE).changes] == [None]


@pytest.mark.parametrize("own", [{"id": None}, {"id": 3.0}, {"id": "x"}, {"id": 0}, {"id": []}, None, [], "Updated", 7])
def test_an_entry_that_does_not_say_whom_it_is_about_has_its_key(bamboo: BambooHRClient, own: object) -> None:
    responses.get(CHANGED, json=feed_of({"3": own, "5": entry("5")}))

    feed = bamboo.changed_employees(SINCE)

    assert (feed.changes, feed.dropped) == ((Change(3), Change(5)), 0)


_NO_ID: list[tuple[object, int]] = [
    *[({"id": "-3"}, 1), ({"id": ""}, 1), ({"id": "x"}, 1), ({"id": "1.0"}, 1), ({"id": None}, 1), ({"id": []}, 1)],
    *[(None, 1), ([], 1), ("1", 1), (7, 1)],
    *[({"id": "0", "action": "Deleted"}, 0), ({"id": 0, "action": "Deleted"}, 0)],
]


@pytest.mark.parametrize(("one", "dropped"), _NO_ID)
def test_an_entry_of_no_employee_is_dropped_and_counted_if_it_may_be_a_change(
    bamboo: BambooHRClient, one: object, dropped: int
) -> None:
    responses.get(CHANGED, json=feed_of([one, entry("5")]))

    feed = bamboo.changed_employees(SINCE)

    assert (feed.changes, feed.dropped) == ((Change(5),), dropped)


def test_what_is_asked_for_again_is_logged_under_its_system(
    bamboo: BambooHRClient, logged: list[dict[str, Any]]
) -> None:
    responses.get(CHANGED, status=502)
    responses.get(CHANGED, json=feed_of([]))
    responses.get(DIRECTORY, status=502)
    responses.get(DIRECTORY, status=404)

    bamboo.changed_employees(SINCE)
    assert not bamboo.directory([], NEEDED).available

    assert [(line["event"], line["system"]) for line in logged] == [("http.retry", "bamboohr")] * 2


def test_an_answer_that_was_cut_is_read_again(bamboo: BambooHRClient) -> None:
    whole = json.dumps(feed_of([entry("5")]))
    responses.get(CHANGED, body=whole[:-9])
    responses.get(CHANGED, body=whole)

    assert bamboo.changed_employees(SINCE).changes == (Change(5),)


def test_how_many_were_dropped_is_logged(bamboo: BambooHRClient, logged: list[dict[str, Any]]) -> None:
    responses.get(CHANGED, json=feed_of([entry("x"), entry("y"), entry("5")]))

    assert bamboo.changed_employees(SINCE).dropped == 2

    told = {"event": "bamboohr.dropped_ids", "count": 2, "reason": "not a positive integer"}
    assert logged == [{"level": "WARNING", **told}]


def test_the_time_of_a_change_is_known_where_the_feed_has_it(bamboo: BambooHRClient) -> None:
    responses.get(
        CHANGED, json=feed_of([{**entry("5"), "lastChanged": "2026-11-22T01:02:03Z"}, {"id": "6", "action": "Updated"}])
    )

    assert [change.at for change in bamboo.changed_employees(SINCE).changes] == [
        datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC),
        None,
    ]


@pytest.mark.parametrize(
    ("latest", "moment"),
    [
        ({"latest": "2026-11-22T01:02:03+00:00"}, datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)),
        ({"latest": "2026-11-22T01:02:03Z"}, datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)),
        ({"latest": "2026-11-22T01:02:03.999Z"}, datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)),
        ({"latest": "2026-11-22T01:02:03-0700"}, datetime(2026, 11, 22, 8, 2, 3, tzinfo=UTC)),
        ({"latest": "2026-11-22T01:02:03"}, None),
        ({"latest": ""}, None),
        ({"latest": None}, None),
        ({"latest": 1790000000}, None),
        ({"latest": "yesterday, perhaps at noon"}, None),
        ({}, None),
    ],
)
def test_latest_is_a_moment_with_a_zone_or_unknown(
    bamboo: BambooHRClient, latest: dict[str, object], moment: datetime | None
) -> None:
    responses.get(CHANGED, json={"employees": [], **latest})

    assert bamboo.changed_employees(SINCE).latest == moment


@pytest.mark.parametrize(
    ("latest", "is_unreadable"),
    [
        (iso(SINCE), False),
        (iso(SINCE - timedelta(seconds=1)), True),
        ("2026-11-22T01:02:03", True),
        ("2026-11-22T24:00:60Z", True),
        ("", True),
        (None, True),
    ],
)
def test_a_latest_of_changed_employees_is_readable_if_it_may_be_theirs(
    bamboo: BambooHRClient, latest: str | None, is_unreadable: bool
) -> None:
    responses.get(CHANGED, json={"employees": [entry("3")], "latest": latest})

    feed = bamboo.changed_employees(SINCE.replace(microsecond=999_999))

    assert (feed.latest_is_unreadable, feed.latest is None) == (is_unreadable, is_unreadable)


def test_since_is_sent_in_utc_with_whole_seconds_and_no_plus_sign(bamboo: BambooHRClient) -> None:
    responses.get(CHANGED, json=feed_of([]))

    bamboo.changed_employees(datetime(2026, 11, 21, 5, 0, 1, 999_999, tzinfo=timezone(timedelta(hours=2))))

    assert dict(parse_qsl(urlsplit(sent().url).query)) == {"since": "2026-11-21T03:00:01Z"}


def test_every_request_asks_for_json_and_carries_the_key_from_the_start(bamboo: BambooHRClient) -> None:
    responses.get(CHANGED, json=feed_of([]))
    responses.get(DIRECTORY, json={"fields": [], "employees": []})
    responses.get(f"{BAMBOO}/employees", json={"data": []})

    bamboo.changed_employees(SINCE)
    bamboo.directory({1}, NEEDED)
    bamboo.list_batch([1], NEEDED)

    assert {call.request.headers["Accept"] for call in responses.calls} == {"application/json"}
    assert all(call.request.headers["Authorization"].startswith("Basic ") for call in responses.calls)
    assert not any("Content-Type" in call.request.headers for call in responses.calls)
    assert len(responses.calls) == 3


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"latest":"2026-11-22T01:02:03Z"}',
        '{"employees":"none"}',
        '{"employees":7}',
        '{"employees":[],"error":{"code":"Down"}}',
        '{"employees":null,"errors":["down"]}',
        '{"error":{"code":429,"message":"Over rate limit"}}',
    ],
)
def test_an_answer_of_another_form_is_not_trusted(bamboo: BambooHRClient, body: str) -> None:
    responses.get(CHANGED, body=body)

    with pytest.raises(SourceError, match="is not the documented JSON") as raised:
        bamboo.changed_employees(SINCE)

    assert raised.value.advice.startswith("a proxy on the way cut the answer or put a web page in its place, or BAMBOO")


def test_an_answer_in_several_parts_is_one_document() -> None:
    assert json_object(iter([b'{"lat', b'est": "x"', b"}"])) == {"latest": "x"}


# The directory


def directory_answer(*rows: dict[str, object]) -> dict[str, object]:
    return {"fields": [{"id": "firstName"}, {"id": "workEmail"}], "employees": rows}


def test_the_directory_is_read_for_those_who_are_wanted(bamboo: BambooHRClient) -> None:
    responses.get(DIRECTORY, json=directory_answer({"id": "1", "firstName": "Jo"}, {"id": "2", "firstName": "Al"}))

    directory = bamboo.directory({2}, NEEDED)

    assert (directory.available, directory.row_count) == (True, 2)
    assert directory.facts_of(2) == {"first_name": "Al", "work_email": ""}


def test_each_row_of_the_directory_can_be_observed(bamboo: BambooHRClient) -> None:
    responses.get(DIRECTORY, json=directory_answer({"id": "1", "firstName": "Jo"}, {"id": "2", "firstName": "Al"}))
    observed: list[str] = []

    bamboo.directory({2}, NEEDED, lambda facts: observed.append(facts["first_name"]))

    assert observed == ["Jo", "Al"]


@pytest.mark.parametrize("status", [403, 404])
def test_a_directory_that_is_switched_off_or_empty_is_no_fault(
    bamboo: BambooHRClient, patient: Patient, status: int
) -> None:
    responses.get(DIRECTORY, status=status, body="<html>")

    directory = bamboo.directory({1}, NEEDED)

    assert (directory.available, directory.row_count, directory.facts_of(1)) == (False, 0, None)
    assert (len(responses.calls), patient.waits) == (1, [])


def test_an_empty_directory_is_treated_as_a_refused_one(bamboo: BambooHRClient) -> None:
    responses.get(DIRECTORY, json=directory_answer())

    assert bamboo.directory({1}, NEEDED).available is False


@pytest.mark.parametrize(
    "body", ["", "<!DOCTYPE html>", "{}", "[]", '{"employees":{}}', '{"fields":[],"employees":[{"id":"1"}', '"text"']
)
def test_a_directory_that_is_no_whole_answer_ends_the_run(bamboo: BambooHRClient, body: str) -> None:
    responses.get(DIRECTORY, body=body)

    with pytest.raises(SourceError, match="the directory"):
        bamboo.directory({1}, NEEDED)


def test_a_directory_that_is_not_there_for_a_moment_is_read_again(bamboo: BambooHRClient, patient: Patient) -> None:
    responses.get(DIRECTORY, status=503, headers={"Retry-After": "11"})
    responses.get(DIRECTORY, json=directory_answer({"id": "1"}))

    assert bamboo.directory({1}, NEEDED).row_count == 1
    assert patient.waits == [11]


def test_a_directory_that_is_cut_is_read_again_and_no_row_counts_twice() -> None:
    whole = Response.of(directory_answer({"id": "1", "firstName": "Jo"}, {"id": "2", "firstName": "Al"}))
    cut = Response(200, whole.body, fate="truncate")
    transport = transport_to(Script(cut, whole), system="bamboohr")

    assert bamboo_client(transport).directory({1}, NEEDED).row_count == 2


def test_the_directory_may_take_longer_than_other_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = transport_to(Script(Response.of(directory_answer())), system="bamboohr")
    deadlines = noted_deadlines(transport, monkeypatch)

    bamboo_client(transport).directory({1}, NEEDED)

    assert deadlines == [DIRECTORY_SECONDS]

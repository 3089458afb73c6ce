"""What is remembered of people and of runs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from worker.model.history import EmployeeRecord, FollowUp, History, RunRecord
from worker.state.items import EXPIRY, KEY, Item, Items
from worker.state.store import Store

NOW = datetime(2026, 2, 1, 2, 0, 0, tzinfo=UTC)
WAITING = EmployeeRecord(7, FollowUp.WAITING, "no_evidence", "hold", deleted=True)
PARKED = EmployeeRecord(8, FollowUp.PARKED, "email_taken", "create", attempts=3)
SUSPENDED = EmployeeRecord(9, suspended_by_us=True, suspended_at=1_769_900_000)


def run_of(run_id: str, ended_at: int = 1, **more: Any) -> RunRecord:
    return RunRecord(
        **{
            "run_id": run_id,
            "ended_at": ended_at,
            "command": "sync",
            "scope": "all",
            "good": True,
            "clean": True,
            **more,
        }
    )


@pytest.fixture
def store(items: Items) -> Store:
    return Store(items, "a")


def test_a_state_without_a_past_remembers_nobody(store: Store) -> None:
    assert store.history() == History()


def test_what_is_remembered_of_people_is_read_back(store: Store) -> None:
    store.remember([WAITING, PARKED, SUSPENDED])

    assert store.history().records == {7: WAITING, 8: PARKED, 9: SUSPENDED}


def test_more_people_than_one_request_takes_are_remembered_and_forgotten(store: Store) -> None:
    store.remember(EmployeeRecord(number, FollowUp.WAITING) for number in range(1, 71))
    assert len(store.history().records) == 70

    store.forget(range(1, 70))

    assert list(store.history().records) == [70]


def test_nobody_at_all_may_be_remembered_and_forgotten(store: Store) -> None:
    store.remember([])
    store.forget([])

    assert store.history().records == {}


def test_a_person_is_remembered_once(store: Store) -> None:
    store.remember([WAITING])
    store.remember([EmployeeRecord(7, suspended_by_us=True)])

    assert store.history().records == {7: EmployeeRecord(7, suspended_by_us=True)}


def test_a_persons_item_holds_her_id_and_no_personal_value(items: Items, store: Store) -> None:
    store.remember([PARKED])

    assert items.get("a#person#8") == {
        KEY: "a#person#8",
        "reason": "parked",
        "note": "email_taken",
        "action": "create",
        "deleted": False,
        "attempts": 3,
        "suspended_by_us": False,
        "suspended_at": 0,
        "approved": False,
        "undone_at": 0,
        "seen": 0,
        "account": 0,
    }


def test_other_states_and_other_items_of_the_table_are_not_ours(items: Items, store: Store) -> None:
    Store(items, "b").remember([WAITING])
    Store(items, "ab").remember([WAITING])
    Store(items, "b").record(run_of("r1"), {}, NOW)
    for key in (
        "a",
        "a#lock",
        "a#journal#r1#1",
        "a#person#0",
        "a#person#007",
        "a#person#me",
        "a#person#",
        "a#parson#7",
        "a#person#7#1",
    ):
        items.put({KEY: key})

    assert store.history() == History()


def test_attributes_and_reasons_of_another_version_are_left_aside(items: Items, store: Store) -> None:
    items.put({KEY: "a#person#7", "reason": "waiting", "mood": "fine", "employee_id": "somebody else's"})
    items.put({KEY: "a#person#8", "reason": "seconded"})
    items.put({KEY: "a#person#9", "attempts": "many", "deleted": 1, "note": 7})

    assert store.history().records == {
        7: EmployeeRecord(7, FollowUp.WAITING),
        8: EmployeeRecord(8, FollowUp.WAITING),
        9: EmployeeRecord(9),
    }


def test_a_run_is_read_back_with_its_figures(store: Store) -> None:
    run = run_of(
        "20260201T020000Z-abc",
        1_769_911_200,
        good=False,
        scheduled_time="2026-02-01T02:00:00Z",
        rows=480,
        coverage={"work_email": 9_900},
        mapping="0123",
        reconcile_due=True,
        held=(7, 8),
        since="2026-01-31T02:00:00Z",
        reached="2026-02-01T01:00:00Z",
        dates_read={"hire_date": "2026-02-01"},
        outcome="errors",
    )

    store.record(run, {"outcome": "errors"}, NOW)

    assert store.history().runs == (run,)


def test_a_runs_item_holds_its_summary_and_expires_after_400_days(items: Items, store: Store) -> None:
    summary = {"created": 3, "duration_seconds": 1.25, "latest": None, "http_calls": {"moodle": 4}, "errors_ids": [7]}

    store.record(run_of("r1"), summary, NOW)

    item = items.get("a#run#r1")
    assert item is not None
    assert item["summary"] == {"created": 3, "latest": None, "http_calls": {"moodle": 4}, "errors_ids": [7]}
    assert item[EXPIRY] == int((NOW + timedelta(days=400)).timestamp())


def test_a_run_of_another_version_is_read_without_what_is_unknown(items: Items, store: Store) -> None:
    store.record(run_of("r1"), {}, NOW)
    item = items.get("a#run#r1")
    assert item is not None
    items.put({**item, "weather": "rain"})

    assert store.history().runs == (run_of("r1"),)


def test_the_runs_are_in_the_order_of_their_ends(store: Store) -> None:
    for run in (run_of("b", 3), run_of("c", 1), run_of("a", 2)):
        store.record(run, {}, NOW)

    assert [run.run_id for run in store.history().runs] == ["c", "a", "b"]


def history(*runs: RunRecord) -> History:
    return History(runs=runs)


def test_the_last_good_run_is_what_the_next_one_is_compared_with() -> None:
    good, better, bad = run_of("1"), run_of("2"), run_of("3", good=False)

    assert history(good, better, bad).last_good() == better
    assert history(bad).last_good() is None
    assert history().last_good() is None


def test_the_last_run_is_the_last_one_of_everybody_whatever_its_end() -> None:
    nightly, failed, single = run_of("1"), run_of("2", good=False), run_of("3", scope="employees")

    assert history(nightly, failed, single).last() == failed
    assert history(nightly, run_of("2", command="reconcile"), run_of("3", command="undo")).last() == run_of(
        "2", command="reconcile"
    )
    assert history(single).last() is None


def test_a_scheduled_moment_is_delivered_once_a_run_of_it_has_ended() -> None:
    past = history(run_of("1", scheduled_time="2026-02-01T02:00:00Z"), run_of("2"))

    assert past.delivered("2026-02-01T02:00:00Z")
    assert not past.delivered("2026-02-02T02:00:00Z")
    assert not past.delivered(""), "a run by hand is never a second delivery"


def test_the_suspensions_of_24_hours_are_counted_by_when_they_were_sent() -> None:
    moment = datetime.fromtimestamp(1_000, UTC)
    people = {
        number: EmployeeRecord(number, suspended_at=at) for number, at in enumerate((0, 999, 1_000, 1_001, 2_000))
    }

    assert History(people).suspended_since(moment) == 2
    assert History(people).suspended_since(moment, leaving_out=[3]) == 1


def test_a_suspension_that_an_operator_decided_on_does_not_count() -> None:
    people = {7: EmployeeRecord(7, suspended_at=2_000, approved=True), 8: EmployeeRecord(8, suspended_at=2_000)}

    assert History(people).suspended_since(datetime.fromtimestamp(1_000, UTC)) == 1


def test_a_run_is_found_by_its_id() -> None:
    first, second = run_of("1"), run_of("2")

    assert history(first, second).run("2") == second
    assert history(first, second).run("3") is None


BEFORE, LATER = "2026-01-30T02:00:00Z", "2026-02-02T02:00:00Z"


def test_each_kind_of_date_was_taken_up_to_the_latest_day_that_any_run_says() -> None:
    days = ["", "2026-02-03", "2026-02-01", "yesterday"]
    runs = [run_of(day, since=BEFORE, dates_read={"hire_date": day, "status_date": "2026-01-05"}) for day in days]

    read = history(*runs).dates_read(NOW)

    assert read == {"hire_date": date(2026, 2, 3), "status_date": date(2026, 1, 5)}
    assert history(run_of("1")).dates_read(NOW) == {}


def test_after_the_state_was_moved_back_dates_were_taken_up_to_there_and_no_further() -> None:
    quiet = run_of(
        "1", since=BEFORE, reached=BEFORE, dates_read={"hire_date": "2026-02-20", "status_date": "2026-01-05"}
    )
    moved = run_of("2", since=BEFORE, reached=LATER)

    assert history(quiet).dates_read(NOW)["hire_date"] == date(2026, 2, 20)
    assert history(quiet, moved).dates_read(NOW) == {"hire_date": date(2026, 2, 1), "status_date": date(2026, 1, 5)}


def test_a_state_that_stands_where_a_run_left_it_was_not_moved_back() -> None:
    left = run_of("1", since=BEFORE, reached="2026-02-01T02:00:00Z", dates_read={"hire_date": "2026-02-20"})

    assert history(left).dates_read(NOW) == {"hire_date": date(2026, 2, 20)}


def test_a_day_before_bamboohr_is_none() -> None:
    read = {"hire_date": "1970-01-01", "status_date": "1969-12-31"}

    assert history(run_of("1", dates_read=read)).dates_read(NOW) == {"hire_date": date(1970, 1, 1)}


@pytest.mark.parametrize(("stored", "read"), [(90, 90), (1, 1), (-1, 0), (2**53, 0)])
def test_an_account_is_remembered_by_an_id_that_moodle_can_have(store: Store, stored: int, read: int) -> None:
    store.remember([EmployeeRecord(7, suspended_by_us=True, account=stored)])

    assert store.history().records[7].account == read


@pytest.mark.parametrize(("stored", "read"), [(5, 5), (-1, 0), (10**15, 0)])
def test_when_a_run_ended_is_a_moment_or_not_known(store: Store, stored: int, read: int) -> None:
    store.record(run_of("r1", ended_at=stored), {}, NOW)

    assert store.history().runs[0].ended_at == read


def test_a_window_is_known_by_where_its_runs_began() -> None:
    past = history(run_of("1", ended_at=int(NOW.timestamp() * 1000), since=BEFORE))

    assert past.began(datetime(2026, 1, 30, 2, tzinfo=UTC), date(2026, 2, 2))
    assert not past.began(datetime(2026, 1, 30, 2, tzinfo=UTC), date(2026, 2, 1))
    assert not past.began(NOW, date(2026, 2, 2))
    at_midnight = history(run_of("1", ended_at=int(datetime(2026, 2, 1, tzinfo=UTC).timestamp() * 1000), since=BEFORE))
    assert not at_midnight.began(datetime(2026, 1, 30, 2, tzinfo=UTC), date(2026, 2, 1))


@pytest.mark.parametrize(
    ("action", "note", "is_to_start"),
    [
        ("hold", "starts_later", True),
        ("hold", "start_not_shown", True),
        ("create", "new", True),
        ("unchanged", "in_step", True),
        ("hold", "no_evidence", False),
        ("", "starts_later", True),
        ("", "", False),
    ],
)
def test_who_waits_for_her_first_day(action: str, note: str, is_to_start: bool) -> None:
    assert EmployeeRecord(7, FollowUp.WAITING, note, action).was_to_start is is_to_start
    assert not EmployeeRecord(7, FollowUp.PARKED, note, action).was_to_start


def test_those_who_are_remembered_for_one_reason() -> None:
    past = History({7: WAITING, 8: PARKED, 9: SUSPENDED})

    assert past.those(FollowUp.PARKED) == {8: PARKED}


def test_who_waits_or_is_parked_is_taken_along_and_who_was_undone_is_left_alone() -> None:
    assert WAITING.needs_follow_up
    assert PARKED.needs_follow_up
    assert not SUSPENDED.needs_follow_up
    assert not EmployeeRecord(7, FollowUp.UNDONE).needs_follow_up


@pytest.mark.parametrize(
    ("person", "kept"),
    [
        (EmployeeRecord(7), False),
        (EmployeeRecord(7, deleted=True), False),
        (EmployeeRecord(7, note="no_evidence", action="hold"), False),
        (EmployeeRecord(7, FollowUp.WAITING), True),
        (EmployeeRecord(7, FollowUp.UNDONE), True),
        (EmployeeRecord(7, attempts=1), True),
        (EmployeeRecord(7, suspended_by_us=True), True),
        (EmployeeRecord(7, suspended_at=int(NOW.timestamp()) - 86_399), True),
        (EmployeeRecord(7, suspended_at=int(NOW.timestamp()) - 86_400), False),
    ],
)
def test_somebody_is_kept_while_anything_of_it_can_matter(person: EmployeeRecord, kept: bool) -> None:
    assert person.worth_keeping(NOW) is kept


def test_a_state_of_thousands_is_read_whole(items: Items, store: Store) -> None:
    padded: list[Item] = [
        {KEY: f"a#person#{number}", "reason": "waiting", "padding": "x" * 2_000} for number in range(1, 1_201)
    ]
    items.put_all(padded)

    assert len(store.history().records) == 1_200

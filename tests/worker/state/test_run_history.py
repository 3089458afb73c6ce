"""The runs of a state: what later runs need of them, and each run's own item."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.worker.state.store_tools import LARGEST_ITEM, NOW, reread, run_of, size
from worker.errors import StateError
from worker.model.journal_entry import JournalEntry
from worker.model.step import Action
from worker.state.items import EXPIRY, KEY, Items
from worker.state.run_history import RunHistory
from worker.state.store import Store

FULL = run_of(
    "20260201T020000Z-abc",
    1_769_911_200_000,
    is_baseline=False,
    scheduled_time="2026-02-01T02:00:00Z",
    row_count=480,
    coverage={"work_email": 9_900},
    plan_digest="0123",
    reconcile_due=True,
    held_count=2,
    company_size=470,
    first_run_ended_at_ms=1_769_000_000_000,
    since="2026-01-31T02:00:00Z",
    next_since="2026-02-01T01:00:00Z",
    dates_read={"hire_date": "2026-02-01"},
    outcome="errors",
)


@pytest.mark.parametrize(
    ("count", "known"),
    [(0, 0), (100_000, 100_000), (100_001, None), (-1, None), ("2", None), (True, None), (None, None)],
)
def test_a_number_of_journal_items_that_cannot_be_meant_is_not_known(
    items: Items, count: object, known: int | None
) -> None:
    items.put({KEY: "a#run#run1", "journal_items": count})

    assert RunHistory(items, "a").journal_items("run1") == known


def test_a_run_is_read_back_alone_and_with_the_others(items: Items, store: Store) -> None:
    store.record(FULL, {"outcome": "errors"}, NOW)

    assert Store(items, "a").run(FULL.run_id) == FULL
    assert reread(items).runs == (FULL,)


def test_an_unknown_run_is_none(store: Store) -> None:
    assert store.run("another") is None


def test_what_matched_the_scope_belongs_to_its_run_alone_and_the_last_that_matched_is_kept(
    items: Items, store: Store
) -> None:
    matched = replace(FULL, scope_matched=("department=sales", "scope=0123"))
    later = [replace(FULL, run_id=f"run{number:02}", ended_at_ms=FULL.ended_at_ms + number) for number in range(1, 40)]
    for run in (matched, *later):
        store.record(run, {}, NOW + timedelta(days=30))

    history = reread(items)

    assert history.scope_matched() == matched.scope_matched
    assert [run.scope_matched for run in history.runs if run.run_id != matched.run_id] == [()] * (len(history.runs) - 1)
    assert len(history.runs) < 40


def test_the_keys_of_a_runs_item_are_those_of_earlier_versions(items: Items, store: Store) -> None:
    store.record(FULL, {"created": 3, "duration_seconds": 1.25, "http_calls": {"moodle": 4}, "latest": None}, NOW)

    assert items.get(f"a#run#{FULL.run_id}") == {
        KEY: f"a#run#{FULL.run_id}",
        "ended_at": 1_769_911_200_000,
        "command": "sync",
        "scope": "all",
        "good": False,
        "clean": True,
        "scheduled_time": "2026-02-01T02:00:00Z",
        "rows": 480,
        "coverage": {"work_email": 9_900},
        "mapping": "0123",
        "reconcile_due": True,
        "outcome": "errors",
        "held_count": 2,
        "company": 470,
        "began": 1_769_000_000_000,
        "since": "2026-01-31T02:00:00Z",
        "reached": "2026-02-01T01:00:00Z",
        "dates_read": {"hire_date": "2026-02-01"},
        "journal_items": 0,
        "summary": {"created": 3, "http_calls": {"moodle": 4}, "latest": None},
        EXPIRY: int((NOW + timedelta(days=400)).timestamp()),
    }


def test_a_run_has_the_number_of_its_journals_items(items: Items, store: Store) -> None:
    for number in (1, 2):
        store.journal.add("r1", [JournalEntry(number, Action.UPDATE, number, (), int(NOW.timestamp()))])
    store.record(run_of("r1"), {}, NOW)
    store.record(run_of("r2"), {}, NOW)

    assert {run.run_id: run.journal_items for run in reread(items).runs} == {"r1": 2, "r2": 0}


def test_a_run_that_is_recorded_twice_is_in_the_history_once(items: Items, store: Store) -> None:
    store.record(run_of("r1", 1), {}, NOW)
    store.record(run_of("r1", 2), {}, NOW)

    assert [run.ended_at_ms for run in reread(items).runs] == [2]


def test_the_record_of_another_run_stays(items: Items, store: Store) -> None:
    store.history()
    Store(items, "a").record(run_of("another"), {}, NOW)

    store.record(run_of("this"), {}, NOW)

    assert [run.run_id for run in reread(items).runs] == ["another", "this"]


def test_the_runs_are_in_the_order_of_their_ends(items: Items, store: Store) -> None:
    for run in (run_of("b", 3), run_of("c", 1), run_of("a", 2)):
        store.record(run, {}, NOW)

    assert [run.run_id for run in reread(items).runs] == ["c", "a", "b"]


def test_runs_that_differ_in_anything_are_read_back(items: Items, store: Store) -> None:
    runs = [
        run_of("1", 1, coverage={"work_email": 9_900}, row_count=5, since="x", dates_read={"hire_date": "2026-02-01"}),
        run_of("2", 2, coverage={"work_email": 9_900}, row_count=5, is_baseline=False, held_count=3),
        run_of("3", 3, successful=False, outcome="errors", reconcile_due=True),
        run_of("4", 4, coverage={"work_email": 9_900}, command="reconcile"),
    ]
    for run in runs:
        store.record(run, {}, NOW)

    assert list(reread(items).runs) == runs


def test_a_long_history_fits_into_an_item_and_keeps_what_is_needed(items: Items) -> None:
    end = int(NOW.timestamp() * 1000)
    baseline = run_of("baseline", end - 900_000_000_000, coverage={f"field{n}": n for n in range(30)})
    runs = [
        run_of(
            f"20260201T020000Z-{number:08}",
            end - 60_000 * (3_000 - number),
            is_baseline=False,
            coverage={f"field{n}": number + n for n in range(30)},
            held_count=number,
        )
        for number in range(3_000)
    ]
    history = RunHistory(items, "a")
    history.replace([baseline, *runs])

    history.flush(NOW)

    assert size(items.get(history.key) or {}) < LARGEST_ITEM
    found = reread(items)
    assert found.last_baseline() == baseline
    assert found.runs[1:] == tuple(runs[-len(found.runs) + 1 :])
    assert len(found.runs) > 1_440, "of runs every minute, those of the day that limits count are needed"


def test_an_unreleased_version_left_out_of_a_line_what_was_the_same_in_the_line_before(
    items: Items, store: Store
) -> None:
    lines = [
        '{"ended_at":1,"command":"sync","scope":"all","good":true,"clean":true,"scheduled_time":"","rows":0,'
        '"coverage":{"work_email":5},"mapping":"","reconcile_due":false,"outcome":"ok","held_count":0,"company":0,'
        '"began":0,"since":"","reached":"","dates_read":{},"journal_items":3,"scope_matched":["scope=1"],"id":"r1"}',
        '{"ended_at":2,"good":false,"scope_matched":[],"id":"r2"}',
    ]
    items.put({KEY: "a#history", "runs": "\n".join(lines)})
    r1 = run_of("r1", 1, coverage={"work_email": 5}, outcome="ok", journal_items=3, scope_matched=("scope=1",))
    r2 = replace(r1, run_id="r2", ended_at_ms=2, is_baseline=False, scope_matched=())

    assert reread(items).runs == (r1, r2)
    store.record(run_of("r3", 3), {}, NOW)
    assert reread(items).runs == (r1, r2, run_of("r3", 3))


@pytest.mark.parametrize(("stored", "read"), [(5, 5), (-1, 0), (10**14 - 1, 10**14 - 1), (10**14, 0)])
def test_when_a_run_ended_is_a_moment_or_not_known(items: Items, store: Store, stored: int, read: int) -> None:
    store.record(run_of("r1", ended_at_ms=stored), {}, NOW)

    assert reread(items).runs[0].ended_at_ms == read


@pytest.mark.parametrize("runs", ["{", "[]", "1", '{"id":"1"},{"id":"2"}', 7, None])
def test_a_malformed_history_ends_the_run_and_says_what_to_do(items: Items, store: Store, runs: object) -> None:
    items.put({KEY: "a#history", "runs": runs})

    with pytest.raises(StateError, match="the item a#history is malformed") as caught:
        store.history()
    assert "delete it" in caught.value.advice


def test_a_history_that_was_deleted_is_made_again_from_the_runs_items(items: Items, store: Store) -> None:
    store.record(run_of("r1", coverage={"work_email": 5}), {}, NOW)
    items.delete("a#history")

    again = Store(items, "a", NOW.timestamp)
    assert again.history().last_baseline() == run_of("r1", coverage={"work_email": 5})
    again.record(run_of("r2", 2), {}, NOW)

    assert [run.run_id for run in reread(items).runs] == ["r1", "r2"]

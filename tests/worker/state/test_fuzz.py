"""Any content of the table or of a secret is a value or a named end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.simulation import MemoryItems, Process
from tests.worker.clients import Secret, end_of, fuzz, texts
from tests.worker.fuzzing import SAID, anything, bodies, nearly
from worker.config.credentials import read_credential
from worker.config.settings import Credential
from worker.model.history import RunRecord
from worker.planning.baseline import DirectoryStats, fields_lost
from worker.state.items import EXPIRY, KEY, Item
from worker.state.store import Store

NOW = datetime(2026, 11, 20, tzinfo=UTC)
LATER = int(NOW.timestamp()) + 1_000_000
MOMENT = "2026-11-19T00:00:00Z"
WINDOW = {"since": MOMENT, "offset": 3, "latest": MOMENT, "lastId": 4, "pinnedRuns": 1}
ROW = {"since": MOMENT, "offset": 3, "updatedAt": MOMENT, "window": WINDOW}
PERSON = {
    "reason": "waiting",
    "note": "x",
    "attempts": 1,
    "suspended_by_us": True,
    "suspended_at": 5,
    "undone_at": 0,
    "account": 9,
}
RUN = {
    "ended_at": 5,
    "command": "sync",
    "scope": "all",
    "good": True,
    "clean": True,
    "scheduled_time": "",
    "rows": 7,
    "coverage": {"first_name": 10_000},
    "held": [1, 2],
    "since": MOMENT,
    "dates_read": {"hire_date": "2026-11-19"},
    "summary": {"errors": 0},
}
ENTRY = {"employee": 1, "action": "update", "account": 7, "at": 5, "seen": 0, "changes": [["lastname", "A", SAID]]}
JOURNAL = {"entries": json.dumps([ENTRY, ENTRY]), EXPIRY: LATER}
LOCK = {"owner": "run", "expires": 5, "scheduledTime": MOMENT}


def _store(key: str, item: Mapping[str, Any]) -> Store:
    rows: dict[str, Item] = {key: {**item, KEY: key}}
    return Store(MemoryItems(Process(), rows), "default", NOW.timestamp)


def _items(document: object) -> st.SearchStrategy[dict[str, Any]]:
    """An item of a table is always an object."""
    return nearly(document).filter(lambda value: isinstance(value, dict))


@fuzz
@given(_items(ROW))
def test_any_row_is_a_position_or_a_named_end(row: dict[str, Any]) -> None:
    end = end_of(lambda: _store("default", row).position(NOW))

    assert end is None or SAID not in texts(end)


@fuzz
@given(_items(PERSON), _items(RUN), st.sampled_from(["1", "0", "x", "1#2", ""]))
def test_any_items_are_a_history_that_can_be_asked(person: dict[str, Any], run: dict[str, Any], name: str) -> None:
    for key, item in ((f"default#person#{name}", person), (f"default#run#{name}", run)):
        history = _store(key, item).history()

        history.last_baseline()
        history.last_run_without_selection()
        history.dates_read(NOW)
        history.window_opened_before(NOW, NOW.date())
        fields_lost(DirectoryStats(7), history.last_baseline())
        history.delivered(MOMENT)
        assert all(
            isinstance(number, int) and known.worth_keeping(NOW) in (True, False)
            for number, known in history.records.items()
        )


LINE = {"id": 7, "follow_ups": {"waiting": ["x", "hold"]}, "suspended_by_us": True, "suspended_at": 5, "account": 9}
RUN_LINE = {"id": "run", **{name: value for name, value in RUN.items() if name not in ("held", "summary")}}


def _packed(name: str, line: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An item that is odd, or a good one with an odd line."""
    lines = nearly(line).map(lambda odd: {name: f"{json.dumps(line)}\n{json.dumps(odd)}", "parts": 1})
    return _items({name: json.dumps(line), "parts": 1}) | lines


@fuzz
@given(_packed("employees", LINE), _packed("runs", RUN_LINE))
def test_any_packed_item_is_a_history_or_a_named_end(follow_ups: dict[str, Any], runs: dict[str, Any]) -> None:
    for key, item in (("default#followups#7", follow_ups), ("default#history", runs)):
        store = _store(key, item)

        end = end_of(store.history)

        assert end is None or SAID not in texts(end)
        if end is None:
            store.record(RunRecord("run", 5, "sync", "all"), {}, NOW)
            assert store.history().last_run_without_selection() is not None


@fuzz
@given(_items({**RUN, "journal_items": 2}))
def test_any_item_of_a_run_is_a_record_whose_journal_can_be_asked_for(run: dict[str, Any]) -> None:
    store = _store("default#run#run", run)

    assert isinstance(store.run("run"), RunRecord)
    assert store.journal_of("run") == []


def _journals() -> st.SearchStrategy[dict[str, Any]]:
    """An item that is odd, or a good one whose entries are."""
    return _items(JOURNAL) | nearly([ENTRY, ENTRY]).map(lambda odd: {**JOURNAL, "entries": json.dumps(odd)})


@fuzz
@given(_journals())
def test_any_journal_is_entries_or_a_named_end(item: dict[str, Any]) -> None:
    store = _store("default#journal#run#000001", item)

    for end in (end_of(lambda: store.journal_of("run")), end_of(lambda: store.journal.entries_about(1))):
        assert end is None or SAID not in texts(end)


@fuzz
@given(_items({"employees": "[1]", "refused": "[]", EXPIRY: LATER}))
def test_any_list_of_failed_writes_is_a_list_or_a_named_end(item: dict[str, Any]) -> None:
    store = _store("default#journal#run#failed", item)
    run = RunRecord("run", LATER * 1000, "sync", "all", journal_items=1)

    for end in (
        end_of(lambda: store.journal.recent([run], NOW, "", is_open=False)),
        end_of(lambda: store.journal.entries_about(1)),
    ):
        assert end is None or "default#journal#run#failed" in texts(end)


@fuzz
@given(_items(LOCK))
def test_any_lock_is_taken_or_a_named_end(item: dict[str, Any]) -> None:
    store = _store("default#lock", item)

    end_of(store.lock("me").holder)
    end_of(store.lock("me").require_free)
    end = end_of(lambda: store.lock("me").acquire(MOMENT))

    assert end is None or "jo.privat" not in texts(end)


@fuzz
@given(bodies({"moodle_token": SAID}).map(lambda body: body.decode(errors="replace")) | anything)
def test_any_secret_is_a_credential_or_a_named_end(value: object) -> None:
    credential = Credential("MOODLE_TOKEN", "the/secret")

    end = end_of(lambda: json.dumps(read_credential(credential, Secret(value))))

    assert end is None or SAID not in texts(end)

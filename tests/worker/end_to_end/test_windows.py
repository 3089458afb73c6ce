"""The state after a run: windows, batches, pinned windows, rows written by hand."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.run_harness import RunHarness, RunResult


def hire(harness: RunHarness, *numbers: int) -> None:
    for number in numbers:
        harness.company.hire(
            str(number), firstName=f"F{number}", lastName=f"L{number}", workEmail=f"p{number}@example.com"
        )


def row(harness: RunHarness) -> dict[str, Any]:
    with closing(sqlite3.connect(harness.state_file)) as state:
        (body,) = state.execute("SELECT body FROM items WHERE key = 'default'").fetchone()
    return dict(json.loads(body))


def write_row(harness: RunHarness, **values: object) -> None:
    """Write the row as an operator would by hand: since, offset and updatedAt only."""
    body = json.dumps({"StateId": "default", "updatedAt": "2026-01-01T00:00:00Z", **values})
    with closing(sqlite3.connect(harness.state_file)) as state:
        state.execute("INSERT OR REPLACE INTO items VALUES ('default', ?)", (body,))
        state.commit()


def moved(run: RunResult) -> tuple[bool, int]:
    """Return whether `since` moved, and the new offset."""
    return run["next_since"] != run["since"], run["next_offset"]


def moment(harness: RunHarness) -> str:
    return f"{harness.company.clock():%Y-%m-%dT%H:%M:%SZ}"


def test_the_first_state_row_is_written_before_the_first_call(harness: RunHarness) -> None:
    harness.fail_bamboo("status", operation="changed", status=400)

    run = harness.run(INITIAL_LOOKBACK_DAYS="3")

    since = datetime.fromisoformat(row(harness)["since"])
    assert run.code == 1
    assert abs(datetime.now(UTC) - timedelta(days=3) - since) < timedelta(minutes=1)
    assert row(harness)["offset"] == 0


def test_a_batched_window_advances_the_offset_and_then_since(harness: RunHarness) -> None:
    hire(harness, 1, 2, 3, 4, 5)

    runs = [harness.run(BATCH_SIZE="2") for _ in range(3)]

    assert [run["processed"] for run in runs] == [2, 2, 1]
    assert [moved(run) for run in runs] == [(False, 2), (False, 4), (True, 0)]
    assert runs[-1]["next_since"] == moment(harness)
    assert len(harness.accounts()) == 5


@pytest.mark.parametrize("batch_size", ["0", "-1", ""])
def test_a_window_without_batch_size_is_completed_in_one_run(harness: RunHarness, batch_size: str) -> None:
    hire(harness, *range(1, 8))

    run = harness.run(BATCH_SIZE=batch_size)

    assert (run["processed"], moved(run)) == (7, (True, 0))


def test_employee_ids_are_ordered_as_numbers(harness: RunHarness) -> None:
    hire(harness, 9, 10, 100)

    harness.run(BATCH_SIZE="1")

    assert [user["idnumber"] for user in harness.accounts()] == ["9"]


def test_an_error_pins_since_and_offset_and_all_others_are_written(harness: RunHarness) -> None:
    hire(harness, 1, 2, 3)
    harness.site.add_user("x", firstname="X", lastname="Y", email="p2@example.com", idnumber="999")

    run = harness.run()

    assert (run.code, moved(run), run["errors_ids"], run["created"]) == (1, (False, 0), [2], 2)


def test_one_bad_record_does_not_block_those_behind_it(harness: RunHarness) -> None:
    hire(harness, *range(1, 10))
    harness.site.add_user("x", firstname="X", lastname="Y", email="p1@example.com", idnumber="999")

    runs = [harness.run(BATCH_SIZE="2") for _ in range(5)]

    assert [run["processed"] for run in runs] == [2, 4, 6, 8, 9]
    assert all(moved(run) == (False, 0) for run in runs)
    assert len(harness.accounts()) == 9


def test_a_change_during_an_open_window_is_in_the_next_one(harness: RunHarness) -> None:
    hire(harness, 1, 2, 3, 4)
    opened = moment(harness)
    harness.run(BATCH_SIZE="2")
    harness.company.clock.advance(minutes=30)  # type: ignore[attr-defined]
    harness.company.edit("1", lastName="Changed")

    closing_run = harness.run(BATCH_SIZE="2")
    next_run = harness.run(BATCH_SIZE="9")

    assert closing_run["next_since"] == opened
    assert next_run["updated"] == 1
    assert harness.account("1")["lastname"] == "Changed"


def test_employees_who_vanish_from_the_feed_do_not_shift_the_window(harness: RunHarness) -> None:
    hire(harness, 1, 2, 3, 4)
    harness.run(BATCH_SIZE="2")
    for number in ("1", "2"):
        del harness.company.changes[number]

    run = harness.run(BATCH_SIZE="2")

    assert moved(run) == (True, 0)
    assert {user["idnumber"] for user in harness.accounts()} == {"1", "2", "3", "4"}


def test_a_row_written_by_hand_is_used(harness: RunHarness) -> None:
    hire(harness, 1, 2, 3, 4, 5)
    harness.run("--dry-run")
    since = f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"
    write_row(harness, since=since, offset=3)

    run = harness.run()

    assert {user["idnumber"] for user in harness.accounts()} == {"4", "5"}
    # The window's own closing time is not known, so it is opened once more from the same place.
    assert moved(run) == (False, 0)
    assert moved(harness.run()) == (True, 0)


def test_window_data_of_another_since_or_offset_is_ignored(harness: RunHarness) -> None:
    hire(harness, 1, 2, 3, 4)
    harness.run(BATCH_SIZE="3")
    write_row(harness, **{**row(harness), "offset": 1})
    harness.site.events.clear()

    run = harness.run(BATCH_SIZE="9")

    assert run["processed"] == 3
    assert run["next_offset"] == 0


def test_since_never_moves_backwards(harness: RunHarness) -> None:
    hire(harness, 1)
    harness.run("--dry-run")
    later = f"{datetime.now(UTC) - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"
    write_row(harness, since=later, offset=0)

    assert harness.run()["next_since"] == later


@pytest.mark.parametrize("latest", ["null", "blank", "absent"])
def test_a_missing_latest_keeps_since(harness: RunHarness, latest: Any) -> None:
    harness.bamboo.settings.changed_empty_latest = latest

    run = harness.run()

    assert (run.code, moved(run)) == (0, (False, 0))


def test_a_latest_ahead_of_our_clock_is_not_trusted(harness: RunHarness) -> None:
    hire(harness, 1)
    harness.bamboo.settings.changed_latest = "2099-01-01T00:00:00Z"

    run = harness.run()

    assert run["next_since"] <= run["started_at"]


@pytest.mark.parametrize(
    "values",
    [
        {"since": "2099-01-01T00:00:00Z", "offset": 0},
        {"since": "yesterday", "offset": 0},
        {"since": "2026-01-01T00:00:00", "offset": 0},
        {"since": "2026-01-01T00:00:00Z", "offset": -1},
    ],
)
def test_an_invalid_row_is_a_configuration_error(harness: RunHarness, values: dict[str, object]) -> None:
    harness.run("--dry-run")
    write_row(harness, **values)
    before = row(harness)
    harness.forget_calls()

    run = harness.run()

    assert (run.code, run["outcome"], harness.to_bamboo.calls) == (3, "configuration_error", [])
    assert row(harness) == before


def test_a_run_of_single_employees_leaves_since_and_offset(harness: RunHarness) -> None:
    hire(harness, 1, 2, 3, 4)
    harness.run(BATCH_SIZE="2")
    before = row(harness)

    run = harness.run("--employee", "4", "--employee", "3")

    assert (run["scope"], run["created"], run["processed"]) == ("employees", 2, 2)
    assert row(harness) == before


def test_an_employee_whom_moodle_keeps_refusing_is_parked(harness: RunHarness) -> None:
    hire(harness, 1, 2)
    harness.site.add_user("x", firstname="X", lastname="Y", email="p1@example.com", idnumber="999")

    first, second, third = (harness.run(MAX_ATTEMPTS="2") for _ in range(3))
    harness.site.delete_user(harness.account("999")["id"])
    recovered = harness.run(MAX_ATTEMPTS="2")

    assert [(run.code, run["parked"], run["errors"]) for run in (first, second, third)] == [
        (1, 0, 1),
        (0, 1, 0),
        (0, 1, 0),
    ]
    assert second["next_since"] == moment(harness)
    assert (recovered["created"], recovered["parked"]) == (1, 0)


def test_a_changed_mapping_makes_a_reconcile_due_and_writes_no_other_account(harness: RunHarness) -> None:
    hire(harness, 1)
    harness.run()
    harness.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    hire(harness, 2)
    mapping = json.dumps({"institution": "division"})

    changed, later = harness.run(FIELD_MAPPING=mapping), harness.run(FIELD_MAPPING=mapping)

    assert (changed["updated"], changed["reconcile_due"], later["reconcile_due"]) == (0, True, True)

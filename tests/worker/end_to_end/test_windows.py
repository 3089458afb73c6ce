"""The state after a run: windows, batches, pinned windows, rows written by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.run_harness import RunHarness, RunResult
from tests.worker.end_to_end.tools import advance_clock, row, write_item


def hire(harness: RunHarness, *numbers: int) -> None:
    for number in numbers:
        harness.company.hire(
            str(number), firstName=f"F{number}", lastName=f"L{number}", workEmail=f"p{number}@example.com"
        )


def moved(run: RunResult) -> tuple[bool, int]:
    """Return whether `since` moved, and the new offset."""
    return run["next_since"] != run["since"], run["next_offset"]


def moment(harness: RunHarness) -> str:
    return f"{harness.company.clock():%Y-%m-%dT%H:%M:%SZ}"


def test_the_first_state_row_is_written_before_the_first_call(harness: RunHarness) -> None:
    harness.fail_bamboo("status", operation="changed", status=400)

    run = harness.run(INITIAL_LOOKBACK_DAYS="3")

    stored = row(harness)
    assert stored is not None
    assert abs(datetime.now(UTC) - timedelta(days=3) - datetime.fromisoformat(stored["since"])) < timedelta(minutes=1)
    assert (run.code, stored["offset"]) == (1, 0)


def test_a_batched_window_advances_the_offset_and_then_since(harness: RunHarness) -> None:
    hire(harness, 1, 2, 3, 4, 5)

    runs = [harness.run(BATCH_SIZE="2") for _ in range(3)]

    assert [run["processed"] for run in runs] == [2, 2, 1]
    assert [moved(run) for run in runs] == [(False, 2), (False, 4), (True, 0)]
    assert runs[-1]["next_since"] == moment(harness)
    assert len(harness.accounts()) == 5


def test_an_error_pins_since_and_offset_and_does_not_block_those_behind_it(harness: RunHarness) -> None:
    hire(harness, *range(1, 10))
    harness.site.add_user("x", firstname="X", lastname="Y", email="p1@example.com", idnumber="999")

    runs = [harness.run(BATCH_SIZE="2") for _ in range(5)]

    assert [run["processed"] for run in runs] == [2, 4, 6, 8, 9]
    assert [(run.code, moved(run), run["errors_ids"]) for run in runs] == [(1, (False, 0), [1])] * 5
    assert len(harness.accounts()) == 9


def test_a_change_during_an_open_window_is_in_the_next_one(harness: RunHarness) -> None:
    hire(harness, 1, 2, 3, 4)
    opened = moment(harness)
    harness.run(BATCH_SIZE="2")
    advance_clock(harness, minutes=30)
    harness.company.edit("1", lastName="Changed")

    closing_run = harness.run(BATCH_SIZE="2")
    next_run = harness.run(BATCH_SIZE="9")

    assert closing_run["next_since"] == opened
    assert next_run["updated"] == 1
    assert harness.account("1")["lastname"] == "Changed"


def test_who_leaves_while_the_window_is_pinned_is_suspended_by_the_next_run(harness: RunHarness) -> None:
    hire(harness, *range(1, 8))
    harness.site.add_user("x", firstname="X", lastname="Y", email="p3@example.com", idnumber="999")
    harness.run(BATCH_SIZE="2")
    pinned = harness.run(BATCH_SIZE="2")
    advance_clock(harness, minutes=30)
    harness.company.terminate("1")

    run = harness.run(BATCH_SIZE="2")

    assert (moved(pinned), moved(run)) == ((False, 2), (False, 2))
    assert (run["suspended"], run["errors_ids"]) == (1, [3])
    assert harness.run(BATCH_SIZE="2")["suspended"] == 0


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
    write_item(harness, "default", updatedAt="2026-01-01T00:00:00Z", since=since, offset=3)

    run = harness.run()

    assert {user["idnumber"] for user in harness.accounts()} == {"4", "5"}
    # The window's own closing time is not known, so it is opened once more from the same place.
    assert moved(run) == (False, 0)
    assert moved(harness.run()) == (True, 0)


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
    write_item(harness, "default", updatedAt="2026-01-01T00:00:00Z", **values)
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

"""Where the state goes after a run: windows, batches, pins, rows written by hand."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.run_harness import Night, Nights


def hire(town: Nights, *numbers: int) -> None:
    for number in numbers:
        town.company.hire(
            str(number), firstName=f"F{number}", lastName=f"L{number}", workEmail=f"p{number}@example.com"
        )


def row(town: Nights) -> dict[str, Any]:
    with closing(sqlite3.connect(town.state_file)) as state:
        (body,) = state.execute("SELECT body FROM items WHERE key = 'default'").fetchone()
    return dict(json.loads(body))


def write_row(town: Nights, **values: object) -> None:
    """What an operator does by hand: since, offset and updatedAt, nothing else."""
    body = json.dumps({"StateId": "default", "updatedAt": "2026-01-01T00:00:00Z", **values})
    with closing(sqlite3.connect(town.state_file)) as state:
        state.execute("INSERT OR REPLACE INTO items VALUES ('default', ?)", (body,))
        state.commit()


def moved(night: Night) -> tuple[bool, int]:
    """Whether `since` moved, and the new offset."""
    return night["next_since"] != night["since"], night["next_offset"]


def moment(town: Nights) -> str:
    return f"{town.company.clock():%Y-%m-%dT%H:%M:%SZ}"


def test_the_first_row_is_written_before_the_first_call(town: Nights) -> None:
    town.fail_bamboo("status", operation="changed", status=400)

    night = town.run(INITIAL_LOOKBACK_DAYS="3")

    since = datetime.fromisoformat(row(town)["since"])
    assert night.code == 1
    assert abs(datetime.now(UTC) - timedelta(days=3) - since) < timedelta(minutes=1)
    assert row(town)["offset"] == 0


def test_a_batched_window_moves_its_offset_and_then_its_since(town: Nights) -> None:
    hire(town, 1, 2, 3, 4, 5)

    nights = [town.run(BATCH_SIZE="2") for _ in range(3)]

    assert [night["processed"] for night in nights] == [2, 2, 1]
    assert [moved(night) for night in nights] == [(False, 2), (False, 4), (True, 0)]
    assert nights[-1]["next_since"] == moment(town)
    assert len(town.accounts()) == 5


@pytest.mark.parametrize("batch_size", ["0", "-1", ""])
def test_without_a_batch_size_a_window_is_done_in_one_run(town: Nights, batch_size: str) -> None:
    hire(town, *range(1, 8))

    night = town.run(BATCH_SIZE=batch_size)

    assert (night["processed"], moved(night)) == (7, (True, 0))


def test_employee_ids_are_ordered_as_numbers(town: Nights) -> None:
    hire(town, 9, 10, 100)

    town.run(BATCH_SIZE="1")

    assert [user["idnumber"] for user in town.accounts()] == ["9"]


def test_any_error_pins_since_and_offset_and_everybody_else_is_written(town: Nights) -> None:
    hire(town, 1, 2, 3)
    town.site.add_user("x", firstname="X", lastname="Y", email="p2@example.com", idnumber="999")

    night = town.run()

    assert (night.code, moved(night), night["errors_ids"], night["created"]) == (1, (False, 0), [2], 2)


def test_one_bad_record_cannot_keep_those_behind_it_waiting(town: Nights) -> None:
    hire(town, *range(1, 10))
    town.site.add_user("x", firstname="X", lastname="Y", email="p1@example.com", idnumber="999")

    nights = [town.run(BATCH_SIZE="2") for _ in range(5)]

    assert [night["processed"] for night in nights] == [2, 4, 6, 8, 9]
    assert all(moved(night) == (False, 0) for night in nights)
    assert len(town.accounts()) == 9


def test_whoever_changes_while_a_window_is_open_is_in_the_next_one(town: Nights) -> None:
    hire(town, 1, 2, 3, 4)
    opened = moment(town)
    town.run(BATCH_SIZE="2")
    town.company.clock.advance(minutes=30)  # type: ignore[attr-defined]
    town.company.edit("1", lastName="Changed")

    closing_night = town.run(BATCH_SIZE="2")
    next_night = town.run(BATCH_SIZE="9")

    assert closing_night["next_since"] == opened
    assert next_night["updated"] == 1
    assert town.account("1")["lastname"] == "Changed"


def test_people_who_vanish_from_the_feed_do_not_shift_the_window(town: Nights) -> None:
    hire(town, 1, 2, 3, 4)
    town.run(BATCH_SIZE="2")
    for number in ("1", "2"):
        del town.company.changes[number]

    night = town.run(BATCH_SIZE="2")

    assert moved(night) == (True, 0)
    assert {user["idnumber"] for user in town.accounts()} == {"1", "2", "3", "4"}


def test_a_row_written_by_hand_is_followed(town: Nights) -> None:
    hire(town, 1, 2, 3, 4, 5)
    town.run("--dry-run")
    since = f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"
    write_row(town, since=since, offset=3)

    night = town.run()

    assert {user["idnumber"] for user in town.accounts()} == {"4", "5"}
    # The window's own closing time is not known, so it is opened once more from the same place.
    assert moved(night) == (False, 0)
    assert moved(town.run()) == (True, 0)


def test_what_was_stored_for_another_since_or_offset_is_ignored(town: Nights) -> None:
    hire(town, 1, 2, 3, 4)
    town.run(BATCH_SIZE="3")
    write_row(town, **{**row(town), "offset": 1})
    town.site.events.clear()

    night = town.run(BATCH_SIZE="9")

    assert night["processed"] == 3
    assert night["next_offset"] == 0


def test_since_never_moves_backwards(town: Nights) -> None:
    hire(town, 1)
    town.run("--dry-run")
    later = f"{datetime.now(UTC) - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"
    write_row(town, since=later, offset=0)

    assert town.run()["next_since"] == later


@pytest.mark.parametrize("latest", ["null", "blank", "absent"])
def test_a_missing_latest_keeps_since(town: Nights, latest: Any) -> None:
    town.bamboo.settings.changed_empty_latest = latest

    night = town.run()

    assert (night.code, moved(night)) == (0, (False, 0))


def test_a_latest_ahead_of_our_clock_is_not_believed(town: Nights) -> None:
    hire(town, 1)
    town.bamboo.settings.changed_latest = "2099-01-01T00:00:00Z"

    night = town.run()

    assert night["next_since"] <= night["started_at"]


@pytest.mark.parametrize(
    "values",
    [
        {"since": "2099-01-01T00:00:00Z", "offset": 0},
        {"since": "yesterday", "offset": 0},
        {"since": "2026-01-01T00:00:00", "offset": 0},
        {"since": "2026-01-01T00:00:00Z", "offset": -1},
    ],
)
def test_a_row_that_cannot_be_meant_is_a_configuration_error(town: Nights, values: dict[str, object]) -> None:
    town.run("--dry-run")
    write_row(town, **values)
    before = row(town)
    town.listen()

    night = town.run()

    assert (night.code, night["outcome"], town.to_bamboo.calls) == (3, "configuration_error", [])
    assert row(town) == before


def test_single_employees_leave_since_and_offset_alone(town: Nights) -> None:
    hire(town, 1, 2, 3, 4)
    town.run(BATCH_SIZE="2")
    before = row(town)

    night = town.run("--employee", "4", "--employee", "3")

    assert (night["scope"], night["created"], night["processed"]) == ("employees", 2, 2)
    assert row(town) == before


def test_a_dry_run_writes_nothing_at_all(town: Nights) -> None:
    hire(town, 1, 2)
    town.run()
    town.company.clock.advance(minutes=30)  # type: ignore[attr-defined]
    town.company.edit("1", lastName="Changed")
    hire(town, 3)
    with closing(sqlite3.connect(town.state_file)) as state:
        before = list(state.execute("SELECT * FROM items ORDER BY key"))
    town.listen()

    night = town.run("--dry-run")

    with closing(sqlite3.connect(town.state_file)) as state:
        assert list(state.execute("SELECT * FROM items ORDER BY key")) == before
    assert (night["dry_run"], night["created"], night["updated"], town.writes()) == (True, 1, 1, [])
    assert moved(night) == (False, 0)


def test_a_person_whom_moodle_refuses_time_and_again_is_parked_and_no_longer_an_error(town: Nights) -> None:
    hire(town, 1, 2)
    town.site.add_user("x", firstname="X", lastname="Y", email="p1@example.com", idnumber="999")

    first, second, third = (town.run(MAX_ATTEMPTS="2") for _ in range(3))
    town.site.delete_user(town.account("999")["id"])
    healed = town.run(MAX_ATTEMPTS="2")

    assert [(night.code, night["parked"], night["errors"]) for night in (first, second, third)] == [
        (1, 0, 1),
        (0, 1, 0),
        (0, 1, 0),
    ]
    assert second["next_since"] == moment(town)
    assert (healed["created"], healed["parked"]) == (1, 0)


def test_a_changed_mapping_rewrites_nobody_by_itself_and_says_that_a_reconcile_is_due(town: Nights) -> None:
    hire(town, 1)
    town.run()
    town.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    hire(town, 2)
    mapping = json.dumps({"institution": "division"})

    changed, later = town.run(FIELD_MAPPING=mapping), town.run(FIELD_MAPPING=mapping)

    assert (changed["updated"], changed["reconcile_due"], later["reconcile_due"]) == (0, True, True)

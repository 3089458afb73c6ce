"""The window: no change is lost or done twice, and one bad record does not block the others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worker.tables import table
from worker.model.employee import Change
from worker.model.position import Position, WindowProgress
from worker.planning.window import WindowPart, advance, select

SINCE = datetime(2026, 1, 31, 2, 0, 0, tzinfo=UTC)
BEGAN = SINCE + timedelta(days=1)
LATEST = BEGAN - timedelta(minutes=1)


def feed(ids: Iterable[int]) -> list[Change]:
    return [Change(number) for number in sorted(ids)]


def window_of(
    position: Position,
    ids: Iterable[int],
    batch_size: int = 0,
    *,
    latest: datetime | None = LATEST,
    began: datetime = BEGAN,
) -> WindowPart:
    return select(position, feed(ids), latest, began, batch_size)


def taken(window: WindowPart) -> list[int]:
    return [change.employee_id for change in window.changes]


def run(
    position: Position, ids: Iterable[int], batch_size: int = 0, *, failed: bool = False
) -> tuple[list[int], Position]:
    """One run: the employees it takes, and the position afterwards."""
    window = window_of(position, ids, batch_size)
    return taken(window), advance(position, window, failed=failed)


AFTER_2 = Position(SINCE, 2, WindowProgress(LATEST, last_id=2))


@table(
    "position, ids, batch_size, expected, afterwards",
    ("everything", Position(SINCE), range(1, 1001), 0, range(1, 1001), Position(LATEST)),
    ("everything, negative batch size", Position(SINCE), range(1, 1001), -50, range(1, 1001), Position(LATEST)),
    ("first batch", Position(SINCE), range(1, 8), 3, [1, 2, 3], Position(SINCE, 3, WindowProgress(LATEST, last_id=3))),
    ("first and last batch", Position(SINCE), [1, 2, 3], 3, [1, 2, 3], Position(LATEST)),
    ("no changes", Position(SINCE), [], 3, [], Position(LATEST)),
    ("last batch", AFTER_2, range(1, 6), 3, [3, 4, 5], Position(LATEST)),
    (
        "an employee done before disappeared",
        AFTER_2,
        [2, 3, 4, 5, 6],
        3,
        [3, 4, 5],
        Position(SINCE, 5, WindowProgress(LATEST, last_id=5)),
    ),
    ("more disappeared", AFTER_2, [5, 6], 3, [5, 6], Position(LATEST)),
    ("all disappeared", AFTER_2, [], 3, [], Position(LATEST)),
    ("an employee came in before the last one done", AFTER_2, [1, 2, 3, 4], 3, [3, 4], Position(LATEST)),
    (
        "ids are numbers",
        Position(SINCE, 1, WindowProgress(LATEST, last_id=9)),
        [9, 10, 100],
        1,
        [10],
        Position(SINCE, 2, WindowProgress(LATEST, last_id=10)),
    ),
    ("offset written by hand", Position(SINCE, 5), range(1, 8), 0, [6, 7], Position(SINCE)),
    ("offset written by hand, beyond the end", Position(SINCE, 99), range(1, 8), 0, [], Position(SINCE)),
)
def test_a_run_takes_the_next_batch_and_the_last_one_completes_the_window(
    position: Position, ids: Iterable[int], batch_size: int, expected: Iterable[int], afterwards: Position
) -> None:
    assert run(position, ids, batch_size) == (list(expected), afterwards)


def test_a_window_says_how_many_changes_there_are_and_whether_it_is_complete() -> None:
    first, last = window_of(Position(SINCE), range(1, 8), 3), window_of(AFTER_2, range(1, 6), 3)

    assert (first.total, first.complete) == (7, False)
    assert (last.total, last.complete) == (5, True)


# The time that the window closes with


@table(
    "latest, since",
    ("latest", LATEST, LATEST),
    ("after the run began", BEGAN + timedelta(hours=1), BEGAN),
    ("before since", SINCE - timedelta(days=1), SINCE),
    ("missing", None, SINCE),
)
def test_since_becomes_latest_but_never_moves_backwards_or_past_the_run(
    latest: datetime | None, since: datetime
) -> None:
    window = window_of(Position(SINCE), [1], latest=latest)

    assert advance(Position(SINCE), window, failed=False) == Position(since)


@pytest.mark.parametrize("failed", [False, True], ids=["several batches", "pinned"])
@pytest.mark.parametrize(("latest", "since"), [(LATEST, LATEST), (None, SINCE)])
def test_a_window_of_several_runs_closes_with_the_latest_of_the_run_that_opened_it(
    latest: datetime | None, since: datetime, failed: bool
) -> None:
    position = advance(Position(SINCE), window_of(Position(SINCE), range(1, 8), 3, latest=latest), failed=failed)

    later = window_of(position, range(1, 8), latest=LATEST + timedelta(days=1), began=BEGAN + timedelta(days=1))

    assert taken(later)[-1] == 7
    assert advance(position, later, failed=False) == Position(since)


# Pinned


@pytest.mark.parametrize("batch_size", [0, 3])
@pytest.mark.parametrize("position", [Position(SINCE), AFTER_2])
def test_any_error_keeps_since_and_offset(position: Position, batch_size: int) -> None:
    _, after = run(position, range(1, 8), batch_size, failed=True)

    assert (after.since, after.offset) == (position.since, position.offset)


def test_every_retry_takes_one_more_batch_from_the_same_place() -> None:
    position, seen = AFTER_2, []
    for _ in range(4):
        employees, position = run(position, range(1, 12), 3, failed=True)
        seen.append(employees)

    assert seen == [[3, 4, 5], list(range(3, 9)), list(range(3, 12)), list(range(3, 12))]


def test_a_pinned_window_that_succeeds_moves_on_and_is_no_longer_pinned() -> None:
    _, position = run(Position(SINCE), range(1, 20), 3, failed=True)

    employees, position = run(position, range(1, 20), 3)

    assert employees == [1, 2, 3, 4, 5, 6]
    assert position == Position(SINCE, 6, WindowProgress(LATEST, last_id=6))
    assert run(position, range(1, 20), 3)[0] == [7, 8, 9]


def test_an_offset_written_by_hand_may_be_pinned() -> None:
    _, position = run(Position(SINCE, 5), range(1, 12), 2, failed=True)

    assert run(position, range(1, 12), 2) == ([6, 7, 8, 9], Position(SINCE, 9, WindowProgress(None, last_id=9)))


@table(
    "at, pinned, taken_again",
    ("after the window was opened", LATEST + timedelta(minutes=1), True, [1]),
    ("before the window was opened", LATEST, True, []),
    ("at an unknown time", None, True, [1]),
    ("after, and the next run opens a window soon", LATEST + timedelta(minutes=1), False, []),
)
def test_a_pinned_window_takes_those_before_the_position_again_who_changed_since(
    at: datetime | None, pinned: bool, taken_again: list[int]
) -> None:
    progress = WindowProgress(LATEST, last_id=2, pinned_runs=int(pinned))
    changes = [Change(1, at=at), Change(2, at=SINCE), Change(3, at=at)]

    window = select(Position(SINCE, 2, progress), changes, LATEST + timedelta(hours=1), BEGAN, 1)

    assert [change.employee_id for change in window.changed_again] == taken_again
    assert taken(window) == [3]


# Properties


IDS = st.sets(st.integers(1, 60), max_size=40)
MOMENTS = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2026, 3, 1), timezones=st.just(UTC))
POSITIONS = st.builds(
    Position,
    since=MOMENTS,
    offset=st.integers(0, 50),
    progress=st.none()
    | st.builds(
        WindowProgress,
        latest=st.none() | MOMENTS,
        last_id=st.none() | st.integers(1, 60),
        pinned_runs=st.integers(0, 5),
    ),
)


@given(POSITIONS, IDS, st.none() | MOMENTS, MOMENTS, st.integers(-5, 50), st.booleans())
def test_since_never_moves_backwards_and_moves_only_when_the_window_is_complete(
    position: Position, ids: set[int], latest: datetime | None, began: datetime, batch_size: int, failed: bool
) -> None:
    window = select(position, feed(ids), latest, began, batch_size)
    after = advance(position, window, failed=failed)

    assert after.since >= position.since
    if failed or not window.complete:
        assert after.since == position.since
    if failed:
        assert after.offset == position.offset
    elif window.complete:
        assert (after.offset, after.progress) == (0, None)
    else:
        assert window.changes
        assert after.offset > position.offset


RUNS = st.lists(st.tuples(st.sets(st.integers(1, 60)), st.sets(st.integers(1, 60)), st.booleans()), max_size=12)


@given(IDS, st.integers(-1, 9), RUNS)
def test_an_employee_who_stays_in_the_feed_is_done_once_and_in_order(
    opened: set[int], batch_size: int, runs: list[tuple[set[int], set[int], bool]]
) -> None:
    """Every run reads the feed again, without employees who changed again and with those who changed meanwhile."""
    position, done, present, stayed = Position(SINCE), list[int](), set(opened), set(opened)
    for vanished, came, failed in [*runs, *[(set(), set(), False)] * 80]:
        present = (present - vanished) | came
        stayed -= vanished
        window = window_of(position, present, batch_size)
        if not failed:
            done += taken(window)
        position = advance(position, window, failed=failed)
        if not failed and window.complete:
            break

    assert position == Position(LATEST), "the window never ended, or ended somewhere else"
    assert stayed <= set(done)
    assert done == sorted(set(done))


@given(IDS.filter(bool), st.integers(1, 9), st.data())
def test_one_bad_record_does_not_block_the_records_behind_it(
    ids: set[int], batch_size: int, data: st.DataObject
) -> None:
    bad = data.draw(st.sampled_from(sorted(ids)))
    position, reached = Position(SINCE), set[int]()
    for _ in range(len(ids) + 1):
        window = window_of(position, ids, batch_size)
        reached |= set(taken(window))
        position = advance(position, window, failed=bad in taken(window))

    assert reached == ids

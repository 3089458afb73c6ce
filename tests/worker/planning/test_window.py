"""The window: nobody is lost, nobody is done twice, and one bad record does not keep the others waiting."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.model.employee import Change
from worker.model.position import Position, WindowProgress
from worker.planning.window import Window, advance, select

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
) -> Window:
    return select(position, feed(ids), latest, began, batch_size)


def taken(window: Window) -> list[int]:
    return [change.employee_id for change in window.changes]


def run(
    position: Position, ids: Iterable[int], batch_size: int = 0, *, failed: bool = False
) -> tuple[list[int], Position]:
    """One run: whom it takes, and where the state stands afterwards."""
    window = window_of(position, ids, batch_size)
    return taken(window), advance(position, window, failed=failed)


@pytest.mark.parametrize("batch_size", [0, -1, -50])
def test_without_a_batch_size_everybody_is_taken_and_since_becomes_latest(batch_size: int) -> None:
    assert run(Position(SINCE), range(1, 1001), batch_size) == (list(range(1, 1001)), Position(LATEST))


def test_a_batch_keeps_since_and_moves_the_offset() -> None:
    people, after = run(Position(SINCE), range(1, 8), 3)

    assert people == [1, 2, 3]
    assert after == Position(SINCE, 3, WindowProgress(LATEST, last_id=3))


def test_the_last_batch_of_a_window_ends_it() -> None:
    position = Position(SINCE)
    for expected in ([1, 2, 3], [4, 5, 6], [7]):
        people, position = run(position, range(1, 8), 3)
        assert people == expected

    assert position == Position(LATEST)


def test_a_batch_that_takes_exactly_all_that_are_left_ends_the_window() -> None:
    assert run(Position(SINCE), [1, 2, 3], 3) == ([1, 2, 3], Position(LATEST))


def test_nobody_changed_ends_the_window_as_well() -> None:
    assert run(Position(SINCE), [], 3) == ([], Position(LATEST))


@pytest.mark.parametrize("batch_size", [0, 3])
@pytest.mark.parametrize("position", [Position(SINCE), Position(SINCE, 2, WindowProgress(LATEST, last_id=2))])
def test_any_error_leaves_since_and_offset_where_they_are(position: Position, batch_size: int) -> None:
    _, after = run(position, range(1, 8), batch_size, failed=True)

    assert (after.since, after.offset) == (position.since, position.offset)


def test_what_became_of_a_window_of_several_runs_is_the_latest_of_the_run_that_opened_it() -> None:
    opened = window_of(Position(SINCE), range(1, 8), 3, latest=LATEST)
    position = advance(Position(SINCE), opened, failed=False)
    later = select(position, feed(range(1, 8)), LATEST + timedelta(days=1), BEGAN + timedelta(days=1), 0)

    assert advance(position, later, failed=False) == Position(LATEST)


def test_what_became_of_a_pinned_window_is_the_latest_of_the_run_that_opened_it() -> None:
    _, position = run(Position(SINCE), [1, 2], failed=True)
    later = select(position, feed([1, 2, 3]), LATEST + timedelta(days=1), BEGAN + timedelta(days=1), 0)

    assert taken(later) == [1, 2, 3]
    assert advance(position, later, failed=False) == Position(LATEST)


def test_a_latest_that_lies_after_the_beginning_of_the_run_is_not_believed() -> None:
    window = window_of(Position(SINCE), [1], latest=BEGAN + timedelta(hours=1))

    assert advance(Position(SINCE), window, failed=False) == Position(BEGAN)


def test_a_missing_latest_keeps_since() -> None:
    window = window_of(Position(SINCE), [1], latest=None)

    assert advance(Position(SINCE), window, failed=False) == Position(SINCE)


def test_a_latest_that_was_missing_when_the_window_opened_is_not_made_up_by_a_later_run() -> None:
    position = advance(Position(SINCE), window_of(Position(SINCE), range(1, 8), 3, latest=None), failed=False)

    _, after = run(position, range(1, 8))

    assert after == Position(SINCE)


def test_a_latest_before_since_keeps_since() -> None:
    window = window_of(Position(SINCE), [1], latest=SINCE - timedelta(days=1))

    assert advance(Position(SINCE), window, failed=False) == Position(SINCE)


def test_a_hand_written_offset_takes_what_is_left_and_keeps_since() -> None:
    assert run(Position(SINCE, 5), range(1, 8)) == ([6, 7], Position(SINCE))


def test_a_hand_written_offset_beyond_the_end_starts_the_window_anew() -> None:
    assert run(Position(SINCE, 99), range(1, 8)) == ([], Position(SINCE))


def test_a_window_goes_on_after_the_last_person_even_if_people_before_her_vanished() -> None:
    _, position = run(Position(SINCE), range(1, 8), 3)

    assert run(position, [3, 4, 5, 6, 7], 3)[0] == [4, 5, 6]
    assert run(position, [5, 6, 7], 3)[0] == [5, 6, 7]
    assert run(position, [], 3) == ([], Position(LATEST))


def test_people_who_come_into_the_feed_before_the_last_person_are_left_to_the_next_window() -> None:
    _, position = run(Position(SINCE), [10, 20, 30, 40], 2)

    assert run(position, [1, 2, 10, 20, 30, 40], 2) == ([30, 40], Position(LATEST))


def test_ids_are_compared_as_numbers() -> None:
    _, position = run(Position(SINCE), [9, 10, 100], 1)

    assert run(position, [9, 10, 100], 1)[0] == [10]


def test_every_pinned_run_takes_one_more_batch_from_the_same_place() -> None:
    position = Position(SINCE, 2, WindowProgress(LATEST, last_id=2))
    seen = []
    for _ in range(4):
        people, position = run(position, range(1, 12), 3, failed=True)
        seen.append(people)

    assert seen == [[3, 4, 5], list(range(3, 9)), list(range(3, 12)), list(range(3, 12))]
    assert (position.since, position.offset) == (SINCE, 2)


def test_a_pinned_window_that_succeeds_moves_by_what_it_took_and_is_pinned_no_more() -> None:
    _, position = run(Position(SINCE), range(1, 20), 3, failed=True)

    people, position = run(position, range(1, 20), 3)

    assert people == [1, 2, 3, 4, 5, 6]
    assert position == Position(SINCE, 6, WindowProgress(LATEST, last_id=6))
    assert run(position, range(1, 20), 3)[0] == [7, 8, 9]


def test_a_hand_written_offset_that_is_pinned_stays_where_it_is() -> None:
    _, position = run(Position(SINCE, 5), range(1, 12), 2, failed=True)

    assert run(position, range(1, 12), 2) == ([6, 7, 8, 9], Position(SINCE, 9, WindowProgress(None, last_id=9)))


def test_the_window_tells_how_many_changed_and_whether_it_is_complete() -> None:
    first = window_of(Position(SINCE), range(1, 8), 3)
    last = window_of(Position(SINCE, 6, WindowProgress(LATEST, last_id=6)), range(1, 8), 3)

    assert (first.total, first.complete) == (7, False)
    assert (last.total, last.complete) == (7, True)


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


NIGHTS = st.lists(st.tuples(st.sets(st.integers(1, 60)), st.sets(st.integers(1, 60)), st.booleans()), max_size=12)


@given(IDS, st.integers(-1, 9), NIGHTS)
def test_whoever_stays_in_the_feed_is_done_once_and_in_order_whatever_comes_and_goes(
    opened: set[int], batch_size: int, nights: list[tuple[set[int], set[int], bool]]
) -> None:
    """The first feed is read again every night, less who vanished (changed again) and with who changed meanwhile."""
    position, done, present, stayed = Position(SINCE), list[int](), set(opened), set(opened)
    for vanished, came, failed in [*nights, *[(set(), set(), False)] * 80]:
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
def test_one_bad_record_keeps_nobody_behind_it_from_being_taken(
    ids: set[int], batch_size: int, data: st.DataObject
) -> None:
    bad = data.draw(st.sampled_from(sorted(ids)))
    position, reached = Position(SINCE), set[int]()
    for _ in range(len(ids) + 1):
        window = window_of(position, ids, batch_size)
        reached |= set(taken(window))
        position = advance(position, window, failed=bad in taken(window))

    assert reached == ids

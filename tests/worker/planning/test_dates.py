"""Which dates have arrived since they were last read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.model.field_catalogue import DATES
from worker.planning.dates import DateRange, arrived, shown_dates

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
TODAY = NOW.date()
OPENED = NOW - timedelta(days=1)


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


def since(last_read: date = TODAY - timedelta(days=1), lookahead: int = 0) -> DateRange:
    return DateRange.from_last_read(dict.fromkeys(DATES, last_read), OPENED, NOW, lookahead)


def test_a_range_reaches_from_the_last_read_until_today() -> None:
    assert since() == DateRange(dict.fromkeys(DATES, TODAY - timedelta(days=1)), TODAY, TODAY)


@pytest.mark.parametrize(("opened", "first"), [(-30, -30), (9, 0)], ids=["when the window opened", "not in the future"])
def test_the_first_range_starts_when_the_window_opened(opened: int, first: int) -> None:
    date_range = DateRange.from_last_read({}, NOW + timedelta(days=opened), NOW, 0)

    assert date_range.first == dict.fromkeys(DATES, TODAY + timedelta(days=first))


def test_a_last_read_in_the_future_leaves_no_gap() -> None:
    assert set(since(TODAY + timedelta(days=9)).first.values()) == {TODAY}


def test_each_date_field_has_its_own_last_read() -> None:
    read = {"hire_date": TODAY - timedelta(days=1), "termination_date": TODAY - timedelta(days=9)}
    date_range = DateRange.from_last_read(read, OPENED, NOW, 0)

    assert arrived({"termination_date": day(-9)}, date_range)
    assert not arrived({"hire_date": day(-9)}, date_range)


def test_a_date_field_that_no_employee_shows_is_read_again_from_the_same_day() -> None:
    assert since(TODAY - timedelta(days=4)).read_up_to({"hire_date", "status_date"}) == {
        "hire_date": TODAY,
        "termination_date": TODAY - timedelta(days=4),
        "status_date": TODAY,
    }


@pytest.mark.parametrize("field", DATES)
@pytest.mark.parametrize(("days", "expected"), [(-4, False), (-3, True), (-1, True), (0, True), (1, False)])
def test_a_date_arrives_within_the_range_both_ends_included(field: str, days: int, expected: bool) -> None:
    assert arrived({field: day(days)}, since()) is expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"hire_date": day(5)}, True),
        ({"hire_date": day(6)}, False),
        ({"termination_date": day(1)}, False),
        ({"status_date": day(1)}, False),
        ({"hire_date": "2015-01-01", "termination_date": day(0), "status_date": ""}, True),
        ({"hire_date": f"{day(0)}T00:00:00+00:00"}, True),
        ({"date_of_birth": day(0), "original_hire_date": day(0)}, False),
        *(({"hire_date": text, "termination_date": text}, False) for text in ("", "0000-00-00", "soon", "2026-13-01")),
        *(({"hire_date": text, "termination_date": text}, False) for text in ("22.11.2026", "2026")),
    ],
    ids=str,
)
def test_the_look_ahead_is_for_hire_dates_and_other_texts_never_arrive(facts: dict[str, str], expected: bool) -> None:
    assert arrived(facts, since(lookahead=5)) is expected


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({"status": "Active"}, []),
        ({"hire_date": ""}, []),
        ({"hire_date": "01/31/2020", "status_date": "2026-01-01"}, ["status_date"]),
        ({"hire_date": "2026-01-01", "status_date": "2026-01-01"}, ["hire_date", "status_date"]),
    ],
)
def test_only_a_date_that_is_set_is_known_to_be_shown(facts: dict[str, str], shown: list[str]) -> None:
    assert list(shown_dates(facts)) == shown


@given(
    gaps=st.lists(st.integers(1, 9), min_size=1, max_size=20),
    comes=st.integers(0, 120),
    takes_effect_after=st.integers(0, 2),
)
def test_no_date_falls_between_two_runs_however_far_apart(gaps: list[int], comes: int, takes_effect_after: int) -> None:
    """Even if BambooHR shows the date up to two days late, a later run takes it up."""
    read = {"termination_date": TODAY}
    run_day = TODAY
    found = False
    facts = {"termination_date": (TODAY + timedelta(days=comes)).isoformat()}
    for gap in gaps:
        run_day += timedelta(days=gap)
        now = datetime(run_day.year, run_day.month, run_day.day, 3, tzinfo=UTC)
        date_range = DateRange.from_last_read(read, datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC), now, 0)
        in_effect = (run_day - TODAY).days >= comes + takes_effect_after
        found = found or (arrived(facts, date_range) and in_effect)
        read = date_range.read_up_to({"termination_date"})
    assert found or (run_day - TODAY).days < comes + takes_effect_after

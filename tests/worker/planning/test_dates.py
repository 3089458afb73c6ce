"""Which days have come since they were last looked at. Pure: no clock."""

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


def span(last_read: date | None = TODAY - timedelta(days=1), lookahead: int = 0) -> DateRange:
    return DateRange.since(dict.fromkeys(DATES, last_read) if last_read else {}, OPENED, NOW, lookahead)


def test_a_span_reaches_from_the_last_reading_until_today() -> None:
    assert span() == DateRange(dict.fromkeys(DATES, TODAY - timedelta(days=1)), TODAY, TODAY)


def test_the_first_span_begins_where_the_window_opened() -> None:
    first = DateRange.since({}, NOW - timedelta(days=30), NOW, 0).first

    assert first == dict.fromkeys(DATES, TODAY - timedelta(days=30))


def test_a_reading_that_lies_in_the_future_leaves_no_gap() -> None:
    assert set(span(TODAY + timedelta(days=9)).first.values()) == {TODAY}
    assert set(DateRange.since({}, NOW + timedelta(days=9), NOW, 0).first.values()) == {TODAY}


def test_each_kind_of_date_is_read_from_where_it_was_shown_last() -> None:
    read = {"hire_date": TODAY - timedelta(days=1), "termination_date": TODAY - timedelta(days=9)}
    tonight = DateRange.since(read, OPENED, NOW, 0)

    assert arrived({"termination_date": day(-9)}, tonight)
    assert not arrived({"hire_date": day(-9)}, tonight)


def test_what_was_shown_of_nobody_is_read_again_from_the_same_day() -> None:
    assert span(TODAY - timedelta(days=4)).read({"hire_date", "status_date"}) == {
        "hire_date": TODAY,
        "termination_date": TODAY - timedelta(days=4),
        "status_date": TODAY,
    }


@pytest.mark.parametrize("field", ["hire_date", "termination_date", "status_date"])
@pytest.mark.parametrize(("days", "has_come"), [(-4, False), (-3, True), (-1, True), (0, True), (1, False)])
def test_each_kind_of_date_counts_within_the_span_both_ends_included(field: str, days: int, has_come: bool) -> None:
    assert arrived({field: day(days)}, span()) is has_come


@pytest.mark.parametrize(
    ("field", "days", "has_come"),
    [
        ("hire_date", 5, True),
        ("hire_date", 6, False),
        ("termination_date", 1, False),
        ("status_date", 1, False),
    ],
)
def test_a_look_ahead_is_for_hires_alone(field: str, days: int, has_come: bool) -> None:
    assert arrived({field: day(days)}, span(lookahead=5)) is has_come


def test_one_date_that_has_come_is_enough() -> None:
    assert arrived({"hire_date": "2015-01-01", "termination_date": day(0), "status_date": ""}, span())


@pytest.mark.parametrize("text", ["", "0000-00-00", "soon", "2026-13-01", "22.11.2026", "2026"])
def test_what_is_no_date_never_comes(text: str) -> None:
    assert not arrived({"hire_date": text, "termination_date": text}, span())


def test_a_date_with_a_time_is_its_day() -> None:
    assert arrived({"hire_date": f"{day(0)}T00:00:00+00:00"}, span())


def test_other_dates_are_nobodys_event() -> None:
    assert not arrived({"date_of_birth": day(0), "original_hire_date": day(0)}, span())


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({}, []),
        ({"status": "Active"}, []),
        ({"hire_date": ""}, []),
        ({"hire_date": "2026-01-01", "status_date": "2026-01-01"}, ["hire_date", "status_date"]),
    ],
)
def test_only_a_date_that_is_set_is_known_to_be_shown(facts: dict[str, str], shown: list[str]) -> None:
    assert list(shown_dates(facts)) == shown


@given(
    nights=st.lists(st.integers(1, 9), min_size=1, max_size=20),
    comes=st.integers(0, 120),
    takes_effect_after=st.integers(0, 2),
)
def test_no_day_falls_between_two_nights_however_far_apart_they_are(
    nights: list[int], comes: int, takes_effect_after: int
) -> None:
    """Whenever a day comes, and even if BambooHR says it up to two days late, a night after that takes it up."""
    read = {"termination_date": TODAY}
    opened = tonight = TODAY
    found = False
    facts = {"termination_date": (TODAY + timedelta(days=comes)).isoformat()}
    for gap in nights:
        tonight += timedelta(days=gap)
        now = datetime(tonight.year, tonight.month, tonight.day, 3, tzinfo=UTC)
        tonights = DateRange.since(read, datetime(opened.year, opened.month, opened.day, tzinfo=UTC), now, 0)
        seen = arrived(facts, tonights)
        found = found or (seen and (tonight - TODAY).days >= comes + takes_effect_after)
        read = tonights.read({"termination_date"})
    assert found or (tonight - TODAY).days < comes + takes_effect_after

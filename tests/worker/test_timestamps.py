"""Moments: every form that BambooHR has answered, cut to whole seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.timestamps import iso, parse_moment

MOMENT = datetime(2026, 1, 31, 2, 0, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T02:00:59Z",
        "2026-01-31T02:00:59+00:00",
        "2026-01-31T02:00:59.999Z",
        "2026-01-31T02:00:59.999999+00:00",
        "2026-01-31T03:00:59+01:00",
        "2026-01-30T21:00:59-05:00",
        "2026-01-31 02:00:59Z",
        " 2026-01-31T02:00:59Z\r\n",
    ],
)
def test_a_moment_with_a_zone_is_cut_to_whole_seconds_in_utc(text: str) -> None:
    assert parse_moment(text) == MOMENT


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        7,
        1_769_824_859.0,
        True,
        [],
        "2026-01-31",
        "2026-01-31T02:00:59",
        "2026-02-30T02:00:00Z",
        "2026-01-31T25:00:00Z",
        "yesterday, at about two",
        "0001-01-01T00:00:00+12:00",
        "9999-12-31T23:59:59-12:00",
    ],
)
def test_what_is_no_moment_with_a_zone_is_none(text: object) -> None:
    assert parse_moment(text) is None


@given(st.text() | st.none() | st.integers() | st.binary())
def test_nothing_that_is_read_makes_it_crash(text: object) -> None:
    moment = parse_moment(text)

    assert moment is None or moment.tzinfo is UTC


ZONES = st.builds(lambda minutes: timezone(timedelta(minutes=minutes)), st.integers(-14 * 60, 14 * 60))


@given(st.datetimes(timezones=ZONES, min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))
def test_what_is_written_is_read_back_and_never_later_than_it_was(moment: datetime) -> None:
    read = parse_moment(iso(moment))

    assert read is not None
    assert timedelta(0) <= moment - read < timedelta(seconds=1)


def test_a_moment_is_written_in_the_form_that_bamboohr_documents() -> None:
    assert iso(MOMENT.astimezone(timezone(timedelta(hours=5)))) == "2026-01-31T02:00:59Z"

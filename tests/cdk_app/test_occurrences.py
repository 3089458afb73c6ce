"""When schedules have runs, compared with a slow implementation of the same rules."""

from __future__ import annotations

from collections.abc import Set
from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_app.occurrences import Gaps, gaps, may_coincide, next_run, skipped_hours

LONDON = "Europe/London"
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("expression", "timezone", "shortest", "longest"),
    [
        # every day: an hour more on the day the clocks go back, an hour less in spring
        ("cron(30 3 * * ? *)", LONDON, 23, 25),
        ("cron(30 3 * * ? *)", "Asia/Tokyo", 24, 24),
        # 01:30 does not exist on one day of March, which has no run
        ("cron(30 1 * * ? *)", LONDON, 24, 47),
        ("cron(0 3,15 * * ? *)", "UTC", 12, 12),
        ("cron(0 3,9 * * ? *)", "UTC", 6, 18),
        # from Friday to Monday
        ("cron(30 3 ? * MON-FRI *)", "UTC", 24, 72),
        ("cron(30 3 ? * MON-FRI *)", LONDON, 24, 73),
        ("cron(15 4 ? * MON-SAT *)", "Australia/Sydney", 24, 49),
        ("cron(30 3 ? * SUN *)", "UTC", 168, 168),
        ("cron(0 3 ? * L *)", "UTC", 168, 168),
        # by the month
        ("cron(0 3 1 * ? *)", "UTC", 28 * 24, 31 * 24),
        ("cron(0 3 L * ? *)", "UTC", 28 * 24, 31 * 24),
        ("cron(0 3 15W * ? *)", "UTC", 28 * 24, 32 * 24),
        ("cron(0 3 LW * ? *)", "UTC", 28 * 24, 33 * 24),
        ("cron(0 3 ? * FRIL *)", "UTC", 28 * 24, 35 * 24),
        ("cron(0 3 ? * 2#1 *)", "UTC", 28 * 24, 35 * 24),
        ("cron(0 3 1 JAN,JUL ? *)", "UTC", 181 * 24, 184 * 24),
        ("cron(0 3 29 2 ? *)", "UTC", 1461 * 24, 1461 * 24),
        # by the clock
        ("rate(1 minute)", LONDON, 1 / 60, 1 / 60),
        ("rate(90 minutes)", LONDON, 1.5, 1.5),
        ("rate(12 hours)", LONDON, 12, 12),
        ("rate(2 days)", LONDON, 48, 48),
    ],
)
def test_gaps(expression: str, timezone: str, shortest: float, longest: float) -> None:
    assert gaps(expression, timezone, NOW) == Gaps(shortest * HOUR, longest * HOUR)


@pytest.mark.parametrize(
    "expression",
    ["at(2030-01-01T00:00:00)", "at(2020-01-01T00:00:00)", "cron(0 3 1 1 ? 2030)", "cron(0 3 * * ? 2025)"],
)
def test_a_single_run_has_no_gap(expression: str) -> None:
    assert gaps(expression, LONDON, NOW) is None


@pytest.mark.parametrize(
    ("expression", "timezone", "expected"),
    [
        ("cron(30 3 * * ? *)", LONDON, "2026-11-27T03:30+00:00"),
        ("cron(30 13 * * ? *)", LONDON, "2026-11-26T13:30+00:00"),
        ("cron(30 3 * * ? *)", "Asia/Tokyo", "2026-11-26T18:30+00:00"),
        ("cron(0 3 1 * ? *)", LONDON, "2026-12-01T03:00+00:00"),
        # the fifteenth and the first are Sundays in August 2027, the thirty-first of January as well
        ("cron(0 3 15W 8 ? *)", "UTC", "2027-08-16T03:00+00:00"),
        ("cron(0 3 1W 8 ? *)", "UTC", "2027-08-02T03:00+00:00"),
        ("cron(0 3 31W 1 ? *)", "UTC", "2027-01-29T03:00+00:00"),
        ("cron(0 3 1W 5 ? 2027)", "UTC", "2027-05-03T03:00+00:00"),
        ("cron(0 3 ? * 5#5 *)", "UTC", "2026-12-31T03:00+00:00"),
        ("cron(0 3 * * ? 2040)", "UTC", "2040-01-01T03:00+00:00"),
        ("at(2026-11-26T12:30:00)", LONDON, "2026-11-26T12:30+00:00"),
        ("rate(1 day)", LONDON, "2026-11-27T12:00+00:00"),
    ],
)
def test_the_next_run(expression: str, timezone: str, expected: str) -> None:
    assert next_run(expression, timezone, NOW) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    "expression",
    [
        "at(2026-11-26T11:59:00)",
        "at(2020-01-01T00:00:00)",
        "cron(30 3 * * ? 2025)",
        "cron(30 3 * * ? 1970-2025)",
        "cron(0 0 30 2 ? *)",
        "cron(0 0 31 4,6,9,11 ? *)",
    ],
)
def test_a_schedule_without_a_future_run(expression: str) -> None:
    assert next_run(expression, "UTC", NOW) is None


def slowly(minutes: set[int], hours: set[int], days: set[int], zone: ZoneInfo, until: datetime) -> list[datetime]:
    """Return the runs of a weekly schedule from all quarters of an hour in UTC; a repeated local time counts once."""
    found: dict[datetime, datetime] = {}
    moment = NOW
    while moment < until:
        moment += timedelta(minutes=15)
        local = moment.astimezone(zone).replace(tzinfo=None)
        if local.minute in minutes and local.hour in hours and (local.weekday() + 1) % 7 + 1 in days:
            found.setdefault(local, moment)
    return list(found.values())


@settings(max_examples=25, deadline=None)
@given(
    st.sets(st.sampled_from([0, 15, 30, 45]), min_size=1, max_size=2),
    st.sets(st.integers(0, 23), min_size=1, max_size=3),
    st.sets(st.integers(1, 7), min_size=1),
    st.sampled_from([LONDON, "Australia/Lord_Howe", "America/New_York", "Asia/Kolkata", "Africa/Casablanca"]),
)
def test_the_next_run_is_the_first_local_time_that_matches(
    minutes: set[int], hours: set[int], days: set[int], timezone: str
) -> None:
    expression = f"cron({_list(minutes)} {_list(hours)} ? * {_list(days)} *)"
    expected = slowly(minutes, hours, days, ZoneInfo(timezone), NOW + timedelta(days=9))

    assert next_run(expression, timezone, NOW) == expected[0]


def _list(numbers: set[int]) -> str:
    return ",".join(map(str, sorted(numbers)))


# Clock changes, and two schedules


@pytest.mark.parametrize(
    ("expression", "timezone", "hours"),
    [
        ("cron(30 1 * * ? *)", "Europe/London", (1,)),
        ("cron(0 */2 * * ? *)", "America/New_York", (0, 2)),
        ("cron(30 3 * * ? *)", "Europe/London", ()),
        ("cron(30 3 * * ? *)", "Europe/Berlin", ()),
        ("cron(30 3 * * ? *)", "Europe/Helsinki", (3,)),
        ("cron(30 4 * * ? *)", "Europe/Athens", ()),
        ("cron(30 23 * * ? *)", "America/Nuuk", (23,)),
        ("cron(30 1 * * ? *)", "UTC", ()),
        ("cron(30 1 * * ? *)", "Asia/Tokyo", ()),
        ("rate(1 day)", "Europe/London", ()),
        ("at(2030-03-31T01:30:00)", "Europe/London", ()),
    ],
)
def test_a_time_that_the_clock_change_may_skip(expression: str, timezone: str, hours: tuple[int, ...]) -> None:
    assert skipped_hours(expression, timezone, 2026) == hours


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("cron(30 3 * * ? *)", "cron(30 3 ? * SUN *)", True),
        ("cron(30 3 * * ? *)", "cron(0/15 */3 ? * 1 *)", True),
        ("cron(30 3 15 * ? *)", "cron(30 3 ? * SUN *)", True),
        ("cron(30 3 * * ? *)", "cron(30 3 ? * SUN#1 2030)", True),
        ("cron(30 3 * * ? *)", "cron(30 10 ? * SUN *)", False),
        ("cron(30 3 * * ? *)", "cron(0 3 ? * SUN *)", False),
        ("cron(30 3 ? * MON-SAT *)", "cron(30 3 ? * SUN *)", False),
        ("cron(30 3 1 * ? *)", "cron(30 3 15 * ? *)", False),
        ("rate(1 day)", "rate(7 days)", True),
        ("at(2030-02-28T03:30:00)", "at(2030-02-28T03:30:00)", False),
        ("cron(30 3 * * ? *)", "rate(1 day)", False),
        ("at(2030-02-28T03:30:00)", "cron(30 3 * * ? *)", False),
    ],
)
def test_two_that_may_start_in_the_same_minute(one: str, other: str, expected: bool) -> None:
    assert may_coincide(one, other) is expected
    assert may_coincide(other, one) is expected


@st.composite
def weeks(draw: st.DrawFn) -> tuple[str, Set[tuple[int, ...]]]:
    """Draw an expression, with every minute, hour and day of the week that it names."""
    named = [draw(st.sets(st.integers(low, high), min_size=1, max_size=4)) for low, high in ((0, 59), (0, 23), (1, 7))]
    minutes, hours, days = (",".join(map(str, values)) for values in named)
    return f"cron({minutes} {hours} ? * {days} *)", set(product(*named))


@given(weeks(), weeks())
def test_two_weekly_schedules_coincide_if_they_share_a_time(
    one: tuple[str, Set[tuple[int, ...]]], other: tuple[str, Set[tuple[int, ...]]]
) -> None:
    assert may_coincide(one[0], other[0]) is bool(one[1] & other[1])
    assert may_coincide(one[0], one[0])

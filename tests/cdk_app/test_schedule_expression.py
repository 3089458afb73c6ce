import pytest

from cdk_app.schedule_expression import ScheduleExpressionError, parse


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 2 * * ? *)",
        "cron(30 3 ? * MON-FRI *)",
        "cron(0 10 ? * 2-6 *)",
        "cron(0/15 8-18 ? * MON,WED,FRI *)",
        "cron(5,35 14 * * ? *)",
        "cron(0 18 L * ? *)",
        "cron(0 18 LW * ? *)",
        "cron(0 8 15W * ? *)",
        "cron(15 10 ? * 6L 2026-2030)",
        "cron(15 10 ? * FRIL *)",
        "cron(15 10 ? * 3#2 *)",
        "cron(15 10 ? JAN,JUL TUE#5 *)",
        "cron(0 9 1-7/2 1/3 ? 2026)",
        "cron(*/5 * * * ? *)",
        "cron(0  3  *  *  ?  *)",
        "rate(1 day)",
        "rate(12 hours)",
        "rate(90 minutes)",
        "at(2030-02-28T23:59:59)",
    ],
)
def test_what_the_scheduler_accepts(expression: str) -> None:
    parse(expression)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("0 2 * * ? *", "it is not cron"),
        ("cron(0 2 * * ? *) ", "it is not cron"),
        ("CRON(0 2 * * ? *)", "it is not cron"),
        ("every day", "it is not cron"),
        ("", "it is not cron"),
        ("cron(0 2 * * *)", "six fields .* here are 5"),
        ("cron(0 0 2 * * ? *)", "here are 7"),
        ("cron(0 2 * * * *)", "exactly one of day-of-month and day-of-week must be ?"),
        ("cron(0 2 ? * ? *)", "exactly one"),
        ("cron(0 2 1 * MON *)", "exactly one"),
        ("cron(60 2 * * ? *)", "minutes is '60', and '60' is none of its values"),
        ("cron(0 24 * * ? *)", "hours is '24'"),
        ("cron(0 2 0 * ? *)", "day-of-month is '0'"),
        ("cron(0 2 32 * ? *)", "day-of-month is '32'"),
        ("cron(0 2 32W * ? *)", "day-of-month is '32W'"),
        ("cron(0 2 * 13 ? *)", "month is '13'"),
        ("cron(0 2 * JANUARY ? *)", "month is 'JANUARY'.* 1-12 or JAN-DEC"),
        ("cron(0 2 ? * 0 *)", "day-of-week is '0'.* 1-7 or SUN-SAT"),
        ("cron(0 2 ? * 8 *)", "day-of-week is '8'"),
        ("cron(0 2 ? * mon *)", "day-of-week is 'mon'"),
        ("cron(0 2 ? * 3#6 *)", "day-of-week is '3#6'"),
        ("cron(0 2 ? * 3#1,6#3 *)", "day-of-week"),
        ("cron(0 2 * * ? 1969)", "year is '1969'"),
        ("cron(0 2 * * ? 2200)", "year is '2200'"),
        ("cron(0 5-2 * * ? *)", "the range 5-2 runs backwards"),
        ("cron(0 2 ? * FRI-MON *)", "the range FRI-MON runs backwards"),
        ("cron(0/0 2 * * ? *)", "'0' is no increment"),
        ("cron(0/ 2 * * ? *)", "'' is no increment"),
        ("cron(*,5 2 * * ? *)", "means every value"),
        ("cron(5, 2 * * ? *)", "'' is none of its values"),
        ("cron(? 2 * * ? *)", "minutes is '\\?'"),
        ("cron(L 2 * * ? *)", "minutes is 'L'"),
        ("rate(1 days)", "rate is"),
        ("rate(2 day)", "rate is"),
        ("rate(0 days)", "rate is"),
        ("rate(1 week)", "rate is"),
        ("rate(1.5 hours)", "rate is"),
        ("rate(1000000 days)", "of up to six digits"),
        ("at(2030-02-30T00:00:00)", "at is a local time"),
        ("at(9999-12-31T23:59:59)", "at is a local time"),
        ("at(0001-01-01T00:00:00)", "at is a local time"),
        ("at(2030-02-28)", "at is a local time"),
        ("at(2030-02-28T00:00:00Z)", "at is a local time"),
    ],
)
def test_what_it_refuses(expression: str, reason: str) -> None:
    with pytest.raises(ScheduleExpressionError, match=reason):
        parse(expression)

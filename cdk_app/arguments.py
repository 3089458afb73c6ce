"""Checks of the arguments of constructs. Each raises a ValueError with the argument, its value and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cdk_app import schedule_expression
from cdk_app.allowed_values import is_project_name, timezones

_FARGATE_SIZES: Mapping[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
}
"""CPU units -> memory sizes in MiB (ECS developer guide, "Fargate task definition parameters")."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_REQUIRED = ("BAMBOO_COMPANY_DOMAIN", "MOODLE_BASE_URL", "STATE_TABLE")
_SET_BY_THE_CONSTRUCT = ("AWS_DEFAULT_REGION", "BAMBOO_SECRET_ID", "MOODLE_SECRET_ID", "SCHEDULED_TIME", "TRIGGER")
_SECRET = ("BAMBOOHR_API_KEY", "MOODLE_TOKEN")


def project_name(value: str) -> None:
    """Require a name that all resources named after the project can have."""
    if not is_project_name(value):
        raise _refused("project_name", value, "3 to 40 lower-case letters, digits and single hyphens, letter first")


def email(name: str, value: str) -> None:
    """Require the form of an e-mail address."""
    if not _EMAIL.fullmatch(value):
        raise _refused(name, value, 'an e-mail address, as in "hr-sync@example.com"')


def choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Require one of several texts."""
    if value not in allowed:
        raise _refused(name, value, " or ".join(map(repr, allowed)))


def whole_number(name: str, value: int, *, low: int, high: int) -> None:
    """Require a whole number within limits."""
    if type(value) is not int or not low <= value <= high:
        raise _refused(name, value, f"a whole number from {low} to {high}")


def fargate_size(cpu: int, memory_mib: int) -> None:
    """Require a combination of CPU and memory that Fargate offers."""
    if cpu not in _FARGATE_SIZES:
        raise _refused("cpu", cpu, "one of " + ", ".join(map(str, _FARGATE_SIZES)))
    sizes = _FARGATE_SIZES[cpu]
    if memory_mib not in sizes:
        raise _refused("memory_mib", memory_mib, f"one of {', '.join(map(str, sizes))} with cpu = {cpu}")


def schedule(name: str, expression: str) -> None:
    """Require an expression that EventBridge Scheduler accepts."""
    try:
        schedule_expression.parse(expression)
    except schedule_expression.ScheduleExpressionError as fault:
        raise _refused(name, expression, f"an EventBridge Scheduler expression ({fault})") from None


def timezone(value: str) -> None:
    """Require the name of an IANA time zone."""
    if value not in timezones():
        raise _refused("schedule_timezone", value, 'the name of an IANA time zone, as in "Europe/London"')


def worker_environment(environment: Mapping[str, str]) -> None:
    """Require the variables without a default, and refuse secrets and those that the construct sets."""
    missing = [name for name in _REQUIRED if not environment.get(name)]
    if missing:
        raise ValueError(f"environment lacks {', '.join(missing)}")
    for name, value in environment.items():
        if name in _SECRET:
            raise ValueError(f"environment has {name}: a secret never belongs in a template; set it in Secrets Manager")
        if name in _SET_BY_THE_CONSTRUCT:
            raise ValueError(f"environment has {name}, which the construct sets itself")
        if not isinstance(value, str):
            raise _refused(f"environment[{name!r}]", value, "a text")


def _refused(name: str, value: object, allowed: str) -> ValueError:
    return ValueError(f"{name} = {value!r} is not allowed; allowed is {allowed}")

"""The values allowed for some settings and arguments.

This module, and everything that reads an environment's file, does without the CDK, whose import takes a second.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from zoneinfo import available_timezones

import botocore.session

LONGEST_SILENCE_HOURS = 168
"""An alarm looks back at most seven days: period x evaluation periods (CloudWatch API, PutMetricAlarm)."""

LOG_RETENTION = {
    7: "ONE_WEEK",
    14: "TWO_WEEKS",
    30: "ONE_MONTH",
    60: "TWO_MONTHS",
    90: "THREE_MONTHS",
    120: "FOUR_MONTHS",
    150: "FIVE_MONTHS",
    180: "SIX_MONTHS",
    365: "ONE_YEAR",
    400: "THIRTEEN_MONTHS",
    545: "EIGHTEEN_MONTHS",
    731: "TWO_YEARS",
    1096: "THREE_YEARS",
    1827: "FIVE_YEARS",
}
"""The retention periods of CloudWatch Logs from a week to five years: days -> member of `aws_logs.RetentionDays`."""

_PROJECT_NAME = re.compile(r"(?=.{3,40}\Z)[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(user|role)/[\w+=,.@/-]{1,512}", re.ASCII)
_MOST_PRINCIPALS = 20
_GITHUB_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
# Entries of the time zone database that are not places.
_NO_TIMEZONES = frozenset({"localtime", "Factory"})


def is_project_name(text: str) -> bool:
    """Return whether all resources named after a project can have this name."""
    return _PROJECT_NAME.fullmatch(text) is not None


def are_principals(texts: Sequence[str]) -> bool:
    """Return whether the texts are 1 to 20 different ARNs of IAM users or roles."""
    is_allowed_number = 0 < len(texts) <= _MOST_PRINCIPALS
    return is_allowed_number and len(set(texts)) == len(texts) and all(map(_PRINCIPAL.fullmatch, texts))


def is_github_repository(text: str) -> bool:
    """Return whether the text names one GitHub repository, without wildcards of a trust policy."""
    return _GITHUB_REPOSITORY.fullmatch(text) is not None


@cache
def regions() -> frozenset[str]:
    """Return the regions of all AWS partitions that botocore lists."""
    partitions = botocore.session.Session().get_data("partitions")["partitions"]
    # For services without a region, each partition lists a pseudo region as well.
    return frozenset(name for partition in partitions for name in partition["regions"] if not name.endswith("-global"))


@cache
def timezones() -> frozenset[str]:
    """Return the names of the IANA time zones. Cached, because it reads the files of the database."""
    return frozenset(available_timezones() - _NO_TIMEZONES)

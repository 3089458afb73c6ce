"""What `doctor` says of one check, as a line of a task's log: read, and told to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.log_line import of_event
from worker.runs.checks import CheckStatus


def parse(message: str) -> Mapping[str, Any] | None:
    """The check that a log line is; None if it is another line."""
    return of_event(message, "doctor.check")


def is_grave(check: Mapping[str, Any]) -> bool:
    """Whether somebody should look at it."""
    return check.get("verdict") != CheckStatus.OK


def readable(check: Mapping[str, Any]) -> str:
    """A check as `doctor` prints it on a terminal."""
    advice = f"\n{'':<9}-> {check['advice']}" if check.get("advice") else ""
    return f"{check.get('verdict', ''):<8} {check.get('area', '')}: {check.get('what', '')}{advice}"

"""What an end of the task means, and what to do about it: from what ECS says of a stopped task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.errors import ExitCode

KILLED = 137
_MEANING_OF_KILLED = "killed: out of memory, or stopped without heeding SIGTERM"
# Amazon ECS developer guide, "Stopped tasks error messages": what the reason begins with or holds.
_REASONS = (
    (
        "CannotPullContainer",
        "The image could not be pulled. Check that the subnets have a way out on port 443 (a public IP, or a NAT"
        " gateway), and that the image is there: deploy again.",
    ),
    (
        "ResourceInitialization",
        "The task could not be prepared. Check the subnets' way out on port 443, the log group and the execution role:"
        " deploy again.",
    ),
    ("OutOfMemory", "The container ran out of memory. Set BatchSize in the environment's file to split the work."),
    (
        "Capacity is unavailable",
        "Fargate had no room in this zone. Run it again later, or give it subnets in two zones.",
    ),
    (
        "Timeout waiting for network",
        "The network interface did not come up. Run it again; check the subnets' free addresses.",
    ),
)


def container_of(task: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The worker's container; empty where ECS knows none."""
    found: Mapping[str, Any] = next((one for one in task.get("containers", ()) if one.get("name") == name), {})
    return found


def exit_code_of(task: Mapping[str, Any], container: str) -> int | None:
    """The worker's exit code; None where it never ran or has not ended."""
    if task.get("lastStatus") != "STOPPED":
        return None
    code = container_of(task, container).get("exitCode")
    return None if code is None else int(code)


def meaning_of(code: int) -> str:
    """An exit code in words."""
    if code == KILLED:
        return _MEANING_OF_KILLED
    known = {int(one): one.meaning for one in ExitCode}
    return known.get(code, "no exit code of this program")


def cure_of(task: Mapping[str, Any], container: str) -> str:
    """What to do about a task that did not end by itself; empty where nothing is known."""
    said = f"{task.get('stoppedReason', '')} {container_of(task, container).get('reason', '')}"
    return next((cure for sign, cure in _REASONS if sign in said), "")

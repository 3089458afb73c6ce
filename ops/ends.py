"""What the end of a task means, and what to do about it, from what ECS says of a stopped task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker import advice
from worker.errors import ExitCode

_MEANINGS = {137: "killed: out of memory, or stopped without heeding SIGTERM"} | {
    int(code): code.meaning for code in ExitCode
}
# What the reasons contain: Amazon ECS developer guide, "Stopped tasks error messages".
_ADVICE = {
    "CannotPullContainer": "The image could not be pulled. Check that the subnets have a way out on port 443 (a public"
    " IP, or a NAT gateway). If the image was deleted: {command:deploy}",
    "ResourceInitialization": "The task could not be prepared. Check the subnets' way out on port 443, the log group"
    " and the execution role; to deploy again: {command:deploy}",
    "OutOfMemory": "The container ran out of memory. Set BatchSize in the environment's file to split the work.",
    "Capacity is unavailable": "Fargate had no capacity in this zone. Give it subnets in two zones, or run it again"
    " later: {command:sync}",
    "Timeout waiting for network": "The network interface did not come up. Check that the subnets have free addresses,"
    " then: {command:sync}",
}


def container_of(task: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The worker's container; empty if ECS lists none."""
    found: Mapping[str, Any] = next((one for one in task.get("containers", ()) if one.get("name") == name), {})
    return found


def exit_code_of(task: Mapping[str, Any], container: str) -> int | None:
    """The worker's exit code; None if it never ran or has not ended."""
    if task.get("lastStatus") != "STOPPED":
        return None
    code = container_of(task, container).get("exitCode")
    return None if code is None else int(code)


def meaning_of(code: int) -> str:
    """An exit code in words."""
    return _MEANINGS.get(code, "not an exit code of this program")


def advice_on(task: Mapping[str, Any], container: str) -> str:
    """What to do about a task that did not end by itself; empty if the reason is not a known one."""
    reasons = f"{task.get('stoppedReason', '')} {container_of(task, container).get('reason', '')}"
    return advice.resolve(next((text for sign, text in _ADVICE.items() if sign in reasons), ""))

"""ECS task state change events, as "Amazon ECS task state change events" (ECS developer guide) shows them."""

from __future__ import annotations

from typing import Any

ACCOUNT = "111122223333"
REGION = "eu-west-2"
CLUSTER = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/sync"
FAMILY = "acme-lxp-sync"
_TASKS = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition"
_NO_CODE: Any = object()


def family(name: str = FAMILY, revision: int = 7) -> str:
    """Return the ARN of a task definition."""
    return f"{_TASKS}/{name}:{revision}"


def container(exit_code: Any = _NO_CODE, *, name: str = "worker", **more: Any) -> dict[str, Any]:
    """Return a container of a task; without an exit code, it never ran."""
    code = {} if exit_code is _NO_CODE else {"exitCode": exit_code}
    return {
        "containerArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:container/{name}",
        "lastStatus": "STOPPED",
        "name": name,
        **code,
        **more,
    }


def task(
    *containers: dict[str, Any],
    stop_code: str | None = "EssentialContainerExited",
    reason: str | None = "Essential container in task exited",
    detail_type: str = "ECS Task State Change",
    source: str = "aws.ecs",
    **detail: Any,
) -> dict[str, Any]:
    """Return an event about the task, with changes to its detail."""
    details = {
        "attachments": [
            {"id": "1", "type": "eni", "status": "DELETED", "details": [{"name": "subnetId", "value": "s"}]}
        ],
        "availabilityZone": f"{REGION}a",
        "clusterArn": CLUSTER,
        "containers": list(containers),
        "cpu": "256",
        "createdAt": "2026-01-31T03:30:01.123Z",
        "desiredStatus": "STOPPED",
        "group": f"family:{FAMILY}",
        "lastStatus": "STOPPED",
        "launchType": "FARGATE",
        "memory": "512",
        "overrides": {
            "containerOverrides": [{"name": "worker", "environment": [{"name": "TRIGGER", "value": "schedule"}]}]
        },
        "startedBy": "chronos-schedule/acme-lxp-sync-nightly",
        "stopCode": stop_code,
        "stoppedReason": reason,
        "taskArn": f"{CLUSTER.replace('cluster', 'task')}/0123456789abcdef",
        "taskDefinitionArn": family(),
        "version": 5,
        **detail,
    }
    return {
        "version": "0",
        "id": "317c0fdf-3f6c-4d5f-8e7c-4a2b0a6f4f5e",
        "detail-type": detail_type,
        "source": source,
        "account": ACCOUNT,
        "time": "2026-01-31T03:31:00Z",
        "region": REGION,
        "resources": [details["taskArn"]],
        "detail": {key: value for key, value in details.items() if value is not None},
    }


RECONCILE: dict[str, Any] = {
    "overrides": {
        "containerOverrides": [
            {
                "name": "worker",
                "command": ["reconcile", "--yes"],
                "environment": [{"name": "TRIGGER", "value": "schedule"}],
            }
        ]
    },
    "startedBy": "chronos-schedule/acme-lxp-sync-reconcile",
}
"""The differing details of a task that the schedule of the reconcile started."""

SUCCESS, FAILURE, NEITHER = "success", "failure", "neither"

ENDS: dict[str, tuple[dict[str, Any], str]] = {
    "exit 0": (task(container(0)), SUCCESS),
    "exit 0 of an older revision": (task(container(0), taskDefinitionArn=family(revision=1)), SUCCESS),
    "exit 0 by hand": (task(container(0), startedBy="operator"), SUCCESS),
    "exit 0 of a reconcile": (task(container(0), **RECONCILE), SUCCESS),
    "exit 0 beside an injected container": (
        task(container(137, name="aws-guardduty-agent"), container(0)),
        SUCCESS,
    ),
    "exit 0 beside an injected container without exit code": (
        task(container(0), container(name="aws-guardduty-agent")),
        SUCCESS,
    ),
    "exit 1": (task(container(1)), FAILURE),
    "exit 2": (task(container(2)), FAILURE),
    "exit 3": (task(container(3)), FAILURE),
    "exit 4": (task(container(4)), FAILURE),
    "exit 70": (task(container(70)), FAILURE),
    "exit 75": (task(container(75)), FAILURE),
    "exit 4 of a reconcile": (task(container(4), **RECONCILE), FAILURE),
    "exit 75 of a reconcile": (task(container(75), **RECONCILE), FAILURE),
    "a reconcile that never started": (
        task(container(), stop_code="TaskFailedToStart", reason="CannotPullContainerError: x", **RECONCILE),
        FAILURE,
    ),
    "killed, exit 137": (
        task(container(137, reason="OutOfMemoryError: Container killed due to memory usage")),
        FAILURE,
    ),
    "terminated, exit 143": (task(container(143)), FAILURE),
    "exit 1 beside an injected container that ended well": (
        task(container(0, name="aws-guardduty-agent"), container(1)),
        FAILURE,
    ),
    "image cannot be pulled": (
        task(
            container(reason="CannotPullContainerError: pull image manifest has been retried 5 time(s)"),
            stop_code="TaskFailedToStart",
            reason='CannotPullContainerError: failed to resolve ref "x"',
        ),
        FAILURE,
    ),
    "resources cannot be initialised": (
        task(container(), stop_code="TaskFailedToStart", reason="ResourceInitializationError: unable to pull secrets"),
        FAILURE,
    ),
    "stopped by an operator before its start": (
        task(container(), stop_code="UserInitiated", reason="Task stopped by user"),
        FAILURE,
    ),
    "stopped by an operator, ended well all the same": (
        task(container(0), stop_code="UserInitiated", reason="Task stopped by user"),
        FAILURE,
    ),
    "stopped by an operator, exit 143": (task(container(143), stop_code="UserInitiated"), FAILURE),
    "host retired": (task(container(137), stop_code="TerminationNotice"), FAILURE),
    "spot capacity reclaimed": (task(container(143), stop_code="SpotInterruption"), FAILURE),
    "no stop code, exit 0": (task(container(0), stop_code=None), FAILURE),
    "no stop code, no exit code": (task(container(), stop_code=None, reason=None), FAILURE),
    "no stop code, exit 1": (task(container(1), stop_code=None), FAILURE),
    "essential container exited, but no exit code": (task(container()), FAILURE),
    "no exit code beside an injected container that has one": (
        task(container(), container(0, name="aws-guardduty-agent")),
        FAILURE,
    ),
    "no exit code behind an injected container that has one": (
        task(container(137, name="aws-guardduty-agent"), container()),
        FAILURE,
    ),
    "no containers at all": (task(stop_code="TaskFailedToStart"), FAILURE),
    "no field containers": (task(containers=None, stop_code="TaskFailedToStart"), FAILURE),
    "exit code that is no number": (task(container(None)), FAILURE),
}
"""Every way in which the task can end, and the rule that must match."""

OTHERS: dict[str, dict[str, Any]] = {
    "another family": task(container(1), taskDefinitionArn=family("payroll")),
    "a family whose name begins alike": task(container(1), taskDefinitionArn=family(f"{FAMILY}-dev")),
    "a family whose name ends alike": task(container(1), taskDefinitionArn=family(f"x-{FAMILY}")),
    "another cluster": task(container(0), clusterArn=f"{CLUSTER}-other"),
    "not yet stopped, exit code known": task(container(0), lastStatus="DEPROVISIONING"),
    "stopping": task(container(1), lastStatus="STOPPING"),
    "running": task(container(), lastStatus="RUNNING", desiredStatus="RUNNING", stop_code=None),
    "pending": task(container(), lastStatus="PENDING", stop_code=None),
    "of another kind": task(container(1), detail_type="ECS Service Action"),
    "from another source": task(container(1), source="acme.ecs"),
}
"""Events that no rule may match."""

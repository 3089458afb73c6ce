"""`make destroy` outside production: nothing is left that the next deploy would meet. The last file of the suite."""

from __future__ import annotations

import pytest

from tests.e2e import former
from tests.e2e.deployment import PROJECT, Deployment, Environment
from tests.e2e.story import Done


@pytest.fixture(scope="module")
def destroyed(
    redeployed: Deployment,
    run_after_the_pause: Done,
    upgraded: Deployment,
    environment: Environment,
    former_environment: Environment,
) -> Deployment:
    """After the last run: first the one environment, then the other."""
    for one in (environment, former_environment):
        verb = one.destroy()
        assert verb.code == 0, verb.said
    return redeployed


def test_nothing_of_either_environment_is_left(destroyed: Deployment) -> None:
    client = destroyed.emulator.client
    found = {
        "stacks": [
            stack["StackName"]
            for stack in client("cloudformation").describe_stacks()["Stacks"]
            if stack["StackStatus"] != "DELETE_COMPLETE"
        ],
        "tables": client("dynamodb").list_tables()["TableNames"],
        "secrets": [secret["Name"] for secret in client("secretsmanager").list_secrets()["SecretList"]],
        "repositories": [one["repositoryName"] for one in client("ecr").describe_repositories()["repositories"]],
        "log groups": [one["logGroupName"] for one in client("logs").describe_log_groups()["logGroups"]],
        "topics": [one["TopicArn"] for one in client("sns").list_topics()["Topics"]],
        "alarms": [one["AlarmName"] for one in client("cloudwatch").describe_alarms()["MetricAlarms"]],
        "clusters": client("ecs").list_clusters()["clusterArns"],
        "rules": [one["Name"] for one in client("events").list_rules()["Rules"]],
        "schedules": [one["Name"] for one in client("scheduler").list_schedules()["Schedules"]],
        "roles": [one["RoleName"] for one in client("iam").list_roles()["Roles"]],
    }

    left = {
        kind: [name for name in names if any(project in name for project in (PROJECT, former.PROJECT))]
        for kind, names in found.items()
    }
    assert {kind: names for kind, names in left.items() if names} == {}

"""The constructs in another stack: which arguments they accept and refuse."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Template as Assertions

from cdk_app.alerting import AlertingConstruct
from cdk_app.network import TaskNetwork
from tests.cdk_app.constructs import ENVIRONMENT, sync_task
from tests.cdk_app.synthesis import Template, app

CLUSTER = "arn:aws:ecs:eu-west-2:111122223333:cluster/shared"


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(app(), "Stack", env=cdk.Environment(account="111122223333", region="eu-west-2"))


def template(stack: cdk.Stack) -> Template:
    return Template(Assertions.from_stack(stack).to_json())


def shared_cluster(stack: cdk.Stack) -> ecs.ICluster:
    vpc = ec2.Vpc.from_vpc_attributes(stack, "Vpc", vpc_id="vpc-1", availability_zones=["eu-west-2a"])
    return ecs.Cluster.from_cluster_attributes(
        stack, "Cluster", cluster_name="shared", cluster_arn=CLUSTER, vpc=vpc, security_groups=[]
    )


def test_a_given_cluster_is_used_everywhere(stack: cdk.Stack) -> None:
    task = sync_task(stack, cluster=shared_cluster(stack))
    AlertingConstruct(stack, "Alerting", task=task, alert_email="ops@example.com")

    made = template(stack)
    schedule = made.only("AWS::Scheduler::Schedule")["Properties"]
    statements = {one["Sid"]: one for one in made.statements(made.named("ScheduleRole", "AWS::IAM::Role"))}
    pattern = made.properties("FailureRule", "AWS::Events::Rule")["EventPattern"]
    assert not made.of_type("AWS::ECS::Cluster")
    assert schedule["Target"]["Arn"] == CLUSTER
    assert statements["RunAnyRevisionOfThisFamilyInThisCluster"]["Condition"] == {"ArnEquals": {"ecs:cluster": CLUSTER}}
    assert statements["TagTheTaskItStarts"]["Resource"] == "arn:aws:ecs:eu-west-2:111122223333:task/shared/*"
    assert pattern["detail"]["clusterArn"] == [CLUSTER]


def test_a_given_log_group_is_used_for_the_log_and_the_alarms(stack: cdk.Stack) -> None:
    group = logs.LogGroup(stack, "Shared")
    task = sync_task(stack, log_group=group)
    AlertingConstruct(stack, "Alerting", task=task, alert_email="ops@example.com")

    made = template(stack)
    (container,) = made.only("AWS::ECS::TaskDefinition")["Properties"]["ContainerDefinitions"]
    name = {"Ref": made.named("Shared", "AWS::Logs::LogGroup")}
    assert len(made.of_type("AWS::Logs::LogGroup")) == 1
    assert container["LogConfiguration"]["Options"]["awslogs-group"] == name
    assert {one["Properties"]["LogGroupName"]["Ref"] for one in made.of_type("AWS::Logs::MetricFilter").values()} == {
        name["Ref"]
    }
    # The address in the console needs the name, which is known only at deployment.
    assert "/cloudwatch/home" not in json.dumps(made.of_type("AWS::Events::Rule"))


def test_cpu_and_memory(stack: cdk.Stack) -> None:
    sync_task(stack, cpu=1024, memory_mib=4096)

    properties = template(stack).only("AWS::ECS::TaskDefinition")["Properties"]
    assert (properties["Cpu"], properties["Memory"]) == ("1024", "4096")


def test_a_stack_can_have_two_of_them(stack: cdk.Stack) -> None:
    for name in ("one-sync", "other-sync"):
        task = sync_task(stack, name, project_name=name)
        AlertingConstruct(stack, f"{name}-alerts", task=task, alert_email="ops@example.com")

    assert len(template(stack).of_type("AWS::ECS::TaskDefinition")) == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"project_name": "Acme Sync"}, r"project_name = 'Acme Sync' is not allowed; allowed is 3 to 40 lower-case"),
        ({"schedule_expression": "daily"}, r"schedule_expression = 'daily' is not allowed; .*not cron"),
        ({"reconcile_schedule": "cron(0 2 * * * *)"}, r"reconcile_schedule = .*\(exactly one of day-of-month"),
        ({"schedule_timezone": "Mars/Base"}, r"schedule_timezone = 'Mars/Base' is not allowed; allowed is the name of"),
        ({"cpu": 300}, r"cpu = 300 is not allowed; allowed is one of 256, 512, 1024"),
        ({"cpu": 256, "memory_mib": 4096}, r"memory_mib = 4096 .* one of 512, 1024, 2048 with cpu = 256"),
        ({"cpu_architecture": "amd64"}, r"cpu_architecture = 'amd64' is not allowed; allowed is 'X86_64' or 'ARM64'"),
        ({"environment": {"STATE_TABLE": "t"}}, r"environment lacks BAMBOO_COMPANY_DOMAIN, MOODLE_BASE_URL"),
        ({"environment": {**ENVIRONMENT, "MOODLE_TOKEN": "x"}}, r"MOODLE_TOKEN: a secret never belongs in a template"),
        ({"environment": {**ENVIRONMENT, "TRIGGER": "schedule"}}, r"TRIGGER, which the construct sets itself"),
        ({"environment": {**ENVIRONMENT, "BATCH_SIZE": 5}}, r"environment\['BATCH_SIZE'\] = 5 .* allowed is a text"),
    ],
)
def test_an_argument_of_the_task_that_is_not_allowed(stack: cdk.Stack, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        sync_task(stack, **changes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"alert_email": "ops"}, r"alert_email = 'ops' is not allowed; allowed is an e-mail address"),
        ({"silence_hours": 1}, r"silence_hours = 1 is not allowed; allowed is a whole number from 2 to 168"),
        ({"silence_hours": 169}, r"silence_hours = 169 is not allowed"),
        ({"silence_hours": 30.5}, r"silence_hours = 30.5 is not allowed"),
    ],
)
def test_an_argument_of_the_alerts_that_is_not_allowed(stack: cdk.Stack, changes: dict[str, Any], reason: str) -> None:
    task = sync_task(stack)

    with pytest.raises(ValueError, match=reason):
        AlertingConstruct(stack, "Alerting", **{"task": task, "alert_email": "ops@example.com", **changes})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"subnet_ids": ()}, r"subnet_ids = \(\) is not allowed; allowed is a tuple of subnet ids"),
        ({"subnet_ids": "subnet-1"}, r"subnet_ids = 'subnet-1' is not allowed"),
        ({"security_group_id": ""}, r"security_group_id is empty"),
    ],
)
def test_a_network_without_a_subnet_or_a_security_group(changes: dict[str, Any], reason: str) -> None:
    least: dict[str, Any] = {"subnet_ids": ("subnet-1",), "security_group_id": "sg-1", "assign_public_ip": False}

    with pytest.raises(ValueError, match=reason):
        TaskNetwork(**(least | changes))


def test_silence_hours_may_be_0(stack: cdk.Stack) -> None:
    alerting = AlertingConstruct(
        stack, "Alerting", task=sync_task(stack), alert_email="ops@example.com", silence_hours=0
    )

    names = [one["Properties"]["AlarmName"] for one in template(stack).of_type("AWS::CloudWatch::Alarm").values()]
    assert alerting.silence_alarm is None
    assert sorted(names) == ["acme-sync-dead-letters", "acme-sync-parked"]

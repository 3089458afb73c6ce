import json
from pathlib import Path
from typing import Any

import pytest

from tests.cdk_app.synthesis import ENVIRONMENTS, Synthesis, synthesise

SCHEDULE = "AWS::Scheduler::Schedule"
ROLE = "AWS::IAM::Role"
QUEUE = "AWS::SQS::Queue"


def schedules(synthesis: Synthesis) -> dict[str, dict[str, Any]]:
    """Return the schedules by the last part of their name."""
    found = [dict(one["Properties"]) for one in synthesis.sync.of_type(SCHEDULE).values()]
    return {one["Name"].removeprefix(f"{synthesis.parameters.project_name}-"): one for one in found}


def schedule(synthesis: Synthesis, name: str = "nightly") -> dict[str, Any]:
    return schedules(synthesis)[name]


def arn(synthesis: Synthesis, part: str, kind: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [synthesis.sync.named(part, kind), "Arn"]}


def test_runs_at_the_times_and_in_the_time_zone_of_the_file(dev: Synthesis, prod: Synthesis) -> None:
    for synthesis, expression, timezone in (
        (dev, "cron(30 3 * * ? *)", "Europe/London"),
        (prod, "cron(15 4 ? * MON-SAT *)", "Australia/Sydney"),
    ):
        found = schedule(synthesis)

        assert (found["ScheduleExpression"], found["ScheduleExpressionTimezone"]) == (expression, timezone)
        assert found["State"] == "ENABLED"
        assert found["FlexibleTimeWindow"] == {"Mode": "OFF"}


def test_the_schedule_of_a_reconcile_is_optional(dev: Synthesis, prod: Synthesis) -> None:
    assert set(schedules(dev)) == {"nightly"}
    assert set(schedules(prod)) == {"nightly", "reconcile"}
    assert schedule(prod, "reconcile")["ScheduleExpression"] == "cron(30 10 ? * SUN *)"
    assert prod.sync.body["Outputs"]["ReconcileScheduleName"]["Value"] == {
        "Ref": prod.sync.named("Reconcile", SCHEDULE)
    }


def test_the_schedules_differ_only_in_time_and_command(prod: Synthesis) -> None:
    sync, reconcile = schedule(prod), schedule(prod, "reconcile")
    differ = {key for key in sync.keys() | reconcile.keys() if sync.get(key) != reconcile.get(key)}
    target = {key for key in sync["Target"] if sync["Target"][key] != reconcile["Target"][key]}

    assert differ == {"Name", "Description", "ScheduleExpression", "Target"}
    assert target == {"Input"}


def test_a_reconcile_adds_only_its_schedule_and_its_output(dev: Synthesis, tmp_path: Path) -> None:
    file = tmp_path / "dev.toml"
    file.write_text((ENVIRONMENTS / "dev.toml").read_text() + 'ReconcileSchedule = "cron(30 10 ? * SUN *)"\n')

    added = synthesise("dev", tmp_path / "assembly", file).sync

    reconcile = added.named("Reconcile", SCHEDULE)
    assert dev.sync.resources == {name: one for name, one in added.resources.items() if name != reconcile}
    assert added.body["Outputs"].keys() - dev.sync.body["Outputs"].keys() == {"ReconcileScheduleName"}


def test_the_logical_ids_do_not_change(each: Synthesis) -> None:
    """With a new logical id, the queue would be replaced, and its messages lost."""
    deployed = {
        "TaskSchedule662F55AF": SCHEDULE,
        "TaskScheduleGroupB9981F77": "AWS::Scheduler::ScheduleGroup",
        "TaskScheduleRoleAA991CC0": ROLE,
        "TaskScheduleDeadLetterQueue2DEFDA33": QUEUE,
    }

    assert {name: each.sync.resources[name]["Type"] for name in deployed} == deployed
    assert (
        each.sync.resources["TaskSchedule662F55AF"]["Properties"]["Name"] == f"{each.parameters.project_name}-nightly"
    )


def test_starts_this_task_in_this_cluster_on_fargate(each: Synthesis) -> None:
    target = schedule(each)["Target"]
    ecs = target["EcsParameters"]

    assert target["Arn"] == arn(each, "Cluster", "AWS::ECS::Cluster")
    assert ecs["TaskDefinitionArn"] == {"Ref": each.sync.named("Task", "AWS::ECS::TaskDefinition")}
    assert (ecs["LaunchType"], ecs["TaskCount"], ecs["PropagateTags"]) == ("FARGATE", 1, "TASK_DEFINITION")


def test_runs_in_the_given_network(prod: Synthesis) -> None:
    assert schedule(prod)["Target"]["EcsParameters"]["NetworkConfiguration"]["AwsvpcConfiguration"] == {
        "Subnets": ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"],
        "SecurityGroups": ["sg-0123456789abcdef0"],
        "AssignPublicIp": "DISABLED",
    }


def test_runs_in_the_public_network_with_a_public_address(dev: Synthesis) -> None:
    network = schedule(dev)["Target"]["EcsParameters"]["NetworkConfiguration"]["AwsvpcConfiguration"]

    assert [subnet["Ref"] for subnet in network["Subnets"]] == list(dev.sync.of_type("AWS::EC2::Subnet"))
    assert network["SecurityGroups"] == [
        {"Fn::GetAtt": [dev.sync.named("SecurityGroup", "AWS::EC2::SecurityGroup"), "GroupId"]}
    ]
    assert network["AssignPublicIp"] == "ENABLED"


def test_the_overrides_contain_the_trigger_and_the_scheduled_time(each: Synthesis) -> None:
    assert json.loads(schedule(each)["Target"]["Input"]) == {
        "containerOverrides": [
            {
                "name": "worker",
                "environment": [
                    {"name": "TRIGGER", "value": "schedule"},
                    {"name": "SCHEDULED_TIME", "value": "<aws.scheduler.scheduled-time>"},
                ],
            }
        ]
    }


def test_the_overrides_of_a_reconcile_contain_its_command_as_well(prod: Synthesis) -> None:
    (override,) = json.loads(schedule(prod)["Target"]["Input"])["containerOverrides"]

    assert json.loads(schedule(prod, "reconcile")["Target"]["Input"]) == {
        "containerOverrides": [{**override, "command": ["reconcile", "--yes"]}]
    }


def test_retries_three_times_within_an_hour_before_the_dead_letter_queue(each: Synthesis) -> None:
    target = schedule(each)["Target"]

    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600}
    assert target["DeadLetterConfig"] == {"Arn": arn(each, "DeadLetter", QUEUE)}


def test_the_permissions_of_the_scheduler_role(prod: Synthesis) -> None:
    role = prod.sync.named("ScheduleRole", ROLE)
    cluster = prod.sync.named("Cluster", "AWS::ECS::Cluster")
    ecs = "arn:aws:ecs:eu-west-2:111122223333"

    assert prod.sync.statements(role) == [
        {
            "Sid": "RunAnyRevisionOfThisFamilyInThisCluster",
            "Effect": "Allow",
            "Action": "ecs:RunTask",
            "Resource": f"{ecs}:task-definition/snap:*",
            "Condition": {"ArnEquals": {"ecs:cluster": {"Fn::GetAtt": [cluster, "Arn"]}}},
        },
        {
            "Sid": "TagTheTaskItStarts",
            "Effect": "Allow",
            "Action": "ecs:TagResource",
            "Resource": {"Fn::Join": ["", [f"{ecs}:task/", {"Ref": cluster}, "/*"]]},
            "Condition": {"StringEquals": {"ecs:CreateAction": "RunTask"}},
        },
        {
            "Sid": "HandTheTaskItsTwoRoles",
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": [arn(prod, "ExecutionRole", ROLE), arn(prod, "TaskRole", ROLE)],
            "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        },
        {
            "Sid": "KeepWhatCouldNotStart",
            "Effect": "Allow",
            "Action": "sqs:SendMessage",
            "Resource": arn(prod, "DeadLetter", QUEUE),
        },
    ]


def test_only_schedules_of_this_group_may_assume_the_role(each: Synthesis) -> None:
    group = each.sync.named("Group", "AWS::Scheduler::ScheduleGroup")
    (trust,) = each.sync.properties("ScheduleRole", ROLE)["AssumeRolePolicyDocument"]["Statement"]

    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [group, "Arn"]}},
    }
    assert [one["GroupName"] for one in schedules(each).values()] == [{"Ref": group}] * len(schedules(each))


def test_the_queue_keeps_messages_encrypted_for_14_days(each: Synthesis) -> None:
    properties = each.sync.properties("DeadLetter", QUEUE)

    assert properties["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert properties["SqsManagedSseEnabled"] is True


@pytest.mark.parametrize("rule", ["SuccessRule", "FailureRule", "ScanRule"])
def test_the_queue_accepts_messages_of_the_rules_over_tls_only(each: Synthesis, rule: str) -> None:
    statements = each.sync.only("AWS::SQS::QueuePolicy")["Properties"]["PolicyDocument"]["Statement"]
    (refusal,) = [one for one in statements if one["Effect"] == "Deny"]
    allowed = [one for one in statements if one["Effect"] == "Allow"]

    assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert {one["Principal"]["Service"] for one in allowed} == {"events.amazonaws.com"}
    assert len(allowed) == 3
    assert {"ArnEquals": {"aws:SourceArn": arn(each, rule, "AWS::Events::Rule")}} in [
        one["Condition"] for one in allowed
    ]

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cdk_app.synthesis import ENVIRONMENTS, Synthesis, synthesise

SCHEDULE = "AWS::Scheduler::Schedule"
ROLE = "AWS::IAM::Role"
QUEUE = "AWS::SQS::Queue"


def schedules(synthesis: Synthesis) -> dict[str, dict[str, Any]]:
    """By name, without the project's."""
    found = [dict(one["Properties"]) for one in synthesis.sync.of_type(SCHEDULE).values()]
    return {one["Name"].removeprefix(f"{synthesis.parameters.project_name}-"): one for one in found}


def schedule(synthesis: Synthesis, name: str = "nightly") -> dict[str, Any]:
    return schedules(synthesis)[name]


def arn(synthesis: Synthesis, part: str, kind: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [synthesis.sync.named(part, kind), "Arn"]}


def test_runs_when_the_file_says_in_its_time_zone(dev: Synthesis, prod: Synthesis) -> None:
    for synthesis, expression, timezone in (
        (dev, "cron(30 3 * * ? *)", "Europe/London"),
        (prod, "cron(15 4 ? * MON-SAT *)", "Australia/Sydney"),
    ):
        told = schedule(synthesis)

        assert (told["ScheduleExpression"], told["ScheduleExpressionTimezone"]) == (expression, timezone)
        assert told["State"] == "ENABLED"
        assert told["FlexibleTimeWindow"] == {"Mode": "OFF"}


def test_a_reconcile_has_a_schedule_where_the_file_asks_for_one(dev: Synthesis, prod: Synthesis) -> None:
    assert set(schedules(dev)) == {"nightly"}
    assert set(schedules(prod)) == {"nightly", "reconcile"}
    assert schedule(prod, "reconcile")["ScheduleExpression"] == "cron(30 10 ? * SUN *)"
    assert prod.sync.body["Outputs"]["ReconcileScheduleName"]["Value"] == {
        "Ref": prod.sync.named("Reconcile", SCHEDULE)
    }


def test_a_reconcile_is_scheduled_as_a_sync_is_but_for_its_time_and_its_command(prod: Synthesis) -> None:
    nightly, reconcile = schedule(prod), schedule(prod, "reconcile")
    differ = {key for key in nightly.keys() | reconcile.keys() if nightly.get(key) != reconcile.get(key)}
    target = {key for key in nightly["Target"] if nightly["Target"][key] != reconcile["Target"][key]}

    assert differ == {"Name", "Description", "ScheduleExpression", "Target"}
    assert target == {"Input"}


def test_a_reconcile_adds_its_schedule_and_its_output_and_changes_nothing(dev: Synthesis, tmp_path: Path) -> None:
    file = tmp_path / "dev.toml"
    file.write_text((ENVIRONMENTS / "dev.toml").read_text() + 'ReconcileSchedule = "cron(30 10 ? * SUN *)"\n')

    added = synthesise("dev", tmp_path / "assembly", file).sync

    reconcile = added.named("Reconcile", SCHEDULE)
    assert dev.sync.resources == {name: one for name, one in added.resources.items() if name != reconcile}
    assert added.body["Outputs"].keys() - dev.sync.body["Outputs"].keys() == {"ReconcileScheduleName"}


def test_what_is_deployed_already_keeps_its_logical_ids(each: Synthesis) -> None:
    """A new logical id would make the queue again, and lose the letters in it."""
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


def test_runs_in_the_public_network_with_an_address_of_its_own(dev: Synthesis) -> None:
    network = schedule(dev)["Target"]["EcsParameters"]["NetworkConfiguration"]["AwsvpcConfiguration"]

    assert [subnet["Ref"] for subnet in network["Subnets"]] == list(dev.sync.of_type("AWS::EC2::Subnet"))
    assert network["SecurityGroups"] == [
        {"Fn::GetAtt": [dev.sync.named("SecurityGroup", "AWS::EC2::SecurityGroup"), "GroupId"]}
    ]
    assert network["AssignPublicIp"] == "ENABLED"


def test_the_container_learns_what_started_it_and_for_when(each: Synthesis) -> None:
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


def test_a_reconcile_is_told_the_same_and_its_command(prod: Synthesis) -> None:
    (nightly,) = json.loads(schedule(prod)["Target"]["Input"])["containerOverrides"]

    assert json.loads(schedule(prod, "reconcile")["Target"]["Input"]) == {
        "containerOverrides": [{**nightly, "command": ["reconcile", "--yes"]}]
    }


def test_tries_three_times_within_the_hour_and_keeps_what_failed(each: Synthesis) -> None:
    target = schedule(each)["Target"]

    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600}
    assert target["DeadLetterConfig"] == {"Arn": arn(each, "DeadLetter", QUEUE)}


def test_the_scheduler_role_may_start_this_family_here_and_hand_over_two_roles(prod: Synthesis) -> None:
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


def test_only_schedules_of_this_group_may_take_the_role(each: Synthesis) -> None:
    group = each.sync.named("Group", "AWS::Scheduler::ScheduleGroup")
    (trust,) = each.sync.properties("ScheduleRole", ROLE)["AssumeRolePolicyDocument"]["Statement"]

    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [group, "Arn"]}},
    }
    assert [one["GroupName"] for one in schedules(each).values()] == [{"Ref": group}] * len(schedules(each))


def test_the_queue_keeps_its_letters_encrypted_for_a_fortnight(each: Synthesis) -> None:
    properties = each.sync.properties("DeadLetter", QUEUE)

    assert properties["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert properties["SqsManagedSseEnabled"] is True


@pytest.mark.parametrize("rule", ["SuccessRule", "FailureRule", "ScanRule"])
def test_the_queue_takes_letters_of_the_rules_and_over_tls_only(each: Synthesis, rule: str) -> None:
    statements = each.sync.only("AWS::SQS::QueuePolicy")["Properties"]["PolicyDocument"]["Statement"]
    (refusal,) = [one for one in statements if one["Effect"] == "Deny"]
    allowed = [one for one in statements if one["Effect"] == "Allow"]

    assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert {one["Principal"]["Service"] for one in allowed} == {"events.amazonaws.com"}
    assert len(allowed) == 3
    assert {"ArnEquals": {"aws:SourceArn": arn(each, rule, "AWS::Events::Rule")}} in [
        one["Condition"] for one in allowed
    ]

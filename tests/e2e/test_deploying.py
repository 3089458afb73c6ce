"""Two commands bring an empty account to a service that is ready to run."""

from __future__ import annotations

import pytest

from tests.e2e import docker_stub
from tests.e2e.deployment import PROJECT, Deployment, Environment
from tests.e2e.emulator import ACCOUNT, REGION
from tests.e2e.story import FIRST_BATCH, SECOND_BATCH, Done
from tests.run_harness import API_KEY, RunHarness
from tests.sandbox.moodle import TOKEN


def test_bootstrap_leaves_the_role_that_a_first_cluster_needs(deployed: Deployment) -> None:
    roles = deployed.emulator.client("iam").list_roles(PathPrefix="/aws-service-role/ecs.amazonaws.com/")["Roles"]

    assert len(roles) == 1


def test_both_stacks_are_complete_and_tagged(deployed: Deployment) -> None:
    for name in (PROJECT, f"{PROJECT}-registry"):
        (stack,) = deployed.emulator.client("cloudformation").describe_stacks(StackName=name)["Stacks"]

        assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
        assert {tag["Key"]: tag["Value"] for tag in stack["Tags"]} == {
            "Application": "bamboohr-novalxp-sync",
            "Environment": "e2e",
            "Project": PROJECT,
        }


def test_a_deploy_ends_with_what_to_do_next(deployed: Deployment, environment: Environment) -> None:
    said = deployed.verb.said

    assert "What to do next:" in said
    assert f"{environment.lxp} doctor --task" in said
    assert f"{environment.lxp} sync\n" in said


def test_where_no_engine_can_ask_the_registry_the_tag_of_the_base_stays(
    deployed: Deployment, environment: Environment
) -> None:
    build = next(call for call in docker_stub.calls(environment.docker) if call[0] == "build")

    assert "The image is built on python:3.13-slim as the engine has it" in deployed.verb.said
    assert deployed.outputs["BaseImage"] == "python:3.13-slim"
    assert "--build-arg" not in build


def test_the_outputs_lead_to_everything_that_an_operator_needs(deployed: Deployment) -> None:
    client, outputs = deployed.emulator.client, deployed.outputs
    (cluster,) = client("ecs").describe_clusters(clusters=[outputs["ClusterName"]])["clusters"]
    table = client("dynamodb").describe_table(TableName=outputs["TableName"])["Table"]
    (log_group,) = client("logs").describe_log_groups(logGroupNamePrefix=outputs["LogGroupName"])["logGroups"]
    subscriptions = client("sns").list_subscriptions_by_topic(TopicArn=outputs["TopicArn"])["Subscriptions"]
    queue = client("sqs").get_queue_attributes(QueueUrl=outputs["DeadLetterQueueUrl"], AttributeNames=["All"])
    subnets = client("ec2").describe_subnets(SubnetIds=outputs["SubnetIds"].split(","))["Subnets"]
    (group,) = client("ec2").describe_security_groups(GroupIds=[outputs["SecurityGroupId"]])["SecurityGroups"]
    names = [outputs[f"{alarm}AlarmName"] for alarm in ("Silence", "DeadLetter", "Parked")]
    alarms = client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    repositories = client("ecr").describe_repositories(repositoryNames=[outputs["RepositoryName"]])["repositories"]

    assert cluster["status"] == "ACTIVE"
    assert table["KeySchema"] == [{"AttributeName": "StateId", "KeyType": "HASH"}]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert (log_group["logGroupName"], log_group["retentionInDays"]) == (f"/ecs/{PROJECT}", 90)
    assert [one["Endpoint"] for one in subscriptions if one["Protocol"] == "email"] == [outputs["AlertEmail"]]
    assert queue["Attributes"]["MessageRetentionPeriod"] == str(14 * 24 * 60 * 60)
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == 2
    assert group["IpPermissions"] == []
    assert {alarm["AlarmName"] for alarm in alarms} == set(names)
    assert all(alarm["AlarmActions"] == alarm["OKActions"] == [outputs["TopicArn"]] for alarm in alarms)
    assert (deployed.schedule["State"], deployed.schedule["ScheduleExpression"]) == ("ENABLED", "cron(30 3 * * ? *)")
    assert [one["imageTagMutability"] for one in repositories] == ["IMMUTABLE"]
    assert outputs["Environment"] == "e2e"


def test_the_image_is_in_the_projects_own_repository_under_one_tag(
    deployed: Deployment, environment: Environment
) -> None:
    images = deployed.emulator.client("ecr").describe_images(repositoryName=PROJECT)["imageDetails"]
    tags = {tag for image in images for tag in image["imageTags"]}
    repository, _, tag = deployed.container["image"].rpartition(":")
    pushed = [call[-1] for call in docker_stub.calls(environment.docker) if call[0] == "push"]

    assert repository == f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{PROJECT}"
    assert tag in tags
    assert len(tag) == 64
    assert deployed.container["image"] in pushed
    assert len(pushed) == len(set(pushed))
    assert all(image.startswith(f"{repository}:") for image in pushed)


def test_the_image_is_built_from_the_workers_directory(deployed: Deployment, environment: Environment) -> None:
    build = next(call for call in docker_stub.calls(environment.docker) if call[0] == "build")

    assert build[build.index("--platform") + 1] == "linux/amd64"
    assert build[-1] == "."


def test_the_task_definition_holds_ids_and_no_secret(deployed: Deployment, first_run: Done) -> None:
    values = set(deployed.variables.values())

    assert {deployed.outputs[f"{system}SecretArn"] for system in ("Bamboo", "Moodle")} <= values
    assert first_run.run.code == 0
    assert not {API_KEY, TOKEN} & values
    assert "secrets" not in deployed.container


def test_a_changed_parameter_is_a_new_revision_and_nothing_else(deployed: Deployment, redeployed: Deployment) -> None:
    assert deployed.variables["BATCH_SIZE"] == str(FIRST_BATCH)
    assert redeployed.variables == {**deployed.variables, "BATCH_SIZE": str(SECOND_BATCH)}
    assert redeployed.task_definition["revision"] == deployed.task_definition["revision"] + 1
    assert (
        redeployed.schedule["Target"]["EcsParameters"]["TaskDefinitionArn"] == redeployed.outputs["TaskDefinitionArn"]
    )
    changed = {name for name in deployed.outputs if deployed.outputs[name] != redeployed.outputs[name]}
    assert changed == {"TaskDefinitionArn"}


def test_a_deploy_leaves_state_and_secrets_alone(first_run: Done, redeployed: Deployment, systems: RunHarness) -> None:
    assert redeployed.items()[redeployed.outputs["StateId"]] == first_run.items["default"]
    assert redeployed.secrets() == first_run.secrets


@pytest.mark.parametrize("rule", ["SuccessRule", "FailureRule"])
def test_a_rule_is_on_and_says_where_what_it_cannot_send_goes(deployed: Deployment, rule: str) -> None:
    events = deployed.emulator.client("events")
    (found,) = [one for one in events.list_rules()["Rules"] if one["Name"] == deployed.outputs[f"{rule}Name"]]
    (target,) = events.list_targets_by_rule(Rule=found["Name"])["Targets"]

    assert found["State"] == "ENABLED"
    assert target["Arn"] == deployed.outputs["TopicArn"]
    assert (
        target["DeadLetterConfig"]["Arn"].rpartition(":")[2]
        == deployed.outputs["DeadLetterQueueUrl"].rpartition("/")[2]
    )

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cdk_app.synthesis import Synthesis, texts
from worker.config.settings import VARIABLES, read_settings

TASK = "AWS::ECS::TaskDefinition"
ROLE = "AWS::IAM::Role"
SECRET = "AWS::SecretsManager::Secret"
DOCKERFILE = Path(__file__).parents[2] / "worker" / "Dockerfile"


def container(synthesis: Synthesis) -> dict[str, Any]:
    (only,) = synthesis.sync.only(TASK)["Properties"]["ContainerDefinitions"]
    return dict(only)


def environment(synthesis: Synthesis) -> dict[str, Any]:
    return {one["Name"]: one["Value"] for one in container(synthesis)["Environment"]}


def test_the_smallest_fargate_task_of_the_chosen_architecture(dev: Synthesis, prod: Synthesis) -> None:
    for synthesis, architecture in ((dev, "X86_64"), (prod, "ARM64")):
        properties = synthesis.sync.only(TASK)["Properties"]

        assert (properties["Cpu"], properties["Memory"]) == ("256", "512")
        assert properties["RequiresCompatibilities"] == ["FARGATE"]
        assert properties["RuntimePlatform"] == {"CpuArchitecture": architecture, "OperatingSystemFamily": "LINUX"}
        assert properties["Family"] == synthesis.parameters.project_name


def test_the_container_has_no_privileges_and_a_read_only_file_system(each: Synthesis) -> None:
    worker = container(each)

    assert worker["Name"] == "worker"
    assert worker["Essential"] is True
    assert worker["User"] == "10001:10001"
    assert worker["ReadonlyRootFilesystem"] is True
    assert worker["LinuxParameters"] == {"Capabilities": {"Drop": ["ALL"]}, "InitProcessEnabled": True}
    assert worker["StopTimeout"] == 120
    assert not {"Privileged", "PortMappings", "MountPoints", "Command", "EntryPoint"} & worker.keys()
    assert "Volumes" not in each.sync.only(TASK)["Properties"]


def test_the_image_and_the_task_agree_on_the_user() -> None:
    assert re.findall(r"^USER (.*)$", DOCKERFILE.read_text(), re.MULTILINE) == ["10001:10001"]


def test_the_log_driver_blocks_instead_of_dropping_lines(each: Synthesis) -> None:
    log = container(each)["LogConfiguration"]

    assert log["LogDriver"] == "awslogs"
    assert log["Options"]["mode"] == "blocking"
    assert log["Options"]["awslogs-group"] == {"Ref": each.sync.named("Task", "AWS::Logs::LogGroup")}


def test_the_log_group(dev: Synthesis, prod: Synthesis) -> None:
    for synthesis, days, removal in ((dev, 90, "Delete"), (prod, 365, "RetainExceptOnCreate")):
        group = synthesis.sync.only("AWS::Logs::LogGroup")

        assert group["Properties"]["LogGroupName"] == f"/ecs/{synthesis.parameters.project_name}"
        assert group["Properties"]["RetentionInDays"] == days
        assert group["DeletionPolicy"] == removal


def test_the_environment_is_that_of_the_file_and_of_the_stack(prod: Synthesis) -> None:
    variables = environment(prod)

    assert {name: value for name, value in variables.items() if not isinstance(value, dict)} == {
        "STATE_ID": "default",
        "ADVICE_COMMAND_LINE": "./lxp --env prod",
        **prod.parameters.worker_environment,
    }
    assert variables["STATE_TABLE"] == {"Ref": prod.sync.named("State", "AWS::DynamoDB::Table")}
    assert variables["BAMBOO_SECRET_ID"] == {"Ref": prod.sync.named("Bamboo", SECRET)}
    assert variables["MOODLE_SECRET_ID"] == {"Ref": prod.sync.named("Moodle", SECRET)}
    assert variables["AWS_DEFAULT_REGION"] == {"Ref": "AWS::Region"}
    assert variables.keys() - {"AWS_DEFAULT_REGION", "ADVICE_COMMAND_LINE"} <= VARIABLES.keys()


def test_the_worker_accepts_the_environment(each: Synthesis) -> None:
    variables = {name: value if isinstance(value, str) else "given" for name, value in environment(each).items()}

    settings = read_settings({**variables, "TRIGGER": "schedule", "SCHEDULED_TIME": "2026-01-31T03:30:00Z"})

    assert settings.state_table == "given"


def test_the_image_is_in_the_projects_own_repository_under_its_content(prod: Synthesis, dev: Synthesis) -> None:
    image = container(prod)["Image"]["Fn::Sub"]

    assert re.fullmatch(r"111122223333\.dkr\.ecr\.eu-west-2\.\$\{AWS::URLSuffix\}/snap:[0-9a-f]{64}", image)
    assert "/snap-dev:" in container(dev)["Image"]["Fn::Sub"]


def test_the_image_is_built_for_the_tasks_architecture(dev: Synthesis, prod: Synthesis) -> None:
    for synthesis, platform in ((dev, "linux/amd64"), (prod, "linux/arm64")):
        assets = json.loads((synthesis.assembly / f"{synthesis.parameters.project_name}.assets.json").read_text())
        (image,) = assets["dockerImages"].values()
        (destination,) = image["destinations"].values()

        assert image["source"]["platform"] == platform
        assert destination["repositoryName"] == synthesis.parameters.project_name


def test_the_build_context_has_no_caches_and_tests(dev: Synthesis) -> None:
    (context,) = dev.assembly.glob("asset.*")
    names = {path.name for path in context.rglob("*")}

    assert {"Dockerfile", "requirements.txt", "settings.py"} < names
    assert not [name for name in names if name.endswith(".pyc")]
    assert not names & {"__pycache__", "requirements.in", "tests"}


@pytest.mark.parametrize(
    ("secret", "name", "key"), [("Bamboo", "bamboohr", "bamboohr_api_key"), ("Moodle", "moodle", "moodle_token")]
)
def test_a_secret_has_a_name_and_no_value(each: Synthesis, secret: str, name: str, key: str) -> None:
    properties = each.sync.properties(secret, SECRET)

    assert properties["Name"] == f"{each.parameters.project_name}/{name}"
    assert f'"{key}"' in properties["Description"]
    assert not {"SecretString", "GenerateSecretString"} & properties.keys()


def test_secrets_outlive_the_stack_in_production_only(dev: Synthesis, prod: Synthesis) -> None:
    for synthesis, removal in ((dev, "Delete"), (prod, "RetainExceptOnCreate")):
        secrets = synthesis.sync.of_type(SECRET).values()

        assert [secret["DeletionPolicy"] for secret in secrets] == [removal, removal]


def test_no_secret_is_in_the_template(each: Synthesis) -> None:
    assert "Secrets" not in container(each)
    assert not [text for text in texts(each.sync.body) if text.startswith("{{resolve:")]


def test_the_cluster_has_no_container_insights(each: Synthesis) -> None:
    properties = each.sync.only("AWS::ECS::Cluster")["Properties"]

    assert properties["ClusterSettings"] == [{"Name": "containerInsights", "Value": "disabled"}]


def test_with_a_given_network_none_is_created(prod: Synthesis) -> None:
    assert not [one for one in prod.sync.resources.values() if one["Type"].startswith("AWS::EC2::")]


def test_the_permissions_of_the_execution_role(prod: Synthesis) -> None:
    role = prod.sync.named("ExecutionRole", ROLE)

    assert prod.sync.statements(role) == [
        {
            "Effect": "Allow",
            "Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Resource": "arn:aws:ecr:eu-west-2:111122223333:repository/snap",
        },
        {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": {"Fn::GetAtt": [prod.sync.named("Task", "AWS::Logs::LogGroup"), "Arn"]},
        },
    ]


def test_the_permissions_of_the_task_role(each: Synthesis) -> None:
    role = each.sync.named("TaskRole", ROLE)

    assert each.sync.statements(role) == [
        {
            "Sid": "ReadItsTwoSecrets",
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": [{"Ref": each.sync.named("Bamboo", SECRET)}, {"Ref": each.sync.named("Moodle", SECRET)}],
        },
        {
            "Sid": "KeepItsState",
            "Effect": "Allow",
            "Action": [
                "dynamodb:BatchGetItem",
                "dynamodb:BatchWriteItem",
                "dynamodb:ConditionCheckItem",
                "dynamodb:DeleteItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Scan",
            ],
            "Resource": {"Fn::GetAtt": [each.sync.named("State", "AWS::DynamoDB::Table"), "Arn"]},
        },
    ]


@pytest.mark.parametrize("role", ["ExecutionRole", "TaskRole"])
def test_only_tasks_of_this_account_may_assume_the_roles(prod: Synthesis, role: str) -> None:
    (trust,) = prod.sync.properties(role, ROLE)["AssumeRolePolicyDocument"]["Statement"]

    assert trust == {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Condition": {
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
            "ArnLike": {"aws:SourceArn": "arn:aws:ecs:eu-west-2:111122223333:*"},
        },
    }


def test_the_task_has_both_roles(each: Synthesis) -> None:
    properties = each.sync.only(TASK)["Properties"]

    assert properties["ExecutionRoleArn"] == {"Fn::GetAtt": [each.sync.named("ExecutionRole", ROLE), "Arn"]}
    assert properties["TaskRoleArn"] == {"Fn::GetAtt": [each.sync.named("TaskRole", ROLE), "Arn"]}

"""Finding the environment by its file, account and stack; messages where one is wrong; the command line's help."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from ops import cli
from ops.deployment import output_names
from ops.errors import refusal
from tests.cdk_app.synthesis import synthesise
from tests.ops.deployed_environment import Environment, every_output


def test_every_output_that_is_read_exists_in_the_stack(tmp_path: Path) -> None:
    sync = synthesise("prod", tmp_path).sync

    assert set(every_output()) <= set(sync.body["Outputs"])


def test_the_required_outputs_are_those_of_every_stack(tmp_path: Path) -> None:
    sync = synthesise("dev", tmp_path).sync

    assert set(every_output()) - set(sync.body["Outputs"]) == {"ReconcileScheduleName"}
    assert set(output_names(required=True).values()) <= set(sync.body["Outputs"])


def test_the_log_stream_is_the_one_of_the_task_definition(tmp_path: Path) -> None:
    definition = synthesise("dev", tmp_path).sync.only("AWS::ECS::TaskDefinition")["Properties"]
    (container,) = definition["ContainerDefinitions"]

    assert container["LogConfiguration"]["Options"]["awslogs-stream-prefix"] == container["Name"] == "worker"


def test_no_stack(undeployed: Environment) -> None:
    end = undeployed.ops("state", "show")

    assert end.code == 69
    assert "there is no stack acme-sync in eu-west-2" in end.err
    assert f"make deploy ENV=acme ENV_FILE={undeployed.env_file}" in end.err


def test_a_stack_whose_first_deploy_failed(undeployed: Environment) -> None:
    undeployed.make_stack({"ClusterName": "acme"})

    end = undeployed.ops("runs", "list")

    assert end.code == 69
    assert "no output TaskFamily" in end.err


def test_credentials_of_another_account(deployed: Environment) -> None:
    text = deployed.env_file.read_text().replace("123456789012", "111122223333")
    deployed.env_file.write_text(text)

    end = deployed.ops("pause")

    assert end.code == 69
    assert "is in account 111122223333, but these credentials are for 123456789012" in end.err


def test_a_stack_that_was_deployed_under_another_name(deployed: Environment) -> None:
    deployed.outputs["Environment"] = "prod"
    deployed.deploy_again()

    end = deployed.ops("reconcile", "--yes")

    assert end.code == 2
    assert "the stack acme-sync was deployed as prod, but the command names acme" in end.err
    assert not deployed.tasks


def test_a_file_with_faults(deployed: Environment) -> None:
    deployed.env_file.write_text(deployed.env_file.read_text().replace("Europe/London", "Europe/Londn"))

    end = deployed.ops("runs", "logs")

    assert end.code == 2
    assert "ScheduleTimezone" in end.err


def test_an_environment_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["tail", "--env", "nowhere"]) == 2

    assert "there is no such file; the environments are dev, prod" in capsys.readouterr().err


def test_without_account_and_region_in_the_file_the_region_comes_from_aws_region(
    deployed: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = deployed.env_file.read_text().splitlines()
    deployed.env_file.write_text("\n".join(line for line in lines if not line.startswith(("Account", "Region"))))

    without = deployed.ops("runs", "logs")
    monkeypatch.setenv("AWS_REGION", "eu-west-2")
    named = deployed.ops("dead-letters")

    assert without.code == 69
    assert "no AWS region is set" in without.err
    assert named.code == 0


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("AccessDeniedException", "AWS does not allow these credentials to call RunTask"),
        ("ExpiredTokenException", "the AWS credentials have expired (ExpiredTokenException)"),
        ("InvalidClientTokenId", "AWS does not accept these credentials (InvalidClientTokenId)"),
        ("ClusterNotFoundException", "AWS refused RunTask (ClusterNotFoundException): gone"),
    ],
)
def test_an_error_of_aws(code: str, message: str) -> None:
    fault = ClientError({"Error": {"Code": code, "Message": "gone"}}, "RunTask")

    assert message in refusal(fault).message


def test_an_error_of_aws_ends_a_verb_with_two_lines(deployed: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object) -> None:
        raise EndpointConnectionError(endpoint_url="http://nowhere")

    monkeypatch.setattr("ops.cli.find", unreachable)

    end = deployed.ops("alerts")

    assert end.code == 69
    assert end.err.splitlines()[0].startswith("lxp: AWS cannot be reached")
    assert len(end.err.splitlines()) == 2


def test_outputs_are_read_by_their_own_names(deployed: Environment) -> None:
    assert set(every_output()) == set(deployed.outputs)
    assert json.dumps(deployed.outputs)

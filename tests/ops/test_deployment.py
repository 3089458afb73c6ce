"""Finding the environment by its file, account and stack; messages where one is wrong; the command line's help."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from ops import cli
from ops.deployment import output_names
from ops.errors import OpsExit, refusal
from tests.cdk_app.synthesis import synthesise
from tests.ops.deployed_environment import Environment, every_output
from worker.errors import ExitCode


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
    assert f"make deploy {undeployed.in_env}" in end.err


def test_a_stack_whose_first_deploy_failed(undeployed: Environment) -> None:
    undeployed.make_stack({"ClusterName": "acme"})

    end = undeployed.ops("summaries")

    assert end.code == 69
    assert "no output TaskFamily" in end.err


def test_credentials_of_another_account(deployed: Environment) -> None:
    text = deployed.env_file.read_text().replace("123456789012", "111122223333")
    deployed.env_file.write_text(text)

    end = deployed.ops("pause")

    assert end.code == 69
    assert "is in account 111122223333, and these credentials are for 123456789012" in end.err


def test_a_stack_that_was_deployed_under_another_name(deployed: Environment) -> None:
    deployed.outputs["Environment"] = "prod"
    deployed.deploy_again()

    end = deployed.ops("reconcile", "--yes")

    assert end.code == 2
    assert "the stack acme-sync was deployed as prod, and the command names acme" in end.err
    assert not deployed.tasks


def test_a_file_with_faults(deployed: Environment) -> None:
    deployed.env_file.write_text(deployed.env_file.read_text().replace("Europe/London", "Europe/Londn"))

    end = deployed.ops("tail")

    assert end.code == 2
    assert "ScheduleTimezone" in end.err


def test_an_environment_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["tail", "--env", "nowhere"]) == 2

    assert "there is no such file; environments are dev, prod" in capsys.readouterr().err


def test_without_account_and_region_in_the_file_the_region_comes_from_aws_region(
    deployed: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = deployed.env_file.read_text().splitlines()
    deployed.env_file.write_text("\n".join(line for line in lines if not line.startswith(("Account", "Region"))))

    without = deployed.ops("tail")
    monkeypatch.setenv("AWS_REGION", "eu-west-2")
    named = deployed.ops("dead-letters")

    assert without.code == 69
    assert "no AWS region is set" in without.err
    assert named.code == 0


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("AccessDeniedException", "AWS does not allow RunTask to these credentials"),
        ("ExpiredTokenException", "AWS does not accept these credentials"),
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
    assert end.err.splitlines()[0].startswith("ops: AWS cannot be reached")
    assert len(end.err.splitlines()) == 2


def test_help_teaches_verbs_exit_codes_and_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0

    out = capsys.readouterr().out
    for code in (*OpsExit, *ExitCode):
        assert f"{code:>5}  {code.meaning}" in out
    assert ".venv/bin/python -m ops state rewind --env dev --days 3" in out
    assert "`state show` is\n`make state-show`" in out
    assert "make ends with 2 whatever went wrong" in out


@pytest.mark.parametrize(
    "verb",
    [
        ["run"],
        ["approve"],
        ["reconcile"],
        ["undo"],
        ["doctor"],
        ["plan"],
        ["explain"],
        ["people", "list"],
        ["people", "retry"],
        ["people", "drop"],
        ["stop"],
        ["tail"],
        ["summaries"],
        ["task"],
        ["state", "show"],
        ["state", "rewind"],
        ["state", "reset"],
        ["state", "rebind"],
        ["pause"],
        ["resume"],
        ["alerts"],
        ["dead-letters"],
        ["secret", "set", "bamboohr"],
        ["secret", "set", "moodle"],
    ],
)
def test_every_verb_has_help(verb: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*verb, "--help"]) == 0

    assert "--env NAME" in capsys.readouterr().out


def test_without_a_verb_or_an_environment_the_usage_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == cli.main(["run"]) == 2

    assert "required: --env" in capsys.readouterr().err


def test_the_package_runs_by_its_name(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import runpy

    monkeypatch.setattr("sys.argv", ["ops", "--help"])

    with pytest.raises(SystemExit, match="0"):
        runpy.run_module("ops", run_name="__main__")
    assert "python -m ops" in capsys.readouterr().out


def test_outputs_are_read_by_their_own_names(deployed: Environment) -> None:
    assert set(every_output()) == set(deployed.outputs)
    assert json.dumps(deployed.outputs)

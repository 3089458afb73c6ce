"""What `make deploy` runs at its end: a scan of the image, and the list of open steps."""

from __future__ import annotations

import json

import pytest

from ops import after_deploy
from tests.ops.deployed_environment import ALERT_EMAIL, PROJECT, SCHEDULE, STATE_ID, Denied, Environment, replace_client

MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"digest": f"sha256:{'0' * 64}", "size": 2, "mediaType": "application/vnd.oci.image.config.v1+json"},
        "layers": [],
    }
)


def after(deployed: Environment, *options: str) -> tuple[str, str]:
    """What it prints, to stdout and stderr."""
    assert after_deploy.main(["--env", "acme", "--env-file", str(deployed.env_file), *options]) == 0
    captured = deployed.capture.readouterr()
    return captured.out, captured.err


@pytest.fixture
def pushed(deployed: Environment) -> Environment:
    """The environment with its image in the registry."""
    registry = deployed.client("ecr")
    registry.create_repository(repositoryName=PROJECT)
    registry.put_image(repositoryName=PROJECT, imageTag="abc", imageManifest=MANIFEST)
    return deployed


def confirm(deployed: Environment) -> None:
    deployed.client("sns").subscribe(TopicArn=deployed.outputs["TopicArn"], Protocol="email", Endpoint=ALERT_EMAIL)


def set_secrets(deployed: Environment, *systems: str) -> None:
    for system in systems:
        deployed.client("secretsmanager").put_secret_value(SecretId=f"{PROJECT}/{system}", SecretString="{}")


def have_run(deployed: Environment) -> None:
    deployed.table.put_item(Item={"StateId": STATE_ID, "since": "2026-11-22T00:00:00Z"})


def test_on_a_new_environment_every_step_is_open_and_in_order(pushed: Environment) -> None:
    out, err = after(pushed)

    assert err == ""
    assert out.splitlines() == [
        "",
        "What to do next:",
        "1. Confirm the subscription to the alerts: open the link in the e-mail from AWS within two days.",
        f"   Then check it: {pushed.lxp} alerts --test",
        "2. Set the credentials:",
        f"   {pushed.lxp} secret set bamboohr",
        f"   {pushed.lxp} secret set moodle",
        "3. Check everything, see what a run would do, and start the first run:",
        f"   {pushed.lxp} doctor --task",
        f"   {pushed.lxp} sync --dry-run",
        f"   {pushed.lxp} sync",
        "   Until the first successful sync the silence alarm is in ALARM.",
    ]


def test_what_is_done_is_not_named(pushed: Environment) -> None:
    confirm(pushed)
    set_secrets(pushed, "bamboohr")

    out, _ = after(pushed)

    assert "Confirm" not in out
    assert "secret-bamboohr" not in out
    assert f"1. Set the credentials:\n   {pushed.lxp} secret set moodle\n2. Check everything" in out


def test_nothing_is_left_to_do(pushed: Environment) -> None:
    confirm(pushed)
    set_secrets(pushed, "bamboohr", "moodle")
    have_run(pushed)

    assert after(pushed) == ("\nNothing is left to do.\n", "")


def test_before_a_deploy_it_says_whether_the_environment_is_paused(pushed: Environment) -> None:
    assert after(pushed, "--before") == ("", "")
    pushed.ops("pause")

    assert after(pushed, "--before") == ("paused\n", "")


def test_before_a_first_deploy_it_says_nothing(undeployed: Environment) -> None:
    assert after(undeployed, "--before") == ("", "")


def test_a_pause_without_a_note_that_the_deploy_has_ended_comes_first(pushed: Environment) -> None:
    out, _ = after(pushed, "--was-paused")

    assert "1. The environment was paused, and this deploy has enabled: the schedule acme-sync-nightly and " in out
    assert f"Pause again: {pushed.lxp} pause" in out


def test_a_pause_without_a_note_that_the_deploy_has_left_alone_is_not_named(pushed: Environment) -> None:
    pushed.ops("pause")
    pushed.table.delete_item(Key={"StateId": f"{STATE_ID}#paused"})

    assert after(pushed, "--before")[0] == "paused\n"
    assert "paused" not in after(pushed, "--was-paused")[0]


def test_a_pause_whose_schedule_and_alarm_the_deploy_has_enabled_comes_first(pushed: Environment) -> None:
    pushed.ops("pause")
    pushed.client("scheduler").update_schedule(**SCHEDULE)
    pushed.client("cloudwatch").enable_alarm_actions(AlarmNames=[pushed.outputs["SilenceAlarmName"]])

    out, _ = after(pushed)

    assert after(pushed, "--before")[0] == "paused\n"
    assert "1. The scheduled runs are paused (since " in out
    assert "but this deploy has enabled: the schedule acme-sync-nightly and the silence alarm.\n" in out
    assert f"Pause again: {pushed.lxp} pause\n   Or resume:   {pushed.lxp} resume" in out


def test_a_pause_that_the_deploy_has_left_alone_is_named(pushed: Environment) -> None:
    pushed.ops("pause")

    assert f"Z). To resume: {pushed.lxp} resume\n" in after(pushed)[0]


def test_the_image_that_the_task_runs_is_scanned(pushed: Environment) -> None:
    after(pushed)

    found = pushed.client("ecr").describe_image_scan_findings(repositoryName=PROJECT, imageId={"imageTag": "abc"})
    assert found["imageScanStatus"]["status"] == "COMPLETE"


def test_an_image_that_was_scanned_within_a_day_is_not_a_fault(pushed: Environment) -> None:
    after(pushed)

    assert after(pushed)[1] == ""


def test_a_refused_call_is_named_and_the_rest_is_reported(pushed: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    for service in ("ecr", "secretsmanager"):
        replace_client(monkeypatch, service, Denied())

    out, err = after(pushed)

    assert "No scan of the image was started: " in err
    assert "Not known: secrets (" in err
    assert "1. Confirm the subscription" in out
    assert "2. Check everything" in out


def test_a_missing_stack_is_not_a_failure_of_the_deploy(undeployed: Environment) -> None:
    out, err = after(undeployed)

    assert out == ""
    assert err.startswith("What to do next is not known: there is no stack acme-sync")

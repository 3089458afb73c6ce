"""Upgrading an environment that version 1.0.0 deployed, beside one of today in the same account and region."""

from __future__ import annotations

from typing import Any

from tests.e2e import former
from tests.e2e.deployment import PROJECT, Deployment, Environment, Verb


def schedules(deployment: Deployment) -> dict[str, Any]:
    """Every schedule of the account, by name."""
    client = deployment.emulator.client("scheduler")
    return {
        one["Name"]: client.get_schedule(Name=one["Name"], GroupName=one["GroupName"])
        for one in client.list_schedules()["Schedules"]
    }


def test_a_file_without_production_is_answered_with_what_the_environment_is_today(refused_upgrade: Verb) -> None:
    assert refused_upgrade.code != 0
    assert "Production is missing; expected true or false; Production = false keeps" in refused_upgrade.said
    assert "Nothing was synthesised." in refused_upgrade.said


def test_state_and_secrets_are_still_there(former_deployment: Deployment, upgraded: Deployment) -> None:
    assert upgraded.outputs["TableName"] == former_deployment.outputs["TableName"]
    assert {name: upgraded.state()[name] for name in former.STATE} == former.STATE
    assert set(upgraded.items()) == {"default", "default#person#4711", "default#paused"}
    assert upgraded.secrets() == former_deployment.secrets()


def test_the_schedules_are_replaced_by_ones_with_a_name_of_their_own(
    former_deployment: Deployment, upgraded: Deployment
) -> None:
    assert former_deployment.outputs["ScheduleName"] == "nightly"
    assert {name for name in schedules(upgraded) if former.PROJECT in name or "acme" not in name} == {
        f"{former.PROJECT}-nightly",
        f"{former.PROJECT}-reconcile",
    }


def test_the_new_schedules_are_enabled_during_a_pause_and_the_deploy_says_so(
    upgraded: Deployment, former_environment: Environment
) -> None:
    assert schedules(upgraded)[f"{former.PROJECT}-nightly"]["State"] == "ENABLED"
    assert "The scheduled runs are paused (since " in upgraded.verb.said
    assert f"but this deploy has enabled: the schedule {former.PROJECT}-nightly and the schedule " in upgraded.verb.said
    assert f"{former_environment.lxp} pause" in upgraded.verb.said


def test_the_other_environment_of_the_account_is_untouched(deployed: Deployment, upgraded: Deployment) -> None:
    assert f"{PROJECT}-nightly" in schedules(upgraded)
    assert schedules(upgraded)[f"{PROJECT}-nightly"]["GroupName"] == deployed.outputs["ScheduleGroupName"]
    for name in (PROJECT, former.PROJECT):
        (stack,) = upgraded.emulator.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")


def test_the_two_share_no_physical_resource(deployed: Deployment, upgraded: Deployment) -> None:
    cloudformation = upgraded.emulator.client("cloudformation")
    ours, theirs = (
        {
            (one["ResourceType"], one["PhysicalResourceId"])
            for stack in (name, f"{name}-registry")
            for one in cloudformation.list_stack_resources(StackName=stack)["StackResourceSummaries"]
        }
        for name in (PROJECT, former.PROJECT)
    )

    assert len(ours) > 30
    assert ours & theirs == set()


def test_the_deploy_asks_for_nothing_that_is_done(upgraded: Deployment) -> None:
    assert "secret set" not in upgraded.verb.said
    assert "make dry-run" not in upgraded.verb.said

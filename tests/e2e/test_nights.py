"""The worker's nights, with exactly the variables that the deployed task definition carries."""

from __future__ import annotations

import json

import pytest

from tests.cdk_app.log_filter import takes
from tests.e2e.deployment import Deployment
from tests.e2e.story import FIRST_BATCH, PEOPLE, Done
from tests.run_harness import API_KEY
from tests.sandbox.moodle import TOKEN


def test_before_the_secrets_are_set_it_says_how_to_set_them(deployed: Deployment, night_without_secrets: Done) -> None:
    night = night_without_secrets.night

    assert night.code == 3
    assert f"put-secret-value --secret-id {deployed.outputs['BambooSecretArn']}" in json.dumps(night.log)
    assert night_without_secrets.items == {}
    assert night_without_secrets.accounts == []


def test_the_first_night_takes_as_many_as_it_is_told_and_remembers_where_it_stopped(first_night: Done) -> None:
    night, state = first_night.night, first_night.items["default"]

    assert night.code == 0, night.stderr
    assert (night["outcome"], night["trigger"], night["scope"]) == ("ok", "manual", "all")
    assert (night["batch_size"], night["created"], night["errors"]) == (FIRST_BATCH, FIRST_BATCH, 0)
    assert _ids(first_night) == [str(number) for number in range(1, FIRST_BATCH + 1)]
    assert state["offset"] == str(FIRST_BATCH)


def test_the_mapping_of_the_environments_file_reached_moodle(first_night: Done) -> None:
    assert all(account["city"] for account in first_night.accounts)


def test_the_next_night_goes_on_where_the_last_one_stopped(first_night: Done, second_night: Done) -> None:
    night, state = second_night.night, second_night.items["default"]

    assert night.code == 0, night.stderr
    assert (night["outcome"], night["created"], night["updated"], night["errors"]) == ("ok", PEOPLE - FIRST_BATCH, 0, 0)
    assert _ids(second_night) == [str(number) for number in range(1, PEOPLE + 1)]
    assert state["offset"] == "0"
    assert state["since"] > first_night.items["default"]["since"]


def test_the_schedule_says_that_it_was_the_schedule(second_night: Done) -> None:
    assert second_night.night["trigger"] == "schedule"


def test_a_night_that_is_delivered_twice_is_run_once(second_night: Done, second_delivery: Done) -> None:
    night = second_delivery.night

    assert (night.code, night["outcome"]) == (0, "duplicate")
    assert second_delivery.items["default"] == second_night.items["default"]
    assert second_delivery.accounts == second_night.accounts


def test_the_lock_is_free_after_every_night(first_night: Done, second_night: Done, second_delivery: Done) -> None:
    for done in (first_night, second_night, second_delivery):
        assert "default#lock" not in done.items


@pytest.mark.parametrize(
    ("which", "counted"),
    [("night_without_secrets", False), ("first_night", True), ("second_night", True), ("second_delivery", False)],
)
def test_the_deployed_filter_counts_clean_nights(
    deployed: Deployment, which: str, counted: bool, request: pytest.FixtureRequest
) -> None:
    done: Done = request.getfixturevalue(which)
    filters = deployed.emulator.client("logs").describe_metric_filters(logGroupName=deployed.outputs["LogGroupName"])
    (pattern,) = [one["filterPattern"] for one in filters["metricFilters"] if "CleanNights" in one["filterName"]]

    assert takes(pattern, done.night.stdout.strip()) is counted


def test_no_night_tells_a_secret(night_without_secrets: Done, first_night: Done, second_night: Done) -> None:
    for done in (night_without_secrets, first_night, second_night):
        assert API_KEY not in done.night.stdout + done.night.stderr
        assert TOKEN not in done.night.stdout + done.night.stderr


def _ids(done: Done) -> list[str]:
    return sorted((account["idnumber"] for account in done.accounts), key=int)

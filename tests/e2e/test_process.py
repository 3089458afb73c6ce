"""The worker's runs, with exactly the variables that the deployed task definition carries."""

from __future__ import annotations

import pytest

from tests.cdk_app.log_filter import filter_matches
from tests.e2e.deployment import Deployment
from tests.e2e.story import EMPLOYEES, FIRST_BATCH, Done
from tests.run_harness import API_KEY
from tests.sandbox.moodle import TOKEN


def test_before_the_secrets_are_set_it_says_how_to_set_them(run_without_secrets: Done) -> None:
    run = run_without_secrets.run

    assert run.code == 3
    for system in ("bamboohr", "moodle"):
        assert f"./lxp --env e2e secret set {system}" in run["advice"]
    assert run_without_secrets.items == {}
    assert run_without_secrets.accounts == []


def test_the_first_run_takes_one_batch_and_remembers_where_it_stopped(first_run: Done) -> None:
    run, state = first_run.run, first_run.items["default"]

    assert run.code == 0, run.stderr
    assert (run["outcome"], run["trigger"], run["scope"]) == ("ok", "manual", "all")
    assert (run["batch_size"], run["created"], run["errors"]) == (FIRST_BATCH, FIRST_BATCH, 0)
    assert _ids(first_run) == [str(number) for number in range(1, FIRST_BATCH + 1)]
    assert state["offset"] == str(FIRST_BATCH)


def test_the_mapping_of_the_environments_file_reached_moodle(first_run: Done) -> None:
    assert all(account["city"] for account in first_run.accounts)


def test_the_next_run_goes_on_where_the_last_one_stopped(first_run: Done, second_run: Done) -> None:
    run, state = second_run.run, second_run.items["default"]

    assert run.code == 0, run.stderr
    assert (run["outcome"], run["created"], run["updated"], run["errors"]) == ("ok", EMPLOYEES - FIRST_BATCH, 0, 0)
    assert _ids(second_run) == [str(number) for number in range(1, EMPLOYEES + 1)]
    assert state["offset"] == "0"
    assert state["since"] > first_run.items["default"]["since"]


def test_the_schedule_says_that_it_was_the_schedule(second_run: Done) -> None:
    assert second_run.run["trigger"] == "schedule"


def test_a_start_that_is_delivered_twice_is_run_once(second_run: Done, second_delivery: Done) -> None:
    run = second_delivery.run

    assert (run.code, run["outcome"]) == (0, "duplicate")
    assert second_delivery.items["default"] == second_run.items["default"]
    assert second_delivery.accounts == second_run.accounts


def test_the_lock_is_free_after_every_run(first_run: Done, second_run: Done, second_delivery: Done) -> None:
    for done in (first_run, second_run, second_delivery):
        assert "default#lock" not in done.items


@pytest.mark.parametrize(
    ("which", "counted"),
    [("run_without_secrets", False), ("first_run", True), ("second_run", True), ("second_delivery", False)],
)
def test_the_deployed_filter_counts_successful_runs(
    deployed: Deployment, which: str, counted: bool, request: pytest.FixtureRequest
) -> None:
    done: Done = request.getfixturevalue(which)
    filters = deployed.emulator.client("logs").describe_metric_filters(logGroupName=deployed.outputs["LogGroupName"])
    (pattern,) = [one["filterPattern"] for one in filters["metricFilters"] if "CleanNights" in one["filterName"]]

    assert filter_matches(pattern, done.run.stdout.strip()) is counted


def test_no_run_shows_a_secret(run_without_secrets: Done, first_run: Done, second_run: Done) -> None:
    for done in (run_without_secrets, first_run, second_run):
        assert API_KEY not in done.run.stdout + done.run.stderr
        assert TOKEN not in done.run.stdout + done.run.stderr


def _ids(done: Done) -> list[str]:
    return sorted((account["idnumber"] for account in done.accounts), key=int)

"""Runs of the image under the task definition, and the exit code of each outcome."""

from __future__ import annotations

import json
import time

from tests.image.containers import Image, Worker
from tests.run_harness import API_KEY, RunHarness
from tests.sandbox.aws import TABLE
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import TOKEN
from worker.config.settings import VARIABLES

_TIMEOUT = 30.0
_EMPLOYEES = 25


def test_help_needs_no_settings(image: Image) -> None:
    result = image.run("--help")
    variables = image.run("--variables")

    assert (result.code, result.stderr, variables.code, variables.stderr) == (0, "", 0, "")
    assert "python -m worker COMMAND --help" in result.stdout
    assert [name for name in VARIABLES if name not in variables.stdout] == []


def test_the_first_run_creates_all_accounts(worker: Worker) -> None:
    worker.harness.company.add(generate(_EMPLOYEES, seed=5))

    run = worker.run()
    items = worker.items()

    assert run.code == 0, run.stderr
    assert (run["outcome"], run["created"], run["errors"]) == ("ok", _EMPLOYEES, 0)
    assert len(worker.harness.accounts()) == _EMPLOYEES
    assert items["default"]["since"]["S"] == run["next_since"]
    assert "default#lock" not in items
    assert API_KEY not in run.stdout + run.stderr
    assert TOKEN not in run.stdout + run.stderr


def test_the_next_run_writes_nothing(worker: Worker) -> None:
    worker.harness.company.add(generate(_EMPLOYEES, seed=5))
    worker.run()
    worker.harness.forget_calls()

    run = worker.run(TRIGGER="schedule", SCHEDULED_TIME="2026-11-23T03:30:00Z")

    assert (run.code, run["outcome"], run["trigger"]) == (0, "ok", "schedule")
    assert (run["created"], run["updated"], worker.harness.writes()) == (0, 0, [])


def test_a_run_with_errors_exits_with_1_and_pins_the_state(worker: Worker) -> None:
    worker.harness.company.add(generate(3, seed=5))
    worker.harness.fail_moodle("html", times=0)

    run = worker.run()

    assert (run.code, run["outcome"], run["next_since"]) == (1, "moodle_error", run["since"])
    assert "default#lock" not in worker.items()


def test_an_invalid_setting_exits_with_3_before_any_call(worker: Worker) -> None:
    run = worker.run(MOODLE_BASE_URL="http://moodle.example.com", BATCH_SIZE="x")

    assert (run.code, run["outcome"]) == (3, "configuration_error")
    assert worker.harness.to_bamboo.calls == []
    assert worker.items() == {}


def test_a_held_lock_exits_with_75_and_is_left_alone(worker: Worker) -> None:
    held = {
        "StateId": {"S": "default#lock"},
        "owner": {"S": "another"},
        "expires": {"N": str(int(time.time()) + 600)},
    }
    worker.dynamodb.put_item(TableName=TABLE, Item=held)

    run = worker.run()

    assert (run.code, run["outcome"], worker.harness.to_bamboo.calls) == (75, "locked", [])
    assert worker.items()["default#lock"] == held


def test_a_stop_during_a_run_pins_the_state_and_releases_the_lock(worker: Worker) -> None:
    before = _one_successful_run(worker)
    worker.harness.company.add(generate(_EMPLOYEES, seed=6))
    worker.harness.to_moodle.latency = 0.3
    slowly = {**worker.variables, "MOODLE_BATCH_SIZE": "5", "MOODLE_CONCURRENCY": "1"}
    limit = worker.image.task.stop_seconds

    with worker.image.started(slowly) as (name, running):
        _until_called(worker.harness, "core_user_create_users")
        requested = time.monotonic()
        worker.image.engine.must("stop", "-t", str(limit), name)
        took = time.monotonic() - requested
        stdout, stderr = running.communicate(timeout=_TIMEOUT)
    summary = json.loads(stdout)
    items = worker.items()

    assert (running.returncode, summary["outcome"]) == (143, "terminated"), stderr
    assert took < limit / 4
    assert 0 < summary["created"] < _EMPLOYEES
    assert summary["next_since"] == summary["since"]
    assert {name: items["default"][name] for name in ("since", "offset")} == before
    assert "default#lock" not in items

    worker.harness.to_moodle.latency = 0.0
    again = worker.run()

    assert (again.code, again["created"]) == (0, _EMPLOYEES - summary["created"])
    assert len(worker.harness.accounts()) == _EMPLOYEES


def _one_successful_run(worker: Worker) -> dict[str, dict[str, str]]:
    """Run once without errors; return since and offset."""
    assert worker.run().code == 0
    state = worker.items()["default"]
    return {name: state[name] for name in ("since", "offset")}


def _until_called(harness: RunHarness, operation: str) -> None:
    deadline = time.monotonic() + _TIMEOUT
    while operation not in harness.to_moodle.calls:
        assert time.monotonic() < deadline
        time.sleep(0.02)

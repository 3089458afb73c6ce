"""Nights of the image as the task runs it, and how each end comes through."""

from __future__ import annotations

import json
import time

from tests.image.containers import Image, Worker
from tests.run_harness import API_KEY, Nights
from tests.sandbox.aws import TABLE
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import TOKEN
from worker.config.settings import VARIABLES

_PATIENCE = 30.0
_PEOPLE = 30


def test_help_needs_no_settings(image: Image) -> None:
    told = image.run("--help")

    assert (told.code, told.stderr) == (0, "")
    assert [name for name in VARIABLES if name not in told.stdout] == []


def test_the_first_night_makes_everybodys_accounts(worker: Worker) -> None:
    worker.town.company.add(generate(_PEOPLE, seed=5))

    night = worker.run()
    items = worker.items()

    assert night.code == 0, night.stderr
    assert (night["outcome"], night["created"], night["errors"]) == ("ok", _PEOPLE, 0)
    assert len(worker.town.accounts()) == _PEOPLE
    assert items["default"]["since"]["S"] == night["next_since"]
    assert "default#lock" not in items
    assert API_KEY not in night.stdout + night.stderr
    assert TOKEN not in night.stdout + night.stderr


def test_the_next_night_finds_nothing_to_do(worker: Worker) -> None:
    worker.town.company.add(generate(_PEOPLE, seed=5))
    worker.run()
    worker.town.listen()

    night = worker.run(TRIGGER="schedule", SCHEDULED_TIME="2026-11-23T03:30:00Z")

    assert (night.code, night["outcome"], night["trigger"]) == (0, "ok", "schedule")
    assert (night["created"], night["updated"], worker.town.writes()) == (0, 0, [])


def test_a_night_with_errors_ends_with_1_and_stays_where_it_was(worker: Worker) -> None:
    worker.town.company.add(generate(3, seed=5))
    worker.town.fail_moodle("html", times=0)

    night = worker.run()

    assert (night.code, night["outcome"], night["next_since"]) == (1, "moodle_error", night["since"])
    assert "default#lock" not in worker.items()


def test_a_faulty_setting_ends_with_3_before_any_call(worker: Worker) -> None:
    night = worker.run(MOODLE_BASE_URL="http://moodle.example.com", BATCH_SIZE="x")

    assert (night.code, night["outcome"]) == (3, "configuration_error")
    assert worker.town.to_bamboo.calls == []
    assert worker.items() == {}


def test_a_held_lock_ends_with_75_and_is_left_alone(worker: Worker) -> None:
    held = {
        "StateId": {"S": "default#lock"},
        "owner": {"S": "another"},
        "expires": {"N": str(int(time.time()) + 600)},
    }
    worker.dynamodb.put_item(TableName=TABLE, Item=held)

    night = worker.run()

    assert (night.code, night["outcome"], worker.town.to_bamboo.calls) == (75, "locked", [])
    assert worker.items()["default#lock"] == held


def test_a_stop_half_way_pins_the_state_and_gives_the_lock_back(worker: Worker) -> None:
    before = _one_clean_night(worker)
    worker.town.company.add(generate(_PEOPLE, seed=6))
    worker.town.to_moodle.latency = 0.2
    slowly = {**worker.variables, "MOODLE_BATCH_SIZE": "5", "MOODLE_CONCURRENCY": "1"}
    limit = worker.image.task.stop_seconds

    with worker.image.started(slowly) as (name, running):
        _until_called(worker.town, "core_user_create_users")
        asked = time.monotonic()
        worker.image.engine.must("stop", "-t", str(limit), name)
        took = time.monotonic() - asked
        stdout, stderr = running.communicate(timeout=_PATIENCE)
    summary = json.loads(stdout)
    items = worker.items()

    assert (running.returncode, summary["outcome"]) == (143, "terminated"), stderr
    assert took < limit / 4
    assert 0 < summary["created"] < _PEOPLE
    assert summary["next_since"] == summary["since"]
    assert {name: items["default"][name] for name in ("since", "offset")} == before
    assert "default#lock" not in items

    worker.town.to_moodle.latency = 0.0
    again = worker.run()

    assert (again.code, again["created"]) == (0, _PEOPLE - summary["created"])
    assert len(worker.town.accounts()) == _PEOPLE


def _one_clean_night(worker: Worker) -> dict[str, dict[str, str]]:
    """Where the state stands after it."""
    assert worker.run().code == 0
    state = worker.items()["default"]
    return {name: state[name] for name in ("since", "offset")}


def _until_called(town: Nights, operation: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while operation not in town.to_moodle.calls:
        assert time.monotonic() < deadline
        time.sleep(0.02)

"""Two runs at once, a night that is delivered twice, a lock that is taken over."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing

from tests.run_harness import Nights
from tests.sandbox.bamboohr import generate


def lock_row(town: Nights, **values: object) -> None:
    body = json.dumps({"StateId": "default#lock", "owner": "another", "expires": int(time.time()) + 200, **values})
    with closing(sqlite3.connect(town.state_file)) as state:
        state.execute("INSERT OR REPLACE INTO items VALUES ('default#lock', ?)", (body,))
        state.commit()


def test_of_two_runs_at_once_one_works_and_the_other_changes_nothing(town: Nights) -> None:
    town.company.add(generate(30, seed=5))
    town.to_moodle.latency = 0.6

    with town.start() as one, town.start() as two:
        ends = [running.communicate(timeout=60) for running in (one, two)]
    codes = sorted((one.returncode, two.returncode))

    assert codes == [0, 75]
    summaries = {json.loads(stdout)["outcome"]: json.loads(stdout) for stdout, _ in ends}
    assert summaries["ok"]["created"] == 30
    assert summaries["locked"]["http_calls"] == {"bamboohr": 0, "moodle": 0}
    assert len(town.accounts()) == 30


def test_a_held_lock_is_left_alone_and_its_holder_named(town: Nights) -> None:
    town.run("--dry-run")
    lock_row(town)
    town.listen()

    night = town.run()

    assert (night.code, night["outcome"], town.to_bamboo.calls) == (75, "locked", [])
    assert "another" in night["message"]


def test_a_lock_that_ran_out_is_taken_over(town: Nights) -> None:
    town.run("--dry-run")
    lock_row(town, expires=int(time.time()) - 1)

    assert town.run().code == 0


def test_a_night_that_is_delivered_twice_ends_well_and_does_nothing(town: Nights) -> None:
    town.company.add(generate(5, seed=5))
    first = town.run(SCHEDULED_TIME="2026-11-22T02:00:00Z", TRIGGER="schedule")
    town.listen()

    second = town.run(SCHEDULED_TIME="2026-11-22T02:00:00Z", TRIGGER="schedule")

    assert (first["outcome"], first["trigger"]) == ("ok", "schedule")
    assert (second.code, second["outcome"], town.to_bamboo.calls) == (0, "duplicate", [])
    assert town.run(SCHEDULED_TIME="2026-11-23T02:00:00Z")["outcome"] == "ok"


def test_a_second_delivery_beside_the_first_ends_well_too(town: Nights) -> None:
    town.run("--dry-run")
    lock_row(town, scheduledTime="2026-11-22T02:00:00Z")

    night = town.run(SCHEDULED_TIME="2026-11-22T02:00:00Z")

    assert (night.code, night["outcome"]) == (0, "duplicate")


def test_a_run_whose_lock_was_taken_over_cannot_write_the_state(town: Nights) -> None:
    town.company.add(generate(5, seed=5))
    take_over_during(town, "core_user_create_users")

    night = town.run()

    assert (night.code, night["outcome"]) == (1, "lock_lost")
    assert night["next_since"] == night["since"]


def take_over_during(town: Nights, function: str) -> None:
    """Another run takes the lock while this one's write is under way."""
    answer = town.to_moodle.app.answer

    def answering(request):  # type: ignore[no-untyped-def]
        if function.encode() in request.body:
            lock_row(town)
        return answer(request)

    town.to_moodle.app.answer = answering  # type: ignore[method-assign]

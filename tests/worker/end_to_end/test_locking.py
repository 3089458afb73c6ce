"""Two runs at once, a scheduled run that is delivered twice, a lock that is taken over."""

from __future__ import annotations

import json
import time

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import generate
from tests.worker.end_to_end.tools import hold_lock, write_lock


def test_the_second_of_two_simultaneous_runs_changes_nothing(harness: RunHarness) -> None:
    harness.company.add(generate(30, seed=5))
    harness.to_moodle.latency = 0.6

    with harness.start() as one, harness.start() as two:
        outputs = [running.communicate(timeout=60) for running in (one, two)]
    codes = sorted((one.returncode, two.returncode))

    assert codes == [0, 75]
    summaries = {json.loads(stdout)["outcome"]: json.loads(stdout) for stdout, _ in outputs}
    assert summaries["ok"]["created"] == 30
    assert summaries["locked"]["http_calls"] == {"bamboohr": 0, "moodle": 0}
    assert len(harness.accounts()) == 30


def test_a_lock_of_a_day_ends_every_run_with_what_to_do_about_it(harness: RunHarness) -> None:
    hold_lock(harness, expires=int(time.time()) + 86_300)

    run, doctor = harness.run(), harness.run("doctor", "--quick")

    assert (run.code, run["outcome"]) == (75, "locked")
    for said in (f"{run['message']} {run['advice']}", doctor.stdout):
        assert "expires in 24 hours" in said
        assert "default#lock" in said


def test_an_expired_lock_is_taken_over(harness: RunHarness) -> None:
    hold_lock(harness, expires=int(time.time()) - 1)

    assert harness.run().code == 0


def test_a_second_delivery_does_nothing_and_exits_with_0(harness: RunHarness) -> None:
    harness.company.add(generate(5, seed=5))
    first = harness.run(SCHEDULED_TIME="2026-11-22T02:00:00Z", TRIGGER="schedule")
    harness.forget_calls()

    second = harness.run(SCHEDULED_TIME="2026-11-22T02:00:00Z", TRIGGER="schedule")

    assert (first["outcome"], first["trigger"]) == ("ok", "schedule")
    assert (second.code, second["outcome"], harness.to_bamboo.calls) == (0, "duplicate", [])
    assert harness.run(SCHEDULED_TIME="2026-11-23T02:00:00Z")["outcome"] == "ok"


def test_a_second_delivery_during_the_first_exits_with_0(harness: RunHarness) -> None:
    hold_lock(harness, scheduledTime="2026-11-22T02:00:00Z")

    run = harness.run(SCHEDULED_TIME="2026-11-22T02:00:00Z")

    assert (run.code, run["outcome"]) == (0, "duplicate")


def test_a_run_whose_lock_was_taken_over_cannot_write_the_state(harness: RunHarness) -> None:
    harness.company.add(generate(5, seed=5))
    take_over_during(harness, "core_user_create_users")

    run = harness.run()

    assert (run.code, run["outcome"]) == (1, "lock_lost")
    assert run["next_since"] == run["since"]


def take_over_during(harness: RunHarness, function: str) -> None:
    """Let another run take the lock during a write of this one."""
    answer = harness.to_moodle.app.answer

    def answering(request):  # type: ignore[no-untyped-def]
        if function.encode() in request.body:
            write_lock(harness)
        return answer(request)

    harness.to_moodle.app.answer = answering  # type: ignore[method-assign]

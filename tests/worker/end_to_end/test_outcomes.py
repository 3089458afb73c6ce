"""Every outcome has its own message, exit code and summary, and leaves the state valid."""

from __future__ import annotations

import json
import signal
import time
from dataclasses import replace
from typing import Any

import pytest

from tests.run_harness import API_KEY, RunHarness
from tests.sandbox.aws import BAMBOO_SECRET, MOODLE_SECRET, emulated_aws, prepare
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import TOKEN


def test_the_first_run_fills_an_empty_moodle_and_the_second_writes_nothing(harness: RunHarness) -> None:
    harness.company.add(generate(60, seed=1))

    first = harness.run()
    harness.forget_calls()
    second = harness.run()

    assert (first.code, first["outcome"], first["created"], first["errors"]) == (0, "ok", 60, 0)
    assert {user["idnumber"] for user in harness.accounts()} == {employee.id for employee in harness.company}
    assert (second.code, second["unchanged"], harness.writes()) == (0, 60, [])


def test_all_configuration_faults_are_reported_at_once(harness: RunHarness) -> None:
    run = harness.run(
        BAMBOO_COMPANY_DOMAIN="acme.bamboohr.com", MOODLE_BASE_URL="http://moodle.example.com", BATCH_SIZE="x"
    )

    assert (run.code, run["outcome"]) == (3, "configuration_error")
    for name in ("BAMBOO_COMPANY_DOMAIN", "MOODLE_BASE_URL", "BATCH_SIZE"):
        assert any(line["reason"].startswith(name) for line in run.log)
    assert harness.to_bamboo.calls == []


@pytest.mark.parametrize(
    ("settings", "bamboo", "moodle", "expected", "calls"),
    [
        ({"BAMBOOHR_API_KEY": "f" * 40}, {}, {}, (3, "credential_error", "BAMBOOHR_API_KEY"), ["changed"]),
        ({}, {"key_disabled": True}, {}, (3, "credential_error", ""), ["changed"]),
        ({"MOODLE_TOKEN": "wrong"}, {}, {}, (3, "credential_error", "MOODLE_TOKEN"), None),
        ({}, {}, {"maintenance": "gui"}, (1, "moodle_error", "maintenance"), None),
        ({}, {}, {"login_refused": "usernotfullysetup"}, (3, "credential_error", "required profile fields"), None),
        ({}, {}, {"login_refused": "sitepolicynotagreed"}, (3, "credential_error", "agree to the site policy"), None),
    ],
    ids=["wrong API key", "disabled API key", "wrong token", "Moodle in maintenance", "no profile", "no agreement"],
)
def test_what_a_system_refuses_is_named_before_any_write_and_not_retried(
    harness: RunHarness,
    settings: dict[str, str],
    bamboo: dict[str, Any],
    moodle: dict[str, Any],
    expected: tuple[int, str, str],
    calls: list[str] | None,
) -> None:
    harness.company.add(generate(3, seed=1))
    harness.bamboo.settings = replace(harness.bamboo.settings, **bamboo)
    for name, value in moodle.items():
        setattr(harness.site.settings, name, value)

    run = harness.run(**settings)

    assert (run.code, run["outcome"], run["next_since"]) == (*expected[:2], run["since"])
    assert expected[2] in run["message"] + run["advice"]
    assert calls is None or harness.to_bamboo.calls == calls
    assert harness.writes() == []


def test_an_expired_token_is_reported(harness: RunHarness) -> None:
    harness.site.expire(TOKEN)

    run = harness.run()

    assert (run.code, run["outcome"]) == (3, "credential_error")
    assert "expired" in run["message"]


@pytest.mark.parametrize(
    ("operation", "outcome"),
    [("changed", "bamboohr_error"), ("core_user_get_users_by_field", "moodle_error")],
)
def test_a_web_page_in_place_of_data_is_reported(harness: RunHarness, operation: str, outcome: str) -> None:
    harness.company.add(generate(3, seed=1))
    (harness.fail_moodle if outcome == "moodle_error" else harness.fail_bamboo)("html", operation=operation, times=0)

    run = harness.run()

    assert (run.code, run["outcome"], run["next_since"]) == (1, outcome, run["since"])


def test_a_crash_ends_with_a_summary_without_personal_values(
    harness: RunHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("Jo Doe, jo@example.com")

    monkeypatch.setattr("worker.runs.make_plan.make_plan", crash)

    run = harness.run()

    assert (run.code, run["outcome"], run["errors"]) == (70, "crash", 1)
    assert "jo@example.com" not in run.stdout + run.stderr
    assert harness.run().code == 70, "the lock was released"


def test_a_run_over_its_time_limit_ends_between_batches_with_a_summary(
    harness: RunHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.company.add(generate(200, seed=1))
    monkeypatch.setattr(
        "worker.cli.StopSignal.limit", lambda stopping, _: setattr(stopping, "_ends_at", time.monotonic() + 1)
    )
    harness.to_moodle.latency = 0.3

    run = harness.run(MOODLE_BATCH_SIZE="10")

    assert (run.code, run["outcome"], run["next_since"]) == (1, "out_of_time", run["since"])


def test_sigterm_completes_the_request_in_flight_and_pins_the_state(harness: RunHarness) -> None:
    harness.company.add(generate(30, seed=1))
    harness.to_moodle.latency = 0.2
    with harness.start(MOODLE_BATCH_SIZE="5", MOODLE_CONCURRENCY="1") as running:
        wait_for(harness, "core_user_create_users")
        running.send_signal(signal.SIGTERM)
        stdout, _ = running.communicate(timeout=30)
    harness.to_moodle.latency = 0.0

    summary = json.loads(stdout)
    assert (running.returncode, summary["outcome"], summary["next_since"]) == (143, "terminated", summary["since"])
    assert summary["created"] == len(harness.accounts()) > 0

    again = harness.run()

    assert (again.code, again["created"] + again["unchanged"]) == (0, 30)


def test_sigterm_interrupts_a_wait(harness: RunHarness) -> None:
    harness.fail_bamboo("status", operation="changed", status=429, retry_after="200", times=0)
    with harness.start() as running:
        wait_for(harness, "changed", of_bamboo=True)
        started = time.monotonic()
        running.send_signal(signal.SIGTERM)
        stdout, _ = running.communicate(timeout=30)

    assert (running.returncode, json.loads(stdout)["outcome"]) == (143, "terminated")
    assert time.monotonic() - started < 20


def wait_for(harness: RunHarness, operation: str, *, of_bamboo: bool = False) -> None:
    """Wait until the worker has made a call."""
    calls = harness.to_bamboo.calls if of_bamboo else harness.to_moodle.calls
    deadline = time.monotonic() + 30
    while operation not in calls:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_whole_run_on_emulated_aws(harness: RunHarness) -> None:
    harness.company.add(generate(20, seed=1))
    with emulated_aws() as aws:
        settings = {**aws, **prepare(aws, API_KEY, TOKEN), "BAMBOOHR_API_KEY": "", "MOODLE_TOKEN": "", "STATE_FILE": ""}

        first, second = harness.process(**settings), harness.process(**settings)

        assert (first.code, first["created"], second["unchanged"]) == (0, 20, 20)


def test_malformed_missing_and_wrong_secrets_have_different_messages(
    harness: RunHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3

    with emulated_aws() as aws:
        settings = {**aws, **prepare(aws, API_KEY, TOKEN), "BAMBOOHR_API_KEY": "", "MOODLE_TOKEN": "", "STATE_FILE": ""}
        for name, value in aws.items():
            monkeypatch.setenv(name, value)
        secrets = boto3.client("secretsmanager")
        secrets.put_secret_value(SecretId=BAMBOO_SECRET, SecretString="not json")

        malformed = harness.run(**settings)
        missing = harness.run(**{**settings, "BAMBOO_SECRET_ID": "nowhere/bamboohr"})
        secrets.put_secret_value(SecretId=BAMBOO_SECRET, SecretString=json.dumps({"bamboohr_api_key": "f" * 40}))
        wrong = harness.run(**settings)

    assert [run.code for run in (malformed, missing, wrong)] == [3, 3, 3]
    assert "malformed" in malformed["message"]
    assert "never set" in missing["message"]
    assert "does not know the API key" in wrong["message"]
    for run, secret in ((malformed, BAMBOO_SECRET), (missing, "nowhere/bamboohr"), (wrong, BAMBOO_SECRET)):
        assert f"aws secretsmanager put-secret-value --secret-id {secret}" in run["advice"]
        assert MOODLE_SECRET not in run["advice"]

"""Every end has its own message, its own exit code and a summary, and leaves the state alone."""

from __future__ import annotations

import json
import signal
import time

import pytest

from tests.run_harness import API_KEY, Nights
from tests.sandbox.aws import BAMBOO_SECRET, MOODLE_SECRET, emulated_aws, prepare
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import TOKEN


def test_every_fault_of_the_configuration_is_told_at_once(town: Nights) -> None:
    night = town.run(
        BAMBOO_COMPANY_DOMAIN="acme.bamboohr.com", MOODLE_BASE_URL="http://moodle.example.com", BATCH_SIZE="x"
    )

    assert (night.code, night["outcome"]) == (3, "configuration_error")
    for name in ("BAMBOO_COMPANY_DOMAIN", "MOODLE_BASE_URL", "BATCH_SIZE"):
        assert any(line["reason"].startswith(name) for line in night.log)
    assert town.to_bamboo.calls == []


def test_a_wrong_api_key_is_said_at_once_and_tried_once(town: Nights) -> None:
    night = town.run(BAMBOOHR_API_KEY="f" * 40)

    assert (night.code, night["outcome"], town.to_bamboo.calls) == (3, "credential_error", ["changed"])
    assert "BAMBOOHR_API_KEY" in night["advice"]


def test_a_disabled_key_is_said_at_once(town: Nights) -> None:
    town.bamboo.settings.key_disabled = True

    assert (town.run().code, town.to_bamboo.calls) == (3, ["changed"])


def test_a_wrong_token_is_said_before_anything_is_written(town: Nights) -> None:
    town.company.add(generate(3, seed=1))

    night = town.run(MOODLE_TOKEN="wrong")

    assert (night.code, night["outcome"]) == (3, "credential_error")
    assert night["next_since"] == night["since"]


def test_an_expired_token_is_said(town: Nights) -> None:
    town.site.expire(TOKEN)

    night = town.run()

    assert (night.code, night["outcome"]) == (3, "credential_error")
    assert "expired" in night["message"]


@pytest.mark.parametrize("operation", ["changed", "directory"])
def test_a_web_page_instead_of_bamboohrs_data_is_said(town: Nights, operation: str) -> None:
    town.company.add(generate(3, seed=1))
    town.fail_bamboo("html", operation=operation, times=0)

    night = town.run()

    assert (night.code, night["outcome"]) == (1, "bamboohr_error")
    assert night["next_since"] == night["since"]


def test_a_web_page_instead_of_moodles_data_is_said(town: Nights) -> None:
    town.fail_moodle("html", times=0)

    assert (town.run().code, town.run()["outcome"]) == (1, "moodle_error")


def test_a_moodle_in_maintenance_is_said(town: Nights) -> None:
    town.site.settings.maintenance = "gui"

    night = town.run()

    assert (night.code, night["outcome"]) == (1, "moodle_error")
    assert "maintenance" in night["message"]


def test_a_crash_ends_with_a_summary_and_names_no_value(town: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("Jo Doe, jo@example.com")

    monkeypatch.setattr("worker.runs.sync.plan_from", crash)

    night = town.run()

    assert (night.code, night["outcome"], night["errors"]) == (70, "crash", 1)
    assert "jo@example.com" not in night.stdout + night.stderr
    assert town.run().code == 70, "the lock was given back"


def test_a_run_that_takes_too_long_ends_between_batches_with_a_summary(
    town: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.company.add(generate(200, seed=1))
    monkeypatch.setattr(
        "worker.cli.StopSignal.limit", lambda stopping, _: setattr(stopping, "_ends_at", time.monotonic() + 1)
    )
    town.to_moodle.latency = 0.3

    night = town.run(MOODLE_BATCH_SIZE="10")

    assert (night.code, night["outcome"], night["next_since"]) == (1, "out_of_time", night["since"])


def test_sigterm_lets_the_request_in_flight_end_and_leaves_the_state_pinned(town: Nights) -> None:
    town.company.add(generate(30, seed=1))
    town.to_moodle.latency = 0.2
    with town.start(MOODLE_BATCH_SIZE="5", MOODLE_CONCURRENCY="1") as running:
        wait_for(town, "core_user_create_users")
        running.send_signal(signal.SIGTERM)
        stdout, _ = running.communicate(timeout=30)
    town.to_moodle.latency = 0.0

    summary = json.loads(stdout)
    assert (running.returncode, summary["outcome"], summary["next_since"]) == (143, "terminated", summary["since"])
    assert summary["created"] == len(town.accounts()) > 0

    again = town.run()

    assert (again.code, again["created"] + again["unchanged"]) == (0, 30)


def test_sigterm_cuts_a_wait_short(town: Nights) -> None:
    town.fail_bamboo("status", operation="changed", status=429, retry_after="200", times=0)
    with town.start() as running:
        wait_for(town, "changed", of_bamboo=True)
        started = time.monotonic()
        running.send_signal(signal.SIGTERM)
        stdout, _ = running.communicate(timeout=30)

    assert (running.returncode, json.loads(stdout)["outcome"]) == (143, "terminated")
    assert time.monotonic() - started < 20


def wait_for(town: Nights, operation: str, *, of_bamboo: bool = False) -> None:
    """Until the worker has made a call."""
    calls = town.to_bamboo.calls if of_bamboo else town.to_moodle.calls
    deadline = time.monotonic() + 30
    while operation not in calls:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_whole_night_on_emulated_aws(town: Nights) -> None:
    town.company.add(generate(20, seed=1))
    with emulated_aws() as aws:
        settings = {**aws, **prepare(aws, API_KEY, TOKEN), "BAMBOOHR_API_KEY": "", "MOODLE_TOKEN": "", "STATE_FILE": ""}

        first, second = town.process(**settings), town.process(**settings)

        assert (first.code, first["created"], second["unchanged"]) == (0, 20, 20)


def test_each_way_in_which_a_secret_is_wrong_has_its_own_message(town: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3

    with emulated_aws() as aws:
        settings = {**aws, **prepare(aws, API_KEY, TOKEN), "BAMBOOHR_API_KEY": "", "MOODLE_TOKEN": "", "STATE_FILE": ""}
        for name, value in aws.items():
            monkeypatch.setenv(name, value)
        secrets = boto3.client("secretsmanager")
        secrets.put_secret_value(SecretId=BAMBOO_SECRET, SecretString="not json")

        malformed = town.run(**settings)
        missing = town.run(**{**settings, "BAMBOO_SECRET_ID": "nowhere/bamboohr"})
        secrets.put_secret_value(SecretId=BAMBOO_SECRET, SecretString=json.dumps({"bamboohr_api_key": "f" * 40}))
        wrong = town.run(**settings)

    assert [night.code for night in (malformed, missing, wrong)] == [3, 3, 3]
    assert "malformed" in malformed["message"]
    assert "never set" in missing["message"]
    assert "does not know the API key" in wrong["message"]
    for night, secret in ((malformed, BAMBOO_SECRET), (missing, "nowhere/bamboohr"), (wrong, BAMBOO_SECRET)):
        assert f"aws secretsmanager put-secret-value --secret-id {secret}" in night["advice"]
        assert MOODLE_SECRET not in night["advice"]

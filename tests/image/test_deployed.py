"""Tasks of the deployed app: image, variables, table and secrets. One sequence; each fixture is a step."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import emulator
from tests.e2e.deployment import PROJECT, Deployment, Environment, Setting
from tests.e2e.emulator import Emulator
from tests.image.containers import mounted, readable
from tests.image.deployed import DeployedWorker, build_with, template, write_seam
from tests.image.engine import Engine
from tests.image.task import own_architecture
from tests.run_harness import API_KEY, RunHarness, RunResult, start_harness
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import TOKEN

__all__ = ["emulator"]

EMPLOYEES = 40
LEAVERS = {str(number) for number in range(1, 7)}
_DAY = 24 * 60 * 60
_CRASH = """
import sys
sys.path.insert(0, "/app")
import worker.runs.make_plan

def crash(*_, **__):
    raise RuntimeError("Jo Doe, jo@example.com")

worker.runs.make_plan.make_plan = crash
"""


@dataclass(frozen=True)
class Step:
    """The result of a task, and the deployed table's items and the suspended employees after it."""

    run: RunResult
    items: dict[str, dict[str, Any]]
    suspended: set[str]

    @property
    def since(self) -> str:
        return str(self.items["default"]["since"])

    @property
    def journal(self) -> list[dict[str, Any]]:
        """The journal items of this run."""
        return [item for key, item in self.items.items() if key.startswith(f"default#journal#{self.run['run_id']}#")]


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunHarness]:
    with start_harness(tmp_path_factory.mktemp("harness")) as harness:
        harness.company.add(generate(EMPLOYEES, seed=5, without_email=0.0))
        yield harness


@pytest.fixture(scope="module")
def deployed(
    engine: Engine, emulator: Emulator, harness: RunHarness, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeployedWorker]:
    settings: dict[str, Setting] = {
        "ProjectName": PROJECT,
        "Production": False,
        "BambooBaseUrl": harness.environment["BAMBOO_BASE_URL"],
        "MoodleBaseUrl": harness.environment["MOODLE_BASE_URL"],
        "CpuArchitecture": own_architecture(),
        "ReconcileSchedule": "cron(0 5 ? * SUN *)",
    }
    environment = Environment(emulator, tmp_path_factory.mktemp("engineer"), settings)
    bootstrapped = environment.bootstrap()
    assert bootstrapped.code == 0, bootstrapped.said
    build_with(engine, environment)
    worker = DeployedWorker.of(engine, Deployment.found(emulator, environment.deploy()), harness)
    yield worker
    engine.must("rmi", worker.image.tag, f"cdkasset-{worker.image.tag.rpartition(':')[2]}")


@pytest.fixture(scope="module")
def first(deployed: DeployedWorker) -> Step:
    deployed.deployment.put_secrets(api_key=API_KEY, token=TOKEN)
    return step(deployed, deployed.run_by_schedule("ScheduleName", "2026-11-23T03:30:00Z"))


@pytest.fixture(scope="module")
def failed(first: Step, deployed: DeployedWorker) -> Step:
    """One employee is hired, six leave, and Moodle creates no accounts."""
    deployed.harness.company.hire(
        "100", firstName="New", lastName="Comer", workEmail="new@example.com", department="HR"
    )
    for number in LEAVERS:
        deployed.harness.company.terminate(number)
    deployed.harness.fail_moodle("html", operation="core_user_create_users", times=0)
    result = deployed.run()
    deployed.harness.heal()
    return step(deployed, result)


@pytest.fixture(scope="module")
def held(failed: Step, deployed: DeployedWorker) -> Step:
    return step(deployed, deployed.run())


@pytest.fixture(scope="module")
def approved(held: Step, deployed: DeployedWorker) -> Step:
    return step(deployed, deployed.run("approve", held.run["run_id"], "--yes"))


@pytest.fixture(scope="module")
def undone(approved: Step, deployed: DeployedWorker) -> Step:
    return step(deployed, deployed.run("undo", approved.run["run_id"], "--yes"))


@pytest.fixture(scope="module")
def reconciled(undone: Step, deployed: DeployedWorker) -> Step:
    """An account was changed by hand, which BambooHR's feed does not show."""
    deployed.harness.site.change_user(deployed.harness.account("20")["id"], department="By Hand")
    return step(deployed, deployed.run_by_schedule("ReconcileScheduleName", "2026-11-29T05:00:00Z"))


def step(deployed: DeployedWorker, run: RunResult) -> Step:
    suspended = {account["idnumber"] for account in deployed.harness.accounts() if account["suspended"]}
    return Step(run, deployed.deployment.items(), suspended)


def test_the_task_runs_the_image_that_the_deploy_built_and_registered(deployed: DeployedWorker) -> None:
    image, container = deployed.image, deployed.deployment.container
    described = image.engine.inspect(image.tag)

    assert f"{described['Os']}/{described['Architecture']}" == image.task.platform
    assert container["user"] == image.task.container["User"] == described["Config"]["User"]
    assert container["readonlyRootFilesystem"] is image.task.container["ReadonlyRootFilesystem"] is True
    assert container["stopTimeout"] == image.task.stop_seconds
    assert int(deployed.deployment.task_definition["memory"]) << 20 == image.task.memory
    assert container["environment"]
    assert not {API_KEY, TOKEN} & set(image.task.variables.values())


def test_the_first_run_creates_all_accounts(first: Step, deployed: DeployedWorker) -> None:
    assert first.run.code == 0, first.run.stderr
    assert (first.run["outcome"], first.run["trigger"], first.run["created"]) == ("ok", "schedule", EMPLOYEES)
    assert first.since == first.run["next_since"] > first.run["since"]


def test_a_run_with_errors_exits_with_1_and_pins_the_state(first: Step, failed: Step) -> None:
    assert failed.run.code == 1, failed.run.stderr
    assert failed.run["errors"] > 0
    assert (failed.since, failed.suspended) == (first.since, set())


def test_suspensions_over_the_limit_are_held_and_the_run_exits_with_4(held: Step) -> None:
    assert held.run.code == 4, held.run.stderr
    assert (held.run["created"], held.run["held_suspensions"], held.suspended) == (1, len(LEAVERS), set())
    assert re.search(rf"\./lxp --env \S+ approve {held.run['run_id']} ", held.run["advice"])


def test_approve_suspends_the_leavers(held: Step, approved: Step) -> None:
    assert approved.run.code == 0, approved.run.stderr
    assert (approved.run["about_run"], approved.suspended) == (held.run["run_id"], LEAVERS)
    assert approved.items["default"] == held.items["default"]


def test_undo_reactivates_them(approved: Step, undone: Step) -> None:
    assert undone.run.code == 0, undone.run.stderr
    assert (undone.run["about_run"], undone.run["reactivated"]) == (approved.run["run_id"], len(LEAVERS))
    assert undone.suspended == set()


def test_the_scheduled_reconcile_fixes_drift_and_leaves_what_was_undone(
    reconciled: Step, deployed: DeployedWorker
) -> None:
    run = reconciled.run

    assert run.code == 0, run.stderr
    assert (run["command"], run["trigger"], run["updated"]) == ("reconcile", "schedule", 1)
    assert deployed.harness.account("20")["department"] != "By Hand"
    assert (run["held_undone"], reconciled.suspended) == (len(LEAVERS), set())


def test_the_journal_is_kept_in_the_deployed_table_for_90_days(
    deployed: DeployedWorker, first: Step, approved: Step, undone: Step, reconciled: Step
) -> None:
    (table,) = [one for one in template(deployed.deployment).values() if one["Type"] == "AWS::DynamoDB::Table"]
    expiry = table["Properties"]["TimeToLiveSpecification"]
    days = [
        (int(item[expiry["AttributeName"]]) - time.time()) / _DAY
        for one in (first, approved, undone, reconciled)
        for item in one.journal or [{}]
    ]

    assert expiry["Enabled"] is True
    assert all(89 < left <= 90 for left in days), days
    assert {one.run["run_id"] for one in (first, approved, undone)} <= {
        key.split("#")[2] for key in reconciled.items if key.startswith("default#journal#")
    }


def test_the_lock_is_free_after_every_step(
    first: Step, failed: Step, held: Step, approved: Step, undone: Step, reconciled: Step
) -> None:
    for one in (first, failed, held, approved, undone, reconciled):
        assert "default#lock" not in one.items


def test_doctor_has_no_failed_check(reconciled: Step, deployed: DeployedWorker) -> None:
    result = deployed.run("doctor", "--json", TRIGGER="manual")
    checks = [json.loads(line) for line in result.stdout.splitlines()]

    assert result.code == 0, result.stdout + result.stderr
    assert {check["event"] for check in checks} == {"doctor.check"}
    assert "failed" not in {check["verdict"] for check in checks}
    assert f"in {deployed.deployment.outputs['BambooSecretArn']}" in result.stdout


def test_an_unknown_run_exits_with_2(held: Step, deployed: DeployedWorker) -> None:
    result = deployed.run("approve", "20260131T033000Z-00000000", "--yes")

    assert (result.code, result["outcome"]) == (2, "usage_error")
    assert held.run["run_id"] in result["advice"]


def test_a_crash_exits_with_70_and_releases_the_lock(
    reconciled: Step, deployed: DeployedWorker, tmp_path: Path
) -> None:
    seam = readable(write_seam(tmp_path, _CRASH))

    result = deployed.run(options=mounted({seam: "/seam"}), PYTHONPATH="/seam")
    after = step(deployed, result)

    assert (result.code, result["outcome"], result["errors"]) == (70, "crash", 1)
    assert "jo@example.com" not in result.stdout + result.stderr
    assert after.items["default"] == reconciled.items["default"]
    assert "default#lock" not in after.items


def test_no_step_shows_a_secret(first: Step, failed: Step, held: Step, approved: Step, undone: Step) -> None:
    for one in (first, failed, held, approved, undone):
        assert API_KEY not in one.run.stdout + one.run.stderr
        assert TOKEN not in one.run.stdout + one.run.stderr

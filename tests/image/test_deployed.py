"""Tasks of the deployed app: its image, its variables, its table and its secrets. One story; each fixture is a step."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import emulator
from tests.e2e.deployment import Deployment, Environment
from tests.e2e.emulator import Emulator
from tests.image.containers import mounted, readable
from tests.image.deployed import DeployedWorker, build_with, template, write_seam
from tests.image.engine import Engine
from tests.image.task import own_architecture
from tests.run_harness import API_KEY, Night, Nights, nights
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import TOKEN

__all__ = ["emulator"]

PEOPLE = 40
LEAVERS = {str(number) for number in range(1, 7)}
_DAY = 24 * 60 * 60
_CRASH = """
import sys
sys.path.insert(0, "/app")
import worker.runs.sync

def crash(*_, **__):
    raise RuntimeError("Jo Doe, jo@example.com")

worker.runs.sync.plan_from = crash
"""


@dataclass(frozen=True)
class Step:
    """A task's end, and what the deployed table held and who was suspended after it."""

    night: Night
    items: dict[str, dict[str, Any]]
    suspended: set[str]

    @property
    def since(self) -> str:
        return str(self.items["default"]["since"])

    @property
    def journal(self) -> list[dict[str, Any]]:
        """What was kept of what this run wrote."""
        return [item for key, item in self.items.items() if key.startswith(f"default#journal#{self.night['run_id']}#")]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    with nights(tmp_path_factory.mktemp("town")) as both:
        both.company.add(generate(PEOPLE, seed=5, without_email=0.0))
        yield both


@pytest.fixture(scope="module")
def deployed(
    engine: Engine, emulator: Emulator, town: Nights, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeployedWorker]:
    settings = {
        "BambooBaseUrl": town.environment["BAMBOO_BASE_URL"],
        "MoodleBaseUrl": town.environment["MOODLE_BASE_URL"],
        "CpuArchitecture": own_architecture(),
        "ReconcileSchedule": "cron(0 5 ? * SUN *)",
    }
    environment = Environment(emulator, tmp_path_factory.mktemp("engineer"), settings)
    bootstrapped = environment.bootstrap()
    assert bootstrapped.code == 0, bootstrapped.said
    build_with(engine, environment)
    worker = DeployedWorker.of(engine, Deployment.found(emulator, environment.deploy()), town)
    yield worker
    engine.must("rmi", worker.image.tag, f"cdkasset-{worker.image.tag.rpartition(':')[2]}")


@pytest.fixture(scope="module")
def first(deployed: DeployedWorker) -> Step:
    deployed.deployment.put_secrets(api_key=API_KEY, token=TOKEN)
    return step(deployed, deployed.run_by_schedule("ScheduleName", "2026-11-23T03:30:00Z"))


@pytest.fixture(scope="module")
def failed(first: Step, deployed: DeployedWorker) -> Step:
    """Somebody is hired, six leave, and Moodle makes no accounts."""
    deployed.town.company.hire("100", firstName="New", lastName="Comer", workEmail="new@example.com", department="HR")
    for number in LEAVERS:
        deployed.town.company.terminate(number)
    deployed.town.fail_moodle("html", operation="core_user_create_users", times=0)
    end = deployed.run()
    deployed.town.heal()
    return step(deployed, end)


@pytest.fixture(scope="module")
def held(failed: Step, deployed: DeployedWorker) -> Step:
    return step(deployed, deployed.run())


@pytest.fixture(scope="module")
def approved(held: Step, deployed: DeployedWorker) -> Step:
    return step(deployed, deployed.run("approve", held.night["run_id"]))


@pytest.fixture(scope="module")
def undone(approved: Step, deployed: DeployedWorker) -> Step:
    return step(deployed, deployed.run("undo", approved.night["run_id"], "--yes"))


@pytest.fixture(scope="module")
def reconciled(undone: Step, deployed: DeployedWorker) -> Step:
    """Somebody has changed an account by hand, of which BambooHR's feed knows nothing."""
    deployed.town.site.change_user(deployed.town.account("20")["id"], department="By Hand")
    return step(deployed, deployed.run_by_schedule("ReconcileScheduleName", "2026-11-29T05:00:00Z"))


def step(deployed: DeployedWorker, night: Night) -> Step:
    suspended = {account["idnumber"] for account in deployed.town.accounts() if account["suspended"]}
    return Step(night, deployed.deployment.items(), suspended)


def test_what_runs_is_what_the_deploy_built_and_registered(deployed: DeployedWorker) -> None:
    image, container = deployed.image, deployed.deployment.container
    told = image.engine.inspect(image.tag)

    assert f"{told['Os']}/{told['Architecture']}" == image.task.platform
    assert container["user"] == image.task.container["User"] == told["Config"]["User"]
    assert container["readonlyRootFilesystem"] is image.task.container["ReadonlyRootFilesystem"] is True
    assert container["stopTimeout"] == image.task.stop_seconds
    assert int(deployed.deployment.task_definition["memory"]) << 20 == image.task.memory
    assert container["environment"]
    assert not {API_KEY, TOKEN} & set(image.task.variables.values())


def test_the_first_night_makes_everybodys_accounts(first: Step, deployed: DeployedWorker) -> None:
    assert first.night.code == 0, first.night.stderr
    assert (first.night["outcome"], first.night["trigger"], first.night["created"]) == ("ok", "schedule", PEOPLE)
    assert first.since == first.night["next_since"] > first.night["since"]


def test_a_night_with_errors_ends_with_1_and_stays_where_it_was(first: Step, failed: Step) -> None:
    assert failed.night.code == 1, failed.night.stderr
    assert failed.night["errors"] > 0
    assert (failed.since, failed.suspended) == (first.since, set())


def test_too_many_leavers_end_with_4_and_are_held(held: Step) -> None:
    assert held.night.code == 4, held.night.stderr
    assert (held.night["created"], held.night["held_suspensions"], held.suspended) == (1, len(LEAVERS), set())
    assert f"approve {held.night['run_id']}" in held.night["advice"]


def test_an_approval_suspends_them(held: Step, approved: Step) -> None:
    assert approved.night.code == 0, approved.night.stderr
    assert (approved.night["about_run"], approved.suspended) == (held.night["run_id"], LEAVERS)
    assert approved.items["default"] == held.items["default"]


def test_an_undo_takes_it_back(approved: Step, undone: Step) -> None:
    assert undone.night.code == 0, undone.night.stderr
    assert (undone.night["about_run"], undone.night["reactivated"]) == (approved.night["run_id"], len(LEAVERS))
    assert undone.suspended == set()


def test_the_scheduled_reconcile_mends_what_has_drifted_and_leaves_what_was_undone(
    reconciled: Step, deployed: DeployedWorker
) -> None:
    night = reconciled.night

    assert night.code == 0, night.stderr
    assert (night["command"], night["trigger"], night["updated"]) == ("reconcile", "schedule", 1)
    assert deployed.town.account("20")["department"] != "By Hand"
    assert (night["held_undone"], reconciled.suspended) == (len(LEAVERS), set())


def test_what_a_run_wrote_is_kept_in_the_deployed_table_until_its_day(
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
    assert {one.night["run_id"] for one in (first, approved, undone)} <= {
        key.split("#")[2] for key in reconciled.items if key.startswith("default#journal#")
    }


def test_the_lock_is_free_after_every_step(
    first: Step, failed: Step, held: Step, approved: Step, undone: Step, reconciled: Step
) -> None:
    for one in (first, failed, held, approved, undone, reconciled):
        assert "default#lock" not in one.items


def test_doctor_finds_nothing_that_fails(reconciled: Step, deployed: DeployedWorker) -> None:
    end = deployed.run("doctor", "--json", TRIGGER="manual")
    checks = [json.loads(line) for line in end.stdout.splitlines()]

    assert end.code == 0, end.stdout + end.stderr
    assert {check["event"] for check in checks} == {"doctor.check"}
    assert "failed" not in {check["verdict"] for check in checks}
    assert f"in {deployed.deployment.outputs['BambooSecretArn']}" in end.stdout


def test_a_run_that_is_not_in_the_deployed_table_ends_with_2(held: Step, deployed: DeployedWorker) -> None:
    end = deployed.run("approve", "no-such-run")

    assert (end.code, end["outcome"]) == (2, "usage_error")
    assert held.night["run_id"] in end["advice"]


def test_a_defect_ends_with_70_and_gives_the_lock_back(
    reconciled: Step, deployed: DeployedWorker, tmp_path: Path
) -> None:
    seam = readable(write_seam(tmp_path, _CRASH))

    end = deployed.run(options=mounted({seam: "/seam"}), PYTHONPATH="/seam")
    after = step(deployed, end)

    assert (end.code, end["outcome"], end["errors"]) == (70, "crash", 1)
    assert "jo@example.com" not in end.stdout + end.stderr
    assert after.items["default"] == reconciled.items["default"]
    assert "default#lock" not in after.items


def test_no_step_tells_a_secret(first: Step, failed: Step, held: Step, approved: Step, undone: Step) -> None:
    for one in (first, failed, held, approved, undone):
        assert API_KEY not in one.night.stdout + one.night.stderr
        assert TOKEN not in one.night.stdout + one.night.stderr

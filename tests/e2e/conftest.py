"""The story, once a session: each fixture is a step, and asks for the one before it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.e2e import former
from tests.e2e.deployment import PROJECT, Deployment, Environment, Setting, Verb, make
from tests.e2e.emulator import WORKER, Emulator, emulated_aws
from tests.e2e.story import EMPLOYEES, FIRST_BATCH, LATER, SECOND_BATCH, Done
from tests.run_harness import API_KEY, RunHarness, RunResult, start_harness
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import TOKEN


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    ready = make("setup-e2e", environment=dict(os.environ))
    assert ready.code == 0, ready.said
    with emulated_aws(tmp_path_factory.mktemp("emulator"), WORKER) as running:
        yield running


@pytest.fixture(scope="session")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunHarness]:
    """A company of ten in BambooHR, and an empty Moodle."""
    with start_harness(tmp_path_factory.mktemp("systems")) as both:
        both.company.add(generate(EMPLOYEES, seed=5))
        yield both


@pytest.fixture(scope="session")
def environment(emulator: Emulator, systems: RunHarness, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    settings: dict[str, Setting] = {
        "ProjectName": PROJECT,
        "Production": False,
        "BatchSize": FIRST_BATCH,
        **_addresses(systems),
    }
    return Environment(emulator, tmp_path_factory.mktemp("engineer"), settings)


@pytest.fixture(scope="session")
def deployed(emulator: Emulator, environment: Environment) -> Deployment:
    """The account's first deploy."""
    bootstrapped = environment.bootstrap()
    assert bootstrapped.code == 0, bootstrapped.said
    return Deployment.found(emulator, environment.deploy())


@pytest.fixture(scope="session")
def run_without_secrets(deployed: Deployment, systems: RunHarness) -> Done:
    """A run before the operator has set anything."""
    return _done(deployed, systems, deployed.run())


@pytest.fixture(scope="session")
def first_run(run_without_secrets: Done, deployed: Deployment, systems: RunHarness) -> Done:
    """The first run after the secrets were set."""
    deployed.put_secrets(api_key=API_KEY, token=TOKEN)
    return _done(deployed, systems, deployed.run())


@pytest.fixture(scope="session")
def redeployed(first_run: Done, emulator: Emulator, environment: Environment) -> Deployment:
    """A deploy of another batch size."""
    environment.set(BatchSize=SECOND_BATCH)
    return Deployment.found(emulator, environment.deploy())


@pytest.fixture(scope="session")
def second_run(redeployed: Deployment, systems: RunHarness) -> Done:
    """The schedule's run after it."""
    return _done(redeployed, systems, redeployed.run(**redeployed.overrides("2026-11-23T03:30:00Z")))


@pytest.fixture(scope="session")
def second_delivery(second_run: Done, redeployed: Deployment, systems: RunHarness) -> Done:
    """The same scheduled run, delivered once more."""
    return _done(redeployed, systems, redeployed.run(**redeployed.overrides("2026-11-23T03:30:00Z")))


@pytest.fixture(scope="session")
def deployed_while_paused(second_delivery: Done, emulator: Emulator, environment: Environment) -> Deployment:
    """A deploy of another schedule during a pause."""
    paused = environment.operate("pause")
    assert paused.code == 0, paused.said
    environment.set(ScheduleExpression=LATER)
    return Deployment.found(emulator, environment.deploy())


@pytest.fixture(scope="session")
def run_while_paused(deployed_while_paused: Deployment, systems: RunHarness) -> Done:
    """The run of the schedule that the deploy has enabled."""
    systems.company.hire("11", firstName="Kim", lastName="Berg", workEmail="kim.berg@acme.example")
    run = deployed_while_paused.run(**deployed_while_paused.overrides("2026-11-24T04:30:00Z"))
    return _done(deployed_while_paused, systems, run)


@pytest.fixture(scope="session")
def resumed(run_while_paused: Done, emulator: Emulator, environment: Environment) -> Deployment:
    """The environment after `make resume`."""
    return Deployment.found(emulator, environment.operate("resume"))


@pytest.fixture(scope="session")
def run_after_the_pause(resumed: Deployment, systems: RunHarness) -> Done:
    """The schedule's next run."""
    return _done(resumed, systems, resumed.run(**resumed.overrides("2026-11-25T04:30:00Z")))


@pytest.fixture(scope="session")
def run_by_the_operator(run_after_the_pause: Done, environment: Environment, systems: RunHarness) -> Verb:
    """`make run`, for one more employee."""
    systems.company.hire("12", firstName="Ada", lastName="Holm", workEmail="ada.holm@acme.example")
    return environment.operate("run")


@pytest.fixture(scope="session")
def former_environment(
    emulator: Emulator, systems: RunHarness, tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    """A second environment of the account, whose file was written before `Production` was required."""
    settings: dict[str, Setting] = {
        "ProjectName": former.PROJECT,
        "ReconcileSchedule": former.RECONCILE,
        **_addresses(systems),
    }
    return Environment(emulator, tmp_path_factory.mktemp("former"), settings, name="former")


@pytest.fixture(scope="session")
def former_deployment(deployed: Deployment, emulator: Emulator) -> Deployment:
    """That environment as version 1.0.0 deployed it, beside the one of today, with its state and its secrets."""
    former.deploy(emulator)
    found = Deployment.found(emulator, Verb(0, ""), former.PROJECT)
    found.put_secrets(api_key=API_KEY, token=TOKEN)
    former.write_state(found)
    return found


@pytest.fixture(scope="session")
def refused_upgrade(former_deployment: Deployment, former_environment: Environment) -> Verb:
    """A deploy of this version with the file as it was."""
    return former_environment.deploy()


@pytest.fixture(scope="session")
def upgraded(
    refused_upgrade: Verb, former_deployment: Deployment, former_environment: Environment, emulator: Emulator
) -> Deployment:
    """The same after the file says what the refusal asked for."""
    former_environment.set(Production=False)
    paused = former_environment.operate("pause")
    assert paused.code == 0, paused.said
    return Deployment.found(emulator, former_environment.deploy(), former.PROJECT)


def _addresses(systems: RunHarness) -> dict[str, str]:
    return {
        "BambooBaseUrl": systems.environment["BAMBOO_BASE_URL"],
        "MoodleBaseUrl": systems.environment["MOODLE_BASE_URL"],
    }


def _done(deployment: Deployment, systems: RunHarness, run: RunResult) -> Done:
    return Done(run, deployment.items(), systems.accounts(), deployment.secrets())

"""An environment as a CDK application: what `app.py` synthesises and the tests look at."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks
from constructs import Construct

from cdk_app import acknowledgements, base_image, parameters, schedule_checks
from cdk_app.parameter_reader import ParameterError
from cdk_app.stacks import RegistryStack, SyncStack


@dataclass(frozen=True, kw_only=True)
class Stacks:
    """The two stacks of one environment."""

    registry: RegistryStack
    sync: SyncStack


def load(environment: str, file: Path | None = None, now: datetime | None = None) -> parameters.Parameters:
    """The parameters of an environment that is to be deployed at the time `now`.

    Its schedules are judged here and not with the file: an operator's command still reads a file whose last scheduled
    run is over.

    Raises:
        ParameterError: The file is faulty, or its schedules are.
    """
    loaded = parameters.load(environment, file)
    faults = schedule_checks.faults(_schedules(loaded), now or datetime.now(UTC))
    if faults:
        shown = file or parameters.ENVIRONMENTS / f"{environment}.toml"
        raise ParameterError(f"{shown}: {fault}" for fault in faults)
    return loaded


def chosen(app: cdk.App, now: datetime | None = None) -> parameters.Parameters:
    """The environment that the command line chose with `-c env=NAME`, or with `-c env_file=PATH` beside it."""
    environment, file = app.node.try_get_context("env"), app.node.try_get_context("env_file")
    if not isinstance(environment, str) or not environment:
        known = " or ".join(f"-c env={name}" for name in parameters.names())
        raise ParameterError([f"which environment? Choose {known}."])
    return load(environment, Path(file) if file else None, now)


def _schedules(loaded: parameters.Parameters) -> schedule_checks.Schedules:
    return schedule_checks.Schedules(
        nightly=loaded.schedule_expression,
        reconcile=loaded.reconcile_schedule,
        timezone=loaded.schedule_timezone,
        silence_hours=loaded.silence_hours,
        max_run_minutes=loaded.max_run_minutes,
    )


def chosen_base(app: cdk.App) -> str | None:
    """The base image that the command line chose with `-c base=IMAGE`; None for the Dockerfile's own."""
    base = app.node.try_get_context("base")
    if not base:
        return None
    if not isinstance(base, str) or not base_image.is_reference(base):
        raise ParameterError([f"BASE = {base!r} is not an image, as in python:3.13-slim@sha256:..."])
    return base


def compose(scope: Construct, chosen_parameters: parameters.Parameters, base: str | None = None) -> Stacks:
    """Both stacks of an environment in an app or a stage, ready to be judged by cdk-nag."""
    name = chosen_parameters.project_name
    registry = RegistryStack(scope, f"{name}-registry", parameters=chosen_parameters)
    sync = SyncStack(scope, name, parameters=chosen_parameters, registry=registry, base=base)
    acknowledgements.acknowledge(sync)
    for warning in schedule_checks.warnings(_schedules(chosen_parameters), datetime.now(UTC)):
        cdk.Annotations.of(sync).add_warning_v2("lxp-sync:runs-overlap", warning)
    return Stacks(registry=registry, sync=sync)


def synthesise(app: cdk.App) -> Path:
    """Write the assembly, after cdk-nag has judged it; answer where it is."""
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return Path(app.synth().directory)


def main() -> None:
    """Synthesise the chosen environment, or report everything that is wrong with its file."""
    app = cdk.App()
    try:
        compose(app, chosen(app), chosen_base(app))
    except ParameterError as fault:
        sys.exit(f"{fault}\n\nNothing was synthesised.")
    synthesise(app)

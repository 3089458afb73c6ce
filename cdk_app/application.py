"""An environment as a CDK application, which `app.py` and the tests synthesise."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks
from constructs import Construct

from cdk_app import acknowledgements, base_image, parameters, schedule_checks
from cdk_app.parameters import ParameterError, Parameters
from cdk_app.stacks import RegistryStack, SyncStack


@dataclass(frozen=True, kw_only=True)
class Stacks:
    """The two stacks of one environment."""

    registry: RegistryStack
    sync: SyncStack


def load(environment: str, file: Path | None = None, now: datetime | None = None) -> Parameters:
    """Return the parameters of an environment for a deployment at the time `now`.

    `parameters.load` alone does not check the schedules against the time: an operator's command reads a file whose last
    scheduled run is over, too.

    Raises:
        ParameterError: With every fault of the file, or of its schedules.
    """
    loaded = parameters.load(environment, file)
    if faults := schedule_checks.faults(loaded, now or datetime.now(UTC)):
        shown = file or parameters.ENVIRONMENTS / f"{environment}.toml"
        raise ParameterError(f"{shown}: {fault}" for fault in faults)
    return loaded


def chosen(app: cdk.App, now: datetime | None = None) -> Parameters:
    """Return the parameters of the environment chosen on the command line: `-c env=NAME`, and maybe `-c env_file=PATH`.

    Raises:
        ParameterError: No environment is chosen, or its file or schedules have faults.
    """
    environment, file = app.node.try_get_context("env"), app.node.try_get_context("env_file")
    if not isinstance(environment, str) or not environment:
        known = " or ".join(f"-c env={name}" for name in parameters.names())
        raise ParameterError([f"which environment? Choose {known}."])
    return load(environment, Path(file) if file else None, now)


def chosen_base(app: cdk.App) -> str | None:
    """Return the base image chosen on the command line with `-c base=IMAGE`; None for that of the Dockerfile.

    Raises:
        ParameterError: It is not the name of an image.
    """
    base = app.node.try_get_context("base")
    if not base:
        return None
    if not isinstance(base, str) or not base_image.is_reference(base):
        raise ParameterError([f"BASE = {base!r} is not an image, as in python:3.13-slim@sha256:..."])
    return base


def compose(scope: Construct, chosen_parameters: Parameters, base: str | None = None) -> Stacks:
    """Add both stacks of an environment to an app or a stage, with their acknowledgements and warnings."""
    name = chosen_parameters.project_name
    registry = RegistryStack(scope, f"{name}-registry", parameters=chosen_parameters)
    sync = SyncStack(scope, name, parameters=chosen_parameters, registry=registry, base=base)
    acknowledgements.acknowledge(sync)
    for warning_id, text in schedule_checks.warnings(chosen_parameters, datetime.now(UTC)):
        cdk.Annotations.of(sync).add_warning_v2(warning_id, text)
    return Stacks(registry=registry, sync=sync)


def synthesise(app: cdk.App) -> Path:
    """Write the assembly, which cdk-nag checks first; return its folder."""
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return Path(app.synth().directory)


def main() -> None:
    """Synthesise the chosen environment, or exit with every fault of its file."""
    app = cdk.App()
    try:
        compose(app, chosen(app), chosen_base(app))
    except ParameterError as fault:
        sys.exit(f"{fault}\n\nNothing was synthesised.")
    synthesise(app)

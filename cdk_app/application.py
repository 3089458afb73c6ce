"""An environment as a CDK application: what `app.py` synthesises and the tests look at."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from cdk_app import acknowledgements, manifest, parameters
from cdk_app.parameter_reader import ParameterError
from cdk_app.stacks import RegistryStack, SyncStack

IMAGE_DIRECTORY = Path(__file__).parent.parent / "worker"


@dataclass(frozen=True, kw_only=True)
class Stacks:
    """The two stacks of one environment."""

    registry: RegistryStack
    sync: SyncStack


def chosen(app: cdk.App) -> parameters.Parameters:
    """The environment that the command line chose with `-c env=NAME`, or with `-c env_file=PATH` beside it."""
    environment, file = app.node.try_get_context("env"), app.node.try_get_context("env_file")
    if not isinstance(environment, str) or not environment:
        known = " or ".join(f"-c env={name}" for name in parameters.names())
        raise ParameterError([f"which environment? Say {known}."])
    return parameters.load(environment, Path(file) if file else None)


def compose(app: cdk.App, chosen_parameters: parameters.Parameters) -> Stacks:
    """Both stacks of an environment, in their order, ready to be judged by cdk-nag."""
    name = chosen_parameters.project_name
    registry = RegistryStack(app, f"{name}-registry", parameters=chosen_parameters)
    sync = SyncStack(app, name, parameters=chosen_parameters, image_directory=IMAGE_DIRECTORY)
    sync.add_stack_dependency(registry, "its image is published to the registry's repository")
    acknowledgements.acknowledge(sync)
    return Stacks(registry=registry, sync=sync)


def synthesise(app: cdk.App, stacks: Stacks) -> Path:
    """Write the assembly, after cdk-nag has judged it, and order the image's build; answer where it is."""
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    assembly = Path(app.synth().directory)
    manifest.build_images_after(
        assembly, image_stack=stacks.sync.artifact_id, registry_stack=stacks.registry.artifact_id
    )
    return assembly


def main() -> None:
    """Synthesise the chosen environment, or say everything that is wrong with its file."""
    app = cdk.App()
    try:
        chosen_parameters = chosen(app)
    except ParameterError as fault:
        sys.exit(f"{fault}\n\nNothing was synthesised.")
    synthesise(app, compose(app, chosen_parameters))

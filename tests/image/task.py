"""The synthesised task definition, and what it means for a container engine."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cdk_app  # noqa: F401 - it quietens the CDK's Node process, and so has to come before the CDK
from tests.cdk_app.synthesis import synthesise
from tests.image.engine import Engine
from tests.sandbox.aws import BAMBOO_SECRET, MOODLE_SECRET, REGION, TABLE

_FILE = Path(__file__).with_name("environment.toml")
_TASK = "AWS::ECS::TaskDefinition"
# What becomes an option of the engine, and what is between ECS and the log, the registry or the other containers.
_RUN = {"User", "ReadonlyRootFilesystem", "LinuxParameters", "StopTimeout", "Environment"}
_ELSEWHERE = {"Name", "Image", "Essential", "LogConfiguration"}
_PLATFORMS = {"X86_64": "linux/amd64", "ARM64": "linux/arm64"}


@dataclass(frozen=True)
class Asset:
    """The directory that a deploy builds the image from, and for what."""

    directory: Path
    platform: str


@dataclass(frozen=True)
class Task:
    """A task definition with one container, as a template writes it, and its variables with their values."""

    definition: Mapping[str, Any]
    variables: Mapping[str, str]

    @property
    def container(self) -> Mapping[str, Any]:
        """Its one container."""
        (container,) = self.definition["ContainerDefinitions"]
        return dict(container)

    @property
    def platform(self) -> str:
        """What it runs on, as an engine calls it."""
        runtime = self.definition["RuntimePlatform"]
        assert runtime["OperatingSystemFamily"] == "LINUX"
        return _PLATFORMS[runtime["CpuArchitecture"]]

    @property
    def memory(self) -> int:
        """In bytes."""
        return int(self.definition["Memory"]) << 20

    @property
    def stop_seconds(self) -> int:
        """What is left to a container between SIGTERM and SIGKILL."""
        return int(self.container["StopTimeout"])

    def options(self, engine: Engine) -> list[str]:
        """The engine's options under which a container is what the definition says, and has nothing else."""
        container = self.container
        assert container.keys() == _RUN | _ELSEWHERE
        linux = container["LinuxParameters"]
        assert linux.keys() == {"Capabilities", "InitProcessEnabled"}
        assert linux["Capabilities"].keys() == {"Drop"}
        options = ["--network=host", "--security-opt=no-new-privileges", f"--user={container['User']}"]
        # As much with swap as without: Fargate has none.
        options += [f"--memory={self.memory}b", f"--memory-swap={self.memory}b"]
        options += [f"--cap-drop={name}" for name in linux["Capabilities"]["Drop"]]
        if linux["InitProcessEnabled"]:
            options.append("--init")
        if container["ReadonlyRootFilesystem"]:
            options.append("--read-only")
        if engine.is_podman:
            # By itself it mounts a tmpfs on /tmp, /run and /var/tmp, and hands on the proxies of its own environment.
            options += ["--read-only-tmpfs=false", "--http-proxy=false"]
        return options


@dataclass(frozen=True)
class Synthesised:
    """The task of `environment.toml`, and what a deploy would build for it."""

    task: Task
    asset: Asset

    @classmethod
    def into(cls, directory: Path) -> Synthesised:
        """For this machine's architecture, with the emulated AWS's names."""
        file = directory / "image.toml"
        own = f'CpuArchitecture = "{own_architecture()}"\n'
        file.write_text(_FILE.read_text(encoding="utf-8") + own, encoding="utf-8")
        made = synthesise("image", directory / "assembly", file)
        definition = made.sync.only(_TASK)["Properties"]
        known = {
            "AWS::Region": REGION,
            made.sync.named("State", "AWS::DynamoDB::Table"): TABLE,
            made.sync.named("BambooSecret", "AWS::SecretsManager::Secret"): BAMBOO_SECRET,
            made.sync.named("MoodleSecret", "AWS::SecretsManager::Secret"): MOODLE_SECRET,
        }
        ((container,), name) = definition["ContainerDefinitions"], made.parameters.project_name
        variables = {one["Name"]: _plain(one["Value"], known) for one in container["Environment"]}
        manifest = json.loads((made.assembly / f"{name}.assets.json").read_text(encoding="utf-8"))
        (image,) = manifest["dockerImages"].values()
        asset = Asset(made.assembly / image["source"]["directory"], image["source"]["platform"])
        return cls(Task(definition, variables), asset)


def own_architecture() -> str:
    """This machine's, as a task definition calls it."""
    return "ARM64" if platform.machine().lower() in ("arm64", "aarch64") else "X86_64"


def _plain(value: str | Mapping[str, str], known: Mapping[str, str]) -> str:
    return value if isinstance(value, str) else known[value["Ref"]]

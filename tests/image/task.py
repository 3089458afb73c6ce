"""The synthesised task definition, and the container engine's options that follow from it."""

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
# Keys that become options of the engine, and keys that concern the log, the registry or other containers.
_RUN = {"User", "ReadonlyRootFilesystem", "LinuxParameters", "StopTimeout", "Environment"}
_ELSEWHERE = {"Name", "Image", "Essential", "LogConfiguration"}
_PLATFORMS = {"X86_64": "linux/amd64", "ARM64": "linux/arm64"}


@dataclass(frozen=True)
class Asset:
    """The directory from which a deploy builds the image, and the platform."""

    directory: Path
    platform: str


@dataclass(frozen=True)
class Task:
    """A task definition with one container, as in the template, and its variables with their values."""

    definition: Mapping[str, Any]
    variables: Mapping[str, str]

    @property
    def container(self) -> Mapping[str, Any]:
        """The container's definition."""
        (container,) = self.definition["ContainerDefinitions"]
        return dict(container)

    @property
    def platform(self) -> str:
        """The platform, in the engine's terms."""
        runtime = self.definition["RuntimePlatform"]
        assert runtime["OperatingSystemFamily"] == "LINUX"
        return _PLATFORMS[runtime["CpuArchitecture"]]

    @property
    def memory(self) -> int:
        """The memory in bytes."""
        return int(self.definition["Memory"]) << 20

    @property
    def stop_seconds(self) -> int:
        """The seconds between SIGTERM and SIGKILL."""
        return int(self.container["StopTimeout"])

    def options(self, engine: Engine) -> list[str]:
        """Return the engine's options that give a container exactly what the definition says."""
        container = self.container
        assert container.keys() == _RUN | _ELSEWHERE
        linux = container["LinuxParameters"]
        assert linux.keys() == {"Capabilities", "InitProcessEnabled"}
        assert linux["Capabilities"].keys() == {"Drop"}
        options = ["--network=host", "--security-opt=no-new-privileges", f"--user={container['User']}"]
        # The same limit with swap as without: Fargate has no swap.
        options += [f"--memory={self.memory}b", f"--memory-swap={self.memory}b"]
        options += [f"--cap-drop={name}" for name in linux["Capabilities"]["Drop"]]
        if linux["InitProcessEnabled"]:
            options.append("--init")
        if container["ReadonlyRootFilesystem"]:
            options.append("--read-only")
        if engine.is_podman:
            # By default podman mounts a tmpfs on /tmp, /run and /var/tmp, and passes the proxies of its environment on.
            options += ["--read-only-tmpfs=false", "--http-proxy=false"]
        return options


@dataclass(frozen=True)
class Synthesised:
    """The task of `environment.toml`, and what a deploy builds for it."""

    task: Task
    asset: Asset

    @classmethod
    def into(cls, directory: Path) -> Synthesised:
        """Synthesise for this machine's architecture, with the emulated AWS's names."""
        file = directory / "image.toml"
        own = f'CpuArchitecture = "{own_architecture()}"\n'
        file.write_text(_FILE.read_text(encoding="utf-8") + own, encoding="utf-8")
        synthesised = synthesise("image", directory / "assembly", file)
        definition = synthesised.sync.only(_TASK)["Properties"]
        known = {
            "AWS::Region": REGION,
            synthesised.sync.named("State", "AWS::DynamoDB::Table"): TABLE,
            synthesised.sync.named("BambooSecret", "AWS::SecretsManager::Secret"): BAMBOO_SECRET,
            synthesised.sync.named("MoodleSecret", "AWS::SecretsManager::Secret"): MOODLE_SECRET,
        }
        ((container,), name) = definition["ContainerDefinitions"], synthesised.parameters.project_name
        variables = {one["Name"]: _plain(one["Value"], known) for one in container["Environment"]}
        manifest = json.loads((synthesised.assembly / f"{name}.assets.json").read_text(encoding="utf-8"))
        (image,) = manifest["dockerImages"].values()
        asset = Asset(synthesised.assembly / image["source"]["directory"], image["source"]["platform"])
        return cls(Task(definition, variables), asset)


def own_architecture() -> str:
    """Return this machine's architecture, in the task definition's terms."""
    return "ARM64" if platform.machine().lower() in ("arm64", "aarch64") else "X86_64"


def _plain(value: str | Mapping[str, str], known: Mapping[str, str]) -> str:
    return value if isinstance(value, str) else known[value["Ref"]]

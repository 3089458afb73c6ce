"""The GitHub workflows, as far as they can be checked without GitHub."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from cdk_app.parameters import names

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"), key=lambda path: path.stem)


def load(path: Path) -> dict[str, Any]:
    # YAML 1.1 reads the key `on` as true.
    return {("on" if key is True else key): value for key, value in yaml.safe_load(path.read_text()).items()}


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = load(path)["jobs"]
    return found


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in jobs(path).values() for step in job.get("steps", [])]


def test_the_workflows_are_these() -> None:
    assert [path.stem for path in FILES] == ["check", "deploy", "deploy-environment"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_action_is_pinned_to_a_commit_and_names_its_version(path: Path) -> None:
    used = re.findall(r"uses: (?!\./)(.+)$", path.read_text(), flags=re.MULTILINE)

    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one) for one in used), used


def test_one_version_of_an_action_everywhere() -> None:
    used = {one for path in FILES for one in re.findall(r"uses: (?!\./)(\S+)", path.read_text())}

    assert len(used) == len({one.split("@")[0] for one in used})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_permission_is_named(path: Path) -> None:
    assert load(path)["permissions"] == {}
    for job in jobs(path).values():
        assert set(job["permissions"]) <= {"contents", "id-token"}
        assert job["permissions"]["contents"] == "read"
        assert "uses" in job or job["timeout-minutes"] <= 60


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_scripts_run_targets_of_the_makefile_and_contain_no_input(path: Path) -> None:
    verbs = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    for step in steps(path):
        if "run" in step:
            target = re.match(r"make ([a-z-]+)", step["run"])
            assert target
            assert target[1] in verbs
            assert "${{" not in step["run"]


def test_a_pull_request_is_tested_without_any_credentials() -> None:
    check = load(FOLDER / "check.yml")

    assert "pull_request" in check["on"]
    ran = [step["run"] for step in steps(FOLDER / "check.yml") if "run" in step]
    suites = ["test", "test-image", "test-browser", "test-faults", "test-large"]
    assert ran == ["make demo", *(f"make {suite}" for suite in suites), "make audit"]
    assert "id-token" not in jobs(FOLDER / "check.yml")["test"]["permissions"]


def test_a_deploy_needs_the_tests_and_the_protection_of_its_environment() -> None:
    deploy = jobs(FOLDER / "deploy.yml")
    one = jobs(FOLDER / "deploy-environment.yml")["deploy"]

    assert deploy["dev"]["needs"] == "check"
    assert set(deploy["prod"]["needs"]) == {"check", "dev"}
    assert one["environment"] == "${{ inputs.environment }}"
    assert one["concurrency"]["cancel-in-progress"] is False
    assert {job["with"]["environment"] for job in deploy.values() if "with" in job} == set(names())


def test_aws_is_used_with_oidc_and_no_secret_is_stored() -> None:
    text = "".join(path.read_text() for path in FILES)
    (login,) = [step for path in FILES for step in steps(path) if "configure-aws" in step.get("uses", "")]

    assert set(login["with"]) == {"role-to-assume", "aws-region"}
    assert "secrets." not in text
    assert jobs(FOLDER / "deploy-environment.yml")["deploy"]["permissions"]["id-token"] == "write"


def test_dependabot_covers_every_kind_of_dependency() -> None:
    updates = load(ROOT / ".github" / "dependabot.yml")["updates"]

    assert {one["package-ecosystem"] for one in updates} == {"pip", "npm", "docker", "github-actions"}
    for one in updates:
        for folder in one.get("directories", [one.get("directory")]):
            assert (ROOT / folder.strip("/")).is_dir()

"""Dependencies: exact versions, hashes of what is deployed, and allowed licences, checked without a network."""

from __future__ import annotations

import json
import re
from importlib.metadata import metadata

import pytest

from tests.run_harness import ROOT
from worker import __version__

LOCKS = [ROOT / "requirements.txt", ROOT / "worker/requirements.txt", *sorted(ROOT.glob("tests/*/requirements.txt"))]
WORKER = ROOT / "worker" / "requirements.txt"
ALLOWED = {"Apache-2.0", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "PSF-2.0"}
# Licences that a package's metadata states in other words, or only in a classifier.
SPDX = {
    "Apache License 2.0": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "Dual License": "Apache-2.0 OR BSD-3-Clause",
}


def requirements(text: str) -> list[str]:
    """Return the lines of a lock file, each with its hashes."""
    joined = re.sub(r"\\\n\s*", " ", text)
    return [line for line in joined.splitlines() if line and not line.startswith("#")]


def deployed() -> list[str]:
    """Return the names of the packages in the image, which runs on Linux."""
    lines = requirements(WORKER.read_text())
    return [re.split("==", line)[0] for line in lines if "sys_platform == 'win32'" not in line]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_version_is_exact(lock: object) -> None:
    lines = requirements(lock.read_text())  # type: ignore[attr-defined]

    assert lines
    assert [line for line in lines if not re.match(r"[A-Za-z0-9._\[\],-]+==[^*\s]+(\s|$)", line)] == []


def test_the_demo_installs_a_small_part_of_the_tests_requirements() -> None:
    all_requirements = set(requirements((ROOT / "requirements.txt").read_text()))
    demo = set(requirements((ROOT / "tests/sandbox/requirements.txt").read_text()))

    assert demo <= all_requirements
    assert len(demo) < len(all_requirements) / 2
    assert set(deployed()) <= {line.split("==")[0] for line in demo}


def test_deployed_packages_are_pinned_by_hash() -> None:
    lines = requirements(WORKER.read_text())

    assert len(lines) > 10
    assert [line for line in lines if not re.search(r"--hash=sha256:[0-9a-f]{64}", line)] == []


def test_the_version_is_that_of_the_worker_everywhere() -> None:
    label = re.search(r'image\.version="(.+)"', (ROOT / "worker" / "Dockerfile").read_text())
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)

    assert label
    assert label[1] == __version__
    assert released[0] == __version__ or __version__.endswith(".dev0")
    assert "version" not in json.loads((ROOT / "package.json").read_text())


def test_the_cdks_command_line_is_exact_and_locked() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())

    for name, version in package["devDependencies"].items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    assert all("integrity" in entry for path, entry in lock["packages"].items() if path)


@pytest.mark.parametrize("name", deployed())
def test_each_library_of_the_image_is_listed_with_an_allowed_licence(name: str) -> None:
    stated = metadata(name).json
    classified = [one.split(" :: ")[-1] for one in stated.get("classifier", []) if one.startswith("License :: ")]
    licence = str(stated.get("license_expression") or stated.get("license") or " AND ".join(classified))
    licence = SPDX.get(licence, licence)

    assert set(re.split(r" (?:AND|OR) ", licence)) <= ALLOWED
    assert f"| {name} | {licence} |" in (ROOT / "docs" / "dependencies.md").read_text()

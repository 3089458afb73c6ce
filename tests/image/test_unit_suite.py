"""The worker's unit suite, inside the image: its Python, its libraries, its /app/worker."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.image.containers import Image, mounted, readable
from tests.image.figures import FIGURE, Record
from tests.run_harness import ROOT

# What these tests import besides the worker's own libraries, in the versions of requirements.txt.
_TOOLS = ("hypothesis", "moto[dynamodb,secretsmanager]", "pytest", "responses", "types-boto3[dynamodb,secretsmanager]")
_WHICH = """
import json, platform, sys
print(json.dumps([".".join(map(str, sys.version_info[:2])), platform.machine(), *platform.libc_ver()]))
"""
# The tools come last, so that the image's own libraries are the ones that are tested.
_SUITE = """
import sys
sys.path.append("/tools")
import boto3, pytest, worker
assert worker.__file__ == "/app/worker/__init__.py", worker.__file__
assert boto3.__file__.startswith("/opt/venv/"), boto3.__file__
sys.exit(pytest.main(sys.argv[1:]))
"""
_SUITE_ARGUMENTS = ("tests/worker", "--ignore=tests/worker/end_to_end")
_OLDEST_LIBC = 17


@pytest.fixture(scope="module")
def tools(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The suite's tools, installed by pip for the image's Python."""
    version, machine, libc, libc_version = json.loads(image.python(_WHICH).stdout)
    assert libc == "glibc"
    newest = int(libc_version.split(".")[1])
    directory = tmp_path_factory.mktemp("tools")
    result = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"),
            *("--target", str(directory), "--python-version", version, "--only-binary=:all:"),
            *(f"--platform=manylinux_2_{libc}_{machine}" for libc in range(newest, _OLDEST_LIBC - 1, -1)),
            *(f"--platform=manylinux2014_{machine}", "--constraint", str(ROOT / "requirements.txt"), *_TOOLS),
        ],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return readable(directory)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tests and their configuration, copied from the checkout."""
    directory = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "tests", directory / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", directory)
    return readable(directory)


def test_the_workers_unit_suite_passes_inside_the_image(
    image: Image, tools: Path, project: Path, record_property: Record
) -> None:
    places = {tools: "/tools", project / "tests": "/app/tests", project / "pyproject.toml": "/app/pyproject.toml"}
    options = [*mounted(places), "--tmpfs=/tmp:mode=1777"]

    ended = image.python(
        _SUITE,
        *("-p", "no:cacheprovider", "--color=no", *_SUITE_ARGUMENTS),
        variables={"HYPOTHESIS_STORAGE_DIRECTORY": "/tmp/hypothesis"},
        options=options,
    )
    closing = ended.stdout.rstrip().rpartition("\n")[2].strip("= ")
    record_property(FIGURE, f"the worker's unit suite, inside: {closing}")

    if ended.code != 0:
        pytest.fail(f"{ended.stdout}{ended.stderr}", pytrace=False)
    assert re.fullmatch(r"\d+ passed in .*", closing)
    assert set(re.findall(r"^tests/worker/\S+\.py(?= )", ended.stdout, re.MULTILINE)) == _files()


def _files() -> set[str]:
    unit = (ROOT / "tests" / "worker").rglob("test_*.py")
    return {str(path.relative_to(ROOT)) for path in unit if path.parent.name != "end_to_end"}

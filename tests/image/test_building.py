"""A build uses the given base and only locked packages."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.image.containers import Image
from tests.run_harness import ROOT

_WORKER = ROOT / "worker"


def test_the_base_is_a_tag_and_can_be_replaced(image: Image) -> None:
    dockerfile = (_WORKER / "Dockerfile").read_text(encoding="utf-8")
    other = "nowhere.invalid/python:given"

    built = image.engine.call("build", f"--build-arg=BASE={other}", str(_WORKER))

    assert re.findall(r"^ARG BASE=(.+)$", dockerfile, re.MULTILINE) == ["python:3.13-slim"]
    assert re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE) == ["${BASE}", "${BASE}"]
    assert built.code != 0
    assert other in built.stdout + built.stderr


def test_a_package_with_another_hash_is_not_installed(image: Image, tmp_path: Path) -> None:
    context = shutil.copytree(_WORKER, tmp_path / "worker")
    locked = context / "requirements.txt"
    text = locked.read_text(encoding="utf-8")
    (idna,) = re.findall(r"^idna==(?:.*\\\n)*.*", text, re.MULTILINE)
    another = re.sub(r"sha256:\w+", f"sha256:{'0' * 64}", idna)
    locked.write_text(text.replace(idna, another), encoding="utf-8")

    built = image.engine.call("build", f"--platform={image.task.platform}", str(context))

    assert another != idna
    assert built.code != 0
    assert "DO NOT MATCH THE HASHES" in built.stdout + built.stderr

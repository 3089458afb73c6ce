"""The base of the image: its digest, and its effect on build, tag and outputs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import aws_cdk as cdk
import pytest

from cdk_app import application, base_image
from cdk_app.parameters import ParameterError
from tests.cdk_app.synthesis import Synthesis, synthesise

TAG = "python:3.13-slim"
INDEX, HERE = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
Answers = dict[str, str | Exception]


def engine(answers: Answers) -> Callable[[Sequence[str]], str]:
    """Return an engine with an answer by the first word of a command; other commands fail."""

    def run(arguments: Sequence[str]) -> str:
        answer = answers.get(arguments[0], subprocess.CalledProcessError(1, ["docker"], stderr="unknown command"))
        if isinstance(answer, Exception):
            raise answer
        return answer

    return run


def inspected(**image: object) -> str:
    return json.dumps([image])


@pytest.mark.parametrize(
    "answers",
    [
        {"buildx": json.dumps({"mediaType": "application/vnd.oci.image.index.v1+json", "digest": INDEX})},
        {"pull": "", "image": inspected(RepoDigests=[f"docker.io/library/python@{INDEX}"])},
        # podman lists the index and the image of this machine
        {"pull": "", "image": inspected(Digest=HERE, RepoDigests=[f"python@{HERE}", f"python@{INDEX}"])},
    ],
)
def test_the_digest_that_the_tag_has_in_the_registry(answers: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    assert base_image.main([], engine(answers)) == 0

    assert capsys.readouterr() == (f"{TAG}@{INDEX}\n", "")


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({}, "unknown command"),
        ({"buildx": FileNotFoundError("no docker"), "pull": FileNotFoundError("no docker")}, "no docker"),
        ({"pull": subprocess.TimeoutExpired(["docker"], 120)}, "timed out after 120 seconds"),
        ({"buildx": "", "pull": "", "image": ""}, "unknown: the engine's answer is not JSON\n"),
        ({"buildx": "{}"}, "imagetools knows no digest of python:3.13-slim"),
        ({"buildx": '["sha256:1"]'}, "imagetools knows no digest"),
        ({"pull": "", "image": inspected(RepoDigests=[])}, "the engine knows no digest"),
    ],
)
def test_without_an_engine_that_answers_the_tag_is_used(
    answers: Answers, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert base_image.main([], engine(answers)) == 0

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"The image is built on {TAG} as the engine has it")
    assert reason in printed.err


def test_a_given_base_is_used_without_an_engine(capsys: pytest.CaptureFixture[str]) -> None:
    assert base_image.main(["--base", f"{TAG}@{INDEX}"], engine({})) == 0

    assert capsys.readouterr().out == f"{TAG}@{INDEX}\n"


def test_a_given_base_that_is_not_an_image(capsys: pytest.CaptureFixture[str]) -> None:
    assert base_image.main(["--base", "python 3"], engine({})) == 2

    assert "BASE = 'python 3' is not an image" in capsys.readouterr().err


def test_the_dockerfile_names_the_tag(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")

    assert base_image.tag() == TAG
    with pytest.raises(ValueError, match="no line ARG BASE"):
        base_image.tag(tmp_path)


@pytest.fixture(scope="module")
def on_digest(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    return synthesise("dev", tmp_path_factory.mktemp("digest"), base=f"{TAG}@{INDEX}")


def image(synthesis: Synthesis) -> tuple[str, dict[str, str]]:
    """Return the tag of the image, which depends on its content, and its build arguments."""
    assets = json.loads((synthesis.assembly / f"{synthesis.parameters.project_name}.assets.json").read_text())
    ((tag, asset),) = assets["dockerImages"].items()
    return tag, asset["source"].get("dockerBuildArgs", {})


def test_a_new_base_makes_a_new_image(dev: Synthesis, on_digest: Synthesis) -> None:
    (without, none), (with_digest, arguments) = image(dev), image(on_digest)

    assert none == {}
    assert arguments == {"BASE": f"{TAG}@{INDEX}"}
    assert without != with_digest


def test_the_outputs_name_the_base(dev: Synthesis, on_digest: Synthesis) -> None:
    assert dev.sync.body["Outputs"]["BaseImage"]["Value"] == TAG
    assert on_digest.sync.body["Outputs"]["BaseImage"]["Value"] == f"{TAG}@{INDEX}"


@pytest.mark.parametrize(("base", "chosen"), [(f"{TAG}@{INDEX}", f"{TAG}@{INDEX}"), ("", None)])
def test_the_command_line_chooses_the_base(base: str, chosen: str | None) -> None:
    assert application.chosen_base(cdk.App(context={"base": base})) == chosen


def test_synthesis_refuses_a_base_that_is_not_an_image() -> None:
    with pytest.raises(ParameterError, match=r"BASE = 'python 3' is not an image"):
        application.chosen_base(cdk.App(context={"base": "python 3"}))

"""The documents lead somewhere: their links have a target, and their commands exist and take their options.

Nothing is run. The parsers that read a command are the ones that its program uses.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

import botocore.session
import pytest
import yaml
from botocore import xform_name

import ops.cli
import tests.bench.__main__
import tests.sandbox.__main__
import worker.cli
from cdk_app.parameters import names
from tests.documents import DOCUMENTS, README, Document
from tests.run_harness import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z0-9-]+):", MAKEFILE, re.MULTILINE))
VARIABLES = {"ARGS", "BASE", "DEMO", "ENV", "ENV_FILE", "PYTEST_ARGS", "PYTHON", "WORKERS"}
OTHERS = {
    "export", "read", "unset",
    "git checkout", "git clone", "git log",
    "node_modules/.bin/cdk --app",
    "pipx install", "pre-commit install",
}  # fmt: skip
PLACEHOLDER = re.compile(r"\b(COMMAND|MODULE|TARGET)\b")

LINKS = [(name, link) for name, document in DOCUMENTS.items() for link in document.links]
COMMANDS = sorted({(name, command) for name, document in DOCUMENTS.items() for command in document.commands})


def test_the_readme_is_short() -> None:
    assert len(README.text.splitlines()) <= 200


def test_there_is_something_to_check() -> None:
    assert len(LINKS) > 150
    assert len(COMMANDS) > 120


@pytest.mark.parametrize(("name", "link"), LINKS)
def test_a_link_has_a_target(name: str, link: str) -> None:
    if "://" in link:
        parts = urlsplit(link)
        assert parts.scheme == "https"
        assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", parts.netloc)
        assert not re.search(r"[\s<>]", link)
        return
    path, _, anchor = link.partition("#")
    target = (DOCUMENTS[name].path.parent / path).resolve() if path else DOCUMENTS[name].path

    assert target.exists()
    if anchor:
        assert anchor in Document(target).anchors


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_a_command_exists_and_takes_its_options(name: str, command: str) -> None:
    if not PLACEHOLDER.search(command):
        _check(command)


@pytest.mark.parametrize(
    "command",
    [
        "make deplyo ENV=dev",
        "make deploy ENV=nowhere",
        "make deploy AGRS=--force",
        "make bench ARGS=--quickly",
        "./lxp --env dev plam",
        "./lxp --env dev approve",
        "./lxp --env nowhere plan",
        "./lxp plan --everyone",
        ".venv/bin/python -m tests.sandbox mooodle",
        ".venv/bin/python -m tests.nothing",
        ".venv/bin/pytest tests/nowhere",
        "aws logs remove-log-group --log-group-name x",
        "aws logs delete-log-group --name x",
        "rm -rf /",
    ],
)
def test_a_command_that_does_not_exist_is_found(command: str) -> None:
    with pytest.raises(AssertionError):
        _check(command)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_files_that_a_document_names_exist(document: str) -> None:
    pattern = r"`((?:cdk_app|docs|examples|ops|tests|worker)/[\w/*.-]*\w/?)`"
    named = set(re.findall(pattern, DOCUMENTS[document].prose))

    assert [path for path in sorted(named) if not any(ROOT.glob(path.rstrip("/")))] == []


def test_the_hooks_of_pre_commit_are_local_and_exist() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]

    assert repository["repo"] == "local"
    assert [hook["id"] for hook in repository["hooks"]]
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        _check(hook["entry"])


def _check(command: str) -> None:
    words = shlex.split(re.sub(r"[<>] \S+", "", command))
    while re.match(r"[A-Z_]+=", words[0]):
        words = words[1:]
    program, arguments = words[0], words[1:]
    if program in CHECKS:
        CHECKS[program](arguments)
    elif program.startswith(".venv/bin/"):
        assert (ROOT / program).exists()
        assert [path for path in arguments if "/" in path and not any(ROOT.glob(path))] == []
    else:
        assert {program, " ".join(words[:2])} & OTHERS


def _make(words: Sequence[str]) -> None:
    targets = [word for word in words if "=" not in word]
    settings = dict(word.split("=", 1) for word in words if "=" in word)

    assert targets
    assert set(targets) <= TARGETS
    assert set(settings) <= VARIABLES
    assert settings.get("ENV", "dev") in names()
    for target in targets:
        if target in PARSERS_OF_TARGETS and "ARGS" in settings:
            _parse(PARSERS_OF_TARGETS[target](), shlex.split(settings["ARGS"]))


def _lxp(words: Sequence[str]) -> None:
    environment, _, rest = ops.cli._environment(words)
    command = [*ops.cli.FORWARDS.get(rest[0], rest[:1]), *rest[1:]] if rest else []

    assert (environment or "dev") in names()
    _parse(ops.cli.make_parser(), command)
    if command and not environment and not command[0].startswith("-"):
        assert ops.cli.PLACES[command[0]] is not ops.cli.Place.OPERATOR
        _parse(worker.cli._parser(), command)


def _python(words: Sequence[str]) -> None:
    module = words[1]

    assert words[0] == "-m"
    assert importlib.util.find_spec(module)
    if module in PARSERS_OF_MODULES:
        _parse(PARSERS_OF_MODULES[module](), words[2:] or (["sync"] if module == "worker" else []))


def _aws(words: Sequence[str]) -> None:
    session = botocore.session.get_session()

    assert words[0] in session.get_available_services()
    model = session.get_service_model(words[0])
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    assert words[1] in operations
    shape = model.operation_model(operations[words[1]]).input_shape
    known = {xform_name(name, "-") for name in (shape.members if shape else ())}
    assert set(_options(words[2:])) <= known


def _options(words: Sequence[str]) -> Iterator[str]:
    """The names of the options; a switch can be negated."""
    return (word.removeprefix("--").removeprefix("no-") for word in words if word.startswith("--"))


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    """Let a parser read a command line; what it refuses is a failure."""
    try:
        parser.parse_args(words)
    except (SystemExit, Exception) as end:
        if not isinstance(end, SystemExit) or end.code:
            raise AssertionError(str(end)) from end


CHECKS: dict[str, Callable[[Sequence[str]], None]] = {
    "make": _make,
    "./lxp": _lxp,
    ".venv/bin/python": _python,
    "aws": _aws,
}
PARSERS_OF_MODULES: dict[str, Callable[[], argparse.ArgumentParser]] = {
    "worker": worker.cli._parser,
    "tests.sandbox": tests.sandbox.__main__._parser,
}
PARSERS_OF_TARGETS: dict[str, Callable[[], argparse.ArgumentParser]] = {
    "bench": tests.bench.__main__._parser,
}

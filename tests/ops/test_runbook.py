"""The RUNBOOK is correct: its commands exist, its tables are complete, its links have a target."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cdk_app.parameters import names
from ops.cli import FORWARDS, _environment, make_parser
from worker.config.settings import VARIABLES
from worker.errors import ExitCode
from worker.model.step import GuardClass
from worker.moodle.refusals import UNEXPLAINED
from worker.planning.guards import held_code
from worker.runs.summary import Summary

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "RUNBOOK.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL), flags=re.MULTILINE)
CODE = [*re.findall(r"^\s*```sh\n(.*?)```", TEXT, flags=re.DOTALL | re.MULTILINE), *re.findall(r"`([^`\n]+)`", TEXT)]
LINES = sorted({line.split("#")[0].strip() for code in CODE for line in code.splitlines()})
MAKE = [line for line in LINES if re.match(r"make [a-z]", line)]
LXP = [
    line for line in LINES if re.search(r"(\./lxp|-m ops) \S", line) and "VERB" not in line and "COMMAND" not in line
]


def parse(line: str) -> str:
    """Parse a command line of `lxp`, and return its environment."""
    environment, _, words = _environment(shlex.split(re.split(r"(?:\./lxp|-m ops) ", line, maxsplit=1)[1]))
    make_parser().parse_args([*FORWARDS.get(words[0], words[:1]), *words[1:]])
    return environment


def anchor(heading: str) -> str:
    """The anchor that a link to this heading uses."""
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


def section(heading: str) -> str:
    """The text below a heading, to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ )", TEXT, flags=re.DOTALL | re.MULTILINE)
    assert found, heading
    return found[1]


def test_the_exit_codes_are_the_workers_in_its_own_words() -> None:
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|", section("Exit codes"), flags=re.MULTILINE)

    assert [(int(code), meaning) for code, meaning in rows] == [(int(code), code.meaning) for code in ExitCode]


def test_every_field_of_the_summary_is_explained() -> None:
    text = section("The summary")
    line = Summary("run", "sync", datetime(2026, 11, 22, tzinfo=UTC)).as_dict(datetime(2026, 11, 22, tzinfo=UTC))

    assert [name for name in line if name != "event" and f"`{name}`" not in text] == []


def test_every_reason_is_explained() -> None:
    sources = [
        (ROOT / "worker" / f"{name}.py").read_text(encoding="utf-8") for name in ("model/reasons", "moodle/refusals")
    ]
    codes = {code for source in sources for code in re.findall(r'Reason\(\s*"([a-z_]+)"', source)}
    text = section("Reasons")

    assert len(codes) > 30
    every = {*codes, UNEXPLAINED, *map(held_code, GuardClass)}
    assert [code for code in sorted(every) if f"`{code}`" not in text] == []


def test_every_link_within_the_page_has_a_heading() -> None:
    links = set(re.findall(r"\]\(#([^)]+)\)", TEXT))

    assert links - {anchor(heading) for heading in HEADINGS} == set()


def test_every_section_that_a_message_names_exists() -> None:
    sources = [path for package in ("worker", "cdk_app", "ops") for path in (ROOT / package).rglob("*.py")]
    text = " ".join(re.sub(r'"\s*f?"', "", path.read_text(encoding="utf-8")) for path in sources)
    places = set(re.findall(r"RUNBOOK, ([A-Za-z ]+)[).]", text))

    assert len(places) >= 5
    assert [place for place in places if not any(place.lower() in heading.lower() for heading in HEADINGS)] == []


def test_there_are_commands() -> None:
    assert len(MAKE) > 30
    assert len(LXP) >= 2


@pytest.mark.parametrize("command", MAKE)
def test_a_make_command_exists_and_its_command_takes_its_options(command: str) -> None:
    """The parser reads what make would run; nothing is run."""
    words = shlex.split(command)
    done = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        if line.startswith("./lxp "):
            parse(line)


@pytest.mark.parametrize("command", LXP)
def test_a_command_of_lxp_exists_and_takes_its_options(command: str) -> None:
    if "--help" not in command:
        assert parse(command.split("<")[0]) in ("", *names())


def test_every_variable_that_is_named_is_the_workers() -> None:
    named = set(re.findall(r"\b((?:BAMBOO|MOODLE|STATE|BATCH|MAX|INITIAL)_?[A-Z]*_[A-Z_]+)\b", TEXT))

    assert named <= set(VARIABLES)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ((), "env=dev"),
        (("ENV=prod",), "env=prod"),
        (("ENV_FILE=../settings/prod.toml",), "env=prod -c env_file=../settings/prod.toml"),
        (("ENV=live", "ENV_FILE=../settings/prod.toml"), "env=live -c env_file=../settings/prod.toml"),
    ],
)
def test_an_environment_has_the_name_of_its_file_unless_env_names_it(words: tuple[str, ...], named: str) -> None:
    dry = subprocess.run(
        ["make", "-n", "deploy", *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )

    assert f"-c {named} deploy" in " ".join(dry.stdout.split())

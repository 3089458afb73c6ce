"""`./lxp`: one table of commands, where each runs, and the names of former versions that lead to them."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import cli
from ops.cli import FORWARDS, PLACES, Place, make_parser
from tests.ops.deployed_environment import Environment
from tests.run_harness import ROOT, RunHarness, start_harness
from tests.sandbox.bamboohr import generate
from worker import __version__
from worker.commands.parser import leaves

LEAVES = [leaf.prog.split("--env NAME ")[-1].removeprefix("python -m worker ") for leaf in leaves(make_parser())]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = re.findall(r"^([a-z-]+): ## ", MAKEFILE[MAKEFILE.index("##@ Operate") :], flags=re.MULTILINE)


def lxp(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`./lxp` as a process, in a shell without any setting."""
    return subprocess.run(
        [str(ROOT / "lxp"), *words],
        env={"PATH": os.environ["PATH"], **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


# The table


def test_every_command_has_a_place() -> None:
    named = {leaf.split()[0] for leaf in LEAVES}

    assert named == set(PLACES)
    assert len(LEAVES) > 20


@pytest.mark.parametrize("command", LEAVES)
def test_every_command_has_help_with_examples_of_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--env", "dev", *command.split(), "--help"]) == 0

    out = capsys.readouterr().out
    assert out.startswith(f"usage: ./lxp --env dev {command} ")
    assert "exit codes:" in out
    assert len(out.split("options:")[0].splitlines()) > 3


def test_the_help_has_a_line_for_each_command_a_few_examples_and_fits_two_screens(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["--help"]) == 0

    out = capsys.readouterr().out
    assert sorted(re.findall(r"^  ([a-z][a-z-]+)  +[a-z]", out, flags=re.MULTILINE)) == sorted(PLACES)
    assert len(out.splitlines()) < 60
    examples = re.findall(r"^  \./lxp (.+?)  ", out, flags=re.MULTILINE)
    assert len(examples) in (3, 4)
    for example in examples:
        assert make_parser().parse_args(cli._environment(shlex.split(example))[2])


def test_the_help_of_a_command_says_where_it_runs(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["reconcile", "--help"])
    cli.main(["plan", "--help"])

    out = capsys.readouterr().out
    assert f"reconcile {Place.TASK.value}\n" in out
    assert f"plan {Place.HERE.value}\n" in out


def test_without_a_command_the_help_is_shown_and_nothing_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == cli.main(["--env", "dev"]) == 2

    assert capsys.readouterr().out.startswith("usage: ./lxp [--env NAME]")


# Without an environment


@pytest.mark.parametrize("command", [leaf for leaf in LEAVES if PLACES[leaf.split()[0]] is Place.OPERATOR])
def test_an_operators_command_names_what_it_lacks(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(command.split()) == 2

    end = capsys.readouterr()
    assert end.out == ""
    assert end.err.splitlines() == [
        f"lxp: {command.split()[0]} needs a deployed environment",
        f"     name it: ./lxp --env NAME {command}"
        + ("; without AWS, ./lxp state show lists the last runs" if command.startswith("runs") else ""),
    ]


@pytest.mark.parametrize("words", ["plan --task", "sync --json", "doctor --wait=3", "sync --max-suspensions 3"])
def test_an_option_of_a_deployed_environment_needs_one(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words.split()) == 2

    option = words.split()[1].split("=")[0]
    assert capsys.readouterr().err.startswith(f"lxp: {option} needs a deployed environment\n")


# What was typed


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("synk", "there is no such command; did you mean sync?"),
        ("runs lst", "there is no such command; did you mean list?"),
        ("plan --evrybody", "there is no option --evrybody; did you mean --everybody?"),
        ("sync --employe 7", "there is no option --employe; did you mean --employee?"),
        ("runs logs --folow", "there is no option --folow; did you mean --follow?"),
        ("people", "a word is missing; there are list, retry, drop"),
        ("secret set moodel", "there is no such system; did you mean moodle?"),
        ("people list --only helt", "--only takes: waiting, parked, undone, held, isolated, without_account"),
        (
            "people retry",
            "ID is missing: the employee ids, as in ./lxp --env dev people retry 4711 4712; to see them:"
            " ./lxp --env dev people list",
        ),
        ("--dry-run sync", "--dry-run stands before the command, and belongs after it"),
        ("undo 20260131T033000Z-1a2b3c4d --only suspensoins", "--only takes: suspend, fields"),
        (
            "approve 20260131T033000Z-1a2b3c4d --only names",
            "--only takes: suspend, reactivate, identity, clear, update, create, unconfirmed",
        ),
        ("sync --employee 7 8", "every employee is named by an option of its own: --employee 4711 --employee 4712"),
        ("sync --dry-run=yes", "--dry-run takes no value"),
        ("--envv prod sync", "there is no option --envv; did you mean --env?"),
        ("sync --envv=prod", "there is no option --envv; did you mean --env?"),
        ("--nonsense prod sync", "there is no option --nonsense"),
        ("--env prod sync", "--env is given twice, but takes one value"),
        ("runs list --last 5 --last=6", "--last is given twice, but takes one value"),
        ("runs list --last 10 --last 5", "--last is given twice, but takes one value"),
        ("doctor --wait soon", "argument --wait: a whole number from 1 to 1440"),
    ],
)
def test_what_is_wrong_is_named_with_what_was_meant(
    words: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--env", "dev", *words.split()]) == 2

    assert capsys.readouterr().err.splitlines()[0] == f"lxp: {message}"


@pytest.mark.parametrize(
    "words", ["sync jane@acme.example", "jane@acme.example", "sync --employee jane@acme.example", "plan --jane@acme"]
)
def test_a_value_is_never_repeated(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--env", "dev", *words.split()]) == 2

    end = capsys.readouterr()
    assert "jane" not in end.out + end.err


# What former versions called a command


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("run --employee 7", "sync --employee 7"),
        ("dry-run", "sync --dry-run"),
        ("stop", "runs stop"),
        ("tail --errors", "runs logs --errors"),
        ("summaries --last 3", "runs list --last 3"),
        ("task 0123", "runs show 0123"),
        ("parked list", "people list"),
        ("parked-retry 7", "people retry 7"),
        ("state-rewind --days 3", "state rewind --days 3"),
        ("secret-moodle", "secret set moodle"),
        ("doctor --env dev --quick", "--env dev doctor --quick"),
        ("run --env-file=../x.toml", "--env-file ../x.toml sync"),
    ],
)
def test_a_former_name_leads_to_its_command(typed: str, command: str) -> None:
    def meant(words: str) -> object:
        environment, file, rest = cli._environment(words.split())
        return environment, file, make_parser().parse_args([*FORWARDS.get(rest[0], rest[:1]), *rest[1:]])

    assert meant(typed) == meant(command)


def test_every_target_of_make_is_a_command_or_leads_to_one() -> None:
    assert len(TARGETS) > 25
    assert {*TARGETS} - {*FORWARDS, *PLACES} == set()


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_of_make_runs_lxp(target: str) -> None:
    done = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", target, "ENV=prod", "ARGS=--last 3"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert shlex.split(done.stdout.splitlines()[-1]) == ["./lxp", "--env", "prod", target, "--last", "3"]


# The file itself


@pytest.mark.parametrize("words", [["--version"], ["--env", "dev", "--version"]])
def test_the_version_is_that_of_the_worker(words: list[str]) -> None:
    end = lxp(*words)

    assert (end.returncode, end.stdout, end.stderr) == (0, f"{__version__}\n", "")


def test_a_checkout_without_a_virtual_environment_says_what_makes_one(tmp_path: Path) -> None:
    shutil.copy(ROOT / "lxp", tmp_path)

    end = subprocess.run([str(tmp_path / "lxp"), "plan"], capture_output=True, text=True, check=False)

    assert (end.returncode, end.stdout) == (69, "")
    assert end.stderr.endswith(f"in {tmp_path.resolve()} yet; make it: make setup\n")


@pytest.fixture
def systems(tmp_path: Path) -> Iterator[RunHarness]:
    """A BambooHR with five employees, and a Moodle."""
    with start_harness(tmp_path) as both:
        both.company.add(generate(5))
        yield both


def test_without_an_environment_the_worker_runs_with_the_shells_settings(systems: RunHarness) -> None:
    planned = lxp("plan", **systems.environment)
    ran = lxp("sync", **systems.environment)

    assert (planned.returncode, planned.stderr) == (0, "")
    assert "5 create" in planned.stdout
    assert (ran.returncode, len(ran.stdout.splitlines())) == (0, 1)
    assert len(systems.accounts()) == 5


def test_the_advice_of_the_worker_is_for_the_reader_of_lxp(systems: RunHarness) -> None:
    end = lxp("people-retry", "4711", **systems.environment)

    assert end.returncode == 2
    assert end.stderr.splitlines()[-1].strip() == "see: ./lxp people list"


def test_the_deployed_environment_is_found_by_its_file_alone(deployed: Environment) -> None:
    assert cli.main(["--env-file", str(deployed.env_file), "dead-letters"]) == 0

"""One command, written as its reader types it."""

from __future__ import annotations

import pytest

from worker import advice
from worker.advice import CommandLine, Program

RUN = "20260131T033000Z-1a2b3c4d"
WORKER = CommandLine()
OPS = CommandLine(Program.OPS, "dev")
MAKE = CommandLine(Program.MAKE, "dev")
TASK = CommandLine(Program.MAKE)


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        (WORKER, f"python -m worker approve {RUN}"),
        (OPS, f".venv/bin/python -m ops approve {RUN} --env dev"),
        (MAKE, f"make approve ENV=dev ARGS={RUN}"),
        (TASK, f"make approve ENV=NAME ARGS={RUN}"),
        (
            CommandLine(Program.OPS, "x", "../x y.toml"),
            f".venv/bin/python -m ops approve {RUN} --env x --env-file '../x y.toml'",
        ),
        (CommandLine(Program.MAKE, "x", "../x.toml"), f"make approve ENV=x ENV_FILE=../x.toml ARGS={RUN}"),
    ],
)
def test_every_reader_has_a_form(reader: CommandLine, text: str) -> None:
    with advice.using(reader):
        assert advice.command("approve", RUN) == text


@pytest.mark.parametrize(
    ("words", "by_make", "by_ops"),
    [
        ("sync", "run", "run"),
        ("sync --employee 7", 'run ARGS="--employee 7"', "run --employee 7"),
        ("sync --dry-run", "dry-run", "run --dry-run"),
        ("people retry 7 9", 'people-retry ARGS="7 9"', "people retry 7 9"),
        ("parked retry 7 9", 'parked-retry ARGS="7 9"', "parked retry 7 9"),
        ("state rewind --days 3", 'state-rewind ARGS="--days 3"', "state rewind --days 3"),
        ("secret set moodle", "secret-moodle", "secret set moodle"),
        ("doctor --task", "doctor ARGS=--task", "doctor --task"),
    ],
)
def test_the_words_are_the_workers_whatever_the_form_calls_them(words: str, by_make: str, by_ops: str) -> None:
    target, *arguments = by_make.split(" ", 1)

    assert MAKE.command(*words.split()) == " ".join(["make", target, "ENV=dev", *arguments])
    assert OPS.command(*words.split()) == f".venv/bin/python -m ops {by_ops} --env dev"


def test_what_only_make_can_do_is_written_for_make() -> None:
    assert OPS.command("deploy", "--require-approval never") == ('make deploy ENV=dev ARGS="--require-approval never"')


def test_a_worker_names_the_operators_command_for_what_it_cannot_do_itself() -> None:
    assert WORKER.command("resume") == "make resume ENV=NAME"
    assert OPS.command("resume") == ".venv/bin/python -m ops resume --env dev"


def test_a_template_is_resolved_for_the_reader_of_the_moment() -> None:
    text = "see {command:parked list}; to release the employee: {command:parked retry ID}"

    assert (
        advice.resolve(text)
        == "see python -m worker parked list; to release the employee: python -m worker parked retry ID"
    )
    with advice.using(MAKE):
        assert (
            advice.resolve(text)
            == "see make parked-list ENV=dev; to release the employee: make parked-retry ENV=dev ARGS=ID"
        )
    assert advice.current() == WORKER


def test_a_text_without_a_command_stays() -> None:
    assert advice.resolve('{"moodle_token": "..."}') == '{"moodle_token": "..."}'


@pytest.mark.parametrize(("level", "program"), [({}, "ops"), ({"MAKELEVEL": "0"}, "ops"), ({"MAKELEVEL": "1"}, "make")])
def test_an_operator_uses_make_if_make_started_ops(level: dict[str, str], program: str) -> None:
    assert CommandLine.of_operator(level, "dev", "").program == program


@pytest.mark.parametrize("reader", [OPS, MAKE, CommandLine(Program.OPS, "x", "../x y.toml")])
def test_ops_tells_the_worker_who_reads_it(reader: CommandLine) -> None:
    variables = {"STATE_TABLE": "state", **reader.variable}

    assert CommandLine.of_worker(variables, at_terminal=False) == reader


@pytest.mark.parametrize(
    ("variables", "at_terminal", "reader"),
    [
        ({"STATE_FILE": "state.sqlite"}, False, WORKER),
        ({"STATE_TABLE": "state"}, True, WORKER),
        ({"STATE_TABLE": "state"}, False, TASK),
        ({"ADVICE_COMMAND_LINE": "unknown dev"}, True, WORKER),
        ({"ADVICE_COMMAND_LINE": "ops 'dev"}, True, WORKER),
    ],
)
def test_a_worker_that_ops_did_not_start(variables: dict[str, str], at_terminal: bool, reader: CommandLine) -> None:
    assert CommandLine.of_worker(variables, at_terminal=at_terminal) == reader


def test_the_environments_name_is_filled_into_what_a_task_advised() -> None:
    advised = TASK.command("approve", RUN)

    assert MAKE.fill_in(advised) == MAKE.command("approve", RUN)
    assert TASK.fill_in(advised) == advised

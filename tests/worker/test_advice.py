"""One command, written as its reader types it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worker.clients import fuzz
from worker import advice
from worker.advice import LXP, CommandLine

RUN = "20260131T033000Z-1a2b3c4d"
CONTAINER = CommandLine()
LAPTOP = CommandLine(LXP)
OPERATOR = CommandLine(LXP, "dev")
ELSEWHERE = CommandLine(LXP, "x", "../x y.toml")


@pytest.mark.parametrize(
    ("reader", "prefix"),
    [
        (CONTAINER, "python -m worker"),
        (LAPTOP, "./lxp"),
        (OPERATOR, "./lxp --env dev"),
        (ELSEWHERE, "./lxp --env x --env-file '../x y.toml'"),
    ],
)
def test_every_reader_has_a_form(reader: CommandLine, prefix: str) -> None:
    with advice.using(reader):
        assert advice.command("approve", RUN, "--employee", "7") == f"{prefix} approve {RUN} --employee 7"


@pytest.mark.parametrize("reader", [CONTAINER, LAPTOP])
@pytest.mark.parametrize(
    "words", ["pause", "resume", "alerts --test", "dead-letters", "runs list", "secret set moodle"]
)
def test_what_is_about_a_deployed_environment_is_never_advised_without_one(reader: CommandLine, words: str) -> None:
    assert reader.command(*words.split()) == f"./lxp --env NAME {words}"
    assert OPERATOR.command(*words.split()) == f"./lxp --env dev {words}"


@pytest.mark.parametrize(
    ("reader", "environment"),
    [(CONTAINER, "ENV=NAME"), (LAPTOP, "ENV=NAME"), (OPERATOR, "ENV=dev"), (ELSEWHERE, "ENV=x ENV_FILE='../x y.toml'")],
)
def test_make_deploys(reader: CommandLine, environment: str) -> None:
    assert reader.command("deploy") == f"make deploy {environment}"


def test_a_template_is_resolved_for_the_reader_of_the_moment() -> None:
    text = "see {command:state show}; to release the employee: {command:sync --employee ID}"

    assert (
        advice.resolve(text)
        == "see python -m worker state show; to release the employee: python -m worker sync --employee ID"
    )
    with advice.using(OPERATOR):
        assert (
            advice.resolve(text)
            == "see ./lxp --env dev state show; to release the employee: ./lxp --env dev sync --employee ID"
        )
    assert advice.current() == CONTAINER


@pytest.mark.parametrize(
    ("template", "employees", "resolved"),
    [
        ("{command:people retry ID}", [7], "python -m worker people retry 7"),
        ("{command:people retry ID}", [9, 7], "python -m worker people retry 7 9"),
        ("{command:sync --employee ID --reactivate}", [7], "python -m worker sync --employee 7 --reactivate"),
        (
            "{command:sync --employee ID --reactivate}",
            [7, 9],
            "python -m worker sync --employee 7 --employee 9 --reactivate",
        ),
        ("{command:approve RUN --employee 5}", [7], "python -m worker approve RUN --employee 5"),
        ("{command:explain --employee ID}", [7], "python -m worker explain --employee 7"),
        ("{command:explain --employee ID}", [7, 9], "python -m worker explain --employee ID"),
        ("{command:people retry ID}", range(1, 22), "python -m worker people retry ID"),
        ("{command:people retry ID}", [], "python -m worker people retry ID"),
        ("{command:sync --employee}", [7], "python -m worker sync --employee"),
        ("{command: }", [7], "{command: }"),
        ("search Moodle for the idnumber {employee}", [7, 9], "search Moodle for the idnumber 7, 9"),
        ("search Moodle for the idnumber {employee}", [], "search Moodle for the idnumber ID"),
    ],
)
def test_a_template_names_the_employees_it_is_shown_for(template: str, employees: list[int], resolved: str) -> None:
    assert advice.resolve(template, employees) == resolved


def test_a_text_without_a_command_stays() -> None:
    assert advice.resolve('{"moodle_token": "..."}') == '{"moodle_token": "..."}'


_PIECES = st.sampled_from(
    ["{command:", "{command: ", "{employee}", "}", " ", "explain", "deploy", "--employee", "ID", "'", "\\1"]
)


@fuzz
@given(st.lists(_PIECES | st.text(max_size=3), max_size=8).map("".join), st.sets(st.integers(1, 30), max_size=30))
def test_every_text_can_be_resolved(text: str, employees: set[int]) -> None:
    assert isinstance(advice.resolve(text, employees), str)


@pytest.mark.parametrize("reader", [LAPTOP, OPERATOR, ELSEWHERE])
def test_a_worker_is_told_who_reads_it(reader: CommandLine) -> None:
    assert CommandLine.of_worker(reader.variable) == reader


@pytest.mark.parametrize("passed_on", ["", "unknown dev", "./lxp 'dev", "./lxp --env"])
def test_a_worker_that_was_told_nothing_asks_the_machine(passed_on: str, tmp_path: Path) -> None:
    variables = {"ADVICE_COMMAND_LINE": passed_on, "STATE_TABLE": "state"}

    assert CommandLine.of_worker(variables, tmp_path / "lxp") == CONTAINER
    (tmp_path / "lxp").touch()
    assert CommandLine.of_worker(variables, tmp_path / "lxp") == LAPTOP


@pytest.mark.parametrize("task", [CommandLine(LXP, "prod"), CommandLine(LXP, "NAME")])
def test_what_a_task_advised_is_written_as_its_reader_types_it(task: CommandLine) -> None:
    advised = f"If the changes are right: {task.command('approve', RUN)} (RUNBOOK)"

    assert ELSEWHERE.fill_in(advised) == f"If the changes are right: {ELSEWHERE.command('approve', RUN)} (RUNBOOK)"
    assert LAPTOP.fill_in(advised) == advised

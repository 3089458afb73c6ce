"""`plan`, `explain`, `doctor`, `parked` and `state`: the worker on this machine, with what is deployed.

The worker is a process of its own, as for an operator; table and secrets answer it over real HTTP.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops import cli
from ops.errors import OpsExit
from ops.verbs import Context
from tests.ops.terminal import AtTerminal
from tests.ops.town_hall import PROJECT, REGION, STATE_ID, Hall
from tests.run_harness import API_KEY, RunHarness, start_harness
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import TOKEN
from worker.errors import ExitCode
from worker.model.history import EmployeeRecord, FollowUp
from worker.model.position import Position
from worker.state.dynamodb import DynamoItems
from worker.state.store import Store

ROOT = Path(__file__).parents[2]
ROW = {"StateId": STATE_ID, "since": "2026-11-20T02:00:00Z", "offset": 40, "updatedAt": "2026-11-21T02:00:09Z"}


@pytest.fixture
def standing(hall: Hall, endpoint: str) -> Hall:
    """A deployed task that keeps its state in the table, and a sync that stands somewhere."""
    hall.deploy_task({"AWS_ENDPOINT_URL": endpoint, "STATE_TABLE": "state", "STATE_ID": STATE_ID})
    hall.table.put_item(Item=ROW)
    return hall


@pytest.fixture
def systems(tmp_path: Path) -> Iterator[RunHarness]:
    """A BambooHR with five people, and a Moodle."""
    with start_harness(tmp_path) as both:
        both.company.add(generate(5))
        yield both


@pytest.fixture
def whole(hall: Hall, endpoint: str, systems: RunHarness) -> Hall:
    """A deployed task with everything that a run needs."""
    for system, value in (("bamboohr", {"bamboohr_api_key": API_KEY}), ("moodle", {"moodle_token": TOKEN})):
        hall.client("secretsmanager").put_secret_value(SecretId=f"{PROJECT}/{system}", SecretString=json.dumps(value))
    mine = {name: value for name, value in systems.environment.items() if not name.endswith(("KEY", "TOKEN", "FILE"))}
    secrets = {"BAMBOO_SECRET_ID": f"{PROJECT}/bamboohr", "MOODLE_SECRET_ID": f"{PROJECT}/moodle"}
    hall.deploy_task({"AWS_ENDPOINT_URL": endpoint, "STATE_TABLE": "state", "STATE_ID": STATE_ID, **mine, **secrets})
    return hall


def store(hall: Hall) -> Store:
    return Store(DynamoItems("state", hall.client("dynamodb")), STATE_ID)


def park(hall: Hall, *numbers: int) -> None:
    store(hall).remember(EmployeeRecord(number, FollowUp.PARKED, note="email_taken", attempts=7) for number in numbers)


# plan, explain, doctor


def test_plan_shows_what_the_deployed_task_would_do(whole: Hall, systems: RunHarness) -> None:
    end = whole.ops("plan")

    assert end.code == 0, end.err
    assert "5 create" in end.out
    assert systems.writes() == []
    assert list(whole.table.scan()["Items"]) == []


def test_what_is_written_lands_in_the_operators_own_folder(
    whole: Hall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mine"
    (folder / "worker").mkdir(parents=True)
    (folder / "worker" / "__init__.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(folder)

    end = whole.ops("plan", "--html", "plan.html", "--show-values", "--everybody")

    assert end.code == 0, end.err
    assert "<html" in (folder / "plan.html").read_text()


def test_explain(whole: Hall) -> None:
    end = whole.ops("explain", "--employee", "3", "--json")

    assert end.code == 0, end.err
    assert json.loads(end.out)["employee_id"] == 3


def test_doctor_here(whole: Hall) -> None:
    end = whole.ops("doctor", "--quick", "--json", "--wait", "3")

    checks = [json.loads(line) for line in end.out.splitlines()]
    assert end.code == 0, end.err
    assert {"credential BAMBOOHR_API_KEY", "Moodle sight", "state row"} <= {check["area"] for check in checks}
    assert not whole.tasks


def test_the_exit_code_is_the_workers(whole: Hall, systems: RunHarness) -> None:
    systems.fail_bamboo("status", operation="changed", status=401, times=0)

    end = whole.ops("plan")

    assert end.code == 3
    assert "worker: BambooHR" in end.err


# What the worker is given


def test_nothing_of_the_operators_shell_takes_the_place_of_what_is_deployed(
    standing: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("STATE_FILE", "BAMBOOHR_API_KEY", "MOODLE_TOKEN", "PYTHONWARNINGS"):
        monkeypatch.setenv(name, "mine")

    assert standing.ops("state", "show").code == 0


def test_her_credentials_proxy_and_terminal_go_along_and_the_region_is_the_deployments(
    standing: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, str] = {}

    class Process:
        def __init__(self, command: list[str], env: dict[str, str]) -> None:
            given.update(env)

        def __enter__(self) -> Process:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def wait(self) -> int:
            return -9

    hers = {"AWS_PROFILE_OF_NOBODY": "hall", "HTTPS_PROXY": "http://proxy", "LC_ALL": "C.UTF-8", "TERM": "xterm"}
    for name, value in {**hers, "AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1", "ODD": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("ops.local.subprocess.Popen", Process)

    end = standing.ops("state", "show")

    assert end.code == 137
    assert hers.items() <= given.items()
    assert (given["AWS_REGION"], given["AWS_DEFAULT_REGION"]) == (REGION, REGION)
    assert given["STATE_TABLE"] == "state"
    assert "ODD" not in given


def test_a_task_definition_without_the_container(hall: Hall) -> None:
    hall.outputs["ContainerName"] = "other"
    hall.deploy_again()

    end = hall.ops("plan")

    assert end.code == 69
    assert "has no container other" in end.err
    assert f"make deploy {hall.in_env}" in end.err


@pytest.mark.parametrize(
    ("said", "passed_on"),
    [
        ("state rewind --env dev --days 3 --yes", "state rewind --days 3 --yes"),
        ("parked retry --env=dev 4711 12 --env-file x.toml", "parked retry 4711 12"),
        ("plan --json --employee 7 --env dev --output=plan.json", "plan --json --employee 7 --output=plan.json"),
        ("explain --employee 7 --env-file=x.toml --env dev --show-values", "explain --employee 7 --show-values"),
    ],
)
def test_everything_but_the_environments_name_is_passed_on_as_it_was_said(
    said: str, passed_on: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []

    def hear(context: Context, arguments: list[str]) -> int:
        heard.extend(arguments)
        return 0

    monkeypatch.setattr("ops.cli.find", lambda *_: (None, None))
    monkeypatch.setattr("ops.reports.run_worker", hear)

    assert cli.main(said.split()) == 0
    assert heard == passed_on.split()


@pytest.mark.parametrize(
    "words",
    [
        "explain",
        "plan --nonsense",
        "state rewind",
        "state rewind --days 1 --since 2026-11-01T00:00:00Z",
        "parked retry",
        "parked drop x",
        "plan --every",
    ],
)
def test_what_makes_no_sense_is_refused_before_aws_is_asked(words: str, undeployed: Hall) -> None:
    """There is no stack, which would be another exit code."""
    assert undeployed.ops(*words.split()).code == 2


@pytest.mark.parametrize("verb", [["plan"], ["explain"], ["doctor"], ["state", "reset"], ["parked", "drop"]])
def test_help_is_the_workers_with_our_command_line_and_the_rights(
    verb: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*verb, "--help"]) == 0

    out = capsys.readouterr().out
    assert "ecs:DescribeTaskDefinition" in out
    assert "dynamodb:GetItem" in out
    assert ("secretsmanager:GetSecretValue on both secrets" in out) is (verb[0] not in ("state", "parked"))
    assert ("PutItem" in out) is (verb[0] in ("state", "parked"))
    assert f"python -m worker {verb[0]}" not in out


# state


def test_state_show(standing: Hall) -> None:
    standing.lock(seconds=200)
    park(standing, 9)

    end = standing.ops("state", "show")

    assert end.code == 0, end.err
    told = [" ".join(line.split()) for line in end.out.splitlines()]
    assert {"since 2026-11-20T02:00:00Z", "offset 40", "by run run-1", "remembered 1", "parked 9"} <= set(told)


def test_state_rewind_and_the_next_run_goes_on_from_there(standing: Hall) -> None:
    end = standing.ops("state", "rewind", "--since", "2026-11-01T00:00:00+01:00", "--yes")

    assert end.code == 0, end.err
    assert "since 2026-10-31T23:00:00Z" in end.out
    assert store(standing).position(datetime.now(UTC)) == Position(datetime(2026, 10, 31, 23, tzinfo=UTC), 0)


def test_state_reset_removes_the_row_and_nothing_else(standing: Hall) -> None:
    park(standing, 4)

    end = standing.ops("state", "reset", "--yes")

    assert end.code == 0, end.err
    assert [item["StateId"] for item in standing.table.scan()["Items"]] == [f"{STATE_ID}#person#4"]


@pytest.mark.parametrize("arguments", [["rewind", "--days", "30"], ["reset"]])
def test_are_refused_while_a_run_holds_the_lock(standing: Hall, arguments: list[str]) -> None:
    standing.lock(seconds=60)

    end = standing.ops("state", *arguments, "--yes")

    assert end.code == 75
    assert "another run (run-1) holds the lock" in end.err
    assert standing.row() == ROW


def test_need_a_yes_where_nobody_can_be_asked(standing: Hall) -> None:
    end = standing.ops("state", "reset")

    assert end.code == 2
    assert " --yes" in end.err
    assert standing.row() == ROW


# parked


def test_parked_list_retry_and_drop(standing: Hall) -> None:
    park(standing, 7, 9, 11)

    listed = standing.ops("parked", "list", "--json")
    retried = standing.ops("parked", "retry", "9", "7")
    dropped = standing.ops("parked", "drop", "11")
    people = store(standing).history().records

    assert [one["employee_id"] for one in json.loads(listed.out)] == [7, 9, 11]
    assert "The next run takes employees 7, 9." in retried.out
    assert "Forgotten: employee 11." in dropped.out
    assert {number: str(person.reason) for number, person in people.items()} == {7: "waiting", 9: "waiting"}


# At a terminal


def at_terminal(hall: Hall, endpoint: str, *arguments: str) -> AtTerminal:
    """The whole command line in a process of its own, at a terminal."""
    command = [sys.executable, "-m", "ops", *arguments, "--env", "hall", "--env-file", str(hall.env_file)]
    names = ("PATH", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    environment = {**{name: os.environ[name] for name in names}, "AWS_ENDPOINT_URL": endpoint}
    return AtTerminal(command, cwd=ROOT, environment=environment)


@pytest.mark.parametrize(("answer", "code", "is_there"), [("y", 0, False), ("n", 2, True)])
def test_the_worker_asks_at_the_operators_terminal(
    standing: Hall, endpoint: str, answer: str, code: int, is_there: bool
) -> None:
    with at_terminal(standing, endpoint, "state", "reset") as terminal:
        terminal.read_until("[y/N]")
        terminal.type(f"{answer}\n")
        assert terminal.ended() == code

    assert (standing.row() is not None) is is_there


@pytest.mark.parametrize("pressed", ["\x03", "\x03\x03"])
def test_ctrl_c_ends_even_a_question(standing: Hall, endpoint: str, pressed: str) -> None:
    """By the worker's own end, or at once, whichever the operator's machine is quicker at."""
    with at_terminal(standing, endpoint, "state", "reset") as terminal:
        terminal.read_until("[y/N]")
        terminal.type(pressed)
        assert terminal.ended() in (OpsExit.INTERRUPTED, ExitCode.TERMINATED)

    assert standing.row() == ROW


def test_nothing_of_the_secrets_or_settings_is_shown(whole: Hall) -> None:
    end = whole.ops("doctor", "--quick")

    said = end.out + end.err
    assert API_KEY not in said
    assert TOKEN not in said


def make(*words: str) -> list[str]:
    done = subprocess.run(["make", "--dry-run", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if "-m ops" in line]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["plan", "ENV=prod", "ARGS=--html plan.html --show-values"],
            "plan --env prod  --html plan.html --show-values",
        ),
        (["approve", "ENV=prod", "ARGS=RUN"], "approve --env prod  RUN"),
        (["parked-retry", "ARGS=4711 12"], "parked retry --env dev  4711 12"),
        (["state-rewind", "ARGS=--days 3"], "state rewind --env dev  --days 3"),
    ],
)
def test_make_says_the_same(words: list[str], said: str) -> None:
    (line,) = make(*words)

    assert line.endswith(f"-m ops {said}")

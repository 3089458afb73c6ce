"""`plan`, `explain`, `doctor`, `people` and `state`: the worker on this machine, with the deployed settings.

The worker is a separate process, as for an operator; it reaches table and secrets over real HTTP.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops import cli
from ops.context import Context
from tests.ops.deployed_environment import PROJECT, REGION, STATE_ID, Environment
from tests.ops.terminal import AtTerminal
from tests.run_harness import API_KEY, RunHarness
from tests.sandbox.moodle import TOKEN
from worker import advice
from worker.errors import ExitCode
from worker.model.history import EmployeeRecord, FollowUp
from worker.model.position import Position
from worker.state.dynamodb import DynamoItems
from worker.state.store import Store

ROOT = Path(__file__).parents[2]
ROW = {"StateId": STATE_ID, "since": "2026-11-20T02:00:00Z", "offset": 40, "updatedAt": "2026-11-21T02:00:09Z"}


@pytest.fixture
def with_state(deployed: Environment, endpoint: str) -> Environment:
    """A deployed task that keeps its state in the table, and a state row."""
    deployed.deploy_task({"AWS_ENDPOINT_URL": endpoint, "STATE_TABLE": "state", "STATE_ID": STATE_ID})
    deployed.table.put_item(Item=ROW)
    return deployed


def store(deployed: Environment) -> Store:
    return Store(DynamoItems("state", deployed.client("dynamodb")), STATE_ID)


def park(deployed: Environment, *numbers: int) -> None:
    parked = (EmployeeRecord(number, attempts=7).flagged(FollowUp.PARKED, "email_taken") for number in numbers)
    store(deployed).remember(parked)


# plan, explain, doctor


def test_plan_shows_what_the_deployed_task_would_do(complete: Environment, systems: RunHarness) -> None:
    end = complete.ops("plan")

    assert end.code == 0, end.err
    assert "5 create" in end.out
    assert systems.writes() == []
    assert list(complete.table.scan()["Items"]) == []


def test_files_are_written_to_the_operators_folder(
    complete: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    (folder / "worker").mkdir(parents=True)
    (folder / "worker" / "__init__.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(folder)

    end = complete.ops("plan", "--html", "plan.html", "--show-values", "--everybody")

    assert end.code == 0, end.err
    assert "<html" in (folder / "plan.html").read_text()


def test_explain(complete: Environment) -> None:
    end = complete.ops("explain", "--employee", "3", "--json")

    assert end.code == 0, end.err
    assert json.loads(end.out)["employee_id"] == 3


def test_doctor_here(complete: Environment) -> None:
    end = complete.ops("doctor", "--quick", "--json", "--wait", "3")

    checks = [json.loads(line) for line in end.out.splitlines()]
    assert end.code == 0, end.err
    assert {"credential BAMBOOHR_API_KEY", "Moodle visibility", "state row"} <= {check["area"] for check in checks}
    assert not complete.tasks


def test_the_exit_code_is_the_workers(complete: Environment, systems: RunHarness) -> None:
    systems.fail_bamboo("status", operation="changed", status=401, times=0)

    end = complete.ops("plan")

    assert end.code == 3
    assert "lxp: BambooHR" in end.err


def test_the_workers_advice_is_the_operators_command(complete: Environment) -> None:
    complete.client("secretsmanager").put_secret_value(SecretId=f"{PROJECT}/moodle", SecretString="not JSON")

    end = complete.ops("plan")

    assert end.code == 3
    assert end.err.splitlines()[-1].strip() == f"set it: {complete.lxp} secret set moodle"


# The environment of the worker


def test_the_operators_shell_does_not_replace_deployed_settings(
    with_state: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("STATE_FILE", "BAMBOOHR_API_KEY", "MOODLE_TOKEN", "PYTHONWARNINGS"):
        monkeypatch.setenv(name, "other")

    assert with_state.ops("state", "show").code == 0


def test_aws_credentials_proxy_and_terminal_are_passed_on_and_the_region_is_the_deployments(
    with_state: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, str] = {}

    class Process:
        def __init__(self, command: list[str], env: dict[str, str], stdout: None) -> None:
            given.update(env)

        def __enter__(self) -> Process:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def wait(self) -> int:
            return -9

    inherited = {"AWS_PROFILE_OTHER": "acme", "HTTPS_PROXY": "http://proxy", "LC_ALL": "C.UTF-8", "TERM": "xterm"}
    for name, value in {**inherited, "AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1", "ODD": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("ops.here.subprocess.Popen", Process)

    end = with_state.ops("state", "show")

    assert end.code == 137
    assert inherited.items() <= given.items()
    assert (given["AWS_REGION"], given["AWS_DEFAULT_REGION"]) == (REGION, REGION)
    assert given["STATE_TABLE"] == "state"
    assert "ODD" not in given
    assert given[advice.VARIABLE] == with_state.lxp


def test_a_task_definition_without_the_container(deployed: Environment) -> None:
    deployed.outputs["ContainerName"] = "other"
    deployed.deploy_again()

    end = deployed.ops("plan")

    assert end.code == 69
    assert "has no container other" in end.err
    assert f"make deploy ENV=acme ENV_FILE={deployed.env_file}" in end.err


@pytest.mark.parametrize(
    ("command", "passed_on"),
    [
        ("state rewind --env dev --days 3 --yes", "state rewind --days 3 --yes"),
        ("people retry --env=dev 4711 12 --env-file x.toml", "people retry 4711 12"),
        ("plan --json --employee 7 --env dev --output=plan.json", "plan --json --employee 7 --output=plan.json"),
        ("explain --employee 7 --env-file=x.toml --env dev --show-values", "explain --employee 7 --show-values"),
    ],
)
def test_everything_but_the_options_of_ops_is_passed_on_as_it_was_typed(
    command: str, passed_on: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[str] = []

    def receive(_: Context, words: list[str]) -> int:
        received.extend(words)
        return 0

    monkeypatch.setattr("ops.cli.find", lambda *_: (None, None))
    monkeypatch.setattr("ops.here.run", receive)

    assert cli.main(command.split()) == 0
    assert received == passed_on.split()


@pytest.mark.parametrize(
    "command",
    [
        "explain",
        "plan --nonsense",
        "state rewind",
        "state rewind --days 1 --since 2026-11-01T00:00:00Z",
        "people retry",
        "parked drop x",
        "plan --every",
    ],
)
def test_invalid_arguments_are_refused_before_aws_is_called(command: str, undeployed: Environment) -> None:
    """There is no stack, which would be exit code 69."""
    assert undeployed.ops(*command.split()).code == 2


@pytest.mark.parametrize("verb", [["plan"], ["explain"], ["doctor"], ["state", "reset"], ["people", "drop"]])
@pytest.mark.parametrize("prefix", ["./lxp", "./lxp --env dev"])
def test_help_is_the_workers_in_the_words_of_its_reader(
    verb: list[str], prefix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*prefix.split()[1:], *verb, "--help"]) == 0

    out = capsys.readouterr().out
    assert out.startswith(f"usage: {prefix} {' '.join(verb)} ")
    assert f"with --env:\n  {verb[0]} runs on this machine, with the settings of the deployed task;" in out
    assert "  --task" in out
    assert f"python -m worker {verb[0]}" not in out
    if "example" in out:
        assert f"\n  {prefix} {' '.join(verb)}" in out


# state


def test_state_show(with_state: Environment) -> None:
    with_state.lock(seconds=200)
    park(with_state, 9)

    end = with_state.ops("state", "show")

    assert end.code == 0, end.err
    shown = [" ".join(line.split()) for line in end.out.splitlines()]
    assert {"since 2026-11-20T02:00:00Z", "offset 40", "by run run-1", "remembered 1", "parked 9"} <= set(shown)


def test_state_rewind(with_state: Environment) -> None:
    end = with_state.ops("state", "rewind", "--since", "2026-11-01T00:00:00+01:00", "--yes")

    assert end.code == 0, end.err
    assert "since 2026-10-31T23:00:00Z" in end.out
    assert store(with_state).position(datetime.now(UTC)) == Position(datetime(2026, 10, 31, 23, tzinfo=UTC), 0)


def test_state_reset_removes_the_row_and_nothing_else(with_state: Environment) -> None:
    park(with_state, 4)

    end = with_state.ops("state", "reset", "--yes")

    assert end.code == 0, end.err
    assert [item["StateId"] for item in with_state.table.scan()["Items"]] == [f"{STATE_ID}#followups#4"]


@pytest.mark.parametrize("arguments", [["rewind", "--days", "30"], ["reset"]])
def test_state_is_not_changed_while_a_run_holds_the_lock(with_state: Environment, arguments: list[str]) -> None:
    with_state.lock(seconds=60)

    end = with_state.ops("state", *arguments, "--yes")

    assert end.code == 75
    assert "another run (run-1) holds the lock" in end.err
    assert with_state.row() == ROW


def test_without_a_terminal_yes_is_needed(with_state: Environment) -> None:
    end = with_state.ops("state", "reset")

    assert end.code == 2
    assert "pass --yes" in end.err
    assert with_state.row() == ROW


# people


def test_people_list_retry_and_drop(with_state: Environment) -> None:
    park(with_state, 7, 9, 11)

    listed = with_state.ops("people", "list", "--json")
    retried = with_state.ops("people", "retry", "9", "7")
    dropped = with_state.ops("people", "drop", "11")
    records = store(with_state).history().records

    assert [one["employee_id"] for one in json.loads(listed.out)] == [7, 9, 11]
    assert "The next run takes employees 7, 9." in retried.out
    assert "Forgotten: employee 11." in dropped.out
    assert {number: [*record.follow_ups] for number, record in records.items()} == {7: ["waiting"], 9: ["waiting"]}


# At a terminal


def at_terminal(deployed: Environment, endpoint: str, *arguments: str) -> AtTerminal:
    """The command line as a process at a terminal."""
    command = [str(ROOT / "lxp"), "--env", "acme", "--env-file", str(deployed.env_file), *arguments]
    names = ("PATH", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    environment = {**{name: os.environ[name] for name in names}, "AWS_ENDPOINT_URL": endpoint}
    return AtTerminal(command, cwd=ROOT, environment=environment)


@pytest.mark.parametrize(("answer", "code", "row_exists"), [("y", 0, False), ("n", 0, True)])
def test_the_worker_asks_at_the_operators_terminal(
    with_state: Environment, endpoint: str, answer: str, code: int, row_exists: bool
) -> None:
    with at_terminal(with_state, endpoint, "state", "reset") as terminal:
        terminal.read_until("[y/N]")
        terminal.type(f"{answer}\n")
        assert terminal.ended() == code

    assert (with_state.row() is not None) is row_exists


def test_values_are_previewed_at_the_operators_terminal_and_not_in_a_task(
    complete: Environment, endpoint: str, systems: RunHarness
) -> None:
    name = systems.company.values("3")["firstName"] or ""
    with at_terminal(complete, endpoint, "reconcile", "--show-values") as terminal:
        terminal.read_until("Create: 5 employees")
        terminal.read_until(name)
        terminal.read_until("Run `reconcile` in acme? [y/N]")
        terminal.type("n\n")
        assert terminal.ended() == 0
    with at_terminal(complete, endpoint, "reconcile", "--show-values", "--dry-run") as terminal:
        terminal.read_until(name)
        assert terminal.ended() == 0

    assert systems.writes() == []
    assert not complete.tasks


@pytest.mark.parametrize("pressed", ["\x03", "\x03\x03"])
def test_ctrl_c_ends_a_question(with_state: Environment, endpoint: str, pressed: str) -> None:
    """The worker ends by itself or is killed, whichever comes first."""
    with at_terminal(with_state, endpoint, "state", "reset") as terminal:
        terminal.read_until("[y/N]")
        terminal.type(pressed)
        assert terminal.ended() in (ExitCode.INTERRUPTED, ExitCode.TERMINATED)

    assert with_state.row() == ROW


def test_no_secret_is_shown(complete: Environment) -> None:
    end = complete.ops("doctor", "--quick")

    output = end.out + end.err
    assert API_KEY not in output
    assert TOKEN not in output

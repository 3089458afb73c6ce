"""`state show|rewind|reset`: show the state and move it back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from tests.run_harness import API_KEY, RunHarness
from tests.sandbox.aws import emulated_aws, prepare
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import TOKEN
from tests.worker.end_to_end.tools import (
    advance_clock,
    hold_lock,
    in_sync,
    row,
    write_body,
    write_item,
)


@pytest.fixture
def staffed(harness: RunHarness) -> RunHarness:
    """Thirty employees in sync; the feed of the next run names one of them, and 40 waits."""
    harness.company.hire("40", hidden=True, firstName="V", lastName="N", workEmail="q40@example.com", status="")
    in_sync(harness, generate(30, seed=91))
    harness.company.touch("30")
    assert harness.run().code == 0
    harness.forget_calls()
    return harness


def shown(harness: RunHarness, **settings: str) -> dict[str, dict[str, Any]]:
    run = harness.run("state", "show", "--json", **settings)
    assert (run.code, run.stderr) == (0, "")
    return dict(json.loads(run.stdout))


def days_ago(days: float) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


# Show


def test_show_has_the_row_the_lock_the_follow_ups_and_the_runs(staffed: RunHarness) -> None:
    state, stored = shown(staffed), row(staffed)

    assert stored is not None
    bound = {"company": "acme", "site": staffed.environment["MOODLE_BASE_URL"].removeprefix("http://")}
    assert state["state"] == {name: stored[name] for name in ("since", "offset", "updatedAt")} | bound
    assert state["lock"] == {"held": "no"}
    assert state["people"] == {"remembered": 1, "waiting": "40"}
    assert set(state["runs"].values()) == {"sync, all, ok"}


def test_show_has_an_open_and_pinned_window_until_a_rewind(staffed: RunHarness) -> None:
    staffed.site.add_user("x", firstname="X", lastname="Y", email="taken@example.com", idnumber="999")
    staffed.company.hire("41", firstName="A", lastName="B", workEmail="taken@example.com")
    staffed.company.touch("1")
    staffed.run(BATCH_SIZE="1")
    pinned = staffed.run(BATCH_SIZE="2")

    state = shown(staffed)

    assert pinned.code == 1
    assert (state["state"]["offset"], state["state"]["last employee done"], state["state"]["pinned runs"]) == (1, 1, 1)
    assert "sync, all, errors" in state["runs"].values()
    staffed.run("state", "rewind", "--days", "1", "--yes")
    assert "pinned runs" not in shown(staffed)["state"]


def test_show_names_the_holder_of_the_lock(staffed: RunHarness) -> None:
    hold_lock(staffed)

    state = shown(staffed)["lock"]

    assert state["by run"] == "another-run"
    assert state["held"].endswith(" s more unless it is renewed")


def test_show_names_the_runs_that_held_suspensions(staffed: RunHarness) -> None:
    staffed.company.terminate("3", hireDate="2020-01-01")
    run = staffed.run(MAX_SUSPENSIONS="0")

    assert shown(staffed)["runs"][run["run_id"]] == "sync, all, held, 1 employee held"


def test_an_invalid_row_is_shown_unchanged(staffed: RunHarness) -> None:
    write_item(staffed, "default", since="yesterday", offset=-1)

    state = shown(staffed)["state"]

    assert [state[name] for name in ("since", "offset", "updatedAt")] == ["yesterday", -1, None]


def test_the_text_lists_twenty_ids_at_most(staffed: RunHarness) -> None:
    for number in range(101, 131):
        staffed.company.hire(str(number), hidden=True, firstName="A", lastName="B", status="")
    staffed.run()

    text = staffed.run("state", "show").stdout

    assert [line for line in text.splitlines() if not line.startswith(" ")] == ["state", "lock", "people", "runs"]
    assert "waiting     40, 101, 102," in text
    assert "119 and 11 more\n" in text


# Rewind


def test_after_a_rewind_the_next_run_reads_the_changes_again(staffed: RunHarness) -> None:
    before = staffed.run()

    run = staffed.run("state", "rewind", "--days", "3", "--yes")
    again = staffed.run()

    assert (run.code, run.stderr) == (0, "")
    assert run.stdout.startswith("The next run reads every change since 20")
    assert (before["total_changed"], again["total_changed"]) == (1, 31)
    assert (again.code, again["unchanged"]) == (0, 30)
    assert again["next_since"] == before["since"]


@pytest.mark.parametrize(
    ("moment", "since"),
    [(days_ago(2), days_ago(2)), ("2026-01-31T02:00:00+02:00", "2026-01-31T00:00:00Z")],
    ids=["UTC", "another zone"],
)
def test_a_rewind_to_a_given_time(staffed: RunHarness, moment: str, since: str) -> None:
    assert staffed.run("state", "rewind", "--since", moment, "--yes").code == 0

    stored = row(staffed)
    assert stored is not None
    assert (stored["since"], stored["offset"], "window" in stored) == (since, 0, False)


def test_a_rewind_fixes_an_unusable_row(staffed: RunHarness) -> None:
    write_item(staffed, "default", since="yesterday", offset=-1, updatedAt="x")

    assert staffed.run().code == 3
    assert staffed.run("state", "rewind", "--days", "1", "--yes").code == 0
    assert staffed.run().code == 0


@pytest.mark.parametrize("body", ["{", "[]", '["default"]', "null"])
def test_a_row_that_is_no_item_is_named_and_can_be_repaired(staffed: RunHarness, body: str) -> None:
    for repair in (["rewind", "--days", "1"], ["reset"]):
        write_body(staffed, "default", body)

        run = staffed.run()

        assert (run.code, "state row 'default'" in run["message"]) == (3, True)
        assert shown(staffed)["state"]["since"] is None
        assert staffed.run("state", *repair, "--yes").code == 0
        assert staffed.run().code == 0


def test_a_row_of_types_that_no_run_writes_is_named_and_can_be_repaired(
    harness: RunHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd: dict[str, dict[str, Any]] = {
        "a fraction": {"since": {"S": days_ago(0.5)}, "offset": {"N": "1.5"}},
        "a set": {"since": {"SS": ["x", "y"]}, "offset": {"NS": ["1", "2.5"]}},
        "bytes": {"since": {"B": b"x"}, "offset": {"B": b"0"}, "updatedAt": {"B": b"x"}},
        "nested": {"since": {"L": [{"B": b"x"}]}, "offset": {"M": {"a": {"N": "1.5"}}}},
    }
    with emulated_aws() as aws:
        for name, value in aws.items():
            monkeypatch.setenv(name, value)
        table = {"STATE_TABLE": prepare(aws, API_KEY, TOKEN)["STATE_TABLE"], "STATE_FILE": ""}
        client = boto3.client("dynamodb", endpoint_url=aws["AWS_ENDPOINT_URL"])
        for attributes in odd.values():
            for repair in (["rewind", "--days", "1"], ["reset"]):
                client.put_item(TableName=table["STATE_TABLE"], Item={"StateId": {"S": "default"}, **attributes})

                run = harness.run(**table)
                text = harness.run("state", "show", **table)

                assert (run.code, "state row 'default'" in run["message"]) == (3, True)
                assert (text.code, shown(harness, **table)["state"].keys() >= {"since", "offset"}) == (0, True)
                assert harness.run("state", *repair, "--yes", **table).code == 0
                assert harness.run(**table).code == 0


def test_a_rewind_before_the_first_run_sets_its_start(harness: RunHarness) -> None:
    harness.company.add(generate(3, seed=91))
    before = shown(harness)
    assert before["state"] == {"row": "none: the next run begins INITIAL_LOOKBACK_DAYS back"}
    assert (before["people"], before["runs"]) == ({"remembered": 0}, {})

    assert harness.run("state", "rewind", "--days", "400", "--yes").code == 0

    stored = row(harness)
    assert stored is not None
    assert days_ago(401) < stored["since"] < days_ago(399)
    assert stored["offset"] == 0
    assert harness.run()["created"] == 3


# Reset


def test_after_a_reset_the_next_run_starts_like_the_first_and_keeps_the_follow_ups(staffed: RunHarness) -> None:
    staffed.company.terminate("3", hireDate="2020-01-01")
    staffed.run()

    run = staffed.run("state", "reset", "--yes")
    first = staffed.run(INITIAL_LOOKBACK_DAYS="9")

    assert (run.code, run.stdout[:39]) == (0, "The state row was removed; it was: sinc")
    assert days_ago(9.1) < first["since"] < days_ago(8.9)
    assert (first.code, first["total_changed"], first["no_evidence"]) == (0, 31, 1)
    advance_clock(staffed, hours=1)
    staffed.company.rehire("3")
    assert staffed.run()["reactivated"] == 1


def test_a_reset_without_a_row(harness: RunHarness) -> None:
    run = harness.run("state", "reset")

    assert (run.code, run.stdout) == (0, "There is no state row; nothing to reset.\n")


# Several states, and tables


def test_two_state_ids_in_one_file_are_independent(staffed: RunHarness) -> None:
    assert shown(staffed, STATE_ID="other")["people"] == {"remembered": 0}
    staffed.run("state", "rewind", "--days", "1", "--yes", STATE_ID="other")

    assert shown(staffed)["people"]["remembered"] == 1
    assert shown(staffed)["state"] != shown(staffed, STATE_ID="other")["state"]


def test_a_state_in_a_table_works_like_one_in_a_file(harness: RunHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    harness.company.add(generate(10, seed=91))
    harness.company.hire("40", hidden=True, firstName="V", lastName="N", workEmail="q40@example.com", status="")
    with emulated_aws() as aws:
        for name, value in aws.items():
            monkeypatch.setenv(name, value)
        table = {"STATE_TABLE": prepare(aws, API_KEY, TOKEN)["STATE_TABLE"], "STATE_FILE": ""}
        run = harness.run(**table)
        state = shown(harness, **table)
        codes = [
            harness.run(*command, **table).code
            for command in (
                ["state", "rewind", "--days", "3", "--yes"],
                ["people", "list", "--json"],
                ["people", "drop", "40"],
                ["explain", "--employee", "3"],
                ["undo", run["run_id"], "--yes"],
                ["state", "reset", "--yes"],
            )
        ]
        after = shown(harness, **table)

    assert (run.code, run["created"]) == (0, 10)
    assert (state["state"]["since"], state["state"]["offset"]) == (run["next_since"], 0)
    assert state["people"] == {"remembered": 1, "waiting": "40"}
    assert codes == [0] * 6
    assert after["state"]["row"] == "none: the next run begins INITIAL_LOOKBACK_DAYS back"
    assert after["state"]["company"] == "acme"
    assert after["people"]["undone"].startswith("1, 2, 3")

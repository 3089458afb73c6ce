"""`state show|rewind|reset`: where the sync stands, and moving it back by hand."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.run_harness import API_KEY, Night, Nights
from tests.sandbox.aws import emulated_aws, prepare
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import TOKEN
from tests.worker.end_to_end.previews import at_a_terminal, everything, forward, hold_lock, items, row, write_item


@pytest.fixture
def staffed(town: Nights) -> Nights:
    """Thirty people in step; the feed of the coming night names one of them, and 40 waits."""
    town.company.add(generate(30, seed=91))
    town.company.hire("40", hidden=True, firstName="V", lastName="N", workEmail="q40@example.com", status="")
    assert town.run().code == 0
    forward(town, hours=1)
    town.company.touch("30")
    assert town.run().code == 0
    town.listen()
    return town


def shown(town: Nights, **settings: str) -> dict[str, dict[str, Any]]:
    night = town.run("state", "show", "--json", **settings)
    assert (night.code, night.stderr) == (0, "")
    return dict(json.loads(night.stdout))


def days_ago(days: float) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


def with_only_the_state(town: Nights, *arguments: str) -> Night:
    """As an operator calls it who has exported nothing but the state."""
    only = {"STATE_FILE": town.environment["STATE_FILE"]}
    return town.run(*arguments, **dict.fromkeys(town.environment.keys() - only.keys(), ""))


# Show


def test_it_shows_the_row_the_lock_the_people_and_the_runs(staffed: Nights) -> None:
    told, stored = shown(staffed), row(staffed)

    assert stored is not None
    assert told["state"] == {name: stored[name] for name in ("since", "offset", "updatedAt")}
    assert told["lock"] == {"held": "no"}
    assert told["employees"] == {"remembered": 1, "waiting": "40"}
    assert set(told["runs"].values()) == {"sync, all, clean"}


def test_it_shows_a_window_that_is_open_and_pinned(staffed: Nights) -> None:
    staffed.site.add_user("x", firstname="X", lastname="Y", email="taken@example.com", idnumber="999")
    staffed.company.hire("41", firstName="A", lastName="B", workEmail="taken@example.com")
    staffed.company.touch("1")
    staffed.run(BATCH_SIZE="1")
    pinned = staffed.run(BATCH_SIZE="2")

    told = shown(staffed)

    assert pinned.code == 1
    assert (told["state"]["offset"], told["state"]["last employee done"], told["state"]["pinned runs"]) == (1, 1, 1)
    assert "errors" in told["runs"].values() or "sync, all, errors" in told["runs"].values()


def test_it_says_who_holds_the_lock(staffed: Nights) -> None:
    hold_lock(staffed)

    told = shown(staffed)["lock"]

    assert told["by run"] == "another-run"
    assert told["held"].endswith(" s more unless it is renewed")


def test_it_says_which_runs_held_suspensions(staffed: Nights) -> None:
    staffed.company.terminate("3", hireDate="2020-01-01")
    run = staffed.run(MAX_SUSPENSIONS="0")

    assert shown(staffed)["runs"][run["run_id"]] == "sync, all, held, 1 suspensions held"


def test_before_the_first_night_there_is_nothing_to_show(town: Nights) -> None:
    told = shown(town)

    assert told["state"] == {"row": "none: the next run begins INITIAL_LOOKBACK_DAYS back"}
    assert (told["employees"], told["runs"]) == ({"remembered": 0}, {})


def test_a_row_that_cannot_be_meant_is_shown_as_it_is(staffed: Nights) -> None:
    write_item(staffed, "default", since="yesterday", offset=-1)

    assert shown(staffed)["state"] == {"since": "yesterday", "offset": -1, "updatedAt": None}


def test_the_text_says_the_same_and_no_more_ids_than_can_be_read(staffed: Nights) -> None:
    for number in range(101, 131):
        staffed.company.hire(str(number), hidden=True, firstName="A", lastName="B", status="")
    staffed.run()

    text = staffed.run("state", "show").stdout

    assert [line for line in text.splitlines() if not line.startswith(" ")] == ["state", "lock", "people", "runs"]
    assert "waiting     40, 101, 102," in text
    assert "119 and 11 more\n" in text


def test_showing_changes_nothing(staffed: Nights) -> None:
    before = everything(staffed)

    staffed.run("state", "show")

    assert (everything(staffed), staffed.to_bamboo.calls, staffed.to_moodle.calls) == (before, [], [])


# Rewind


def test_after_a_rewind_the_next_run_reads_the_changes_again(staffed: Nights) -> None:
    quiet = staffed.run()

    night = staffed.run("state", "rewind", "--days", "3", "--yes")
    again = staffed.run()

    assert (night.code, night.stderr) == (0, "")
    assert night.stdout.startswith("The next run reads every change since 20")
    assert (quiet["total_changed"], again["total_changed"]) == (1, 31)
    assert (again.code, again["unchanged"]) == (0, 30)
    assert again["next_since"] == quiet["since"]


def test_a_moment_may_be_named(staffed: Nights) -> None:
    moment = days_ago(2)

    assert staffed.run("state", "rewind", "--since", moment, "--yes").code == 0

    stored = row(staffed)
    assert stored is not None
    assert (stored["since"], stored["offset"], "window" in stored) == (moment, 0, False)
    assert "default#lock" not in items(staffed)


def test_a_moment_of_another_zone_is_the_same_moment(staffed: Nights) -> None:
    assert staffed.run("state", "rewind", "--since", "2026-01-31T02:00:00+02:00", "--yes").code == 0

    stored = row(staffed)
    assert stored is not None
    assert stored["since"] == "2026-01-31T00:00:00Z"


def test_a_rewind_frees_a_pinned_window(staffed: Nights) -> None:
    staffed.site.add_user("x", firstname="X", lastname="Y", email="taken@example.com", idnumber="999")
    staffed.company.hire("41", firstName="A", lastName="B", workEmail="taken@example.com")
    staffed.run(BATCH_SIZE="2")
    staffed.run("state", "rewind", "--days", "1", "--yes")

    assert "pinned runs" not in shown(staffed)["state"]


def test_a_row_that_no_night_could_use_is_mended_by_a_rewind(staffed: Nights) -> None:
    write_item(staffed, "default", since="yesterday", offset=-1, updatedAt="x")

    assert staffed.run().code == 3
    assert staffed.run("state", "rewind", "--days", "1", "--yes").code == 0
    assert staffed.run().code == 0


def test_a_rewind_before_the_first_night_chooses_where_it_begins(town: Nights) -> None:
    town.company.add(generate(3, seed=91))

    assert town.run("state", "rewind", "--days", "400", "--yes").code == 0

    stored = row(town)
    assert stored is not None
    assert days_ago(401) < stored["since"] < days_ago(399)
    assert stored["offset"] == 0
    assert town.run()["created"] == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--since", "2099-01-01T00:00:00Z"], "is in the future"),
        (["--since", "yesterday"], "not a moment with a zone"),
        (["--since", "2026-01-31T02:00:00"], "not a moment with a zone"),
        (["--since", "2026-01-31"], "not a moment with a zone"),
        (["--since", ""], "not a moment with a zone"),
        (["--since", "1960-01-01T00:00:00Z"], "before"),
        (["--days", "-1"], "a whole number from 0 to 18250"),
        (["--days", "1.5"], "a whole number from 0 to 18250"),
        (["--days", "99999"], "a whole number from 0 to 18250"),
        ([], "one of the arguments --since --days is required"),
        (["--days", "1", "--since", "2026-01-31T02:00:00Z"], "not allowed with argument"),
        (["--days", "0"], "is later than where the sync stands"),
    ],
)
def test_a_moment_that_cannot_be_meant_is_refused(staffed: Nights, arguments: list[str], said: str) -> None:
    before = everything(staffed)

    night = staffed.run("state", "rewind", *arguments, "--yes")

    assert (night.code, night.stdout) == (2, "")
    assert night.stderr.startswith("worker: ")
    assert said in night.stderr
    assert everything(staffed) == before


# Reset


def test_after_a_reset_the_next_run_begins_as_the_first_did_and_still_knows_people(staffed: Nights) -> None:
    staffed.company.terminate("3", hireDate="2020-01-01")
    staffed.run()

    night = staffed.run("state", "reset", "--yes")
    first = staffed.run(INITIAL_LOOKBACK_DAYS="9")

    assert (night.code, night.stdout[:34]) == (0, "The state row is gone; it was: sin")
    assert days_ago(9.1) < first["since"] < days_ago(8.9)
    assert (first.code, first["total_changed"], first["no_evidence"]) == (0, 31, 1)
    forward(staffed, hours=1)
    staffed.company.rehire("3")
    assert staffed.run()["reactivated"] == 1


def test_there_may_be_nothing_to_reset(town: Nights) -> None:
    night = town.run("state", "reset")

    assert (night.code, night.stdout) == (0, "There is no state row; nothing to reset.\n")


# Asking, and not being in the way

CHANGES = [["rewind", "--days", "1"], ["reset"]]


@pytest.mark.parametrize("change", CHANGES)
def test_where_nobody_can_be_asked_it_needs_yes(
    staffed: Nights, monkeypatch: pytest.MonkeyPatch, change: list[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    before = everything(staffed)

    night = staffed.run("state", *change)

    assert (night.code, night.stdout) == (2, "")
    assert "pass --yes if that is what you want" in night.stderr
    assert everything(staffed) == before


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 2), ("\n", 2)])
def test_at_a_terminal_it_says_where_the_sync_stands_and_asks(
    staffed: Nights, change: list[str], answer: str, code: int
) -> None:
    before = row(staffed)

    night = at_a_terminal(staffed, "state", *change, answer=answer)

    assert before is not None
    assert night.code == code
    assert f"since {before['since']}, offset 0)? " in night.stderr
    assert "[y/N]" in night.stderr
    assert (row(staffed) == before) is (code != 0)


@pytest.mark.parametrize("change", CHANGES)
def test_while_a_run_is_at_work_nothing_is_changed_and_nobody_asked(staffed: Nights, change: list[str]) -> None:
    hold_lock(staffed)
    before = everything(staffed)

    told = staffed.run("state", *change, "--yes")
    asked = at_a_terminal(staffed, "state", *change, answer="y\n")

    assert (told.code, told.stdout, asked.code) == (75, "", 75)
    assert "another run (another-run) holds the lock" in told.stderr
    assert "[y/N]" not in asked.stderr
    assert everything(staffed) == before


@pytest.mark.parametrize("command", [["show"], ["rewind", "--days", "1", "--yes"], ["reset", "--yes"]])
def test_it_needs_no_variable_but_the_states(staffed: Nights, command: list[str]) -> None:
    assert with_only_the_state(staffed, "state", *command).code == 0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"STATE_FILE": ""}, "STATE_TABLE or STATE_FILE must be set"),
        ({"STATE_TABLE": "x"}, "STATE_TABLE and STATE_FILE are both set"),
        ({"STATE_ID": "a#b"}, "STATE_ID must be"),
        ({"STATE_FILE": "nowhere/at/all/state.sqlite"}, "STATE_FILE"),
    ],
)
def test_a_state_that_is_not_named_well_is_said(staffed: Nights, settings: dict[str, str], said: str) -> None:
    night = staffed.run("state", "show", **settings)

    assert (night.code, night.stdout) == (3, "")
    assert night.stderr.startswith("worker: ")
    assert said in night.stderr


def test_another_state_of_the_same_file_is_another_sync(staffed: Nights) -> None:
    assert shown(staffed, STATE_ID="other")["people"] == {"remembered": 0}
    staffed.run("state", "rewind", "--days", "1", "--yes", STATE_ID="other")

    assert shown(staffed)["people"]["remembered"] == 1
    assert shown(staffed)["state"] != shown(staffed, STATE_ID="other")["state"]


def test_a_state_in_a_table_is_shown_and_moved_like_one_in_a_file(
    town: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.company.add(generate(10, seed=91))
    town.company.hire("40", hidden=True, firstName="V", lastName="N", workEmail="q40@example.com", status="")
    with emulated_aws() as aws:
        for name, value in aws.items():
            monkeypatch.setenv(name, value)
        table = {"STATE_TABLE": prepare(aws, API_KEY, TOKEN)["STATE_TABLE"], "STATE_FILE": ""}
        night = town.run(**table)
        told = shown(town, **table)
        codes = [
            town.run(*command, **table).code
            for command in (
                ["state", "rewind", "--days", "3", "--yes"],
                ["parked", "list", "--json"],
                ["parked", "drop", "40"],
                ["explain", "--employee", "3"],
                ["undo", night["run_id"], "--yes"],
                ["state", "reset", "--yes"],
            )
        ]
        after = shown(town, **table)

    assert (night.code, night["created"]) == (0, 10)
    assert (told["state"]["since"], told["state"]["offset"]) == (night["next_since"], 0)
    assert told["employees"] == {"remembered": 1, "waiting": "40"}
    assert codes == [0] * 6
    assert after["state"] == {"row": "none: the next run begins INITIAL_LOOKBACK_DAYS back"}
    assert after["people"]["undone"].startswith("1, 2, 3")

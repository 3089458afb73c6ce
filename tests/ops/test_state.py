"""`state show`, `rewind` and `reset`: where the sync stands, and moving it while nobody else does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops import state
from tests.ops.town_hall import STATE_ID, Hall
from worker.state.dynamodb import DynamoItems
from worker.state.store import Store
from worker.timestamps import iso
from worker.window import Position

ROW = {"StateId": STATE_ID, "since": "2026-11-20T02:00:00Z", "offset": 40, "updatedAt": "2026-11-21T02:00:09Z"}
WINDOW = {"since": ROW["since"], "offset": 40, "latest": "2026-11-21T02:00:00Z", "lastId": 99, "pinnedRuns": 2}


@pytest.fixture
def standing(hall: Hall) -> Hall:
    """A sync that stands in the middle of a window."""
    hall.table.put_item(Item={**ROW, "window": WINDOW})
    return hall


def ago(hall: Hall, days: int) -> str:
    return iso(datetime.fromtimestamp(hall.now, UTC) - timedelta(days=days))


# show


def test_show(standing: Hall) -> None:
    standing.lock(seconds=200)
    for number, reason in ((17, "waiting"), (4, "waiting"), (9, "parked"), (5, "")):
        standing.table.put_item(Item={"StateId": f"{STATE_ID}#person#{number}", "reason": reason})

    end = standing.ops("state", "show")

    assert end.code == 0
    assert end.out.splitlines() == [
        "State",
        "  since             2026-11-20T02:00:00Z",
        "  offset            40",
        "  updatedAt         2026-11-21T02:00:09Z",
        "  window opened     2026-11-21T02:00:00Z",
        "  last person done  99",
        "  pinned runs       2",
        "Lock",
        "  held    for 200 s more unless it is renewed",
        "  by run  run-1",
        "People",
        "  remembered  4",
        "  parked      9",
        "  waiting     4, 17",
    ]


def test_show_before_the_first_run(hall: Hall) -> None:
    out = hall.ops("state", "show").out

    assert "There is no state row" in out
    assert "held  no" in out


def test_show_of_many_people_names_twenty(hall: Hall) -> None:
    for number in range(1, 24):
        hall.table.put_item(Item={"StateId": f"{STATE_ID}#person#{number}", "reason": "waiting"})

    assert "19, 20 and 3 more" in hall.ops("state", "show").out


# rewind


@pytest.mark.parametrize("row", [ROW, {**ROW, "window": WINDOW}, None])
def test_rewind_writes_since_offset_and_updated_at_alone(hall: Hall, row: dict[str, Any] | None) -> None:
    if row:
        hall.table.put_item(Item=row)

    end = hall.ops("state", "rewind", "--since", "2026-11-01T00:00:00+01:00", "--yes")

    assert end.code == 0
    assert "since 2026-10-31T23:00:00Z" in end.out
    assert hall.row() == {
        "StateId": STATE_ID,
        "since": "2026-10-31T23:00:00Z",
        "offset": 0,
        "updatedAt": iso(datetime.fromtimestamp(hall.now, UTC)),
    }


def test_the_worker_goes_on_from_what_rewind_wrote(standing: Hall) -> None:
    standing.ops("state", "rewind", "--since", "2026-11-01T00:00:00Z", "--yes")

    store = Store(DynamoItems("state", standing.client("dynamodb")), STATE_ID)

    assert store.position(datetime.now(UTC)) == Position(datetime(2026, 11, 1, tzinfo=UTC), 0)


def test_rewind_by_days(hall: Hall) -> None:
    hall.ops("state", "rewind", "--days", "3", "--yes")

    row = hall.row()
    assert row is not None
    assert row["since"] == ago(hall, 3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--since", "2026-11-20"], "no moment with a zone"),
        (["--since", "2999-01-01T00:00:00Z"], "in the future"),
        (["--since", "2026-11-20T02:00:01Z"], "later than where the sync stands"),
        ([], "required"),
        (["--days", "1", "--since", "2026-11-01T00:00:00Z"], "not allowed with"),
    ],
)
def test_rewind_to_where_nobody_can_mean(standing: Hall, arguments: list[str], said: str) -> None:
    standing.now = datetime(2026, 11, 22, tzinfo=UTC).timestamp()

    end = standing.ops("state", "rewind", *arguments, "--yes")

    assert end.code == 2
    assert said in end.err
    assert standing.row() == {**ROW, "window": WINDOW}


# reset


def test_reset_removes_the_row_and_nothing_else(standing: Hall) -> None:
    standing.table.put_item(Item={"StateId": f"{STATE_ID}#person#4", "reason": "waiting"})

    end = standing.ops("state", "reset", "--yes")

    assert end.code == 0
    assert "it was: since 2026-11-20T02:00:00Z, offset 40" in end.out
    assert standing.row() is None
    assert [item["StateId"] for item in standing.table.scan()["Items"]] == [f"{STATE_ID}#person#4"]


def test_reset_of_nothing(hall: Hall) -> None:
    assert "nothing to reset" in hall.ops("state", "reset").out


# Both


BOTH = pytest.mark.parametrize("arguments", [["rewind", "--since", "2026-11-01T00:00:00Z"], ["reset"]])


@BOTH
def test_are_refused_while_a_run_holds_the_lock(standing: Hall, arguments: list[str]) -> None:
    standing.lock(seconds=60)

    end = standing.ops("state", *arguments, "--yes")

    assert end.code == 75
    assert "the run run-1 holds the lock, for 60 s more" in end.err
    assert standing.row() == {**ROW, "window": WINDOW}


@BOTH
def test_are_not_refused_for_the_lock_of_a_dead_run(standing: Hall, arguments: list[str]) -> None:
    standing.lock(seconds=-1)

    assert standing.ops("state", *arguments, "--yes").code == 0


@BOTH
@pytest.mark.parametrize("meanwhile", ["a run begins", "the row moves"])
def test_what_happens_between_question_and_write_is_not_overwritten(
    standing: Hall, arguments: list[str], meanwhile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = {**ROW, "offset": 80}

    def happens(*_: object, **__: object) -> None:
        if meanwhile == "a run begins":
            standing.lock(seconds=300)
        else:
            standing.table.put_item(Item=moved)

    monkeypatch.setattr("ops.terminal.Terminal.confirm", happens)

    end = standing.ops("state", *arguments)

    assert end.code == 75
    assert "nothing was changed" in end.err
    assert standing.row() == (moved if meanwhile == "the row moves" else {**ROW, "window": WINDOW})


@BOTH
@pytest.mark.parametrize(("answer", "done"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_ask_first(standing: Hall, arguments: list[str], answer: str, done: bool) -> None:
    standing.types(answer)

    end = standing.ops("state", *arguments)

    assert end.code == (0 if done else 1)
    assert "[y/N]" in end.err
    assert (standing.row() == {**ROW, "window": WINDOW}) is not done


@BOTH
def test_need_a_yes_where_nobody_can_be_asked(standing: Hall, arguments: list[str]) -> None:
    standing.pipes("")

    end = standing.ops("state", *arguments)

    assert end.code == 2
    assert "say --yes" in end.err
    assert standing.row() == {**ROW, "window": WINDOW}


def test_a_row_that_an_operator_wrote_by_hand_and_left_unfinished(hall: Hall) -> None:
    hall.table.put_item(Item={"StateId": STATE_ID})

    assert hall.ops("state", "rewind", "--days", "1", "--yes").code == 0


def test_the_keys_are_the_workers_own() -> None:
    assert state._Table(None, "table", "id").lock_key == "id#lock"

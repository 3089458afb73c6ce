"""What only the file can do wrong."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from worker.errors import ConfigurationError, StateError
from worker.state.items import ABSENT, KEY, Condition
from worker.state.sqlite import SqliteItems


def test_a_missing_file_is_created_and_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    SqliteItems(str(path)).put({KEY: "a", "offset": 5})

    assert path.exists()
    assert SqliteItems(str(path)).get("a") == {KEY: "a", "offset": 5}


def test_a_missing_folder_is_a_configuration_error_that_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^STATE_FILE .*its folder does not exist"):
        SqliteItems(str(tmp_path / "nowhere" / "state.sqlite"))


@pytest.mark.parametrize("content", [b"no database, but jane@acme.example " * 50])
def test_a_file_of_another_kind_is_an_error_that_quotes_none_of_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(content)

    with pytest.raises(StateError, match=r"^STATE_FILE .*could not be used") as caught:
        SqliteItems(str(path))

    assert "jane" not in caught.value.message
    assert path.read_bytes() == content


def test_a_folder_in_place_of_the_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"^STATE_FILE .*could not be used"):
        SqliteItems(str(tmp_path))


@pytest.mark.parametrize("body", ["{", "[1, 2]", "null", "7", '"text"', "[" * 100_000, '{"offset": 5}'])
def test_a_body_that_is_no_item_has_no_attributes_and_can_be_replaced(tmp_path: Path, body: str) -> None:
    path = str(tmp_path / "state.sqlite")
    SqliteItems(path).put({KEY: "good", "offset": 1})
    with closing(sqlite3.connect(path)) as file:
        file.execute("INSERT INTO items VALUES ('bad', ?)", (body,))
        file.commit()

    items = SqliteItems(path)

    read = {KEY: "bad", "offset": 5} if "offset" in body else {KEY: "bad"}
    assert (items.get("bad"), items.scan(["b"]), items.get("good")) == (read, [read], {KEY: "good", "offset": 1})
    assert items.put({KEY: "bad", "offset": 2}, Condition(equals={}))
    assert items.delete("bad", Condition(equals={"offset": 2}))


def test_one_of_many_threads_gets_the_lock(tmp_path: Path) -> None:
    items = SqliteItems(str(tmp_path / "state.sqlite"))
    start = threading.Barrier(8)
    got: list[bool] = []

    def take(owner: int) -> None:
        start.wait()
        got.append(items.put({KEY: "lock", "owner": owner}, ABSENT))

    threads = [threading.Thread(target=take, args=(owner,)) for owner in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(got) == [False] * 7 + [True]

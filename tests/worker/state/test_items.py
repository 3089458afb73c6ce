"""What both stores promise: one suite, run on DynamoDB and on SQLite."""

from __future__ import annotations

import pytest

from worker.state.items import ABSENT, KEY, Condition, Item, Items

ROW = {KEY: "a", "owner": "me", "expires": 7}


def test_an_item_that_was_never_written_is_none(items: Items) -> None:
    assert items.get("a") is None


def test_an_item_is_read_as_it_was_written(items: Items) -> None:
    item = {
        KEY: "a",
        "text": "Zoë",
        "empty": "",
        "number": -7,
        "large": 10**18,
        "yes": True,
        "no": False,
        "nothing": None,
        "list": [1, "two", None, [3]],
        "object": {"since": "x", "inner": {"offset": 0}},
    }

    assert items.put(item)

    assert items.get("a") == item
    read = items.get("a")
    assert read is not None
    assert {name: type(value) for name, value in read.items()} == {name: type(value) for name, value in item.items()}


def test_a_second_write_replaces_the_whole_item(items: Items) -> None:
    items.put(ROW)

    items.put({KEY: "a", "other": 1})

    assert items.get("a") == {KEY: "a", "other": 1}


def test_absent_allows_the_first_write_and_no_second(items: Items) -> None:
    assert items.put(ROW, ABSENT)
    assert not items.put({**ROW, "owner": "you"}, ABSENT)

    assert items.get("a") == ROW


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        (Condition(equals={"owner": "me"}), True),
        (Condition(equals={"owner": "me", "expires": 7}), True),
        (Condition(), True),
        (Condition(equals={"owner": "you"}), False),
        (Condition(equals={"owner": "me", "expires": 8}), False),
        (Condition(equals={"expires": "7"}), False),
        (Condition(equals={"unknown": "x"}), False),
        (ABSENT, False),
    ],
)
def test_a_conditional_write_or_deletion_is_done_only_where_the_condition_holds(
    items: Items, when: Condition, holds: bool
) -> None:
    new = {KEY: "a", "owner": "new"}
    items.put(ROW)

    assert items.put(new, when) is holds
    assert items.get("a") == (new if holds else ROW)

    items.put(ROW)
    assert items.delete("a", when) is holds
    assert items.get("a") == (None if holds else ROW)


@pytest.mark.parametrize("when", [Condition(equals={"owner": "me"}), Condition()])
def test_a_missing_item_equals_nothing(items: Items, when: Condition) -> None:
    assert not items.put(ROW, when)
    assert not items.delete("a", when)

    assert items.get("a") is None


def test_a_deletion_without_a_condition_may_find_nothing(items: Items) -> None:
    items.put(ROW)

    assert items.delete("a")
    assert items.delete("a")

    assert items.get("a") is None


@pytest.mark.parametrize("many", [0, 1, 60, 150])
def test_many_items_are_written_and_read_at_once(items: Items, many: int) -> None:
    made: dict[str, Item] = {f"a#{number}": {KEY: f"a#{number}", "number": number} for number in range(many)}
    items.put({KEY: "a#kept"})

    items.put_all(list(made.values()))
    assert {item[KEY]: item for item in items.scan(["a#"])} == {**made, "a#kept": {KEY: "a#kept"}}

    found = items.get_all([*made, "a#kept", "a#missing"])
    assert found == {**made, "a#kept": {KEY: "a#kept"}}


def test_a_scan_finds_what_begins_with_a_prefix_and_nothing_else(items: Items) -> None:
    for key in (
        "a",
        "a#followups#1",
        "a#followups#22",
        "a#run#1",
        "a#lock",
        "ab#followups#1",
        "b#followups#1",
        "A#followups#1",
    ):
        items.put({KEY: key})

    found = [item[KEY] for item in items.scan(["a#followups#", "a#run#"])]

    assert sorted(found) == ["a#followups#1", "a#followups#22", "a#run#1"]


@pytest.mark.parametrize("wild", ["a_%", "a*", "ä"])
def test_a_prefix_is_compared_as_it_is(items: Items, wild: str) -> None:
    items.put_all([{KEY: f"{wild}#1"}, {KEY: "abc#1"}, {KEY: "a-x#1"}])

    assert items.scan([f"{wild}#"]) == [{KEY: f"{wild}#1"}]


def test_an_item_with_two_of_the_prefixes_is_found_once(items: Items) -> None:
    items.put({KEY: "a#followups#1"})

    assert items.scan(["a#", "a#followups#"]) == [{KEY: "a#followups#1"}]


def test_a_transaction_writes_where_both_conditions_hold(items: Items) -> None:
    items.put({KEY: "row", "offset": 0})
    items.put(ROW)

    assert items.put_if(
        {KEY: "row", "offset": 5}, Condition(equals={"offset": 0}), "a", Condition(equals={"owner": "me"})
    )

    assert items.get("row") == {KEY: "row", "offset": 5}
    assert items.get("a") == ROW


@pytest.mark.parametrize(
    ("own", "other_key", "others"),
    [
        (Condition(equals={"offset": 1}), "a", Condition(equals={"owner": "me"})),
        (Condition(equals={"offset": 0}), "a", Condition(equals={"owner": "you"})),
        (Condition(equals={"offset": 0}), "gone", Condition(equals={"owner": "me"})),
        (Condition(equals={"offset": 1}), "gone", Condition(equals={"owner": "me"})),
        (ABSENT, "a", Condition(equals={"owner": "me"})),
        (Condition(equals={"offset": 0}), "a", ABSENT),
    ],
)
def test_a_transaction_writes_nothing_where_either_condition_fails(
    items: Items, own: Condition, other_key: str, others: Condition
) -> None:
    items.put({KEY: "row", "offset": 0})
    items.put(ROW)

    assert not items.put_if({KEY: "row", "offset": 5}, own, other_key, others)

    assert items.get("row") == {KEY: "row", "offset": 0}

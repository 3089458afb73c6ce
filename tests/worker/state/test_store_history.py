"""What is remembered about employees and runs, as the store keeps it."""

from __future__ import annotations

import json
import threading
import zlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.worker.state.store_tools import LARGEST_ITEM, NOW, reread, run_of, size
from worker.errors import StateError
from worker.model.history import EmployeeRecord, FollowUp, History
from worker.state.items import KEY, Item, Items
from worker.state.store import Store

WAITING = EmployeeRecord(7, deleted=True).flagged(FollowUp.WAITING, "no_evidence", "hold")
PARKED = EmployeeRecord(8, attempts=3).flagged(FollowUp.PARKED, "email_taken", "create")
SUSPENDED_7 = EmployeeRecord(7, suspended_by_us=True)
SUSPENDED = EmployeeRecord(9, suspended_by_us=True, suspended_at=1_769_900_000)


class Noted:
    """A store that notes the keys of what is written, one list for each request."""

    def __init__(self, items: Items) -> None:
        self._items = items
        self.written: list[list[str]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._items, name)

    def put_all(self, items: Sequence[Item]) -> None:
        self.written.append([item[KEY] for item in items])
        self._items.put_all(items)


# Employees


def test_a_new_state_remembers_nothing(store: Store) -> None:
    assert store.history() == History()


def test_what_is_remembered_about_employees_is_read_back(items: Items, store: Store) -> None:
    every = EmployeeRecord(
        10,
        {**WAITING.follow_ups, **PARKED.follow_ups},
        deleted=True,
        attempts=1,
        suspended_by_us=True,
        suspended_at=2,
        undone_at=3,
        last_change_at=4,
        suspended_account_id=5,
        not_kept={"profile_field_level": "d"},
    )

    records = {
        7: WAITING,
        8: PARKED,
        9: SUSPENDED,
        10: every,
        11: replace(every, employee_id=11, suspended_account_id=-1),
    }

    store.remember(records.values())

    assert reread(items).records == records


def test_a_follow_up_of_several_words_stays_as_it_is_while_others_change(items: Items, store: Store) -> None:
    held = [EmployeeRecord(number).flagged(FollowUp.HELD, "identity, update") for number in (7, 7 + 16)]
    store.remember(held)
    later = replace(SUSPENDED_7, employee_id=7 + 32)
    Store(items, "a", NOW.timestamp).remember([later])

    assert reread(items).records == {one.employee_id: one for one in (*held, later)}


def test_employees_are_forgotten_and_no_others(items: Items, store: Store) -> None:
    store.remember(EmployeeRecord(number, attempts=1) for number in range(1, 71))
    assert len(reread(items).records) == 70

    store.forget([*range(1, 70), 86, 99])

    assert list(reread(items).records) == [70]


def test_no_employees_at_all_may_be_remembered_and_forgotten(items: Items, store: Store) -> None:
    store.remember([])
    store.forget([])

    assert [item[KEY] for item in items.scan(["a"])] == ["a"]


def test_the_last_that_is_remembered_about_an_employee_counts(items: Items, store: Store) -> None:
    store.remember([WAITING])
    store.remember([EmployeeRecord(7, suspended_by_us=True)])

    assert reread(items).records == {7: EmployeeRecord(7, suspended_by_us=True)}


def test_the_keys_in_the_table_are_those_of_earlier_versions_and_hold_no_personal_value(
    items: Items, store: Store
) -> None:
    store.remember(
        [EmployeeRecord(8, attempts=3, last_change_at=5, suspended_account_id=6).flagged(FollowUp.PARKED, "x", "y")]
    )

    assert items.get("a#followups#8") == {
        KEY: "a#followups#8",
        "employees": '{"id":8,"follow_ups":{"parked":["x","y"]},"attempts":3,"seen":5,"account":6}',
    }


def test_employees_are_packed_by_their_id_modulo_16(items: Items, store: Store) -> None:
    store.remember(EmployeeRecord(number, attempts=1) for number in (1, 16, 17, 32, 33))

    found = {item[KEY]: item["employees"].count("\n") + 1 for item in items.scan(["a#"])}
    assert found == {"a#followups#0": 2, "a#followups#1": 3}


def test_only_the_items_that_changed_are_written(items: Items) -> None:
    noted = Noted(items)
    store = Store(noted, "a")
    store.remember([WAITING, PARKED, SUSPENDED])

    store.remember([WAITING, EmployeeRecord(8, attempts=4)])
    store.remember([WAITING])
    store.forget([25])
    store.forget([9])

    assert noted.written == [["a#followups#7", "a#followups#8", "a#followups#9"], ["a#followups#8"], ["a#followups#9"]]


def test_a_line_that_is_not_touched_stays_as_another_version_wrote_it(items: Items) -> None:
    line = '{"id":23,"attempts":1,"mood":"fine"}'
    items.put({KEY: "a#followups#7", "parts": 1, "employees": line})

    Store(items, "a").remember([WAITING])

    item = items.get("a#followups#7")
    assert item is not None
    assert line in item["employees"].split("\n")


@pytest.mark.parametrize("blanks", [" {}", "{}\r\n", "\n{}\n "])
def test_blanks_around_the_lines_of_an_item_are_no_fault(items: Items, store: Store, blanks: str) -> None:
    items.put({KEY: "a#followups#7", "employees": blanks.replace("{}", '{"id":7,"attempts":1}')})

    assert store.history().records == {7: EmployeeRecord(7, attempts=1)}


def test_other_states_and_other_items_of_the_table_are_not_ours(items: Items, store: Store) -> None:
    Store(items, "b").remember([WAITING])
    Store(items, "ab").remember([WAITING])
    Store(items, "b").record(run_of("r1"), {}, NOW)
    for key in ("a#lock", "a#journal#r1#1", "a#followups#16", "a#followups", "a#followups#7#1"):
        items.put({KEY: key, "employees": '{"id":7,"attempts":1}'})

    assert store.history() == History()


@pytest.mark.parametrize(
    ("line", "record"),
    [
        (
            '{"id":7,"follow_ups":{"waiting":["x","y"]},"mood":"fine","employee_id":5}',
            EmployeeRecord(7).flagged(FollowUp.WAITING, "x", "y"),
        ),
        ('{"id":7,"follow_ups":{"seconded":[]}}', EmployeeRecord(7).flagged(FollowUp.WAITING)),
        ('{"id":7,"attempts":"many","deleted":1,"approved":"yes"}', EmployeeRecord(7)),
        ('{"id":7,"follow_ups":["waiting"]}', EmployeeRecord(7)),
        ('{"id":7,"follow_ups":{"parked":"xy"}}', EmployeeRecord(7).flagged(FollowUp.PARKED)),
        ('{"id":7,"follow_ups":{"parked":[1,"y","z"]}}', EmployeeRecord(7).flagged(FollowUp.PARKED, "", "y")),
        ('{"id":7,"not_kept":["city"]}', EmployeeRecord(7)),
        ('{"id":7,"not_kept":{"city":1,"lang":"d"}}', EmployeeRecord(7, not_kept={"lang": "d"})),
        *((f'{{"id":7,"suspended_by_us":true,"account":{account}}}', SUSPENDED_7) for account in (-2, 2**53)),
        *(
            (f'{{"id":7,"attempts":1,"{name}":{moment}}}', EmployeeRecord(7, attempts=1))
            for name in ("suspended_at", "undone_at", "seen")
            for moment in (1_769_911_200_000, 10**11, -1)
        ),
        *((line, None) for line in ('{"id":8,"attempts":1}', '{"id":0}', '{"id":"7"}', '{"attempts":1}', '{"id":-9}')),
    ],
)
def test_what_another_version_or_a_mistake_wrote_is_left_aside(
    items: Items, store: Store, line: str, record: EmployeeRecord | None
) -> None:
    items.put({KEY: "a#followups#7", "parts": 1, "employees": line + '\n{"id":23,"attempts":1}'})

    known = {} if record is None else {7: record}
    assert store.history().records == {**known, 23: EmployeeRecord(23, attempts=1)}


@pytest.mark.parametrize(
    "malformed",
    [
        {"employees": "{"},
        {"employees": "7"},
        {"employees": '{"id":7},{"id":23}'},
        {"employees": 7},
        {},
        {"employees": "eJw"},
        {"employees": b64encode(zlib.compress(b"7")).decode()},
        {"employees": b64encode(zlib.compress(b"\xff")).decode()},
    ],
)
def test_a_malformed_item_ends_the_run_for_nothing_may_be_forgotten(
    items: Items, store: Store, malformed: Item
) -> None:
    items.put({KEY: "a#followups#7", **malformed})

    with pytest.raises(StateError, match="the item a#followups#7 is malformed: it was changed by hand"):
        store.history()


@pytest.mark.parametrize(("line", "parts"), [('{"id":7}', 2), ("", 3), ("", "2"), ("", 2**40)])
def test_an_item_that_an_unreleased_version_split_ends_the_run_and_is_called_so(
    items: Items, store: Store, line: str, parts: object
) -> None:
    items.put({KEY: "a#followups#7", "employees": line, "parts": parts})

    with pytest.raises(StateError, match="the item a#followups#7 is one of several parts") as caught:
        store.history()

    assert "by hand" not in caught.value.advice


# Sizes


def record_of(number: int) -> EmployeeRecord:
    """As much as can be remembered about a leaver; every twentieth has no account besides."""
    record = EmployeeRecord(
        number,
        deleted=True,
        attempts=2,
        suspended_by_us=True,
        suspended_at=1_769_900_000,
        suspended_account_id=number + 100_000,
    ).flagged(FollowUp.WAITING, "deleted_but_shown", "hold")
    return record if number % 20 else record.flagged(FollowUp.WITHOUT_ACCOUNT, "invalid_username")


def test_20_000_follow_ups_are_16_items_that_fit(items: Items, store: Store) -> None:
    store.remember(record_of(number) for number in range(1, 20_001))

    found = items.scan(["a#"])
    assert len(found) == 16
    assert max(map(size, found)) < LARGEST_ITEM
    assert len(reread(items).records) == 20_000


def test_an_item_that_would_not_fit_is_compressed_until_it_fits_again(items: Items, store: Store) -> None:
    records = {number: record_of(number) for number in range(16, 16 * 10_001, 16)}

    store.remember(records.values())

    (item,) = items.scan(["a#followups#"])
    assert size(item) < LARGEST_ITEM
    assert reread(items).records == records

    Store(items, "a", NOW.timestamp).forget([*records][1:])

    (item,) = items.scan(["a#followups#"])
    assert json.loads(item["employees"])["id"] == 16
    assert reread(items).records == {16: records[16]}


def test_what_could_not_be_written_is_written_by_the_next_call(items: Items) -> None:
    class Failing(Noted):
        def put_all(self, items: Sequence[Item]) -> None:
            if not self.written:
                self.written.append([])
                raise StateError("cut off")
            super().put_all(items)

    store = Store(Failing(items), "a")
    with pytest.raises(StateError):
        store.remember([WAITING])

    store.remember([PARKED])

    assert reread(items).records == {7: WAITING, 8: PARKED}


def test_threads_of_one_run_forget_nothing_of_each_other(items: Items, store: Store) -> None:
    start = threading.Barrier(4)

    def remember(first: int) -> None:
        start.wait()
        for number in range(first, 161, 4):
            store.remember([EmployeeRecord(number, attempts=1)])

    threads = [threading.Thread(target=remember, args=(first,)) for first in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(reread(items).records) == list(range(1, 161))

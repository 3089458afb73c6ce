"""Journal entries, and their portions, which fit into one item of the table."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worker.builders import account, account_of, leaver, listed, step_of
from worker.model.journal_entry import JournalEntry, pack, unpack
from worker.model.step import Action, FieldChange, GuardClass

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LARGEST_ITEM = 300 * 1024
"""DESIGN: items stay under 300 KB."""


def entry(employee_id: int = 1, *changes: FieldChange, action: Action = Action.UPDATE) -> JournalEntry:
    return JournalEntry(employee_id, action, 100 + employee_id, changes, int(NOW.timestamp()))


def wide(employee_id: int, length: int) -> JournalEntry:
    return entry(employee_id, FieldChange("description", "o" * length, "n" * length))


def size(plain: object) -> int:
    return len(json.dumps(plain, ensure_ascii=False).encode())


def entry_of_size(length: int) -> JournalEntry:
    ((bare,),) = pack([wide(1, 0)])
    return entry(1, FieldChange("description", "", "n" * (length - size(bare))))


# One entry


def test_an_entry_has_the_old_and_the_new_value_of_every_field() -> None:
    step = step_of(listed(1, department="Legal"), account(7, idnumber="1", email="p1@acme.example", department="Sales"))

    kept = JournalEntry.of(step, NOW)

    assert (kept.employee_id, kept.action, kept.account_id, kept.at) == (1, Action.UPDATE, 7, int(NOW.timestamp()))
    assert kept.changed("department") == FieldChange("department", "Sales", "Legal")
    assert kept.changed("email") is None


def test_a_new_account_has_no_id_and_no_old_values() -> None:
    kept = JournalEntry.of(step_of(listed(1)), NOW)

    assert (kept.action, kept.account_id) == (Action.CREATE, None)
    assert {change.old for change in kept.changes} == {None}


def test_a_suspension_is_a_change_like_any_other() -> None:
    kept = JournalEntry.of(step_of(leaver(1), account_of(1)), NOW)

    assert kept.changes == (FieldChange("suspended", "0", "1"),)


def test_an_entry_has_the_classes_in_which_the_step_counts() -> None:
    step = replace(step_of(leaver(1), account_of(1)), classes=frozenset({GuardClass.SUSPEND}))

    assert JournalEntry.of(step, NOW).classes == {GuardClass.SUSPEND}


def test_what_an_account_shows_after_a_write_is_an_entry_of_its_own_kind() -> None:
    shown = (FieldChange("city", "Paris", "Lyon"),)
    step = step_of(listed(1, department="Legal"), account_of(1))

    kept = JournalEntry.of_read_back(step, shown, NOW)

    assert kept == JournalEntry(1, Action.UPDATE, 101, shown, int(NOW.timestamp()), is_read_back=True)
    assert JournalEntry.of_read_back(step_of(listed(1)), shown, NOW).account_id is None


def test_an_entry_has_the_time_of_the_last_change_in_bamboohr_if_known() -> None:
    step = step_of(listed(1))

    assert JournalEntry.of(step, NOW, NOW - timedelta(minutes=5)).last_change_at == int(NOW.timestamp()) - 300
    assert JournalEntry.of(step, NOW).last_change_at == 0


@pytest.mark.parametrize(("length", "kept"), [(20_000, ["firstname", "department"]), (20_001, ["firstname"])])
def test_only_a_field_with_an_oversized_old_value_is_left_out(length: int, kept: list[str]) -> None:
    step = step_of(listed(1, first_name="Ann", department="Legal"), account_of(1, department="x" * length))

    assert [change.field for change in JournalEntry.of(step, NOW).changes] == kept


@pytest.mark.parametrize(("length", "kept"), [(20_000, 2), (20_001, 1)])
def test_an_oversized_value_that_an_account_shows_after_a_write_is_left_out(length: int, kept: int) -> None:
    shown = [FieldChange("city", "Paris", "Lyon"), FieldChange("profile_field_notes", "short", "x" * length)]

    assert len(JournalEntry.of_read_back(step_of(listed(1)), shown, NOW).changes) == kept


# Portions


def test_few_entries_make_one_portion_and_no_entries_make_none() -> None:
    assert len(list(pack([entry(1), entry(2)]))) == 1
    assert list(pack([])) == []


def test_many_entries_are_spread_over_items_that_fit() -> None:
    entries = [wide(number, 5_000) for number in range(1, 101)]

    portions = list(pack(entries))

    assert len(portions) > 4
    assert all(size(portion) < LARGEST_ITEM for portion in portions)
    assert unpack(portions) == entries


def test_a_portion_has_at_most_200_000_bytes_of_entries() -> None:
    half, more = entry_of_size(100_000), entry_of_size(100_001)

    assert [len(portion) for portion in pack([half, half, half, half])] == [2, 2]
    assert [len(portion) for portion in pack([half, more, half])] == [1, 1, 1]


def test_characters_of_several_bytes_are_counted_in_bytes() -> None:
    entries = [entry(number, FieldChange("address", "\U0001f600" * 255, "\u4e2d" * 255)) for number in range(1, 501)]

    assert all(size(portion) < LARGEST_ITEM for portion in pack(entries))


def test_a_single_entry_is_never_split() -> None:
    (portion,) = pack([wide(1, 150_000)])

    assert len(portion) == 1


_TEXT = st.text(st.characters(codec="utf-8"), max_size=300)
_CHANGES = st.lists(st.builds(FieldChange, _TEXT, st.none() | _TEXT, _TEXT), max_size=8).map(tuple)
_ENTRIES = st.lists(
    st.builds(
        JournalEntry,
        st.integers(1, 10**9),
        st.sampled_from(Action),
        st.none() | st.integers(1, 10**9),
        _CHANGES,
        st.integers(0, 2**33),
        st.integers(0, 2**33),
        st.frozensets(st.sampled_from(GuardClass)),
        st.booleans(),
    ),
    max_size=40,
)


@given(_ENTRIES)
def test_unpacking_reverses_packing(entries: list[JournalEntry]) -> None:
    portions = list(pack(entries))

    assert unpack(json.loads(json.dumps(portions))) == entries
    assert all(portion and size(portion) < LARGEST_ITEM for portion in portions)


@pytest.mark.parametrize("moment", [1_769_911_200_000, 10**11, -1])
def test_a_moment_that_cannot_be_meant_is_no_time_of_the_last_change_and_none_of_a_write(moment: int) -> None:
    ((plain,),) = pack([entry(1)])

    (kept,) = unpack([[{**plain, "seen": moment}]])

    assert kept == entry(1)
    with pytest.raises(ValueError, match=str(moment)):
        unpack([[{**plain, "at": moment}]])


def test_an_entry_of_an_earlier_version_has_no_time_of_the_last_change() -> None:
    ((plain,),) = pack([entry(1)])
    del plain["seen"]

    (kept,) = unpack([[plain]])

    assert kept.last_change_at == 0

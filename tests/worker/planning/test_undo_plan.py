"""The plan of an undo: what happens to each field that a run wrote."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.worker.builders import account, outcome, writes
from tests.worker.tables import table
from worker.model import reasons
from worker.model.account import Account, AccountKey
from worker.model.field_kinds import FieldKind, Kinds
from worker.model.journal_entry import JournalEntry
from worker.model.step import Action, FieldChange, Step
from worker.planning.undo_plan import RecordedWrite, UndoScope, undo_steps, writes_to_undo

DEPARTMENT = FieldChange("department", "Sales", "Legal")
LAST_NAME = FieldChange("lastname", "Byron", "Lovelace")
SUSPENDED = FieldChange("suspended", "0", "1")
REACTIVATED = FieldChange("suspended", "1", "0")
FILLED = FieldChange("lastname", "", "Lovelace")


def entry(
    employee_id: int,
    *changes: FieldChange,
    action: Action = Action.UPDATE,
    account_id: int | None = -1,
    last_change_at: int = 0,
) -> JournalEntry:
    """What a run wrote to an employee; the account's id is 100 + employee id."""
    return JournalEntry(
        employee_id, action, 100 + employee_id if account_id == -1 else account_id, changes, 1, last_change_at
    )


def created(employee_id: int, *changes: FieldChange) -> JournalEntry:
    return entry(employee_id, *changes, action=Action.CREATE, account_id=None)


# What a run wrote


def test_of_a_run_that_ended_early_it_is_not_known_what_moodle_kept() -> None:
    writes = writes_to_undo([entry(7, DEPARTMENT, CITY)], UndoScope.EVERYTHING, (), lacks_read_back=True)

    (step,) = undo_steps(writes, [ada(department="Board", city="Bonn")], (), {}, {})

    assert step.reason == reasons.edited_since(["department", "city"], ["city"])
    assert "could read city back" in step.reason.text


def recorded(
    *entries: JournalEntry, scope: UndoScope = UndoScope.EVERYTHING, employees: Collection[int] = ()
) -> list[RecordedWrite]:
    return writes_to_undo(entries, scope, employees)


def test_every_write_is_undone_in_the_order_of_the_employee_ids() -> None:
    assert recorded(entry(8, LAST_NAME, last_change_at=3), entry(7, DEPARTMENT, LAST_NAME)) == [
        RecordedWrite(7, 107, (DEPARTMENT, LAST_NAME)),
        RecordedWrite(8, 108, (LAST_NAME,), last_change_at=3),
    ]


def test_only_the_employees_named_are_undone() -> None:
    found = recorded(entry(7, DEPARTMENT), entry(8, DEPARTMENT), employees=[8])

    assert [one.employee_id for one in found] == [8]


def test_a_field_written_twice_has_the_oldest_old_and_the_newest_new_value() -> None:
    again = FieldChange("department", "Legal", "Board")

    assert recorded(
        entry(7, DEPARTMENT, LAST_NAME, last_change_at=5), entry(7, again, SUSPENDED, last_change_at=4)
    ) == [RecordedWrite(7, 107, (FieldChange("department", "Sales", "Board"), LAST_NAME, SUSPENDED), last_change_at=5)]


def test_an_account_that_was_created_and_then_updated_counts_as_created() -> None:
    assert recorded(created(7, FieldChange("department", None, "Sales")), entry(7, DEPARTMENT)) == [
        RecordedWrite(7, 107, (FieldChange("department", None, "Legal"),), created=True)
    ]


LINKED = FieldChange("idnumber", "", "7")


@pytest.mark.parametrize(
    ("one", "suspensions", "fields"),
    [
        (entry(7, DEPARTMENT), [], [DEPARTMENT]),
        (entry(7, SUSPENDED, action=Action.SUSPEND), [SUSPENDED], []),
        (entry(7, DEPARTMENT, REACTIVATED, action=Action.REACTIVATE), [], [DEPARTMENT]),
        (entry(7, LINKED, SUSPENDED, action=Action.SUSPEND), [SUSPENDED], [LINKED]),
        (created(7, FieldChange("department", None, "Sales")), [], []),
    ],
)
def test_the_scope_selects_suspensions_or_fields(
    one: JournalEntry, suspensions: list[FieldChange], fields: list[FieldChange]
) -> None:
    for scope, expected in ((UndoScope.SUSPENSIONS, suspensions), (UndoScope.FIELDS, fields)):
        assert [list(found.changes) for found in recorded(one, scope=scope)] == ([expected] if expected else [])


def test_what_moodle_stored_in_place_of_a_value_is_what_the_run_wrote() -> None:
    written = (FieldChange("city", "Bern", "Zug"), FieldChange("lang", "de", "en"))
    shown = replace(entry(7, FieldChange("city", "Zug", ""), FieldChange("country", "XX", "")), is_read_back=True)

    assert recorded(entry(7, *written), shown) == [
        RecordedWrite(7, 107, (FieldChange("city", "Bern", ""), FieldChange("lang", "de", "en")))
    ]


# The steps


def undo(
    one: JournalEntry,
    *accounts: Account,
    protected: Collection[str] = (),
    kinds: Kinds | None = None,
    unreadable: Mapping[tuple[AccountKey, str], reasons.Reason] | None = None,
) -> Step:
    (step,) = undo_steps(recorded(one), accounts, protected, kinds or {}, unreadable or {})
    assert step.employee_id == 7
    return step


def ada(**different: Any) -> Account:
    """The account of employee 7 as the run left it."""
    return account(107, **{"idnumber": "7", "username": "ada", **LEFT_BY_RUN, **different})


LEFT_BY_RUN = {"department": "Legal", "lastname": "Lovelace"}
HIRED = created(7, FieldChange("department", None, "Legal"), FieldChange("suspended", None, "0"))
CITY = FieldChange("city", "Bern", "Zug")
EMAIL = FieldChange("email", "ada@acme.example", "lovelace@acme.example")


@pytest.mark.parametrize(
    ("one", "found", "expected", "restored", "notes"),
    [
        (entry(7, DEPARTMENT, LAST_NAME), ada(), "update taken_back", {"department": "Sales", "lastname": "Byron"}, []),
        (entry(7, DEPARTMENT), ada(department="Sales"), "unchanged nothing_to_undo", {}, []),
        (entry(7, DEPARTMENT), ada(department="Board"), "skip edited_since", {}, []),
        (
            entry(7, DEPARTMENT, LAST_NAME),
            ada(department="Board"),
            "update taken_back",
            {"lastname": "Byron"},
            [reasons.edited_since(["department"])],
        ),
        (
            entry(7, LAST_NAME, DEPARTMENT, CITY),
            ada(lastname="Byron", department="Board", city="Zug"),
            "update taken_back",
            {"city": "Bern"},
            [reasons.edited_since(["department"])],
        ),
        (entry(7, FILLED), ada(), "skip cannot_be_blank", {}, []),
        (entry(7, FieldChange("lastname", " ", "Lovelace")), ada(), "skip cannot_be_blank", {}, []),
        (
            entry(7, FILLED, DEPARTMENT),
            ada(),
            "update taken_back",
            {"department": "Sales"},
            [reasons.CANNOT_BE_BLANK],
        ),
        (entry(7, FILLED, DEPARTMENT), ada(department="Board"), "skip edited_since", {}, [reasons.CANNOT_BE_BLANK]),
        (entry(7, FieldChange("department", "", "Legal")), ada(), "update taken_back", {"department": ""}, []),
        (entry(7, FieldChange("profile_field_shift", "", "late")), ada(), "unchanged nothing_to_undo", {}, []),
        (
            entry(7, SUSPENDED, action=Action.SUSPEND),
            ada(suspended=True),
            "reactivate taken_back",
            {"suspended": "0"},
            [],
        ),
        (
            entry(7, REACTIVATED, DEPARTMENT, action=Action.REACTIVATE),
            ada(),
            "suspend taken_back",
            {"suspended": "1", "department": "Sales"},
            [],
        ),
        (entry(7, EMAIL), ada(email="Lovelace@ACME.example"), "update taken_back", {"email": EMAIL.old}, []),
        (entry(7, EMAIL), ada(email="ADA@acme.example"), "unchanged nothing_to_undo", {}, []),
        (HIRED, ada(), "suspend taken_back", {"suspended": "1"}, []),
        (HIRED, ada(suspended=True), "unchanged nothing_to_undo", {}, []),
        (HIRED, ada(department="Board"), "skip edited_since", {}, []),
        (
            created(7, FieldChange("profile_field_shift", None, "late")),
            ada(),
            "suspend taken_back",
            {"suspended": "1"},
            [],
        ),
        (created(7, FieldChange("city", None, "Zug")), ada(), "skip edited_since", {}, []),
        (created(7, FieldChange("city", None, "")), ada(), "suspend taken_back", {"suspended": "1"}, []),
    ],
    ids=[
        "restored",
        "holds the old value",
        "edited",
        "one edited",
        "one restored by hand, one edited",
        "name was blank",
        "name was white space",
        "name was blank, another field",
        "name was blank, another field edited",
        "other field was blank",
        "custom field not shown any more",
        "suspended",
        "reactivated",
        "address in another case",
        "holds the old address in another case",
        "created",
        "created, suspended since",
        "created, edited",
        "created, custom field never shown",
        "created, core field never shown",
        "created, core field empty",
    ],
)
def test_what_the_run_wrote_is_restored_unless_it_was_edited(
    one: JournalEntry, found: Account, expected: str, restored: dict[str, str], notes: list[reasons.Reason]
) -> None:
    step = undo(one, found)

    assert (outcome(step), writes(step), list(step.notes)) == (expected, restored, notes)
    assert step.account == found
    assert [change.old for change in step.changes] == [found.all_values[change.field] for change in step.changes]
    if expected == "skip edited_since":
        assert step.reason.text.endswith((": department", ": city"))


@table(
    "now, expected",
    ("as written", "1769817600", "update taken_back"),
    ("in another time zone", "1769814000", "update taken_back"),
    ("the old day", "1735689600", "unchanged nothing_to_undo"),
    ("another day", "1769904000", "skip edited_since"),
)
def test_a_date_is_compared_by_its_day(now: str, expected: str) -> None:
    written = entry(7, FieldChange("profile_field_started", "1735686000", "2026-01-31"))
    kinds = {"profile_field_started": FieldKind("datetime", is_raw=True)}

    step = undo(written, ada(profile_field_started=now), kinds=kinds)

    assert outcome(step) == expected
    assert writes(step) == ({"profile_field_started": "1735686000"} if expected == "update taken_back" else {})


def test_a_deleted_account_is_left_alone() -> None:
    step = undo(entry(7, DEPARTMENT), account(200, idnumber="7"))

    assert (outcome(step), step.account) == ("skip edited_since", None)
    assert step.reason.text.endswith(": id")


@pytest.mark.parametrize(
    ("one", "key"), [(entry(7, DEPARTMENT), ("id", "107")), (HIRED, ("idnumber", "7"))], ids=["changed", "created"]
)
def test_an_account_that_cannot_be_looked_up_is_no_account_that_was_deleted(
    one: JournalEntry, key: tuple[AccountKey, str]
) -> None:
    why = reasons.Reason("unreadable_account", "")
    other: tuple[AccountKey, str] = ("idnumber", "107")

    assert undo(one, unreadable={key: why}) == Step(7, Action.CONFLICT, why)
    assert undo(one, ada(), unreadable={other: why}).action is not Action.CONFLICT


def test_the_others_are_undone_after_an_account_that_cannot_be_looked_up() -> None:
    written = recorded(entry(6, DEPARTMENT), entry(7, DEPARTMENT))

    steps = undo_steps(written, [ada()], (), {}, {("id", "106"): reasons.Reason("unreadable_account", "")})

    assert [outcome(step) for step in steps] == ["conflict unreadable_account", "update taken_back"]


@pytest.mark.parametrize("one", [entry(7, DEPARTMENT), created(7, FieldChange("department", None, "Legal"))])
@pytest.mark.parametrize("protected", ["ada", "7"])
def test_a_protected_account_is_left_alone(one: JournalEntry, protected: str) -> None:
    step = undo(one, ada(), protected=[protected])

    assert (outcome(step), step.account, step.changes) == ("skip protected", ada(), ())


def test_a_created_account_is_found_by_idnumber_if_exactly_one_has_it() -> None:
    assert undo(HIRED, account(200, idnumber="8"), ada()).account == ada()
    for none_or_several in ([], [ada(), account(200, idnumber="7")]):
        step = undo(HIRED, *none_or_several)
        assert (outcome(step), step.account) == ("unchanged nothing_to_undo", None)


def test_a_step_says_whether_the_account_becomes_suspended_or_active() -> None:
    assert undo(entry(7, REACTIVATED), ada()).suspends is True
    assert undo(entry(7, SUSPENDED), ada(suspended=True)).suspends is False
    assert undo(entry(7, DEPARTMENT), ada()).suspends is None


# Dependencies


def test_an_address_is_restored_after_the_account_that_has_it_gives_it_up() -> None:
    given = FieldChange("email", "Ada@acme.example", "lovelace@acme.example")
    taken = FieldChange("email", "bob@acme.example", "ada@acme.example")
    accounts = [account(107, email="lovelace@acme.example"), account(108, email="ada@acme.example")]

    first, second = undo_steps(recorded(entry(7, given), entry(8, taken)), accounts, (), {}, {})

    assert [step.depends_on for step in (first, second)] == [{8}, frozenset()]
    assert (writes(first), writes(second)) == ({"email": "Ada@acme.example"}, {"email": "bob@acme.example"})


def test_a_username_is_restored_in_order_as_well_and_other_equal_values_do_not_matter() -> None:
    renamed = FieldChange("username", "ada", "lovelace")
    freed = FieldChange("username", "bob", "ada")
    moved = FieldChange("department", "Legal", "Sales")
    accounts = [account(107, username="lovelace", department="Legal"), account(108, username="ada", department="Sales")]

    steps = undo_steps(recorded(entry(7, DEPARTMENT, renamed), entry(8, moved, freed)), accounts, (), {}, {})

    assert [step.depends_on for step in steps] == [{8}, frozenset()]


def test_a_step_does_not_depend_on_itself() -> None:
    step = undo(entry(7, FieldChange("username", "ada", "Ada")), ada(username="Ada"))

    assert (writes(step), step.depends_on) == ({"username": "ada"}, frozenset())

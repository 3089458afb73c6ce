"""Taking a run back: what becomes of every field that it wrote."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from tests.worker.builders import account, new, told
from worker.model import reasons
from worker.model.account import Account
from worker.model.journal_entry import JournalEntry
from worker.model.step import Action, FieldChange, Step
from worker.planning.undo_plan import RecordedWrite, UndoScope, becomes_suspended, undo_steps, written

MOVED = FieldChange("department", "Sales", "Legal")
MARRIED = FieldChange("lastname", "Byron", "Lovelace")
SUSPENDED = FieldChange("suspended", "0", "1")
REACTIVATED = FieldChange("suspended", "1", "0")


def entry(
    employee_id: int,
    *changes: FieldChange,
    action: Action = Action.UPDATE,
    account_id: int | None = -1,
    seen: int = 0,
) -> JournalEntry:
    """What a run wrote to somebody; her account's id is 100 and the employee id."""
    return JournalEntry(employee_id, action, 100 + employee_id if account_id == -1 else account_id, changes, 1, seen)


def made(employee_id: int, *changes: FieldChange) -> JournalEntry:
    return entry(employee_id, *changes, action=Action.CREATE, account_id=None)


# What a run wrote


def wrote(
    *entries: JournalEntry, only: UndoScope = UndoScope.EVERYTHING, employees: Collection[int] = ()
) -> list[RecordedWrite]:
    return written(entries, only, employees)


def test_everybody_whom_the_run_wrote_is_taken_back_in_the_order_of_the_ids() -> None:
    assert wrote(entry(8, MARRIED, seen=3), entry(7, MOVED, MARRIED)) == [
        RecordedWrite(7, 107, (MOVED, MARRIED)),
        RecordedWrite(8, 108, (MARRIED,), seen=3),
    ]


def test_only_those_who_are_named_if_anybody_is() -> None:
    assert [one.employee_id for one in wrote(entry(7, MOVED), entry(8, MOVED), employees=[8])] == [8]


def test_of_what_was_written_twice_the_oldest_and_the_newest_value_count() -> None:
    again = FieldChange("department", "Legal", "Board")

    assert wrote(entry(7, MOVED, MARRIED, seen=5), entry(7, again, SUSPENDED, seen=4)) == [
        RecordedWrite(7, 107, (FieldChange("department", "Sales", "Board"), MARRIED, SUSPENDED), seen=5)
    ]


def test_an_account_that_the_run_made_and_then_wrote_again_is_one_that_it_made() -> None:
    hired = FieldChange("department", None, "Sales")

    assert wrote(made(7, hired), entry(7, MOVED)) == [
        RecordedWrite(7, 107, (FieldChange("department", None, "Legal"),), made=True)
    ]


@pytest.mark.parametrize(
    ("one", "suspensions", "fields"),
    [
        (entry(7, MOVED), (), (MOVED,)),
        (entry(7, SUSPENDED, action=Action.SUSPEND), (SUSPENDED,), ()),
        (entry(7, MOVED, REACTIVATED, action=Action.REACTIVATE), (), (MOVED,)),
        (entry(7, FieldChange("idnumber", "", "7"), SUSPENDED, action=Action.SUSPEND), (SUSPENDED,), ("idnumber",)),
        (made(7, FieldChange("department", None, "Sales")), (), ()),
    ],
)
def test_suspensions_alone_or_fields_alone(
    one: JournalEntry, suspensions: tuple[object], fields: tuple[object]
) -> None:
    assert sum((found.changes for found in wrote(one, only=UndoScope.SUSPENSIONS)), ()) == suspensions
    found = sum((found.changes for found in wrote(one, only=UndoScope.FIELDS)), ())
    assert found == fields or tuple(change.field for change in found) == fields


# What becomes of it


def back(one: JournalEntry, *accounts: Account, protected: Collection[str] = ()) -> Step:
    (step,) = undo_steps(written([one], UndoScope.EVERYTHING, ()), accounts, protected)
    return step


def ada(**different: object) -> Account:
    """The account of employee 7 as the run left it."""
    values = {"idnumber": "7", "username": "ada", "department": "Legal", "lastname": "Lovelace", **different}
    return account(107, **values)  # type: ignore[arg-type]


def test_what_the_run_wrote_is_put_back() -> None:
    step = back(entry(7, MOVED, MARRIED), ada())

    assert told(step) == (Action.UPDATE, "taken_back")
    assert step.changes == (FieldChange("department", "Legal", "Sales"), FieldChange("lastname", "Lovelace", "Byron"))
    assert (step.employee_id, step.account, step.notes) == (7, ada(), ())


def test_what_holds_the_old_value_again_needs_nothing() -> None:
    step = back(entry(7, MOVED), ada(department="Sales"))

    assert told(step) == (Action.UNCHANGED, "nothing_to_undo")
    assert (step.employee_id, step.account, step.changes) == (7, ada(department="Sales"), ())


def test_what_somebody_changed_since_is_left_and_named() -> None:
    step = back(entry(7, MOVED), ada(department="Board"))

    assert told(step) == (Action.SKIP, "edited_since")
    assert (step.employee_id, step.account, step.changes, step.notes) == (7, ada(department="Board"), (), ())
    assert step.reason.text.endswith(": department")


def test_beside_what_was_changed_since_the_rest_is_put_back() -> None:
    step = back(entry(7, MOVED, MARRIED), ada(department="Board"))

    assert told(step) == (Action.UPDATE, "taken_back")
    assert new(step) == {"lastname": "Byron"}
    assert step.notes == (reasons.edited_since(["department"]),)


def test_fields_behind_one_that_needs_nothing_and_one_that_was_changed_are_put_back() -> None:
    city = FieldChange("city", "Bern", "Zug")
    step = back(entry(7, MARRIED, MOVED, city), ada(lastname="Byron", department="Board", city="Zug"))

    assert new(step) == {"city": "Bern"}


@pytest.mark.parametrize("blank", ["", " "])
def test_a_name_that_was_blank_is_not_blanked_again(blank: str) -> None:
    filled = FieldChange("lastname", blank, "Lovelace")
    step = back(entry(7, filled), ada())

    assert told(step) == (Action.SKIP, "cannot_be_blank")
    assert new(back(entry(7, filled, MOVED), ada())) == {"department": "Sales"}
    both = back(entry(7, filled, MOVED), ada(department="Board"))
    assert told(both) == (Action.SKIP, "edited_since")
    assert both.notes == (reasons.CANNOT_BE_BLANK,)


def test_another_field_that_was_blank_is_blank_again() -> None:
    assert new(back(entry(7, FieldChange("department", "", "Legal")), ada())) == {"department": ""}


def test_a_field_that_the_account_does_not_show_any_more_is_blank() -> None:
    step = back(entry(7, FieldChange("profile_field_shift", "", "night")), ada())

    assert told(step) == (Action.UNCHANGED, "nothing_to_undo")


def test_a_suspension_is_taken_back_by_a_reactivation_and_the_other_way_round() -> None:
    suspended = back(entry(7, SUSPENDED, action=Action.SUSPEND), ada(suspended=True))
    active = back(entry(7, REACTIVATED, MOVED, action=Action.REACTIVATE), ada())

    assert (suspended.action, new(suspended)) == (Action.REACTIVATE, {"suspended": "0"})
    assert (active.action, new(active)) == (Action.SUSPEND, {"suspended": "1", "department": "Sales"})


def test_a_step_says_whether_the_account_becomes_suspended_or_active() -> None:
    assert becomes_suspended(back(entry(7, REACTIVATED), ada())) is True
    assert becomes_suspended(back(entry(7, SUSPENDED), ada(suspended=True))) is False
    assert becomes_suspended(back(entry(7, MOVED), ada())) is None


def test_an_account_that_is_gone_is_left_and_said_so() -> None:
    step = back(entry(7, MOVED), account(200, idnumber="7"))

    assert told(step) == (Action.SKIP, "edited_since")
    assert (step.employee_id, step.account) == (7, None)
    assert step.reason.text.endswith(": id")


@pytest.mark.parametrize("one", [entry(7, MOVED), made(7, FieldChange("department", None, "Legal"))])
def test_a_protected_account_is_left(one: JournalEntry) -> None:
    step = back(one, ada(), protected=["ada"])

    assert told(step) == (Action.SKIP, "protected")
    assert (step.employee_id, step.account, step.changes) == (7, ada(), ())


# An account that the run made

HIRED = made(7, FieldChange("department", None, "Legal"), FieldChange("suspended", None, "0"))


def test_an_account_that_the_run_made_is_suspended() -> None:
    step = back(HIRED, ada())

    assert told(step) == (Action.SUSPEND, "taken_back")
    assert step.changes == (FieldChange("suspended", "0", "1"),)
    assert (step.employee_id, step.account) == (7, ada())


def test_one_that_is_suspended_needs_nothing() -> None:
    step = back(HIRED, ada(suspended=True))

    assert told(step) == (Action.UNCHANGED, "nothing_to_undo")
    assert (step.employee_id, step.account) == (7, ada(suspended=True))


def test_one_that_somebody_changed_since_is_left() -> None:
    step = back(HIRED, ada(department="Board"))

    assert told(step) == (Action.SKIP, "edited_since")
    assert (step.employee_id, step.account) == (7, ada(department="Board"))
    assert step.reason.text.endswith(": department")


@pytest.mark.parametrize(("hidden", "action"), [("profile_field_shift", Action.SUSPEND), ("city", Action.SKIP)])
def test_a_custom_field_that_look_ups_never_show_says_nothing(hidden: str, action: Action) -> None:
    assert back(made(7, FieldChange(hidden, None, "night")), ada()).action is action


def test_a_field_that_was_made_empty_and_is_not_shown_was_not_changed() -> None:
    assert back(made(7, FieldChange("city", None, "")), ada()).action is Action.SUSPEND


def test_it_is_found_by_its_idnumber_if_exactly_one_has_it() -> None:
    assert back(HIRED, account(200, idnumber="8"), ada()).account == ada()
    for none_or_several in ([], [ada(), account(200, idnumber="7")]):
        step = back(HIRED, *none_or_several)
        assert told(step) == (Action.UNCHANGED, "nothing_to_undo")
        assert (step.employee_id, step.account) == (7, None)


# Who goes first


def test_whoever_gets_an_address_back_waits_for_whoever_gives_it_up() -> None:
    given = FieldChange("email", "Ada@acme.example", "lovelace@acme.example")
    taken = FieldChange("email", "bob@acme.example", "ada@acme.example")
    accounts = [account(107, email="lovelace@acme.example"), account(108, email="ada@acme.example")]

    first, second = undo_steps(wrote(entry(7, given), entry(8, taken)), accounts, ())

    assert (first.depends_on, second.depends_on) == (frozenset({8}), frozenset())
    assert (new(first), new(second)) == ({"email": "Ada@acme.example"}, {"email": "bob@acme.example"})


def test_a_user_name_is_waited_for_as_well_and_equal_values_of_other_fields_are_not() -> None:
    named = FieldChange("username", "ada", "lovelace")
    freed = FieldChange("username", "bob", "ada")
    accounts = [account(107, username="lovelace", department="Legal"), account(108, username="ada", department="Sales")]
    swapped = FieldChange("department", "Legal", "Sales")

    steps = undo_steps(wrote(entry(7, MOVED, named), entry(8, swapped, freed)), accounts, ())

    assert [step.depends_on for step in steps] == [frozenset({8}), frozenset()]


def test_nobody_waits_for_herself() -> None:
    step = back(entry(7, FieldChange("username", "ada", "Ada")), ada(username="Ada"))

    assert (new(step), step.depends_on) == ({"username": "ada"}, frozenset())

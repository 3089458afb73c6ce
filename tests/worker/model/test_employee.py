"""An employee as BambooHR shows them, the lifecycle state, and whose address is whose."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.worker.builders import NOW, TODAY, TOMORROW, YESTERDAY, hidden, leaver, listed, unseen
from tests.worker.tables import table
from worker.model.employee import (
    EmailIndex,
    Employee,
    Evidence,
    LifecycleState,
    email_key,
    lifecycle_state,
    parse_employee_id,
    starts_later,
    starts_within,
)

ACTIVE, LEFT, FUTURE, UNKNOWN = (
    LifecycleState.ACTIVE,
    LifecycleState.LEFT,
    LifecycleState.FUTURE,
    LifecycleState.UNKNOWN,
)


def once_deleted(row: dict[str, str] | None, listing: dict[str, str] | None = None) -> Employee:
    """An employee whom the feed of an earlier run reported as deleted."""
    evidence = None if row is None else Evidence(row)
    return Employee.seen(1, was_deleted=True, directory_row=listing, evidence=evidence)


def merged(listing: dict[str, str] | None, row: dict[str, str] | None, *restricted: str) -> Employee:
    evidence = None if row is None else Evidence(row, frozenset(restricted))
    return Employee.seen(1, directory_row=listing, evidence=evidence)


def test_an_employee_was_not_deleted_unless_a_feed_says_so() -> None:
    assert (merged({}, None).deleted, merged({}, None).was_deleted) == (False, False)


@pytest.mark.parametrize(
    ("employee", "state"),
    [
        (listed(), ACTIVE),
        (listed(status="Active"), ACTIVE),
        (listed(status=""), ACTIVE),
        (listed(status="Third party"), ACTIVE),
        (listed(status="Inactive"), LEFT),
        (merged({}, {"status": "Inactive"}), LEFT),
        (merged({"status": "Active"}, {"status": "Inactive"}), LEFT),
        (merged({"status": "Inactive"}, {}), LEFT),
        (merged({"status": "Inactive"}, {"status": ""}), LEFT),
        (listed(status="inactive"), UNKNOWN),
        (listed(status="INACTIVE"), UNKNOWN),
        (hidden(1, "Active"), ACTIVE),
        (hidden(1, "Inactive"), LEFT),
        *(
            (hidden(1, status), UNKNOWN)
            for status in ("", "active", "ACTIVE", "inactive", "Terminated", "Third party", " Active")
        ),
        (hidden(1, None, restricted=["status"]), UNKNOWN),
        (hidden(1, None, hire_date="2020-01-01"), UNKNOWN),
        (unseen(), UNKNOWN),
    ],
)
def test_status_and_directory_decide_and_absence_is_no_evidence(employee: Employee, state: LifecycleState) -> None:
    assert lifecycle_state(employee, NOW) is state


@pytest.mark.parametrize(
    ("employee", "state"),
    [
        (unseen(deleted=True), LEFT),
        (leaver(deleted=True), LEFT),
        (leaver(deleted=True, hire_date=TOMORROW), LEFT),
        *((hidden(1, status, deleted=True), UNKNOWN) for status in ("Active", "", "Third party", None)),
        *((listed(deleted=True, status=status), UNKNOWN) for status in ("", "Active", "Inactive")),
        (once_deleted(None), UNKNOWN),
        (once_deleted({"status": "Inactive"}), LEFT),
        (once_deleted({"status": "Active"}), UNKNOWN),
        (once_deleted(None, listing={}), UNKNOWN),
    ],
)
def test_a_deleted_employee_has_left_unless_still_shown(employee: Employee, state: LifecycleState) -> None:
    assert lifecycle_state(employee, NOW) is state


@pytest.mark.parametrize(
    ("employee", "state"),
    [
        (leaver(hire_date=TOMORROW), FUTURE),
        (leaver(hire_date="2026-12-01T00:00:00Z"), FUTURE),
        *((leaver(hire_date=day), LEFT) for day in ("", "0000-00-00", YESTERDAY)),
        *((leaver(hire_date=day), UNKNOWN) for day in ("9999-99-99", "12/16/2026", "01.12.2026", "2026/12/16", "soon")),
        (hidden(1, "Active", hire_date=TOMORROW), ACTIVE),
        (listed(hire_date=TOMORROW), ACTIVE),
        (leaver(hire_date=TODAY, termination_date=TODAY), LEFT),
        *(
            (leaver(hire_date=TOMORROW, termination_date=day), FUTURE)
            for day in ("2019-12-31", "2026-12-31", "", "0000-00-00")
        ),
    ],
)
def test_an_inactive_employee_with_a_hire_date_ahead_has_not_left(employee: Employee, state: LifecycleState) -> None:
    assert lifecycle_state(employee, NOW) is state


@pytest.mark.parametrize(
    ("employee", "state"),
    [
        (hidden(1, "Inactive", termination_date="2019-12-31"), FUTURE),
        (leaver(hire_date=YESTERDAY), LEFT),
        (leaver(hire_date=""), LEFT),
    ],
)
def test_an_employee_who_was_to_start_has_not_left_while_the_hire_date_is_hidden(
    employee: Employee, state: LifecycleState
) -> None:
    assert lifecycle_state(employee, NOW, was_to_start=True) is state
    assert lifecycle_state(employee, NOW) is LEFT


@pytest.mark.parametrize(("hour", "minute", "later"), [(0, 0, True), (11, 59, True), (12, 0, False)])
def test_a_day_is_ahead_until_it_has_begun_in_the_last_time_zone(hour: int, minute: int, later: bool) -> None:
    assert starts_later(leaver(hire_date=TODAY), datetime(2026, 11, 22, hour, minute, tzinfo=UTC)) is later


@pytest.mark.parametrize(
    ("hire_date", "days", "within"),
    [("2026-11-25", 3, True), ("2026-11-25", 2, False), (TOMORROW, 1, True), (TODAY, 0, False), ("", 30, False)],
)
def test_an_account_may_be_created_as_many_days_ahead_as_are_set(hire_date: str, days: int, within: bool) -> None:
    assert starts_within(leaver(hire_date=hire_date), NOW, days) is within


# What the two sources show together


@table(
    "listing, row, facts",
    ("the row wins", {"first_name": "Ada"}, {"first_name": "Augusta"}, {"first_name": "Augusta"}),
    (
        "the directory fills in",
        {"department": "Sales"},
        {"country": "Ireland"},
        {"department": "Sales", "country": "Ireland"},
    ),
    ("an empty value of the row hides nothing", {"department": "Sales"}, {"department": ""}, {"department": "Sales"}),
    ("empty in both", {"department": ""}, {"department": ""}, {"department": ""}),
    ("empty in the directory, and not shown by the row", {"department": ""}, {}, {}),
)
def test_the_row_wins_and_the_directory_fills_in(
    listing: dict[str, str], row: dict[str, str], facts: dict[str, str]
) -> None:
    assert merged(listing, row).facts == facts


def test_a_field_is_restricted_only_if_no_source_shows_a_value() -> None:
    employee = merged({"department": "", "division": "North"}, {}, "department", "division", "hire_date")

    assert employee.facts == {"division": "North"}
    assert employee.restricted == {"department", "hire_date"}


@pytest.mark.parametrize(
    ("employee", "shown_by"),
    [(listed(), (True, False, True)), (hidden(), (False, True, True)), (unseen(), (False, False, False))],
)
def test_an_employee_knows_which_sources_show_them(employee: Employee, shown_by: tuple[bool, bool, bool]) -> None:
    assert (employee.in_directory, employee.has_evidence, employee.is_shown) == shown_by


@pytest.mark.parametrize(
    ("value", "person"), [(7, 7), (1, 1), ("7", 7), ("50000", 50000), (str(10**18), 10**18), ("9" * 19, int("9" * 19))]
)
def test_an_employee_id_is_a_positive_integer_as_text_or_number(value: object, person: int) -> None:
    assert parse_employee_id(value) == person


@pytest.mark.parametrize(
    "value",
    [
        *(0, -1, -7, 1.0, 7.0, None, True, [], {}),
        *("", "0", "-1", " 1", "1 ", "01", "07", "1.0", "1e3", "\u0663", "\u0667", "\u00b2", "me", "9" * 20, "9" * 400),
    ],
)
def test_anything_else_is_no_employee_so_that_the_keys_own_user_is_never_asked_for(value: object) -> None:
    assert parse_employee_id(value) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ann.Lee@Acme.example", "ann.lee@acme.EXAMPLE", True),
        ("ÄNNE@acme.example", "änne@acme.example", True),
        ("ann@acme.example", "anne@acme.example", False),
        ("strauß@acme.example", "strauss@acme.example", False),
    ],
)
def test_two_spellings_are_one_address_if_only_their_case_differs(one: str, other: str, same: bool) -> None:
    index = EmailIndex()
    index.add(one, 7)

    assert (email_key(one) == email_key(other)) is same
    assert index.of(other) == ((7,) if same else ())


def test_an_address_has_every_employee_once_and_a_blank_one_has_none() -> None:
    index = EmailIndex()
    for number in (7, 8, 7, 9):
        index.add("shared@acme.example", number)
        index.add("", number)

    assert index.of("shared@acme.example") == (7, 8, 9)
    assert index.of("") == ()


def test_evidence_is_added_to_what_only_the_directory_showed() -> None:
    listed = Employee.seen(
        7, directory_row={"department": "", "division": "North"}, evidence=None, partial_refusal="HTTP 500"
    )

    found = listed.with_evidence(Evidence({"city": "Leeds"}, frozenset({"department"})))

    assert (found.in_directory, found.has_evidence, found.restricted) == (True, True, frozenset({"department"}))
    assert (found.facts, found.partial_refusal) == ({"division": "North", "city": "Leeds"}, "HTTP 500")
    assert listed.with_evidence(None, "HTTP 502").partial_refusal == "HTTP 502"


def test_evidence_changes_nothing_about_fields_that_are_read_by_their_api_names() -> None:
    custom = {"bamboohr:customGrade": "G7", "bamboohr:customTeam": ""}
    listed = Employee.seen(7, directory_row={"division": ""}, evidence=None, api_fields=custom)

    assert listed.with_evidence(Evidence({"city": "Leeds"})).facts == {"city": "Leeds", **custom}
    assert listed.with_evidence(None).facts == custom


def test_a_value_that_cannot_be_read_is_not_shown_unless_another_source_has_it() -> None:
    damaged = {"last_name": "M\ufffdller", "department": "R\ufffdD", "first_name": "Ana"}
    custom = {"bamboohr:customGrade": "\ufffd"}

    listed = Employee.seen(7, directory_row=damaged, evidence=None, api_fields=custom)
    found = listed.with_evidence(Evidence({"last_name": "Müller", "department": "R\ufffdD", "city": "\ufffd"}))

    assert listed.facts == {"first_name": "Ana"}
    assert listed.unreadable == {"last_name", "department", "bamboohr:customGrade"}
    assert found.facts == {"first_name": "Ana", "last_name": "Müller"}
    assert found.unreadable == {"department", "bamboohr:customGrade", "city"}

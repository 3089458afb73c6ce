"""How somebody stands: the rows of the table "who becomes what"."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.worker.builders import NOW, TODAY, TOMORROW, YESTERDAY, hidden, leaver, person, unseen
from worker.model.employee import Employee, Evidence, LifecycleState, lifecycle_state, starts_later, starts_within


def stands(someone: Employee, now: datetime = NOW) -> LifecycleState:
    return lifecycle_state(someone, now)


# In the directory, nothing says inactive


@pytest.mark.parametrize("status", ["Active", "", "Third party"])
def test_whoever_the_directory_shows_works_here_whatever_else_her_status_says(status: str) -> None:
    assert stands(person(status=status)) is LifecycleState.ACTIVE


def test_whoever_the_directory_shows_without_a_status_works_here() -> None:
    assert stands(person()) is LifecycleState.ACTIVE


def test_the_directory_does_not_outweigh_a_row_that_says_inactive() -> None:
    listed = Employee.seen(1, deleted=False, listing={}, evidence=Evidence({"status": "Inactive"}))

    assert stands(listed) is LifecycleState.LEFT


@pytest.mark.parametrize("status", ["inactive", "INACTIVE"])
def test_somebody_in_the_directory_whose_status_is_nearly_inactive_is_not_believed_to_work_here(status: str) -> None:
    assert stands(person(status=status)) is LifecycleState.UNKNOWN


# Hidden from the directory


def test_whoever_is_hidden_from_the_directory_works_here_if_her_status_is_active() -> None:
    assert stands(hidden(1, "Active")) is LifecycleState.ACTIVE


def test_whoever_is_hidden_and_inactive_has_left() -> None:
    assert stands(hidden(1, "Inactive")) is LifecycleState.LEFT


@pytest.mark.parametrize("status", ["", "active", "ACTIVE", "inactive", "Terminated", "Third party", " Active"])
def test_nobody_outside_the_directory_stands_for_anything_by_another_status(status: str) -> None:
    assert stands(hidden(1, status)) is LifecycleState.UNKNOWN


def test_absence_is_no_evidence_of_leaving() -> None:
    assert stands(unseen()) is LifecycleState.UNKNOWN


def test_a_status_that_is_not_shown_is_no_evidence_of_leaving() -> None:
    assert stands(hidden(1, None, restricted=["status"])) is LifecycleState.UNKNOWN


def test_a_hire_date_in_the_past_is_no_evidence_of_working_here() -> None:
    assert stands(hidden(1, None, hire_date="2020-01-01")) is LifecycleState.UNKNOWN


# Deleted


def test_whoever_is_deleted_and_gone_from_every_list_has_left() -> None:
    assert stands(unseen(deleted=True)) is LifecycleState.LEFT


def test_whoever_is_deleted_and_listed_as_inactive_has_left() -> None:
    assert stands(leaver(deleted=True)) is LifecycleState.LEFT


def test_deleted_counts_more_than_a_hire_date_in_the_future() -> None:
    assert stands(leaver(deleted=True, hire_date=TOMORROW)) is LifecycleState.LEFT


@pytest.mark.parametrize("status", ["Active", "", "Third party", None])
def test_whoever_is_deleted_but_has_a_row_that_does_not_say_inactive_is_unclear(status: str | None) -> None:
    assert stands(hidden(1, status, deleted=True)) is LifecycleState.UNKNOWN


@pytest.mark.parametrize("status", ["", "Active", "Inactive"])
def test_whoever_is_deleted_but_still_in_the_directory_is_unclear(status: str) -> None:
    assert stands(person(deleted=True, status=status)) is LifecycleState.UNKNOWN


def once_deleted(row: Evidence | None, *, listing: dict[str, str] | None = None) -> Employee:
    """Somebody whom the feed of an earlier run called deleted."""
    return Employee.seen(1, was_deleted=True, listing=listing, evidence=row)


def test_what_an_earlier_feed_said_is_no_evidence_of_this_run() -> None:
    assert stands(once_deleted(None)) is LifecycleState.UNKNOWN


def test_whoever_was_deleted_earlier_and_is_listed_as_inactive_has_left() -> None:
    assert stands(once_deleted(Evidence({"status": "Inactive"}))) is LifecycleState.LEFT


def test_whoever_was_deleted_earlier_and_is_still_shown_is_unclear() -> None:
    assert stands(once_deleted(Evidence({"status": "Active"}))) is LifecycleState.UNKNOWN
    assert stands(once_deleted(None, listing={})) is LifecycleState.UNKNOWN


# Hire dates


def test_whoever_is_inactive_until_her_first_day_has_not_left() -> None:
    assert stands(leaver(hire_date=TOMORROW)) is LifecycleState.FUTURE


@pytest.mark.parametrize("day", ["", "0000-00-00", "soon", YESTERDAY])
def test_whoever_is_inactive_without_a_first_day_ahead_has_left(day: str) -> None:
    assert stands(leaver(hire_date=day)) is LifecycleState.LEFT


def test_whoever_is_active_works_here_even_before_her_first_day() -> None:
    assert stands(hidden(1, "Active", hire_date=TOMORROW)) is LifecycleState.ACTIVE
    assert stands(person(hire_date=TOMORROW)) is LifecycleState.ACTIVE


@pytest.mark.parametrize("text", ["2026-12-01", "2026-12-01T00:00:00Z"])
def test_a_hire_date_is_read_with_or_without_a_time(text: str) -> None:
    assert starts_later(leaver(hire_date=text), NOW)


@pytest.mark.parametrize("text", ["0000-00-00", "", "01.12.2026", "9999-99-99"])
def test_a_hire_date_that_is_no_day_is_nothing(text: str) -> None:
    assert not starts_later(leaver(hire_date=text), NOW)


def test_a_hire_date_that_is_not_shown_is_nothing() -> None:
    assert not starts_later(person(), NOW)


def test_whoever_starts_later_but_whose_last_day_is_past_has_left() -> None:
    assert stands(leaver(hire_date=TODAY, termination_date=TODAY)) is LifecycleState.LEFT


@pytest.mark.parametrize("last_day", ["2019-12-31", "2026-12-31", "", "0000-00-00"])
def test_the_last_day_of_an_earlier_time_or_one_ahead_ends_nothing(last_day: str) -> None:
    assert stands(leaver(hire_date=TOMORROW, termination_date=last_day)) is LifecycleState.FUTURE


def test_whoever_was_to_start_has_not_left_while_her_first_day_is_hidden() -> None:
    starter = hidden(1, "Inactive", termination_date="2019-12-31")

    assert lifecycle_state(starter, NOW, was_to_start=True) is LifecycleState.FUTURE
    assert lifecycle_state(starter, NOW) is LifecycleState.LEFT
    assert lifecycle_state(leaver(hire_date=YESTERDAY), NOW, was_to_start=True) is LifecycleState.LEFT
    assert lifecycle_state(leaver(hire_date=""), NOW, was_to_start=True) is LifecycleState.LEFT


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 22, hour, minute, tzinfo=UTC)


def test_a_first_day_is_ahead_until_it_has_begun_in_the_last_time_zone() -> None:
    starter = leaver(hire_date=TODAY)

    assert starts_later(starter, at(0))
    assert starts_later(starter, at(11, 59))
    assert not starts_later(starter, at(12))


def test_an_account_may_be_made_ahead_by_as_many_days_as_are_set() -> None:
    starter = leaver(hire_date="2026-11-25")

    assert starts_within(starter, NOW, days=3)
    assert not starts_within(starter, NOW, days=2)
    assert starts_within(leaver(hire_date=TOMORROW), NOW, days=1)


def test_no_account_is_made_ahead_by_default_not_even_on_the_first_day() -> None:
    assert not starts_within(leaver(hire_date=TODAY), NOW, days=0)


def test_no_account_is_made_ahead_without_a_hire_date() -> None:
    assert not starts_within(leaver(hire_date=""), NOW, days=30)


# What the two sources show together


def seen(listing: dict[str, str] | None, evidence: Evidence | None) -> Employee:
    return Employee.seen(1, deleted=False, listing=listing, evidence=evidence)


def test_her_own_row_counts_and_the_directory_fills_in() -> None:
    both = seen({"first_name": "Ada", "department": "Sales"}, Evidence({"first_name": "Augusta", "country": "Ireland"}))

    assert both.facts == {"first_name": "Augusta", "department": "Sales", "country": "Ireland"}


def test_an_empty_value_of_her_own_row_hides_none_of_the_directory() -> None:
    assert seen({"department": "Sales"}, Evidence({"department": ""})).facts == {"department": "Sales"}


def test_an_empty_value_of_the_directory_means_nothing_where_the_field_is_restricted() -> None:
    both = seen({"department": ""}, Evidence({}, frozenset({"department"})))

    assert both.facts == {}
    assert both.restricted == {"department"}


def test_the_status_of_her_own_row_counts_more_than_the_directorys() -> None:
    assert seen({"status": "Active"}, Evidence({"status": "Inactive"})).facts["status"] == "Inactive"


@pytest.mark.parametrize("row", [{}, {"status": ""}])
def test_a_row_without_a_status_leaves_the_directorys_standing(row: dict[str, str]) -> None:
    assert stands(seen({"status": "Inactive"}, Evidence(row))) is LifecycleState.LEFT


def test_a_field_is_restricted_only_where_no_source_shows_it() -> None:
    both = seen({"department": "Sales"}, Evidence({}, frozenset({"department", "hire_date"})))

    assert both.restricted == {"hire_date"}


def test_a_person_knows_who_showed_her() -> None:
    assert (person().listed, person().evidenced) == (True, False)
    assert (hidden().listed, hidden().evidenced) == (False, True)
    assert (unseen().listed, unseen().evidenced) == (False, False)

"""A column that the directory shows of nobody for a night: a bad read renames, blanks and loses nobody."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.sandbox.wire import Fault
from tests.simulation import Simulation
from tests.worker.end_to_end.weeks import account, in_step, next_night, slept, tomorrow


def emptied(town: Simulation, *columns: str) -> None:
    town.bamboo.settings.directory_nulls = frozenset(columns)


def in_step_by_preferred_names() -> Simulation:
    """Three of sixty go by another name than their first."""
    town = in_step(60, FIELD_MAPPING='{"firstname": ["preferred_name", "first_name"]}')
    for number in range(1, 61):
        town.company.edit(str(number), preferredName="Kim" if number in (4, 5, 6) else None)
    next_night(town)
    next_night(town)
    return town


def test_nobody_loses_her_preferred_name_because_the_column_is_empty_for_a_night() -> None:
    town = in_step_by_preferred_names()
    town.company.touch("4")
    emptied(town, "preferredName")

    night = next_night(town)

    assert (night.warnings, night.counts["updated"]) == (["fields_emptied"], 0)
    assert account(town, "4")["firstname"] == "Kim"


@pytest.mark.parametrize("column", ["department", "lastName", "workEmail"])
def test_nothing_is_blanked_because_a_column_is_empty_for_a_night(column: str) -> None:
    town = in_step(30)
    before = account(town, "4")
    town.company.touch("4")
    emptied(town, column)

    night = next_night(town)

    assert (night.exit_code, night.warnings, night.counts["updated"]) == (0, ["fields_emptied"], 0)
    assert account(town, "4") == before


@pytest.mark.parametrize("column", ["department", "firstName", "lastName", "workEmail"])
def test_a_newcomer_gets_her_whole_account_in_a_night_with_an_empty_column(column: str) -> None:
    town = in_step(30)
    new = town.company.hire(firstName="Ann", lastName="New", workEmail="ann@example.com", department="Sales")
    emptied(town, column)

    night = next_night(town)

    assert (night.exit_code, night.counts["created"]) == (0, 1)
    assert _shown(account(town, new)) == ("Ann", "New", "ann@example.com", "Sales")


def test_the_night_after_goes_by_the_directory_again() -> None:
    town = in_step(30)
    emptied(town, "department")
    next_night(town)
    emptied(town)
    town.company.edit("4", department=None)

    night = next_night(town)

    assert (night.warnings, account(town, "4")["department"]) == ([], "")


def test_a_column_that_is_hidden_is_not_believed_while_anybodys_own_record_has_it() -> None:
    town = in_step(30)
    before = account(town, "4")["department"]
    emptied(town, "department", "workEmail")
    nights = [next_night(town) for _ in range(10)]
    town.company.touch("4")
    town.company.hire("50", firstName="Ann", lastName="Lee", workEmail="ann@example.com")

    nights.append(next_night(town))

    assert [night.warnings for night in nights] == [["fields_emptied"]] * 11
    assert (account(town, "4")["department"], account(town, "50")["email"]) == (before, "ann@example.com")


def test_a_column_that_stays_empty_everywhere_is_believed_after_a_week() -> None:
    town = in_step(30)
    for number in range(1, 31):
        town.company.edit(str(number), stamp=False, department=None)
    nights = [next_night(town) for _ in range(8)]
    town.company.touch("4")

    believed = next_night(town)

    assert [night.warnings for night in (*nights, believed)] == [["fields_emptied"]] * 8 + [[]]
    assert account(town, "4")["department"] == ""


def test_a_column_is_not_believed_because_a_week_of_other_errors_came_before() -> None:
    town = in_step(30)
    before = account(town, "4")["department"]
    for _ in range(8):
        town.site.change_user(account(town, "1")["id"], department="By hand")
        town.to_moodle.faults.append(Fault("reset_before", operation="core_user_update_users", times=0))
        assert next_night(town).exit_code == 1
        town.to_moodle.faults.clear()
    emptied(town, "department")
    next_night(town)
    town.company.touch("4")

    second = next_night(town)

    assert (second.warnings, account(town, "4")["department"]) == (["fields_emptied"], before)


def test_two_people_who_were_the_only_ones_with_a_department_may_lose_it() -> None:
    town = unsorted_company()
    for number in ("4", "5"):
        town.company.edit(number, department="Sales")
    assert next_night(town).counts["updated"] == 2
    for number in ("4", "5"):
        town.company.edit(number, department=None)

    night = next_night(town)

    assert (night.warnings, night.counts["updated"], account(town, "4")["department"]) == ([], 2, "")


@pytest.mark.parametrize("columns", [(), ("department",)])
def test_a_company_that_never_filled_a_column_costs_no_more_calls(columns: tuple[str, ...]) -> None:
    town = unsorted_company()
    emptied(town, *columns)
    tomorrow(town)
    town.to_bamboo.calls.clear()

    night = slept(town)

    assert (night.counts["processed"], night.warnings) == (1, [])
    assert town.to_bamboo.calls == ["changed", "employees", "directory"]


def unsorted_company() -> Simulation:
    """Thirty people in step, of whom nobody has a department."""
    town = Simulation()
    for number in range(1, 31):
        town.company.hire(firstName=f"F{number}", lastName="L", workEmail=f"f{number}@example.com")
    for _ in range(2):
        next_night(town)
    return town


def _shown(user: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(user[name] for name in ("firstname", "lastname", "email", "department"))

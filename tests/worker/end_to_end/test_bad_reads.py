"""A bad read suspends nobody, renames nobody and loses nobody."""

from __future__ import annotations

import pytest

from tests.run_harness import Nights
from tests.sandbox.bamboohr import generate


@pytest.fixture
def staffed(town: Nights) -> Nights:
    """A company of sixty, in step."""
    town.company.add(generate(60, seed=21))
    assert town.run().code == 0
    town.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    town.listen()
    return town


def everybody(town: Nights) -> list[tuple[object, ...]]:
    return [
        tuple(
            user[name] for name in ("idnumber", "username", "firstname", "lastname", "email", "department", "suspended")
        )
        for user in town.accounts()
    ]


@pytest.mark.parametrize("sharing", ["off", "empty"])
def test_without_a_directory_the_night_works_on_evidence(staffed: Nights, sharing: str) -> None:
    if sharing == "off":
        staffed.bamboo.settings.directory_sharing = "off"
    else:
        staffed.fail_bamboo("status", operation="directory", status=404)
    staffed.company.edit("7", department="Moved")
    staffed.company.hire("200", firstName="New", lastName="One", workEmail="new.one@example.com")

    night = staffed.run()

    assert (night.code, night["updated"], night["created"]) == (0, 1, 1)
    assert "directory_unavailable" in night["warnings"]


def test_with_neither_directory_nor_evidence_the_run_is_an_error_and_the_state_stays(staffed: Nights) -> None:
    staffed.bamboo.settings.directory_sharing = "off"
    staffed.bamboo.settings.list_refused = 403
    staffed.bamboo.settings.invisible = frozenset(employee.id for employee in staffed.company)
    for number in ("1", "2"):
        staffed.company.terminate(number)
    before = everybody(staffed)

    night = staffed.run()

    assert (night.code, night["outcome"]) == (1, "bamboohr_error")
    assert (night["next_since"], night["next_offset"]) == (night["since"], night["offset"])
    assert everybody(staffed) == before


def test_where_employees_may_not_be_listed_they_are_read_one_by_one(staffed: Nights) -> None:
    staffed.bamboo.settings.list_refused = 403
    staffed.company.terminate("1", hireDate="2020-01-01")

    assert staffed.run()["suspended"] == 1


@pytest.mark.parametrize("kept", [0.5, 0.0])
def test_a_directory_that_comes_back_half_empty_suspends_nobody(staffed: Nights, kept: float) -> None:
    staffed.bamboo.settings.directory_keeps = kept
    for employee in list(staffed.company):
        staffed.company.touch(employee.id)
    before = everybody(staffed)

    night = staffed.run()

    assert night["suspended"] == 0
    assert everybody(staffed) == before


def test_after_a_shrunken_directory_true_leavers_are_held_too(staffed: Nights) -> None:
    staffed.bamboo.settings.directory_keeps = 0.5
    staffed.company.terminate("1", hireDate="2020-01-01")
    staffed.company.edit("2", department="Moved")

    night = staffed.run()

    assert (night.code, night["outcome"], night["held_suspensions_ids"]) == (4, "held", [1])
    assert night["updated"] == 1
    assert not staffed.account("1")["suspended"]


@pytest.mark.parametrize("field", ["workEmail", "firstName", "department"])
def test_a_field_that_the_directory_lost_is_read_elsewhere(staffed: Nights, field: str) -> None:
    staffed.bamboo.settings.directory_lacks = frozenset({field})
    for employee in list(staffed.company):
        staffed.company.touch(employee.id)
    before = everybody(staffed)

    night = staffed.run()

    assert (night.code, night["unchanged"]) == (0, 60)
    assert everybody(staffed) == before


def test_a_field_that_nothing_shows_is_kept(staffed: Nights) -> None:
    staffed.bamboo.settings.directory_lacks = frozenset({"department", "lastName"})
    staffed.bamboo.settings.list_restricted = frozenset({"department", "lastName"})
    staffed.company.touch("7")
    before = everybody(staffed)

    assert staffed.run().code == 0
    assert everybody(staffed) == before


def test_an_address_that_is_not_shown_loses_nobody(town: Nights) -> None:
    town.bamboo.settings.directory_lacks = frozenset({"workEmail"})
    town.bamboo.settings.list_restricted = frozenset({"workEmail"})
    town.company.hire("1", firstName="New", lastName="One", workEmail="new.one@example.com")
    hidden = town.run()
    town.company.clock.advance(days=2)  # type: ignore[attr-defined]
    town.bamboo.settings.list_restricted = frozenset()

    shown = town.run()

    assert (hidden.code, hidden["created"], hidden["no_evidence"]) == (0, 0, 1)
    assert shown["created"] == 1


@pytest.mark.parametrize(
    "capability", ["moodle/user:viewdetails", "moodle/user:viewalldetails", "moodle/site:viewfullnames"]
)
def test_a_token_that_sees_nobody_changes_nothing(staffed: Nights, capability: str) -> None:
    staffed.site.capabilities.discard(capability)
    staffed.company.hire("200", firstName="New", lastName="One", workEmail="new.one@example.com")
    staffed.company.terminate("1", hireDate="2020-01-01")
    before = everybody(staffed)

    night = staffed.run()

    assert (night.code, night["outcome"], staffed.writes()) == (1, "moodle_error", [])
    assert (night["next_since"], everybody(staffed)) == (night["since"], before)


def test_too_many_leavers_are_all_held_while_everything_else_goes_on(staffed: Nights) -> None:
    leavers = [str(number) for number in range(1, 8)]
    for number in leavers:
        staffed.company.terminate(number, hireDate="2020-01-01")
    staffed.company.hire("200", firstName="New", lastName="One", workEmail="new.one@example.com")

    held = staffed.run()
    released = staffed.run(MAX_SUSPENSIONS="7")

    assert (held.code, held["held_suspensions"], held["created"], held["suspended"]) == (4, 7, 1, 0)
    assert held["next_since"] == held["since"]
    assert (released.code, released["suspended"]) == (0, 7)


def test_nought_holds_every_suspension(staffed: Nights) -> None:
    staffed.company.terminate("1", hireDate="2020-01-01")

    assert staffed.run(MAX_SUSPENSIONS="0").code == 4
    assert not staffed.account("1")["suspended"]


def test_in_a_day_at_most_twice_the_limit_of_a_run_is_suspended(staffed: Nights) -> None:
    codes = []
    for number in range(1, 6):
        staffed.company.terminate(str(number), hireDate="2020-01-01")
        codes.append(staffed.run(MAX_SUSPENSIONS="2").code)
        staffed.company.clock.advance(minutes=20)  # type: ignore[attr-defined]

    assert codes == [0, 0, 0, 0, 4]
    assert sum(bool(user["suspended"]) for user in staffed.accounts()) == 4

"""An unreliable read causes no suspension, no rename and no lost change."""

from __future__ import annotations

import pytest

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import generate


@pytest.fixture
def staffed(harness: RunHarness) -> RunHarness:
    """Sixty employees in sync."""
    harness.company.add(generate(60, seed=21))
    assert harness.run().code == 0
    harness.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    harness.forget_calls()
    return harness


def account_values(harness: RunHarness) -> list[tuple[object, ...]]:
    return [
        tuple(
            user[name] for name in ("idnumber", "username", "firstname", "lastname", "email", "department", "suspended")
        )
        for user in harness.accounts()
    ]


@pytest.mark.parametrize("sharing", ["off", "empty"])
def test_without_a_directory_the_run_works_on_evidence(staffed: RunHarness, sharing: str) -> None:
    if sharing == "off":
        staffed.bamboo.settings.directory_sharing = "off"
    else:
        staffed.fail_bamboo("status", operation="directory", status=404)
    staffed.company.edit("7", department="Moved")
    staffed.company.hire("200", firstName="New", lastName="One", workEmail="new.one@example.com")

    run = staffed.run()

    assert (run.code, run["updated"], run["created"]) == (0, 1, 1)
    assert "directory_unavailable" in run["warnings"]


def test_without_directory_and_evidence_the_run_is_an_error_and_the_state_stays(staffed: RunHarness) -> None:
    staffed.bamboo.settings.directory_sharing = "off"
    staffed.bamboo.settings.list_refused = 403
    staffed.bamboo.settings.invisible = frozenset(employee.id for employee in staffed.company)
    for number in ("1", "2"):
        staffed.company.terminate(number)
    before = account_values(staffed)

    run = staffed.run()

    assert (run.code, run["outcome"]) == (1, "bamboohr_error")
    assert (run["next_since"], run["next_offset"]) == (run["since"], run["offset"])
    assert account_values(staffed) == before


def test_employees_are_read_one_by_one_when_listing_is_refused(staffed: RunHarness) -> None:
    staffed.bamboo.settings.list_refused = 403
    staffed.company.terminate("1", hireDate="2020-01-01")

    assert staffed.run()["suspended"] == 1


@pytest.mark.parametrize("kept", [0.5, 0.0])
def test_a_directory_with_missing_rows_suspends_no_account(staffed: RunHarness, kept: float) -> None:
    staffed.bamboo.settings.directory_keeps = kept
    for employee in list(staffed.company):
        staffed.company.touch(employee.id)
    before = account_values(staffed)

    run = staffed.run()

    assert run["suspended"] == 0
    assert account_values(staffed) == before


def test_real_leavers_are_held_after_a_shrunken_directory(staffed: RunHarness) -> None:
    staffed.bamboo.settings.directory_keeps = 0.5
    staffed.company.terminate("1", hireDate="2020-01-01")
    staffed.company.edit("2", department="Moved")

    run = staffed.run()

    assert (run.code, run["outcome"], run["held_ids"]) == (4, "held", [1])
    assert run["updated"] == 1
    assert not staffed.account("1")["suspended"]


@pytest.mark.parametrize("field", ["workEmail", "firstName", "department"])
def test_a_field_missing_from_the_directory_is_read_elsewhere(staffed: RunHarness, field: str) -> None:
    staffed.bamboo.settings.directory_lacks = frozenset({field})
    for employee in list(staffed.company):
        staffed.company.touch(employee.id)
    before = account_values(staffed)

    run = staffed.run()

    assert (run.code, run["unchanged"]) == (0, 60)
    assert account_values(staffed) == before


def test_a_field_that_no_source_shows_is_kept(staffed: RunHarness) -> None:
    staffed.bamboo.settings.directory_lacks = frozenset({"department", "lastName"})
    staffed.bamboo.settings.list_restricted = frozenset({"department", "lastName"})
    staffed.company.touch("7")
    before = account_values(staffed)

    assert staffed.run().code == 0
    assert account_values(staffed) == before


def test_an_employee_without_a_shown_address_is_created_later(harness: RunHarness) -> None:
    harness.bamboo.settings.directory_lacks = frozenset({"workEmail"})
    harness.bamboo.settings.list_restricted = frozenset({"workEmail"})
    harness.company.hire("1", firstName="New", lastName="One", workEmail="new.one@example.com")
    hidden = harness.run()
    harness.company.clock.advance(days=2)  # type: ignore[attr-defined]
    harness.bamboo.settings.list_restricted = frozenset()

    shown = harness.run()

    assert (hidden.code, hidden["created"], hidden["no_evidence"]) == (0, 0, 1)
    assert shown["created"] == 1


@pytest.mark.parametrize(
    "capability", ["moodle/user:viewdetails", "moodle/user:viewalldetails", "moodle/site:viewfullnames"]
)
def test_a_token_that_cannot_see_users_changes_nothing(staffed: RunHarness, capability: str) -> None:
    staffed.site.capabilities.discard(capability)
    staffed.company.hire("200", firstName="New", lastName="One", workEmail="new.one@example.com")
    staffed.company.terminate("1", hireDate="2020-01-01")
    before = account_values(staffed)

    run = staffed.run()

    assert (run.code, run["outcome"], staffed.writes()) == (1, "moodle_error", [])
    assert (run["next_since"], account_values(staffed)) == (run["since"], before)


def test_suspensions_over_the_limit_are_held_and_other_changes_go_on(staffed: RunHarness) -> None:
    leavers = [str(number) for number in range(1, 8)]
    for number in leavers:
        staffed.company.terminate(number, hireDate="2020-01-01")
    staffed.company.hire("200", firstName="New", lastName="One", workEmail="new.one@example.com")

    held = staffed.run()
    released = staffed.run(MAX_SUSPENSIONS="7")

    assert (held.code, held["held_suspensions"], held["created"], held["suspended"]) == (4, 7, 1, 0)
    assert held["next_since"] == held["since"]
    assert (released.code, released["suspended"]) == (0, 7)


def test_a_limit_of_zero_holds_every_suspension(staffed: RunHarness) -> None:
    staffed.company.terminate("1", hireDate="2020-01-01")

    assert staffed.run(MAX_SUSPENSIONS="0").code == 4
    assert not staffed.account("1")["suspended"]


def test_at_most_twice_the_limit_of_a_run_is_suspended_in_a_day(staffed: RunHarness) -> None:
    codes = []
    for number in range(1, 6):
        staffed.company.terminate(str(number), hireDate="2020-01-01")
        codes.append(staffed.run(MAX_SUSPENSIONS="2").code)
        staffed.company.clock.advance(minutes=20)  # type: ignore[attr-defined]

    assert codes == [0, 0, 0, 0, 4]
    assert sum(bool(user["suspended"]) for user in staffed.accounts()) == 4

"""An unreliable read causes no suspension, no rename and no lost change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.run_harness import RunHarness
from tests.worker.end_to_end.tools import advance_clock


def account_values(harness: RunHarness) -> list[tuple[object, ...]]:
    names = ("idnumber", "username", "firstname", "lastname", "email", "department", "suspended")
    return [tuple(user[name] for name in names) for user in harness.accounts()]


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


def test_a_key_that_may_read_no_employee_is_named_where_the_list_of_all_fails(staffed: RunHarness) -> None:
    staffed.fail_bamboo("status", operation="employees", status=500, times=2)
    staffed.fail_bamboo("status", operation="employees", status=403, times=0)
    staffed.fail_bamboo("status", operation="employee", status=403, times=0)

    run = staffed.run("reconcile", "--yes")

    assert (run.code, run["outcome"], run["warnings"], staffed.writes()) == (1, "bamboohr_error", [], [])
    assert "refuses to show single ones to the key" in run["message"]
    assert "access level" in run["advice"]


@pytest.mark.parametrize(
    "reading",
    [
        pytest.param({"directory_keeps": 0.5}, id="half of the rows"),
        pytest.param({"directory_keeps": 0.0}, id="every row"),
        *(
            pytest.param({"directory_lacks": frozenset({field})}, id=f"the column {field}")
            for field in ("workEmail", "firstName", "department")
        ),
        pytest.param(
            dict.fromkeys(("directory_lacks", "list_restricted"), frozenset({"department", "lastName"})),
            id="two columns that no source shows",
        ),
    ],
)
def test_what_a_reading_lacks_is_read_elsewhere_or_kept(staffed: RunHarness, reading: dict[str, Any]) -> None:
    staffed.bamboo.settings = replace(staffed.bamboo.settings, **reading)
    for employee in list(staffed.company):
        staffed.company.touch(employee.id)
    before = account_values(staffed)

    run = staffed.run()

    assert (run.code, run["suspended"], run["updated"]) == (0, 0, 0)
    assert account_values(staffed) == before


def test_leavers_are_held_after_a_shrunken_directory_until_they_are_approved(staffed: RunHarness) -> None:
    staffed.bamboo.settings.directory_keeps = 0.5
    staffed.bamboo.settings.list_refused = 403
    staffed.company.terminate("1", hireDate="2020-01-01")
    staffed.company.edit("2", department="Moved")

    run = staffed.run()
    assert (run.code, run["outcome"], run["held_ids"], run["updated"]) == (4, "held", [1], 1)
    assert not staffed.account("1")["suspended"]

    assert staffed.run("approve", run["run_id"], "--yes")["suspended"] == 1


def test_an_employee_without_a_shown_address_is_created_later(harness: RunHarness) -> None:
    harness.bamboo.settings.directory_lacks = frozenset({"workEmail"})
    harness.bamboo.settings.list_restricted = frozenset({"workEmail"})
    harness.company.hire("1", firstName="New", lastName="One", workEmail="new.one@example.com")
    hidden = harness.run()
    advance_clock(harness, days=2)
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


def test_at_most_twice_the_limit_of_a_run_is_suspended_in_a_day(staffed: RunHarness) -> None:
    codes = []
    for number in range(1, 6):
        staffed.company.terminate(str(number), hireDate="2020-01-01")
        codes.append(staffed.run(MAX_SUSPENSIONS="2").code)
        advance_clock(staffed, minutes=20)

    assert codes == [0, 0, 0, 0, 4]
    assert sum(bool(user["suspended"]) for user in staffed.accounts()) == 4

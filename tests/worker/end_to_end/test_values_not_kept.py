"""Values that Moodle does not keep: reported once, not sent again, and restored by an undo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.run_harness import RunHarness
from tests.sandbox.moodle import ProfileField, Version
from tests.worker.end_to_end.profile_fields import EMPLOYEES, Company, remembered
from tests.worker.end_to_end.tools import advance_clock, delete_item, employee_lines, items

BY_FIELD = "core_user_get_users_by_field"
INVALID_RESPONSE = json.dumps({"exception": "x", "errorcode": "invalidresponse", "message": ""})


def test_an_unknown_menu_option_is_one_warning_and_is_not_sent_again(harness: RunHarness) -> None:
    company = Company(harness, "4.5", "level").with_value("Senior")
    company.says("Principal", "3", "4")

    found = harness.run()
    later = company.again()

    assert (found.code, found["updated"], found["not_kept"], found["not_kept_ids"]) == (0, 2, 2, [3, 4])
    assert found["warnings"] == ["not_kept"]
    (warning,) = [line for line in found.log if line.get("code") == "not_kept"]
    assert "profile_field_level of 2 employees (3, 4): the menu has no such option" in warning["reason"]
    assert company.stores("3") == "Junior"
    assert (later.code, later["unchanged"], later["not_kept"], later["not_kept_ids"]) == (0, EMPLOYEES, 2, [3, 4])
    assert (later["warnings"], harness.writes()) == ([], [])
    assert [line["employee_id"] for line in found.log if line.get("event") == "sync.not_kept"] == [3, 4]
    assert "Principal" not in found.stdout + found.stderr + later.stdout + later.stderr
    assert "Principal" not in json.dumps(items(harness, "followups"))
    assert remembered(harness) == {3: {"profile_field_level"}, 4: {"profile_field_level"}}


def test_a_new_account_is_read_back_too(harness: RunHarness) -> None:
    company = Company(harness, "4.5", "level").with_value("Senior")
    harness.company.hire("90", firstName="New", lastName="Hire", workEmail="n@x.io", jobTitle="Principal")

    run = harness.run()

    assert (run["created"], run["not_kept_ids"], company.stores("90")) == (1, [90], "Junior")
    assert (company.again()["updated"], harness.writes()) == (0, [])
    assert harness.run("undo", run["run_id"], "--yes")["suspended"] == 1, "the default is not an edit of somebody else"


def test_the_value_is_sent_again_when_bamboohr_changes_it(harness: RunHarness) -> None:
    company = Company(harness, "4.5", "level").with_value("Senior")
    company.says("Principal", "3")
    harness.run()
    advance_clock(harness, minutes=10)

    company.says("Director", "3")
    other = harness.run()
    advance_clock(harness, minutes=10)
    company.says("Senior", "3")
    kept = harness.run()

    assert (other["updated"], other["not_kept_ids"]) == (1, [3])
    assert (kept["updated"], kept["not_kept"], company.stores("3")) == (1, 0, "Senior")
    assert remembered(harness) == {}


OFFERS_PARIS = (ProfileField("office", datatype="menu", options=("Zagreb", "Split", "Paris")),)


@pytest.fixture
def paris(harness: RunHarness) -> Company:
    """Forty employees in Zagreb, of whom the third is now in Paris, which the menu of a Moodle 5.1 does not offer."""
    company = Company(harness, "5.1", "office").with_value("Zagreb")
    company.says("Paris", "3")
    harness.environment |= {"OUT_OF_SCOPE": "suspend", "SCOPE": json.dumps({"division": {"exclude": ["Away"]}})}
    company.lost_by = harness.run()
    assert (company.lost_by["not_kept_ids"], company.stores("3")) == ([3], "")
    advance_clock(harness, hours=1)
    return company


def enter_split(harness: RunHarness) -> None:
    harness.site.change_user(harness.account("3")["id"], profile={"office": "Split"})


def test_what_is_entered_in_moodle_in_its_place_is_left_alone(harness: RunHarness, paris: Company) -> None:
    enter_split(harness)
    harness.company.edit("3", department="Moved")

    run, later = harness.run(), paris.again()

    assert (run["updated"], run["not_kept_ids"], harness.account("3")["department"]) == (1, [3], "Moved")
    assert (later["not_kept_ids"], later["warnings"], harness.writes()) == ([3], [], [])
    assert paris.stores("3") == "Split"


def test_it_is_left_alone_after_a_time_out_of_scope_too(harness: RunHarness, paris: Company) -> None:
    enter_split(harness)
    harness.company.edit("3", division="Away")
    assert (harness.run()["suspended"], harness.run()["suspended"]) == (1, 0)
    advance_clock(harness, hours=1)
    harness.company.edit("3", division="Back")

    assert (harness.run()["reactivated"], paris.stores("3")) == (1, "Split")


@pytest.mark.parametrize("command", [("sync", "--employee", "3"), ("reconcile", "--resend", "--yes")])
def test_after_a_correction_in_moodle_an_operator_has_it_sent_again(
    harness: RunHarness, paris: Company, command: tuple[str, ...]
) -> None:
    harness.site.settings.profile_fields = OFFERS_PARIS

    assert paris.again()["updated"] == 0
    run = harness.run(*command)

    assert (run["updated"], run["not_kept"], paris.stores("3")) == (1, 0, "Paris")
    assert remembered(harness) == {}


def test_what_a_guard_holds_of_it_is_sent_by_an_approval(harness: RunHarness, paris: Company) -> None:
    paris.again()
    paris.says("Paris", *map(str, range(4, 33)))
    approved = harness.run("approve", harness.run()["run_id"], "--yes")
    assert (approved["updated"], approved["not_kept"]) == (29, 29)
    harness.site.settings.profile_fields = OFFERS_PARIS

    held = harness.run("reconcile", "--resend", "--yes")
    run = harness.run("approve", held["run_id"], "--yes")

    assert (held.code, held["held"]) == (4, {"update": 30})
    assert (run.code, run["updated"], run["not_kept"], paris.stores("3")) == (0, 30, 0, "Paris")


def test_an_undo_brings_back_the_value_that_moodle_lost_and_outlives_the_next_change_of_the_employee(
    harness: RunHarness, paris: Company
) -> None:
    undone = harness.run("undo", paris.lost_by["run_id"], "--yes")
    assert (undone.code, undone["updated"], undone["edited_since"], paris.stores("3")) == (0, 1, 0, "Zagreb")
    harness.company.edit("3", department="Moved")
    advance_clock(harness, hours=1)

    assert (harness.run()["updated"], harness.account("3")["department"]) == (1, "Moved")
    assert paris.stores("3") == "Zagreb"


def test_an_undo_leaves_a_value_alone_that_was_edited_since(harness: RunHarness, paris: Company) -> None:
    enter_split(harness)

    undone = harness.run("undo", paris.lost_by["run_id"], "--yes")

    assert (undone["edited_since"], paris.stores("3")) == (1, "Split")


# Calls


def test_a_run_reads_back_only_the_accounts_whose_profile_fields_it_wrote(harness: RunHarness) -> None:
    company = Company(harness, "4.5", "level").with_value("Senior")
    company.says("Junior", "3")
    harness.company.edit("4", department="Moved")

    harness.run()
    several = harness.to_moodle.calls.count(BY_FIELD)
    advance_clock(harness, minutes=10)
    harness.forget_calls()
    harness.company.edit("5", department="Moved")
    harness.run()

    # The guest, the look-up by idnumber, the read-back.
    assert (several, harness.to_moodle.calls.count(BY_FIELD)) == (3, 2)


def test_the_initial_import_reads_back_in_batches(harness: RunHarness) -> None:
    company = Company(harness, "4.5", "level")
    company.says("Senior", *map(str, range(1, EMPLOYEES + 1)))
    without = harness.run("--dry-run")["http_calls"]["moodle"]

    run = harness.run()

    assert (run["created"], run["http_calls"]["moodle"] - without) == (EMPLOYEES, 2), "one creation, one read-back"


# Faults


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503, "skip": 2},
        {"kind": "answer", "body": INVALID_RESPONSE, "record": "employee 3", "skip": 1},
        {"kind": "wrong_type", "skip": 2},
        {"kind": "reset_before", "skip": 2},
    ],
    ids=lambda fault: fault["kind"],
)
def test_a_read_back_that_fails_is_a_warning_and_the_next_run_finds_the_value(
    harness: RunHarness, fault: dict[str, Any]
) -> None:
    company = Company(harness, "4.5", "level").with_value("Senior")
    company.says("Principal", "3")
    harness.fail_moodle(**fault, operation=BY_FIELD, times=0)

    failed = harness.run()
    harness.heal()
    found = company.again()

    assert (failed.code, failed["updated"], failed["warnings"]) == (0, 1, ["not_read_back"])
    assert (found["updated"], found["not_kept_ids"], found["warnings"]) == (1, [3], ["not_kept"])
    assert (company.again()["updated"], harness.writes()) == (0, [])


def killed_before_the_read_back(harness: RunHarness) -> tuple[Company, str]:
    """Employee 3 has a value that Moodle does not keep, and the run that wrote it was killed; returns its id."""
    company = Company(harness, "4.5", "level").with_value("Senior")
    before = items(harness, "journal").keys()
    company.says("Principal", "3")
    harness.fail_moodle("hang", operation=BY_FIELD, skip=2, seconds=60)
    with harness.start() as running:
        while harness.to_moodle.calls.count(BY_FIELD) < 3:
            assert running.poll() is None
        running.kill()
    harness.heal()
    delete_item(harness, "default#lock")
    (journal,) = items(harness, "journal").keys() - before
    return company, journal.split("#")[0]


def test_a_run_that_is_killed_before_the_read_back_leaves_the_value_to_the_next_run(harness: RunHarness) -> None:
    company, _ = killed_before_the_read_back(harness)

    assert (company.stores("3"), remembered(harness)) == ("Junior", {})
    assert harness.run()["not_kept_ids"] == [3]
    assert (company.again()["updated"], harness.writes()) == (0, [])


# Undo


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [("started", "2019-01-31", "2020-02-29"), ("note", "R&D", "Sales & more"), ("remote", "yes", "no")],
)
@pytest.mark.parametrize("version", ["4.1", "4.5"])
def test_an_undo_restores_a_value_of_any_type(
    harness: RunHarness, version: Version, name: str, before: str, after: str
) -> None:
    company = Company(harness, version, name).with_value(before)
    stored = company.stores("3")
    company.says(after, "3")
    run = harness.run()
    assert company.stores("3") != stored

    assert harness.run("undo", run["run_id"], "--yes")["updated"] == 1
    assert company.stores("3") == stored


# What an operator sees


def test_explain_says_that_moodle_does_not_keep_the_value(harness: RunHarness, tmp_path: Path) -> None:
    company = Company(harness, "4.5", "level").with_value("Senior")
    company.says("Principal", "3")
    harness.run()

    explained = harness.run("explain", "--employee", "3")
    harness.run("explain", "--employee", "3", "--show-values", "--output", str(tmp_path / "values.txt"))
    log = employee_lines(company.again())[3]

    assert "unchanged" in explained.stdout
    assert "Moodle does not keep what BambooHR has for profile_field_level" in explained.stdout
    assert "not kept by Moodle" in explained.stdout
    assert "Z update: profile_field_level 'Senior' -> 'Principal'" in (tmp_path / "values.txt").read_text()
    assert any("profile_field_level" in note for note in log["notes"])


def test_a_phone_that_the_site_hides_from_the_token_is_written_once(harness: RunHarness) -> None:
    company = Company(harness, "4.5", "team")
    harness.environment["FIELD_MAPPING"] = '{"phone1": "work_phone"}'
    for number in range(1, EMPLOYEES + 1):
        harness.company.edit(str(number), workPhone="+1 617 555 0123" if number == 3 else None)

    run = harness.run()
    later = company.again()

    assert (run.code, run["warnings"], run["not_kept_ids"]) == (0, ["not_kept"], [3])
    assert harness.account("3")["phone1"] == "+1 617 555 0123"
    assert (later["updated"], later["not_kept"], harness.writes()) == (0, 1, [])


def test_an_undo_of_a_run_that_was_killed_before_the_read_back_blames_nobody(harness: RunHarness) -> None:
    company, killed = killed_before_the_read_back(harness)

    undone = harness.run("undo", killed, "--yes")

    (line,) = [line for line in undone.log if line.get("employee_id") == 3]
    assert line["reason"].endswith(
        "profile_field_level (the run ended before it could read profile_field_level back: Moodle may not have kept"
        " the value that was sent)"
    )
    assert company.stores("3") == "Junior"

"""Why Moodle does not keep a value: the warning says what is wrong with the field."""

from __future__ import annotations

from typing import Any

import pytest

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import ProfileField, Version
from tests.worker.end_to_end.profile_fields import EMPLOYEES, Company, remembered
from tests.worker.end_to_end.tools import advance_clock

# Why Moodle does not keep it


DATES = {"shortname": "started", "datatype": "datetime", "years": (2010, 2030)}
FILTER = "a filter of Moodle, such as the one for smileys"


@pytest.mark.parametrize(
    ("version", "name", "before", "field", "value", "stored", "cause"),
    [
        ("4.5", "team", "A", {"shortname": "team", "maximum": 5}, "Northern", "North", "longer than the field allows"),
        ("4.5", "team", "A", {"shortname": "team", "maximum": 0}, "North", "", "Moodle stores another value"),
        ("4.5", "started", "2019-01-31", DATES, "2009-05-01", "1272672000", "outside the field's years"),
        ("4.5", "level", "Senior", {}, None, "Junior", "BambooHR has no value, and the menu has a default"),
        ("4.1", "note", "R&D", {}, ":-)", ":-)", FILTER),
        ("4.1", "note", "R&D", {}, "Ask the desk :-)", "Ask the desk :-)", FILTER),
    ],
)
def test_the_warning_says_what_is_wrong_with_the_field(
    harness: RunHarness,
    version: Version,
    name: str,
    before: str,
    field: dict[str, Any],
    value: str | None,
    stored: str,
    cause: str,
) -> None:
    company = Company(harness, version, name).with_value(before)
    if field:
        harness.site.settings.profile_fields = (ProfileField(**field),)
    company.says(value, "3")

    run = harness.run()

    assert (run.code, run["not_kept_ids"], company.stores("3")) == (0, [3], stored)
    assert cause in str(run.log)
    assert (company.again()["updated"], harness.writes()) == (0, [])


def test_a_field_that_does_not_exist_is_named_for_all_employees(harness: RunHarness) -> None:
    company = Company(harness, "4.5", "team", shortname="elsewhere")
    company.says("North", *map(str, range(1, EMPLOYEES + 1)))

    run = harness.run()

    assert (run.code, run["not_kept"], company.stores("3")) == (0, EMPLOYEES, None)
    assert "no account shows the field" in str(run.log)
    assert (company.again()["updated"], harness.writes()) == (0, [])


@pytest.mark.parametrize(("name", "before", "value"), [("started", "2019-01-31", "soon"), ("remote", "yes", "perhaps")])
def test_a_value_that_the_type_of_the_field_does_not_have_is_not_sent_and_reported(
    harness: RunHarness, name: str, before: str, value: str
) -> None:
    company = Company(harness, "4.5", name, source="division").with_value(before)
    stored = company.stores("3")
    company.says(value, "3")

    run = harness.run()

    assert (run["updated"], run["not_kept_ids"], run["warnings"]) == (0, [3], ["not_kept"])
    assert (company.stores("3"), harness.writes(), remembered(harness)) == (stored, [], {})


@pytest.mark.parametrize("written", ["01/31/2026", "2026-02-30"])
def test_the_first_account_shows_that_a_field_holds_dates_only(harness: RunHarness, written: str) -> None:
    """No account shows the field before it is written, so that its type is not known."""
    harness.site.settings.profile_fields = (ProfileField("started", datatype="datetime"),)
    harness.environment["FIELD_MAPPING"] = '{"profile_field_started": "bamboohr:customStart"}'
    harness.company.add(generate(EMPLOYEES, seed=5, without_email=0.0))
    harness.company.edit("3", customStart=written)

    run = harness.run()
    advance_clock(harness, hours=1)
    harness.company.edit("3", customStart=written, department="Moved")
    harness.forget_calls()
    later = harness.run()

    (warning,) = [line["reason"] for line in run.log if line.get("code") == "not_kept"]
    assert "map a date to a date field, and yes or no to a checkbox; what the account shows instead" in warning
    assert (later.code, harness.account("3")["department"], len(harness.writes())) == (0, "Moved", 1)


def test_each_cause_is_a_warning_of_its_own(harness: RunHarness) -> None:
    company = Company(harness, "4.5", "started", source="division").with_value("2019-01-31")
    company.says("2060-01-31", "3")
    company.says("soon", "4")

    run = harness.run()

    beyond, no_date = [line["reason"] for line in run.log if line.get("code") == "not_kept"]
    assert "1 employee (3): the date is outside the field's years" in beyond
    assert "1 employee (4): the field's type has no such value" in no_date

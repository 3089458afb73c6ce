"""Values that Moodle stores or shows in a form of its own: written once, whatever the type and the version."""

from __future__ import annotations

import json

import pytest

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import ProfileField, Version
from tests.worker.end_to_end.profile_fields import EMPLOYEES, Company


@pytest.mark.parametrize(
    ("version", "name", "value", "stored"),
    [
        ("4.1", "team", "AT&T", "AT&T"),
        ("4.1", "team", "AT&amp;T", "AT&amp;T"),
        ("4.5", "team", "AT&T", "AT&T"),
        ("4.5", "team", "AT&amp;T", "AT&amp;T"),
        ("4.1", "team", "0", "0"),
        ("5.1", "team", "0", "0"),
        ("4.1", "note", "R&D a < b", "R&D a < b"),
        ("4.1", "note", "&lt;b&gt; is a tag", "&lt;b&gt; is a tag"),
        ("4.5", "note", "R&D a < b", "R&D a < b"),
        ("4.5", "note", "x" * 10_000, "x" * 2_048),
        ("4.1", "remote", "Yes", "1"),
        ("4.5", "remote", "true", "1"),
        ("5.1", "remote", "no", "0"),
        ("4.1", "started", "2019-01-31", "1548892800"),
        ("5.1", "started", "2019-01-31", "1548892800"),
        ("4.5", "level", "Senior", "Senior"),
    ],
)
def test_a_value_is_written_once_whatever_its_type_and_the_version(
    harness: RunHarness, version: Version, name: str, value: str, stored: str
) -> None:
    company = Company(harness, version, name).with_value(value)

    run = company.again()

    assert company.stores("3") == stored
    assert (run.code, run["unchanged"], run["not_kept"], run["warnings"]) == (0, EMPLOYEES, 0, [])
    assert harness.writes() == []


@pytest.mark.parametrize("version", ["4.1", "4.5"])
def test_a_linked_text_is_compared_without_its_link(harness: RunHarness, version: Version) -> None:
    company = Company(harness, version, "team", shortname="team", link="https://x.example/$$").with_value("R&D")

    assert (company.again()["unchanged"], harness.writes()) == (EMPLOYEES, [])


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Pacific/Auckland", "Pacific/Honolulu"])
def test_a_date_is_compared_by_its_day_in_the_time_zone_of_moodle(harness: RunHarness, zone: str) -> None:
    harness.site.settings.timezone = zone
    company = Company(harness, "4.5", "started").with_value("2019-01-31")

    assert (company.again()["unchanged"], harness.writes()) == (EMPLOYEES, [])
    company.says("2019-02-01", "3")
    before = company.stores("3")
    assert (company.again()["updated"], company.stores("3")) == (1, str(int(before or "") + 86400))
    assert (company.again()["updated"], harness.writes()) == (0, [])


def test_a_text_area_that_was_edited_in_moodle_keeps_its_formatting_while_its_text_is_the_same(
    harness: RunHarness,
) -> None:
    company = Company(harness, "4.5", "note").with_value("R&D first floor")
    account = harness.account("3")
    harness.site.change_user(account["id"], profile={"note": "<p><b>R&amp;D</b> first<br>floor</p>"})

    assert (company.again()["unchanged"], harness.writes()) == (EMPLOYEES, [])


@pytest.mark.parametrize("target", ["city", "institution"])
def test_a_zero_that_moodle_cannot_show_is_written_once(harness: RunHarness, target: str) -> None:
    harness.environment["FIELD_MAPPING"] = json.dumps({target: "division"})
    harness.company.add(generate(EMPLOYEES, seed=5, without_email=0.0))
    for number in range(1, EMPLOYEES + 1):
        harness.company.edit(str(number), division="0" if number == 3 else "North")
    harness.run()
    harness.forget_calls()

    run = harness.run("reconcile", "--yes")

    assert harness.account("3")[target] == "0"
    assert (run["unchanged"], run["not_kept"], harness.writes()) == (EMPLOYEES, 0, [])


@pytest.mark.parametrize("version", ["4.1", "4.5"])
def test_a_new_account_gets_no_default_of_moodle_where_bamboohr_has_no_value(
    harness: RunHarness, version: Version
) -> None:
    harness.site.settings.version = version
    harness.site.settings.profile_fields = (
        ProfileField("team", default="none"),
        ProfileField("note", datatype="textarea", default="<p>To be filled</p>"),
        ProfileField("remote", datatype="checkbox", default="1"),
        ProfileField("grade", default="A"),
    )
    mapping: dict[str, object] = {f"profile_field_{name}": "division" for name in ("team", "note", "remote")}
    mapping["profile_field_grade"] = {"from": "division", "when": "create"}
    harness.environment["FIELD_MAPPING"] = json.dumps(mapping)
    harness.company.add({**employee, "division": None} for employee in generate(EMPLOYEES, seed=5, without_email=0.0))
    harness.run()
    harness.forget_calls()

    run = harness.run("reconcile", "--yes")

    assert (run.code, run["unchanged"], harness.writes()) == (0, EMPLOYEES, [])
    assert harness.account("3")["profile"] == {"team": "", "note": "", "remote": "0"}, "grade has the default"

"""Tables of values, and the Moodle fields beyond names, address and department."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.run_harness import RunHarness, RunResult
from tests.worker.end_to_end.tools import advance_clock


def hire(harness: RunHarness, number: str, **values: Any) -> None:
    name: dict[str, Any] = {"firstName": f"G{number}", "lastName": "Roy", "workEmail": f"p{number}@x.example"}
    harness.company.hire(number, **{**name, **values})


def warnings(run: RunResult, code: str) -> list[str]:
    return [line["reason"] for line in run.log if line.get("code") == code]


def column(harness: RunHarness, field: str, *numbers: int) -> list[Any]:
    return [harness.account(str(number))[field] for number in numbers]


TABLE = {"from": "division", "map": {"Research": "4711", " r&d  LAB": "4712"}}


def test_a_table_translates_and_a_value_that_it_lacks_is_kept_and_named_once_without_the_value(
    harness: RunHarness,
) -> None:
    for number, division in enumerate(["Research", "R&D lab", "research", "Legal", "Legal", None], 1):
        hire(harness, str(number), division=division)
    mapped = {"FIELD_MAPPING": json.dumps({"institution": TABLE})}

    run = harness.run(**mapped)

    assert column(harness, "institution", 1, 2, 3, 4, 5, 6) == ["4711", "4712", "4711", "", "", ""]
    (warning,) = warnings(run, "values_not_sent")
    assert (run.code, run["warnings"].count("values_not_sent")) == (0, 1)
    assert warning.startswith("institution: for 2 of the employees read, BambooHR has a value that its map does not")
    assert warning.endswith("the account keeps its own (4, 5)")
    assert "Legal" not in run.stdout + run.stderr

    harness.company.edit("1", division="Legal")
    again = harness.run(**mapped)

    assert (again["updated"], column(harness, "institution", 1)) == (0, ["4711"])
    assert (
        "a value that its map does not have: left as it is"
        in harness.run("explain", "--employee", "1", **mapped).stdout
    )


def test_a_changed_table_makes_a_full_pass_due_which_fills_what_it_lacked(harness: RunHarness) -> None:
    for number, division in enumerate(["Research", "Legal", None], 1):
        hire(harness, str(number), division=division)
    assert harness.run(FIELD_MAPPING=json.dumps({"institution": TABLE}))["created"] == 3

    wider = {"FIELD_MAPPING": json.dumps({"institution": {**TABLE, "otherwise": "other", "default": "none"}})}

    assert harness.run("sync", "--employee", "1", "--dry-run", **wider)["reconcile_due"]
    run = harness.run("reconcile", "--yes", **wider)
    assert (run["updated"], run["warnings"], column(harness, "institution", 1, 2, 3)) == (
        2,
        [],
        ["4711", "other", "none"],
    )


FIELDS = {
    "FIELD_MAPPING": json.dumps(
        {
            "lang": "bamboohr:customLanguage",
            "timezone": {"from": "location", "map": {"Berlin": "Europe/Berlin", "Boston": "America/New_York"}},
            "phone1": "work_phone",
            "phone2": "mobile_phone",
            "middlename": "middle_name",
        }
    )
}


@pytest.fixture
def speaking(harness: RunHarness) -> RunHarness:
    harness.site.settings.languages = ("en", "de", "pt_br")
    harness.site.settings.showuseridentity = ("email", "phone1", "phone2")
    values = {"customLanguage": "pt-BR", "location": "Berlin", "workPhone": "+49 30 1234", "mobilePhone": "017 1"}
    for number in range(1, 13):
        hire(harness, str(number), **values, middleName="Ann")
    run = harness.run(**FIELDS)
    assert (run.code, run["created"], run["warnings"]) == (0, 12, [])
    advance_clock(harness, hours=1)
    return harness


def test_further_fields_are_filled_and_followed(speaking: RunHarness) -> None:
    created = [speaking.account("1")[name] for name in ("lang", "timezone", "phone1", "phone2")]
    assert created == ["pt_br", "Europe/Berlin", "+49 30 1234", "017 1"]
    assert speaking.account("1")["more"]["middlename"] == "Ann"

    speaking.company.edit("1", customLanguage="de", location="Boston", workPhone="5", mobilePhone=None)
    run = speaking.run(**FIELDS)

    updated = [speaking.account("1")[name] for name in ("lang", "timezone", "phone1", "phone2")]
    assert (run["updated"], updated) == (1, ["de", "America/New_York", "5", ""])
    speaking.company.edit("2", customLanguage=None, location=None, middleName="Lee")
    assert speaking.run("sync", "--employee", "1", "--employee", "2", **FIELDS)["unchanged"] == 2
    assert speaking.account("2")["lang"] == "pt_br", "neither a language nor a time zone is cleared"
    assert speaking.account("2")["more"]["middlename"] == "Ann", "no look-up returns it: it is written on creation only"


def test_a_telephone_number_that_the_site_hides_is_written_once_and_named(speaking: RunHarness) -> None:
    speaking.site.settings.showuseridentity = ("email",)
    speaking.company.edit("1", workPhone="5")

    first, second = speaking.run(**FIELDS), speaking.run(**FIELDS)

    assert (first["warnings"].count("not_kept") > 0, second["updated"]) == (True, 0)
    assert all("showuseridentity" in text for text in warnings(first, "not_kept"))
    assert speaking.account("1")["phone1"] == "5"


def test_a_value_that_moodle_cannot_take_is_named_by_field_and_employee(speaking: RunHarness) -> None:
    speaking.company.edit("1", customLanguage="Brazilian Portuguese", workPhone="+49 30 1234 extension 5678")

    run = speaking.run(**FIELDS)

    assert (run.code, run["updated"]) == (0, 0)
    assert [text.partition(":")[0] for text in warnings(run, "values_not_sent")] == ["lang", "phone1"]
    assert all(text.endswith("the account keeps its own (1)") for text in warnings(run, "values_not_sent"))
    assert "Brazilian" not in run.stdout + run.stderr


def test_only_bamboohrs_country_is_named_by_its_value(harness: RunHarness) -> None:
    home: dict[str, Any] = {"customHome": "7 Secret Lane"}
    hire(harness, "1", **home)

    run = harness.run(FIELD_MAPPING=json.dumps({"country": "bamboohr:customHome"}))

    assert warnings(run, "values_not_sent")[0].endswith("the account keeps its own (1)")
    assert "Secret" not in run.stdout + run.stderr


def test_a_language_is_not_to_blame_if_the_site_refuses_every_update(speaking: RunHarness) -> None:
    refusal = '{"exception": "invalid_parameter_exception", "errorcode": "invalidparameter", "message": "x"}'
    speaking.company.edit("1", customLanguage="de")
    speaking.fail_moodle("answer", operation="core_user_update_users", status=200, times=0, body=refusal)

    run = speaking.run(**FIELDS)
    assert (run.code, run["updated"], warnings(run, "not_kept")) == (1, 0, [])

    speaking.to_moodle.faults.clear()
    assert (speaking.run(**FIELDS).code, speaking.account("1")["lang"]) == (0, "de")


def test_a_language_that_the_site_does_not_have_is_left_out_however_many_employees_have_it(
    speaking: RunHarness,
) -> None:
    # If each of twelve were refused, nothing more of the kind would be sent.
    changed, new = [str(number) for number in range(1, 13)], [str(number) for number in range(101, 113)]
    for number in changed:
        speaking.company.edit(number, customLanguage="fr")
    for number in new:
        hire(speaking, number, customLanguage="fr")
    speaking.company.edit("1", workPhone="5")

    run, later = speaking.run(**FIELDS), speaking.run("reconcile", "--yes", **FIELDS)

    assert (run.code, run["created"], run["updated"], run["errors"]) == (0, 12, 12, 0)
    (lost,) = warnings(run, "not_kept")
    assert "does not keep lang of 24 employees (1, 2, 3," in lost
    assert "): the language pack is not installed; install it" in lost
    assert (speaking.account("101")["lang"], speaking.account("1")["phone1"]) == ("en", "5")
    assert (later.code, later["created"], later["updated"]) == (0, 0, 0)

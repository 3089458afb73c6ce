"""Texts as people and other systems enter them: invisible characters, and countries under BambooHR's names."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest

from tests.run_harness import RunHarness
from tests.sandbox.moodle.settings import ProfileField

BY_PREFERRED_NAME = json.dumps({"firstname": ["preferred_name", "first_name"]})
WITH_COUNTRY = json.dumps({"country": "country"})


def named(number: int) -> dict[str, Any]:
    return {"firstName": f"G{number}", "lastName": "Roy", "workEmail": f"p{number}@x.example"}


@pytest.mark.parametrize(
    "address",
    ["ana.roy@x.example\u200b", "\ufeffana.roy@x.example", "ana.roy@x.example\u200e", "\aana.roy@x.example\0"],
)
def test_an_invisible_character_in_an_address_keeps_no_employee_out(harness: RunHarness, address: str) -> None:
    harness.company.hire("1", firstName="Ana", lastName="Roy", workEmail=address)

    run = harness.run()

    assert (run.code, run["created"], harness.account("1")["email"]) == (0, 1, "ana.roy@x.example")
    assert harness.run("sync", "--employee", "1")["unchanged"] == 1


@pytest.mark.parametrize("directory_sharing", ["off", "full"])
def test_a_text_that_holds_what_looks_like_an_odd_number_is_kept(
    harness: RunHarness, directory_sharing: Literal["off", "full"]
) -> None:
    room = "Room: 2E101, Leeds"
    harness.company.hire("1", firstName="Ana", lastName="Roy", workEmail="ana@x.example", department=room)
    harness.bamboo.settings.directory_sharing = directory_sharing

    runs = [harness.run(), harness.run("reconcile", "--yes")]

    assert [(run.code, run["created"], run["unchanged"]) for run in runs] == [(0, 1, 0), (0, 0, 1)]
    assert harness.account("1")["department"] == room


@pytest.mark.parametrize("unseen", ["\u200b", "\u180b", "\U000e0100", "\ufffc", "\u0301"])
def test_a_name_that_cannot_be_seen_is_empty(harness: RunHarness, unseen: str) -> None:
    harness.company.hire("1", firstName="Ana", lastName="Roy\u200b", preferredName=unseen, workEmail="ana@x.example")

    assert harness.run(FIELD_MAPPING=BY_PREFERRED_NAME)["created"] == 1
    assert (harness.account("1")["firstname"], harness.account("1")["lastname"]) == ("Ana", "Roy")


def test_the_countries_that_bamboohr_offers_are_written_and_an_unknown_one_is_named_once(harness: RunHarness) -> None:
    names = ["Congo, the Democratic Republic of the", "Cote D'Ivoire (Ivory Coast)", "Svalbard", "Atlantis", "Atlantis"]
    for number, country in enumerate(names, 1):
        harness.company.hire(str(number), **named(number), country=country)

    run = harness.run(FIELD_MAPPING=WITH_COUNTRY)

    assert run["created"] == 5
    assert [harness.account(str(number))["country"] for number in (1, 2, 3, 4)] == ["CD", "CI", "SJ", ""]
    warnings = [line["reason"] for line in run.log if line.get("code") == "unknown_country"]
    assert len(warnings) == 1
    assert warnings[0].count("Atlantis") == 1
    assert "unknown_country" in run["warnings"]


def test_a_state_that_one_source_abbreviates_is_not_rewritten(harness: RunHarness) -> None:
    harness.site.settings.profile_fields = (ProfileField("state"),)
    harness.bamboo.settings.get_states = {"California": "CA", "Western Australia": "WA", "Ontario": "ON"}
    homes = [
        ("California", "United States"),
        ("Western Australia", "Australia"),
        ("Ontario", "Canada"),
        ("Bayern", "Germany"),
        ("California", None),
    ]
    for number, (state, country) in enumerate(homes, 1):
        harness.company.hire(str(number), **named(number), state=state, country=country)
    mapped = {"FIELD_MAPPING": json.dumps({"profile_field_state": "state"})}
    assert harness.run(**mapped)["created"] == len(homes)

    for refused in (403, None, 403, None):
        harness.bamboo.settings.list_refused = refused
        for number in range(1, len(homes) + 1):
            harness.company.touch(str(number))
        assert harness.run(**mapped)["updated"] == 0

    written = [harness.account(str(number))["profile"]["state"] for number in range(1, len(homes) + 1)]
    assert written == [state for state, _ in homes]


def test_a_date_that_is_not_set_is_empty_in_every_source(harness: RunHarness) -> None:
    harness.site.settings.profile_fields = (ProfileField("end"),)
    harness.company.hire("1", firstName="Ana", lastName="Roy", workEmail="ana@x.example")
    mapped = {"FIELD_MAPPING": json.dumps({"profile_field_end": "termination_date"})}
    assert harness.run(**mapped)["created"] == 1

    harness.bamboo.settings.list_refused = 403

    assert harness.run("sync", "--employee", "1", **mapped)["unchanged"] == 1


def test_an_address_that_moodle_cannot_hold_disputes_no_other(harness: RunHarness) -> None:
    for number, address in (("50", "stra\u00dfe@x.example"), ("51", "Strasse@x.example")):
        harness.company.hire(number, firstName=f"Ana{number}", lastName="Roy", workEmail=address)

    run = harness.run()

    assert (run.code, run["created"], harness.account("51")["email"]) == (0, 1, "Strasse@x.example")


def test_an_address_in_other_capitals_is_the_same(harness: RunHarness) -> None:
    for number, address in (("50", "ana@x.example"), ("51", "ANA@X.example")):
        harness.company.hire(number, firstName=f"Ana{number}", lastName="Roy", workEmail=address)

    assert (harness.run()["created"], harness.accounts()) == (0, [])

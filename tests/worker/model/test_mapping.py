"""The mapping: the values it makes of what BambooHR shows, and usernames."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker.builders import mapping_of
from worker.model.mapping import Rule, template_fault, username


@pytest.mark.parametrize(
    ("template", "filled_in"),
    [
        ("{work_email}", "ann.lee@acme.example"),
        ("e{employee_id}", "e7"),
        ("{first_name}.{last_name}-{employee_id}", "ann.lee-7"),
        ("{employee_id:0>6}", "000007"),
    ],
)
def test_a_username_is_the_template_filled_in_in_lower_case(template: str, filled_in: str) -> None:
    assert template_fault(template) == ""
    assert username(template, 7, "Ann.Lee@acme.example", "Ann", "Lee") == filled_in


def test_a_username_that_lacks_a_value_is_empty() -> None:
    assert username("{first_name}.{last_name}", 7, "ann@acme.example", "Ann", "") == ""
    assert username("{employee_id}", 7, "", "", "") == "7"


def test_the_first_source_that_is_not_empty_is_used() -> None:
    name = Rule("firstname", ("preferred_name", "first_name"))

    assert name.value({"preferred_name": "Annie", "first_name": "Anna"}) == "Annie"
    assert name.value({"preferred_name": "", "first_name": "Anna"}) == "Anna"
    assert name.value({"preferred_name": "\x01", "first_name": "Anna"}) == "Anna"
    assert name.value({"preferred_name": "", "first_name": ""}) == ""


def test_a_source_that_is_not_shown_gives_no_value_not_even_that_of_a_later_source_or_the_default() -> None:
    name = Rule("firstname", ("preferred_name", "first_name"))
    centre = Rule("profile_field_centre", ("location",), default="-")

    assert name.value({"first_name": "Anna"}) is None
    assert name.value({"preferred_name": "Annie"}) == "Annie"
    assert centre.value({}) is None
    assert centre.value({"location": ""}) == "-"


def test_a_value_is_fitted_to_moodles_limits() -> None:
    assert Rule("firstname", ("first_name",)).value({"first_name": "  A\tnn " + "a" * 200}) == "A nn " + "a" * 95
    assert Rule("country", ("country",)).value({"country": "Germany"}) == "DE"
    assert Rule("country", ("country",)).value({"country": "Atlantis"}) is None


@pytest.mark.parametrize(
    ("facts", "refused"),
    [
        ({"country": "Atlantis"}, "Atlantis"),
        ({"country": "", "location": "Atlantis"}, "Atlantis"),
        ({"country": "Germany", "location": "Atlantis"}, ""),
        ({"location": "Atlantis"}, ""),
        ({"country": ""}, ""),
    ],
    ids=str,
)
def test_a_value_that_moodle_does_not_have_is_known(facts: dict[str, str], refused: str) -> None:
    assert Rule("country", ("country", "location")).refused_value(facts) == refused


CENTRES = {"r&d": "4711", "sales": "4712", "none": ""}


@pytest.mark.parametrize(
    ("otherwise", "facts", "value", "refused"),
    [
        ("", {"division": "R&D", "location": "Bonn"}, "4711", ""),
        ("", {"division": "SALES"}, "4712", ""),
        ("", {"division": " Sales "}, "4712", ""),
        ("", {"division": "Sa\u00adles"}, "4712", ""),
        ("", {"division": "Legal", "location": "Sales"}, None, "Legal"),
        ("9999", {"division": "Legal"}, "9999", ""),
        ("9999", {}, None, ""),
        ("9999", {"division": "", "location": "Sales"}, "4712", ""),
        ("9999", {"division": "None", "location": "Sales"}, "4712", ""),
        ("9999", {"division": "", "location": ""}, "-", ""),
    ],
    ids=str,
)
def test_a_table_says_what_is_sent(otherwise: str, facts: dict[str, str], value: str | None, refused: str) -> None:
    centre = Rule("profile_field_centre", ("division", "location"), "always", "-", CENTRES, otherwise)

    assert (centre.value(facts), centre.refused_value(facts)) == (value, refused)


def test_a_table_counts_in_the_digest_and_a_mapping_without_one_has_that_of_earlier_versions() -> None:
    def digest(**entry: Any) -> str:
        return mapping_of(city={"from": "division", **entry}).digest

    assert mapping_of().digest == "bf7853e4bfb4ab3a"
    assert len({digest(), digest(map={"a": "b"}), digest(map={"a": "c"}), digest(map={"a": "b"}, otherwise="d")}) == 4


@pytest.mark.parametrize(("target", "is_updated"), [("city", True), ("phone1", True), ("middlename", False)])
def test_a_field_that_no_look_up_returns_is_not_updated(target: str, is_updated: bool) -> None:
    assert Rule(target, ("city",)).is_updated is is_updated
    assert not Rule(target, ("city",), "create").is_updated


def test_identity_is_read_from_bamboohr_whatever_the_mapping_says() -> None:
    identity = ("first_name", "last_name", "work_email")

    assert mapping_of(department=None).fields == identity
    assert mapping_of("{employee_id}", city="city").fields == (*identity, "department", "city")


def test_only_a_custom_profile_field_is_custom() -> None:
    assert [rule.target for rule in mapping_of(profile_field_team="division").rules if rule.is_custom] == [
        "profile_field_team"
    ]


def test_an_account_takes_four_form_fields_one_for_each_rule_and_two_for_a_custom_field() -> None:
    assert mapping_of().form_fields == 4 + 4
    assert mapping_of(profile_field_team="division", city="city", department=None).form_fields == 4 + 4 + 2


@pytest.mark.parametrize(
    ("rules", "template"),
    [
        ({"department": "division"}, "{work_email}"),
        ({"department": None}, "{work_email}"),
        ({"department": {"from": "department", "when": "create"}}, "{work_email}"),
        ({"department": {"from": "department", "default": "-"}}, "{work_email}"),
        ({}, "{employee_id}"),
    ],
)
def test_the_digest_changes_with_the_mapping_and_with_nothing_else(rules: dict[str, Any], template: str) -> None:
    assert mapping_of(template, **rules).digest != mapping_of().digest
    assert mapping_of(department={"from": ["department"]}).digest == mapping_of().digest

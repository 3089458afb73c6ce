"""The mapping: what may be said in it, what is a fault, and what it makes of what BambooHR shows."""

from __future__ import annotations

import json

import pytest

from worker.model.field_catalogue import MAPPABLE
from worker.model.mapping import CORE_TARGETS, FieldMapping, Rule, parse_mapping, username

TEMPLATE = "{work_email}"


def mapping(told: object = None, template: str = TEMPLATE) -> FieldMapping:
    made, faults = parse_mapping("" if told is None else json.dumps(told), template)
    assert faults == []
    return made


def faults(told: object, template: str = TEMPLATE) -> list[str]:
    return parse_mapping(told if isinstance(told, str) else json.dumps(told), template)[1]


def rule(told: object, target: str) -> Rule:
    found = mapping(told).rule(target)
    assert found is not None
    return found


def test_without_a_setting_names_address_and_department_are_kept_in_step() -> None:
    assert mapping().rules == (
        Rule("firstname", ("first_name",)),
        Rule("lastname", ("last_name",)),
        Rule("email", ("work_email",)),
        Rule("department", ("department",)),
    )


def test_the_setting_is_laid_over_the_default() -> None:
    made = mapping(
        {
            "firstname": ["preferred_name", "first_name"],
            "institution": "division",
            "country": {"from": "country", "when": "create"},
            "profile_field_costcentre": {"from": "location", "default": "-"},
            "department": None,
        }
    )

    assert made.rules == (
        Rule("firstname", ("preferred_name", "first_name")),
        Rule("lastname", ("last_name",)),
        Rule("email", ("work_email",)),
        Rule("institution", ("division",)),
        Rule("country", ("country",), when="create"),
        Rule("profile_field_costcentre", ("location",), default="-"),
    )
    assert made.rule("department") is None


@pytest.mark.parametrize("target", CORE_TARGETS)
def test_every_core_field_whose_value_can_be_read_back_may_be_mapped(target: str) -> None:
    source = "work_email" if target == "email" else "city"

    assert rule({target: source}, target).sources == (source,)


@pytest.mark.parametrize("source", MAPPABLE)
def test_every_field_of_the_table_may_feed_one(source: str) -> None:
    assert rule({"city": source}, "city").sources == (source,)


def test_who_works_here_is_no_matter_of_the_mapping() -> None:
    source = "status"
    (fault,) = faults({"city": source})

    assert fault.startswith(f"FIELD_MAPPING 'city' knows no BambooHR field '{source}'")


@pytest.mark.parametrize(
    ("told", "begins"),
    [
        ("{", "FIELD_MAPPING is not JSON"),
        ("[]", "FIELD_MAPPING must be a JSON object"),
        ('"text"', "FIELD_MAPPING must be a JSON object"),
        ({"idnumber": "department"}, "FIELD_MAPPING 'idnumber' is no Moodle field"),
        ({"password": "department"}, "FIELD_MAPPING 'password' is no Moodle field"),
        ({"profile_field_": "department"}, "FIELD_MAPPING 'profile_field_' is no Moodle field"),
        ({"profile_field_a b": "department"}, "FIELD_MAPPING 'profile_field_a b' is no Moodle field"),
        ({"city": "town"}, "FIELD_MAPPING 'city' knows no BambooHR field 'town'"),
        ({"city": ["city", "town"]}, "FIELD_MAPPING 'city' knows no BambooHR field 'town'"),
        (
            {"city": []},
            "FIELD_MAPPING 'city' must name a BambooHR field, a list of them, or an object with \"from\";"
            " null leaves it alone",
        ),
        ({"city": 7}, "FIELD_MAPPING 'city' must name a BambooHR field"),
        ({"city": ["city", 7]}, "FIELD_MAPPING 'city' must name a BambooHR field"),
        ({"city": {"when": "create"}}, "FIELD_MAPPING 'city' must name a BambooHR field"),
        ({"city": {"from": "city", "wehn": "create"}}, "FIELD_MAPPING 'city' knows no 'wehn'"),
        ({"city": {"from": "city", "when": "never"}}, "FIELD_MAPPING 'city' \"when\" must be"),
        ({"city": {"from": "city", "when": []}}, "FIELD_MAPPING 'city' \"when\" must be"),
        ({"city": {"from": "city", "default": 7}}, "FIELD_MAPPING 'city' \"default\" must be a text"),
        ({"country": {"from": "country", "default": "Atlantis"}}, "FIELD_MAPPING 'country' \"default\" is not a"),
        ({"email": "display_name"}, "FIELD_MAPPING 'email' must come from work_email"),
        ({"email": ["work_email", "display_name"]}, "FIELD_MAPPING 'email' must come from work_email"),
        (
            {"email": None},
            "FIELD_MAPPING 'email' must name a BambooHR field, a list of them, or an object with \"from\";"
            " it cannot be left out",
        ),
        ({"firstname": None}, "FIELD_MAPPING 'firstname' must name a BambooHR field"),
        ({"lastname": None}, "FIELD_MAPPING 'lastname' must name a BambooHR field"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_a_fault(told: object, begins: str) -> None:
    (fault,) = faults(told)

    assert fault.startswith(begins)


def test_what_a_mapping_may_feed_is_told() -> None:
    (fault,) = faults({"idnumber": "department"})

    assert fault.endswith(
        "; allowed are firstname, lastname, email, department, institution, city, country, profile_field_<short name>"
    )


@pytest.mark.parametrize(("target", "source"), [("firstname", "first_name"), ("email", "work_email")])
def test_nobody_gets_a_made_up_name_or_address(target: str, source: str) -> None:
    (fault,) = faults({target: {"from": source, "default": "unknown"}})

    assert fault.startswith(f'FIELD_MAPPING {target!r} can have no "default"')


def test_every_fault_of_a_mapping_is_told_at_once() -> None:
    told = faults({"idnumber": "town", "city": {"from": "city", "when": "x", "default": 7}}, template="{nickname}")

    assert len(told) == 5


@pytest.mark.parametrize(
    "template",
    ["fixed", "{}", "{nickname}", "{work_email[0]}", "{work_email.upper}", "{work_email", "}"],
)
def test_a_template_that_cannot_name_one_person_is_a_fault(template: str) -> None:
    (fault,) = faults({}, template)

    assert fault.startswith("USERNAME_TEMPLATE")


@pytest.mark.parametrize("template", ["fixed", "{nickname}"])
def test_what_a_template_may_name_is_told(template: str) -> None:
    (fault,) = faults({}, template)

    assert " {work_email}, {first_name}, {last_name}, {employee_id}" in fault


@pytest.mark.parametrize(("template", "unknown"), [("{nickname}", "nickname"), ("{}", "empty name")])
def test_what_a_template_must_not_name_is_told(template: str, unknown: str) -> None:
    (fault,) = faults({}, template)

    assert fault.startswith(f"USERNAME_TEMPLATE knows no {unknown};")


@pytest.mark.parametrize(
    "template", ["{employee_id:06d}", "{work_email!x}", "{work_email:{last_name}}", "{work_email:{x}}"]
)
def test_a_template_that_would_fail_while_it_is_filled_in_is_a_fault_at_the_start(template: str) -> None:
    (fault,) = faults({}, template)

    assert fault.startswith("USERNAME_TEMPLATE cannot be filled in")


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ("{work_email}", "ann.lee@acme.example"),
        ("e{employee_id}", "e7"),
        ("{first_name}.{last_name}-{employee_id}", "ann.lee-7"),
        ("{employee_id:0>6}", "000007"),
    ],
)
def test_a_user_name_is_the_template_filled_in_in_lower_case(template: str, made: str) -> None:
    assert mapping(template=template).username_template == template
    assert username(template, 7, "Ann.Lee@acme.example", "Ann", "Lee") == made


def test_a_user_name_that_lacks_a_value_is_none_at_all() -> None:
    assert username("{first_name}.{last_name}", 7, "ann@acme.example", "Ann", "") == ""
    assert username("{employee_id}", 7, "", "", "") == "7"


def test_the_first_source_that_is_not_empty_counts() -> None:
    name = rule({"firstname": ["preferred_name", "first_name"]}, "firstname")

    assert name.value({"preferred_name": "Annie", "first_name": "Anna"}) == "Annie"
    assert name.value({"preferred_name": "", "first_name": "Anna"}) == "Anna"
    assert name.value({"preferred_name": "", "first_name": ""}) == ""


def test_what_is_not_shown_gives_no_value_not_even_that_of_a_later_source_or_the_default() -> None:
    name = rule({"firstname": ["preferred_name", "first_name"]}, "firstname")
    centre = rule({"profile_field_centre": {"from": "location", "default": "-"}}, "profile_field_centre")

    assert name.value({"first_name": "Anna"}) is None
    assert name.value({"preferred_name": "Annie"}) == "Annie"
    assert centre.value({}) is None
    assert centre.value({"location": ""}) == "-"


def test_a_value_is_brought_into_moodles_limits() -> None:
    assert rule(None, "firstname").value({"first_name": "  A\tnn " + "a" * 200}) == "A nn " + "a" * 95
    assert rule({"country": "country"}, "country").value({"country": "Germany"}) == "DE"
    assert rule({"country": "country"}, "country").value({"country": "Atlantis"}) is None


def test_identity_is_needed_of_bamboohr_whatever_the_mapping_says() -> None:
    assert mapping({"department": None}).fields == ("first_name", "last_name", "work_email")
    assert mapping({"city": "city"}, "{employee_id}").fields == (
        "first_name",
        "last_name",
        "work_email",
        "department",
        "city",
    )


def test_only_a_custom_profile_field_is_custom() -> None:
    made = mapping({"profile_field_team": "division"})

    assert [entry.target for entry in made.rules if entry.is_custom] == ["profile_field_team"]


@pytest.mark.parametrize(
    ("told", "template"),
    [
        ({"department": "division"}, TEMPLATE),
        ({"department": None}, TEMPLATE),
        ({"department": {"from": "department", "when": "create"}}, TEMPLATE),
        ({"department": {"from": "department", "default": "-"}}, TEMPLATE),
        ({}, "{employee_id}"),
    ],
)
def test_the_digest_changes_with_the_mapping_and_with_nothing_else(told: object, template: str) -> None:
    assert mapping(told, template).digest != mapping().digest
    assert mapping({"department": {"from": ["department"]}}).digest == mapping().digest

"""The setting FIELD_MAPPING: what may be written, and the mapping it stands for."""

from __future__ import annotations

import pytest

from tests.worker.builders import mapping_of
from worker.model.field_catalogue import MAPPABLE
from worker.model.mapping import CORE_TARGETS, Rule

NAMES_AND_EMAIL = (Rule("firstname", ("first_name",)), Rule("lastname", ("last_name",)), Rule("email", ("work_email",)))


def test_without_the_setting_names_address_and_department_are_synchronised() -> None:
    assert mapping_of().rules == (*NAMES_AND_EMAIL, Rule("department", ("department",)))


@pytest.mark.parametrize("off", [None, False])
def test_the_setting_is_laid_over_the_default(off: object) -> None:
    mapping = mapping_of(
        firstname=["preferred_name", "first_name"],
        institution="division",
        country={"from": "country", "when": "create"},
        profile_field_costcentre={"from": ["location", "city"], "default": "-"},
        department=off,
    )

    assert mapping.rules == (
        Rule("firstname", ("preferred_name", "first_name")),
        *NAMES_AND_EMAIL[1:],
        Rule("institution", ("division",)),
        Rule("country", ("country",), when="create"),
        Rule("profile_field_costcentre", ("location", "city"), default="-"),
    )


@pytest.mark.parametrize(
    ("named", "read"),
    [
        ("bamboohr:customCostCenter", "bamboohr:customCostCenter"),
        ("bamboohr:payRate", "bamboohr:payRate"),
        ("bamboohr:4310", "bamboohr:4310"),
        ("bamboohr:4310.1", "bamboohr:4310.1"),
        ("bamboohr:state", "state"),
        ("bamboohr:supervisorEId", "supervisor_id"),
        ("bamboohr:employmentHistoryStatus", "employment_status"),
    ],
)
def test_a_field_may_be_named_by_its_api_name_and_one_of_the_catalogue_is_read_as_such(named: str, read: str) -> None:
    mapping = mapping_of(city=["division", named])

    assert Rule("city", ("division", read)) in mapping.rules
    assert read in mapping.fields


def test_a_field_that_is_named_twice_is_read_once() -> None:
    mapping = mapping_of(city="bamboohr:customTown", institution="bamboohr:customTown")

    assert mapping.fields == ("first_name", "last_name", "work_email", "department", "bamboohr:customTown")


def test_a_table_is_looked_up_whatever_the_case_and_the_space() -> None:
    entry = {"from": "division", "map": {"R&D": "Research", " Sales  north": "S"}, "otherwise": "Other"}

    assert (
        Rule("city", ("division",), "always", "", {"r&d": "Research", "sales north": "S"}, "Other")
        in mapping_of(city=entry).rules
    )


def test_every_core_field_may_be_mapped() -> None:
    rules = {target: "work_email" if target == "email" else "city" for target in CORE_TARGETS}

    assert {rule.target: rule.sources[0] for rule in mapping_of(**rules).rules} == rules


@pytest.mark.parametrize("source", MAPPABLE)
def test_every_field_of_the_catalogue_may_be_a_source(source: str) -> None:
    assert Rule("city", (source,)) in mapping_of(city=source).rules


@pytest.mark.parametrize("target", ["profile_field_a", "profile_field_" + "A_9" * 33])
def test_a_custom_profile_field_is_named_by_its_short_name(target: str) -> None:
    assert Rule(target, ("city",)) in mapping_of(**{target: "city"}).rules

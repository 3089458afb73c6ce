"""The invented employees."""

from __future__ import annotations

import re

import pytest

from tests.sandbox.bamboohr import Company, generate
from tests.sandbox.bamboohr.company import Values
from tests.sandbox.bamboohr.fields import CANONICAL


@pytest.fixture(scope="module")
def employees() -> list[Values]:
    return generate(5_000, seed=11)


def test_the_same_seed_gives_the_same_employees_and_another_seed_gives_others() -> None:
    assert generate(50, seed=3) == generate(50, seed=3)
    assert generate(50, seed=3) != generate(50, seed=4)
    assert generate(80, seed=3)[:50] == generate(50, seed=3)


def test_ids_count_from_one(employees: list[Values]) -> None:
    assert [values["id"] for values in employees] == [str(number) for number in range(1, 5_001)]


def test_every_field_is_a_canonical_one(employees: list[Values]) -> None:
    assert {name for values in employees for name in values} <= CANONICAL


def test_addresses_are_unique_valid_and_of_reserved_domains(employees: list[Values]) -> None:
    addresses = [values["workEmail"] or "" for values in employees]
    assert len(set(addresses)) == 5_000
    pattern = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9-]+)*@example\.(com|org|net)")
    assert [address for address in addresses if not pattern.fullmatch(address)] == []
    assert max(len(address.partition("@")[0]) for address in addresses) <= 64


def test_some_employees_can_have_no_address() -> None:
    without = [values for values in generate(1_000, without_email=0.1) if values["workEmail"] is None]
    assert 50 < len(without) < 150


def test_names_are_of_many_alphabets_and_some_are_long(employees: list[Values]) -> None:
    names = [f"{values['firstName']} {values['lastName']}" for values in employees]
    assert any("'" in name for name in names)
    assert any(re.search("[éüřłđñãç]", name) for name in names)
    assert any(re.search("[\u4e00-\u9fff]", name) for name in names)
    assert any(re.search("[\uac00-\ud7a3]", name) for name in names)
    assert max(len(values["lastName"] or "") for values in employees) > 100
    assert not any("=" in name for name in names)


def test_the_family_name_comes_first_in_some_languages(employees: list[Values]) -> None:
    shown = {(values["firstName"], values["lastName"]): values["displayName"] for values in employees}
    assert shown["健太", "佐藤"] == "佐藤 健太"
    assert shown["Aoife", "O'Brien"] == "Aoife O'Brien"


def test_countries_have_their_names_in_bamboohr(employees: list[Values]) -> None:
    assert {"Korea (South)", "Croatia (Hrvatska)", "Viet Nam"} <= {values["country"] for values in employees}


def test_some_departments_need_escaping_or_are_long(employees: list[Values]) -> None:
    departments = {values["department"] or "" for values in employees}
    assert len(departments) > 8
    assert any("&" in department for department in departments)
    assert max(map(len, departments)) > 64


def test_managers_have_smaller_ids_than_their_reports(employees: list[Values]) -> None:
    assert "supervisorEId" not in employees[0]
    assert all(0 < int(values["supervisorEId"] or "") < int(values["id"] or "") for values in employees[1:])


def test_a_company_accepts_them_unchanged(employees: list[Values]) -> None:
    company = Company()
    assert company.add(employees) == [values["id"] for values in employees]
    assert company.values("2")["supervisor"] == employees[0]["displayName"]
    assert company.values("2")["hireDate"] == employees[1]["hireDate"]
    assert len(company) == 5_000

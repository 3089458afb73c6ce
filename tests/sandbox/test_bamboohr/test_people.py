"""The invented people."""

from __future__ import annotations

import re

import pytest

from tests.sandbox.bamboohr import Company, generate
from tests.sandbox.bamboohr.company import Values
from tests.sandbox.bamboohr.fields import CANONICAL


@pytest.fixture(scope="module")
def people() -> list[Values]:
    return generate(5_000, seed=11)


def test_the_same_seed_gives_the_same_people_and_another_seed_gives_others() -> None:
    assert generate(50, seed=3) == generate(50, seed=3)
    assert generate(50, seed=3) != generate(50, seed=4)
    assert generate(80, seed=3)[:50] == generate(50, seed=3)


def test_ids_count_from_one(people: list[Values]) -> None:
    assert [person["id"] for person in people] == [str(number) for number in range(1, 5_001)]


def test_every_value_has_a_name_that_bamboohr_knows(people: list[Values]) -> None:
    assert {name for person in people for name in person} <= CANONICAL


def test_addresses_are_unique_valid_and_lead_nowhere(people: list[Values]) -> None:
    addresses = [person["workEmail"] or "" for person in people]
    assert len(set(addresses)) == 5_000
    pattern = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9-]+)*@example\.(com|org|net)")
    assert [address for address in addresses if not pattern.fullmatch(address)] == []
    assert max(len(address.partition("@")[0]) for address in addresses) <= 64


def test_some_people_can_be_without_an_address() -> None:
    without = [person for person in generate(1_000, without_email=0.1) if person["workEmail"] is None]
    assert 50 < len(without) < 150


def test_names_are_of_many_alphabets_and_some_are_long(people: list[Values]) -> None:
    names = [f"{person['firstName']} {person['lastName']}" for person in people]
    assert any("'" in name for name in names)
    assert any(re.search("[éüřłđñãç]", name) for name in names)
    assert any(re.search("[\u4e00-\u9fff]", name) for name in names)
    assert any(re.search("[\uac00-\ud7a3]", name) for name in names)
    assert max(len(person["lastName"] or "") for person in people) > 100
    assert not any("=" in name for name in names)


def test_the_family_name_comes_first_where_it_does(people: list[Values]) -> None:
    shown = {(person["firstName"], person["lastName"]): person["displayName"] for person in people}
    assert shown["健太", "佐藤"] == "佐藤 健太"
    assert shown["Aoife", "O'Brien"] == "Aoife O'Brien"


def test_countries_are_named_as_bamboohr_names_them(people: list[Values]) -> None:
    assert {"Korea (South)", "Croatia (Hrvatska)", "Viet Nam"} <= {person["country"] for person in people}


def test_some_departments_need_escaping_or_are_long(people: list[Values]) -> None:
    departments = {person["department"] or "" for person in people}
    assert len(departments) > 8
    assert any("&" in department for department in departments)
    assert max(map(len, departments)) > 64


def test_managers_come_before_their_people(people: list[Values]) -> None:
    assert "supervisorEId" not in people[0]
    assert all(0 < int(person["supervisorEId"] or "") < int(person["id"] or "") for person in people[1:])


def test_a_company_takes_them_as_they_are(people: list[Values]) -> None:
    company = Company()
    assert company.add(people) == [person["id"] for person in people]
    assert company.values("2")["supervisor"] == people[0]["displayName"]
    assert company.values("2")["hireDate"] == people[1]["hireDate"]
    assert len(company) == 5_000

"""The effects of the operations of a company."""

from __future__ import annotations

import json
import threading
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.sandbox.bamboohr import Company, ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock("2026-11-20T09:00:00Z")


@pytest.fixture
def company(clock: ManualClock) -> Company:
    company = Company(clock)
    company.hire(firstName="Ava", lastName="Nguyen", hireDate="2020-01-01")
    clock.advance(hours=1)
    return company


def test_ids_count_up_and_are_never_used_again(company: Company) -> None:
    assert company.hire("41") == "41"
    company.delete("41")
    assert company.hire() == "42"
    assert "42" in company
    assert "41" not in company
    with pytest.raises(ValueError, match="exists or existed"):
        company.hire("41")


@pytest.mark.parametrize("id", ["0", "-1", "x", "007", ""])
def test_an_id_is_a_positive_whole_number(company: Company, id: str) -> None:
    with pytest.raises(ValueError, match="positive whole number"):
        company.hire(id)


def test_a_new_record_is_active_and_hired_today(company: Company) -> None:
    values = company.values(company.hire(firstName="Bo"))
    assert (values["status"], values["hireDate"]) == ("Active", "2026-11-20")


def test_an_operation_on_an_unknown_employee_is_an_error(company: Company) -> None:
    for operation in (company.edit, company.terminate, company.rehire, company.delete, company.hide, company.unhide):
        with pytest.raises(KeyError, match="no employee 99"):
            operation("99")


def test_every_operation_stamps_the_record_with_time_and_action(company: Company, clock: ManualClock) -> None:
    assert company.changes["1"].action == "Inserted"
    for operation in (company.edit, company.hide, company.unhide, company.terminate, company.rehire, company.touch):
        now = clock.advance(minutes=1)
        operation("1")
        assert (company.changes["1"].action, company.changes["1"].at) == ("Updated", now)
    now = clock.advance(minutes=1)
    company.delete("1")
    assert (company.changes["1"].action, company.changes["1"].at) == ("Deleted", now)


def test_a_stamp_has_whole_seconds_and_keeps_the_creation(company: Company, clock: ManualClock) -> None:
    clock.advance(seconds=0.75)
    company.touch("1")
    assert company.changes["1"].at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert company.changes["1"].created == datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_a_change_can_be_missing_from_the_feed(company: Company, clock: ManualClock) -> None:
    before, version = company.changes["1"], company.version
    company.edit("1", stamp=False, department="Sales")
    company.hide("1", stamp=False)
    company.terminate("1", on=date(2026, 11, 21), stamp=False)
    clock.advance(days=1)
    assert company.dawn(stamp=False) == ["1"]
    assert company.changes["1"] == before
    assert company.version > version


def test_a_leaver_stays_active_until_the_last_day_comes(company: Company, clock: ManualClock) -> None:
    company.terminate("1", on=date(2026, 11, 30), employmentHistoryStatus="Resigned")
    assert company.values("1")["status"] == "Active"
    clock.advance(days=9)
    assert company.dawn() == []
    clock.advance(days=1)
    assert company.dawn() == ["1"]
    assert company.values("1")["status"] == "Inactive"
    clock.advance(days=400)
    assert company.dawn() == []


def test_a_future_hire_is_inactive_until_the_day_comes(company: Company, clock: ManualClock) -> None:
    id = company.hire_ahead(date(2026, 12, 1), firstName="Bo")
    company.edit(id, hireDate="2026-12-05")
    clock.advance(days=11)
    assert company.dawn() == []
    assert company.values(id)["status"] == "Inactive"
    clock.advance(days=4)
    assert company.dawn() == [id]
    assert company.values(id)["status"] == "Active"
    assert (company.changes[id].action, company.changes[id].at) == ("Updated", clock())


def test_a_rehire_is_active_and_keeps_the_old_leaving_date(company: Company, clock: ManualClock) -> None:
    company.terminate("1")
    clock.advance(days=30)
    company.rehire("1")
    values = company.values("1")
    assert (values["status"], values["terminationDate"]) == ("Active", "2026-11-20")
    assert (values["originalHireDate"], values["hireDate"]) == ("2020-01-01", "2026-12-20")


def test_derived_values(company: Company) -> None:
    company.edit("1", employeeNumber="E1", homeEmail="home@example.net")
    id = company.hire(firstName="Samuel", preferredName="Sam", lastName="Park", supervisorEId="1")
    values = company.values(id)
    assert values["displayName"] == "Sam Park"
    assert (values["supervisor"], values["supervisorId"]) == ("Ava Nguyen", "E1")
    assert company.values("1")["bestEmail"] == "home@example.net"
    company.edit("1", workEmail="ava@example.com", displayName="Nguyen, Ava")
    assert company.values("1")["bestEmail"] == "ava@example.com"
    assert company.values(id)["supervisor"] == "Nguyen, Ava"


def test_returned_values_are_a_copy(company: Company) -> None:
    company.values("1")["status"] = "Inactive"
    assert company.values("1")["status"] == "Active"


def test_a_company_comes_back_from_its_file(company: Company, clock: ManualClock, tmp_path: Path) -> None:
    company.hire(firstName="陽子", hidden=True, customBadge="7")
    company.delete(company.hire(firstName="Gone"))
    company.hire_ahead(date(2026, 12, 1), firstName="Bo")
    company.save(tmp_path / "company.json")

    again = Company.load(tmp_path / "company.json", clock)
    again.save(tmp_path / "again.json")

    assert json.loads((tmp_path / "again.json").read_text()) == json.loads((tmp_path / "company.json").read_text())
    assert again.changes == company.changes
    assert list(again) == list(company)
    assert again.known_fields == company.known_fields
    assert again.hire() == company.hire()


def test_several_threads_may_hire_at_once(company: Company) -> None:
    threads = [threading.Thread(target=lambda: [company.hire() for _ in range(200)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [employee.id for employee in company] == [str(number) for number in range(1, 1602)]

"""An account stays the person's it is: matches that are contradicted are held, over HTTP."""

from __future__ import annotations

from typing import Any

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import Company
from tests.worker.end_to_end.tools import advance_clock, employee_lines

PEOPLE = [(f"Given{number}", f"Family{number}") for number in range(1, 61)]


def person(number: int, **different: str) -> dict[str, Any]:
    """Return the record of the n-th of sixty people."""
    first, last = PEOPLE[number - 1]
    ordinary = {"firstName": first, "lastName": last, "workEmail": f"{first}.{last}@acme.example".lower()}
    return {**ordinary, "department": "Sales", **different}


def staff(harness: RunHarness, *numbers: int) -> None:
    """Hire people whose employee ids are their numbers; one run puts them in sync."""
    for number in numbers:
        harness.company.hire(str(number), **person(number))
    assert harness.run().code == 0
    advance_clock(harness, hours=1)
    harness.forget_calls()


def identities(harness: RunHarness) -> dict[int, tuple[str, ...]]:
    """Return what identifies each account, by account id."""
    names = ("firstname", "lastname", "email", "username", "idnumber")
    return {user["id"]: tuple(user[name] for name in names) for user in harness.accounts()}


def give_every_id_to_the_next(company: Company) -> None:
    """Implement BambooHR anew: every id is now the next colleague's."""
    for number in range(1, 13):
        company.edit(str(number), **person(number % 12 + 1))


def test_ids_that_were_given_out_anew_change_no_account(harness: RunHarness) -> None:
    staff(harness, *range(1, 13))
    before = identities(harness)
    give_every_id_to_the_next(harness.company)

    run = harness.run()

    assert (run.code, run["errors"], run["conflicts"], run["updated"]) == (4, 12, 12, 0)
    assert identities(harness) == before
    assert run["warnings"] == ["ids_reassigned"]
    assert (run["outcome"], run["held"], len(run["held_ids"])) == ("held", {"unconfirmed": 12}, 12)
    assert "12 of 12 employees" in run["message"]
    assert "before you approve anything" in run["advice"]
    lines = employee_lines(run)
    assert {line["code"] for line in lines.values()} == {"unconfirmed"}
    assert "--employee 3" in lines[3]["advice"]
    assert harness.writes() == []


def test_the_account_of_an_employee_who_now_has_another_id_is_not_suspended(harness: RunHarness) -> None:
    """Every id is the former colleague's, and the first one is deleted, so that BambooHR shows nothing of it."""
    staff(harness, *range(1, 13))
    for number in range(2, 13):
        harness.company.edit(str(number), **person(number - 1))
    harness.company.hire("13", **person(12))
    harness.company.delete("1")

    run = harness.run()

    assert (run["suspended"], run["held"], run.reason_codes("1")) == (0, {"unconfirmed": 12}, ["unconfirmed"])


def test_a_deleted_employee_whose_address_a_stranger_has_now_is_suspended(harness: RunHarness) -> None:
    staff(harness, *range(1, 13))
    harness.company.delete("1")
    harness.company.edit("2", workEmail=person(1)["workEmail"])

    run = harness.run()

    assert (run["suspended"], harness.account("1")["suspended"]) == (1, True)


def test_a_contradicted_match_is_retried_until_bamboohr_is_corrected(harness: RunHarness) -> None:
    staff(harness, *range(1, 13))
    give_every_id_to_the_next(harness.company)
    held = harness.run()
    for number in range(1, 13):
        harness.company.edit(str(number), **person(number, department="Legal"))

    run = harness.run()

    assert held["next_since"] == held["since"]
    assert (run.code, run["updated"]) == (0, 12)


def test_a_shared_mailbox_is_not_renamed_to_a_new_employee(harness: RunHarness) -> None:
    staff(harness, 1)
    desk = harness.site.add_user(
        "service.desk", firstname="Service", lastname="Desk", email="service.desk@acme.example", auth="manual"
    )
    harness.company.hire("20", firstName="Tom", lastName="Reed", workEmail="service.desk@acme.example")
    harness.company.edit("1", department="Legal")

    run = harness.run()

    line = employee_lines(run)[20]
    assert (run.code, run["updated"], line["code"], line["account_id"]) == (4, 1, "unconfirmed", desk)
    assert f"account {desk}" in line["reason"]
    assert f"python -m worker approve {run['run_id']} --employee 20" in line["advice"]
    user = harness.site.user_named("service.desk")
    assert user is not None
    assert (user["firstname"], user["lastname"], user["idnumber"]) == ("Service", "Desk", "")


def test_a_leaver_whose_id_now_finds_the_account_of_another_is_not_suspended(harness: RunHarness) -> None:
    staff(harness, 1, 2, 3)
    harness.company.edit("1", **person(4))
    harness.company.terminate("1")

    run = harness.run()

    assert (run.code, run["suspended"], run.reason_codes("1")) == (4, 0, ["unconfirmed"])
    assert not harness.account("1")["suspended"]


def test_an_unconfirmed_match_is_held_beside_what_a_guard_holds_and_another_error_is_an_error(
    harness: RunHarness,
) -> None:
    staff(harness, *range(1, 31))
    harness.company.edit("1", **person(40))
    for number in range(11, 21):
        harness.company.terminate(str(number))

    held = harness.run()
    harness.company.hire("50", **person(50, workEmail=person(2)["workEmail"]))
    failed = harness.run()

    assert (held.code, held["outcome"], held["held"]) == (4, "held", {"suspend": 10, "unconfirmed": 1})
    assert "a guard holds changes" in held["message"]
    assert "1 match of an employee and an account is held until it is confirmed" in held["message"]
    assert (failed.code, failed["outcome"]) == (1, "errors")
    assert failed["held"] == held["held"]
    assert harness.run("approve", "0123", "--yes")["advice"].count(held["run_id"]) == 1


def test_an_address_that_passed_to_another_employee_holds_a_change_of_names(harness: RunHarness) -> None:
    staff(harness, 1, 2)
    harness.company.edit("1", lastName="Wed", workEmail="given1.wed@acme.example")
    harness.company.hire("20", **person(5, workEmail=person(1)["workEmail"]))

    run = harness.run()

    assert run.reason_codes("1") == ["unconfirmed"]
    assert "employee 20" in employee_lines(run)[1]["reason"]
    assert harness.account("1")["lastname"] == "Family1"


def test_a_marriage_with_a_new_address_is_ordinary(harness: RunHarness) -> None:
    staff(harness, 1, 2)
    harness.company.edit("1", lastName="Wed", workEmail="given1.wed@acme.example")

    assert harness.run().code == 0
    assert (harness.account("1")["lastname"], harness.account("1")["email"]) == ("Wed", "given1.wed@acme.example")


def test_a_deleted_employee_of_whom_nothing_is_shown_is_suspended(harness: RunHarness) -> None:
    staff(harness, *range(1, 13))
    harness.company.delete("1")

    assert harness.run()["suspended"] == 1

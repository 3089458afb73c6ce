"""An account stays the person's it is: matches that are contradicted are held, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import Company
from tests.worker.end_to_end.tools import advance_clock, employee_lines

PEOPLE = [(f"Given{number}", f"Family{number}") for number in range(1, 61)]


def person(number: int, **different: str) -> dict[str, Any]:
    """Return the record of the n-th of sixty people."""
    first, last = PEOPLE[number - 1]
    ordinary = {"firstName": first, "lastName": last, "workEmail": f"{first}.{last}@acme.example".lower()}
    return {**ordinary, "department": "Sales", **different}


OWN = person(1)["workEmail"]
HEIR = person(5, workEmail=OWN)
UNCHANGED, SUSPENDED = ("Family1", OWN, False), ("Family1", OWN, True)


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
    in_vain = harness.run("approve", run["run_id"], "--yes")
    assert (in_vain.code, "leave out" in in_vain["advice"]) == (2, False), "no option was given"
    assert f"approve {run['run_id']} --only unconfirmed" in in_vain["advice"]


def test_accounts_are_updated_once_bamboohr_is_corrected(harness: RunHarness) -> None:
    staff(harness, *range(1, 13))
    give_every_id_to_the_next(harness.company)
    held = harness.run()
    for number in range(1, 13):
        harness.company.edit(str(number), **person(number, department="Legal"))

    run = harness.run()

    assert held["next_since"] == held["since"]
    assert (run.code, run["updated"]) == (0, 12)


WED = {"lastName": "Wed", "workEmail": "given1.wed@acme.example"}


@pytest.mark.parametrize(
    ("first", "change", "others", "reason", "account"),
    [
        pytest.param(WED, "edit", {}, "differs", ("Wed", WED["workEmail"], False), id="marries, new address"),
        pytest.param(WED, "edit", {"20": HEIR}, "unconfirmed", UNCHANGED, id="the same, another has the old address"),
        pytest.param(person(4), "terminate", {}, "unconfirmed", UNCHANGED, id="another person, left"),
        pytest.param({}, "delete", {}, "left", SUSPENDED, id="deleted, nothing is shown"),
        pytest.param({}, "delete", {"20": HEIR}, "left", SUSPENDED, id="the same, another has the address"),
    ],
)
def test_what_bamboohr_shows_of_the_first_employee_decides_whether_the_account_is_theirs(
    harness: RunHarness,
    first: dict[str, Any],
    change: str,
    others: dict[str, Any],
    reason: str,
    account: tuple[Any, ...],
) -> None:
    staff(harness, *range(1, 13))
    harness.company.edit("1", **first)
    if change != "edit":
        getattr(harness.company, change)("1")
    for number, values in others.items():
        harness.company.hire(number, **values)

    run = harness.run()

    user = harness.account("1")
    assert run.reason_codes("1") == [reason]
    assert (user["lastname"], user["email"], user["suspended"]) == account


def test_the_account_of_an_employee_who_now_has_another_id_is_not_suspended(harness: RunHarness) -> None:
    """Every id is the former colleague's, and the first one is deleted, so that BambooHR shows nothing of it."""
    staff(harness, *range(1, 13))
    for number in range(2, 13):
        harness.company.edit(str(number), **person(number - 1))
    harness.company.hire("13", **person(12))
    harness.company.delete("1")

    run = harness.run()

    assert (run["suspended"], run["held"], run.reason_codes("1")) == (0, {"unconfirmed": 12}, ["unconfirmed"])


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
    assert harness.run("approve", "20260101T000000Z-01234567", "--yes")["advice"].count(held["run_id"]) == 1


def test_an_address_waits_for_the_username_that_is_made_of_it(harness: RunHarness) -> None:
    """Written without it, the address would leave the account with a username that no later run could change."""
    staff(harness, *range(1, 31))
    new_address = "new.one@acme.example"
    other = harness.site.add_user(new_address, firstname="X", lastname="Y", email="x@acme.example", idnumber="")
    harness.company.edit("1", workEmail=new_address, department="Moved")

    taken = harness.run()
    waiting = harness.account("1")
    harness.site.change_user(other, username="somebody.else")
    free = harness.run()

    assert (taken.code, taken.reason_codes("1")) == (1, ["username_taken"])
    assert (waiting["email"], waiting["username"], waiting["department"]) == (OWN, OWN, "Moved")
    assert (free.code, free["updated"]) == (0, 1)
    assert (harness.account("1")["email"], harness.account("1")["username"]) == (new_address, new_address)


def test_no_employee_waits_for_an_address_that_waits_for_its_username(harness: RunHarness) -> None:
    """An employee who claims the address gets all other changes: the next one in the chain, and one who returns."""
    staff(harness, *range(1, 31))
    for number in ("2", "3"):
        harness.site.change_user(harness.account(number)["id"], username=f"chosen.by.hand{number}")
    harness.company.terminate("3")
    assert harness.run()["suspended"] == 1
    advance_clock(harness, hours=1)
    harness.site.add_user("new.one@acme.example", firstname="X", lastname="Y", email="x@acme.example", idnumber="")
    harness.company.edit("1", workEmail="new.one@acme.example", department="Moved")
    harness.company.edit("2", workEmail=OWN, department="Moved")
    harness.company.rehire("3", workEmail=person(2)["workEmail"], department="Moved")

    run = harness.run()

    reasons = {number: run.reason_codes(number) for number in ("1", "2", "3")}
    assert reasons == {"1": ["username_taken"], "2": ["email_taken"], "3": ["email_taken"]}
    accounts = [harness.account(number) for number in ("1", "2", "3")]
    assert [one["department"] for one in accounts] == ["Moved"] * 3
    assert [one["email"] for one in accounts] == [person(number)["workEmail"] for number in (1, 2, 3)]
    assert [one["suspended"] for one in accounts] == [False] * 3

"""How each employee is handled: every cell of the table, over HTTP, against a Moodle that enforces its rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.run_harness import RunHarness, RunResult
from tests.sandbox.bamboohr import Company
from tests.worker.end_to_end.tools import advance_clock

Values = Mapping[str, Any]

JO: dict[str, Any] = {"firstName": "Jo", "lastName": "Doe", "workEmail": "jo@example.com", "department": "Sales"}
LONG_AGO: dict[str, Any] = {"hireDate": "2020-01-01"}
COUNTED = (
    *("created", "updated", "suspended", "reactivated", "no_evidence", "suspended_elsewhere", "errors"),
    *("skipped_deleted", "skipped_protected", "skipped_no_email", "skipped_invalid_email", "skipped_invalid_username"),
)


def counts(run: RunResult) -> dict[str, int]:
    """Return the counters that are not zero."""
    return {name: run[name] for name in COUNTED if run[name]}


def has(account: Values, values: Values) -> bool:
    return {name: account[name] for name in values} == values


@pytest.fixture
def jo(healthy: RunHarness) -> RunHarness:
    """Thirty employees and Jo, in sync."""
    healthy.company.hire("100", **JO)
    assert healthy.run()["created"] == 1
    advance_clock(healthy, hours=1)
    healthy.forget_calls()
    return healthy


def does(change: str, *, hidden: bool = False, **values: Any) -> Callable[[Company], None]:
    """Return what happens to Jo in BambooHR: a change, and whether the directory hides them from then on."""

    def happens(company: Company) -> None:
        if hidden:
            company.hide("100")
        getattr(company, change)("100", **values)

    return happens


GONE: Values = {"department": None, "lastName": "Gone", "workEmail": None, **LONG_AGO}
LEGAL, SALES = {"department": "Legal"}, {"suspended": False, "department": "Sales"}
MOVED = {"email": "jo.smith@example.com", "username": "jo.smith@example.com"}
SUSPENDED = {"suspended": True, "lastname": "Doe", "department": "Sales", "email": "jo@example.com"}


@pytest.mark.parametrize(
    ("happens", "counted", "account"),
    [
        pytest.param(does("edit", department="Legal"), {"updated": 1}, LEGAL, id="another department"),
        pytest.param(does("edit", workEmail=MOVED["email"]), {"updated": 1}, MOVED, id="another address, and username"),
        pytest.param(does("terminate", **GONE), {"suspended": 1}, SUSPENDED, id="left, and keeps every other field"),
        pytest.param(does("delete"), {"suspended": 1}, SUSPENDED, id="deleted"),
        pytest.param(does("edit", hidden=True, department="Legal"), {"updated": 1}, LEGAL, id="hidden, Active"),
        *(
            pytest.param(does("edit", hidden=True, status=status), {"no_evidence": 1}, SALES, id=f"hidden, {status!r}")
            for status in ("", "inactive", None)
        ),
    ],
)
def test_an_employee_with_an_account(
    jo: RunHarness, happens: Callable[[Company], None], counted: Values, account: Values
) -> None:
    happens(jo.company)
    others = {user["id"]: user for user in jo.accounts() if user["idnumber"] != "100"}

    run = jo.run()

    assert (run.code, counts(run)) == (0, counted)
    assert has(jo.account("100"), account)
    assert {user["id"]: user for user in jo.accounts() if user["idnumber"] != "100"} == others


def test_a_leaver_whom_moodle_does_not_let_us_suspend_is_named(jo: RunHarness) -> None:
    jo.run()
    jo.site.admin_id = jo.account("1")["id"]
    jo.company.terminate("1")

    run = jo.run()

    assert (run.code, run["skipped_protected"], run["warnings"]) == (0, 1, ["not_suspendable"])
    (warning,) = [line["reason"] for line in run.log if line.get("code") == "not_suspendable"]
    assert "take the site administrator's right away" in warning
    assert warning.endswith(": 1")
    assert [line["advice"][:24] for line in run.log if line.get("code") == "untouchable"] == [
        "they can still log in: t"
    ]


def test_an_employee_without_evidence_is_held_until_there_is_some(jo: RunHarness) -> None:
    jo.company.hide("100")
    jo.company.edit("100", department="Secret")
    jo.bamboo.settings.invisible = frozenset({"100"})
    held = jo.run()
    advance_clock(jo, days=3)
    jo.bamboo.settings.invisible = frozenset()

    shown = jo.run()

    assert (held.code, counts(held), held["no_evidence_ids"]) == (0, {"no_evidence": 1}, [100])
    assert (counts(shown), jo.account("100")["department"]) == ({"updated": 1}, "Secret")


def test_a_deleted_employee_who_is_still_shown_is_held(jo: RunHarness) -> None:
    jo.company.touch("100", "Deleted")

    run = jo.run()

    assert (run.code, run["suspended"], run.reason_codes("100")) == (0, 0, ["deleted_but_shown"])


# The employee has no account yet

NEW = {"firstName": "Ann", "lastName": "Lee", "workEmail": "Ann.Lee@Example.com", "department": "Legal", **LONG_AGO}
CREATED = {"auth": "oidc", "username": "ann.lee@example.com", "email": "Ann.Lee@Example.com", "department": "Legal"}


@pytest.mark.parametrize(
    ("values", "counted", "account"),
    [
        pytest.param({}, {"created": 1}, CREATED, id="works here"),
        pytest.param({"status": "Inactive"}, {"skipped_deleted": 1}, None, id="left"),
        pytest.param({"workEmail": None}, {"skipped_no_email": 1}, None, id="no address"),
        pytest.param({"workEmail": "ann@localhost"}, {"skipped_invalid_email": 1}, None, id="invalid address"),
        pytest.param({"workEmail": "o'lee@x.example"}, {"skipped_invalid_username": 1}, None, id="invalid username"),
        pytest.param(
            {"firstName": "A" * 150, "lastName": "B\x01 <b>old</b>\n  C", "department": "R&D <x> " + "d" * 300},
            {"created": 1},
            {"firstname": "A" * 100},
            id="values over Moodle's limits",
        ),
    ],
)
def test_an_employee_without_an_account(
    healthy: RunHarness, values: Values, counted: Values, account: Values | None
) -> None:
    healthy.company.hire("200", **{**NEW, **values})

    run = healthy.run()

    assert (run.code, counts(run)) == (0, counted)
    assert account is None or has(healthy.account("200"), account)
    assert counts(healthy.run("sync", "--employee", "200")) == {name: 1 for name in counted if name != "created"}


@pytest.mark.parametrize(
    ("account", "counted", "keeps"),
    [
        pytest.param({}, {"updated": 1}, {"auth": "manual", "username": "jdoe"}, id="created by hand: linked"),
        pytest.param({"idnumber": "77"}, {"errors": 1}, {"idnumber": "77"}, id="of another employee: conflict"),
        pytest.param({"username": "bot"}, {"skipped_protected": 1}, {"idnumber": ""}, id="protected by username"),
        pytest.param({"auth": "nologin"}, {"skipped_protected": 1}, {"idnumber": ""}, id="protected by auth"),
    ],
)
def test_an_account_that_has_the_address_of_a_new_employee(
    harness: RunHarness, account: Values, counted: Values, keeps: Values
) -> None:
    named = {"firstname": "Jo", "lastname": "Doe", "email": "JO@example.com", "auth": "manual", "username": "jdoe"}
    found = harness.site.add_user(**{**named, **account})
    harness.company.hire("100", **JO)

    run = harness.run(PROTECTED_ACCOUNTS="101, bot")

    assert (run.code, counts(run)) == (int("errors" in counted), counted)
    assert has(harness.site.user(found), {**keeps, **({"idnumber": "100"} if counted == {"updated": 1} else {})})


# The account is suspended


@pytest.mark.parametrize(
    ("by", "arguments", "settings", "counted"),
    [
        pytest.param("us", (), {}, {"reactivated": 1}, id="by us"),
        pytest.param("others", (), {}, {"updated": 1, "suspended_elsewhere": 1}, id="by others"),
        pytest.param("others", (), {"REACTIVATE": "always"}, {"reactivated": 1}, id="by others, REACTIVATE=always"),
        pytest.param(
            "others", ("--employee", "100", "--reactivate"), {}, {"reactivated": 1}, id="by others, --reactivate"
        ),
    ],
)
def test_a_suspended_account_of_an_employee_who_works_here(
    jo: RunHarness, by: str, arguments: tuple[str, ...], settings: dict[str, str], counted: Values
) -> None:
    if by == "us":
        jo.company.terminate("100", **LONG_AGO)
        assert jo.run()["suspended"] == 1
        advance_clock(jo, hours=1)
        jo.company.rehire("100")
    else:
        jo.site.change_user(jo.account("100")["id"], suspended=True)
    jo.company.edit("100", department="Legal")

    run = jo.run(*arguments, **settings)

    assert (run.code, counts(run)) == (0, counted)
    assert run.summary.get("suspended_elsewhere_ids", []) == ([100] if "suspended_elsewhere" in counted else [])
    assert has(jo.account("100"), {"suspended": "reactivated" not in counted, "department": "Legal"})


# Several employees and one address


def test_an_address_may_move_between_employees_in_one_run(jo: RunHarness) -> None:
    jo.company.edit("100", workEmail="jo.new@example.com")
    jo.company.hire("50", firstName="Joe", lastName="Doe", workEmail="jo@example.com")

    run = jo.run()

    assert (run.code, counts(run)) == (0, {"created": 1, "updated": 1})
    assert (jo.account("100")["email"], jo.account("50")["email"]) == ("jo.new@example.com", "jo@example.com")


def test_swapped_addresses_are_a_conflict_and_other_fields_are_updated(jo: RunHarness) -> None:
    first, second = jo.company.values("1")["workEmail"], "jo@example.com"
    jo.company.edit("1", workEmail=second, department="Swapped")
    jo.company.edit("100", workEmail=first, department="Swapped")

    run = jo.run()

    assert (run.code, run["conflicts"]) == (1, 2)
    assert (jo.account("1")["email"], jo.account("100")["email"]) == (first, second)
    assert {jo.account("1")["department"], jo.account("100")["department"]} == {"Swapped"}

"""`doctor` on employees and accounts: what BambooHR shows and what Moodle has, without personal values."""

from __future__ import annotations

import json

import pytest

from tests.run_harness import API_KEY, RunHarness
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import TOKEN, ProfileField
from tests.worker.end_to_end.doctor_report import run_doctor

# What Moodle returns


@pytest.mark.parametrize(("unreturnable", "code"), [(8, 1), (7, 0)])
def test_a_site_that_returns_no_account_at_all_fails(harness: RunHarness, unreturnable: int, code: int) -> None:
    """Eight are too few to say that it is the site. A removed authentication plugin has this effect."""
    harness.company.add(generate(8, seed=3))
    harness.run()
    for user in harness.accounts()[:unreturnable]:
        harness.site.change_user(user["id"], auth="uninstalled")

    report = run_doctor(harness)

    assert (report.code, "Moodle accounts of employees" in report.areas) == (code, bool(code))
    assert report["conflicts"][1].startswith(f"{unreturnable} employees ({unreturnable} unreadable_account)")
    if code:
        assert "authentication plugin is not installed" in report.advice("Moodle accounts of employees")


# What BambooHR shows


def test_each_field_has_its_own_check(healthy: RunHarness) -> None:
    settings = healthy.bamboo.settings
    settings.list_restricted = frozenset({"hireDate"})
    settings.restricted_for = {"4": frozenset({"department"}), "5": frozenset({"department"})}
    for number in range(1, 31):
        healthy.company.edit(str(number), division=None)

    report = run_doctor(healthy, FIELD_MAPPING='{"institution": "division"}')

    assert report["BambooHR field hire_date"] == ("failed", "is not shown for any employee")
    assert report["BambooHR field department"] == ("warning", "is not shown for 2 of 30")
    assert report["BambooHR field division"] == ("warning", "is empty for all employees")
    assert report["BambooHR field last_name"] == ("ok", "filled for 100 % of the active employees")
    assert report.code == 1


def test_a_custom_field_that_nobody_is_shown_may_be_misspelled(healthy: RunHarness) -> None:
    healthy.company.edit("3", customCostCenter="C3")
    both = '{"institution": "bamboohr:customCostCenter", "city": "bamboohr:customCostCentre"}'

    report = run_doctor(healthy, FIELD_MAPPING=both)

    assert report["BambooHR field bamboohr:customCostCentre"] == ("failed", "is not shown for any employee")
    assert "spells its API name" in report.advice("BambooHR field bamboohr:customCostCentre")
    assert report["BambooHR field bamboohr:customCostCenter"][0] == "ok"


def test_a_scope_that_matches_no_employee_is_a_warning(healthy: RunHarness) -> None:
    departments = {user["department"] for user in healthy.accounts()} - {""}

    none = run_doctor(healthy, SCOPE=json.dumps({"department": ["Slaes"]}))
    all_of_them = run_doctor(healthy, SCOPE=json.dumps({"department": {"exclude": ["Slaes"]}}))
    one_too_many = run_doctor(healthy, SCOPE=json.dumps({"department": [*departments, "Slaes"]}))

    verdict, text = none["scope"]
    assert (verdict, text[:5]) == ("warning", "0 of ")
    assert 'no employee has what it allows: department "Slaes"' in text
    assert (all_of_them["scope"][0], one_too_many["scope"][0]) == ("ok", "warning")
    assert "scope" not in run_doctor(healthy).areas


def test_a_field_that_moodle_does_not_give_back_is_named(healthy: RunHarness) -> None:
    mapping = '{"phone1": "work_phone", "phone2": "mobile_phone", "middlename": "middle_name"}'
    (account, *_) = (user["id"] for user in healthy.accounts())
    healthy.site.settings.showuseridentity = ("email", "phone1")
    healthy.site.table.get(account).phone1 = "+1 617 555 0123"  # type: ignore[union-attr]

    report = run_doctor(healthy, FIELD_MAPPING=mapping)

    named = {area for area in report.areas if area.startswith("Moodle field ")}
    assert named == {"Moodle field phone2", "Moodle field middlename"}
    assert "showuseridentity" in report.advice("Moodle field phone2")
    assert report["Moodle field middlename"][1] == "no look-up returns it: it is written to new accounts only"


def test_an_address_shared_by_employees_names_their_ids(healthy: RunHarness) -> None:
    shared = str(healthy.company.values("3")["workEmail"])
    healthy.company.edit("9", workEmail=shared.upper())

    report = run_doctor(healthy)

    assert report["BambooHR e-mail addresses"] == ("warning", "1 address used by several employees: 3, 9")
    assert shared not in report.output.lower()


# What Moodle has


@pytest.mark.parametrize(
    ("account", "is_named"),
    [
        ({"username": "aroy", "email": "ana@home.example", "firstname": "Ána", "lastname": "Roy"}, True),
        ({"username": "ana.roy", "email": "a@home.example", "firstname": "A", "lastname": "B"}, True),
        ({"username": "bb", "email": "b@home.example", "firstname": "Ana", "lastname": "Bell"}, False),
        ({"username": "cc", "email": "c@home.example", "firstname": "Ana", "lastname": "Roy", "idnumber": "X9"}, False),
    ],
)
def test_an_account_that_may_be_the_employees_is_named_before_a_second_one_is_made(
    healthy: RunHarness, account: dict[str, str], is_named: bool
) -> None:
    healthy.company.hire("70", firstName="Ana", lastName="Roy", workEmail="ana.roy@example.com")
    present = healthy.site.add_user(auth="oidc", **account)

    report = run_doctor(healthy)

    named = report.bad.get("possible duplicate accounts") == "warning"
    assert named == is_named
    if named:
        assert report["possible duplicate accounts"][1].endswith(f": 70 (accounts {present})")
        assert "enter the employee id as its idnumber" in report.advice("possible duplicate accounts")


def test_an_idnumber_on_several_accounts_names_the_account_ids(healthy: RunHarness) -> None:
    twin = healthy.site.add_user("x", firstname="X", lastname="Y", email="x@example.com", auth="oidc", idnumber="3")

    report = run_doctor(healthy)

    assert report["Moodle idnumbers"] == (
        "warning",
        f"1 idnumber on several accounts: {healthy.site.user_named(_username(healthy, '3'))['id']}, {twin}",  # type: ignore[index]
    )
    assert report["conflicts"] == ("warning", "1 employee (1 several_accounts): 3")
    assert "explain --employee 3" in report.advice("conflicts")


def _username(harness: RunHarness, number: str) -> str:
    return str(harness.company.values(number)["workEmail"])


SITE = "Moodle field profile_field_site"


@pytest.fixture
def mapped(healthy: RunHarness) -> RunHarness:
    """Twenty of thirty employees have a location, which is mapped to the custom profile field `site` from now on."""
    for number in range(1, 31):
        location = "Berlin" if number % 2 else "Paris"
        healthy.company.edit(str(number), location=location if number <= 20 else None)
    healthy.environment["FIELD_MAPPING"] = '{"profile_field_site": "location"}'
    return healthy


def test_a_custom_field_that_no_account_shows_is_a_warning_until_a_run_has_written_it(mapped: RunHarness) -> None:
    before = run_doctor(mapped)
    assert mapped.run().code == 0

    written = run_doctor(mapped)

    assert before[SITE][0] == "warning"
    assert "the short name site: it does not exist, is hidden, or is empty" in before[SITE][1]
    assert written[SITE] == (
        "failed",
        "was written for 20 employees, but no account shows a field with the short name site",
    )
    assert "to create a custom profile field with this short name" in written.advice(SITE)
    assert (before.code, written.code) == (0, 1)


def test_a_custom_field_that_is_filled_is_counted(mapped: RunHarness) -> None:
    mapped.site.settings.profile_fields = (ProfileField("site"),)
    mapped.run()
    mapped.site.change_user(mapped.account("3")["id"], profile={})

    assert run_doctor(mapped)[SITE] == ("ok", "exists, and is filled for 19 of 20 accounts that should have a value")


def test_a_custom_field_that_is_empty_though_bamboohr_has_values_is_a_warning(mapped: RunHarness) -> None:
    mapped.site.settings.profile_fields = (ProfileField("site"),)
    mapped.site.change_user(mapped.site.guest_id, profile={"site": "Moon"})

    report = run_doctor(mapped)

    assert report[SITE] == (
        "warning",
        "exists, but is empty for every account whose employee has a value in BambooHR (20)",
    )
    assert "plan --everybody" in report.advice(SITE)


def test_values_that_moodle_does_not_keep_are_a_warning_that_names_the_employees(mapped: RunHarness) -> None:
    mapped.site.settings.profile_fields = (ProfileField("site", datatype="menu", options=("Berlin",)),)
    mapped.run()

    verdict, what = run_doctor(mapped)[SITE]

    assert verdict == "warning"
    assert what.startswith("Moodle does not keep the value of 10 employees: 2, 4, 6, 8")


@pytest.mark.parametrize(
    ("setting", "verdict", "expected"),
    [
        ("sync-service", "ok", "1 username, all found"),
        ("SYNC-SERVICE 4711", "ok", "1 username, all found"),
        ("", "warning", "PROTECTED_ACCOUNTS names no username"),
        ("4711", "warning", "PROTECTED_ACCOUNTS names no username"),
        ("sync-service, typo, Other", "warning", "PROTECTED_ACCOUNTS names 3 usernames, and no account has 2 of them"),
    ],
)
def test_protected_accounts_are_looked_up(healthy: RunHarness, setting: str, verdict: str, expected: str) -> None:
    report = run_doctor(healthy, "--quick", PROTECTED_ACCOUNTS=setting)

    assert (report.code, report["protected accounts"]) == (0, (verdict, expected))


@pytest.mark.parametrize("others", ["", "typo, "])
def test_a_protected_account_that_cannot_be_returned_is_a_warning_and_all_employees_are_checked(
    healthy: RunHarness, others: str
) -> None:
    boss = healthy.site.add_user("boss", firstname="Big", lastname="Boss", email="boss@x.io", auth="manual")
    healthy.site.change_user(boss, auth="uninstalled")

    report = run_doctor(healthy, PROTECTED_ACCOUNTS=f"boss, {others}sync-service")

    warnings = [check["what"] for check in report.checks if check["area"] == "protected accounts"]
    assert "1 cannot be looked up: Moodle cannot return this account (invalidresponse)" in warnings[0]
    assert [what.partition("no account has ")[2] for what in warnings[1:]] == (["1 of them"] if others else [])
    assert "BambooHR List Employees" in report.areas


@pytest.mark.parametrize("limit", ["", "0"])
def test_suspensions_due_in_a_reconcile_are_reported(healthy: RunHarness, limit: str) -> None:
    for number in ("3", "4"):
        healthy.company.terminate(number, stamp=False, hireDate="2020-01-01")

    report = run_doctor(healthy, MAX_SUSPENSIONS=limit)

    assert report["suspensions"] == ("warning", "a reconcile would suspend 2 accounts")


# No personal values


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_no_personal_value_is_shown_whatever_is_wrong(harness: RunHarness, form: list[str]) -> None:
    for number in range(1, 21):
        harness.company.hire(
            str(number),
            firstName=f"Vorquux{number}",
            lastName=f"Nachquux{number}",
            workEmail=f"adressequux{number % 15}@example.com",
            department=f"Abteilungquux{number}",
        )
    harness.site.add_user(
        "kontoquux", firstname="Kquux", lastname="Lquux", email="adressequux3@example.com", idnumber="quux"
    )
    harness.site.add_user("quuxleer", firstname="Kquux", lastname="Lquux", email="x@example.com", auth="oidc")
    harness.company.terminate("4")
    harness.run()
    harness.bamboo.settings.restricted_for = {"5": frozenset({"department"})}

    run = harness.run("doctor", *form, PROTECTED_ACCOUNTS="kontoquux, tippfehlerquux")

    assert run.code == 0
    for secret in ("quux", "robin", API_KEY, TOKEN, "example.com"):
        assert secret not in (run.stdout + run.stderr).lower()

"""`doctor` on people and accounts: what BambooHR shows, what Moodle has, and nothing of it told."""

from __future__ import annotations

import pytest

from tests.run_harness import API_KEY, Nights
from tests.sandbox.moodle import TOKEN, ProfileField
from tests.worker.end_to_end.examining import examined

# What BambooHR shows


def test_a_directory_that_is_not_shared_is_a_warning(healthy: Nights) -> None:
    healthy.bamboo.settings.directory_sharing = "off"

    told = examined(healthy)

    assert (told.code, told.bad) == (0, {"BambooHR directory": "warning"})
    assert "to share the directory" in told.advice("BambooHR directory")


def test_a_key_that_may_not_list_people_is_a_warning(healthy: Nights) -> None:
    healthy.bamboo.settings.list_refused = 403

    told = examined(healthy)

    assert (told.code, told.bad) == (0, {"BambooHR List Employees": "warning"})
    assert "neither dates nor a reconcile can work" in told.advice("BambooHR List Employees")


def test_fields_are_told_one_by_one(healthy: Nights) -> None:
    settings = healthy.bamboo.settings
    settings.list_restricted = frozenset({"hireDate"})
    settings.restricted_for = {"4": frozenset({"department"}), "5": frozenset({"department"})}
    for number in range(1, 31):
        healthy.company.edit(str(number), division=None)

    told = examined(healthy, FIELD_MAPPING='{"institution": "division"}')

    assert told["BambooHR field hire_date"] == ("failed", "is not shown for any employee")
    assert told["BambooHR field department"] == ("warning", "is not shown for 2 of 30")
    assert told["BambooHR field division"] == ("warning", "is empty for all employees")
    assert told["BambooHR field last_name"] == ("ok", "filled for 100 % of the active employees")
    assert told.code == 1


def test_an_address_of_several_people_names_them_by_id(healthy: Nights) -> None:
    shared = str(healthy.company.values("3")["workEmail"])
    healthy.company.edit("9", workEmail=shared.upper())

    told = examined(healthy)

    assert told["BambooHR e-mail addresses"] == ("warning", "1 addresses are used by several employees: 3, 9")
    assert shared not in told.output.lower()


# What Moodle has


def test_an_idnumber_on_several_accounts_names_them_by_id(healthy: Nights) -> None:
    twin = healthy.site.add_user("x", firstname="X", lastname="Y", email="x@example.com", auth="oidc", idnumber="3")

    told = examined(healthy)

    assert told["Moodle idnumbers"] == (
        "warning",
        f"1 idnumbers are on several accounts: {healthy.site.user_named(_name(healthy, '3'))['id']}, {twin}",  # type: ignore[index]
    )
    assert told["conflicts"] == ("warning", "1 employees (1 several_accounts): 3")
    assert "explain --employee ID" in told.advice("conflicts")


def _name(town: Nights, number: str) -> str:
    return str(town.company.values(number)["workEmail"])


def test_a_custom_field_that_nobody_is_seen_to_have_is_told(healthy: Nights) -> None:
    mapping = '{"profile_field_site": "location"}'
    unseen = examined(healthy, FIELD_MAPPING=mapping)
    healthy.site.settings.profile_fields = (ProfileField("site"),)
    healthy.site.change_user(healthy.account("3")["id"], profile={"site": "Berlin"})

    seen = examined(healthy, FIELD_MAPPING=mapping)

    assert unseen["Moodle field profile_field_site"][0] == "warning"
    assert "a custom field of this short name exists" in unseen.advice("Moodle field profile_field_site")
    assert seen["Moodle field profile_field_site"] == ("ok", "is there")


@pytest.mark.parametrize(
    ("setting", "verdict", "said"),
    [
        ("sync-service", "ok", "1 user names, all found"),
        ("SYNC-SERVICE 4711", "ok", "1 user names, all found"),
        ("", "warning", "PROTECTED_ACCOUNTS names no user name"),
        ("4711", "warning", "PROTECTED_ACCOUNTS names no user name"),
        ("sync-service, typo, Other", "warning", "2 of 3 user names of PROTECTED_ACCOUNTS are not in use"),
    ],
)
def test_protected_accounts_are_looked_up(healthy: Nights, setting: str, verdict: str, said: str) -> None:
    told = examined(healthy, "--quick", PROTECTED_ACCOUNTS=setting)

    assert (told.code, told["protected accounts"]) == (0, (verdict, said))


@pytest.mark.parametrize("limit", ["", "0"])
def test_suspensions_that_a_reconcile_would_do_are_told(healthy: Nights, limit: str) -> None:
    for number in ("3", "4"):
        healthy.company.terminate(number, stamp=False, hireDate="2020-01-01")

    told = examined(healthy, MAX_SUSPENSIONS=limit)

    assert told["suspensions"] == ("warning", "a reconcile would suspend 2 accounts")


# Nothing personal


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_no_value_of_anybody_is_told_whatever_is_wrong(town: Nights, form: list[str]) -> None:
    for number in range(1, 21):
        town.company.hire(
            str(number),
            firstName=f"Vorquux{number}",
            lastName=f"Nachquux{number}",
            workEmail=f"adressequux{number % 15}@example.com",
            department=f"Abteilungquux{number}",
        )
    town.site.add_user(
        "kontoquux", firstname="Kquux", lastname="Lquux", email="adressequux3@example.com", idnumber="quux"
    )
    town.site.add_user("quuxleer", firstname="Kquux", lastname="Lquux", email="x@example.com", auth="oidc")
    town.company.terminate("4")
    town.run()
    town.bamboo.settings.restricted_for = {"5": frozenset({"department"})}

    night = town.run("doctor", *form, PROTECTED_ACCOUNTS="kontoquux, tippfehlerquux")

    assert night.code == 0
    for secret in ("quux", "robin", API_KEY, TOKEN, "example.com"):
        assert secret not in (night.stdout + night.stderr).lower()

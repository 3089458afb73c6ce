"""No personal value and no credential leaves by stdout, stderr or the state, whatever goes wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.run_harness import API_KEY, Night, Nights
from tests.sandbox.moodle import DEVELOPER_DEBUG, TOKEN


def person(number: int, **values: str | None) -> dict[str, Any]:
    """Somebody whose every value can be told from any other text."""
    return {
        "firstName": f"Vorname{number}Quux",
        "lastName": f"Nachname{number}Quux",
        "preferredName": f"Rufname{number}Quux",
        "workEmail": f"adresse{number}quux@example.com",
        "department": f"Abteilung{number}Quux",
        "mobilePhone": f"+49 555 000 {number:04}",
        **values,
    }


@pytest.fixture
def personal(town: Nights) -> Nights:
    """A company of which everybody can be recognised, with every kind of trouble in it, and a Moodle that talks."""
    town.site.settings.debug = DEVELOPER_DEBUG
    company = town.company
    for number in range(1, 41):
        company.hire(str(number), **person(number))
    company.hire("50", **person(50, workEmail="adresse1quux@example.com"))
    company.hire("51", **person(51, workEmail=None))
    company.hire("52", **person(52, workEmail="adresse52quux@localhost"))
    company.hire("53", **person(53, workEmail="o'adresse53quux@example.com"))
    company.hire("54", hidden=True, **person(54, status=""))
    company.hire("55", **person(55))
    company.terminate("55")
    town.site.add_user(
        "kontoquux",
        firstname="KontoVornameQuux",
        lastname="KontoNachnameQuux",
        email="adresse2quux@example.com",
        idnumber="kennungquux@example.com",
    )
    town.site.add_user("leftquux", firstname="LQuux", lastname="MQuux", email="adresse55quux@example.com")
    return town


def secrets(town: Nights) -> Iterable[str]:
    """Everything that must not be seen, in lower case."""
    yield from (API_KEY, TOKEN, "quux", "robin", "personal person", "+49 555")
    for user in town.site.users():
        if user["email"]:
            yield user["email"].lower()


def assert_silent(town: Nights, night: Night) -> None:
    with closing(sqlite3.connect(town.state_file)) as state:
        rows = state.execute("SELECT key, body FROM items").fetchall()
    kept = "\n".join(f"{key} {body}" for key, body in rows if "#journal#" not in key)
    for place, text in (("stdout", night.stdout), ("stderr", night.stderr), ("state", kept)):
        for secret in secrets(town):
            assert secret not in text.lower(), f"{secret} in {place}"


def test_a_night_with_every_kind_of_trouble_names_nobody_but_by_number(personal: Nights) -> None:
    night = personal.run()

    assert night.code == 1
    assert {1, 2, 50} & set(night["errors_ids"])
    assert_silent(personal, night)


@pytest.mark.parametrize(
    "fault", ["reset_before", "reset_after", "status", "html", "truncate", "wrong_type"], ids=lambda kind: str(kind)
)
@pytest.mark.parametrize(
    "operation", ["changed", "directory", "employees", "core_user_get_users_by_field", "core_user_create_users"]
)
def test_no_fault_makes_it_talk(personal: Nights, fault: str, operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.cli.StopSignal.wait", lambda stopping, _: stopping.check())
    of_bamboo = not operation.startswith("core_")
    (personal.fail_bamboo if of_bamboo else personal.fail_moodle)(fault, operation=operation, times=0, status=500)

    assert_silent(personal, personal.run())


@pytest.mark.parametrize("switch", ["key_disabled", "list_refused", "invisible"])
def test_bamboohrs_own_words_are_not_repeated(personal: Nights, switch: str) -> None:
    value: Any = {"key_disabled": True, "list_refused": 403, "invisible": frozenset({"54"})}[switch]
    setattr(personal.bamboo.settings, switch, value)

    assert_silent(personal, personal.run())


def test_updates_leavers_and_dry_runs_name_nobody(personal: Nights) -> None:
    personal.run()
    personal.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    personal.company.edit("3", lastName="NeuerNameQuux", workEmail="neuquux@example.com")
    personal.company.terminate("4", hireDate="2020-01-01")

    assert_silent(personal, personal.run("--dry-run"))
    assert_silent(personal, personal.run())
    assert_silent(personal, personal.run("--employee", "3"))


def test_a_wrong_credential_is_not_repeated(personal: Nights) -> None:
    for settings in (
        {"BAMBOOHR_API_KEY": "geheimquux"},
        {"MOODLE_TOKEN": "geheimquux"},
        {"MOODLE_TOKEN": "ge heim quux"},
    ):
        night = personal.run(**settings)

        assert night.code == 3
        assert "quux" not in (night.stdout + night.stderr).lower()


def test_no_command_names_anybody_unless_asked_to(personal: Nights, tmp_path: Path) -> None:
    wrote = personal.run()["run_id"]
    personal.company.clock.advance(hours=1)  # type: ignore[attr-defined]
    for number in range(1, 20):
        personal.company.terminate(str(number), hireDate="2020-01-01")
    held = personal.run()["run_id"]
    page = tmp_path / "page.html"

    for command in (
        ("plan",),
        ("plan", "--json", "--everybody"),
        ("plan", "--html", str(page)),
        ("explain", "--employee", "2"),
        ("explain", "--employee", "55", "--json"),
        ("doctor",),
        ("approve", held),
        ("undo", wrote, "--yes"),
        ("reconcile", "--yes"),
        ("parked", "list"),
        ("state", "show"),
    ):
        assert_silent(personal, personal.run(*command))
    assert "quux" not in page.read_text().lower()


def test_the_journal_alone_holds_values_and_only_of_what_was_written(personal: Nights) -> None:
    personal.run()

    with closing(sqlite3.connect(personal.state_file)) as state:
        rows = state.execute("SELECT key, body FROM items").fetchall()
    holding = [key for key, body in rows if "quux" in body.lower()]

    assert holding
    assert all("#journal#" in key for key in holding)

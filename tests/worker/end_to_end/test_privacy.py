"""No personal value and no credential leaves by stdout, stderr or the state, whatever goes wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.run_harness import API_KEY, RunHarness, RunResult
from tests.sandbox.moodle import DEVELOPER_DEBUG, TOKEN
from tests.worker.end_to_end.tools import advance_clock


def employee(number: int, **values: str | None) -> dict[str, Any]:
    """Return the values of an employee, each recognisable in any text."""
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
def personal(harness: RunHarness) -> RunHarness:
    """A company with recognisable values and every kind of fault, and a Moodle in debug mode."""
    harness.site.settings.debug = DEVELOPER_DEBUG
    company = harness.company
    for number in range(1, 41):
        company.hire(str(number), **employee(number))
    company.hire("50", **employee(50, workEmail="adresse1quux@example.com"))
    company.hire("51", **employee(51, workEmail=None))
    company.hire("52", **employee(52, workEmail="adresse52quux@localhost"))
    company.hire("53", **employee(53, workEmail="o'adresse53quux@example.com"))
    company.hire("54", hidden=True, **employee(54, status=""))
    company.hire("55", **employee(55))
    company.terminate("55")
    harness.site.add_user(
        "kontoquux",
        firstname="KontoVornameQuux",
        lastname="KontoNachnameQuux",
        email="adresse2quux@example.com",
        idnumber="kennungquux@example.com",
    )
    harness.site.add_user("leftquux", firstname="LQuux", lastname="MQuux", email="adresse55quux@example.com")
    return harness


def secrets(harness: RunHarness) -> Iterable[str]:
    """Yield everything that must not be shown, in lower case."""
    yield from (API_KEY, TOKEN, "quux", "robin", "personal person", "+49 555")
    for user in harness.site.users():
        if user["email"]:
            yield user["email"].lower()


def assert_no_secret(harness: RunHarness, run: RunResult) -> None:
    with closing(sqlite3.connect(harness.state_file)) as state:
        rows = state.execute("SELECT key, body FROM items").fetchall()
    stored = "\n".join(f"{key} {body}" for key, body in rows if "#journal#" not in key)
    for place, text in (("stdout", run.stdout), ("stderr", run.stderr), ("state", stored)):
        for secret in secrets(harness):
            assert secret not in text.lower(), f"{secret} in {place}"


def test_a_run_with_every_kind_of_fault_names_employees_only_by_id(personal: RunHarness) -> None:
    run = personal.run()

    assert run.code == 1
    assert {1, 2, 50} & set(run["errors_ids"])
    assert_no_secret(personal, run)


@pytest.mark.parametrize("fault", ["reset_before", "status", "html", "truncate", "wrong_type"])
@pytest.mark.parametrize(
    "operation", ["changed", "directory", "employees", "core_user_get_users_by_field", "core_user_create_users"]
)
def test_no_fault_reveals_a_secret(
    personal: RunHarness, fault: str, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.cli.StopSignal.wait", lambda stopping, _: stopping.check())
    of_bamboo = not operation.startswith("core_")
    (personal.fail_bamboo if of_bamboo else personal.fail_moodle)(fault, operation=operation, times=0, status=500)

    assert_no_secret(personal, personal.run())


@pytest.mark.parametrize("switch", ["key_disabled", "list_refused", "invisible"])
def test_the_text_of_bamboohrs_errors_is_not_repeated(personal: RunHarness, switch: str) -> None:
    value: Any = {"key_disabled": True, "list_refused": 403, "invisible": frozenset({"54"})}[switch]
    setattr(personal.bamboo.settings, switch, value)

    assert_no_secret(personal, personal.run())


def test_updates_leavers_and_dry_runs_show_no_values(personal: RunHarness) -> None:
    personal.run()
    advance_clock(personal, hours=1)
    personal.company.edit("3", lastName="NeuerNameQuux", workEmail="neuquux@example.com")
    personal.company.terminate("4", hireDate="2020-01-01")

    assert_no_secret(personal, personal.run("--dry-run"))
    assert_no_secret(personal, personal.run())
    assert_no_secret(personal, personal.run("--employee", "3"))


def test_a_wrong_credential_is_not_repeated(personal: RunHarness) -> None:
    for settings in (
        {"BAMBOOHR_API_KEY": "geheimquux"},
        {"MOODLE_TOKEN": "geheimquux"},
        {"MOODLE_TOKEN": "ge heim quux"},
    ):
        run = personal.run(**settings)

        assert run.code == 3
        assert "quux" not in (run.stdout + run.stderr).lower()


def test_no_command_shows_values_without_the_option(personal: RunHarness, tmp_path: Path) -> None:
    wrote = personal.run()["run_id"]
    advance_clock(personal, hours=1)
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
        ("approve", held, "--yes"),
        ("undo", wrote, "--yes"),
        ("reconcile", "--yes"),
        ("people", "list"),
        ("state", "show"),
    ):
        assert_no_secret(personal, personal.run(*command))
    assert "quux" not in page.read_text().lower()


def test_the_journal_alone_holds_values_and_only_of_what_was_written(personal: RunHarness) -> None:
    personal.run()

    with closing(sqlite3.connect(personal.state_file)) as state:
        rows = state.execute("SELECT key, body FROM items").fetchall()
    holding = [key for key, body in rows if "quux" in body.lower()]

    assert holding
    assert all("#journal#" in key for key in holding)

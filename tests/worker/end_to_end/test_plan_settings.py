"""`plan --settings FILE`: what other settings would do to all employees, which is what a run with them then does."""

from __future__ import annotations

import json
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.run_harness import RunHarness, RunResult, start_harness
from tests.sandbox.bamboohr import generate


@pytest.fixture
def pending(harness: RunHarness) -> RunHarness:
    """Forty employees in sync after the first full pass, and one who starts in five days."""
    harness.company.add(generate(40, seed=41))
    harness.company.hire_ahead(
        date.today() + timedelta(days=5), "203", firstName="Ada", lastName="Bell", workEmail="ab@example.com"
    )
    assert harness.run().code == 0
    assert harness.run("reconcile", "--yes").code == 0
    harness.forget_calls()
    return harness


def planned(harness: RunHarness, toml: str, *arguments: str) -> RunResult:
    file = harness.state_file.with_name("edited.toml")
    file.write_text(toml)
    return harness.run("plan", "--settings", str(file), *arguments)


def rows(plan: RunResult) -> dict[int, tuple[Any, ...]]:
    """Return the action, the fields and the held classes of each row."""
    found = [row for row in json.loads(plan.stdout)["rows"] if row["action"] != "unchanged"]
    return {row["employee_id"]: (row["action"], tuple(row["fields"]), tuple(row["held"])) for row in found}


def employees_with_field(plan: RunResult, field: str) -> set[int]:
    return {number for number, (_, fields, _) in rows(plan).items() if field in fields}


def test_the_mapping_of_the_file_is_planned_for_all_employees(pending: RunHarness) -> None:
    mapping = '[Limits]\nupdate = 100\n[FieldMapping]\ninstitution = "division"\ndepartment = false\n'

    plan = planned(pending, f'ProjectName = "x"\n{mapping}', "--json")

    assert len(employees_with_field(plan, "institution")) > 30
    assert not employees_with_field(plan, "department")
    assert pending.writes() == []


def test_the_look_ahead_of_the_file_creates_the_account_of_an_employee_who_starts_soon(pending: RunHarness) -> None:
    assert rows(planned(pending, "HireLookaheadDays = 4", "--json"))[203][0] == "hold"
    assert rows(planned(pending, "HireLookaheadDays = 7", "--json"))[203][0] == "create"


def test_the_plan_says_which_guard_would_hold_what_the_settings_change(pending: RunHarness) -> None:
    settings = '[Limits]\nupdate = 10\n[FieldMapping]\ninstitution = "division"\n'

    plan = planned(pending, settings, "--json")

    assert plan.code == 4
    assert {row[0] for row in rows(plan).values()} == {"hold"}
    shown = planned(pending, settings).stdout
    assert "institution changes for" in shown
    assert "\nNext:\n  The plan uses settings that are not in force yet." in shown


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        (None, 2, "cannot be read"),
        ('{"institution": "division"}', 2, "is not TOML"),
        ('[FieldMapping]\ninstitution = "shoe_size"', 3, "FieldMapping.institution"),
        ('BambooCompanyDomain = "other"', 3, "belongs to company acme"),
    ],
)
def test_a_file_that_cannot_be_tried_is_refused_before_any_call(
    pending: RunHarness, text: str | None, code: int, expected: str
) -> None:
    plan = planned(pending, text) if text else pending.run("plan", "--settings", "missing.toml")

    assert (plan.code, plan.stdout, pending.to_bamboo.calls) == (code, "", [])
    assert plan.stderr.startswith("worker: ")
    assert expected in plan.stderr


MAPPINGS = st.dictionaries(
    st.sampled_from(["institution", "department", "city", "lastname", "firstname"]),
    st.sampled_from(
        [
            "division",
            "bamboohr:customSite",
            {"from": "location", "when": "create"},
            ["preferred_name", "last_name"],
        ]
    ),
    max_size=3,
)
LIMITS = st.dictionaries(
    st.sampled_from(["suspend", "reactivate", "identity", "clear", "update", "create"]),
    st.sampled_from([0, 3, 30, "10%", "100%"]),
    max_size=4,
)
SCOPES = st.dictionaries(
    st.sampled_from(["department", "employment_status", "bamboohr:customSite"]),
    st.sampled_from([["Sales", "Full-Time", "north"], {"exclude": ["Support", "Full-Time", "South"]}, ["Nowhere"]]),
    max_size=2,
)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "USERNAME_TEMPLATE": st.sampled_from(["{work_email}", "{employee_id}", "{first_name}.{last_name}"]),
        "HIRE_LOOKAHEAD_DAYS": st.sampled_from([0, 3, 10]),
        "REACTIVATE": st.sampled_from(["ours", "always"]),
        "PROTECTED_ACCOUNTS": st.sampled_from([["1"], ["1", "2"]]),
        "MAX_SUSPENSIONS": st.sampled_from([0, 1, 50]),
        "FIELD_MAPPING": MAPPINGS,
        "LIMITS": LIMITS,
        "SCOPE": SCOPES,
        "OUT_OF_SCOPE": st.sampled_from(["keep", "suspend"]),
        "EXTENDED_USERNAMES": st.booleans(),
        "DEFAULT_LAST_NAME": st.sampled_from(["-", "Lee"]),
    },
)


def as_toml(values: dict[str, Any]) -> str:
    lines = {name.title().replace("_", ""): value for name, value in values.items()}
    return "".join(f"{key} = {toml(value)}\n" for key, value in lines.items())


def toml(value: object) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{json.dumps(key)} = {toml(entry)}' for key, entry in value.items())} }}"
    return json.dumps(value)


def as_variable(value: object) -> str:
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, bool):
        return json.dumps(value)
    return ",".join(value) if isinstance(value, list) else str(value)


@given(SETTINGS)
@settings(max_examples=settings().max_examples // 2)
def test_a_run_with_these_settings_then_does_what_the_plan_shows_employee_by_employee(values: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder, start_harness(Path(folder)) as harness:
        live_through_a_week(harness)
        before = accounts(harness)

        plan = planned(harness, as_toml(values), "--json")

        run = harness.run("reconcile", "--yes", **{name: as_variable(value) for name, value in values.items()})
        assert plan.code == run.code
        assert rows(plan) == done(run)
        written = {row for row, (action, *_) in rows(plan).items() if action in WRITES}
        assert {number for number, account in accounts(harness).items() if before.get(number) != account} == written


WRITES = ("create", "update", "suspend", "reactivate")


def live_through_a_week(harness: RunHarness) -> None:
    """A company in sync, in which employees then leave, move, are hired, and were suspended by hand."""
    company = harness.company
    company.add(generate(25, seed=3))
    for one in range(1, 26):
        company.edit(str(one), customSite="North" if one % 3 else "South" if one % 2 else None)
    company.hire_ahead(date.today() + timedelta(days=5), "203", firstName="A", lastName="B", workEmail="ab@example.com")
    assert harness.run().code == 0
    assert harness.run("reconcile", "--yes").code == 0
    company.clock.advance(hours=1)  # type: ignore[attr-defined]
    for number in ("3", "4"):
        company.terminate(number, hireDate="2020-01-01")
    company.edit("7", department="Legal", division=None, location="")
    company.edit("8", lastName="Married", workEmail="married@example.com")
    company.hire("200", firstName="Ann", lastName="Lee", workEmail="al@example.com")
    company.hire("201", firstName="No", lastName="Mail", workEmail=None)
    company.hire("202", firstName="Pat", lastName="O'Brien", workEmail="o'brien@example.com", customSite="North")
    company.hire("204", firstName="Suharto", lastName="", workEmail="suharto@example.com", customSite="South")
    company.hire("205", firstName="", lastName="Madonna", workEmail="madonna@example.com")
    harness.site.change_user(harness.account("9")["id"], suspended=1)


def done(run: RunResult) -> dict[int, tuple[Any, ...]]:
    """Return what the log says of each employee whom the run did not leave unchanged."""
    lines = [line for line in run.log if line.get("event") == "sync.person" and line["action"] != "unchanged"]
    return {line["employee_id"]: (line["action"], tuple(line["fields"]), tuple(line["held"] or ())) for line in lines}


def accounts(harness: RunHarness) -> dict[int, dict[str, Any]]:
    return {int(account["idnumber"]): account for account in harness.accounts()}

"""`doctor`: what is wrong, and what to do about it."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any

import pytest

from tests.run_harness import API_KEY, RunHarness
from tests.sandbox.aws import emulated_aws, prepare
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import TOKEN
from tests.worker.end_to_end.doctor_report import run_doctor
from tests.worker.end_to_end.tools import hold_lock, state_and_site, write_item

FUNCTIONS = (
    "core_user_get_users_by_field",
    "core_user_get_users",
    "core_user_create_users",
    "core_user_update_users",
)


# Everything is ok


def test_every_check_of_a_healthy_installation_is_ok(healthy: RunHarness) -> None:
    report = run_doctor(healthy)

    assert (report.code, report.bad) == (0, {})
    assert report.areas == [
        "configuration",
        "state row",
        "lock",
        "last run",
        "credential BAMBOOHR_API_KEY",
        "credential MOODLE_TOKEN",
        "BambooHR changed feed",
        "clock, against BambooHR",
        *(f"Moodle {function}" for function in FUNCTIONS),
        "Moodle visibility",
        "clock, against Moodle",
        "protected accounts",
        "BambooHR List Employees",
        "BambooHR directory",
        *(f"BambooHR field {field}" for field in ("status", "hire_date")),
        *(f"BambooHR field {field}" for field in ("first_name", "last_name", "work_email", "department")),
        "BambooHR e-mail addresses",
        "Moodle auth oidc",
        "Moodle idnumbers",
        "accounts and employees",
    ]
    assert report["BambooHR List Employees"] == ("ok", "30 employees, 30 of them Active")
    assert report["accounts and employees"] == ("ok", "30 by idnumber, 0 would be linked by e-mail, 0 would be created")


def test_the_text_has_a_line_for_each_check_and_the_counts(healthy: RunHarness) -> None:
    healthy.company.edit("3", workEmail=healthy.company.values("4")["workEmail"])

    run = healthy.run("doctor")

    lines = run.stdout.splitlines()
    assert lines[0] == "ok       configuration: every variable is set and valid"
    assert "warning  BambooHR e-mail addresses: 1 address used by several employees: 3, 4" in lines
    assert "         -> ask BambooHR's administrator: each employee needs a separate address" in run.stdout
    assert lines[-1].endswith(" ok, 3 warnings, 0 failed")
    assert (run.code, run.stderr) == (0, "")


def test_quick_reads_only_the_guest_account(healthy: RunHarness) -> None:
    report = run_doctor(healthy, "--quick")

    assert (report.code, report.bad) == (0, {})
    assert report.areas[-1] == "protected accounts"
    assert healthy.to_bamboo.calls == ["changed"]
    assert len(healthy.to_moodle.calls) == 6


def test_doctor_changes_nothing_and_needs_no_lock(healthy: RunHarness) -> None:
    healthy.company.terminate("3", hireDate="2020-01-01")
    healthy.company.hire("50", firstName="A", lastName="B", workEmail="ab@example.com")
    hold_lock(healthy)
    before, events = state_and_site(healthy), list(healthy.site.events)

    report = run_doctor(healthy)

    assert (state_and_site(healthy), healthy.site.events) == (before, events)
    assert (report.code, report["lock"]) == (0, ("warning", "held by the run another-run"))


def test_doctor_before_the_first_run_says_what_that_run_will_do(harness: RunHarness) -> None:
    harness.company.add(generate(10, seed=101))
    third = harness.company.values("3")
    harness.site.add_user("x", firstname="X", lastname=str(third["lastName"]), email=str(third["workEmail"]))

    report = run_doctor(harness)

    assert report.code == 0
    assert report["state row"][1].startswith("none yet")
    assert report["last run"] == ("ok", "none yet")
    assert report["accounts and employees"][1] == "0 by idnumber, 1 would be linked by e-mail, 9 would be created"
    assert report["Moodle auth oidc"] == (
        "warning",
        "no account uses it: the plugin may not be installed (Moodle accepts any that is, even a disabled one)",
    )


# Configuration and credentials


def test_every_configuration_fault_has_a_line(healthy: RunHarness) -> None:
    report = run_doctor(healthy, MOODLE_TOKEN="", BATCH_SIZE="x", BAMBOO_COMPANY_DOMAIN="")

    assert report.code == 3
    assert [check["verdict"] for check in report.checks] == ["failed"] * 3
    assert {check["what"].split()[0] for check in report.checks} == {
        "BAMBOO_COMPANY_DOMAIN",
        "MOODLE_SECRET_ID",
        "BATCH_SIZE",
    }
    assert healthy.to_bamboo.calls == []


@pytest.mark.parametrize("name", ["BAMBOOHR_API_KEY", "MOODLE_TOKEN"])
def test_a_malformed_credential_names_the_command_that_fixes_it(healthy: RunHarness, name: str) -> None:
    report = run_doctor(healthy, **{name: "two words"})

    assert (report.code, report.bad) == (3, {f"credential {name}": "failed"})
    assert f"read -rs {name}" in report.advice(f"credential {name}")
    assert "words" not in report.output
    assert healthy.to_bamboo.calls + healthy.to_moodle.calls == []


def test_a_missing_secret_is_named_and_the_other_credential_is_checked(
    healthy: RunHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    with emulated_aws() as aws:
        for name, value in aws.items():
            monkeypatch.setenv(name, value)
        secrets = {**prepare(aws, API_KEY, TOKEN), "MOODLE_SECRET_ID": "nowhere/moodle"}
        report = run_doctor(healthy, **secrets, BAMBOOHR_API_KEY="", MOODLE_TOKEN="", STATE_FILE="")

    assert (report.code, report.bad) == (3, {"credential MOODLE_TOKEN": "failed"})
    assert report["credential BAMBOOHR_API_KEY"] == ("ok", f"is set (in {secrets['BAMBOO_SECRET_ID']})")
    assert report["credential MOODLE_TOKEN"][1] == "the secret nowhere/moodle does not exist or was never set"
    assert "put-secret-value --secret-id nowhere/moodle" in report.advice("credential MOODLE_TOKEN")
    assert API_KEY not in report.output


def test_a_wrong_api_key_is_reported_and_moodle_is_still_checked(healthy: RunHarness) -> None:
    report = run_doctor(healthy, BAMBOOHR_API_KEY="f" * 40)

    assert report.code == 3
    assert report["BambooHR changed feed"] == ("failed", "BambooHR does not know the API key (HTTP 401)")
    assert report["Moodle visibility"][0] == "ok"
    assert report["all employees"] == ("warning", "were not read")
    assert healthy.to_bamboo.calls == ["changed"]


def test_a_wrong_token_is_reported_once_and_further_moodle_checks_are_skipped(healthy: RunHarness) -> None:
    report = run_doctor(healthy, MOODLE_TOKEN="f" * 32)

    assert report.code == 3
    assert report["BambooHR changed feed"][0] == "ok"
    assert (report["Moodle"][0], report["all employees"][0]) == ("failed", "warning")
    assert "read -rs MOODLE_TOKEN" in report.advice("Moodle")
    assert len(healthy.to_moodle.calls) == 1


def test_a_disabled_key_is_reported(healthy: RunHarness) -> None:
    healthy.bamboo.settings.key_disabled = True

    report = run_doctor(healthy)

    assert (report.code, report["BambooHR changed feed"][0]) == (3, "failed")
    assert "robin" not in report.output.lower()


# Moodle's capabilities


@pytest.mark.parametrize(
    ("function", "verdict", "code"),
    [
        ("core_user_get_users_by_field", "warning", 0),
        ("core_user_get_users", "warning", 0),
        ("core_user_create_users", "failed", 1),
        ("core_user_update_users", "failed", 1),
    ],
)
def test_a_function_missing_from_the_service_is_named(
    healthy: RunHarness, function: str, verdict: str, code: int
) -> None:
    healthy.site.service_functions.discard(function)

    report = run_doctor(healthy)

    assert (report.code, report[f"Moodle {function}"][0]) == (code, verdict)
    assert report[f"Moodle {function}"][1].startswith("refused (accessexception)")
    assert "administrator to check in this order: the function is in the token's service;" in report.advice(
        f"Moodle {function}"
    )
    if function == "core_user_get_users":
        assert "the Moodle token may not use core_user_get_users" in report["Moodle accounts"][1]


def test_a_listing_that_takes_too_long_is_no_missing_function(healthy: RunHarness) -> None:
    healthy.fail_moodle("status", operation="core_user_get_users", status=504, skip=1, times=0)

    report = run_doctor(healthy)

    assert (report.code, report["Moodle core_user_get_users"][0]) == (0, "ok")
    assert report["Moodle accounts"][0] == "warning"
    assert "HTTP 504: the site took longer than its web server waits" in report["Moodle accounts"][1]
    assert "to allow 300 s" in report.advice("Moodle accounts")
    assert "core_user_get_users" not in report.advice("Moodle accounts")


def test_where_every_function_is_refused_what_they_have_in_common_is_checked_first(healthy: RunHarness) -> None:
    healthy.site.capabilities.discard("webservice/rest:use")

    report = run_doctor(healthy, "--quick")

    assert (report.code, {report[f"Moodle {function}"][0] for function in FUNCTIONS}) == (1, {"failed"})
    advice = report.advice("Moodle core_user_get_users")
    causes = ["webservice/rest:use", "enabled", "authorised", "IP restriction", "Valid until", "the function is in"]
    assert [advice.index(cause) for cause in causes] == sorted(advice.index(cause) for cause in causes)


@pytest.mark.parametrize("maintenance", ["cli", "gui"])
def test_maintenance_is_named_at_once(healthy: RunHarness, maintenance: Any) -> None:
    healthy.site.settings.maintenance = maintenance

    report = run_doctor(healthy)

    assert (report.code, report["Moodle"][0]) == (1, "failed")
    assert "in maintenance" in report["Moodle"][1]
    assert len(healthy.to_moodle.calls) == 1
    assert "http.retry" not in report.output


def test_a_single_passing_fault_does_not_fail_a_check(healthy: RunHarness) -> None:
    healthy.fail_moodle("status", operation="core_user_get_users", status=502)
    healthy.fail_bamboo("status", operation="changed", status=502)

    assert run_doctor(healthy).code == 0


def test_a_service_without_both_look_up_functions_fails(healthy: RunHarness) -> None:
    healthy.site.service_functions -= {"core_user_get_users_by_field", "core_user_get_users"}

    report = run_doctor(healthy)

    assert report.code == 1
    assert report["Moodle core_user_get_users_by_field"][0] == "failed"
    assert report["Moodle visibility"][0] == "failed"
    assert report["all employees"] == ("warning", "were not read")


@pytest.mark.parametrize("right", ["create", "update"])
def test_a_capability_missing_from_the_role_is_named(healthy: RunHarness, right: str) -> None:
    healthy.site.capabilities.discard(f"moodle/user:{right}")

    report = run_doctor(healthy)

    assert report.code == 1
    assert report[f"Moodle core_user_{right}_users"] == ("failed", "refused (nopermissions)")
    assert "to give the token's role the capability" in report.advice(f"Moodle core_user_{right}_users")


@pytest.mark.parametrize(
    ("capability", "expected"),
    [
        ("moodle/user:viewdetails", "does not see accounts at all"),
        ("moodle/user:viewalldetails", "does not see accounts at all"),
        ("moodle/site:viewuseridentity", "sees accounts without email"),
        ("moodle/site:viewfullnames", "sees accounts without firstname, lastname"),
    ],
)
def test_a_token_that_cannot_see_users_is_detected(healthy: RunHarness, capability: str, expected: str) -> None:
    healthy.site.capabilities.discard(capability)

    report = run_doctor(healthy)

    assert (report.code, report["Moodle visibility"][0]) == (1, "failed")
    assert expected in report["Moodle visibility"][1]
    assert "viewdetails, viewalldetails, viewuseridentity, viewfullnames" in report.advice("Moodle visibility")
    assert report["all employees"] == ("warning", "were not read")


def test_disabled_web_services_are_reported(healthy: RunHarness) -> None:
    healthy.site.settings.webservices = False

    report = run_doctor(healthy)

    assert report["Moodle"][0] == "failed"
    assert report.code != 0


# State and clocks


def test_a_pinned_window_and_a_run_with_errors_are_reported(healthy: RunHarness) -> None:
    healthy.site.add_user("x", firstname="X", lastname="Y", email="taken@example.com", idnumber="999")
    healthy.company.hire("50", firstName="A", lastName="B", workEmail="taken@example.com")
    run = [healthy.run() for _ in range(2)][-1]["run_id"]

    report = run_doctor(healthy, "--quick")

    assert report["state row"][0] == "warning"
    assert report["state row"][1].endswith("for 2 runs because of errors")
    assert report["last run"] == ("warning", f"{run} ended with errors")
    assert report.code == 0


def test_parked_and_undone_employees_are_reported(healthy: RunHarness) -> None:
    healthy.site.add_user("x", firstname="X", lastname="Y", email="taken@example.com", idnumber="999")
    healthy.company.hire("50", firstName="A", lastName="B", workEmail="taken@example.com")
    healthy.company.edit("3", department="Elsewhere")
    run = healthy.run(MAX_ATTEMPTS="1")
    healthy.run("undo", run["run_id"], "--yes")

    report = run_doctor(healthy, "--quick")

    assert [check["what"] for check in report.checks if check["area"] == "employees"] == ["1 parked: 50", "1 undone: 3"]


def test_an_unusable_state_row_is_a_failed_check_and_the_others_run(healthy: RunHarness) -> None:
    write_item(healthy, "default", since="yesterday", offset=0)

    report = run_doctor(healthy)

    assert report.code == 3
    assert report["state"][0] == "failed"
    assert report["BambooHR List Employees"][0] == "ok"


def test_a_state_that_cannot_be_opened_is_a_failed_check_and_the_others_run(healthy: RunHarness) -> None:
    report = run_doctor(healthy, "--quick", STATE_FILE="nowhere/at/all/state.sqlite")

    assert (report.code, report.bad) == (3, {"state": "failed"})
    assert report["state"][1].startswith("STATE_FILE")
    assert report["Moodle visibility"][0] == "ok"


@pytest.mark.parametrize("difference", [600, -7200])
@pytest.mark.parametrize("system", ["BambooHR", "Moodle"])
def test_a_clock_difference_is_reported(
    healthy: RunHarness, monkeypatch: pytest.MonkeyPatch, system: str, difference: int
) -> None:
    board = healthy.to_bamboo if system == "BambooHR" else healthy.to_moodle

    def date_header(server: Any) -> str:
        return formatdate(time.time() + (difference if server.switchboard is board else 0), usegmt=True)

    monkeypatch.setattr("http.server.BaseHTTPRequestHandler.date_time_string", date_header)
    report = run_doctor(healthy, "--quick")

    assert (report.code, report.bad) == (0, {f"clock, against {system}": "warning"})
    assert report[f"clock, against {system}"][1] in {
        f"the clocks are {abs(difference) + more} s apart" for more in (-1, 0, 1)
    }
    assert "synchronise this machine's clock with NTP" in report.advice(f"clock, against {system}")


def test_a_server_without_a_valid_date_header_is_no_fault(healthy: RunHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("http.server.BaseHTTPRequestHandler.date_time_string", lambda _: "the time")

    report = run_doctor(healthy, "--quick")

    assert (report.code, report.bad) == (0, {})


def test_unknown_arguments_are_reported_in_plain_text(healthy: RunHarness) -> None:
    run = healthy.run("doctor", "--nonsense")

    assert (run.code, run.stdout) == (2, "")
    assert run.stderr.startswith("worker: ")

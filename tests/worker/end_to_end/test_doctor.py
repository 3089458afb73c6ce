"""`doctor`: what is wrong, and what to do about it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

import pytest

from tests.run_harness import API_KEY, RunHarness
from tests.sandbox.aws import emulated_aws, prepare
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import TOKEN
from tests.worker.end_to_end.doctor_report import run_doctor
from tests.worker.end_to_end.tools import delete_item, write_item

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
        "reconcile",
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


# One thing is wrong: its check names it, with the advice, and the others are made as far as they can be


@dataclass(frozen=True)
class Wrong:
    """Something wrong with the installation, and what its check says."""

    area: str
    what: str
    advice: str = ""
    verdict: str = "failed"
    code: int = 1
    also: Mapping[str, str] = field(default_factory=dict)
    capability: str = ""
    function: str = ""
    moodle: Mapping[str, Any] = field(default_factory=dict)
    bamboo: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    def bring_about(self, harness: RunHarness) -> None:
        harness.site.capabilities.discard(self.capability)
        harness.site.service_functions.discard(self.function)
        for system, values in ((harness.site.settings, self.moodle), (harness.bamboo.settings, self.bamboo)):
            for name, value in values.items():
                setattr(system, name, value)


UNREAD = {"all employees": "warning"}
CAUSES = "administrator to check in this order: the function is in the token's service;"
SIGHT = "viewdetails, viewalldetails, viewuseridentity, viewfullnames"
UNKNOWN_KEY, UNKNOWN_TOKEN = {"BAMBOOHR_API_KEY": "f" * 40}, {"MOODLE_TOKEN": "f" * 32}
NO_STATE = {"STATE_FILE": "nowhere/at/all/state.sqlite"}


def lacks(function: str, verdict: str, **more: Any) -> Wrong:
    return Wrong(f"Moodle {function}", "refused (accessexception)", CAUSES, verdict, function=function, **more)


def may_not(right: str) -> Wrong:
    what, advice = "refused (nopermissions)", "to give the token's role the capability"
    return Wrong(f"Moodle core_user_{right}_users", what, advice, capability=f"moodle/user:{right}")


def does_not_see(capability: str, what: str) -> Wrong:
    return Wrong("Moodle visibility", what, SIGHT, also=UNREAD, capability=capability)


@pytest.mark.parametrize(
    "wrong",
    [
        Wrong("BambooHR changed feed", "does not know the API key", code=3, also=UNREAD, settings=UNKNOWN_KEY),
        Wrong("BambooHR changed feed", "", code=3, also=UNREAD, bamboo={"key_disabled": True}),
        Wrong(
            *("BambooHR changed feed", "nothing is lost", "support", "warning"),
            code=0,
            bamboo={"changed_latest": "2026-11-22T01:02:03"},
        ),
        Wrong("Moodle", "", "read -rs MOODLE_TOKEN", code=3, also=UNREAD, settings=UNKNOWN_TOKEN),
        Wrong("Moodle", "in maintenance", also=UNREAD, moodle={"maintenance": "cli"}),
        Wrong("Moodle", "in maintenance", also=UNREAD, moodle={"maintenance": "gui"}),
        *(
            Wrong("Moodle", code, "administrator to ", code=3, also=UNREAD, moodle={"login_refused": code})
            for code in ("forcepasswordchangenotice", "usernotfullysetup", "sitepolicynotagreed")
        ),
        Wrong("Moodle", "", also=UNREAD, moodle={"webservices": False}),
        lacks("core_user_get_users_by_field", "warning", code=0),
        lacks("core_user_get_users", "warning", code=0, also={"Moodle accounts": "warning"}),
        lacks("core_user_create_users", "failed"),
        lacks("core_user_update_users", "failed"),
        may_not("create"),
        may_not("update"),
        does_not_see("moodle/user:viewdetails", "does not see accounts at all"),
        does_not_see("moodle/user:viewalldetails", "does not see accounts at all"),
        does_not_see("moodle/site:viewuseridentity", "sees accounts without email"),
        does_not_see("moodle/site:viewfullnames", "sees accounts without firstname, lastname"),
        Wrong("state", "STATE_FILE", code=3, also={"all employees": "failed"}, settings=NO_STATE),
        Wrong(
            "BambooHR directory", "", "to share the directory", "warning", code=0, bamboo={"directory_sharing": "off"}
        ),
        Wrong(
            *("BambooHR List Employees", "", "neither dates nor a reconcile can work", "warning"),
            code=0,
            bamboo={"list_refused": 403},
        ),
    ],
    ids=lambda wrong: f"{wrong.area}: {wrong.what or wrong.verdict}",
)
def test_what_is_wrong_is_named_with_its_advice(healthy: RunHarness, wrong: Wrong) -> None:
    wrong.bring_about(healthy)

    report = run_doctor(healthy, **wrong.settings)

    assert (report.code, report.bad) == (wrong.code, {wrong.area: wrong.verdict, **wrong.also})
    assert wrong.what in report[wrong.area][1]
    assert wrong.advice in report.advice(wrong.area)
    assert ("http.retry" in report.output, "robin" in report.output.lower()) == (False, False)
    if wrong.area == "Moodle":
        assert len(healthy.to_moodle.calls) == 1


def test_every_configuration_fault_has_a_line(healthy: RunHarness) -> None:
    report = run_doctor(healthy, MOODLE_TOKEN="", BATCH_SIZE="x", BAMBOO_COMPANY_DOMAIN="")

    named = {check["what"].split()[0] for check in report.checks}
    assert (report.code, [check["verdict"] for check in report.checks]) == (3, ["failed"] * 3)
    assert named == {"BAMBOO_COMPANY_DOMAIN", "MOODLE_SECRET_ID", "BATCH_SIZE"}
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


def test_a_listing_that_takes_too_long_is_no_missing_function(healthy: RunHarness) -> None:
    healthy.fail_moodle("status", operation="core_user_get_users", status=504, skip=1, times=0)

    report = run_doctor(healthy)

    assert (report.code, report.bad) == (0, {"Moodle accounts": "warning"})
    assert "HTTP 504: the site took longer than its web server waits" in report["Moodle accounts"][1]
    assert "to allow 300 s" in report.advice("Moodle accounts")
    assert "core_user_get_users" not in report.advice("Moodle accounts")


@pytest.mark.parametrize(
    ("capability", "function", "causes"),
    [
        ("", "core_user_create_users", ["in the token's service", "webservice/rest:use", "enabled"]),
        ("webservice/rest:use", "", ["webservice/rest:use", "enabled"]),
    ],
)
def test_what_refused_functions_have_in_common_is_checked_first(
    healthy: RunHarness, capability: str, function: str, causes: list[str]
) -> None:
    Wrong("", "", capability=capability, function=function).bring_about(healthy)
    refused, sight = ([function], {}) if function else (FUNCTIONS, {"Moodle visibility": "failed"})

    report = run_doctor(healthy, "--quick")

    assert (report.code, report.bad) == (1, {f"Moodle {name}": "failed" for name in refused} | sight)
    advice = report.advice(f"Moodle {refused[-1]}")
    order = [advice.index(cause) for cause in (*causes, "authorised", "IP restriction", "Valid until")]
    assert order == sorted(order)


def test_a_single_passing_fault_does_not_fail_a_check(healthy: RunHarness) -> None:
    healthy.fail_moodle("status", operation="core_user_get_users", status=502)
    healthy.fail_bamboo("status", operation="changed", status=502)

    assert run_doctor(healthy).code == 0


def test_a_service_without_both_look_up_functions_fails(healthy: RunHarness) -> None:
    healthy.site.service_functions -= {"core_user_get_users_by_field", "core_user_get_users"}

    report = run_doctor(healthy)

    verdicts = {"Moodle core_user_get_users_by_field": "failed", "Moodle core_user_get_users": "warning"}
    assert (report.code, report.bad) == (1, {**verdicts, "Moodle visibility": "failed", **UNREAD})


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


def test_a_full_pass_that_is_due_is_reported_until_it_is_done(healthy: RunHarness) -> None:
    mapping = {"FIELD_MAPPING": '{"department": "division"}', "LIMITS": '{"update": 30, "clear": 30}'}

    due = run_doctor(healthy, "--quick", **mapping)
    healthy.run("reconcile", "--yes", **mapping)
    done = run_doctor(healthy, "--quick", **mapping)

    (check,) = (one for one in due.checks if one["area"] == "reconcile")
    assert (check["verdict"], due.code) == ("warning", 0)
    assert check["what"] == "due: settings have changed, or changes were not read"
    assert "python -m worker reconcile" in check["advice"]
    assert done["reconcile"] == ("ok", "not due")


def test_a_full_pass_that_held_changes_is_to_be_approved_first(healthy: RunHarness) -> None:
    mapping = {"FIELD_MAPPING": '{"department": "division"}'}

    healthy.run("reconcile", "--yes")  # the first one belongs to the initial import
    held = healthy.run("reconcile", "--yes", **mapping)
    healthy.run(**mapping)
    report = run_doctor(healthy, "--quick", **mapping)

    assert (held.code, report["reconcile"][0]) == (4, "warning")
    assert report["reconcile"][1] == f"due: the last one, {held['run_id']}, held changes of 30 employees"
    assert f"python -m worker approve {held['run_id']}" in report.advice("reconcile")


def test_a_position_that_is_missing_after_runs_is_reported(healthy: RunHarness) -> None:
    delete_item(healthy, "default")

    report = run_doctor(healthy, "--quick")

    (check,) = (one for one in report.checks if one["area"] == "state row")
    assert (check["verdict"], report.code) == ("warning", 0)
    assert check["what"].startswith("the position is missing, but runs are on record")
    assert "state rewind --since MOMENT" in check["advice"]
    assert "(RUNBOOK, State)" in check["advice"]


def test_a_run_of_one_employee_leaves_the_position_to_the_first_run(harness: RunHarness) -> None:
    harness.company.add(generate(10, seed=101))
    harness.run("--employee", "3")

    report = run_doctor(harness, "--quick")

    assert report["state row"][0] == "ok"
    assert report["state row"][1].startswith("none yet")


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

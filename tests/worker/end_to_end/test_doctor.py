"""`doctor`: is everything as it must be, what is wrong, and what to ask whom?"""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any

import pytest

from tests.run_harness import API_KEY, Nights
from tests.sandbox.aws import emulated_aws, prepare
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import TOKEN
from tests.worker.end_to_end.examining import examined
from tests.worker.end_to_end.previews import everything, hold_lock, write_item

FUNCTIONS = (
    "core_user_get_users_by_field",
    "core_user_get_users",
    "core_user_create_users",
    "core_user_update_users",
)


# All is well


def test_where_all_is_well_every_line_says_so(healthy: Nights) -> None:
    told = examined(healthy)

    assert (told.code, told.bad) == (0, {})
    assert told.areas == [
        "configuration",
        "state row",
        "lock",
        "last run",
        "credential BAMBOOHR_API_KEY",
        "credential MOODLE_TOKEN",
        "BambooHR changed feed",
        "clock, against BambooHR",
        *(f"Moodle {function}" for function in FUNCTIONS),
        "Moodle sight",
        "clock, against Moodle",
        "protected accounts",
        "BambooHR List Employees",
        "BambooHR directory",
        *(f"BambooHR field {field}" for field in ("status", "hire_date")),
        *(f"BambooHR field {field}" for field in ("first_name", "last_name", "work_email", "department")),
        "BambooHR e-mail addresses",
        "Moodle auth oidc",
        "Moodle idnumbers",
        "accounts and people",
    ]
    assert told["BambooHR List Employees"] == ("ok", "30 people, 30 of them Active")
    assert told["accounts and people"] == ("ok", "30 by idnumber, 0 would be linked by e-mail, 0 would be made")


def test_the_text_is_a_line_each_and_the_counts(healthy: Nights) -> None:
    healthy.company.edit("3", workEmail=healthy.company.values("4")["workEmail"])

    night = healthy.run("doctor")

    lines = night.stdout.splitlines()
    assert lines[0] == "ok       configuration: every variable is set and valid"
    assert "warning  BambooHR e-mail addresses: 1 addresses are used by several people: 3, 4" in lines
    assert "         -> ask BambooHR's administrator: each needs an address of her own" in night.stdout
    assert lines[-1].endswith(" ok, 3 warning, 0 failed")
    assert (night.code, night.stderr) == (0, "")


def test_quick_reads_nobody_but_the_guest(healthy: Nights) -> None:
    told = examined(healthy, "--quick")

    assert (told.code, told.bad) == (0, {})
    assert told.areas[-1] == "protected accounts"
    assert healthy.to_bamboo.calls == ["changed"]
    assert len(healthy.to_moodle.calls) == 6


def test_it_changes_nothing_takes_no_lock_and_waits_for_nobody(healthy: Nights) -> None:
    healthy.company.terminate("3", hireDate="2020-01-01")
    healthy.company.hire("50", firstName="A", lastName="B", workEmail="ab@example.com")
    hold_lock(healthy)
    before, events = everything(healthy), list(healthy.site.events)

    told = examined(healthy)

    assert (everything(healthy), healthy.site.events) == (before, events)
    assert (told.code, told["lock"]) == (0, ("warning", "held by the run another-run"))


def test_before_the_first_night_it_says_what_that_night_will_do(town: Nights) -> None:
    town.company.add(generate(10, seed=101))
    town.site.add_user("x", firstname="X", lastname="Y", email=str(town.company.values("3")["workEmail"]))

    told = examined(town)

    assert told.code == 0
    assert told["state row"][1].startswith("none yet")
    assert told["last run"] == ("ok", "none yet")
    assert told["accounts and people"][1] == "0 by idnumber, 1 would be linked by e-mail, 9 would be made"
    assert told["Moodle auth oidc"] == (
        "warning",
        "no account has it: the plugin may not be there (Moodle takes any installed one, even a disabled one)",
    )


# Configuration and credentials


def test_every_fault_of_the_configuration_is_a_line(healthy: Nights) -> None:
    told = examined(healthy, MOODLE_TOKEN="", BATCH_SIZE="x", BAMBOO_COMPANY_DOMAIN="")

    assert told.code == 3
    assert [check["verdict"] for check in told.checks] == ["failed"] * 3
    assert {check["what"].split()[0] for check in told.checks} == {
        "BAMBOO_COMPANY_DOMAIN",
        "MOODLE_SECRET_ID",
        "BATCH_SIZE",
    }
    assert healthy.to_bamboo.calls == []


@pytest.mark.parametrize("name", ["BAMBOOHR_API_KEY", "MOODLE_TOKEN"])
def test_a_malformed_credential_says_how_to_mend_it(healthy: Nights, name: str) -> None:
    told = examined(healthy, **{name: "two words"})

    assert (told.code, told.bad) == (3, {f"credential {name}": "failed"})
    assert f"read -rs {name}" in told.advice(f"credential {name}")
    assert "words" not in told.output
    assert healthy.to_bamboo.calls + healthy.to_moodle.calls == []


def test_a_secret_that_is_not_there_is_named_and_the_other_looked_at(
    healthy: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    with emulated_aws() as aws:
        for name, value in aws.items():
            monkeypatch.setenv(name, value)
        secrets = {**prepare(aws, API_KEY, TOKEN), "MOODLE_SECRET_ID": "nowhere/moodle"}
        told = examined(healthy, **secrets, BAMBOOHR_API_KEY="", MOODLE_TOKEN="", STATE_FILE="")

    assert (told.code, told.bad) == (3, {"credential MOODLE_TOKEN": "failed"})
    assert told["credential BAMBOOHR_API_KEY"] == ("ok", f"is set (in {secrets['BAMBOO_SECRET_ID']})")
    assert told["credential MOODLE_TOKEN"][1] == "the secret nowhere/moodle does not exist or was never set"
    assert "put-secret-value --secret-id nowhere/moodle" in told.advice("credential MOODLE_TOKEN")
    assert API_KEY not in told.output


def test_a_wrong_api_key_is_said_and_moodle_looked_at_all_the_same(healthy: Nights) -> None:
    told = examined(healthy, BAMBOOHR_API_KEY="f" * 40)

    assert told.code == 3
    assert told["BambooHR changed feed"] == ("failed", "BambooHR does not know the API key (HTTP 401)")
    assert told["Moodle sight"][0] == "ok"
    assert told["everybody"] == ("warning", "was not read")
    assert healthy.to_bamboo.calls == ["changed"]


def test_a_wrong_token_is_said_once_and_the_rest_not_tried(healthy: Nights) -> None:
    told = examined(healthy, MOODLE_TOKEN="f" * 32)

    assert told.code == 3
    assert told["BambooHR changed feed"][0] == "ok"
    assert (told["Moodle"][0], told["everybody"][0]) == ("failed", "warning")
    assert "read -rs MOODLE_TOKEN" in told.advice("Moodle")
    assert len(healthy.to_moodle.calls) == 1


def test_a_key_that_was_disabled_is_said(healthy: Nights) -> None:
    healthy.bamboo.settings.key_disabled = True

    told = examined(healthy)

    assert (told.code, told["BambooHR changed feed"][0]) == (3, "failed")
    assert "robin" not in told.output.lower()


# Moodle's rights


@pytest.mark.parametrize(
    ("function", "verdict", "code"),
    [
        ("core_user_get_users_by_field", "warning", 0),
        ("core_user_get_users", "warning", 0),
        ("core_user_create_users", "failed", 1),
        ("core_user_update_users", "failed", 1),
    ],
)
def test_a_function_that_is_missing_from_the_service_is_named(
    healthy: Nights, function: str, verdict: str, code: int
) -> None:
    healthy.site.service_functions.discard(function)

    told = examined(healthy)

    assert (told.code, told[f"Moodle {function}"][0]) == (code, verdict)
    assert told[f"Moodle {function}"][1].startswith("refused (accessexception)")
    assert "ask NovaLXP's (Moodle's) administrator to add it" in told.advice(f"Moodle {function}")
    if function == "core_user_get_users":
        assert told["Moodle accounts"] == ("warning", "cannot be listed")


def test_without_either_look_up_nothing_can_be_done(healthy: Nights) -> None:
    healthy.site.service_functions -= {"core_user_get_users_by_field", "core_user_get_users"}

    told = examined(healthy)

    assert told.code == 1
    assert told["Moodle core_user_get_users_by_field"][0] == "failed"
    assert told["Moodle sight"][0] == "failed"
    assert told["everybody"] == ("warning", "was not read")


@pytest.mark.parametrize("right", ["create", "update"])
def test_a_right_that_is_missing_from_the_role_is_named(healthy: Nights, right: str) -> None:
    healthy.site.capabilities.discard(f"moodle/user:{right}")

    told = examined(healthy)

    assert told.code == 1
    assert told[f"Moodle core_user_{right}_users"] == ("failed", "refused (nopermissions)")
    assert "its capability to the role" in told.advice(f"Moodle core_user_{right}_users")


@pytest.mark.parametrize(
    ("blind", "said"),
    [
        ("moodle/user:viewdetails", "does not see accounts at all"),
        ("moodle/user:viewalldetails", "does not see accounts at all"),
        ("moodle/site:viewuseridentity", "sees accounts without email"),
        ("moodle/site:viewfullnames", "sees accounts without firstname, lastname"),
    ],
)
def test_a_token_that_does_not_see_people_is_found_out(healthy: Nights, blind: str, said: str) -> None:
    healthy.site.capabilities.discard(blind)

    told = examined(healthy)

    assert (told.code, told["Moodle sight"][0]) == (1, "failed")
    assert said in told["Moodle sight"][1]
    assert "viewdetails, viewalldetails, viewuseridentity, viewfullnames" in told.advice("Moodle sight")
    assert told["everybody"] == ("warning", "was not read")


def test_web_services_that_are_off_are_said(healthy: Nights) -> None:
    healthy.site.settings.webservices = False

    told = examined(healthy)

    assert told["Moodle"][0] == "failed"
    assert told.code != 0


# State and clocks


def test_a_pinned_window_and_a_run_with_errors_are_told(healthy: Nights) -> None:
    healthy.site.add_user("x", firstname="X", lastname="Y", email="taken@example.com", idnumber="999")
    healthy.company.hire("50", firstName="A", lastName="B", workEmail="taken@example.com")
    run = [healthy.run() for _ in range(2)][-1]["run_id"]

    told = examined(healthy, "--quick")

    assert told["state row"][0] == "warning"
    assert told["state row"][1].endswith("for 2 runs by errors")
    assert told["last run"] == ("warning", f"{run} ended with errors")
    assert told.code == 0


def test_parked_and_undone_people_are_told(healthy: Nights) -> None:
    healthy.site.add_user("x", firstname="X", lastname="Y", email="taken@example.com", idnumber="999")
    healthy.company.hire("50", firstName="A", lastName="B", workEmail="taken@example.com")
    healthy.company.edit("3", department="Elsewhere")
    night = healthy.run(MAX_ATTEMPTS="1")
    healthy.run("undo", night["run_id"], "--yes")

    told = examined(healthy, "--quick")

    assert [check["what"] for check in told.checks if check["area"] == "people"] == ["1 parked: 50", "1 undone: 3"]


def test_a_row_that_no_night_could_use_is_a_failure_and_not_the_end(healthy: Nights) -> None:
    write_item(healthy, "default", since="yesterday", offset=0)

    told = examined(healthy)

    assert told.code == 3
    assert told["state"][0] == "failed"
    assert told["BambooHR List Employees"][0] == "ok"


def test_a_state_that_cannot_be_opened_is_a_failure_and_not_the_end(healthy: Nights) -> None:
    told = examined(healthy, "--quick", STATE_FILE="nowhere/at/all/state.sqlite")

    assert (told.code, told.bad) == (3, {"state": "failed"})
    assert told["state"][1].startswith("STATE_FILE")
    assert told["Moodle sight"][0] == "ok"


@pytest.mark.parametrize("apart", [600, -7200])
@pytest.mark.parametrize("system", ["BambooHR", "Moodle"])
def test_clocks_that_differ_are_told(healthy: Nights, monkeypatch: pytest.MonkeyPatch, system: str, apart: int) -> None:
    board = healthy.to_bamboo if system == "BambooHR" else healthy.to_moodle

    def date_header(server: Any) -> str:
        return formatdate(time.time() + (apart if server.switchboard is board else 0), usegmt=True)

    monkeypatch.setattr("http.server.BaseHTTPRequestHandler.date_time_string", date_header)
    told = examined(healthy, "--quick")

    assert (told.code, told.bad) == (0, {f"clock, against {system}": "warning"})
    assert told[f"clock, against {system}"][1] in {f"the clocks are {abs(apart) + more} s apart" for more in (-1, 0, 1)}
    assert "set this machine's clock by NTP" in told.advice(f"clock, against {system}")


def test_a_server_that_does_not_tell_the_time_is_no_fault(healthy: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("http.server.BaseHTTPRequestHandler.date_time_string", lambda _: "the time")

    told = examined(healthy, "--quick")

    assert (told.code, told.bad) == (0, {})


def test_what_is_not_understood_is_said_to_the_reader(healthy: Nights) -> None:
    night = healthy.run("doctor", "--nonsense")

    assert (night.code, night.stdout) == (2, "")
    assert night.stderr.startswith("worker: ")

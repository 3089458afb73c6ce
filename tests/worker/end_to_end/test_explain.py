"""`explain --employee ID`: why is this person treated so?"""

from __future__ import annotations

import json
import stat
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.run_harness import API_KEY, Night, Nights
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import TOKEN
from tests.worker.end_to_end.previews import at_a_terminal, everything, forward, hold_lock

JO: dict[str, Any] = {
    "firstName": "Joquux",
    "lastName": "Doequux",
    "workEmail": "joquux@example.com",
    "department": "Salesquux",
}
Told = dict[str, dict[str, str]]


@pytest.fixture
def staffed(town: Nights) -> Nights:
    """Thirty people and Jo, in step."""
    town.company.add(generate(30, seed=71))
    town.company.hire("100", hireDate="2020-01-01", **JO)
    assert town.run().code == 0
    forward(town, hours=1)
    town.listen()
    return town


def explained(town: Nights, employee: str, *more: str, **settings: str) -> Told:
    """The sections of the explanation."""
    night = town.run("explain", "--employee", employee, "--json", *more, **settings)
    assert (night.code, night.stderr) == (0, "")
    told = json.loads(night.stdout)
    assert told.pop("employee_id") == int(employee)
    return {title: lines for title, lines in told.items() if title != "warnings"}


def done(told: Told) -> tuple[str, str]:
    step = told["What would be done"]
    return step["action"], step["because"]


def silent(night: Night) -> None:
    for secret in ("quux", API_KEY, TOKEN):
        assert secret not in night.stdout + night.stderr


# Who she is


def test_somebody_who_works_here_and_is_in_step(staffed: Nights) -> None:
    told = explained(staffed, "100")

    assert told["BambooHR"]["directory"] == "shows her"
    assert told["BambooHR"]["standing"] == "works here"
    assert told["Account"]["rule"] == "idnumber, believed: its authentication is ours, the e-mail agrees, a name agrees"
    assert told["Account"]["state"] == "active"
    assert told["Mapping"]["department"] == "from department: set; Moodle has set"
    assert done(told) == ("unchanged", "nothing differs")
    assert told["Remembered"] == {"nothing": "there is nothing to remember of her"}
    assert list(told) == [
        "BambooHR",
        "Account",
        "Mapping",
        "What would be done",
        "What holds it",
        "Remembered",
        "What the last runs did",
    ]


def test_a_change_that_the_next_run_will_write(staffed: Nights) -> None:
    staffed.company.edit("100", department="Legalquux")

    told = explained(staffed, "100")

    assert told["BambooHR"]["changed feed"].startswith("says changed at 20")
    assert told["Mapping"]["department"].endswith("WILL CHANGE")
    assert done(told) == ("update", "BambooHR and Moodle differ")
    assert told["What would be done"]["field department"] == "set -> set"


def test_a_leaver_and_what_was_done_to_her(staffed: Nights) -> None:
    staffed.company.terminate("100")
    suspended = staffed.run()["run_id"]
    forward(staffed, hours=1)

    told = explained(staffed, "100")

    assert told["BambooHR"]["directory"].startswith("does not show her")
    assert told["BambooHR"]["standing"] == "has left: BambooHR says Inactive or Deleted"
    assert (told["BambooHR"]["status"], told["BambooHR"]["hire_date"]) == ("'Inactive'", "'2020-01-01'")
    assert told["Account"]["state"] == "suspended"
    assert done(told) == ("unchanged", "left, and the account is suspended already")
    assert told["Remembered"]["suspended"].startswith("by us, 20")
    wrote = told["What the last runs did"]
    assert wrote.pop(suspended).endswith("set out to suspend: suspended")
    (made,) = wrote.values()
    assert made.endswith("set out to create: auth, idnumber, username, firstname, lastname, department, email")


def test_somebody_hidden_from_the_directory(staffed: Nights) -> None:
    staffed.company.hide("100")

    told = explained(staffed, "100")["BambooHR"]

    assert told["directory"].startswith("does not show her")
    assert told["List Employees or Get Employee"] == "shows a row of hers"
    assert told["standing"] == "works here"


def test_an_id_that_nobody_has(staffed: Nights) -> None:
    night = staffed.run("explain", "--employee", "77777")

    assert night.code == 0
    assert "warning: BambooHR shows nothing of employee 77777" in night.stdout
    told = explained(staffed, "77777")
    assert told["BambooHR"]["List Employees or Get Employee"] == "shows no row of hers"
    assert told["Account"]["rule"] == "none matches: she has no account"
    assert done(told) == ("hold", "BambooHR shows nothing of this employee id to the key")


def test_a_record_that_was_deleted(staffed: Nights) -> None:
    staffed.company.delete("100")

    told = explained(staffed, "100")

    assert told["BambooHR"]["changed feed"].startswith("says Deleted")
    assert done(told)[0] == "suspend"
    assert told["What would be done"]["field suspended"] == "active -> suspended"


def test_fields_that_the_key_may_not_see_are_said_so(staffed: Nights) -> None:
    staffed.company.hide("100")
    staffed.bamboo.settings.restricted_for = {"100": frozenset({"department", "status"})}

    told = explained(staffed, "100")

    assert told["BambooHR"]["department"] == "NOT SHOWN: restricted for the key's user"
    assert told["BambooHR"]["status"] == "NOT SHOWN: restricted for the key's user"
    assert told["BambooHR"]["standing"].startswith("unknown")
    assert told["Mapping"]["department"].startswith("from department, which is not shown: left as it is")
    assert done(told)[0] == "hold"
    assert told["What would be done"]["what to do"].startswith("let the key's user see her and her status")


def test_a_conflict_names_the_other_account(staffed: Nights) -> None:
    other = staffed.site.add_user("x", firstname="X", lastname="Y", email="new@example.com", idnumber="999")
    staffed.company.hire("200", firstName="A", lastName="B", workEmail="new@example.com")

    told = explained(staffed, "200")

    assert told["Account"]["by e-mail"] == f"account {other} (idnumber 999), auth manual"
    assert done(told)[0] == "conflict"
    assert f"account {other} (idnumber 999)" in done(told)[1]


def test_an_account_that_is_not_believed(staffed: Nights) -> None:
    foreign = staffed.site.add_user("x", firstname="X", lastname="Y", email="x@example.com", idnumber="200")
    staffed.company.hire("200", firstName="A", lastName="B", workEmail="new@example.com")

    told = explained(staffed, "200")

    assert told["Account"]["by idnumber"] == f"account {foreign} (idnumber 200), auth manual"
    assert told["Account"]["rule"].startswith("idnumber, not believed: ")


# What holds her


def test_a_protected_employee(staffed: Nights) -> None:
    told = explained(staffed, "100", PROTECTED_ACCOUNTS="100")

    assert done(told) == ("skip", "a protected account or person; nothing is ever written")
    assert told["What holds it"] == {"protected": "PROTECTED_ACCOUNTS names her employee id"}


def test_a_protected_user_name(staffed: Nights) -> None:
    told = explained(staffed, "100", PROTECTED_ACCOUNTS="joquux@example.com")

    assert done(told)[0] == "skip"
    assert told["Account"]["rule"].endswith("it is protected")
    assert list(told["What holds it"]) == ["protected"]


def test_somebody_of_whom_a_run_was_taken_back(staffed: Nights) -> None:
    staffed.company.edit("100", department="Legalquux")
    run = staffed.run()["run_id"]
    staffed.run("undo", run, "--yes")

    told = explained(staffed, "100")

    assert told["What holds it"]["undone"].endswith("To go on: parked retry ID")
    assert told["Remembered"]["undone"] == run
    assert "taken back" in told["Remembered"]


def test_a_suspension_that_a_guard_held_names_the_run_to_approve(staffed: Nights) -> None:
    staffed.company.terminate("100")
    held = staffed.run(MAX_SUSPENSIONS="0")["run_id"]

    told = explained(staffed, "100", MAX_SUSPENSIONS="0")
    staffed.run("approve", held)

    assert told["What holds it"] == {
        "suspension held": f"by a guard in the run {held}; to let it through: approve {held}"
    }
    assert "suspension held" not in explained(staffed, "100")["What holds it"]


def test_somebody_who_waits_for_her_first_day(staffed: Nights) -> None:
    start = date.today() + timedelta(days=9)
    staffed.company.hire_ahead(start, "200", firstName="A", lastName="B", workEmail="ab@example.com")
    staffed.run()

    told = explained(staffed, "200")

    assert told["BambooHR"]["standing"].startswith("has not started yet")
    assert told["BambooHR"]["hire_date"] == repr(start.isoformat())
    assert told["Remembered"] == {"waiting": "starts_later"}


def test_somebody_whom_moodle_refuses(staffed: Nights) -> None:
    staffed.site.add_user("x", firstname="X", lastname="Y", email="new@example.com", idnumber="999")
    staffed.company.hire("200", firstName="A", lastName="B", workEmail="new@example.com")
    for _ in range(2):
        staffed.run(MAX_ATTEMPTS="2")

    told = explained(staffed, "200", MAX_ATTEMPTS="2")["Remembered"]

    assert told == {"parked": "email_taken", "refused by Moodle": "in 2 consecutive runs"}


# What is shown, and where


def test_no_value_is_shown_unless_it_is_asked_for(staffed: Nights) -> None:
    staffed.company.edit("100", department="Legalquux", lastName="Otherquux")
    staffed.run()

    silent(staffed.run("explain", "--employee", "100"))
    silent(staffed.run("explain", "--employee", "100", "--json"))


def test_values_are_shown_to_a_terminal(staffed: Nights) -> None:
    staffed.company.edit("100", department="Legalquux")

    shown = at_a_terminal(staffed, "explain", "--employee", "100", "--show-values", shows="stdout").stdout

    assert "from department: 'Legalquux'; Moodle has 'Salesquux'; WILL CHANGE" in shown
    assert "'Salesquux' -> 'Legalquux'" in shown
    assert "joquux@example.com" in shown


def test_values_go_to_a_named_file_of_ones_own(staffed: Nights, tmp_path: Path) -> None:
    file = tmp_path / "jo.json"

    refused = staffed.run("explain", "--employee", "100", "--show-values")
    night = staffed.run("explain", "--employee", "100", "--show-values", "--json", "--output", str(file))

    assert (refused.code, refused.stdout) == (2, "")
    assert "a terminal or a named file" in refused.stderr
    assert (night.code, night.stdout) == (0, "")
    assert "Doequux" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_read(staffed: Nights, tmp_path: Path) -> None:
    night = staffed.run("explain", "--employee", "100", "--output", str(tmp_path / "nowhere" / "jo"))

    assert (night.code, staffed.to_bamboo.calls) == (2, [])
    assert "cannot be written" in night.stderr


def test_the_text_has_a_line_for_everything_the_json_says(staffed: Nights) -> None:
    text = staffed.run("explain", "--employee", "100").stdout

    assert text.startswith("Employee 100\n\nBambooHR\n  directory ")
    for title, lines in explained(staffed, "100").items():
        assert f"\n\n{title}\n" in text
        assert all(" ".join([name, *told.split()]) in " ".join(text.split()) for name, told in lines.items())


def test_it_writes_nothing_and_waits_for_nobody(staffed: Nights) -> None:
    staffed.company.edit("100", department="Legalquux")
    hold_lock(staffed)
    before = everything(staffed)
    staffed.listen()

    assert explained(staffed, "100")
    assert explained(staffed, "77777")
    assert (everything(staffed), staffed.writes()) == (before, [])


@pytest.mark.parametrize("arguments", [[], ["--employee"], ["--employee", "x"], ["--employee", "1", "--nonsense"]])
def test_what_is_not_understood_is_said_to_the_reader(staffed: Nights, arguments: list[str]) -> None:
    night = staffed.run("explain", *arguments)

    assert (night.code, night.stdout) == (2, "")
    assert night.stderr.startswith("worker: ")


def test_a_system_that_does_not_answer_is_said_to_the_reader(staffed: Nights) -> None:
    staffed.fail_bamboo("html", operation="changed", times=0)

    night = staffed.run("explain", "--employee", "100")

    assert (night.code, night.stdout) == (1, "")
    assert night.stderr.startswith("worker: BambooHR's answer")

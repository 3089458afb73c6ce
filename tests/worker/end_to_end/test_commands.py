"""What holds for every command: lock, confirmation, dry runs, usage errors, where values go, what it needs."""

from __future__ import annotations

import io
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.run_harness import RunHarness
from tests.worker.end_to_end.tools import advance_clock, at_a_terminal, hold_lock, items, row, state_and_site

Runs = dict[str, str]


@pytest.fixture
def runs(healthy: RunHarness) -> Runs:
    """A run that updated employee 3 and one that held a suspension; employee 40 waits, and 8 was edited since."""
    company = healthy.company
    company.hire("40", hidden=True, firstName="V", lastName="N", workEmail="q40@example.com", status="")
    company.edit("3", department="Moved")
    wrote = healthy.run()
    assert (wrote["updated"], wrote["no_evidence"]) == (1, 1)
    advance_clock(healthy, hours=1)
    company.terminate("5", hireDate="2020-01-01")
    held = healthy.run(MAX_SUSPENSIONS="0")
    assert held["held_ids"] == [5]
    company.edit("8", department="Moved", lastName="Editedquux")
    healthy.forget_calls()
    return {"WROTE": wrote["run_id"], "HELD": held["run_id"]}


def arguments(command: str, runs: Runs) -> list[str]:
    """Return the words of a command; WROTE and HELD stand for the runs."""
    return [runs.get(word, word) for word in command.split()]


# The lock


@pytest.mark.parametrize(
    "command",
    [
        *("sync", "reconcile --yes", "approve HELD --yes", "undo WROTE --yes", "people retry 40", "people drop 40"),
        *("state rewind --days 1 --yes", "state reset --yes", "state rebind --yes"),
    ],
)
def test_nothing_is_done_or_asked_while_another_run_holds_the_lock(
    healthy: RunHarness, runs: Runs, command: str
) -> None:
    hold_lock(healthy)
    before = state_and_site(healthy)
    healthy.forget_calls()
    domain = "zenith" if "rebind" in command else "acme"

    run = healthy.run(*arguments(command, runs), BAMBOO_COMPANY_DOMAIN=domain)

    assert run.code == 75
    assert "another-run" in run.stdout + run.stderr
    assert not run.stdout or run["outcome"] == "locked"
    assert (state_and_site(healthy), [*healthy.to_bamboo.calls, *healthy.to_moodle.calls]) == (before, [])


@pytest.mark.parametrize(
    "command", ["people retry 40", "people drop 40", "people drop 77", "state rewind --days 1 --yes"]
)
def test_the_lock_is_released(healthy: RunHarness, runs: Runs, command: str) -> None:
    healthy.run(*arguments(command, runs))

    assert "default#lock" not in items(healthy)


@pytest.mark.parametrize(
    "command",
    [
        *("plan", "plan --json", "plan --everybody", "explain --employee 8", "explain --employee 77777", "doctor"),
        *("people list", "state show", "state show --json"),
    ],
)
def test_a_command_that_only_reads_changes_nothing_and_waits_for_no_lock(
    healthy: RunHarness, runs: Runs, command: str
) -> None:
    hold_lock(healthy)
    before, events = state_and_site(healthy), list(healthy.site.events)
    healthy.forget_calls()

    run = healthy.run(*arguments(command, runs), PROTECTED_ACCOUNTS="sync-service")

    assert (run.code, bool(run.stdout)) == (0, True)
    assert (state_and_site(healthy), healthy.site.events) == (before, events)


# Dry runs and confirmation


@pytest.mark.parametrize(
    ("command", "due"),
    [
        ("sync --dry-run", {"updated": 1, "suspended": 1}),
        ("reconcile --dry-run", {"updated": 1, "suspended": 1}),
        ("approve HELD --dry-run", {"updated": 0, "suspended": 1}),
        ("undo WROTE --dry-run", {"updated": 1, "suspended": 0}),
    ],
)
def test_a_dry_run_needs_no_confirmation_counts_what_is_due_and_writes_nothing(
    healthy: RunHarness, runs: Runs, command: str, due: dict[str, int]
) -> None:
    before = state_and_site(healthy)

    run = healthy.run(*arguments(command, runs))

    assert (run.code, run["dry_run"], {name: run[name] for name in due}) == (0, True, due)
    assert (state_and_site(healthy), healthy.writes()) == (before, [])


CONFIRMED = ["reconcile", "approve HELD", "undo WROTE", "state rewind --days 1", "state reset", "state rebind"]


@pytest.mark.parametrize("command", CONFIRMED)
def test_without_a_terminal_the_option_yes_is_required(
    healthy: RunHarness, runs: Runs, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    before = state_and_site(healthy)
    domain = "zenith" if "rebind" in command else "acme"

    run = healthy.run(*arguments(command, runs), BAMBOO_COMPANY_DOMAIN=domain)

    assert run.code == 2
    assert "--yes" in run.stdout + run.stderr
    assert not run.stdout or run["outcome"] == "usage_error"
    assert (state_and_site(healthy), healthy.to_moodle.calls) == (before, [])


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("approve HELD", "n\n"),
        ("undo WROTE", "\n"),
        ("reconcile", "nonsense\n"),
        ("reconcile", "\x04"),
        ("state rewind --days 1", "\n"),
        ("state reset", "n\n"),
    ],
)
def test_any_answer_but_yes_does_nothing_and_is_no_error(
    healthy: RunHarness, runs: Runs, command: str, answer: str
) -> None:
    before = state_and_site(healthy)

    run = at_a_terminal(healthy, *arguments(command, runs), answer=answer)

    assert run.code == 0
    assert "[y/N]" in run.stderr
    assert "not confirmed; nothing was done" in run.stdout + run.stderr
    assert not run.stdout or (run["outcome"], run["errors"]) == ("nothing_done", 0)
    assert (state_and_site(healthy), healthy.writes()) == (before, [])


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("approve HELD", "Apply these changes to 1 employee? [y/N]"),
        ("reconcile", "  1   suspended\n"),
        ("state rewind --days 1", ", offset 0)? [y/N]"),
    ],
)
def test_the_terminal_shows_what_would_be_done_and_takes_yes(
    healthy: RunHarness, runs: Runs, command: str, shown: str
) -> None:
    before = row(healthy), healthy.site.users()

    run = at_a_terminal(healthy, *arguments(command, runs), answer="YES\n")

    assert run.code == 0
    assert " ".join(shown.split()) in " ".join(run.stderr.split())
    assert (row(healthy), healthy.site.users()) != before


# Usage


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("explain", "--employee"),
        ("explain --employee", "expected one argument"),
        ("explain --employee x", "an employee id is a whole number above 0"),
        ("explain --employee 1 --nonsense", "there is no option --nonsense"),
        ("explain --employee 1 --employee 2", "--employee is given twice, but takes one value"),
        ("plan --html x.html --html=y.html", "--html is given twice, but takes one value"),
        ("plan --employee 7 --everybody", "--employee selects some"),
        ("plan --employee 7 --settings x.toml", "--employee selects some"),
        ("plan --html x.html --json", "--html writes a separate page"),
        ("plan --html x.html --output y", "--html writes a separate page"),
        ("plan --employee seven", "an employee id is a whole number above 0"),
        ("plan --html", "argument --html: expected one argument"),
        ("doctor --nonsense", "there is no option --nonsense"),
        ("people", "a word is missing; there are list, retry, drop"),
        ("people nonsense", "there are list, retry, drop"),
        ("people list 41", "not known to this command"),
        ("people retry", "ID is missing: the employee ids, as in python -m worker people retry 4711 4712"),
        ("people drop", "ID is missing: the employee ids, as in python -m worker people drop 4711 4712"),
        ("people drop x", "an employee id is a whole number above 0"),
        ("people retry 0", "an employee id is a whole number above 0"),
        ("people retry 77 40 78", "nothing is remembered about 77, 78; nothing was changed"),
        ("people drop 7", "nothing is remembered about 7; nothing was changed"),
        ("state rewind --since 2099-01-01T00:00:00Z --yes", "is in the future"),
        ("state rewind --since yesterday --yes", "not a time with a time zone"),
        ("state rewind --since 2026-01-31T02:00:00 --yes", "not a time with a time zone"),
        ("state rewind --since 2026-01-31 --yes", "not a time with a time zone"),
        ("state rewind --since 1960-01-01T00:00:00Z --yes", "before"),
        ("state rewind --days -1 --yes", "a whole number from 0 to 18250"),
        ("state rewind --days 1.5 --yes", "a whole number from 0 to 18250"),
        ("state rewind --days 99999 --yes", "a whole number from 0 to 18250"),
        ("state rewind --yes", "one of the arguments --since --days is required"),
        ("state rewind --days 1 --since 2026-01-31T02:00:00Z --yes", "not allowed with argument"),
        ("state rewind --days 0 --yes", "is later than where the sync stands"),
    ],
)
def test_a_command_that_cannot_be_meant_is_refused_in_plain_text(
    harness: RunHarness, command: str, expected: str
) -> None:
    harness.company.hire("40", hidden=True, firstName="V", lastName="N", status="")
    assert harness.run()["no_evidence"] == 1
    before = state_and_site(harness)
    harness.forget_calls()

    run = harness.run(*command.split())

    assert (run.code, run.stdout) == (2, "")
    assert run.stderr.startswith("worker: ")
    assert expected in run.stderr
    assert (state_and_site(harness), harness.to_bamboo.calls) == (before, [])


# What a command needs


@pytest.mark.parametrize(
    "command",
    [
        *("people list", "people retry 40", "people drop 40"),
        *("state show", "state rewind --days 1 --yes", "state reset --yes"),
    ],
)
def test_people_and_state_need_only_the_variable_of_the_state(healthy: RunHarness, runs: Runs, command: str) -> None:
    unset = dict.fromkeys(healthy.environment.keys() - {"STATE_FILE"}, "")

    assert healthy.run(*arguments(command, runs), **unset).code == 0


@pytest.mark.parametrize("command", ["people list", "state show"])
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"STATE_FILE": ""}, "STATE_TABLE or STATE_FILE must be set"),
        ({"STATE_TABLE": "x"}, "STATE_TABLE and STATE_FILE are both set"),
        ({"STATE_ID": "a#b"}, "STATE_ID = "),
        ({"STATE_FILE": "nowhere/at/all/state.sqlite"}, "STATE_FILE"),
    ],
)
def test_a_fault_of_the_state_settings_is_reported(
    harness: RunHarness, command: str, settings: dict[str, str], expected: str
) -> None:
    run = harness.run(*command.split(), **settings)

    assert (run.code, run.stdout) == (3, "")
    assert run.stderr.startswith("worker: ")
    assert expected in run.stderr


@pytest.mark.parametrize("command", ["plan", "plan --json", "explain --employee 8"])
@pytest.mark.parametrize(
    ("fault", "settings", "code", "expected"),
    [
        ("", {"BAMBOOHR_API_KEY": "f" * 40}, 3, "does not know the API key"),
        ("", {"MOODLE_TOKEN": "wrong"}, 3, "token"),
        ("", {"BATCH_SIZE": "x", "TRIGGER": "cron"}, 3, "TRIGGER = "),
        ("", {"MOODLE_TOKEN": ""}, 3, "MOODLE_SECRET_ID or MOODLE_TOKEN must be set"),
        ("html", {}, 1, "BambooHR's answer for the list of changed employees is not the documented JSON"),
        ("maintenance", {}, 1, "in maintenance"),
    ],
)
def test_what_prevents_a_report_is_said_at_once_in_plain_text(
    healthy: RunHarness, command: str, fault: Any, settings: dict[str, str], code: int, expected: str
) -> None:
    if fault == "html":
        healthy.fail_bamboo(fault, operation="changed", times=0)
    if fault == "maintenance":
        healthy.site.settings.maintenance = "cli"

    run = healthy.run(*command.split(), **settings)

    assert (run.code, run.stdout) == (code, "")
    assert run.stderr.startswith("worker: ")
    assert expected in run.stderr
    assert len(healthy.to_moodle.calls) <= 1


# Where values go


REPORTS = ["plan --output", "plan --json --output", "plan --html", "explain --employee 8 --output"]


@pytest.mark.parametrize("command", REPORTS)
@pytest.mark.parametrize("place", ["nowhere/report", "."])
def test_an_unwritable_file_is_refused_before_any_call(
    healthy: RunHarness, tmp_path: Path, command: str, place: str
) -> None:
    run = healthy.run(*command.split(), str(tmp_path / place))

    assert (run.code, run.stdout, [*healthy.to_bamboo.calls, *healthy.to_moodle.calls]) == (2, "", [])
    assert "cannot be written" in run.stderr


@pytest.mark.parametrize("command", [*REPORTS, "explain --employee 8 --json --output"])
def test_a_file_with_values_gets_mode_0600_and_loses_its_former_content(
    healthy: RunHarness, runs: Runs, tmp_path: Path, command: str
) -> None:
    file = tmp_path / "report"
    file.write_text("an older and much longer report " * 10_000)
    file.chmod(0o644)

    run = healthy.run(*arguments(command, runs), str(file), "--show-values")

    text = file.read_text(encoding="utf-8")
    assert (run.code, run.stdout) == (0, "")
    assert "Editedquux" in text
    assert "an older" not in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("command", ["plan", "plan --json", "explain --employee 8"])
def test_values_are_shown_only_on_a_terminal_or_in_a_named_file(healthy: RunHarness, runs: Runs, command: str) -> None:
    refused = healthy.run(*arguments(command, runs), "--show-values")

    assert (refused.code, refused.stdout, healthy.to_bamboo.calls) == (2, "", [])
    assert "a terminal or a named file" in refused.stderr
    assert "--output FILE" in refused.stderr
    assert "quux" not in healthy.run(*arguments(command, runs)).stdout
    if "--json" not in command:
        shown = at_a_terminal(healthy, *arguments(command, runs), "--show-values", shows="stdout").stdout
        assert "-> 'Editedquux'" in " ".join(shown.split())

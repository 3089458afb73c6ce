"""`approve RUN`: what a run held is written if it is still exactly due, and nothing else."""

from __future__ import annotations

import pytest

from tests.run_harness import RunHarness, RunResult
from tests.sandbox.bamboohr import generate
from tests.worker.end_to_end.tools import in_sync, row, suspended, update_items


@pytest.fixture
def held(harness: RunHarness) -> RunResult:
    """A run that held the suspensions of 1 to 11, and the new addresses of 12 to 31."""
    in_sync(harness, generate(90, seed=1, without_email=0.0))
    leave(harness, *range(1, 12))
    for number in range(12, 32):
        harness.company.edit(str(number), workEmail=f"e{number}@new.example")
    run = harness.run()
    assert (run.code, run["held"]) == (4, {"suspend": 11, "identity": 20})
    harness.forget_calls()
    return run


def leave(harness: RunHarness, *numbers: int) -> None:
    for number in numbers:
        harness.company.terminate(str(number))


def with_new_address(harness: RunHarness) -> set[int]:
    return {int(user["idnumber"]) for user in harness.accounts() if user["email"].endswith("@new.example")}


LEAVERS, MOVED = set(range(1, 12)), set(range(12, 32))


def test_what_is_held_is_named_with_the_command_that_approves_it(harness: RunHarness, held: RunResult) -> None:
    command = f"approve {held['run_id']}"
    lines = [line for line in held.log if line.get("code") == "suspension_held"]
    explained, plan = harness.run("explain", "--employee", "20").stdout, harness.run("plan")

    assert "11 suspensions" in held["message"]
    assert command in held["advice"]
    assert (len(lines), all(command in line["advice"] for line in lines)) == (11, True)
    assert "update (held: identity)" in explained
    assert f"{command} --employee 20" in explained
    assert plan.code == 4
    assert "\n20 changes of identity held:\n" in plan.stdout
    assert "\nUpdate (held): 20 employees: a guard holds all changes of identity" in plan.stdout
    assert plan.stdout.count("the e-mail domain changes ") == 1


@pytest.mark.parametrize(
    ("options", "left", "moved"),
    [
        ((), LEAVERS, MOVED),
        (("--only", "suspend"), LEAVERS, set()),
        (("--only", "identity"), set(), MOVED),
        (("--employee", "20"), set(), {20}),
    ],
)
def test_approve_writes_what_was_held_leaves_the_state_and_may_be_repeated(
    harness: RunHarness, held: RunResult, options: tuple[str, ...], left: set[int], moved: set[int]
) -> None:
    before = row(harness)

    first, again = (harness.run("approve", held["run_id"], *options, "--yes") for _ in range(2))

    assert (first.code, first["command"], first["scope"]) == (0, "approve", "employees")
    assert (first["suspended"], first["updated"]) == (len(left), len(moved))
    assert (suspended(harness), with_new_address(harness)) == (left, moved)
    assert (again.code, again["suspended"], again["updated"]) == (0, 0, 0)
    assert row(harness) == before


def test_approve_adds_nothing_and_leaves_out_what_is_not_due_any_more(harness: RunHarness, held: RunResult) -> None:
    harness.company.rehire("3", department="Another")
    harness.company.edit("20", workEmail="another@new.example")
    leave(harness, 40)
    harness.company.edit("41", department="Elsewhere")

    approval = harness.run("approve", held["run_id"], "--yes")

    assert (approval.code, approval["suspended"], approval["updated"], approval["not_due"]) == (0, 10, 19, 2)
    assert approval.reason_codes("3") == approval.reason_codes("20") == ["not_due"]
    assert (suspended(harness), with_new_address(harness)) == (LEAVERS - {3}, MOVED - {20})
    assert not {"Another", "Elsewhere"} & {harness.account(number)["department"] for number in ("3", "41")}


def test_an_approved_change_that_needs_another_one_stays_held(harness: RunHarness) -> None:
    in_sync(harness, generate(90, seed=1, without_email=0.0))
    taken = harness.account("1")["email"]
    harness.company.edit("1", workEmail="moved@new.example")
    harness.company.edit("2", workEmail=taken)
    run_id = harness.run(LIMITS='{"identity": 1}')["run_id"]
    command = f"python -m worker approve {run_id} --employee 2 --employee 1"

    explained = harness.run("explain", "--employee", "2").stdout
    alone = harness.run("approve", run_id, "--employee", "2", "--yes")
    preview = harness.run("approve", run_id, "--employee", "2", "--dry-run")
    both = harness.run("approve", run_id, "--employee", "2", "--employee", "1", "--yes")

    assert (alone.code, alone["outcome"], alone["held_ids"], alone["updated"]) == (4, "held", [2], 0)
    assert (alone.reason_codes("2"), alone.reason_codes("1")) == (["needs_another"], ["not_approved"])
    assert all(command in text for text in (explained, alone["advice"], preview["advice"]))
    assert (both.code, both["updated"], harness.account("2")["email"]) == (0, 2, taken)


def test_a_preview_names_no_run_that_cannot_be_approved(harness: RunHarness, held: RunResult) -> None:
    """A preview keeps no list of what it held; the run itself will, under its own id."""
    stranger = {"firstname": "Another", "lastname": "Person", "email": "another@else.example"}
    harness.site.change_user(harness.account("20")["id"], **stranger)
    command = ("approve", held["run_id"], "--employee", "20")

    preview, run = harness.run(*command, "--dry-run"), harness.run(*command, "--yes")

    for one, run_id in ((preview, "RUN"), (run, run["run_id"])):
        (advised,) = [line["advice"] for line in one.log if line.get("code") == "unconfirmed"]
        assert f"approve {run_id} --employee 20" in advised


def test_an_employee_for_whom_nothing_was_held_is_named(harness: RunHarness, held: RunResult) -> None:
    command = ("approve", held["run_id"], "--yes", "--employee", "9999")

    in_vain = harness.run(*command)
    partly = harness.run(*command, "--employee", "20", "--employee", "3", "--only", "identity")

    assert (in_vain.code, in_vain["message"]) == (2, f"the run {held['run_id']} held nothing for employee 9999")
    assert (partly.code, with_new_address(harness), suspended(harness)) == (0, {20}, set())
    (warning,) = [line for line in partly.log if line["event"] == "approve.held_nothing"]
    assert warning["reason"] == f"the run {held['run_id']} held nothing of identity for employees 3, 9999"


def test_an_undone_employee_is_released_before_the_approval(harness: RunHarness) -> None:
    in_sync(harness, generate(90, seed=1, without_email=0.0))
    harness.company.edit("3", department="Elsewhere")
    wrote = harness.run()
    leave(harness, 3)
    held = harness.run(MAX_SUSPENSIONS="0")
    harness.run("undo", wrote["run_id"], "--yes")

    explained = harness.run("explain", "--employee", "3").stdout
    approval = harness.run("approve", held["run_id"], "--yes")
    harness.run("people", "retry", "3")
    released = harness.run("approve", held["run_id"], "--yes")

    assert held["held_ids"] == [3]
    assert "release the employee first" in explained
    assert "approve" not in explained
    (warning,) = [line for line in approval.log if line["event"] == "approve.undone"]
    assert "undid what a run had written to employee 3" in warning["reason"]
    assert warning["advice"] == "to release them first: python -m worker people retry 3"
    assert (approval["suspended"], released["suspended"]) == (0, 1)
    assert not [line for line in released.log if line["event"] == "approve.undone"]


def test_what_was_approved_does_not_count_towards_the_limits(harness: RunHarness, held: RunResult) -> None:
    harness.run("approve", held["run_id"], "--yes")
    leave(harness, *range(40, 45))

    run = harness.run()

    assert (run.code, run["suspended"]) == (0, 5)


def test_an_unknown_run_is_refused_and_the_run_that_held_is_named(harness: RunHarness, held: RunResult) -> None:
    approval = harness.run("approve", "20260131T033000Z-00000000", "--yes")

    assert (approval.code, approval["outcome"]) == (2, "usage_error")
    assert held["run_id"] in approval["advice"]
    assert [*harness.to_bamboo.calls, *harness.to_moodle.calls] == []


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("held nothing", "held nothing that can be approved"),
        ("older than a week", "older than 7 days"),
        ("another token", "token has been replaced"),
    ],
)
def test_what_cannot_be_approved_is_refused(harness: RunHarness, held: RunResult, what: str, message: str) -> None:
    run_id = harness.run("sync", "--employee", "50")["run_id"] if what == "held nothing" else held["run_id"]
    if what == "older than a week":
        update_items(harness, "held", at=lambda moment: moment - 604_900)
    settings = {"MOODLE_TOKEN": "f" * 32} if what == "another token" else {}
    harness.forget_calls()

    approval = harness.run("approve", run_id, "--yes", **settings)

    assert (approval.code, suspended(harness), harness.to_moodle.calls) == (2, set(), [])
    assert message in approval["message"]


def test_approve_is_repeated_after_a_moodle_failure(harness: RunHarness, held: RunResult) -> None:
    harness.fail_moodle("status", operation="core_user_update_users", status=503, times=0)
    failed = harness.run("approve", held["run_id"], "--yes")
    harness.heal()

    approval = harness.run("approve", held["run_id"], "--yes")

    assert (failed.code, approval.code, suspended(harness)) == (1, 0, LEAVERS)

"""One record that a system refuses costs one employee; a site that refuses everything costs one message."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Literal

import pytest

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import generate
from tests.sandbox.wire import Request, Response
from tests.worker.end_to_end.bad_records import (
    BY_FIELD,
    CREATE,
    SEARCH,
    UPDATE,
    account_id,
    edit,
    hire,
    make_unreadable,
    moved,
)

# Look-ups


def test_an_account_that_moodle_cannot_return_costs_one_employee(staffed: RunHarness) -> None:
    make_unreadable(staffed, account_id(staffed, "3"))
    edit(staffed, "1", "2", "3", "4", "5", "6")
    staffed.company.terminate("7", hireDate="2020-01-01")
    hire(staffed, "101")

    run = staffed.run()

    assert (run.code, run["updated"], run["created"], run["suspended"], run["errors"]) == (1, 5, 1, 1, 1)
    assert run.reason_codes("3") == ["unreadable_account"]
    assert moved(staffed, "1", "2", "3", "4", "5", "6") == ["1", "2", "4", "5", "6"]


@pytest.mark.parametrize("keeps_context", [True, False])
def test_an_account_that_was_deleted_by_sql_costs_one_employee_and_says_what_to_do(
    staffed: RunHarness, keeps_context: bool
) -> None:
    staffed.site.delete_by_sql(account_id(staffed, "3"), keeps_context=keeps_context)
    edit(staffed, "1", "2", "3", "4")

    runs = [staffed.run(), staffed.run()]

    assert [(run.code, run["created"], run["errors"]) for run in runs] == [(1, 0, 1)] * 2
    assert runs[0]["updated"] == 3
    (line,) = [line for line in runs[1].log if line.get("employee_id") == 3]
    assert "deleted in Moodle" in line["reason"]
    assert "to change all three in the table mdl_user" in line["advice"]
    assert "next run" not in line["advice"]
    if not keeps_context:
        assert "deleted by SQL" in staffed.run("explain", "--employee", "3").stdout


def test_an_employee_whose_deleted_account_was_cleared_gets_a_new_one(staffed: RunHarness) -> None:
    deleted = account_id(staffed, "3")
    staffed.site.delete_by_sql(deleted, keeps_context=False)
    edit(staffed, "3")
    staffed.run()
    staffed.site.change_user(deleted, idnumber="", email="deleted", username="deleted")

    run = staffed.run()

    assert (run.code, run["created"]) == (0, 1)


def test_an_employee_who_was_isolated_is_looked_up_alone_in_the_next_run(staffed: RunHarness) -> None:
    make_unreadable(staffed, account_id(staffed, "3"))
    edit(staffed, *map(str, range(1, 21)))
    first = staffed.run()
    calls = len(staffed.to_moodle.calls)
    staffed.forget_calls()

    second = staffed.run()
    staffed.heal()
    third = staffed.run()

    assert (first["errors"], second["errors"], third["errors"]) == (1, 1, 0)
    assert len(staffed.to_moodle.calls) < calls
    assert moved(staffed, "3") == ["3"]


def test_an_address_that_cannot_be_looked_up_blocks_the_employee_who_needs_it_only(staffed: RunHarness) -> None:
    hire(staffed, "101", "102")
    staffed.fail_moodle("status", operation=BY_FIELD, text="n102@x.io", status=500, times=0)

    run = staffed.run()

    assert (run.code, run["created"], run["errors"]) == (1, 1, 1)
    assert run.reason_codes("102") == ["unreadable_account"]
    assert "102" not in {user["idnumber"] for user in staffed.accounts()}


ODD_ANSWERS = ["null", "{}", "false", '""', '{"error": "x", "errorcode": "codingerror"}', '{"errorcode": "x"}']
"""JSON that is neither a list of accounts nor an exception."""


@pytest.mark.parametrize("body", ODD_ANSWERS)
def test_an_answer_of_another_form_costs_one_employee(staffed: RunHarness, body: str) -> None:
    record = f"account {account_id(staffed, '3')}"
    staffed.fail_moodle("answer", operation=BY_FIELD, record=record, times=0, status=200, body=body)
    edit(staffed, "1", "2", "3", "4", "5", "6")
    staffed.company.terminate("7", hireDate="2020-01-01")
    hire(staffed, "101")

    run = staffed.run()

    assert (run.code, run["updated"], run["created"], run["suspended"], run["errors"]) == (1, 5, 1, 1, 1)
    assert run.reason_codes("3") == ["unreadable_account"]


@pytest.mark.parametrize("body", ODD_ANSWERS)
def test_a_site_that_gives_every_look_up_an_answer_of_another_form_is_named_once(
    staffed: RunHarness, body: str
) -> None:
    staffed.fail_moodle("answer", operation=BY_FIELD, times=0, status=200, body=body)
    edit(staffed, *map(str, range(1, 41)))

    run = staffed.run()

    assert (run.code, run["outcome"], run["errors"], run["updated"]) == (1, "moodle_error", 1, 0)
    assert "no list of accounts" in run["message"]
    assert not [line for line in run.log if line["event"] == "sync.person"]


@pytest.mark.parametrize("body", ["null", "[]", '{"users": null}', '{"users": [null]}', '{"users": [{}]}'])
def test_an_address_whose_search_is_not_answered_is_not_free(staffed: RunHarness, body: str) -> None:
    """On a database that compares exactly, an account may have the address in another case."""
    staffed.site.settings.database = "postgresql"
    hire(staffed, "101", "102")
    staffed.fail_moodle("answer", operation=SEARCH, text="n101@x.io", times=0, status=200, body=body)

    runs = [staffed.run(), staffed.run()]

    assert [(run.code, run["created"], run["errors"]) for run in runs] == [(1, 1, 1), (1, 0, 1)]
    assert runs[0].reason_codes("101") == ["unreadable_account"]
    assert "101" not in {user["idnumber"] for user in staffed.accounts()}


@pytest.mark.parametrize("shown", [None, "", {}, []])
def test_an_account_whose_address_cannot_be_compared_gets_no_second_one(staffed: RunHarness, shown: object) -> None:
    staffed.site.settings.database = "postgresql"
    carl = staffed.site.add_user("carl", firstname="Carl", lastname="Bee", email="Carl.Bee@x.io", auth="oidc")
    found = {"id": carl, "username": "carl", "firstname": "Carl", "lastname": "Bee", "auth": "oidc"}
    body = json.dumps({"users": [{**found, "suspended": False, "department": "", "email": shown}]})
    staffed.company.hire("101", firstName="Carl", lastName="Bee", workEmail="carl.bee@x.io")
    staffed.fail_moodle("answer", operation=SEARCH, times=0, status=200, body=body)

    run = staffed.run()
    staffed.heal()
    later = staffed.run()

    assert (run.code, run["created"], run.reason_codes("101")) == (1, 0, ["unreadable_account"])
    assert (later.code, later["created"], later["updated"]) == (0, 0, 1)
    assert staffed.account("101")["id"] == carl


def test_a_site_that_cannot_return_any_account_is_named_once_and_no_employee_is(staffed: RunHarness) -> None:
    for user in staffed.accounts():
        make_unreadable(staffed, user["id"])
    edit(staffed, *map(str, range(1, 41)))

    run = staffed.run()

    assert (run.code, run["outcome"], run["errors"], run["updated"]) == (1, "moodle_error", 1, 0)
    assert "does not answer the look-up of any employee" in run["message"]
    assert len(staffed.to_moodle.calls) <= 40
    assert not [line for line in run.log if line["event"] == "sync.person"]


# Writes


@pytest.mark.parametrize("status", [500, 403, 406])
def test_a_creation_that_is_refused_costs_one_employee(harness: RunHarness, status: int) -> None:
    kind = "status" if status == 500 else "firewall"
    harness.company.add(generate(20, seed=3))
    hire(harness, "101", department="Select and Union")
    harness.fail_moodle(kind, operation=CREATE, text="Select and Union", status=status, times=0)

    run = harness.run()

    assert (run.code, run["created"], run["errors"]) == (1, 20, 1)
    (line,) = [line for line in run.log if line.get("employee_id") == 101]
    assert line["code"] == "refused"
    assert "department" in line["reason"]
    if status != 500:
        assert "firewall" in line["advice"] or "firewall" in line["reason"]


def test_an_update_that_is_refused_keeps_no_leaver_active(staffed: RunHarness) -> None:
    edit(staffed, *map(str, range(1, 21)))
    for number in ("31", "32", "33"):
        staffed.company.terminate(number, hireDate="2020-01-01")
    staffed.fail_moodle("status", operation=UPDATE, record=f"account {account_id(staffed, '9')}", status=500, times=0)

    run = staffed.run()

    assert (run["suspended"], run["updated"], run["errors"]) == (3, 19, 1)
    assert all(staffed.account(number)["suspended"] for number in ("31", "32", "33"))
    assert run.reason_codes("9") == ["refused"]


def test_leavers_are_looked_up_and_suspended_before_everything_else(staffed: RunHarness) -> None:
    edit(staffed, *map(str, range(1, 21)))
    staffed.company.terminate("31", hireDate="2020-01-01")
    staffed.fail_moodle("hang", operation=UPDATE, skip=1, times=0)

    run = staffed.run(HTTP_TIMEOUT_SECONDS="1", MAX_RUN_MINUTES="1")

    assert staffed.account("31")["suspended"]
    assert run.code == 1


@pytest.mark.parametrize(
    "warning",
    [
        {"item": "user", "itemid": 999_999, "warningcode": "invaliduserid"},
        {"item": "user", "itemid": 0, "warningcode": "x"},
        {"item": "user", "warningcode": "x"},
        {},
        None,
    ],
    ids=["another account", "no account's id", "no id", "empty", "null"],
)
def test_a_warning_that_names_no_account_of_the_batch_does_not_say_what_was_written(
    staffed: RunHarness, warning: object
) -> None:
    edit(staffed, "1", "2", "3")
    staffed.company.terminate("7", hireDate="2020-01-01")
    staffed.fail_moodle("answer", operation=UPDATE, times=0, status=200, body=json.dumps({"warnings": [warning]}))

    refused = staffed.run()
    staffed.heal()
    healed = staffed.run()

    assert (refused.code, refused["updated"], refused["suspended"], refused["errors"]) == (1, 0, 0, 4)
    assert refused["next_since"] == refused["since"]
    assert "answer does not say what was written" in next(line["reason"] for line in refused.log if "reason" in line)
    assert (healed.code, healed["updated"], healed["suspended"]) == (0, 3, 1)


def test_what_was_written_in_spite_of_such_a_warning_is_found(staffed: RunHarness) -> None:
    """The first update is carried out, and answered with a warning about another account."""
    edit(staffed, "1", "2", "3")
    answer = staffed.to_moodle.app.answer

    def with_warning(request: Request) -> Response:
        done = answer(request)
        warned = {"warnings": [{"item": "user", "itemid": 999_999, "warningcode": "x"}]}
        return Response.of(warned) if staffed.to_moodle.app.operation(request) == UPDATE else done

    staffed.to_moodle.app.answer = with_warning  # type: ignore[method-assign]

    run = staffed.run()

    assert (run.code, run["updated"], staffed.writes()) == (0, 3, [UPDATE])
    assert moved(staffed, "1", "2", "3") == ["1", "2", "3"]


# BambooHR


@pytest.mark.parametrize("list_refused", [None, 403])
def test_an_employee_whom_bamboohr_cannot_answer_for_costs_one_employee(
    harness: RunHarness, list_refused: Literal[403] | None
) -> None:
    harness.company.add(generate(20, seed=3))
    harness.bamboo.settings = replace(harness.bamboo.settings, directory_sharing="off", list_refused=list_refused)
    harness.fail_bamboo("status", record="employee 7", status=500, times=0)

    run = harness.run()

    assert (run.code, run["created"], run["errors"]) == (1, 19, 1)
    assert run.reason_codes("7") == ["unreadable_employee"]

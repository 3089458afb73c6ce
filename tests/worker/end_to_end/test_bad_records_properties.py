"""Up to ten bad records among five hundred, and a site that refuses everything: whatever is refused, and how."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import generate
from tests.sandbox.wire import Fault
from tests.simulation import Simulation
from tests.worker.end_to_end.bad_records import BY_FIELD, CREATE, UPDATE, edit, hire

# Any of them


STATUSES = (301, 302, 307, 400, 401, 403, 404, 405, 407, 410, 411, 413, 415, 418, 422, 451, 494, 499, 500, 501, 521)
CODES = ("invalidparameter", "invalidresponse", "invalidrecord", "dmlwriteexception", "a_code_of_a_plugin")
EDITED, READDRESSED, LEAVERS, HIRED = range(1, 61), range(61, 66), range(71, 75), range(501, 531)
CHANGED = [*EDITED, *READDRESSED, *LEAVERS, *HIRED]


def refusing(refusal: str | int, operation: str, *, record: str = "", text: str = "") -> Fault:
    if refusal == "page":
        return Fault("html", operation, times=0, record=record, text=text)
    if refusal == "no answer":
        return Fault("reset_before", operation, times=0, record=record, text=text)
    if isinstance(refusal, int):
        kind: Literal["status", "firewall"] = "status" if refusal % 2 else "firewall"
        return Fault(kind, operation, status=refusal, times=0, record=record, text=text)
    body = json.dumps({"exception": "x", "errorcode": refusal, "message": "no"})
    return Fault("answer", operation, status=200, times=0, body=body, record=record, text=text)


def reads_and_writes(number: int) -> list[str]:
    """The requests to Moodle that are about a changed employee."""
    if number in HIRED:
        return [BY_FIELD, "by e-mail", CREATE]
    return [BY_FIELD, "by e-mail", UPDATE] if number in READDRESSED else [BY_FIELD, UPDATE]


def poison(company: Simulation, data: st.DataObject) -> set[int]:
    """Have up to ten changed employees refused, each by one kind of request and in one way."""
    bad = data.draw(st.sets(st.sampled_from(CHANGED), max_size=10))
    for number in sorted(bad):
        operation = data.draw(st.sampled_from([*reads_and_writes(number), "BambooHR"]))
        if operation == "BambooHR":
            status = data.draw(st.sampled_from([one for one in STATUSES if one not in (401, 403, 404, 405)]))
            company.to_bamboo.faults.append(refusing(status, "*", record=f"employee {number}"))
            continue
        refusal = data.draw(st.sampled_from(STATUSES) | st.sampled_from((*CODES, "page", "no answer")))
        which = {"text": f"n{number}@x.io"} if operation == "by e-mail" else {"record": f"employee {number}"}
        company.to_moodle.faults.append(refusing(refusal, BY_FIELD if "mail" in operation else operation, **which))
    return bad


def change(company: Simulation) -> None:
    for number in (*EDITED, *READDRESSED):
        company.company.edit(str(number), department="Moved")
    for number in READDRESSED:
        company.company.edit(str(number), workEmail=f"n{number}@x.io")
    for number in LEAVERS:
        company.company.terminate(str(number), hireDate="2020-01-01")
    for number in HIRED:
        named = {"firstName": f"New{number}", "lastName": "Hire", "workEmail": f"n{number}@x.io"}
        company.company.hire(str(number), hidden=True, department="Moved", **named)


def is_in_sync(user: dict[str, Any], number: int) -> bool:
    if number in LEAVERS:
        return bool(user.get("suspended"))
    return user.get("department") == "Moved" and (number in EDITED or user.get("email") == f"n{number}@x.io")


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=settings().max_examples // 4)
@given(data=st.data(), one_by_one=st.booleans())
def test_any_ten_bad_records_among_five_hundred_cost_ten_employees(data: st.DataObject, one_by_one: bool) -> None:
    company = Simulation()
    company.company.add(generate(500, seed=11))
    company.bamboo.settings.list_refused = 403 if one_by_one else None
    for number in (*EDITED, *READDRESSED):
        company.company.hide(str(number))
    assert company.sync() is not None
    company.clock.advance(hours=1)
    change(company)
    bad = poison(company, data)
    company.to_moodle.calls.clear()

    summary = company.sync()

    assert summary is not None
    users = {int(user["idnumber"]): user for user in company.site.users() if user["idnumber"]}
    assert {number for number in CHANGED if not is_in_sync(users.get(number, {}), number)} == bad
    assert set(summary.listed_ids.get("errors", [])) == bad
    assert len(company.to_moodle.calls) <= 30 + 16 * len(bad)


@pytest.mark.parametrize("status", [302, 401, 403, 500])
@pytest.mark.parametrize("begins_at", ["reading", "writing"])
def test_a_site_that_refuses_everything_is_named_once_and_no_employee_is(
    staffed: RunHarness, status: int, begins_at: str
) -> None:
    edit(staffed, *map(str, EDITED[:8]))
    hire(staffed, *map(str, HIRED[:20]))
    staffed.run("--dry-run")
    answered = len(staffed.to_moodle.calls)
    staffed.forget_calls()
    staffed.fail_moodle("status", status=status, times=0, skip=answered if begins_at == "writing" else 0)

    run = staffed.run()

    assert (run.code, run["outcome"], run["created"], run["updated"]) == (1, "moodle_error", 0, 0)
    assert f"HTTP {status}" in run["message"]
    assert not [line for line in run.log if line.get("event") == "sync.person" and line["code"] == "refused"]
    assert len(staffed.to_moodle.calls) <= answered + 40

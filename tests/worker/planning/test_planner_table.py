"""How each employee is handled: the decision table of the design, row by row.

The rows of other modules: test_planner_matching.py (which account), test_planner_fields.py (which values), and
test_planner_several_employees.py (employees of one run who affect each other).
"""

from __future__ import annotations

import pytest

from tests.worker.builders import (
    TOMORROW,
    YESTERDAY,
    account,
    account_of,
    hidden,
    leaver,
    listed,
    outcome,
    plan_of,
    record_of,
    suspended_by_us,
    unseen,
)
from tests.worker.planning.cases import STRANGER, Case, Values, case
from worker.model.employee import Employee, Evidence
from worker.model.history import NO_ACCOUNT, FollowUp

LEGAL: Values = {"department": "Legal"}
OURS: Values = {"remembered": suspended_by_us(1)}
ALL_REACTIVATED: Values = {**OURS, "reactivate_all": True, "reactivate_ids": {1}}
SAME = account_of(1)
SUSPENDED = account_of(1, suspended=True)
ROW_SAYS_INACTIVE = Employee.seen(1, directory_row=listed().facts, evidence=Evidence({"status": "Inactive"}))
ONCE_DELETED = Employee.seen(1, was_deleted=True, directory_row=None, evidence=None)
ONCE_DELETED_BUT_LISTED = Employee.seen(1, was_deleted=True, directory_row={}, evidence=None)

# In the directory and nothing says inactive, or hidden from the directory and exactly Active

EMPLOYED = [
    row
    for state, employee in (("listed", listed(department="Legal")), ("hidden", hidden(department="Legal")))
    for row in (
        case(f"{state}: account", "update differs", employee, SAME, writes=LEGAL),
        case(f"{state}: same account", "unchanged in_step", employee, account_of(employee)),
        case(
            f"{state}: suspended by us",
            "reactivate returned",
            employee,
            SUSPENDED,
            writes={**LEGAL, "suspended": "0"},
            **OURS,
        ),
        case(f"{state}: none", "create new", employee),
    )
]

# Deleted, or exactly Inactive

LEFT = [
    row
    for state, employee in (
        ("deleted, no row", unseen(deleted=True)),
        ("deleted, Inactive", leaver(deleted=True)),
        ("Inactive", leaver()),
        ("listed and Inactive", listed(status="Inactive")),
        ("listed, row says Inactive", ROW_SAYS_INACTIVE),
    )
    for row in (
        case(f"{state}: account", "suspend left", employee, SAME),
        case(f"{state}: suspended", "unchanged already_suspended", employee, SUSPENDED, **ALL_REACTIVATED),
    )
]
LEFT_WITHOUT_ACCOUNT = [
    case(state, "skip left_without_account", employee)
    for state, employee in (
        ("deleted, no row: none", unseen(deleted=True)),
        ("deleted, Inactive: none", leaver(deleted=True)),
        ("deleted, Inactive, hire date not shown: none", leaver(deleted=True, restricted=["hire_date"])),
        ("Inactive: none", leaver()),
        ("Inactive, hire date empty: none", leaver(hire_date="")),
    )
]

# Hire date in the future, or not shown

STARTS = leaver(hire_date=TOMORROW, department="Legal")
UNREADABLE_DATE = leaver(hire_date="31/01/2026")
STARTS_IN_3_DAYS = leaver(hire_date="2026-11-25")
UNDATED = leaver(restricted=["hire_date"])
SEEN_BEFORE_START: Values = {"remembered": {1: record_of(1, FollowUp.WAITING, "starts_later", "hold")}}
FUTURE = [
    case("starts: account", "hold starts_later", STARTS, SAME),
    case("starts: suspended", "hold starts_later", STARTS, SUSPENDED, **ALL_REACTIVATED),
    case("starts: none", "hold starts_later", STARTS),
    case("starts in 3 days, look-ahead 3", "create new", STARTS_IN_3_DAYS, waits=True, hire_lookahead_days=3),
    case("starts in 3 days, look-ahead 2", "hold starts_later", STARTS_IN_3_DAYS, hire_lookahead_days=2),
    case("look-ahead: unlinked", "hold starts_later", STARTS, account_of(1, idnumber=""), hire_lookahead_days=30),
    case("Active, starts: none", "create new", hidden(hire_date=TOMORROW), waits=True),
    case(
        "Active, starts: account", "update differs", hidden(hire_date=TOMORROW, **LEGAL), SAME, writes=LEGAL, waits=True
    ),
    case("Active, starts: same account", "unchanged in_step", hidden(hire_date=TOMORROW), SAME, waits=True),
    case("Active, started: none", "create new", hidden(hire_date=YESTERDAY)),
    case("Active, starts, no e-mail", "skip no_email", hidden(hire_date=TOMORROW, work_email="")),
    case("hire date not shown: none", "hold start_not_shown", UNDATED),
    case("hire date not shown: account", "suspend left", UNDATED, SAME),
    case("hire date no longer shown", "hold start_not_shown", hidden(1, "Inactive"), SAME, **SEEN_BEFORE_START),
]

# Anything else

UNKNOWN = [
    row
    for state, code, employee in (
        ("no row", "no_evidence", unseen()),
        ("hidden, no status", "no_evidence", hidden(1, "")),
        ("hidden, status restricted", "no_evidence", hidden(1, None, restricted=["status"])),
        ("hidden, Terminated", "no_evidence", hidden(1, "Terminated")),
        ("hidden, inactive", "no_evidence", hidden(1, "inactive")),
        ("listed, INACTIVE", "no_evidence", listed(status="INACTIVE")),
        ("deleted earlier, listed", "deleted_but_shown", ONCE_DELETED_BUT_LISTED),
        ("deleted, listed", "deleted_but_shown", listed(deleted=True)),
        ("deleted, listed, Inactive", "deleted_but_shown", listed(deleted=True, status="Inactive")),
        ("deleted, Active", "deleted_but_shown", hidden(1, "Active", deleted=True)),
    )
    for row in (
        case(f"{state}: account", f"hold {code}", employee, account_of(1, **STRANGER), about=None),
        case(f"{state}: suspended", f"hold {code}", employee, SUSPENDED, about=None, **ALL_REACTIVATED),
        case(f"{state}: none", f"hold {code}", employee),
    )
]

# Deleted in an earlier feed, suspended then, and not shown since

OF_ANOTHER_ACCOUNT: Values = {"remembered": {1: record_of(1, suspended_by_us=True, suspended_account_id=777)}}
GONE = [
    case("gone: suspended", "unchanged already_suspended", ONCE_DELETED, SUSPENDED, **ALL_REACTIVATED),
    case("gone: account", "hold deleted_earlier", ONCE_DELETED, SAME, **OURS),
    case("gone: a second account", "hold deleted_earlier", ONCE_DELETED, SAME, **OF_ANOTHER_ACCOUNT),
    case("gone: another's account", "hold deleted_earlier", ONCE_DELETED, account_of(1, **STRANGER), **OURS),
    case("gone: two accounts", "hold deleted_earlier", ONCE_DELETED, SUSPENDED, account_of(1, number=9), **OURS),
    case("gone: none", "skip left_without_account", ONCE_DELETED, **OURS),
    case("gone: not suspended by us", "hold no_evidence", ONCE_DELETED, SUSPENDED, about=None),
    case("gone: listed again", "hold deleted_but_shown", ONCE_DELETED_BUT_LISTED, SUSPENDED, about=None, **OURS),
    case("gone: named by the feed", "hold no_evidence", unseen(), SUSPENDED, about=None, **OURS),
]


@pytest.mark.parametrize("row", [*EMPLOYED, *LEFT, *LEFT_WITHOUT_ACCOUNT, *FUTURE, *UNKNOWN, *GONE])
def test_evidence_decides(row: Case) -> None:
    row.check()


def test_a_company_missing_from_the_directory_is_neither_suspended_nor_renamed() -> None:
    company = range(1, 51)

    plan = plan_of(*map(unseen, company), accounts=[account_of(number, firstname="Old") for number in company])

    assert {outcome(step) for step in plan.values()} == {"hold no_evidence"}


# Who is read again in every run

NAMED: Values = {"selected_ids": {1}}
ALL: Values = {"is_full_pass": True}
WAITING: Values = {"remembered": {1: record_of(1, FollowUp.WAITING)}}
ANOTHER_NAME = account_of(1, idnumber="", firstname="Other", lastname="Name")


@pytest.mark.parametrize(
    "row",
    [
        case("named, unknown", "hold unknown_employee", unseen(), waits=False, **NAMED),
        case("named, shown", "hold no_evidence", hidden(1, ""), waits=False, **NAMED),
        case("named, changed", "hold no_evidence", unseen(), changed={1}, **NAMED),
        case("named, remembered", "hold no_evidence", unseen(), **NAMED, **WAITING),
        case("named, starts", "hold starts_later", STARTS, **NAMED),
        case("named, hire date unreadable", "hold hire_date_unreadable", UNREADABLE_DATE, waits=False, **NAMED),
        case("hire date unreadable", "hold hire_date_unreadable", UNREADABLE_DATE, waits=True),
        case("all, no evidence", "hold no_evidence", unseen(), waits=False, **ALL),
        case("all, remembered for nothing", "hold no_evidence", unseen(), waits=False, **ALL, **OURS),
        case("all, unsure", "hold leaver_unsure", leaver(), ANOTHER_NAME, waits=False, **ALL),
        case("all, hire date not shown", "hold start_not_shown", UNDATED, waits=False, **ALL),
        case("all, deleted but shown", "hold deleted_but_shown", listed(deleted=True), **ALL),
        case("all, starts", "hold starts_later", STARTS, **ALL),
        case("all, Active, starts", "create new", hidden(hire_date=TOMORROW), waits=True, **ALL),
        case("all, waiting already", "hold no_evidence", unseen(), **ALL, **WAITING),
    ],
)
def test_a_named_employee_or_a_full_pass_adds_no_one_to_those_who_wait(row: Case) -> None:
    row.check()


# Reactivation

BY_OTHERS: Values = {"notes": ["suspended_elsewhere"]}
NO_ACCOUNT_FOUND: Values = {
    "remembered": {1: record_of(1, suspended_by_us=True, suspended_at=1, suspended_account_id=NO_ACCOUNT)}
}
NEW_ADDRESS = listed(work_email="new@acme.example")
ITS_HOLDER = account(55, email="new@acme.example")


@pytest.mark.parametrize(
    "row",
    [
        case("ours, no e-mail", "reactivate returned", listed(work_email=""), SUSPENDED, **OURS),
        case(
            "ours, bad e-mail", "reactivate returned", listed(work_email="x"), SUSPENDED, notes=["email_kept"], **OURS
        ),
        case(
            "ours, address taken",
            "reactivate returned",
            NEW_ADDRESS,
            SUSPENDED,
            ITS_HOLDER,
            about=101,
            problem="email_taken",
            **OURS,
        ),
        case("by others", "unchanged in_step", listed(), SUSPENDED, **BY_OTHERS),
        case("by others, differs", "update differs", listed(department="Legal"), SUSPENDED, writes=LEGAL, **BY_OTHERS),
        case("waiting, not ours", "unchanged in_step", listed(), SUSPENDED, **WAITING, **BY_OTHERS),
        case("another one ours", "unchanged in_step", listed(), SUSPENDED, remembered=suspended_by_us(2), **BY_OTHERS),
        case(
            "ours, found by e-mail by an earlier version",
            "reactivate returned",
            listed(),
            account_of(1, idnumber="", suspended=True),
            writes={"idnumber": "1", "suspended": "0"},
            **NO_ACCOUNT_FOUND,
        ),
        case(
            "another one with their id now", "unchanged in_step", listed(), SUSPENDED, **NO_ACCOUNT_FOUND, **BY_OTHERS
        ),
        case("REACTIVATE=always", "reactivate reactivated", listed(), SUSPENDED, reactivate_all=True),
        case("--reactivate", "reactivate reactivated", listed(), SUSPENDED, reactivate_ids={1}),
        case("--reactivate of another", "unchanged in_step", listed(), SUSPENDED, reactivate_ids={2}, **BY_OTHERS),
        case("active", "unchanged in_step", listed(), SAME, **ALL_REACTIVATED),
    ],
)
def test_a_suspended_account_is_reactivated_only_for_a_reason(row: Case) -> None:
    row.check()


# Protected, and undone

RESERVED: list[Values] = [
    {"username": "guest"},
    {"username": "admin"},
    {"auth": "nologin"},
    {"auth": "webservice"},
    {"auth": "mnet"},
    {"username": "svc-sync"},
]
SERVICE: Values = {"protected": {"svc-sync"}}
STATES = {"listed": listed(**LEGAL), "left": leaver(), "deleted": unseen(deleted=True), "unknown": unseen()}
UNLINKED: Values = {"idnumber": ""}
PROTECTED_ACCOUNTS = [
    case(f"{state} {reserved} {more}", "skip protected", STATES[state], account_of(1, **reserved, **more), **SERVICE)
    for reserved in RESERVED
    for state, more in (("listed", {}), ("left", {}), ("deleted", {}), ("listed", UNLINKED), ("left", UNLINKED))
] + [
    case("suspended", "skip protected", listed(), account_of(1, auth="mnet", suspended=True), **ALL_REACTIVATED),
    case("new address", "skip protected", NEW_ADDRESS, account_of(1, auth="nologin")),
    case("foreign", "skip protected", listed(), account_of(1, username="svc-sync", **STRANGER), **SERVICE),
]
PROTECTED_EMPLOYEES = [
    case(f"{state} employee", "skip protected", employee, *accounts, about=None, protected={"1"})
    for state, employee in STATES.items()
    for accounts in ([], [SAME], [account_of(1, idnumber="")])
]
UNDONE_EMPLOYEES = [
    case(f"{state} and undone", "hold undone", employee, SAME, waits=False, about=None, undone={1})
    for state, employee in STATES.items()
]


@pytest.mark.parametrize("row", [*PROTECTED_ACCOUNTS, *PROTECTED_EMPLOYEES, *UNDONE_EMPLOYEES])
def test_nothing_is_written_to_what_is_protected_or_undone(row: Case) -> None:
    row.check()


def test_other_employees_of_the_run_are_written() -> None:
    assert outcome(plan_of(listed(1), listed(2), protected={"1"})[2]) == "create new"


@pytest.mark.parametrize(("flag", "waits"), [(FollowUp.WITHOUT_ACCOUNT, False), (FollowUp.WAITING, True)])
def test_a_full_pass_asks_again_about_nobody_who_only_has_no_account(flag: FollowUp, waits: bool) -> None:
    remembered = {1: record_of(1, flag, "no_email")}

    (step,) = plan_of(unseen(), remembered=remembered, is_full_pass=True).values()

    assert (outcome(step), step.is_waiting) == ("hold no_evidence", waits)

"""Which account belongs to an employee: by idnumber, by e-mail address, or by what is remembered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.worker.builders import (
    account_of,
    leaver,
    listed,
    mapping_of,
    outcome,
    plan_of,
    record_of,
    run_settings,
    suspended_by_us,
    unseen,
)
from tests.worker.planning.cases import STRANGER, Case, Values, case
from worker.model.account import Account
from worker.model.employee import Employee
from worker.planning.matching import shows_identity

NAMED: Values = {"first_name": "Ada", "last_name": "Lovelace", "work_email": "ada@acme.example"}
ADA = listed(7, **NAMED)
ADA_LEFT = leaver(7, **NAMED)
BLANK_LEFT = leaver(7, first_name="", last_name="", work_email="")
LINKS: Values = {"idnumber": "7"}
OTHER_NAMES: Values = {"firstname": "Other", "lastname": "Name"}
UNSHOWN = listed(7, not_shown=["first_name", "last_name", "work_email"])
MOVED: Values = {"work_email": "new@acme.example"}
FOREIGN = account_of(ADA, **STRANGER)
OURS_OF_A_STRANGER: Values = {**STRANGER, "auth": "oidc"}
LOCAL_LAST = "bamboohr:customLast"
LOCAL_NAMES = mapping_of(firstname="bamboohr:customFirst", lastname=LOCAL_LAST)
LOCAL: Values = {"bamboohr:customFirst": "\u660e", LOCAL_LAST: "\u738b"}
IN_LOCAL_NAMES = account_of(ADA, email="old@acme.example", username="ada", firstname="\u660e", lastname="\u738b")
AT_OLD_ADDRESS = account_of(ADA, email="old@acme.example", username="ada")


def unlinked(**different: Any) -> Account:
    """The account with Ada's e-mail address, without an idnumber."""
    return account_of(ADA, **{"idnumber": "", **different})


def without_address(address: str) -> tuple[Account, ...]:
    return (account_of(7, idnumber="", email=address),)


TWO = (unlinked(), unlinked(number=55))


@pytest.mark.parametrize(
    "row",
    [
        case("idnumber", "update differs", ADA, AT_OLD_ADDRESS, writes={"email": "ada@acme.example"}),
        case(
            "idnumber before e-mail",
            "conflict email_taken",
            ADA,
            AT_OLD_ADDRESS,
            TWO[1],
            about=107,
            problem="email_taken",
        ),
        case(
            "idnumber, two",
            "conflict several_accounts",
            ADA,
            account_of(ADA),
            account_of(ADA, number=55, email="old@acme.example"),
            says="account 55 (idnumber 7), account 107 (idnumber 7)",
        ),
        case("idnumber, nothing else", "conflict unconfirmed", ADA, FOREIGN, says="account 107 (idnumber 7)"),
        case("idnumber, our authentication", "conflict unconfirmed", ADA, account_of(ADA, **OURS_OF_A_STRANGER)),
        case(
            "idnumber, confirmed",
            "update differs",
            ADA,
            FOREIGN,
            writes={
                "firstname": "Ada",
                "lastname": "Lovelace",
                "email": "ada@acme.example",
                "username": "ada@acme.example",
            },
            confirmed={7},
        ),
        case(
            "idnumber, one name and a new address",
            "update differs",
            ADA,
            account_of(ADA, email="old@acme.example", username="ada", lastname="King"),
            writes={"lastname": "Lovelace", "email": "ada@acme.example"},
        ),
        case(
            "idnumber, first and last name swapped and a new address",
            "update differs",
            ADA,
            account_of(ADA, email="old@acme.example", username="ada", firstname="Lovelace", lastname="Ada"),
            writes={"firstname": "Ada", "lastname": "Lovelace", "email": "ada@acme.example"},
        ),
        case(
            "idnumber, only the preferred name",
            "conflict unconfirmed",
            listed(7, **NAMED, preferred_name="Countess"),
            account_of(ADA, **STRANGER | {"firstname": "Countess"}),
        ),
        case(
            "idnumber, address of another employee",
            "conflict unconfirmed",
            ADA,
            account_of(ADA, email="old@acme.example", lastname="King"),
            colleagues={9: "Old@acme.example"},
            says="employee 9",
        ),
        case(
            "idnumber and both names, address of another employee",
            "update differs",
            ADA,
            AT_OLD_ADDRESS,
            writes={"email": "ada@acme.example"},
            colleagues={9: "old@acme.example"},
        ),
        case(
            "idnumber, names from other fields",
            "update differs",
            listed(7, **NAMED, **LOCAL),
            IN_LOCAL_NAMES,
            writes={"email": "ada@acme.example"},
            mapping=LOCAL_NAMES,
        ),
        case("nothing shown, unchanged", "unchanged in_step", UNSHOWN, account_of(ADA, department="Sales")),
        case("nothing shown, update", "conflict unconfirmed", UNSHOWN, account_of(ADA, department="Legal")),
        case(
            "nothing shown, confirmed",
            "update differs",
            UNSHOWN,
            account_of(ADA, department="Legal"),
            writes={"department": "Sales"},
            confirmed={7},
        ),
        case("e-mail", "update linked", ADA, unlinked(), writes=LINKS),
        case(
            "e-mail, other case",
            "update linked",
            ADA,
            unlinked(email="Ada@ACME.example"),
            writes=LINKS,
        ),
        case("e-mail, other auth", "update linked", ADA, unlinked(auth="manual"), writes=LINKS),
        case(
            "e-mail, one name",
            "update linked",
            ADA,
            unlinked(lastname="King"),
            writes={**LINKS, "lastname": "Lovelace"},
        ),
        case("e-mail, other names", "conflict unconfirmed", ADA, unlinked(**OTHER_NAMES), says="account 107"),
        case(
            "e-mail, the default last name",
            "conflict unconfirmed",
            replace(ADA, facts={**ADA.facts, "last_name": "Unknown"}),
            unlinked(firstname="Grace", lastname="Unknown"),
            mapping=run_settings(DEFAULT_LAST_NAME="Unknown").mapping,
        ),
        case(
            "e-mail, confirmed",
            "update linked",
            ADA,
            unlinked(**OTHER_NAMES),
            writes={**LINKS, "firstname": "Ada", "lastname": "Lovelace"},
            confirmed={7},
        ),
        case("e-mail, other username", "update linked", ADA, unlinked(username="augusta"), writes=LINKS),
        case(
            "e-mail, suspended by us",
            "reactivate returned",
            ADA,
            unlinked(suspended=True),
            writes={**LINKS, "suspended": "0"},
            remembered=suspended_by_us(7),
        ),
        case(
            "e-mail, suspended by others",
            "update linked",
            ADA,
            unlinked(suspended=True),
            writes=LINKS,
            notes=["suspended_elsewhere"],
        ),
        case("e-mail, two", "conflict several_accounts", ADA, *TWO, says="account 55, account 107"),
        case(
            "e-mail, of employee 8",
            "conflict email_taken",
            ADA,
            unlinked(idnumber="8"),
            says="account 107 (idnumber 8)",
        ),
        *(
            case(
                f"e-mail, idnumber {other!r}", "conflict email_taken", ADA, unlinked(idnumber=other, department="Legal")
            )
            for other in ("07", "X-7", "-")
        ),
        case("e-mail, idnumber with a blank", "conflict idnumber_has_blanks", ADA, unlinked(idnumber=" 7")),
        case("no e-mail", "skip no_email", listed(7, work_email=""), *without_address(""), about=None),
        case("bad e-mail", "skip invalid_email", listed(7, work_email="x"), *without_address("x"), about=None),
    ],
)
def test_an_account_is_matched_by_idnumber_then_by_email(row: Case) -> None:
    row.check()


INCOMPLETE: Values = {"knows_every_address": False}


@pytest.mark.parametrize(
    "row",
    [
        case("both names match", "update linked", ADA, unlinked(), writes=LINKS, **INCOMPLETE),
        case(
            "one name matches",
            "update linked",
            ADA,
            unlinked(firstname="Eve"),
            writes={**LINKS, "firstname": "Ada"},
            **INCOMPLETE,
        ),
        case("no name matches", "conflict unconfirmed", ADA, unlinked(**OTHER_NAMES), **INCOMPLETE),
        case(
            "no name is shown",
            "hold link_unsure",
            listed(7, not_shown=["first_name", "last_name"], work_email="ada@acme.example"),
            unlinked(),
            **INCOMPLETE,
        ),
    ],
)
def test_with_an_incomplete_directory_a_match_by_email_needs_a_name(row: Case) -> None:
    row.check()


OURS: Values = {"remembered": {7: record_of(7, suspended_by_us=True, suspended_at=1, suspended_account_id=55)}}
NOT_OURS: Values = {"remembered": {7: record_of(7, suspended_account_id=55)}}
EVERYTHING: Values = {**LINKS, "email": "ada@acme.example", "username": "ada@acme.example", "suspended": "0"}
DELETED: Values = {"email": "0cc175b9c0f1b6a831c399e269772661", "username": "countess@acme.example.1763950000"}


def remembered(**different: Any) -> Account:
    """The account that this product suspended as Ada's, with the address of that time."""
    return unlinked(**{"number": 55, "email": "countess@acme.example", "suspended": True, **different})


@pytest.mark.parametrize(
    "row",
    [
        case("returns", "reactivate returned", ADA, remembered(), writes=EVERYTHING, **OURS),
        case("active again", "create new", ADA, remembered(suspended=False), about=None, **OURS),
        case("of another employee", "create new", ADA, remembered(idnumber="8"), about=None, **OURS),
        case("other names", "create new", ADA, remembered(**OTHER_NAMES), about=None, **OURS),
        case("deleted", "create new", ADA, remembered(**DELETED), about=None, **OURS),
        case("no longer ours", "create new", ADA, remembered(), about=None, **NOT_OURS),
        case(
            "no longer ours, address found",
            "update linked",
            ADA,
            unlinked(number=55, suspended=True),
            writes=LINKS,
            notes=["suspended_elsewhere"],
            **NOT_OURS,
        ),
        case("address found", "update linked", ADA, remembered(), unlinked(number=60), writes=LINKS, about=60, **OURS),
        case(
            "idnumber found",
            "unchanged in_step",
            ADA,
            remembered(),
            account_of(ADA, suspended=True),
            about=107,
            notes=["suspended_elsewhere"],
            **OURS,
        ),
    ],
)
def test_the_account_that_this_product_suspended_is_remembered(row: Case) -> None:
    row.check()


@pytest.mark.parametrize(
    "row",
    [
        case("idnumber, no e-mail", "suspend left", leaver(7, **NAMED | {"work_email": ""}), account_of(ADA)),
        case("idnumber, bad e-mail", "suspend left", leaver(7, **NAMED | {"work_email": "x"}), account_of(ADA)),
        case("idnumber, other e-mail", "suspend left", leaver(7, **NAMED | MOVED), account_of(ADA)),
        case("idnumber, other names and e-mail", "conflict unconfirmed", leaver(7), account_of(ADA)),
        case("idnumber, confirmed", "suspend left", leaver(7), account_of(ADA), confirmed={7}),
        case("idnumber, other, suspended", "unchanged already_suspended", leaver(7), account_of(ADA, suspended=True)),
        case("idnumber, nothing shown", "suspend left", unseen(7, deleted=True), account_of(ADA)),
        case("idnumber with a blank", "conflict idnumber_has_blanks", leaver(7), account_of(7, idnumber="7 ")),
        case("idnumber, nothing shown, other auth", "conflict unconfirmed", unseen(7, deleted=True), FOREIGN),
        case(
            "idnumber, nothing shown, address of another employee",
            "conflict unconfirmed",
            unseen(7, deleted=True),
            account_of(ADA),
            colleagues={9: "ada@acme.example"},
            says="BambooHR shows neither",
        ),
        case(
            "idnumber, disputed e-mail", "suspend left", ADA_LEFT, account_of(ADA), colleagues={9: "ada@acme.example"}
        ),
        case("idnumber, nothing else", "conflict unconfirmed", ADA_LEFT, FOREIGN),
        *(
            case(f"idnumber, only the {name}", "suspend left", ADA_LEFT, account_of(ADA, **STRANGER | agrees))
            for name, agrees in (
                ("e-mail", {"email": "ADA@acme.example"}),
                ("first name", {"firstname": "ada"}),
                ("last name", {"lastname": "LOVELACE"}),
            )
        ),
        case(
            "idnumber, no e-mail, other names", "conflict unconfirmed", leaver(7, **NAMED | {"work_email": ""}), FOREIGN
        ),
        case("idnumber, blank", "suspend left", BLANK_LEFT, account_of(ADA, **OURS_OF_A_STRANGER)),
        case("idnumber, blank, other auth", "conflict unconfirmed", BLANK_LEFT, FOREIGN),
        case(
            "idnumber, names from other fields",
            "suspend left",
            leaver(7, **NAMED | LOCAL | {"work_email": ""}),
            IN_LOCAL_NAMES,
            mapping=LOCAL_NAMES,
        ),
        case(
            "idnumber, only another name from another field",
            "conflict unconfirmed",
            leaver(7, **dict.fromkeys(NAMED, "") | LOCAL),
            account_of(ADA),
            mapping=LOCAL_NAMES,
        ),
        case("idnumber, two", "conflict several_accounts", ADA_LEFT, account_of(ADA), account_of(ADA, number=55)),
        case("e-mail, both names", "suspend left", ADA_LEFT, unlinked(auth="manual")),
        case("e-mail, last name", "suspend left", ADA_LEFT, unlinked(firstname="Augusta")),
        case("e-mail, first name", "suspend left", ADA_LEFT, unlinked(lastname="King")),
        case("e-mail, no name", "hold leaver_unsure", ADA_LEFT, unlinked(**OTHER_NAMES)),
        case("e-mail, shared", "hold leaver_unsure", ADA_LEFT, unlinked(), colleagues={9: "ADA@acme.example"}),
        case("e-mail, suspended", "unchanged already_suspended", ADA_LEFT, unlinked(suspended=True)),
        case("e-mail, two", "conflict several_accounts", ADA_LEFT, *TWO),
        case("e-mail, of employee 9", "conflict email_taken", ADA_LEFT, unlinked(idnumber="9")),
        case("e-mail, foreign", "conflict email_taken", ADA_LEFT, unlinked(idnumber="X-9")),
        case(
            "e-mail, passed on",
            "skip left_without_account",
            ADA_LEFT,
            unlinked(idnumber="9"),
            about=None,
            colleagues={9: "ada@acme.example"},
        ),
        case("no e-mail", "skip left_without_account", leaver(7, work_email=""), *without_address(""), about=None),
        case("bad e-mail", "skip left_without_account", leaver(7, work_email="x"), *without_address("x"), about=None),
        case("e-mail not shown", "skip left_without_account", unseen(7, deleted=True), unlinked(), about=None),
    ],
)
def test_a_leaver_is_suspended_only_if_the_account_is_theirs(row: Case) -> None:
    row.check()


@pytest.mark.parametrize(
    ("employee", "first_name", "expected"),
    [
        (unseen(7, deleted=True), "Eve", "suspend left"),
        (unseen(7, deleted=True), "Ada", "conflict unconfirmed"),
        (leaver(7, **NAMED | MOVED), "Eve", "conflict unconfirmed"),
    ],
    ids=["nothing shown, other names", "nothing shown, a name agrees", "shown"],
)
def test_an_address_that_another_employee_of_the_run_has_now_may_have_been_passed_on(
    employee: Employee, first_name: str, expected: str
) -> None:
    other = listed(9, first_name=first_name, last_name="Poe", work_email="ada@acme.example")

    plan = plan_of(employee, other, accounts=[account_of(ADA, lastname="King")])

    assert outcome(plan[7]) == expected


@pytest.mark.parametrize("name", ["work_email", "first_name", "preferred_name", "last_name", LOCAL_LAST])
def test_a_name_or_an_address_shows_who_an_employee_is(name: str) -> None:
    shown, hidden = ({name: value, "department": "x"} for value in ("x", ""))

    assert shows_identity(Employee.seen(7, directory_row=shown, evidence=None), LOCAL_NAMES)
    assert not shows_identity(Employee.seen(7, directory_row=hidden, evidence=None), LOCAL_NAMES)

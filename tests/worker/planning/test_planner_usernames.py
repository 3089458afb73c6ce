"""Which username an account gets and keeps, and what changes only with it and the address."""

from __future__ import annotations

import pytest

from tests.worker.builders import (
    account,
    account_of,
    listed,
    mapping_of,
    step_of,
    writes,
)
from tests.worker.planning.cases import Case, Values, case
from worker.model.account import Account

ADA = listed(7, first_name="Ada", last_name="Lovelace", work_email="Ada@acme.example", department="Engines")
SAME = account_of(1)
ADDRESS_TAKEN = account(55, email="ada@acme.example", idnumber="9")
LEGAL: Values = {"department": "Legal"}
MOVES: Values = {"work_email": "ada@acme.example"}


# Usernames

BY_NAME: Values = {"mapping": mapping_of("{first_name}")}
BY_NAME_AND_ADDRESS: Values = {"mapping": mapping_of("{first_name}.{work_email}")}
BY_FROZEN_NAME: Values = {"mapping": mapping_of("{first_name}", firstname={"from": "first_name", "when": "create"})}
MOVED = listed(work_email="Ada@acme.example")
RENAMED = listed(first_name="Ada")
AUGUSTA = account_of(1, firstname="Augusta", username="augusta")
AUGUSTA_WITH_ADDRESS = account_of(1, firstname="Augusta", username="augusta.p1@acme.example")
ADA_WITH_ADDRESS = {"firstname": "Ada", "username": "ada.p1@acme.example"}


@pytest.mark.parametrize(
    ("template", "username"),
    [
        ("{work_email}", "ada@acme.example"),
        ("{first_name}.{last_name}", "ada.lovelace"),
        ("hr-{employee_id}", "hr-7"),
    ],
)
def test_a_new_username_is_made_by_the_template_in_lower_case(template: str, username: str) -> None:
    assert writes(step_of(ADA, mapping=mapping_of(template)))["username"] == username


def test_a_template_without_the_address_makes_usernames_for_addresses_that_are_not_usernames() -> None:
    assert (
        writes(step_of(listed(7, work_email="o'brien@acme.example"), mapping=mapping_of("e{employee_id}")))["username"]
        == "e7"
    )


@pytest.mark.parametrize(
    "row",
    [
        case(
            "follows the address",
            "update differs",
            MOVED,
            SAME,
            writes={"email": "Ada@acme.example", "username": "ada@acme.example"},
        ),
        *(
            case(
                f"{chosen} stays",
                "update differs",
                MOVED,
                account_of(1, username=chosen),
                writes={"email": "Ada@acme.example"},
            )
            for chosen in ("ada", "p1@acme.example.old", "p2@acme.example")
        ),
        case(
            "follows the name",
            "update differs",
            RENAMED,
            AUGUSTA,
            writes={"firstname": "Ada", "username": "ada"},
            **BY_NAME,
        ),
        case(
            "follows the value that changed",
            "update differs",
            RENAMED,
            AUGUSTA_WITH_ADDRESS,
            writes=ADA_WITH_ADDRESS,
            **BY_NAME_AND_ADDRESS,
        ),
        case(
            "follows while the address is not shown",
            "update differs",
            listed(first_name="Ada", not_shown=["work_email"]),
            AUGUSTA_WITH_ADDRESS,
            writes=ADA_WITH_ADDRESS,
            **BY_NAME_AND_ADDRESS,
        ),
        case("frozen name", "unchanged in_step", RENAMED, AUGUSTA, **BY_FROZEN_NAME),
        case(
            "other case",
            "unchanged in_step",
            listed(work_email="P1@acme.example"),
            SAME,
        ),
        case(
            "linked",
            "update linked",
            RENAMED,
            account_of(1, idnumber="", firstname="Augusta", username="augusta"),
            writes={"idnumber": "1", "firstname": "Ada"},
            **BY_NAME,
        ),
        case(
            "disputed address",
            "conflict email_disputed",
            MOVED,
            SAME,
            problem="email_disputed",
            colleagues={9: "ada@acme.example"},
        ),
        case(
            "invalid",
            "update differs",
            listed(work_email="o'b@acme.example"),
            SAME,
            writes={"email": "o'b@acme.example"},
            notes=["username_kept"],
        ),
        case(
            "taken",
            "conflict username_taken",
            MOVED,
            SAME,
            account(55, username="ada@acme.example", idnumber="9"),
            about=101,
            problem="username_taken",
            says="account 55 (idnumber 9)",
        ),
        case(
            "taken, and the department changes as well",
            "update differs",
            listed(**MOVES, **LEGAL),
            SAME,
            account(55, username="ada@acme.example", idnumber="9"),
            about=101,
            writes=LEGAL,
            problem="username_taken",
        ),
        case(
            "taken, and the address as well",
            "update differs",
            listed(first_name="Ada", work_email="new@acme.example"),
            account_of(1, firstname="Bob", username="bob"),
            account(55, username="ada", email="new@acme.example"),
            about=101,
            writes={"firstname": "Ada"},
            problem="email_taken",
            **BY_NAME,
        ),
    ],
)
def test_a_username_follows_only_where_the_template_made_it(row: Case) -> None:
    row.check()


# Identity moves as a whole


@pytest.mark.parametrize(
    ("accounts", "idnumber", "advice"),
    [
        ([account_of(1)], "", "move the employee id to it as its idnumber and suspend account 101 (idnumber 1)"),
        ([account_of(1)], "9", ""),
        ([], "X", "if it is the employee's, enter the employee id as its idnumber"),
    ],
    ids=["an account each", "another employee's", "none"],
)
def test_the_employee_id_is_not_advised_for_a_second_account(
    accounts: list[Account], idnumber: str, advice: str
) -> None:
    holder = account(55, email="ada@acme.example", idnumber=idnumber)

    step = step_of(listed(**MOVES), holder, *accounts)

    assert step.reason.code == "email_taken"
    assert step.reason.advice.partition("; or, ")[2].endswith(advice) if advice else "; or" not in step.reason.advice


NEW_NAMES: Values = {"first_name": "Grace", "last_name": "Hopper"}
ADA_KNOWN_AS: Values = {"firstname": "Ada", "lastname": "Lovelace", "username": "ada.lovelace"}
BY_NAMES: Values = {"mapping": mapping_of("{first_name}.{last_name}")}
NAME_TAKEN = account(55, username="grace.hopper", email="grace@acme.example")


@pytest.mark.parametrize(
    "row",
    [
        case(
            "address and username taken",
            "conflict email_taken",
            listed(**MOVES),
            account_of(1),
            account(55, email="ada@acme.example", username="ada@acme.example", idnumber="9"),
            about=101,
            problem="email_taken",
            says="the e-mail address and the username belong to another",
        ),
        case(
            "address taken, both names change",
            "conflict email_taken",
            listed(**MOVES, **NEW_NAMES),
            account_of(1, firstname="Ada", lastname="Lovelace"),
            ADDRESS_TAKEN,
            about=101,
            problem="email_taken",
            confirmed={1},
        ),
        case(
            "address disputed, both names and the department change",
            "update differs",
            listed(**MOVES, **NEW_NAMES, **LEGAL),
            account_of(1, **ADA_KNOWN_AS),
            writes=LEGAL,
            problem="email_disputed",
            colleagues={9: "ada@acme.example"},
            confirmed={1},
            **BY_NAMES,
        ),
        case(
            "address taken, one name changes",
            "update differs",
            listed(**MOVES, first_name="Grace"),
            account_of(1, firstname="Ada"),
            ADDRESS_TAKEN,
            about=101,
            writes={"firstname": "Grace"},
            problem="email_taken",
        ),
        case(
            "username taken, both names change",
            "conflict username_taken",
            listed(**NEW_NAMES),
            account_of(1, **ADA_KNOWN_AS),
            NAME_TAKEN,
            about=101,
            problem="username_taken",
            **BY_NAMES,
        ),
        case(
            "username taken, one name changes",
            "update differs",
            listed(first_name="Grace", last_name="Hopper"),
            account_of(1, **ADA_KNOWN_AS | {"firstname": "Grace", "username": "grace.lovelace"}),
            NAME_TAKEN,
            about=101,
            writes={"lastname": "Hopper"},
            problem="username_taken",
            **BY_NAMES,
        ),
        case(
            "nothing refused, both names change",
            "update differs",
            listed(**NEW_NAMES),
            account_of(1, **ADA_KNOWN_AS),
            writes={"firstname": "Grace", "lastname": "Hopper", "username": "grace.hopper"},
            **BY_NAMES,
        ),
    ],
)
def test_both_names_change_only_with_the_address_and_username_they_go_with(row: Case) -> None:
    row.check()

"""The reasons about whose account it is: each has its code, names the account, and advises what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.worker.builders import account
from worker.model.account_reasons import (
    email_disputed,
    email_swapped,
    email_taken,
    idnumber_has_blanks,
    several_accounts,
    unconfirmed_address,
    unconfirmed_email,
    unconfirmed_id,
    unconfirmed_rehire,
    unconfirmed_unseen,
    username_kept,
    username_taken,
)
from worker.model.reasons import UNCONFIRMED, Reason

ACCOUNT = account(55, idnumber="3")
NAMED = "account 55 (idnumber 3)"


@pytest.mark.parametrize(
    ("reason", "about", "code", "says", "advises"),
    [
        (username_kept, (ACCOUNT,), "username_kept", f"{NAMED} keeps", "change the e-mail address"),
        (unconfirmed_id, (7, ACCOUNT), "unconfirmed", f"{NAMED} has the employee", "give the account the id"),
        (unconfirmed_address, (7, ACCOUNT, 8), "unconfirmed", "work e-mail of employee 8", "enter 8 as the"),
        (unconfirmed_unseen, (7, ACCOUNT), "unconfirmed", "shows neither an e-mail", "give the account the id"),
        (unconfirmed_unseen, (7, ACCOUNT, 8), "unconfirmed", "belongs to employee 8", "enter 8 as the"),
        (unconfirmed_email, (7, ACCOUNT), "unconfirmed", f"{NAMED} has the employee's e-mail", "another address"),
        (unconfirmed_rehire, (7, ACCOUNT, 3), "unconfirmed", "id of employee 3, who left", f"if not: give {NAMED}"),
        (several_accounts, ([ACCOUNT, account(56)],), "several_accounts", f"{NAMED}, account 56", "on one of them"),
        (idnumber_has_blanks, (ACCOUNT,), "idnumber_has_blanks", "with a blank", "remove the blank"),
        (email_taken, (ACCOUNT,), "email_taken", f"another account, {NAMED}", "that account's address; or"),
        (
            email_taken,
            (ACCOUNT, ACCOUNT.username),
            "email_taken",
            f"the e-mail address and the username belong to another account, {NAMED}",
            "change that account's address and username; or",
        ),
        (email_disputed, (8,), "email_disputed", "employee 8 has the same work e-mail", "give each of them"),
        (email_swapped, (8,), "email_swapped", "swap addresses with employee 8", "give one of the accounts"),
        (username_taken, ("employee 8",), "username_taken", "is taken by employee 8", "rename that account"),
    ],
)
def test_a_reason_names_the_account_and_advises(
    reason: Callable[..., Reason], about: tuple[Any, ...], code: str, says: str, advises: str
) -> None:
    why = reason(*about)

    assert why.code == code
    assert says in why.text
    assert advises in why.advice_template
    is_approved = code == UNCONFIRMED
    assert ("{command:approve RUN --employee 7}" in why.advice_template) is is_approved
    assert ("approve run1 --employee 7" in why.with_run_in_advice("run1").advice_template) is is_approved
    assert why.with_run_in_advice("run1").text == why.text


def test_only_an_account_that_may_be_theirs_is_to_get_the_employees_id() -> None:
    rename = "rename that account, or change USERNAME_TEMPLATE"

    assert username_taken("employee 8").advice == rename
    theirs = username_taken("account 55", may_be_theirs=True).advice
    assert theirs == f"{rename}; or, if it is the employee's, enter the employee id as its idnumber"


def test_an_account_that_has_an_idnumber_can_only_give_up_the_address_an_employee_with_an_account_needs() -> None:
    own, unlinked = account(9, idnumber="7"), account(56, idnumber="")

    assert email_taken(ACCOUNT, own=own).advice == "change that account's address"
    assert email_taken(unlinked, own=own).advice.startswith("change that account's address; or, if it is to be")

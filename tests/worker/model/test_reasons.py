"""Each reason has its code, says what is wrong, and advises what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.worker.builders import account
from worker.model import reasons
from worker.model.reasons import Reason

ACCOUNT = account(55, idnumber="3")
NAMED = "account 55 (idnumber 3)"


@pytest.mark.parametrize(
    ("reason", "about", "code", "says", "advises"),
    [
        (reasons.not_kept, (["b", "a"],), "not_kept", "has for a, b; it is not sent", "sync --employee ID"),
        (reasons.field_not_shown, (["b", "a"],), "field_not_shown", "does not show a, b", "let the key's user see it"),
        (reasons.username_kept, (ACCOUNT,), "username_kept", f"{NAMED} keeps", "change the e-mail address"),
        (reasons.unconfirmed_id, (7, ACCOUNT), "unconfirmed", f"{NAMED} has the employee", "give the account the id"),
        (reasons.unconfirmed_address, (7, ACCOUNT, 8), "unconfirmed", "work e-mail of employee 8", "enter 8 as the"),
        (reasons.unconfirmed_unseen, (7, ACCOUNT), "unconfirmed", "shows neither an e-mail", "give the account the id"),
        (
            reasons.unconfirmed_email,
            (7, ACCOUNT),
            "unconfirmed",
            f"{NAMED} has the employee's e-mail",
            "another address",
        ),
        (
            reasons.unconfirmed_rehire,
            (7, ACCOUNT, 3),
            "unconfirmed",
            "id of employee 3, who left",
            f"if not: give {NAMED}",
        ),
        (
            reasons.several_accounts,
            ([ACCOUNT, account(56)],),
            "several_accounts",
            f"{NAMED}, account 56",
            "on one of them",
        ),
        (reasons.email_taken, (ACCOUNT,), "email_taken", f"another account, {NAMED}", "that account's address; or"),
        (
            reasons.email_taken,
            (ACCOUNT, ACCOUNT.username),
            "email_taken",
            f"the e-mail address and the username belong to another account, {NAMED}",
            "change that account's address and username; or",
        ),
        (
            partial(reasons.needs_another, own=True, others=[8], together=[8]),
            ("r1",),
            "needs_another",
            "it needs the account's change of identity and the change of employee 8, not",
            "approve r1 --employee ID --employee 8}",
        ),
        (reasons.email_disputed, (8,), "email_disputed", "employee 8 has the same work e-mail", "give each of them"),
        (reasons.email_swapped, (8,), "email_swapped", "swap addresses with employee 8", "give one of the accounts"),
        (reasons.username_taken, ("employee 8",), "username_taken", "is taken by employee 8", "rename that account"),
        (reasons.unreadable_employee, ("HTTP 500",), "unreadable_employee", "record (HTTP 500)", "Nothing is written"),
        (reasons.unreadable_employee, ("HTTP 202",), "unreadable_employee", "record (HTTP 202)", "A firewall or proxy"),
        (reasons.unreadable_fields, ("HTTP 500",), "unreadable_fields", "fields (HTTP 500)", "keeps what it has"),
    ],
)
def test_a_reason_says_what_is_wrong_and_advises(
    reason: Callable[..., Reason], about: tuple[Any, ...], code: str, says: str, advises: str
) -> None:
    why = reason(*about)

    assert why.code == code
    assert says in why.text
    assert advises in why.advice_template
    is_approved = code == reasons.UNCONFIRMED
    assert ("{command:approve RUN --employee 7}" in why.advice_template) is is_approved
    assert ("approve run1 --employee 7" in why.in_run("run1").advice_template) is is_approved
    assert why.in_run("run1").text == why.text


def test_only_an_account_that_may_be_theirs_is_to_get_the_employees_id() -> None:
    rename = "rename that account, or change USERNAME_TEMPLATE"

    assert reasons.username_taken("employee 8").advice == rename
    theirs = reasons.username_taken("account 55", may_be_theirs=True).advice
    assert theirs == f"{rename}; or, if it is the employee's, enter the employee id as its idnumber"


def test_advice_names_the_employees_if_they_are_known() -> None:
    assert "people retry ID" in reasons.UNDONE.advice
    assert "people retry 7 9" in reasons.UNDONE.advice_for(7, 9)


@pytest.mark.parametrize(
    ("reason", "about", "code", "says", "advises", "counter"),
    [
        (
            reasons.out_of_scope,
            ("department", "allow"),
            "out_of_scope",
            "department has none of the allowed values",
            "",
            "skipped_out_of_scope",
        ),
        (
            reasons.out_of_scope,
            ("department", "exclude"),
            "out_of_scope",
            "department has an excluded value",
            "",
            "skipped_out_of_scope",
        ),
        (
            reasons.scope_not_shown,
            (["division", "department"],),
            "scope_not_shown",
            "does not show department, division, which decides",
            "every run asks again",
            "scope_not_shown",
        ),
        (
            reasons.edited_since,
            (["email", "department"],),
            "edited_since",
            "left unchanged: email, department",
            "check these fields of the account",
            "edited_since",
        ),
        (
            reasons.edited_since,
            (["email", "city"], ["city"]),
            "edited_since",
            "left unchanged: email, city (the run ended before it could read city back",
            "check these fields of the account",
            "edited_since",
        ),
    ],
)
def test_some_are_counted_under_a_name_of_their_own(
    reason: Callable[..., Reason], about: tuple[Any, ...], code: str, says: str, advises: str, counter: str
) -> None:
    why = reason(*about)

    assert (why.code, why.counter, reasons.email_disputed(8).counter) == (code, counter, "no_evidence")
    assert says in why.text
    assert advises in why.advice


def test_a_code_whose_words_need_no_employee_has_general_ones() -> None:
    assert reasons.by_code("no_email") is reasons.NO_EMAIL
    assert reasons.by_code("email_taken") is None

"""Each reason has its code, says what is wrong, and advises what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from worker.model import reasons
from worker.model.reasons import Reason


@pytest.mark.parametrize(
    ("reason", "about", "code", "says", "advises"),
    [
        (reasons.not_kept, (["b", "a"],), "not_kept", "has for a, b; it is not sent", "sync --employee ID"),
        (reasons.field_not_shown, (["b", "a"],), "field_not_shown", "does not show a, b", "let the key's user see it"),
        (
            partial(reasons.needs_another, own=True, others=[8], together=[8]),
            ("r1",),
            "needs_another",
            "it needs the account's change of identity and the change of employee 8, not",
            "approve r1 --employee ID --employee 8}",
        ),
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


def test_a_reason_in_words_is_its_text_and_its_advice_if_it_has_any() -> None:
    assert reasons.NEW.in_words(7) == reasons.NEW.text
    assert reasons.UNDONE.in_words(7) == f"{reasons.UNDONE.text}; {reasons.UNDONE.advice_for(7)}"


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
        *(
            (
                reasons.unreadable_value,
                (field,),
                "unreadable_value",
                f"value of {field}, which a new account needs, has a character",
                "correct it in BambooHR",
                counter,
            )
            for field, counter in (("work_email", "skipped_invalid_email"), ("last_name", "skipped_no_name"))
        ),
        (
            reasons.unreadable_kept,
            (["division", "department"],),
            "unreadable_kept",
            "value of department, division has a character that cannot be read; the account keeps",
            "correct it in BambooHR",
            "no_evidence",
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

    assert (why.code, why.counter, reasons.not_kept([]).counter) == (code, counter, "no_evidence")
    assert says in why.text
    assert advises in why.advice


def test_a_code_whose_words_need_no_employee_has_general_ones() -> None:
    assert reasons.by_code("no_email") is reasons.NO_EMAIL
    assert reasons.by_code("email_taken") is None

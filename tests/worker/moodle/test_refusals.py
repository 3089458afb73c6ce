"""What an operator reads of an account that Moodle refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.worker.builders import account
from worker.errors import TargetError
from worker.model.account_reasons import email_taken, username_taken
from worker.model.reasons import Reason
from worker.moodle import refusals
from worker.moodle.fatal_errors import no_lookup_answered
from worker.moodle.refusals import (
    ASK_FIREWALL,
    ASK_MOODLE,
    NO_JSON,
    UNDOCUMENTED,
    UNREADABLE_ROW,
    unreadable_account,
)


@pytest.mark.parametrize(
    ("code", "what", "who"),
    [
        ("HTTP 403", "a firewall in front of Moodle refused the look-up (HTTP 403)", ASK_FIREWALL),
        ("HTTP 202", "a firewall in front of Moodle refused the look-up (HTTP 202)", ASK_FIREWALL),
        ("invalidresponse", "one of its stored values is no longer valid", ASK_MOODLE),
        ("invaliduser", "is marked as deleted in Moodle's database", ASK_MOODLE),
        ("invalidrecord", "is missing a database record", ASK_MOODLE),
        ("invalidrecordunknown", "is missing a database record", ASK_MOODLE),
        ("dmlreadexception", "Moodle cannot answer the look-up of this employee (dmlreadexception)", ASK_MOODLE),
        (UNREADABLE_ROW, "without what identifies it, or in another form", ASK_MOODLE),
        (UNDOCUMENTED, "Moodle cannot answer the look-up of this employee (undocumented answer)", ASK_MOODLE),
        ("HTTP 500", "Moodle cannot answer the look-up of this employee (HTTP 500)", ASK_MOODLE),
    ],
)
def test_each_refused_look_up_says_what_is_wrong_and_whom_to_ask(code: str, what: str, who: str) -> None:
    reason = unreadable_account(code)

    assert (reason.code, what in reason.text, who in reason.advice) == ("unreadable_account", True, True)
    assert ("what depends on the answer is not written until then" in reason.advice) is (code != "invaliduser")


def test_a_site_that_answers_for_nobody_names_the_code_and_the_setting() -> None:
    end = no_lookup_answered("invalidresponse")

    assert "any employee (invalidresponse)" in end.message
    assert "MOODLE_AUTH" in end.advice


@pytest.mark.parametrize(
    ("reason", "about", "code", "says", "advises"),
    [
        (email_taken, (account(55),), "email_taken", "account 55", "change that account's address"),
        (username_taken, (account(55).label,), "username_taken", "taken by account 55", "rename that account"),
        (refusals.explain, ("useremailinvalid", []), "invalid_email", "does not accept", "correct it in BambooHR"),
        (
            refusals.explain,
            ("HTTP 403", ["city", "lang"]),
            "refused",
            "(HTTP 403); the fields sent were city, lang",
            ASK_FIREWALL,
        ),
        (refusals.explain, ("HTTP 202", ["city"]), "refused", "a firewall in front of Moodle", ASK_FIREWALL),
        (
            refusals.explain,
            ("HTTP 500", ["city"]),
            "refused",
            "(HTTP 500); the fields sent were city",
            "PHP's and the web",
        ),
        (refusals.explain, ("HTTP 413", ["city"]), "refused", "without a reason (HTTP 413)", "compare these"),
        (
            refusals.explain,
            ("x", ["lang"]),
            "refused",
            "without a reason (x); the fields sent were lang",
            "compare these",
        ),
        (
            refusals.explain,
            ("invalidparameter", ["lang", "city", "auth"]),
            "refused",
            "sent were auth, city, lang",
            "comp",
        ),
        (
            refusals.explain,
            ("HTTP 403", ["username", "city", "department"]),
            "refused",
            "department, city, user",
            ASK_FIREWALL,
        ),
        (
            refusals.explain,
            ("dmlwriteexception", ["city", "lang"], ["city"]),
            "refused",
            "database refused this account (dmlwriteexception); the fields sent were city",
            "city has a character beyond U+FFFF",
        ),
        (refusals.explain, ("HTTP 500", ["city"], ["city"]), "refused", "fails on this account (HTTP 500)", "log"),
        (
            refusals.explain,
            (NO_JSON, ["city"]),
            "refused",
            "does not say what was written (no JSON)",
            "PHP's and the web",
        ),
        (refusals.explain, (UNDOCUMENTED, ["city"]), "refused", "(undocumented answer)", "PHP's and the web"),
        (
            refusals.every_account_refused,
            ("f", "oidc"),
            "refuses_everybody",
            "account in f;",
            "'oidc' (MOODLE_AUTH) is",
        ),
        (refusals.every_account_refused, ("f", ""), "refuses_everybody", "account in f;", "check FIELD_MAPPING; then"),
        (
            refusals.too_many_refused,
            ("f", "x"),
            "too_many_refused",
            "not sent: f refused too many",
            "the next run continues",
        ),
        (refusals.no_access, ("f", "x"), "no_access", "the Moodle token may not use f (x)", "add the function"),
        (refusals.unanswered, ("lost",), "not_through", "get through to Moodle: lost", "the next run checks"),
        (refusals.waits_for, (8,), "waits_for", "employee 8 has to give up", "the next run tries both again"),
        (refusals.not_sent, (TargetError("down"),), "not_sent", "not sent: down", "the next run sends it"),
        (refusals.not_sent, (None,), "not_sent", "not sent: the writing ended early", "the next run sends it"),
    ],
)
def test_a_reason_says_what_is_wrong_and_advises(
    reason: Callable[..., Reason], about: tuple[Any, ...], code: str, says: str, advises: str
) -> None:
    why = reason(*about)

    assert why.code == code
    assert says in why.text
    assert advises in why.advice_template

"""What an operator reads of an account that cannot be looked up."""

from __future__ import annotations

import pytest

from worker.moodle.answers import ADMINISTRATOR, FIREWALL_OWNER
from worker.moodle.refusals import no_lookup_answered, unreadable_account


@pytest.mark.parametrize(
    ("code", "what", "who"),
    [
        ("HTTP 403", "a firewall in front of Moodle refused the look-up (HTTP 403)", FIREWALL_OWNER),
        ("invalidresponse", "one of its stored values is no longer valid", ADMINISTRATOR),
        ("invaliduser", "is marked as deleted in Moodle's database", ADMINISTRATOR),
        ("invalidrecord", "is missing a database record", ADMINISTRATOR),
        ("invalidrecordunknown", "is missing a database record", ADMINISTRATOR),
        ("dmlreadexception", "Moodle cannot answer the look-up of this employee (dmlreadexception)", ADMINISTRATOR),
        ("HTTP 500", "Moodle cannot answer the look-up of this employee (HTTP 500)", ADMINISTRATOR),
    ],
)
def test_each_refused_look_up_says_what_is_wrong_and_whom_to_ask(code: str, what: str, who: str) -> None:
    reason = unreadable_account(code)

    assert (reason.code, what in reason.text, who in reason.advice) == ("unreadable_account", True, True)
    assert ("no account is created until then" in reason.advice) is (code != "invaliduser")


def test_a_site_that_answers_for_nobody_names_the_code_and_the_setting() -> None:
    end = no_lookup_answered("invalidresponse")

    assert "any employee (invalidresponse)" in end.message
    assert "MOODLE_AUTH" in end.advice

"""Why an employee is remembered, from the code alone."""

from __future__ import annotations

from tests.worker.tables import table
from worker.model.history import FollowUp
from worker.reports.follow_up_reasons import reason_of

LOG = "try the employee alone: python -m worker sync --employee 7"
EXPLAIN = "python -m worker explain --employee 7"


@table(
    "flag, note, text, advice",
    ("up to date", FollowUp.WAITING, "in_step", "the first day has not begun in every time zone", ""),
    ("created early", FollowUp.WAITING, "new", "the first day has not begun in every time zone", ""),
    ("not started", FollowUp.WAITING, "starts_later", "the first day is today or later", ""),
    ("a refused write", FollowUp.PARKED, "refused", "Moodle, its web server or a firewall refuses", LOG),
    ("an account that vanished", FollowUp.PARKED, "vanished", "the account no longer exists", LOG),
    (
        "a static refusal",
        FollowUp.PARKED,
        "half_made",
        "the account was created without all",
        "the next run completes it",
    ),
    ("a conflict", FollowUp.PARKED, "username_taken", "the username belongs to another account or employee", EXPLAIN),
    ("an unreadable account", FollowUp.ISOLATED, "unreadable_account", "Moodle cannot answer a look-up", EXPLAIN),
    ("an unreadable record", FollowUp.ISOLATED, "unreadable_employee", "BambooHR cannot return the", EXPLAIN),
    ("an account that Moodle protects", FollowUp.PARKED, "untouchable", "Moodle does not let this account", ""),
    ("a code of another version", FollowUp.PARKED, "odd", "", LOG),
    (
        "a run that was undone",
        FollowUp.UNDONE,
        "20260131T033000Z",
        "an operator undid",
        "python -m worker people retry 7",
    ),
    ("a guard's class", FollowUp.HELD, "suspend", "a guard held a change of this class", EXPLAIN),
)
def test_a_code_has_words_and_says_where_to_find_the_rest(flag: FollowUp, note: str, text: str, advice: str) -> None:
    reason = reason_of(flag, note)

    assert reason.text.startswith(text)
    assert bool(reason.text) == bool(text)
    assert (advice in reason.advice_for(7), bool(advice)) == (True, bool(reason.advice_for(7)))

"""An update's answer names those accounts that were refused; what is tried for each of them."""

from __future__ import annotations

import pytest

from tests.sandbox.moodle import ProfileField
from tests.sandbox.wire import Response
from tests.worker.runs.writing import BY_FIELD, UPDATE, Desk, small_site, update
from worker.model.result import Status


@pytest.fixture
def desk() -> Desk:
    return Desk()


def warn(desk: Desk, times: int, code: str, *accounts: int) -> None:
    """The first updates are answered by this warning about these accounts, and do nothing."""
    warnings = [{"item": "user", "itemid": account, "warningcode": code, "message": "m"} for account in accounts]

    def instead(function: str) -> Response | None:
        return Response.of({"warnings": warnings}) if desk.calls(function) <= times and function == UPDATE else None

    desk.watched.instead = instead


def test_an_account_that_met_a_deadlock_is_done_at_the_second_try(desk: Desk) -> None:
    account = desk.add(1)
    warn(desk, 1, "dmlwriteexception", account.id)

    outcomes = desk.write(update(1, account, department="New"))

    assert (outcomes[1].status, outcomes[1].wrote) == (Status.DONE, True)
    assert desk.account(account.id).values["department"] == "New"
    assert desk.board.calls == [UPDATE] * 2


def test_what_is_refused_without_an_address_in_it_is_not_tried_without_the_address(desk: Desk) -> None:
    account = desk.add(1)
    warn(desk, 9, "dmlwriteexception", account.id)

    outcomes = desk.write(update(1, account, department="New"))

    assert (outcomes[1].status, outcomes[1].wrote) == (Status.REFUSED, False)
    assert desk.board.calls == [UPDATE] * 2


def test_whoever_has_to_wait_for_her_address_is_told_so_though_her_other_fields_are_written(desk: Desk) -> None:
    one, two = desk.add(1), desk.add(2)
    warn(desk, 1, "useremailduplicate", one.id, two.id)

    outcomes = desk.write(
        update(2, two, email="taken@x.example"),
        update(1, one, depends_on=[2], email=two.email, department="New"),
    )

    assert (outcomes[1].status, outcomes[1].why.code, outcomes[1].wrote) == (Status.FAILED, "waits_for", True)
    assert desk.account(one.id).values["department"] == "New"


def test_a_field_that_was_emptied_and_is_not_shown_any_more_was_written() -> None:
    desk = Desk(small_site(profile_fields=(ProfileField("shift"),)))
    account = desk.add(1)
    desk.fail("reset_after", UPDATE)

    outcomes = desk.write(update(1, account, profile_field_shift="", department="New"))

    assert outcomes[1].status is Status.DONE
    assert desk.board.calls == [UPDATE, BY_FIELD]

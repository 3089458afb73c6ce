"""The warnings in the response to an update, and what is tried for each refused account."""

from __future__ import annotations

import pytest

from tests.sandbox.moodle import ProfileField
from tests.sandbox.wire import Response
from tests.worker.runs.writing import (
    BY_FIELD,
    DONE,
    NOT_EDITABLE,
    REFUSED,
    UPDATE,
    SandboxWriter,
    small_site,
    statuses,
    suspend,
    update,
)
from worker.model.step import Status


def warn(writer: SandboxWriter, times: int, code: str, *accounts: int) -> None:
    """Answer the first updates with this warning about these accounts, and write nothing."""
    warnings = [{"item": "user", "itemid": account, "warningcode": code, "message": "m"} for account in accounts]

    def instead(function: str) -> Response | None:
        return Response.of({"warnings": warnings}) if writer.calls(function) <= times and function == UPDATE else None

    writer.watched.instead = instead


def test_an_account_with_a_deadlock_is_written_at_the_second_attempt(writer: SandboxWriter) -> None:
    account = writer.add(1)
    warn(writer, 1, "dmlwriteexception", account.id)

    results = writer.write(update(1, account, department="New"))

    assert (results[1].status, results[1].may_be_written) == (Status.DONE, True)
    assert writer.account(account.id).values["department"] == "New"
    assert writer.board.calls == [UPDATE] * 2


def test_a_refusal_without_an_address_is_not_retried_without_one(writer: SandboxWriter) -> None:
    account = writer.add(1)
    warn(writer, 9, "dmlwriteexception", account.id)

    results = writer.write(update(1, account, department="New"))

    assert (results[1].status, results[1].may_be_written) == (Status.REFUSED, False)
    assert writer.board.calls == [UPDATE] * 2


def test_a_blocked_address_is_reported_and_the_other_fields_are_written(writer: SandboxWriter) -> None:
    one, two = writer.add(1), writer.add(2)
    warn(writer, 1, "useremailduplicate", one.id, two.id)

    results = writer.write(
        update(2, two, email="taken@x.example"),
        update(1, one, depends_on=[2], email=two.email, department="New"),
    )

    assert (results[1].status, results[1].reported_reason.code, results[1].may_be_written) == (
        Status.FAILED,
        "waits_for",
        True,
    )
    assert writer.account(one.id).values["department"] == "New"


def test_a_cleared_field_that_is_no_longer_shown_counts_as_written() -> None:
    writer = SandboxWriter(small_site(profile_fields=(ProfileField("shift"),)))
    account = writer.add(1)
    writer.fail("reset_after", UPDATE)

    results = writer.write(update(1, account, profile_field_shift="", department="New"))

    assert results[1].status is Status.DONE
    assert writer.board.calls == [UPDATE, BY_FIELD]


@pytest.mark.parametrize(("name", "is_wide"), [("Ana \U0001f338", True), ("Ana \uffff", False)])
def test_a_database_that_refuses_an_emoji_is_explained(writer: SandboxWriter, name: str, is_wide: bool) -> None:
    account = writer.add(1)
    warn(writer, 9, "dmlwriteexception", account.id)

    reason = writer.write(update(1, account, firstname=name, department="New"))[1].reported_reason

    assert reason.code == "refused"
    assert ("firstname has a character beyond U+FFFF" in reason.advice) is is_wide


def test_accounts_that_moodle_protects_are_no_errors(writer: SandboxWriter) -> None:
    admin, guest = writer.account(writer.site.admin_id), writer.account(writer.site.guest_id)
    remote = writer.add(3, auth="mnet", remote=True)

    results = writer.write(
        update(1, admin, department="New"),
        suspend(2, guest),
        update(3, remote, department="New"),
        suspend(4, writer.add(4)),
    )

    assert statuses(results) == {1: NOT_EDITABLE, 2: NOT_EDITABLE, 3: NOT_EDITABLE, 4: DONE}
    assert results[1].reported_reason.code == "untouchable"
    assert not any(results[number].may_be_written for number in (1, 2, 3))


def test_an_account_that_vanished_is_named(writer: SandboxWriter) -> None:
    vanished, deleted = writer.add(1), writer.add(2)
    writer.site.table.remove(vanished.id)
    writer.site.delete_user(deleted.id)

    results = writer.write(suspend(1, vanished), suspend(2, deleted))

    assert statuses(results) == {1: REFUSED, 2: REFUSED}
    assert {result.reported_reason.code for result in results.values()} == {"vanished"}

"""The batch writer with network faults, missing permissions, and a run that has to end."""

from __future__ import annotations

from typing import Any

import pytest

from tests.worker.runs.writing import (
    BY_FIELD,
    CREATE,
    DONE,
    FAILED,
    REFUSED,
    UPDATE,
    SandboxWriter,
    create,
    creates,
    statuses,
    suspend,
    update,
)
from worker.transport.patience import REQUEST_SECONDS

# Without a response


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "truncate", "trickle", "html", "wrong_type"])
def test_creations_without_a_response_are_looked_up_and_not_duplicated(writer: SandboxWriter, kind: Any) -> None:
    writer.fail(kind, CREATE)

    results = writer.write(*creates(1, 50))

    assert set(statuses(results).values()) == {DONE}
    assert len(writer.linked_accounts()) == 50
    processed = kind in ("reset_after", "truncate", "trickle", "wrong_type")
    assert writer.board.calls == ([CREATE, BY_FIELD] if processed else [CREATE, BY_FIELD, CREATE])


def test_only_missing_accounts_are_sent_again(writer: SandboxWriter) -> None:
    """The request was lost, and one account was created by hand in the meantime."""
    writer.add(7, firstname="First7")
    writer.fail("reset_before", CREATE)

    results = writer.write(*creates(1, 10))

    assert set(statuses(results).values()) == {DONE}
    sent_again = writer.watched.bodies[-1]
    assert "7" not in [value for name, value in sent_again.items() if name.endswith("[idnumber]")]
    assert len(writer.linked_accounts()) == 10


@pytest.mark.parametrize("body", ["null", "{}", "[{}]", '{"exception": "x", "errorcode": "invalidresponse"}'])
def test_an_account_that_cannot_be_returned_is_not_created_again(writer: SandboxWriter, body: str) -> None:
    """Moodle may have created it, and the others are known to be there."""
    writer.fail("reset_after", CREATE)
    writer.fail("answer", BY_FIELD, record="employee 2", status=200, body=body, times=0)

    results = writer.write(create(1), create(2), create(3))

    assert statuses(results) == {1: DONE, 2: FAILED, 3: DONE}
    assert (results[2].reported_reason.code, results[2].may_be_written, results[2].isolated) == (
        "unreadable_account",
        True,
        True,
    )
    assert writer.calls(CREATE) == 1


def test_an_update_is_sent_again_though_its_account_cannot_be_returned(writer: SandboxWriter) -> None:
    account = writer.add(1)
    writer.fail("reset_before", UPDATE)
    writer.fail("answer", BY_FIELD, record="employee 1", status=200, body="null", times=0)

    results = writer.write(suspend(1, account))

    assert (results[1].status, writer.account(account.id).suspended) == (DONE, True)


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "truncate", "hang", "html", "wrong_type"])
def test_updates_without_a_response_are_looked_up_and_only_missing_ones_are_sent_again(
    writer: SandboxWriter, kind: Any
) -> None:
    writer.fail(kind, UPDATE)

    results = writer.write(*writer.updates(range(1, 11), department="New"))

    assert set(statuses(results).values()) == {DONE}
    assert {user["department"] for user in writer.linked_accounts().values()} == {"New"}
    processed = kind in ("reset_after", "truncate", "wrong_type")
    assert writer.board.calls == ([UPDATE, BY_FIELD] if processed else [UPDATE, BY_FIELD, UPDATE])
    changed = [number for event, number in writer.site.events if event == "user_updated"]
    assert len(changed) == len(set(changed)), "an update without a change costs as much as a real one"


def test_a_link_without_a_response_is_looked_up_too(writer: SandboxWriter) -> None:
    account = writer.add(1, idnumber="")
    writer.fail("reset_after", UPDATE)

    results = writer.write(update(1, account, idnumber="1", department="New"))

    assert statuses(results) == {1: DONE}
    assert writer.calls(UPDATE) == 1


def test_an_account_created_without_all_its_fields_is_reported(writer: SandboxWriter) -> None:
    """PHP truncated the request: the account exists, its department does not."""
    writer.fail("reset_before", CREATE)
    writer.watched.before = lambda name: (
        None if writer.linked_accounts() or name == CREATE else _add_incomplete_account(writer)
    )

    results = writer.write(create(1, department="Sales"))

    assert (results[1].status, results[1].reported_reason.code, results[1].may_be_written) == (
        FAILED,
        "half_made",
        True,
    )
    assert writer.calls(CREATE) == 1


def test_of_many_suspensions_without_any_response_those_sent_may_have_been_carried_out(writer: SandboxWriter) -> None:
    leavers = [suspend(number, writer.add(number)) for number in range(1, 41)]
    writer.fail("reset_before", UPDATE, times=0)

    results = writer.write(*leavers)

    sent = [number for number, result in results.items() if result.may_be_written]
    assert set(statuses(results).values()) == {FAILED}
    assert {result.reported_reason.code for result in results.values()} == {"refuses_everybody"}
    assert len(sent) == 40


def _add_incomplete_account(writer: SandboxWriter) -> None:
    writer.add(1, department="")


def test_a_creation_refused_because_the_account_exists_already_is_done(writer: SandboxWriter) -> None:
    """A request that the client gave up continues in Moodle, and may end after the look-up that followed it."""
    writer.add(1)

    results = writer.write(create(1), create(2))

    assert statuses(results) == {1: DONE, 2: DONE}
    assert len(writer.linked_accounts()) == 2


def test_writes_without_any_response_fail_without_being_refused(writer: SandboxWriter) -> None:
    account = writer.add(1)
    writer.fail("reset_before", UPDATE, times=0)
    writer.fail("reset_before", CREATE, times=0)

    results = writer.write(suspend(1, account), create(2))

    assert statuses(results) == {1: FAILED, 2: FAILED}
    assert {result.reported_reason.code for result in results.values()} == {"not_through"}
    assert results[1].may_be_written, "the suspension may have been written, so that it must be remembered"
    assert (writer.calls(UPDATE), writer.calls(CREATE)) == (3, 3)
    assert writer.ended_by is None


def test_a_site_that_answers_no_write_is_not_tried_for_long() -> None:
    writer = SandboxWriter(batch_size=1)
    accounts = {number: writer.add(number) for number in range(1, 31)}
    writer.fail("reset_before", UPDATE, times=0)

    results = writer.write(*[update(n, account, city="New") for n, account in accounts.items()], create(99))

    updates = [results[number] for number in accounts]
    assert {(result.status, result.reported_reason.code) for result in updates} == {(FAILED, "refuses_everybody")}
    assert writer.calls(UPDATE) == 13
    assert results[99].status is DONE


def test_occasional_lost_batches_do_not_stop_the_writer() -> None:
    writer = SandboxWriter(batch_size=1)
    for skip in (0, 4, 8, 12):
        writer.fail("status", CREATE, status=429, retry_after="86400", skip=skip)

    results = writer.write(*creates(1, 20))

    assert sum(status is FAILED for status in statuses(results).values()) == 4
    assert len(writer.linked_accounts()) == 16


def test_a_retry_after_is_respected_and_the_write_is_sent_again(writer: SandboxWriter) -> None:
    writer.fail("status", CREATE, status=429, retry_after="33")

    results = writer.write(create(1))

    assert statuses(results) == {1: DONE}
    assert writer.patient.waits == [33]
    assert (writer.calls(CREATE), writer.calls(BY_FIELD)) == (2, 0)


def test_a_site_that_always_limits_is_given_up_without_a_write(writer: SandboxWriter) -> None:
    writer.fail("status", UPDATE, times=0, status=429)
    writer.fail("status", CREATE, times=0, status=429)

    results = writer.write(suspend(1, writer.add(1)), create(2))

    assert {(result.status, result.may_be_written) for result in results.values()} == {(FAILED, False)}
    assert sum(writer.patient.waits) == pytest.approx(2 * REQUEST_SECONDS, abs=0.2)


@pytest.mark.parametrize("kind", ["reset_before", "hang", "html"])
def test_a_single_account_without_a_response_is_not_refused(writer: SandboxWriter, kind: Any) -> None:
    """Moodle reported "error writing", which may be a deadlock; the second attempt got no response: no refusal."""
    account = writer.add(1)
    writer.add(2)
    writer.fail(kind, UPDATE, skip=1)

    results = writer.write(update(1, account, username="u2"))

    assert (results[1].status, results[1].reported_reason.code, results[1].may_be_written) == (
        FAILED,
        "not_through",
        True,
    )


def test_a_second_attempt_for_one_account_waits_for_a_rate_limit(writer: SandboxWriter) -> None:
    account = writer.add(1)
    writer.add(2)
    writer.fail("status", UPDATE, status=429, retry_after="33", skip=1)

    results = writer.write(update(1, account, username="u2"))

    assert (results[1].status, writer.patient.waits) == (REFUSED, [33])


# Not allowed


@pytest.mark.parametrize("how", ["service", "capability"])
def test_a_token_that_may_not_create_still_updates(how: str) -> None:
    writer = SandboxWriter(batch_size=2)
    account = writer.add(900)
    if how == "service":
        writer.site.service_functions.remove(CREATE)
    else:
        writer.site.capabilities.remove("moodle/user:create")

    results = writer.write(*creates(1, 20), update(900, account, department="New"))

    assert results[900].status is DONE
    assert {results[number].status for number in range(1, 21)} == {FAILED}
    assert {results[number].reported_reason.code for number in range(1, 21)} == {"no_access"}
    assert CREATE in results[20].reported_reason.text
    assert writer.calls(CREATE) == 1


def test_a_token_that_may_not_update_still_creates() -> None:
    writer = SandboxWriter(batch_size=2)
    accounts = {number: writer.add(number) for number in range(1, 11)}
    writer.site.service_functions.remove(UPDATE)

    results = writer.write(*[suspend(n, account) for n, account in accounts.items()], create(99))

    assert {results[number].reported_reason.code for number in accounts} == {"no_access"}
    assert not any(results[number].may_be_written for number in accounts)
    assert results[99].status is DONE
    assert writer.calls(UPDATE) == 1


def test_a_capability_revoked_during_halving_ends_the_halving(writer: SandboxWriter) -> None:
    accounts = {number: writer.add(number) for number in range(1, 9)}

    def revoke_capability(name: str) -> None:
        if writer.calls(UPDATE) == 2:
            writer.site.capabilities.discard("moodle/user:update")

    writer.watched.before = revoke_capability
    results = writer.write(
        *[update(n, account, department="<b>" if n == 8 else "New") for n, account in accounts.items()]
    )

    assert {(result.status, result.reported_reason.code) for result in results.values()} == {(FAILED, "no_access")}
    assert writer.calls(UPDATE) == 2


def test_a_revoked_capability_is_no_refusal_of_the_record(writer: SandboxWriter) -> None:
    account = writer.add(1)
    writer.add(2)

    def revoke_capability(name: str) -> None:
        if writer.board.calls.count(UPDATE) == 2:
            writer.site.capabilities.discard("moodle/user:update")

    writer.watched.before = revoke_capability

    results = writer.write(update(1, account, username="u2"))

    assert (results[1].status, results[1].reported_reason.code) == (FAILED, "no_access")

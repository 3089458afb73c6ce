"""The batch writer with network faults, missing permissions, and a run that has to end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.worker.runs.writing import (
    BY_FIELD,
    CREATE,
    UPDATE,
    SandboxWriter,
    create,
    creates,
    statuses,
    suspend,
    update,
)
from worker.errors import CredentialError, LockLost, TargetError, Terminated
from worker.model.result import Status
from worker.model.step import Step
from worker.moodle.client import MoodleClient
from worker.runs.batch_writer import BatchWriter
from worker.transport.patience import REQUEST_SECONDS

DONE, REFUSED, FAILED = Status.DONE, Status.REFUSED, Status.FAILED


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
    assert (results[2].why.code, results[2].wrote, results[2].isolated) == ("unreadable_account", True, True)
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

    assert (results[1].status, results[1].why.code, results[1].wrote) == (FAILED, "half_made", True)
    assert writer.calls(CREATE) == 1


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
    assert {result.why.code for result in results.values()} == {"not_through"}
    assert results[1].wrote, "the suspension may have been written, so that it must be remembered"
    assert (writer.calls(UPDATE), writer.calls(CREATE)) == (3, 3)
    assert writer.ended_by is None


def test_a_site_that_answers_no_write_is_not_tried_for_long() -> None:
    writer = SandboxWriter(batch_size=1)
    accounts = {number: writer.add(number) for number in range(1, 31)}
    writer.fail("reset_before", UPDATE, times=0)

    results = writer.write(*[update(n, account, city="New") for n, account in accounts.items()], create(99))

    updates = [results[number] for number in accounts]
    assert {(result.status, result.why.code) for result in updates} == {(FAILED, "refuses_everybody")}
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

    assert {(result.status, result.wrote) for result in results.values()} == {(FAILED, False)}
    assert sum(writer.patient.waits) == pytest.approx(2 * REQUEST_SECONDS, abs=0.2)


@pytest.mark.parametrize("kind", ["reset_before", "hang", "html"])
def test_a_single_account_without_a_response_is_not_refused(writer: SandboxWriter, kind: Any) -> None:
    """Moodle reported "error writing", which may be a deadlock; the second attempt got no response: no refusal."""
    account = writer.add(1)
    writer.add(2)
    writer.fail(kind, UPDATE, skip=1)

    results = writer.write(update(1, account, username="u2"))

    assert (results[1].status, results[1].why.code, results[1].wrote) == (FAILED, "not_through", True)


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
    assert {results[number].why.code for number in range(1, 21)} == {"no_access"}
    assert CREATE in results[20].why.text
    assert writer.calls(CREATE) == 1


def test_a_token_that_may_not_update_still_creates() -> None:
    writer = SandboxWriter(batch_size=2)
    accounts = {number: writer.add(number) for number in range(1, 11)}
    writer.site.service_functions.remove(UPDATE)

    results = writer.write(*[suspend(n, account) for n, account in accounts.items()], create(99))

    assert {results[number].why.code for number in accounts} == {"no_access"}
    assert not any(results[number].wrote for number in accounts)
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

    assert {(result.status, result.why.code) for result in results.values()} == {(FAILED, "no_access")}
    assert writer.calls(UPDATE) == 2


def test_a_revoked_capability_is_no_refusal_of_the_record(writer: SandboxWriter) -> None:
    account = writer.add(1)
    writer.add(2)

    def revoke_capability(name: str) -> None:
        if writer.board.calls.count(UPDATE) == 2:
            writer.site.capabilities.discard("moodle/user:update")

    writer.watched.before = revoke_capability

    results = writer.write(update(1, account, username="u2"))

    assert (results[1].status, results[1].why.code) == (FAILED, "no_access")


# What ends the writing


def test_nothing_is_written_without_permission(writer: SandboxWriter) -> None:
    writer.permits_left = 0

    results = writer.write(suspend(1, writer.add(1)), create(2))

    assert statuses(results) == {1: FAILED, 2: FAILED}
    assert {result.why.code for result in results.values()} == {"not_sent"}
    assert isinstance(writer.ended_by, LockLost)
    assert writer.board.calls == []


def test_every_write_needs_permission_including_repeated_ones(writer: SandboxWriter) -> None:
    account = writer.add(900)
    writer.add(901)
    writer.fail("status", CREATE, status=429)
    writer.fail("reset_before", CREATE, skip=1)

    writer.write(
        update(900, account, username="u901", department="New"),
        *[create(number, **({"firstname": "<b>"} if number == 3 else {})) for number in range(1, 9)],  # type: ignore[arg-type]
    )

    assert writer.calls(CREATE) > 5
    assert writer.permits == writer.calls(CREATE) + writer.calls(UPDATE)


def test_nothing_is_written_after_the_lock_is_lost_during_a_pause(writer: SandboxWriter) -> None:
    writer.fail("status", CREATE, status=429, retry_after="300")
    writer.permits_left = 1

    results = writer.write(create(1))

    assert results[1].status is FAILED
    assert isinstance(writer.ended_by, LockLost)
    assert (writer.calls(CREATE), writer.linked_accounts()) == (1, {})


def test_writes_before_the_end_are_reported_as_done_and_the_rest_as_not_sent() -> None:
    writer = SandboxWriter(batch_size=10)
    writer.permits_left = 2

    results = writer.write(*creates(1, 50))

    assert [number for number, status in statuses(results).items() if status is DONE] == list(range(1, 21))
    assert {results[number].why.code for number in range(21, 51)} == {"not_sent"}
    assert "the lock is lost" in results[50].why.text
    assert len(writer.reported) == len(results) == 50
    assert [batch[0] for batch in writer.batches] == [1, 11, 21], "no batch is begun after the end"


def test_updates_stay_done_when_a_second_attempt_for_one_ends_the_writing(writer: SandboxWriter) -> None:
    accounts = {number: writer.add(number) for number in range(1, 6)}
    writer.permits_left = 1

    results = writer.write(
        *[update(n, account, username="u5" if n == 1 else f"n{n}") for n, account in accounts.items()]
    )

    assert statuses(results) == {1: FAILED, 2: DONE, 3: DONE, 4: DONE, 5: DONE}
    assert isinstance(writer.ended_by, LockLost)


def test_a_revoked_token_ends_the_writing() -> None:
    writer = SandboxWriter(batch_size=5)

    def revoke(name: str) -> None:
        if writer.calls(CREATE) == 3:
            writer.site.tokens.clear()

    writer.watched.before = revoke

    results = writer.write(*creates(1, 30))

    assert isinstance(writer.ended_by, CredentialError)
    assert sum(status is DONE for status in statuses(results).values()) == 10
    assert writer.calls(CREATE) == 3


def test_maintenance_mode_ends_the_writing(writer: SandboxWriter) -> None:
    writer.site.settings.maintenance = "gui"

    results = writer.write(suspend(1, writer.add(1)), create(2))

    assert isinstance(writer.ended_by, TargetError)
    assert set(statuses(results).values()) == {FAILED}
    assert writer.board.calls == [UPDATE]


def test_a_failed_look_up_after_an_uncertain_write_ends_the_writing(writer: SandboxWriter) -> None:
    writer.batch_size = 1
    writer.fail("reset_after", CREATE)
    writer.fail("reset_before", BY_FIELD, times=0)

    results = writer.write(create(1), create(2))

    assert isinstance(writer.ended_by, TargetError)
    assert (results[1].status, results[1].wrote) == (FAILED, True)
    assert (results[2].status, results[2].wrote) == (FAILED, False)


def test_a_token_that_is_revoked_before_a_refusal_is_explained_ends_the_writing(writer: SandboxWriter) -> None:
    writer.site.add_user("other", firstname="O", lastname="L", email="u1@x.example")
    leaver = suspend(2, writer.add(2))

    def revoke(name: str) -> None:
        if name == BY_FIELD and writer.calls(CREATE):
            writer.site.tokens.clear()

    writer.watched.before = revoke

    results = writer.write(leaver, create(1))

    assert isinstance(writer.ended_by, CredentialError)
    assert statuses(results) == {1: FAILED, 2: DONE}
    assert (results[1].why.code, results[1].wrote) == ("not_sent", True)
    assert writer.ended_by.message in results[1].why.text


def test_an_update_without_a_response_is_not_sent_again_while_no_look_up_is_answered(writer: SandboxWriter) -> None:
    accounts = {number: writer.add(number) for number in (1, 2, 3)}
    writer.fail("reset_after", "*", times=0)

    results = writer.write(*[update(number, account, department="New") for number, account in accounts.items()])

    assert set(statuses(results).values()) == {FAILED}
    assert writer.calls(UPDATE) == 1


def test_a_stop_signal_ends_the_writing_between_requests() -> None:
    writer = SandboxWriter(batch_size=5)
    writer.watched.before = lambda _: writer.patient.ask() if writer.calls(CREATE) == 2 else None

    results = writer.write(*creates(1, 30))

    assert isinstance(writer.ended_by, Terminated)
    assert len(writer.linked_accounts()) == 10, "the request in flight was completed"
    assert sum(status is DONE for status in statuses(results).values()) == 10


def test_a_batch_refused_by_the_gate_is_not_sent_and_ends_the_writing(writer: SandboxWriter) -> None:
    """The journal and the intents are stored before a write; if that fails, nothing is written."""

    class ClosedGate(SandboxWriter):
        def open_for(self, batch: Sequence[Step]) -> None:
            raise LockLost("the store is gone")

    batch_writer = BatchWriter(writer.moodle, ClosedGate(), writer.reported.append, writer.patient.wait)
    results = batch_writer.write([suspend(1, writer.add(1))])

    assert isinstance(batch_writer.ended_by, LockLost)
    assert (results[1].status, results[1].wrote, writer.board.calls) == (FAILED, False, [])


def test_the_gate_gets_each_batch_before_it_is_sent() -> None:
    recorded: list[tuple[list[int], int]] = []

    class RecordingGate(SandboxWriter):
        def open_for(self, batch: Sequence[Step]) -> None:
            recorded.append(([step.employee_id for step in batch], len(self.board.calls)))

    RecordingGate(batch_size=2).write(*[create(number) for number in (1, 2, 3)])

    assert recorded == [([1, 2], 0), ([3], 1)]


def test_a_programming_error_is_raised(writer: SandboxWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(MoodleClient, "create", broken)

    with pytest.raises(ZeroDivisionError):
        writer.write(create(1))


def test_a_token_that_is_revoked_before_what_was_kept_back_is_reported_ends_the_writing(writer: SandboxWriter) -> None:
    """The only creation is refused alone: whether Moodle has made the account is looked up at the end."""
    writer.site.add_user("other", firstname="O", lastname="L", email="u1@x.example")
    before = len(writer.board.calls)

    def revoke(name: str) -> None:
        if name == BY_FIELD and writer.board.calls[before:].count(BY_FIELD) == 2:
            writer.site.tokens.clear()

    writer.watched.before = revoke

    results = writer.write(create(1))

    assert isinstance(writer.ended_by, CredentialError)
    assert (results[1].status, results[1].why.code, results[1].wrote) == (FAILED, "not_sent", True)
    assert writer.ended_by.message in results[1].why.text
    assert writer.board.calls[before:] == [CREATE, BY_FIELD, BY_FIELD]

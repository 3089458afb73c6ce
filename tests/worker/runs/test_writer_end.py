"""What ends the writing, and what is said of the steps that were not written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from tests.worker.runs.writing import (
    BY_FIELD,
    CREATE,
    DONE,
    FAILED,
    UPDATE,
    SandboxWriter,
    create,
    creates,
    statuses,
    suspend,
    update,
)
from worker.errors import CredentialError, LockLost, TargetError, Terminated
from worker.model.step import Step
from worker.moodle.client import MoodleClient
from worker.runs.batch_writer import BatchWriter, WriteGate

# What ends the writing


def test_nothing_is_written_without_permission(writer: SandboxWriter) -> None:
    writer.permits_left = 0

    results = writer.write(suspend(1, writer.add(1)), create(2))

    assert statuses(results) == {1: FAILED, 2: FAILED}
    assert {result.reported_reason.code for result in results.values()} == {"not_sent"}
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
    assert {results[number].reported_reason.code for number in range(21, 51)} == {"not_sent"}
    assert "the lock is lost" in results[50].reported_reason.text
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
    assert (results[1].status, results[1].may_be_written) == (FAILED, True)
    assert (results[2].status, results[2].may_be_written) == (FAILED, False)


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
    assert (results[1].reported_reason.code, results[1].may_be_written) == ("not_sent", True)
    assert writer.ended_by.message in results[1].reported_reason.text


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
        def prepare(self, batch: Sequence[Step]) -> None:
            raise LockLost("the store is gone")

    gate = cast(WriteGate, ClosedGate())
    batch_writer = BatchWriter(writer.moodle, gate, writer.reported.append, writer.patient.wait)
    results = batch_writer.write([suspend(1, writer.add(1))])

    assert isinstance(batch_writer.ended_by, LockLost)
    assert (results[1].status, results[1].may_be_written, writer.board.calls) == (FAILED, False, [])


def test_the_gate_gets_each_batch_before_it_is_sent() -> None:
    recorded: list[tuple[list[int], int]] = []

    class RecordingGate(SandboxWriter):
        def prepare(self, batch: Sequence[Step]) -> None:
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
    assert (results[1].status, results[1].reported_reason.code, results[1].may_be_written) == (FAILED, "not_sent", True)
    assert writer.ended_by.message in results[1].reported_reason.text
    assert writer.board.calls[before:] == [CREATE, BY_FIELD, BY_FIELD]

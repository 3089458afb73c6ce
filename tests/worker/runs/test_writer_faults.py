"""The plan is written over a network that fails, to a site that forbids, by a run that has to end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.worker.runs.writing import BY_FIELD, CREATE, UPDATE, Desk, create, suspend, update, verdicts
from worker.errors import CredentialError, LockLost, TargetError, Terminated
from worker.model.result import Status
from worker.model.step import Step
from worker.moodle.client import MoodleClient
from worker.runs.batch_writer import BatchWriter

DONE, REFUSED, FAILED = Status.DONE, Status.REFUSED, Status.FAILED


@pytest.fixture
def desk() -> Desk:
    return Desk()


# Without an answer


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "truncate", "trickle", "html", "wrong_type"])
def test_creations_without_an_answer_are_looked_up_and_nobody_is_made_twice(desk: Desk, kind: Any) -> None:
    desk.fail(kind, CREATE)

    outcomes = desk.write(*[create(number) for number in range(1, 51)])

    assert set(verdicts(outcomes).values()) == {DONE}
    assert len(desk.made()) == 50
    acted = kind in ("reset_after", "truncate", "trickle", "wrong_type")
    assert desk.board.calls == ([CREATE, BY_FIELD] if acted else [CREATE, BY_FIELD, CREATE])


def test_only_those_who_are_missing_are_sent_again(desk: Desk) -> None:
    """The request was cut, and one person had been made by hand in the meantime."""
    desk.add(7, firstname="First7")
    desk.fail("reset_before", CREATE)

    outcomes = desk.write(*[create(number) for number in range(1, 11)])

    assert set(verdicts(outcomes).values()) == {DONE}
    sent_again = desk.watched.bodies[-1]
    assert "7" not in [value for name, value in sent_again.items() if name.endswith("[idnumber]")]
    assert len(desk.made()) == 10


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "truncate", "hang", "html", "wrong_type"])
def test_updates_without_an_answer_are_looked_up_and_only_the_missing_are_sent_again(desk: Desk, kind: Any) -> None:
    accounts = {number: desk.add(number) for number in range(1, 11)}
    desk.fail(kind, UPDATE)

    outcomes = desk.write(*[update(n, account, department="New") for n, account in accounts.items()])

    assert set(verdicts(outcomes).values()) == {DONE}
    assert {user["department"] for user in desk.made().values()} == {"New"}
    acted = kind in ("reset_after", "truncate", "wrong_type")
    assert desk.board.calls == ([UPDATE, BY_FIELD] if acted else [UPDATE, BY_FIELD, UPDATE])
    changed = [number for event, number in desk.site.events if event == "user_updated"]
    assert len(changed) == len(set(changed)), "an update that changes nothing costs as much as a real one"


def test_a_link_without_an_answer_is_looked_up_as_well(desk: Desk) -> None:
    account = desk.add(1, idnumber="")
    desk.fail("reset_after", UPDATE)

    outcomes = desk.write(update(1, account, idnumber="1", department="New"))

    assert verdicts(outcomes) == {1: DONE}
    assert desk.calls(UPDATE) == 1


def test_an_account_that_was_made_without_all_of_its_fields_is_told(desk: Desk) -> None:
    """What PHP leaves of a request that it cuts: the person is there, her department is not."""
    desk.fail("reset_before", CREATE)
    desk.watched.before = lambda name: None if desk.made() or name == CREATE else _add_half_an_account(desk)

    outcomes = desk.write(create(1, department="Sales"))

    assert (outcomes[1].status, outcomes[1].why.code, outcomes[1].wrote) == (FAILED, "half_made", True)
    assert desk.calls(CREATE) == 1


def _add_half_an_account(desk: Desk) -> None:
    desk.add(1, department="")


def test_a_creation_that_was_refused_because_it_had_been_made_is_done(desk: Desk) -> None:
    """A request that the client gave up goes on in Moodle, and may end after the look-up that followed it."""
    desk.add(1)

    outcomes = desk.write(create(1), create(2))

    assert verdicts(outcomes) == {1: DONE, 2: DONE}
    assert len(desk.made()) == 2


def test_writes_that_never_get_an_answer_are_given_up_and_are_nobodys_fault(desk: Desk) -> None:
    account = desk.add(1)
    desk.fail("reset_before", UPDATE, times=0)
    desk.fail("reset_before", CREATE, times=0)

    outcomes = desk.write(suspend(1, account), create(2))

    assert verdicts(outcomes) == {1: FAILED, 2: FAILED}
    assert {outcome.why.code for outcome in outcomes.values()} == {"not_through"}
    assert outcomes[1].wrote, "it may have been done, and whoever remembers suspensions has to know"
    assert (desk.calls(UPDATE), desk.calls(CREATE)) == (3, 3)
    assert desk.ended_by is None


def test_after_a_few_batches_that_do_not_get_through_the_rest_is_not_tried() -> None:
    desk = Desk(batch_size=1)
    accounts = {number: desk.add(number) for number in range(1, 31)}
    desk.fail("reset_before", UPDATE, times=0)

    outcomes = desk.write(*[update(n, account, city="New") for n, account in accounts.items()], create(99))

    assert set(verdicts(outcomes).values()) == {FAILED}
    assert desk.calls(UPDATE) == 9
    assert desk.calls(CREATE) == 0
    assert [outcomes[number].wrote for number in (1, 2, 3, 4, 99)] == [True, True, True, False, False]


def test_batches_that_do_not_get_through_now_and_then_do_not_end_the_writing() -> None:
    desk = Desk(batch_size=1)
    for skip in (0, 4, 8, 12):
        desk.fail("status", CREATE, status=429, retry_after="86400", skip=skip)

    outcomes = desk.write(*[create(number) for number in range(1, 21)])

    assert sum(verdict is FAILED for verdict in verdicts(outcomes).values()) == 4
    assert len(desk.made()) == 16


def test_a_site_that_asks_for_a_pause_gets_it_and_the_write_is_sent_again(desk: Desk) -> None:
    desk.fail("status", CREATE, status=429, retry_after="33")

    outcomes = desk.write(create(1))

    assert verdicts(outcomes) == {1: DONE}
    assert desk.patient.waits == [33]
    assert (desk.calls(CREATE), desk.calls(BY_FIELD)) == (2, 0)


def test_a_site_that_limits_for_ever_is_given_up_and_nothing_was_written(desk: Desk) -> None:
    desk.fail("status", UPDATE, times=0, status=429)

    outcomes = desk.write(suspend(1, desk.add(1)))

    assert (outcomes[1].status, outcomes[1].wrote) == (FAILED, False)
    assert desk.calls(UPDATE) == 3


@pytest.mark.parametrize("kind", ["reset_before", "hang", "html"])
def test_an_account_that_is_tried_alone_without_an_answer_is_not_refused(desk: Desk, kind: Any) -> None:
    """Moodle said "error writing", which may be a deadlock; the second try got no answer: that is nobody's fault."""
    account = desk.add(1)
    desk.add(2)
    desk.fail(kind, UPDATE, skip=1)

    outcomes = desk.write(update(1, account, username="u2"))

    assert (outcomes[1].status, outcomes[1].why.code, outcomes[1].wrote) == (FAILED, "not_through", True)


# Not allowed


@pytest.mark.parametrize("how", ["service", "capability"])
def test_a_token_that_may_not_create_still_updates(how: str) -> None:
    desk = Desk(batch_size=2)
    account = desk.add(900)
    if how == "service":
        desk.site.service_functions.remove(CREATE)
    else:
        desk.site.capabilities.remove("moodle/user:create")

    outcomes = desk.write(*[create(number) for number in range(1, 21)], update(900, account, department="New"))

    assert outcomes[900].status is DONE
    assert {outcomes[number].status for number in range(1, 21)} == {FAILED}
    assert {outcomes[number].why.code for number in range(1, 21)} == {"no_access"}
    assert CREATE in outcomes[20].why.text
    assert desk.calls(CREATE) == 1


def test_a_token_that_may_not_update_still_creates() -> None:
    desk = Desk(batch_size=2)
    accounts = {number: desk.add(number) for number in range(1, 11)}
    desk.site.service_functions.remove(UPDATE)

    outcomes = desk.write(*[suspend(n, account) for n, account in accounts.items()], create(99))

    assert {outcomes[number].why.code for number in accounts} == {"no_access"}
    assert not any(outcomes[number].wrote for number in accounts)
    assert outcomes[99].status is DONE
    assert desk.calls(UPDATE) == 1


def test_a_right_that_is_taken_away_while_a_batch_is_halved_ends_the_halving(desk: Desk) -> None:
    accounts = {number: desk.add(number) for number in range(1, 9)}

    def take_away(name: str) -> None:
        if desk.calls(UPDATE) == 2:
            desk.site.capabilities.discard("moodle/user:update")

    desk.watched.before = take_away
    outcomes = desk.write(
        *[update(n, account, department="<b>" if n == 8 else "New") for n, account in accounts.items()]
    )

    assert {(outcome.status, outcome.why.code) for outcome in outcomes.values()} == {(FAILED, "no_access")}
    assert desk.calls(UPDATE) == 2


def test_a_right_that_is_taken_away_in_the_middle_is_nobodys_fault(desk: Desk) -> None:
    account = desk.add(1)
    desk.add(2)

    def take_away(name: str) -> None:
        if desk.board.calls.count(UPDATE) == 2:
            desk.site.capabilities.discard("moodle/user:update")

    desk.watched.before = take_away

    outcomes = desk.write(update(1, account, username="u2"))

    assert (outcomes[1].status, outcomes[1].why.code) == (FAILED, "no_access")


# What ends the writing


def test_nothing_is_written_without_permission(desk: Desk) -> None:
    desk.permits_left = 0

    outcomes = desk.write(suspend(1, desk.add(1)), create(2))

    assert verdicts(outcomes) == {1: FAILED, 2: FAILED}
    assert {outcome.why.code for outcome in outcomes.values()} == {"not_sent"}
    assert isinstance(desk.ended_by, LockLost)
    assert desk.board.calls == []


def test_every_single_write_needs_permission_also_the_repeated_ones(desk: Desk) -> None:
    account = desk.add(900)
    desk.add(901)
    desk.fail("status", CREATE, status=429)
    desk.fail("reset_before", CREATE, skip=1)

    desk.write(
        update(900, account, username="u901", department="New"),
        *[create(number, **({"firstname": "<b>"} if number == 3 else {})) for number in range(1, 9)],  # type: ignore[arg-type]
    )

    assert desk.calls(CREATE) > 5
    assert desk.permits == desk.calls(CREATE) + desk.calls(UPDATE)


def test_a_lock_that_is_lost_during_a_pause_is_not_written_without(desk: Desk) -> None:
    desk.fail("status", CREATE, status=429, retry_after="300")
    desk.permits_left = 1

    outcomes = desk.write(create(1))

    assert outcomes[1].status is FAILED
    assert isinstance(desk.ended_by, LockLost)
    assert (desk.calls(CREATE), desk.made()) == (1, {})


def test_what_was_written_before_the_end_is_told_as_written_and_the_rest_as_not_sent() -> None:
    desk = Desk(batch_size=10)
    desk.permits_left = 2

    outcomes = desk.write(*[create(number) for number in range(1, 51)])

    assert [number for number, verdict in verdicts(outcomes).items() if verdict is DONE] == list(range(1, 21))
    assert {outcomes[number].why.code for number in range(21, 51)} == {"not_sent"}
    assert "the lock is lost" in outcomes[50].why.text
    assert len(desk.reported) == len(outcomes) == 50
    assert [batch[0] for batch in desk.batches] == [1, 11, 21], "no batch is begun after the end"


def test_updates_that_were_done_stay_done_when_a_second_try_for_one_of_them_ends_the_writing(desk: Desk) -> None:
    accounts = {number: desk.add(number) for number in range(1, 6)}
    desk.permits_left = 1

    outcomes = desk.write(
        *[update(n, account, username="u5" if n == 1 else f"n{n}") for n, account in accounts.items()]
    )

    assert verdicts(outcomes) == {1: FAILED, 2: DONE, 3: DONE, 4: DONE, 5: DONE}
    assert isinstance(desk.ended_by, LockLost)


def test_a_token_that_is_revoked_in_the_middle_ends_the_writing() -> None:
    desk = Desk(batch_size=5)

    def revoke(name: str) -> None:
        if desk.calls(CREATE) == 3:
            desk.site.tokens.clear()

    desk.watched.before = revoke

    outcomes = desk.write(*[create(number) for number in range(1, 31)])

    assert isinstance(desk.ended_by, CredentialError)
    assert sum(verdict is DONE for verdict in verdicts(outcomes).values()) == 10
    assert desk.calls(CREATE) == 3


def test_a_site_that_goes_into_maintenance_ends_the_writing(desk: Desk) -> None:
    desk.site.settings.maintenance = "gui"

    outcomes = desk.write(suspend(1, desk.add(1)), create(2))

    assert isinstance(desk.ended_by, TargetError)
    assert set(verdicts(outcomes).values()) == {FAILED}
    assert desk.board.calls == [UPDATE]


def test_a_site_that_cannot_be_read_after_a_doubtful_write_ends_the_writing(desk: Desk) -> None:
    desk.batch_size = 1
    desk.fail("reset_after", CREATE)
    desk.fail("reset_before", BY_FIELD, times=0)

    outcomes = desk.write(create(1), create(2))

    assert isinstance(desk.ended_by, TargetError)
    assert (outcomes[1].status, outcomes[1].wrote) == (FAILED, True)
    assert (outcomes[2].status, outcomes[2].wrote) == (FAILED, False)


def test_a_request_to_stop_ends_the_writing_between_two_requests() -> None:
    desk = Desk(batch_size=5)
    desk.watched.before = lambda _: desk.patient.ask() if desk.calls(CREATE) == 2 else None

    outcomes = desk.write(*[create(number) for number in range(1, 31)])

    assert isinstance(desk.ended_by, Terminated)
    assert len(desk.made()) == 10, "the request under way was finished"
    assert sum(verdict is DONE for verdict in verdicts(outcomes).values()) == 10


def test_a_batch_that_must_not_begin_is_not_sent_and_ends_the_writing(desk: Desk) -> None:
    """What a run keeps before it writes (who is to be suspended) has to be kept, or nothing is written."""

    class Gate(Desk):
        def open_for(self, batch: Sequence[Step]) -> None:
            raise LockLost("the store is gone")

    writer = BatchWriter(desk.moodle, Gate(), desk.reported.append)
    outcomes = writer.write([suspend(1, desk.add(1))])

    assert isinstance(writer.ended_by, LockLost)
    assert (outcomes[1].status, outcomes[1].wrote, desk.board.calls) == (FAILED, False, [])


def test_what_a_batch_holds_is_told_before_it_is_sent() -> None:
    told: list[tuple[list[int], int]] = []

    class Telling(Desk):
        def open_for(self, batch: Sequence[Step]) -> None:
            told.append(([step.employee_id for step in batch], len(self.board.calls)))

    Telling(batch_size=2).write(*[create(number) for number in (1, 2, 3)])

    assert told == [([1, 2], 0), ([3], 1)]


def test_a_fault_of_the_program_is_not_taken_for_an_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(MoodleClient, "create", broken)

    with pytest.raises(ZeroDivisionError):
        desk.write(create(1))

"""How batches are spread over threads, and how many are under way at once."""

from __future__ import annotations

import threading

import pytest

from tests.worker.runs.writing import CREATE, SandboxWriter, create
from worker.errors import TargetError
from worker.model.step import Status
from worker.transport.parallel import in_parallel


def thread_of(_: object) -> str:
    return threading.current_thread().name


@pytest.mark.parametrize(("batches", "workers"), [(0, 4), (1, 4), (3, 1)])
def test_what_needs_no_thread_gets_none(batches: int, workers: int) -> None:
    assert in_parallel(thread_of, range(batches), workers) == [threading.current_thread().name] * batches


def test_the_results_are_in_the_order_of_the_batches() -> None:
    assert in_parallel(lambda batch: batch * 2, range(20), 4) == [number * 2 for number in range(20)]


@pytest.mark.parametrize("workers", [1, 3])
def test_a_failure_of_one_batch_is_raised(workers: int) -> None:
    def fail_at_seven(batch: int) -> None:
        if batch == 7:
            raise TargetError("seven")

    with pytest.raises(TargetError, match="seven"):
        in_parallel(fail_at_seven, range(20), workers)


def test_two_at_a_time_are_two_threads_at_once() -> None:
    both = threading.Barrier(2)

    def meet(_: object) -> str:
        both.wait(5)
        return threading.current_thread().name

    assert set(in_parallel(meet, range(2), 2)) == {"moodle_0", "moodle_1"}


def test_two_at_a_time_are_no_three() -> None:
    third_came, guard, under_way = threading.Event(), threading.Lock(), set[int]()

    def count(batch: int) -> int:
        with guard:
            under_way.add(batch)
            counted = len(under_way)
        if counted > 2:
            third_came.set()
        third_came.wait(0.1)
        with guard:
            under_way.discard(batch)
        return counted

    assert max(in_parallel(count, range(4), 2)) == 2


def test_a_writer_with_concurrency_2_has_two_batches_in_flight() -> None:
    writer = SandboxWriter(batch_size=1, concurrency=2)
    both = threading.Barrier(2)

    def meet(name: str) -> None:
        if name == CREATE:
            both.wait(5)

    writer.watched.before = meet
    results = writer.write(*[create(number) for number in range(1, 7)])

    assert {result.status for result in results.values()} == {Status.DONE}


def test_a_writer_with_concurrency_1_uses_only_its_own_thread() -> None:
    writer = SandboxWriter(batch_size=1, concurrency=1)
    threads: set[str] = set()
    writer.watched.before = lambda name: threads.add(threading.current_thread().name)

    writer.write(*[create(number) for number in range(1, 4)])

    assert threads == {threading.current_thread().name}

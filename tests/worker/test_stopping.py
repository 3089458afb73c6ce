"""When nothing new may start, and how long what is under way may still take."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from worker import stopping as module
from worker.errors import ExitCode, OutOfTime, SyncError, Terminated
from worker.stopping import StopSignal, end_when_overdue

ROOT = Path(__file__).resolve().parents[2]
A_DAY = 86_400.0


def test_nothing_stops_a_run_without_a_request_to_stop() -> None:
    stopping = StopSignal()

    stopping.check()
    stopping.wait(0)

    assert stopping.allowance(30) == 30


def test_after_a_request_to_stop_nothing_new_may_start() -> None:
    stopping = StopSignal()

    stopping.ask()

    with pytest.raises(Terminated) as caught:
        stopping.check()
    assert caught.value.exit_code is ExitCode.TERMINATED


def test_after_its_minutes_nothing_new_may_start_and_the_advice_names_the_setting() -> None:
    stopping = StopSignal()
    stopping.limit(0)

    with pytest.raises(OutOfTime) as caught:
        stopping.check()

    assert "MAX_RUN_MINUTES" in caught.value.advice


def test_minutes_that_are_left_stop_nothing() -> None:
    stopping = StopSignal()
    stopping.limit(1)

    stopping.check()


def test_the_minutes_can_be_set_once_the_settings_are_read() -> None:
    stopping = StopSignal()
    stopping.check()

    stopping.limit(0)

    with pytest.raises(OutOfTime):
        stopping.check()


def test_a_request_to_stop_is_obeyed_before_a_wait() -> None:
    stopping = StopSignal()
    stopping.ask()

    with pytest.raises(Terminated):
        stopping.wait(A_DAY)


def test_a_request_to_stop_ends_a_wait_that_has_begun() -> None:
    stopping = StopSignal()
    began, ended = threading.Event(), []

    def wait() -> None:
        began.set()
        try:
            stopping.wait(A_DAY)
        except SyncError as end:
            ended.append(end)

    waiting = threading.Thread(target=wait)
    waiting.start()
    began.wait()
    stopping.ask()
    waiting.join(10)

    assert isinstance(ended[0], Terminated)


def test_a_wait_ends_with_the_minutes_of_the_run() -> None:
    stopping = StopSignal()
    stopping.limit(0)

    with pytest.raises(OutOfTime):
        stopping.wait(A_DAY)


def test_a_request_under_way_gets_a_grace_after_the_request_to_stop_and_never_more_than_it_had() -> None:
    stopping = StopSignal()
    stopping.ask()

    assert stopping.allowance(A_DAY) == pytest.approx(module.GRACE_SECONDS, abs=5)
    assert stopping.allowance(1) == 1


def test_the_grace_is_shorter_than_the_time_that_the_task_is_given_to_stop() -> None:
    stop_timeout_of_the_task = 120

    assert stop_timeout_of_the_task > module.GRACE_SECONDS


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_process_that_waits(number: signal.Signals) -> None:
    program = f"""
from worker.errors import Terminated
from worker.stopping import StopSignal, stop_on_signals

stopping = StopSignal()
stop_on_signals(stopping)
print("ready", flush=True)
try:
    stopping.wait({A_DAY})
except Terminated:
    print("terminated")
"""
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        told, _ = process.communicate(timeout=30)

    assert (told, process.returncode) == ("terminated\n", 0)


# The watchdog


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_process_with_a_full_pipe_ends_when_it_is_overdue(stream: str) -> None:
    program = f"""
import sys
from worker.stopping import StopSignal, end_when_overdue, stop_on_signals

stopping = StopSignal()
stop_on_signals(stopping)
end_when_overdue(stopping, grace=0.2)
stopping.limit(0)
while True:
    print("x" * 10_000, file=sys.{stream}, flush=True)
"""
    command, pipe = [sys.executable, "-c", program], subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe) as process:
        assert process.wait(timeout=30) == ExitCode.CRASH


def test_a_process_is_ended_a_minute_after_its_time_and_not_before() -> None:
    now, codes = [0.0], list[int]()
    stopping = StopSignal(clock=lambda: now[0])
    stopping.limit(10)

    now[0] = 10 * 60 + 59.9
    watchdog = end_when_overdue(stopping, end=codes.append)
    watchdog.join(0.05)
    assert codes == []

    now[0] = 10 * 60 + 60
    watchdog.join(10)
    assert codes == [ExitCode.CRASH]


def test_a_process_without_a_limit_is_not_ended() -> None:
    codes: list[int] = []
    watchdog = end_when_overdue(StopSignal(), grace=0, end=codes.append)

    watchdog.join(0.05)

    assert (codes, watchdog.is_alive(), watchdog.daemon) == ([], True, True)


def test_the_worker_is_watched_from_its_start() -> None:
    entry = (ROOT / "worker" / "__main__.py").read_text()

    assert "end_when_overdue(stop)" in entry

"""Whether a request is tried again, and after what pause."""

from __future__ import annotations

import email.utils
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worker.clients import Patient, fuzz, is_retry_pause
from worker.errors import Terminated
from worker.stopping import StopSignal
from worker.transport.http import NoAnswer, NotSent, Reply, TransportError
from worker.transport.retries import LONGEST_WAIT_SECONDS, pause_before_retry, retry_after, with_retries


def reply(status: int, retry_after: str | None = None) -> Reply:
    return Reply(status, {} if retry_after is None else {"Retry-After": retry_after})


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 405, 406, 409, 413, 414, 422, 501])
def test_what_will_be_the_same_next_time_is_not_tried_again(status: int) -> None:
    assert pause_before_retry(reply(status), 1) is None


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 598])
def test_what_may_pass_is_tried_again_after_a_pause(status: int) -> None:
    pause = pause_before_retry(reply(status), 1)

    assert pause is not None
    assert is_retry_pause(pause)


def test_an_attempt_without_an_answer_is_tried_again_after_a_pause() -> None:
    pause = pause_before_retry(None, 1)

    assert pause is not None
    assert is_retry_pause(pause)


def test_the_pauses_grow_and_stay_bounded() -> None:
    first = [pause_before_retry(None, 1) or 0 for _ in range(50)]
    third = [pause_before_retry(None, 3) or 0 for _ in range(50)]
    late = [pause_before_retry(None, 60) or 0 for _ in range(50)]

    assert max(first) < min(third)
    assert max(late) <= 10
    assert len(set(first)) > 1, "without jitter all clients come back at once"


@pytest.mark.parametrize("status", [429, 503])
def test_the_pause_that_a_busy_server_asks_for_is_made(status: int) -> None:
    assert pause_before_retry(reply(status, "42"), 1) == 42


@pytest.mark.parametrize("status", [429, 503])
def test_the_pause_may_be_asked_for_as_a_date(status: int) -> None:
    in_a_minute = email.utils.formatdate(time.time() + 60, usegmt=True)

    assert pause_before_retry(reply(status, in_a_minute), 1) == pytest.approx(60, abs=5)


def test_a_date_that_has_passed_means_at_once() -> None:
    assert pause_before_retry(reply(503, "Mon, 02 Jan 2006 15:04:05 GMT"), 1) == 0


@pytest.mark.parametrize("asked", [str(int(LONGEST_WAIT_SECONDS) + 1), "9" * 400])
def test_a_pause_that_is_too_long_is_not_made(asked: str) -> None:
    assert pause_before_retry(reply(429, asked), 1) is None


def test_the_longest_pause_is_made() -> None:
    assert pause_before_retry(reply(429, str(int(LONGEST_WAIT_SECONDS))), 1) == LONGEST_WAIT_SECONDS


@pytest.mark.parametrize(
    "nonsense",
    ["", "soon", "-5", "1.5", "٣", "Mon, 32 Jan 2026 00:00:00 GMT", "Mon, 02 Jan 99999999999999999999 15:04:05 GMT"],
)
def test_a_retry_after_that_cannot_be_read_is_as_none(nonsense: str) -> None:
    pause = pause_before_retry(reply(429, nonsense), 1)

    assert retry_after(reply(429, nonsense)) is None
    assert pause is not None
    assert is_retry_pause(pause)


@fuzz
@given(
    st.text()
    | st.from_regex(r"\w{3}, \d{1,3} [A-Z][a-z]{2} \d{1,25} \d\d:\d\d:\d\d ([+-]\d{1,12}|GMT)", fullmatch=True)
)
def test_any_retry_after_is_seconds_or_none(text: str) -> None:
    seconds = retry_after(reply(429, text))

    assert seconds is None or seconds >= 0


# Patience


class Attempts:
    """What each attempt ends in, in turn."""

    def __init__(self, *ends: int | Reply | TransportError) -> None:
        self.ends = list(ends)
        self.made = 0

    def __call__(self) -> tuple[Reply, str]:
        end = self.ends[self.made]
        self.made += 1
        if isinstance(end, TransportError):
            raise end
        return (end if isinstance(end, Reply) else reply(end)), f"value {self.made}"


def test_a_read_is_repeated_until_it_is_answered() -> None:
    attempts, stopping = Attempts(NoAnswer("cut"), 503, NotSent("refused"), 200), Patient()

    told, value = with_retries(attempts, system="moodle", stopping=stopping, tries=5)

    assert (told.status, value) == (200, "value 4")
    assert len(stopping.waits) == 3
    assert all(map(is_retry_pause, stopping.waits))


def test_every_retry_is_logged_with_what_happened_and_the_pause(logged: list[dict[str, Any]]) -> None:
    attempts, stopping = Attempts(NoAnswer("cut"), reply(429, "7"), 200), Patient()

    with_retries(attempts, system="moodle", stopping=stopping, tries=5)

    told = {"level": "WARNING", "event": "http.retry", "system": "moodle"}
    pause = round(stopping.waits[0], 2)
    assert logged == [
        {**told, "attempt": 1, "status": None, "fault": "cut", "wait_seconds": pause},
        {**told, "attempt": 2, "status": 429, "fault": None, "wait_seconds": 7},
    ]


def test_a_server_that_asks_for_no_pause_gets_none() -> None:
    stopping = Patient()

    with_retries(Attempts(reply(503, "0"), 200), system="moodle", stopping=stopping, tries=5)

    assert stopping.waits == [0]


@pytest.mark.parametrize(("attempt", "about"), [(1, 0.5), (2, 1), (3, 2), (4, 4), (5, 8), (9, 8)])
def test_a_pause_of_our_own_doubles_up_to_eight_seconds_give_or_take_a_quarter(attempt: int, about: float) -> None:
    pauses = [pause_before_retry(None, attempt) or 0.0 for _ in range(20)]

    assert all(0.75 * about <= pause <= 1.25 * about for pause in pauses)
    assert len(set(pauses)) > 1


def test_the_last_answer_is_given_when_patience_ends() -> None:
    attempts, stopping = Attempts(500, 502, 503), Patient()

    told, _ = with_retries(attempts, system="moodle", stopping=stopping, tries=3)

    assert (told.status, attempts.made, len(stopping.waits)) == (503, 3, 2)


def test_the_last_fault_is_raised_when_patience_ends() -> None:
    attempts = Attempts(500, NoAnswer("cut"), NoAnswer("cut again"))

    with pytest.raises(NoAnswer, match="cut again"):
        with_retries(attempts, system="moodle", stopping=Patient(), tries=3)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_believed_at_once(status: int) -> None:
    attempts, stopping = Attempts(status), Patient()

    told, _ = with_retries(attempts, system="moodle", stopping=stopping, tries=5)

    assert (told.status, stopping.waits) == (status, [])


def test_the_pause_that_is_asked_for_is_made_between_two_attempts() -> None:
    attempts, stopping = Attempts(reply(429, "30"), reply(503, "7"), 200), Patient()

    with_retries(attempts, system="moodle", stopping=stopping, tries=5)

    assert stopping.waits == [30, 7]


def test_a_pause_that_is_too_long_ends_the_patience() -> None:
    attempts, stopping = Attempts(reply(429, "3600"), 200), Patient()

    told, _ = with_retries(attempts, system="moodle", stopping=stopping, tries=5)

    assert (told.status, stopping.waits) == (429, [])


def test_a_pause_ends_when_the_run_is_asked_to_stop() -> None:
    stopping = StopSignal()
    stopping.ask()

    with pytest.raises(Terminated):
        with_retries(Attempts(reply(429, "300"), 200), system="moodle", stopping=stopping, tries=5)

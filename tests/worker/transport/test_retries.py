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
from worker.transport.http import NoAnswer, NotSent, Reply, Transport, TransportError, new_session
from worker.transport.patience import LONGEST_WAIT_SECONDS, REQUEST_SECONDS, RUN_SECONDS, Patience
from worker.transport.retries import Retries, backoff, is_transient, retry_after, with_retries

PASSING = [408, 425, 429, 500, 502, 503, 504, 509, 520, 521, 522, 525, 530, 598, 599]


def reply(status: int, retry_after: str | None = None) -> Reply:
    return Reply(status, {} if retry_after is None else {"Retry-After": retry_after})


def retries_of(stopping: StopSignal, patience: Patience | None = None) -> Retries:
    return Retries(Transport("moodle", new_session(1), 5, stopping, patience or Patience(clock=stopping.clock)))


class Attempts:
    """What each attempt ends in, in turn; the last one for ever."""

    def __init__(self, *ends: int | Reply | TransportError) -> None:
        self.ends = list(ends)
        self.made = 0

    def __call__(self) -> tuple[Reply, str]:
        end = self.ends[min(self.made, len(self.ends) - 1)]
        self.made += 1
        if isinstance(end, TransportError):
            raise end
        return (end if isinstance(end, Reply) else reply(end)), f"value {self.made}"


def read(attempts: Attempts, stopping: StopSignal, patience: Patience | None = None) -> tuple[Reply, str]:
    return with_retries(attempts, retries_of(stopping, patience))


# Which answers


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 405, 406, 409, 413, 414, 422, 501, 505, 519, 531, 597])
def test_an_answer_that_stays_the_same_is_not_asked_for_again(status: int) -> None:
    attempts, stopping = Attempts(status), Patient()

    last, _ = read(attempts, stopping)

    assert (is_transient(status), last.status, attempts.made, stopping.waits) == (False, status, 1, [])


@pytest.mark.parametrize("status", PASSING)
def test_a_passing_answer_is_asked_for_again_after_a_pause(status: int) -> None:
    stopping = Patient()

    last, value = read(Attempts(status, 200), stopping)

    assert (last.status, value) == (200, "value 2")
    assert [is_retry_pause(pause) for pause in stopping.waits] == [True]


@pytest.mark.parametrize(
    ("end", "what"),
    [
        (reply(503, "7"), "HTTP 503, in maintenance or overloaded"),
        (503, "HTTP 503"),
        (reply(429, "7"), "HTTP 429"),
        (NoAnswer("cut"), "cut"),
    ],
)
def test_the_log_says_why_a_request_is_repeated(
    logged: list[dict[str, Any]], end: int | Reply | TransportError, what: str
) -> None:
    read(Attempts(end, 200), Patient())

    (line,) = logged
    assert line["reason"].startswith(f"moodle: {what}; trying again in ")


def test_a_request_without_an_answer_is_repeated() -> None:
    attempts, stopping = Attempts(NoAnswer("cut"), 503, NotSent("refused"), 200), Patient()

    last, value = read(attempts, stopping)

    assert (last.status, value, len(stopping.waits)) == (200, "value 4", 3)


def test_a_fault_that_stays_the_same_is_raised_at_once() -> None:
    attempts, stopping = Attempts(NotSent("the TLS certificate was not accepted", is_transient=False)), Patient()

    with pytest.raises(NotSent):
        read(attempts, stopping)

    assert (attempts.made, stopping.waits) == (1, [])


# How long


@pytest.mark.parametrize(("attempt", "about"), [(1, 0.5), (2, 1), (3, 2), (6, 16), (7, 30), (99, 30)])
def test_a_pause_doubles_up_to_half_a_minute_give_or_take_a_quarter(attempt: int, about: float) -> None:
    pauses = [backoff(attempt) for _ in range(20)]

    assert all(0.75 * about <= pause <= 1.25 * about for pause in pauses)
    assert len(set(pauses)) > 1, "without jitter all clients come back at once"


@pytest.mark.parametrize("end", [503, NoAnswer("cut")])
def test_one_request_is_retried_for_three_minutes(end: Any) -> None:
    attempts, stopping = Attempts(end), Patient()

    if isinstance(end, int):
        assert read(attempts, stopping)[0].status == end
    else:
        with pytest.raises(NoAnswer):
            read(attempts, stopping)

    assert sum(stopping.waits) == pytest.approx(REQUEST_SECONDS, abs=0.1)
    assert attempts.made == len(stopping.waits) + 1 < 20


def test_the_time_that_attempts_take_counts() -> None:
    stopping = Patient()
    attempts = Attempts(NoAnswer("no answer in time"))

    def slow() -> tuple[Reply, str]:
        stopping.now += 60
        return attempts()

    with pytest.raises(NoAnswer):
        with_retries(slow, retries_of(stopping))

    assert attempts.made == 4


def test_pauses_count_where_the_clock_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    stopping = Patient()
    monkeypatch.setattr(stopping, "clock", lambda: 0.0)

    last, _ = read(Attempts(*[503] * 50, 200), stopping)

    assert last.status == 503
    assert sum(stopping.waits) == pytest.approx(REQUEST_SECONDS, abs=0.1)


def test_a_pause_that_is_asked_for_is_made_after_our_own_patience_has_ended() -> None:
    stopping = Patient()
    attempts = Attempts(503, reply(503, "1"), 200)

    def slow() -> tuple[Reply, str]:
        if attempts.made == 1:
            stopping.now = REQUEST_SECONDS - 0.01
        return attempts()

    last, _ = with_retries(slow, retries_of(stopping))

    assert (last.status, stopping.waits[1:]) == (200, [1])


@pytest.mark.parametrize(
    ("answers", "waits"),
    [
        ([reply(429, "30"), reply(503, "7"), 200], [30, 7]),
        ([reply(503, "300")], [LONGEST_WAIT_SECONDS]),
        ([reply(429, "120")], [120, 120]),
        *(([reply(429, asked), 200], []) for asked in ("301", "86400", "9" * 400)),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_pause_that_is_asked_for_is_made_unless_it_or_all_of_them_are_too_long(
    answers: list[int | Reply], waits: list[float]
) -> None:
    attempts, stopping = Attempts(*answers), Patient()

    last, _ = read(attempts, stopping)

    assert stopping.waits == waits
    assert attempts.made == len(waits) + 1
    assert (last.status == 200) is (waits == [30, 7])


def test_a_server_that_asks_for_no_pause_gets_our_own() -> None:
    stopping = Patient()

    read(Attempts(reply(503, "0"), 200), stopping)

    assert is_retry_pause(stopping.waits[0])


def test_a_run_waits_a_quarter_of_an_hour_in_total() -> None:
    stopping = Patient()
    patience = Patience(clock=stopping.clock)

    for _ in range(10):
        read(Attempts(503), stopping, patience)

    assert RUN_SECONDS - 40 < sum(stopping.waits) <= RUN_SECONDS


def test_pauses_of_two_threads_at_the_same_time_count_once() -> None:
    patience = Patience(300, clock=lambda: 0.0)

    assert [patience.take(200), patience.take(150), patience.take(300), patience.take(301)] == [True, True, True, False]


def test_a_command_may_be_less_patient() -> None:
    stopping = Patient()
    patience = Patience(20, request_seconds=10, longest_wait=10, clock=stopping.clock)

    read(Attempts(503), stopping, patience)
    read(Attempts(reply(503, "11")), stopping, patience)

    assert sum(stopping.waits) == pytest.approx(10)


def test_a_request_to_stop_ends_the_pause() -> None:
    stopping = StopSignal()
    stopping.ask()

    with pytest.raises(Terminated):
        read(Attempts(reply(429, "300"), 200), stopping)


# What is reported


def test_every_pause_is_logged_before_it_is_made(logged: list[dict[str, Any]]) -> None:
    seen_before: list[int] = []

    class Watching(Patient):
        def wait(self, seconds: float) -> None:
            seen_before.append(len(logged))
            super().wait(seconds)

    stopping = Watching()
    read(Attempts(NoAnswer("cut"), reply(429, "7"), 200), stopping)

    line = {"level": "WARNING", "event": "http.retry", "system": "moodle"}
    first = round(stopping.waits[0], 2)
    assert seen_before == [1, 2]
    assert logged == [
        {
            **line,
            "attempt": 1,
            "status": None,
            "fault": "cut",
            "wait_seconds": first,
            "reason": f"moodle: cut; trying again in {max(first, 1):.0f} s",
        },
        {
            **line,
            "attempt": 2,
            "status": 429,
            "fault": None,
            "wait_seconds": 7,
            "reason": "moodle: HTTP 429; trying again in 7 s",
        },
    ]


# Retry-After


@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_may_be_asked_for_as_a_date(status: int) -> None:
    in_a_minute = email.utils.formatdate(time.time() + 60, usegmt=True)

    assert retry_after(reply(status, in_a_minute)) == pytest.approx(60, abs=5)


def test_a_date_that_has_passed_means_at_once() -> None:
    assert retry_after(reply(503, "Mon, 02 Jan 2006 15:04:05 GMT")) == 0


@pytest.mark.parametrize(("said", "seconds"), [("3", 3), ("3.5", 3.5), ("120s", 120), ("12 s", 12), (" 7 ", 7)])
def test_a_retry_after_in_seconds_may_have_a_unit_or_a_fraction(said: str, seconds: float) -> None:
    assert retry_after(reply(429, said)) == seconds


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "soon",
        "-5",
        "1.5.2",
        "5 min",
        "٣",
        "Mon, 32 Jan 2026 00:00:00 GMT",
        "Mon, 02 Jan 99999999999999999999 15:04:05 GMT",
    ],
)
def test_a_retry_after_that_cannot_be_read_counts_as_none(nonsense: str) -> None:
    stopping = Patient()

    read(Attempts(reply(429, nonsense), 200), stopping)

    assert retry_after(reply(429, nonsense)) is None
    assert is_retry_pause(stopping.waits[0])


@fuzz
@given(
    st.text()
    | st.from_regex(r"\w{3}, \d{1,3} [A-Z][a-z]{2} \d{1,25} \d\d:\d\d:\d\d ([+-]\d{1,12}|GMT)", fullmatch=True)
)
def test_any_retry_after_is_seconds_or_none(text: str) -> None:
    seconds = retry_after(reply(429, text))

    assert seconds is None or seconds >= 0

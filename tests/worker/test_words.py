"""Numbers, durations and lists, as an operator reads them."""

from __future__ import annotations

import pytest

from worker.words import duration


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"),
        (300, "300 s"),
        (599, "599 s"),
        (600, "10 minutes"),
        (3600, "60 minutes"),
        (7200, "2 hours"),
        (86400, "24 hours"),
        (2 * 86400, "2 days"),
        (366 * 86400, "366 days"),
        (2_300_545_883, "more than a year"),
        (float("inf"), "more than a year"),
    ],
)
def test_a_duration_is_as_precise_as_a_reader_needs_it(seconds: float, words: str) -> None:
    assert duration(seconds) == words

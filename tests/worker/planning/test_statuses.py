"""How many employees have which status, and which words of BambooHR's are not known."""

from __future__ import annotations

import pytest

from worker.planning.statuses import StatusTally


def tally_of(*words: str) -> StatusTally:
    tally = StatusTally()
    tally.add([{"status": word} for word in words])
    return tally


def test_employees_are_counted_with_and_without_a_status() -> None:
    tally = tally_of("Active", "Active", "Inactive", "Leave", "")
    tally.add([{"first_name": "Ada"}])

    assert (tally.employees, tally.active, tally.recognised) == (6, 2, 3)
    assert (tally.unknown, tally.words[""]) == ({"Leave": 1}, 2)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["Away", *["On leave"] * 3, "Away", "Active", "", ""], ["On leave", "Away"]),
        (["On leave"], []),
        (["x" * 30] * 2, ["x" * 30]),
        (["x" * 31] * 2, []),
        (["On\nleave"] * 2, []),
    ],
    ids=["by number", "of one employee alone", "long", "too long", "not printable"],
)
def test_an_unknown_word_that_several_employees_have_is_named(words: list[str], named: list[str]) -> None:
    assert tally_of(*words).unknown_words == named

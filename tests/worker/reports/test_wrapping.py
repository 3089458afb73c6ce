"""Text in lines of a width."""

from __future__ import annotations

import pytest

from worker.reports.wrapping import wrap


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ["- "]),
        ("one two three four five six seven", ["- one two three four five", "  six seven"]),
        ("if so: ./lxp approve 1-2 --employee 7", ["- if so:", "  ./lxp approve 1-2 --employee 7"]),
        ("see: ./lxp people list; correct that", ["- see: ./lxp people list;", "  correct that"]),
        ("python -m worker sync. If not, ask HR", ["- python -m worker sync. If", "  not, ask HR"]),
        ("x" * 40, ["- " + "x" * 40]),
    ],
)
def test_a_command_stays_on_one_line(text: str, lines: list[str]) -> None:
    assert wrap(text, 28, first="- ", rest="  ") == lines

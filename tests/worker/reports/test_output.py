"""Where a report goes, and who can read it."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TextIO, cast

import pytest

from worker.errors import UsageError
from worker.reports.output import check_destination, fit, put, put_lines, readable


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_without_a_file_it_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    put("the report", None)

    assert tuple(capsys.readouterr()) == ("the report\n", "")


def test_a_file_is_readable_by_its_owner_only_and_named_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plan"

    put("the report \u4e2d", file)

    assert (file.read_text(encoding="utf-8"), mode(file)) == ("the report \u4e2d\n", 0o600)
    assert tuple(capsys.readouterr()) == ("", f"written to {file}\n")


def test_an_existing_file_is_replaced_and_becomes_private(tmp_path: Path) -> None:
    file = tmp_path / "plan"
    file.write_text("something longer than the report")
    file.chmod(0o666)

    put("the report", file)

    assert (file.read_text(), mode(file)) == ("the report\n", 0o600)


def test_a_special_file_keeps_its_mode() -> None:
    device = Path(os.devnull)
    before = mode(device)

    check_destination(device, shows_values=False)
    put("the report", device)

    assert mode(device) == before


def test_a_pipe_is_written_to_as_it_is(tmp_path: Path) -> None:
    reader, writer = os.pipe()

    put("the report", Path(f"/dev/fd/{writer}"))
    os.close(writer)

    with os.fdopen(reader) as text:
        assert text.read() == "the report\n"


def test_a_directory_and_a_file_in_a_missing_directory_cannot_be_written(tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "nowhere" / "plan"):
        with pytest.raises(UsageError, match="cannot be written"):
            check_destination(file, shows_values=False)
        with pytest.raises(UsageError, match="cannot be written"):
            put("the report", file)


def test_a_forbidden_file_is_refused_before_the_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "plan"
    file.touch()
    # Modes do not keep root out, and tests may run as root.
    forbidden = {file: os.W_OK, tmp_path: os.W_OK}
    monkeypatch.setattr(os, "access", lambda path, mode: forbidden.get(Path(path)) != mode)

    for one in (file, tmp_path / "another"):
        with pytest.raises(UsageError, match="cannot be written"):
            check_destination(one, shows_values=False)


def test_a_file_in_the_current_directory_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    check_destination(Path("plan"), shows_values=False)
    check_destination(None, shows_values=False)


class Terminal:
    """A stdout that is or is not a terminal."""

    def __init__(self, is_one: bool) -> None:
        self._is_one = is_one

    def isatty(self) -> bool:
        return self._is_one


@pytest.mark.parametrize(
    ("shows_values", "file", "terminal", "allowed"),
    [
        (True, None, True, True),
        (True, None, False, False),
        (True, Path("plan"), False, True),
        (False, None, False, True),
    ],
)
def test_values_go_to_a_terminal_or_a_named_file_only(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    shows_values: bool,
    file: Path | None,
    terminal: bool,
    allowed: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdout", Terminal(terminal))

    if allowed:
        check_destination(file, shows_values=shows_values)
    else:
        with pytest.raises(UsageError, match="a terminal or a named file"):
            check_destination(file, shows_values=shows_values)


# Lines that fit a terminal


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("one two three four five six seven eight", ["one two three four five six", "seven eight"]),
        ("  one two three four five six seven", ["  one two three four five", "  six seven"]),
        ("id  one two three four five six seven\n 8  one", ["id  one two three four five", "    six seven", " 8  one"]),
        ("if so: ./lxp approve 1-2 --employee 7", ["if so:", "./lxp approve 1-2 --employee 7"]),
        ("see: ./lxp people list; correct that", ["see: ./lxp people list;", "correct that"]),
        ("python -m worker sync. If not, ask HR", ["python -m worker sync. If", "not, ask HR"]),
        ("    ./lxp sync --employee 1 --employee 2", ["    ./lxp sync --employee 1 --employee 2"]),
        ("x" * 40, ["x" * 40]),
        ("a column that is this wide  too little room", ["a column that is this wide", "too little room"]),
        ("id  a column that is this wide  and one", ["id  a column that is this", "    wide  and one"]),
        (f"id  who{' ' * 20}changes", ["id  who", "    changes"]),
    ],
)
def test_a_long_line_continues_below_its_last_column_with_room_and_a_command_stays_whole(
    monkeypatch: pytest.MonkeyPatch, text: str, lines: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "28")

    assert fit(text, cast("TextIO", Terminal(True))).split("\n") == lines
    assert fit(text, cast("TextIO", Terminal(False))) == text


def test_a_terminal_narrower_than_a_column_needs_has_lines_of_its_own_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")

    assert fit("a wide column  and a text", cast("TextIO", Terminal(True))).split("\n") == [
        "a wide column  and a",
        "text",
    ]


@pytest.mark.parametrize("to_file", [True, False])
def test_only_what_goes_to_a_terminal_is_fitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], to_file: bool
) -> None:
    file = tmp_path / "plan" if to_file else None
    monkeypatch.setenv("COLUMNS", "28")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    put_lines("word " * 20, file)

    shown = file.read_text() if file else capsys.readouterr().out
    assert (max(map(len, shown.splitlines())) <= 28) != to_file


def test_an_explanation_has_a_section_for_each_topic() -> None:
    sections = {"What holds it": {"suspend held": "by a guard", "a": "b"}, "Remembered": {"nothing": "at all"}}

    assert readable(7, sections, ["a field is hidden"]) == (
        "Employee 7\n\n"
        "warning: a field is hidden\n\n"
        "What holds it\n"
        "  suspend held  by a guard\n"
        "  a             b\n\n"
        "Remembered\n"
        "  nothing  at all"
    )

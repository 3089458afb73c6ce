"""The demo as a reader sees it: each run as intended, excerpts of the reports, the page of a plan."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.sandbox import demo
from tests.sandbox.__main__ import main
from tests.sandbox.demo_story import RUNS


def played(page: Path, **options: Any) -> tuple[int, str]:
    """The demo's exit code and what it showed."""
    shown = io.StringIO()
    code = demo.play(page=page, console=Console(file=shown, width=100), **options)
    return code, shown.getvalue()


def summaries(shown: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in shown.splitlines() if line.startswith("{")]


def test_each_run_ends_as_intended_and_the_reports_are_shown(tmp_path: Path) -> None:
    page = tmp_path / "plan.html"

    code, shown = played(page)

    assert (code, "Yes: every account is as it should be." in shown) == (0, True)
    intended = [str(run.exit_code) for run in RUNS if run.exit_code]
    assert re.findall(r"^exit code (\d+), as intended$", shown, re.MULTILINE) == [intended[0]] * 2 + intended
    assert summaries(shown) == []
    assert re.search(r"\$ python -m worker plan\n(.*\n)*?  Suspend: 5 employees", shown)
    assert re.search(r"\$ python -m worker explain --employee 61\n(.*\n)*?.*held", shown)
    assert str(page) in shown.splitlines()[-1]
    assert "new.starter0@example.com" in page.read_text()


def test_the_demo_fails_where_a_run_ends_otherwise_or_moodle_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "RUNS", (replace(RUNS[0], exit_code=4), *RUNS[1:4]))

    code, shown = played(tmp_path / "plan.html", verbose=True)

    assert code == 1
    assert "Yes:" not in shown
    assert "exit code 0, but 4 was intended" in shown
    assert "'the first run' ended with exit code 0, not 4" in shown
    assert re.search(r"^employee \d+ has another department$", shown, re.MULTILINE)
    assert [summary["exit_code"] for summary in summaries(shown)] == [0, 0, 1, 1]


def test_the_help_of_the_demo_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["demo", "--help"])

    shown = capsys.readouterr().out
    for taught in ("make demo ARGS=--verbose", "exit codes:", "--html FILE", "make help", "as intended"):
        assert taught in shown

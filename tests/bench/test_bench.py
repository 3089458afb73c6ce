"""`make bench` measures what it reports; speed itself is not tested."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NoReturn
from xml.etree import ElementTree

import pytest

from tests.bench import image
from tests.bench.__main__ import MET, REFUSED, UNMEASURED, main
from tests.bench.process import Unmeasured
from tests.bench.real import AUTH, TOKEN, URL
from tests.bench.rounds import KINDS
from tests.run_harness import ROOT
from tests.sandbox import moodle
from tests.sandbox.moodle import MoodleApp, MoodleSite
from tests.sandbox.wire import Switchboard, serve

_QUICK = ("--quick", "--latency-ms", "1", "--employee-ms", "0.1", "--aws-ms", "1")
_TITLES = (
    "Changes per second",
    "Compared with one employee at a time",
    "Writes compared with the bare web service",
    "CPU seconds",
    "How cost grows",
    "The image",
    "Budgets",
)


def tables(markdown: str) -> list[tuple[str, list[list[str]]]]:
    """Return every table's title and rows, without the line below the header."""
    found = []
    for part in markdown.split("### ")[1:]:
        title, *lines = part.splitlines()
        head, _, *rows = (line.strip("| ").split(" | ") for line in lines if line.startswith("| "))
        found.append((title, [head, *rows]))
    return found


def figure(cell: str) -> float:
    """Return the number at the start of a cell."""
    return float(re.split(r"[ (]", cell.replace(",", ""))[0])


def test_quick_fills_every_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    picture = tmp_path / "growth.svg"

    code = main([*_QUICK, "--markdown", "--svg", str(picture)], {})

    printed = capsys.readouterr()
    found = tables(printed.out)
    assert (code, printed.err) == (MET, "")
    assert "Latency: Moodle 1 ms a request + 0.1 ms an employee written or found" in printed.out
    assert [next(one for one in _TITLES if title.startswith(one)) for title, _ in found] == list(_TITLES)
    measured, beside_loop, beside_bare, start, growth, _, budgets = (rows for _, rows in found)
    assert [row[0] for row in measured[1:]] == list(KINDS)
    assert [len(rows) - 1 for rows in (beside_loop, beside_bare, start, growth)] == [4, 2, 2, 2]
    for head, *rows in (measured, beside_loop, beside_bare, start, growth):
        assert {len(row) for row in rows} == {len(head)}
        # With so little work, the sandbox's share can be zero.
        assert all(figure(cell) > 0 for row in rows for cell in row[1:7])
    # 60 creations in two batches: the canary in both spellings, and three look-ups and a creation for each batch.
    assert measured[1][4:6] == ["3", "10"]
    assert [row[2] for row in budgets[1:3]] == ["met", "met"]
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")


def test_the_image_is_the_one_that_the_image_suite_builds() -> None:
    tag = image.IMAGE.partition(":")[0]
    suite = (ROOT / "tests" / "image" / "conftest.py").read_text(encoding="utf-8")

    assert f'_TAG = "{tag}"' in suite
    assert {name.replace(tag, "{_TAG}") for name in (image.IMAGE, image.BASE)} <= set(re.findall(r'f"([^"]+)"', suite))


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({URL: "https://moodle.example.com"}, "belong together"),
        ({TOKEN: "secret-of-a-test"}, "belong together"),
        ({URL: "http://moodle.example.com", TOKEN: "secret-of-a-test"}, "must be an https address"),
        ({URL: "https://moodle.example.com", TOKEN: "secret-of-a-test"}, "give --yes"),
    ],
)
def test_a_real_moodle_needs_confirmation(
    environment: dict[str, str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--quick"], environment) == REFUSED

    printed = capsys.readouterr()
    assert expected in printed.err
    assert "secret-of-a-test" not in printed.out + printed.err


def _fails(*_: object, **__: object) -> NoReturn:
    raise Unmeasured("the loop did not do its work")


def test_accounts_in_a_real_moodle_are_suspended_even_if_measuring_fails(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = MoodleSite()
    board = Switchboard(MoodleApp(site))
    monkeypatch.setattr("tests.bench.stage.Stage.loop", _fails)
    with serve(board) as url:
        code = main(["--yes", "--employees", "3"], {URL: url, TOKEN: moodle.TOKEN, AUTH: "oidc"})

    printed = capsys.readouterr()
    created = [user for user in site.users() if user["username"].startswith("bench-")]
    assert (code, len(created)) == (UNMEASURED, 3)
    assert all(user["suspended"] for user in created)
    assert "3 accounts bench-" in printed.out
    assert "all of them suspended" in printed.out

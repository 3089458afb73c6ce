"""One browser per session, whose console stays empty. BROWSER_SCREENSHOTS names a directory for screenshots."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import WIDE, Browser, NoChromium
from worker.reports.page import page
from worker.reports.report import Report

_PICTURES = "BROWSER_SCREENSHOTS"

Show = Callable[..., None]
Picture = Callable[[str], None]


@pytest.fixture(scope="session")
def _window() -> Iterator[Browser]:
    try:
        browser = Browser(os.environ)
    except NoChromium as fault:
        pytest.exit(str(fault), returncode=1)
    yield browser
    browser.close()


@pytest.fixture
def browser(_window: Browser) -> Iterator[Browser]:
    """A wide window in the light scheme, until a test changes it."""
    _window.size(WIDE)
    _window.media()
    _window.complaints()
    yield _window
    _window.scripts(run=True)
    assert _window.complaints() == []


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Show:
    """Open the page of a report, optionally at a fragment."""

    def opened(report: Report, fragment: str = "") -> None:
        path = tmp_path / "plan.html"
        path.write_text(page(report), encoding="utf-8")
        browser.open(path, fragment)

    return opened


@pytest.fixture
def picture(browser: Browser) -> Picture:
    """Save a screenshot under a name, if a directory is named."""
    wanted = os.environ.get(_PICTURES, "").strip()

    def taken(name: str) -> None:
        if wanted:
            directory = Path(wanted)
            directory.mkdir(parents=True, exist_ok=True)
            browser.picture(directory / f"{name}.png")

    return taken

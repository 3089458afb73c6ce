"""Without chromium, the suite says what to install."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.chromium import Browser, NoChromium


@pytest.mark.parametrize(("there", "missing"), [([], "chromium"), (["chromium"], "chromedriver")])
def test_a_missing_program_is_named_with_the_command_that_installs_it(
    tmp_path: Path, there: list[str], missing: str
) -> None:
    for name in there:
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)

    with pytest.raises(NoChromium, match=rf"no {missing} .* apt-get install chromium chromium-driver"):
        Browser({"PATH": str(tmp_path)})

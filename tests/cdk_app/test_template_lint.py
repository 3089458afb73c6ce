from pathlib import Path

import pytest
from cfnlint.api import lint_file  # type: ignore[import-untyped]

from tests.cdk_app.synthesis import Synthesis


@pytest.mark.parametrize("suffix", ["", "-registry"])
def test_cfn_lint_finds_nothing(each: Synthesis, suffix: str) -> None:
    template: Path = each.assembly / f"{each.parameters.project_name}{suffix}.template.json"

    assert lint_file(template) == []

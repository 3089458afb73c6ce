"""A patched base image reaches every environment within a week, and old images are scanned again."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tests.cdk_app.synthesis import ROOT


def workflow(name: str) -> dict[Any, Any]:
    return dict(yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text()))


def test_the_deploy_workflow_runs_once_a_week_for_both_environments() -> None:
    deploy = workflow("deploy")
    # YAML 1.1 reads the key `on` as true.
    ((schedule),) = deploy[True]["schedule"]

    assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", schedule["cron"])
    for job in ("dev", "prod"):
        assert "github.event_name != 'workflow_dispatch'" in deploy["jobs"][job]["if"]


def test_diff_and_deploy_use_the_present_base_and_deploy_starts_a_scan() -> None:
    makefile = (ROOT / "Makefile").read_text()
    recipes = dict(re.findall(r"^(diff|deploy): .*\n((?:\t.*\n)+)", makefile, flags=re.MULTILINE))

    assert set(recipes) == {"diff", "deploy"}
    for recipe in recipes.values():
        assert "base=$$($(BASE_IMAGE)) && $(CDK)" in re.sub(r"\\\n\s*", "", recipe)
    assert "$(AFTER_DEPLOY) $${paused:+--was-paused}" in recipes["deploy"]

"""The README agrees with the code."""

from __future__ import annotations

import re

import pytest

from tests.run_harness import ROOT
from tests.worker.builders import run_settings
from worker.model.field_catalogue import FIELDS, MAPPABLE
from worker.model.mapping import CORE_TARGETS, DERIVABLE

README = (ROOT / "README.md").read_text()
MAPPING = README[README.index("### The mapping") : README.index("## What an idle month costs")]


@pytest.mark.parametrize("page", ["README.md", "RUNBOOK.md"])
def test_each_target_that_a_page_names_is_in_the_makefile(page: str) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`|\$ )make ([a-z][a-z0-9-]*)", (ROOT / page).read_text(), re.MULTILINE))

    assert named
    assert named <= targets


@pytest.mark.parametrize("target", ["lint", "unit", "suites", "test-e2e", "test", "test-browser"])
def test_the_time_of_a_suite_is_listed(target: str) -> None:
    assert re.search(rf"^\| `make {target}` \|[^|]+\| \d+:\d\d \| \d+:\d\d \|$", README, re.MULTILINE)


def test_each_module_of_the_worker_has_its_place() -> None:
    table = README[README.index("| module of `worker/`") : README.index("`plan` is a pure function")]
    named = set(re.findall(r"`([a-z_]+)/?`", table))
    modules = {path.stem for path in (ROOT / "worker").glob("*.py")} - {"__init__", "__main__"}

    assert modules - {"aws", "errors", "exits", "logs", "timestamps"} <= named
    folders = {path.name for path in (ROOT / "worker").iterdir() if path.is_dir()}
    assert (named - {"worker", *folders}) <= modules


def test_the_mapping_of_the_example_is_valid() -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)

    assert run_settings(FIELD_MAPPING=shown).mapping.rule("institution") is not None


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("that the directory shows", [name for name in MAPPABLE if FIELDS[name].directory]),
        ("that it does not", [name for name in MAPPABLE if not FIELDS[name].directory]),
        ("`USERNAME_TEMPLATE`", ["{" + name + "}" for name in DERIVABLE]),
        ("**Moodle fields**", CORE_TARGETS),
    ],
)
def test_what_a_mapping_may_name_is_listed(heading: str, names: list[str]) -> None:
    (item,) = (item for item in MAPPING.split("\n- ") if heading in item.split(":")[0])

    assert set(names) <= set(re.findall(r"`([a-z_{}]+)`", item))

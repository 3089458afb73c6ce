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


def test_each_package_of_the_worker_has_its_place() -> None:
    table = README[README.index("| package of `worker/`") : README.index("`cli.py` above them")]
    named = re.findall(r"^\| `([a-z]+)/` \| \S", table, re.MULTILINE)

    assert sorted(named) == sorted(path.parent.name for path in (ROOT / "worker").glob("*/__init__.py"))


def test_the_files_that_the_page_names_exist() -> None:
    named = re.findall(r"`((?:cdk_app|tests|worker|docs)/[\w/*]+(?:\.\w+)?)/?`", README)

    assert len(named) > 10
    assert [path for path in named if not any(ROOT.glob(path))] == []


def test_the_idle_month_is_the_sum_of_its_items() -> None:
    table = README[README.index("## What an idle month costs") : README.index("Rules, roles, schedules")]
    items = re.findall(r"^\| [^*|]+ \| [^|]+ \| (\d\.\d{3}) \| (\d\.\d{3}) \|$", table, re.MULTILINE)
    (stated,) = re.findall(r"\*\*sum\*\* \| \| \*\*([\d.]+)\*\* \| \*\*([\d.]+)\*\*", table)

    assert [f"{sum(float(item[region]) for item in items):.2f}" for region in (0, 1)] == [*stated]
    assert max(map(float, stated)) < 2


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

    assert set(names) <= set(re.findall(r"`([a-z0-9_{}]+)`", item))

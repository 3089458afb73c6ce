"""What the documents state is what the code does: codes, fields, settings, sums."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cdk_app import parameters
from tests.documents import CONTRIBUTING, DOCUMENTS, README, RUNBOOK
from tests.run_harness import ROOT
from tests.worker.builders import run_settings
from worker.config.settings import VARIABLES
from worker.errors import ExitCode
from worker.model.field_catalogue import FIELDS, MAPPABLE
from worker.model.mapping import CORE_TARGETS, DERIVABLE
from worker.model.step import GuardClass
from worker.moodle.refusals import REFUSED
from worker.planning.guards import held_code
from worker.reports.terminal import meaning_of
from worker.runs.summary import Summary

DESIGN = DOCUMENTS["docs/design.md"]
MAPPING = DOCUMENTS["docs/mapping.md"]
COST = DOCUMENTS["docs/performance-and-cost.md"]
KILLED = 137


def sources(*packages: str) -> str:
    """The code of these packages."""
    return "\n".join(
        path.read_text(encoding="utf-8") for name in packages for path in sorted((ROOT / name).rglob("*.py"))
    )


def codes(text: str) -> set[str]:
    """What stands in backticks."""
    return set(re.findall(r"`([^`]+)`", text))


# README


def test_the_settings_of_the_readme_are_a_whole_environment(tmp_path: Path) -> None:
    (shown,) = README.blocks("toml")
    (tmp_path / "dev.toml").write_text(shown, encoding="utf-8")

    assert parameters.load("dev", environments=tmp_path).project_name == "acme-lxp-sync-dev"


def test_the_readme_names_the_keys_of_an_environment() -> None:
    keys = set(re.findall(r"^\| `(\w+)` \|", DOCUMENTS["docs/configuration.md"].text, re.MULTILINE))
    named = {code for code in codes(README.section("Configuration")) if re.fullmatch("([A-Z][a-z]+)+", code)}

    assert len(named) > 10
    assert named <= keys


@pytest.mark.parametrize("document", ["README.md", "docs/design.md"])
def test_each_package_of_the_worker_has_its_place(document: str) -> None:
    rows = re.findall(r"^\| ((?:`[a-z]+/`(?:, )?)+) \| \S", DOCUMENTS[document].text, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"[a-z]+", row)}

    assert named == {path.parent.name for path in (ROOT / "worker").glob("*/__init__.py")}


# RUNBOOK


def test_the_exit_codes_are_one_list_in_the_words_of_the_program() -> None:
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \| [^|]+ \|$", RUNBOOK.section("Exit codes"), re.MULTILINE)
    ours = {int(code): code.meaning for code in ExitCode}

    assert {int(code): meaning for code, meaning in rows} == {**ours, KILLED: meaning_of(KILLED)}


def test_every_field_of_the_summary_is_explained() -> None:
    start = datetime(2026, 11, 22, tzinfo=UTC)
    fields = set(Summary("run", "sync", start).as_dict(start)) - {"event"}

    assert fields - codes(RUNBOOK.section("The summary")) == set()


def test_every_warning_has_a_row() -> None:
    raised = set(re.findall(r'(?:summary|self)\.(?:warn|add_error)\(\s*"([a-z_]+)"', sources("worker")))
    rows = set(re.findall(r"^\| `([a-z_]+)` \|", RUNBOOK.section("Warnings"), re.MULTILINE))

    assert len(raised) > 10
    assert rows == raised


def test_every_reason_is_explained() -> None:
    named = (ROOT / "worker" / "model" / "reasons.py").read_text(encoding="utf-8")
    reasons = {
        *re.findall(r'Reason\(\s*"([a-z_]+)"', sources("worker/model", "worker/moodle")),
        *re.findall(r'^[A-Z_]+ = "([a-z_]+)"$', named, re.MULTILINE),
    }

    assert len(reasons) > 30
    assert {*reasons, REFUSED, *map(held_code, GuardClass)} - codes(RUNBOOK.section("Reasons")) == set()


def test_every_class_of_changes_is_explained() -> None:
    rows = re.findall(r"^\| `([a-z]+)` \|", RUNBOOK.section("Held changes"), re.MULTILINE)

    assert rows == list(GuardClass)


def test_every_section_that_a_message_names_exists() -> None:
    text = " ".join(re.sub(r'"\s*f?"', "", sources("worker", "cdk_app", "ops")).split())
    places = {place.lower() for place in re.findall(r"RUNBOOK, ([A-Za-z ]+)[).]", text)}
    headings = " ".join(RUNBOOK.headings).lower()

    assert len(places) >= 5
    assert [place for place in sorted(places) if place not in headings] == []


def test_every_variable_that_is_named_is_the_workers() -> None:
    named = set(re.findall(r"\b((?:BAMBOO|MOODLE|STATE|BATCH|MAX|INITIAL)_?[A-Z]*_[A-Z_]+)\b", RUNBOOK.text))

    assert named <= set(VARIABLES)


# CONTRIBUTING and docs/


@pytest.mark.parametrize("target", ["lint", "unit", "suites", "test-e2e", "test", "test-large", "test-browser"])
def test_the_time_of_a_suite_is_listed(target: str) -> None:
    assert re.search(rf"^\| `make {target}` \|[^|]+\| \d+:\d\d \|$", CONTRIBUTING.text, re.MULTILINE)


def test_the_idle_month_is_the_sum_of_its_items() -> None:
    table = COST.section("What an idle month costs")
    items = re.findall(r"^\| [^*|]+ \| [^|]+ \| (\d\.\d{3}) \| (\d\.\d{3}) \|$", table, re.MULTILINE)
    (stated,) = re.findall(r"\*\*sum\*\* \| \| \*\*([\d.]+)\*\* \| \*\*([\d.]+)\*\*", table)

    assert [f"{sum(float(item[region]) for item in items):.2f}" for region in (0, 1)] == [*stated]
    assert max(map(float, stated)) < 2
    assert f"{stated[0]} USD" in README.text


def test_the_mapping_of_the_example_is_valid() -> None:
    (shown,) = MAPPING.blocks("json")

    assert run_settings(FIELD_MAPPING=shown).mapping.rule("institution") is not None


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("fields** that the directory shows", [name for name in MAPPABLE if FIELDS[name].directory]),
        ("fields** that it does not", [name for name in MAPPABLE if not FIELDS[name].directory]),
        ("`USERNAME_TEMPLATE`", ["{" + name + "}" for name in DERIVABLE]),
        ("**Moodle fields**", CORE_TARGETS),
    ],
)
def test_what_a_mapping_may_name_is_listed(heading: str, names: list[str]) -> None:
    (item,) = (item for item in MAPPING.text.split("\n- ") if heading in item.split(":")[0])

    assert set(names) <= codes(item)


def test_each_rule_is_where_the_design_says() -> None:
    places = re.findall(r"((?:`\w+`(?:, | and )?)+) in `((?:worker|cdk_app|ops)/[\w/.]+)`", DESIGN.text)
    functions = [(name, path) for names, path in places for name in codes(names)]

    assert len(functions) > 45
    assert [name for name, path in functions if not _defines(path, name)] == []


def _defines(path: str, name: str) -> bool:
    return re.search(rf"\b(def|class) {name}\b", (ROOT / path).read_text(encoding="utf-8")) is not None


def test_every_decision_is_in_the_list() -> None:
    pages = {path.name for path in (ROOT / "docs" / "decisions").glob("*.md")} - {"README.md"}

    assert set(DOCUMENTS["docs/decisions/README.md"].links) == pages

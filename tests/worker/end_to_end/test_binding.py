"""A state belongs to one company and one site, and is used for no other pair."""

from __future__ import annotations

import pytest

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import generate
from tests.worker.end_to_end.test_state_command import shown
from tests.worker.end_to_end.tools import items, remove_item, state_and_site, write_item

OTHER = {"BAMBOO_COMPANY_DOMAIN": "zenith"}


@pytest.fixture
def staffed(harness: RunHarness) -> RunHarness:
    """Three employees in sync."""
    harness.company.add(generate(3, seed=7))
    assert harness.run().code == 0
    return harness


def site_of(harness: RunHarness) -> str:
    return harness.environment["MOODLE_BASE_URL"].removeprefix("http://")


def test_the_first_run_binds_the_state_without_a_warning(harness: RunHarness) -> None:
    harness.company.add(generate(3, seed=7))

    run = harness.run(BAMBOO_COMPANY_DOMAIN="Acme")

    assert (run.code, run["warnings"]) == (0, [])
    bound = shown(harness)["state"]
    assert (bound["company"], bound["site"]) == ("acme", site_of(harness))


@pytest.mark.parametrize("arguments", [("sync",), ("reconcile", "--yes"), ("sync", "--employee", "1")])
@pytest.mark.parametrize(
    "misspelled",
    [
        {"BAMBOO_COMPANY_DOMAIN": "acmee"},
        {"MOODLE_BASE_URL": "http://127.0.0.1:9"},
        {"MOODLE_TOKEN": "of-another"},
    ],
    ids=lambda variables: next(iter(variables)),
)
def test_a_first_run_that_finds_another_company_or_site_binds_nothing(
    harness: RunHarness, arguments: tuple[str, ...], misspelled: dict[str, str]
) -> None:
    harness.company.add(generate(3, seed=7))
    if "BAMBOO_COMPANY_DOMAIN" in misspelled:
        harness.fail_bamboo("status", operation="*", status=404, times=0)

    failed = harness.run(*arguments, **misspelled)
    harness.heal()
    corrected = harness.run(*arguments)

    assert (failed["ok"], failed["created"]) == (False, 0)
    assert (corrected.code, corrected["warnings"]) == (0, [])
    assert shown(harness)["state"]["company"] == "acme"


@pytest.mark.parametrize(
    "arguments", [("sync",), ("sync", "--dry-run"), ("reconcile", "--yes"), ("sync", "--employee", "1")]
)
def test_a_run_for_another_company_ends_before_any_call(staffed: RunHarness, arguments: tuple[str, ...]) -> None:
    before = state_and_site(staffed)
    staffed.forget_calls()

    run = staffed.run(*arguments, **OTHER)

    assert (run.code, run["outcome"]) == (3, "configuration_error")
    assert f"belongs to company acme and site {site_of(staffed)}" in run["message"]
    assert "zenith" in run["message"]
    assert "state rebind" in run["advice"]
    assert [*staffed.to_bamboo.calls, *staffed.to_moodle.calls] == []
    without_lock = [
        {key: item for key, item in state[0].items() if "#lock" not in key}
        for state in (before, state_and_site(staffed))
    ]
    assert without_lock[0] == without_lock[1]


def test_a_run_for_another_site_ends_too(staffed: RunHarness) -> None:
    elsewhere = staffed.environment["MOODLE_BASE_URL"] + "/moodle"

    assert staffed.run(MOODLE_BASE_URL=elsewhere).code == 3
    assert staffed.run(MOODLE_BASE_URL=staffed.environment["MOODLE_BASE_URL"] + "/").code == 0


def test_a_state_of_an_earlier_version_is_adopted_with_a_warning(harness: RunHarness) -> None:
    harness.company.add(generate(3, seed=7))
    harness.run("state", "show")
    write_item(harness, "default", since="2026-11-20T00:00:00Z", offset=0, updatedAt="2026-11-20T00:00:00Z")

    dry_run = harness.run("--dry-run")
    assert "default#binding" not in items(harness)
    first, second = harness.run(), harness.run()

    assert (dry_run["warnings"], first["warnings"], second["warnings"]) == ([], ["state_adopted"], [])
    assert harness.run(**OTHER).code == 3


def test_an_undo_which_asks_only_moodle_binds_nothing(staffed: RunHarness) -> None:
    staffed.company.edit("1", department="Legal")
    run = staffed.run()
    remove_item(staffed, "default#binding")

    undo = staffed.run("undo", run["run_id"], "--yes", BAMBOO_COMPANY_DOMAIN="acmee")

    assert (undo.code, staffed.run().code) == (0, 0)


def test_rebind_accepts_a_renamed_company(staffed: RunHarness) -> None:
    rebound = staffed.run("state", "rebind", "--yes", **OTHER)

    assert rebound.code == 0
    assert "belongs to company zenith" in rebound.stdout
    assert staffed.run(**OTHER).code == 0
    assert staffed.run().code == 3


def test_rebind_to_the_same_pair_changes_nothing(staffed: RunHarness) -> None:
    before = state_and_site(staffed)

    assert "already" in staffed.run("state", "rebind").stdout
    assert state_and_site(staffed) == before


@pytest.mark.parametrize("stored", [{}, {"company": "acme"}, {"site": "learn.example.com"}])
def test_a_binding_that_cannot_be_read_is_named_and_rebound(staffed: RunHarness, stored: dict[str, str]) -> None:
    write_item(staffed, "default#binding", **stored)

    run, rebound = staffed.run(), staffed.run("state", "rebind", "--yes")

    assert run.code == 3
    assert "belongs to no company and site that can be read (its item #binding is malformed)" in run["message"]
    assert "state rebind" in run["advice"]
    assert (rebound.code, staffed.run().code) == (0, 0)

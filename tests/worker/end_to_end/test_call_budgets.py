"""How many HTTP calls a run makes for its changes. `make test-large` counts them for a large company."""

from __future__ import annotations

from math import ceil

import pytest

from tests.run_harness import RunHarness
from tests.sandbox.bamboohr import generate

COMPANY, CHANGES, HIDDEN = 3_000, 600, 250


@pytest.fixture
def company(harness: RunHarness) -> RunHarness:
    """Of 3,000 employees 600 have changed, and the directory hides 250 of these."""
    harness.company.add(generate(COMPANY, seed=9, without_email=0.0))
    for employee in list(harness.company)[CHANGES:]:
        del harness.company.changes[employee.id]
    for number in range(1, HIDDEN + 1):
        harness.company.hide(str(number))
    return harness


def test_new_accounts_cost_four_calls_a_batch_and_unchanged_ones_one(company: RunHarness) -> None:
    first, second = company.run(), company.run()

    batches = CHANGES // 50
    # The feed, the directory, evidence, and the dates of all employees.
    bamboohr = 2 + ceil(HIDDEN / 200) + ceil(COMPANY / 2_500)
    # The canary in both spellings; look-ups by idnumber, e-mail and username, and the creations.
    assert (first["created"], first["http_calls"]) == (CHANGES, {"bamboohr": bamboohr, "moodle": 2 + 4 * batches})
    assert (second["unchanged"], second["http_calls"]) == (CHANGES, {"bamboohr": bamboohr, "moodle": 1 + batches})
    assert len(company.writes()) == batches


def test_a_field_by_its_api_name_costs_a_call_for_200_employees(company: RunHarness) -> None:
    for number in range(1, CHANGES + 1):
        company.company.edit(str(number), customCostCenter="C1")
    company.run()
    before = company.run()["http_calls"]

    custom = company.run(FIELD_MAPPING='{"institution": "bamboohr:customCostCenter"}', LIMITS='{"update": 1000}')

    assert custom["updated"] == CHANGES
    assert custom["http_calls"]["bamboohr"] == before["bamboohr"] + CHANGES // 200
    assert custom["http_calls"]["moodle"] == before["moodle"] + CHANGES // 50

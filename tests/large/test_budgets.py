"""10,000 changes in a company of 50,000: memory and HTTP calls, measured on the worker's process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.run_harness import ROOT, RunHarness
from tests.sandbox.bamboohr import generate

COMPANY, CHANGES, HIDDEN = 50_000, 10_000, 450
RECONCILED = 20_000
MEGABYTES = 150

# A process in between: Linux counts the memory of the parent into the peak of the process that it starts.
_MEASURE = """\
import resource, subprocess, sys
with open(sys.argv[1], "w") as log:
    ended = subprocess.run([sys.executable, "-m", "worker", *sys.argv[2:]], stderr=log)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def measured(harness: RunHarness, log: Path, *arguments: str) -> tuple[dict[str, Any], float]:
    """Run the worker as a process; return the summary and the peak of its resident memory in MB."""
    ended = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(log), *arguments],
        cwd=ROOT,
        env=harness.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    summary, kilobytes = ended.stdout.splitlines()
    return json.loads(summary), int(kilobytes) / 1024


def test_a_large_company_stays_within_the_budgets_of_memory_and_calls(harness: RunHarness, tmp_path: Path) -> None:
    harness.company.add(generate(COMPANY, seed=9, without_email=0.0))
    for employee in list(harness.company)[CHANGES:]:
        del harness.company.changes[employee.id]
    for number in range(1, HIDDEN + 1):
        harness.company.hide(str(number))

    first, first_memory = measured(harness, tmp_path / "first.log")
    second, second_memory = measured(harness, tmp_path / "second.log")

    batches = CHANGES // 50
    assert (first["created"], first["errors"], second["unchanged"]) == (CHANGES, 0, CHANGES)
    assert max(first_memory, second_memory) < MEGABYTES
    # The feed, the directory, evidence, and the dates of all employees.
    assert first["http_calls"]["bamboohr"] <= 2 + -(-HIDDEN // 200) + COMPANY // 2_500
    # The canary in both spellings, look-ups by idnumber, e-mail and username, and the creations.
    assert first["http_calls"]["moodle"] <= 2 + 4 * batches
    assert second["http_calls"]["moodle"] <= 1 + batches
    assert len(harness.writes()) == batches


def test_ten_thousand_writes_can_be_undone(harness: RunHarness, tmp_path: Path) -> None:
    harness.company.add(generate(CHANGES, seed=9, without_email=0.0))
    wrote, _ = measured(harness, tmp_path / "run.log")

    undone, memory = measured(harness, tmp_path / "undo.log", "undo", wrote["run_id"], "--yes")

    assert (wrote["created"], undone["suspended"], undone["errors"]) == (CHANGES, CHANGES, 0)
    assert all(user["suspended"] for user in harness.accounts())
    assert memory < MEGABYTES


def test_a_reconcile_of_twenty_thousand_employees_stays_within_memory(harness: RunHarness, tmp_path: Path) -> None:
    harness.company.add(generate(RECONCILED, seed=9, without_email=0.0))
    with harness.site.lock:
        for employee in harness.company:
            values = employee.values
            harness.site.add_user(
                (values["workEmail"] or "").lower(),
                firstname=values["firstName"],
                lastname=values["lastName"],
                email=values["workEmail"],
                department=values["department"],
                idnumber=employee.id,
                auth="oidc",
            )
    harness.company.terminate("7", stamp=False)

    summary, memory = measured(harness, tmp_path / "reconcile.log", "reconcile", "--yes")

    assert (summary["processed"], summary["suspended"], summary["errors"]) == (RECONCILED, 1, 0)
    assert summary["unchanged"] >= RECONCILED * 99 // 100
    assert memory < MEGABYTES
    assert summary["http_calls"]["bamboohr"] <= 1 + RECONCILED // 2_500
    assert summary["http_calls"]["moodle"] <= 2 + RECONCILED // 50 + 2 + 1, "one more kind for the leaver"

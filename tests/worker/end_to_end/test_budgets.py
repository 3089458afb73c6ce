"""10,000 changes out of a directory of 50,000: memory and HTTP calls, measured on the real process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.run_harness import ROOT, Nights
from tests.sandbox.bamboohr import generate

COMPANY, CHANGES, HIDDEN = 50_000, 10_000, 450
RECONCILED = 20_000
MEGABYTES = 150

# A process between: Linux counts the memory of whoever started a process into that process's own peak.
_MEASURE = """\
import resource, subprocess, sys
with open(sys.argv[1], "w") as log:
    ended = subprocess.run([sys.executable, "-m", "worker", *sys.argv[2:]], stderr=log)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def measured(town: Nights, log: Path, *arguments: str) -> tuple[dict[str, Any], float]:
    """The summary of a run of the real process, and the peak of its resident memory in MB."""
    ended = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(log), *arguments],
        cwd=ROOT,
        env=town.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    summary, kilobytes = ended.stdout.splitlines()
    return json.loads(summary), int(kilobytes) / 1024


def test_a_large_company_stays_within_memory_and_calls(town: Nights, tmp_path: Path) -> None:
    town.company.add(generate(COMPANY, seed=9, without_email=0.0))
    for employee in list(town.company)[CHANGES:]:
        del town.company.changes[employee.id]
    for number in range(1, HIDDEN + 1):
        town.company.hide(str(number))

    first, first_memory = measured(town, tmp_path / "first.log")
    second, second_memory = measured(town, tmp_path / "second.log")

    batches = CHANGES // 50
    assert (first["created"], first["errors"], second["unchanged"]) == (CHANGES, 0, CHANGES)
    assert max(first_memory, second_memory) < MEGABYTES
    # the feed, the directory, evidence, and the dates of everybody
    assert first["http_calls"]["bamboohr"] <= 2 + -(-HIDDEN // 200) + COMPANY // 2_500
    # the canary in both spellings; by idnumber, by e-mail, by user name, creations
    assert first["http_calls"]["moodle"] <= 2 + 4 * batches
    assert second["http_calls"]["moodle"] <= 1 + batches
    assert len(town.writes()) == batches


def test_ten_thousand_writes_can_be_taken_back(town: Nights, tmp_path: Path) -> None:
    town.company.add(generate(CHANGES, seed=9, without_email=0.0))
    wrote, _ = measured(town, tmp_path / "night.log")

    undone, memory = measured(town, tmp_path / "undo.log", "undo", wrote["run_id"], "--yes")

    assert (wrote["created"], undone["suspended"], undone["errors"]) == (CHANGES, CHANGES, 0)
    assert all(user["suspended"] for user in town.accounts())
    assert memory < MEGABYTES


def test_a_reconcile_of_twenty_thousand_stays_within_memory(town: Nights, tmp_path: Path) -> None:
    town.company.add(generate(RECONCILED, seed=9, without_email=0.0))
    with town.site.lock:
        for employee in town.company:
            values = employee.values
            town.site.add_user(
                (values["workEmail"] or "").lower(),
                firstname=values["firstName"],
                lastname=values["lastName"],
                email=values["workEmail"],
                department=values["department"],
                idnumber=employee.id,
                auth="oidc",
            )
    town.company.terminate("7", stamp=False)

    end, memory = measured(town, tmp_path / "reconcile.log", "reconcile", "--yes")

    assert (end["processed"], end["suspended"], end["errors"]) == (RECONCILED, 1, 0)
    assert end["unchanged"] >= RECONCILED * 99 // 100
    assert memory < MEGABYTES
    assert end["http_calls"]["bamboohr"] <= 1 + RECONCILED // 2_500
    assert end["http_calls"]["moodle"] <= 2 + RECONCILED // 50 + 2

"""10,000 changes out of a directory of 50,000: memory and HTTP calls, measured on the real process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.nights import ROOT, Nights
from tests.sandbox.bamboohr import generate

COMPANY, CHANGES, HIDDEN = 50_000, 10_000, 450
MEGABYTES = 150

# A process between: Linux counts the memory of whoever started a process into that process's own peak.
_MEASURE = """\
import resource, subprocess, sys
with open(sys.argv[1], "w") as log:
    ended = subprocess.run([sys.executable, "-m", "worker"], stderr=log)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def measured(town: Nights, log: Path) -> tuple[dict[str, Any], float]:
    """The summary of a run of the real process, and the peak of its resident memory in MB."""
    ended = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(log)],
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
    assert first["http_calls"]["bamboohr"] <= 2 + -(-HIDDEN // 200)
    # by idnumber, by e-mail, by user name, creations
    assert first["http_calls"]["moodle"] <= 1 + 4 * batches
    assert second["http_calls"]["moodle"] <= 1 + batches
    assert len(town.writes()) == batches

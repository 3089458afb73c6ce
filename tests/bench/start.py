"""CPU seconds from the start of the process to its first HTTP call, deployed and on a laptop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.bench.rounds import employees
from tests.bench.stage import Stage, WorkerRun
from tests.run_harness import API_KEY, some_hours_ago
from tests.sandbox.bamboohr import Company

DEPLOYED, LAPTOP = "as deployed: secrets and table of AWS", "on a laptop: variables and a state file"


@dataclass(frozen=True)
class Start:
    """A measured start."""

    form: str
    ran: WorkerRun


def measure(stage: Stage, times: int, tick: Callable[[str], None]) -> Iterator[Start]:
    """Measure each form several times in turns, with one employee in the company."""
    company = Company(some_hours_ago())
    company.add(employees(1, 1, "start-"))
    stage.serve_company(company)
    laptop = {
        "STATE_TABLE": "",
        "BAMBOO_SECRET_ID": "",
        "MOODLE_SECRET_ID": "",
        "BAMBOOHR_API_KEY": API_KEY,
        "MOODLE_TOKEN": stage.token,
        "STATE_FILE": str(stage.directory / "start.sqlite"),
    }
    for number in range(1, times + 1):
        for form, settings in ((DEPLOYED, {}), (LAPTOP, laptop)):
            yield Start(form, stage.worker(settings))
            tick(f"start {number}")

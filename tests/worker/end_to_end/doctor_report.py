"""The report of `doctor`, by area."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tests.run_harness import RunHarness


@dataclass
class DoctorReport:
    """The checks of a `doctor` run."""

    code: int
    checks: list[dict[str, str]]
    output: str

    def __getitem__(self, area: str) -> tuple[str, str]:
        """Return the verdict and the text of the first check of an area."""
        check = next(check for check in self.checks if check["area"] == area)
        return check["verdict"], check["what"]

    def advice(self, area: str) -> str:
        return next(check["advice"] for check in self.checks if check["area"] == area)

    @property
    def areas(self) -> list[str]:
        return [check["area"] for check in self.checks]

    @property
    def bad(self) -> dict[str, str]:
        """The verdicts that are not ok, by area."""
        return {check["area"]: check["verdict"] for check in self.checks if check["verdict"] != "ok"}


def run_doctor(harness: RunHarness, *arguments: str, **settings: str) -> DoctorReport:
    """Run `doctor` with the service account protected."""
    run = harness.run("doctor", "--json", *arguments, **{"PROTECTED_ACCOUNTS": "sync-service", **settings})
    checks = [json.loads(line) for line in run.stdout.splitlines()]
    assert all(check.pop("event") == "doctor.check" for check in checks)
    return DoctorReport(run.code, checks, run.stdout + run.stderr)

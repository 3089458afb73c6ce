"""What doctor says, by what it looked at."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tests.run_harness import Nights


@dataclass
class Told:
    """What doctor said, by area."""

    code: int
    checks: list[dict[str, str]]
    output: str

    def __getitem__(self, area: str) -> tuple[str, str]:
        """The verdict and the text of an area; of several checks there the first."""
        check = next(check for check in self.checks if check["area"] == area)
        return check["verdict"], check["what"]

    def advice(self, area: str) -> str:
        return next(check["advice"] for check in self.checks if check["area"] == area)

    @property
    def areas(self) -> list[str]:
        return [check["area"] for check in self.checks]

    @property
    def bad(self) -> dict[str, str]:
        """Everything that is not ok."""
        return {check["area"]: check["verdict"] for check in self.checks if check["verdict"] != "ok"}


def examined(town: Nights, *arguments: str, **settings: str) -> Told:
    """Ask doctor, where the service account is protected."""
    night = town.run("doctor", "--json", *arguments, **{"PROTECTED_ACCOUNTS": "sync-service", **settings})
    checks = [json.loads(line) for line in night.stdout.splitlines()]
    assert all(check.pop("event") == "doctor.check" for check in checks)
    return Told(night.code, checks, night.stdout + night.stderr)

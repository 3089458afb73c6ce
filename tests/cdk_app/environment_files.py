"""Environment files that a test writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdk_app import parameters
from cdk_app.parameters import ParameterError

LEAST = {
    "ProjectName": '"acme-sync"',
    "Production": "false",
    "CreatePublicNetwork": "true",
    "ScheduleExpression": '"cron(30 3 * * ? *)"',
    "ScheduleTimezone": '"Europe/London"',
    "AlertEmail": '"ops@example.com"',
    "BambooCompanyDomain": '"acme"',
    "MoodleBaseUrl": '"https://lxp.example"',
}


class Folder:
    """A folder of environment files."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str = "test", /, **changes: str | None) -> Path:
        """Write a valid file with `changes`; None omits a key."""
        lines = [f"{key} = {value}" for key, value in {**LEAST, **changes}.items() if value is not None]
        file = self.path / f"{name}.toml"
        file.write_text("\n".join(lines), encoding="utf-8")
        return file

    def load(self, name: str = "test") -> parameters.Parameters:
        return parameters.load(name, environments=self.path)

    def faults(self, name: str = "test", /, **changes: str | None) -> list[str]:
        """Return the faults of a valid file with `changes`."""
        self.write(name, **changes)
        with pytest.raises(ParameterError) as refusal:
            self.load(name)
        return list(refusal.value.faults)

"""A company whose values feed one custom profile field."""

from __future__ import annotations

import json
from typing import Any

from tests.run_harness import RunHarness, RunResult
from tests.sandbox.bamboohr import generate
from tests.sandbox.moodle import ProfileField, Version
from tests.worker.end_to_end.tools import advance_clock, records

LEVEL = ProfileField("level", datatype="menu", default="Junior", options=("Junior", "Senior"))
CITY_MENU = ProfileField("office", datatype="menu", options=("Zagreb", "Split"))
FIELDS = {
    "level": LEVEL,
    "office": CITY_MENU,
    "note": ProfileField("note", datatype="textarea"),
    "remote": ProfileField("remote", datatype="checkbox"),
    "started": ProfileField("started", datatype="datetime"),
    "team": ProfileField("team", maximum=12),
}
SOURCES = {"level": "job_title", "office": "location", "note": "division", "remote": "division"}
SOURCES |= {"started": "hire_date", "team": "division"}
BAMBOO = {"job_title": "jobTitle", "location": "location", "division": "division", "hire_date": "hireDate"}
EMPLOYEES = 40


class Company:
    """Forty employees whose values feed one custom profile field of a Moodle of some version."""

    lost_by: RunResult
    """A run whose value Moodle did not keep."""

    def __init__(self, harness: RunHarness, version: Version, name: str, source: str = "", **field: Any) -> None:
        self.harness, self.name = harness, name
        source = source or SOURCES[name]
        self._source = BAMBOO[source]
        harness.site.settings.version = version
        harness.site.settings.profile_fields = (FIELDS[name],) if not field else (ProfileField(**field),)
        harness.environment["FIELD_MAPPING"] = json.dumps({f"profile_field_{name}": source})
        harness.company.add(generate(EMPLOYEES, seed=5, without_email=0.0))

    def with_value(self, value: str) -> Company:
        """Give every employee this value, and bring the accounts up to date."""
        self.says(value, *map(str, range(1, EMPLOYEES + 1)))
        run = self.harness.run()
        assert (run.code, run["not_kept"]) == (0, 0)
        advance_clock(self.harness, hours=1)
        self.harness.forget_calls()
        return self

    def says(self, value: str | None, *numbers: str) -> None:
        """Let BambooHR have another value for these employees."""
        changed: dict[str, Any] = {self._source: value}
        for number in numbers:
            self.harness.company.edit(number, **changed)

    def stores(self, number: str) -> str | None:
        """Return the value that Moodle has stored for an employee."""
        profile: dict[str, str] = self.harness.account(number)["profile"]
        return profile.get(self.name)

    def again(self) -> RunResult:
        """Run over all employees."""
        self.harness.forget_calls()
        return self.harness.run("reconcile", "--yes")


def remembered(harness: RunHarness) -> dict[int, set[str]]:
    """Return the fields that are remembered as not kept, by employee."""
    return {number: set(record.not_kept) for number, record in records(harness).items() if record.not_kept}

"""Several nights of a company of a few hundred people, through the real worker process.

BambooHR and Moodle are the sandbox's, DynamoDB and Secrets Manager moto's, all over HTTP on loopback; the worker gets
the environment variables that it has on AWS. At the end Moodle is compared with what the company implies.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.sandbox.aws import emulated_aws, prepare
from tests.sandbox.bamboohr import BambooApp, Company, ManualClock, generate
from tests.sandbox.expected import differences
from tests.sandbox.moodle import TOKEN, MoodleApp, MoodleSite
from tests.sandbox.wire import Fault, Switchboard, serve

API_KEY = "0123456789abcdef0123456789abcdef01234567"
PEOPLE = 300
_ERRORS_SHOWN = 3
_TOLD = {
    "created": "created",
    "updated": "updated",
    "suspended": "suspended",
    "reactivated": "returned",
    "unchanged": "unchanged",
    "held_suspensions": "held",
    "held_undone": "undone",
    "conflicts": "conflict",
    "errors": "errors",
}
_ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Town:
    """The company, the site, and who ever had an account."""

    company: Company
    site: MoodleSite
    clock: ManualClock
    moodle: Switchboard
    ever: set[str] = field(default_factory=set)
    last_run: str = ""


@dataclass(frozen=True)
class Night:
    """One night: what happened in the day before it, how it should end, what to say of it.

    `command`: what an operator types instead, about the run before; "RUN" stands for its id.
    """

    title: str
    story: str
    day: Callable[[Town], None]
    code: int
    command: tuple[str, ...] = ()


def _nothing(town: Town) -> None:
    """A quiet day."""


def _first_day(town: Town) -> None:
    town.company.add(generate(PEOPLE, seed=2026, without_email=0.01))
    known = town.company.values("42")
    town.site.add_user(
        "walk.in",
        firstname=known["firstName"] or "",
        lastname=known["lastName"] or "",
        email=known["workEmail"] or "",
        auth="manual",
    )


def _day_of_a_farewell(town: Town) -> None:
    town.company.terminate("49")


def _busy_day(town: Town) -> None:
    company = town.company
    company.rehire("49", department="Sales")
    for newcomer in range(5):
        company.hire(
            firstName=f"New{newcomer}",
            lastName="Starter",
            workEmail=f"new.starter{newcomer}@example.com",
            department="Sales",
        )
    for number in ("20", "21", "22", "23"):
        company.edit(number, department="Another Team")
    company.edit("30", lastName="Married-Name")
    company.edit("31", workEmail="moved.house@example.com")
    for number in ("50", "51", "52", "53"):
        company.terminate(number)
    company.delete("54")
    company.hide("60")
    company.edit("60", department="Secret Projects")
    company.hire(firstName="No", lastName="Address", workEmail=None, department="Warehouse")
    company.hire(
        "9000", firstName="Same", lastName="Address", workEmail=company.values("70")["workEmail"], department="Legal"
    )


def _day_of_the_outage(town: Town) -> None:
    company = town.company
    company.edit("9000", workEmail="same.address@example.com")
    for number in range(100, 260):
        if str(number) in company:
            company.edit(str(number), department="Reorganised")
    town.moodle.faults.append(Fault("status", "core_user_update_users", skip=2, times=0, status=503))
    town.moodle.faults.append(Fault("status", "core_user_create_users", times=0, status=503))


def _day_after(town: Town) -> None:
    town.moodle.faults.clear()


def _day_of_the_closing(town: Town) -> None:
    for number in range(60, 75):
        town.company.terminate(str(number))


def _day_of_the_mistake(town: Town) -> None:
    for number in range(200, 230):
        if str(number) in town.company:
            town.company.edit(str(number), department="Moved by Mistake")


def _day_of_the_correction(town: Town) -> None:
    for number in range(200, 230):
        if str(number) in town.company:
            town.company.edit(str(number), department="Moved on Purpose")


NIGHTS = (
    Night(
        "the first night",
        f"{PEOPLE} people, a few without an e-mail address; Moodle has an account of one of them, made by hand.",
        _first_day,
        0,
    ),
    Night("somebody leaves", "She is Inactive in BambooHR; her account is suspended.", _day_of_a_farewell, 0),
    Night(
        "a night with everything",
        "She comes back. Five hires, four moves, a new name, a new address, four leavers, a deleted record, somebody"
        " hidden from the directory who moved, somebody without an address, and a newcomer with somebody else's"
        " address: an error.",
        _busy_day,
        1,
    ),
    Night(
        "Moodle fails half-way",
        "HR corrected the address, and a reorganisation moves 160 people; then Moodle's web server gives up. Some are"
        " written, the state stays where it was.",
        _day_of_the_outage,
        1,
    ),
    Night(
        "the retry", "Moodle is back. The same window again: what was done is found, the rest is done.", _day_after, 0
    ),
    Night(
        "a quiet night",
        "Nothing happened. Whoever changed while the last window was open is looked at once more; nothing is written.",
        _nothing,
        0,
    ),
    Night(
        "too many leavers",
        "An office closes: fifteen people leave at once, or HR's system has a bad day. A guard holds all suspensions,"
        " names the people, and says which command lets them through.",
        _day_of_the_closing,
        4,
    ),
    Night(
        "the approval",
        "The operator has read the list: they did leave. Whoever is on it and still due is suspended at once.",
        _nothing,
        0,
        ("approve", "RUN"),
    ),
    Night(
        "a mistake in HR",
        "The held night's window is done, and thirty people were moved to a department that does not exist.",
        _day_of_the_mistake,
        0,
    ),
    Night(
        "the mistake is taken back",
        "The operator undoes the run: every account gets its old values back, unless somebody changed it since.",
        _nothing,
        0,
        ("undo", "RUN", "--yes"),
    ),
    Night(
        "the morning after",
        "HR has not corrected it yet: whoever was undone is left alone.",
        _nothing,
        0,
    ),
    Night(
        "the correction",
        "HR changes these people again, which releases them.",
        _day_of_the_correction,
        0,
    ),
)


def play(console: Console | None = None) -> int:
    """Play all nights; 0 if each ended as it should and Moodle is what it should be."""
    console = console or Console(highlight=False)
    clock = ManualClock(f"{datetime.now(UTC) - timedelta(days=len(NIGHTS) + 1):%Y-%m-%dT22:00:00Z}")
    company, site = Company(clock), MoodleSite()
    moodle = Switchboard(MoodleApp(site))
    town = Town(company, site, clock, moodle)
    with (
        emulated_aws() as aws,
        serve(Switchboard(BambooApp(company, api_key=API_KEY))) as bamboo_url,
        serve(moodle) as moodle_url,
    ):
        environment = {
            "PATH": os.environ["PATH"],
            **aws,
            **prepare(aws, API_KEY, TOKEN),
            "BAMBOO_COMPANY_DOMAIN": "acme",
            "BAMBOO_BASE_URL": bamboo_url,
            "MOODLE_BASE_URL": moodle_url,
            "TRIGGER": "schedule",
        }
        failed = [
            night.title
            for number, night in enumerate(NIGHTS, 1)
            if not _night(console, number, night, town, environment)
        ]
    return _judge(console, town, failed)


def _night(console: Console, number: int, night: Night, town: Town, environment: dict[str, str]) -> bool:
    console.rule(f"[bold]Night {number}: {night.title}")
    console.print(night.story)
    town.clock.advance(days=1)
    night.day(town)
    command = [town.last_run if word == "RUN" else word for word in night.command]
    told = {"TRIGGER": "manual"} if command else {"SCHEDULED_TIME": f"{town.clock.now:%Y-%m-%dT23:00:00Z}"}
    if command:
        console.print(f"$ python -m worker {' '.join(command)}", style="bold", markup=False)
    ended = subprocess.run(
        [sys.executable, "-m", "worker", *command],
        cwd=_ROOT,
        env={**environment, **told},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    town.ever |= {user["idnumber"] for user in town.site.users() if user["idnumber"]}
    try:
        summary = json.loads(ended.stdout)
    except ValueError:
        console.print(f"[red]no summary line; exit code {ended.returncode}[/red]\n{ended.stderr}", markup=False)
        return False
    town.last_run = summary["run_id"]
    _account(console, summary)
    errors = [line for line in map(json.loads, ended.stderr.splitlines()) if line["level"] == "error"]
    for line in errors[:_ERRORS_SHOWN]:
        who = f"employee {line['employee_id']}: " if "employee_id" in line else ""
        console.print(f"  {who}{line['reason']}", style="yellow", markup=False)
        console.print(f"    -> {line['advice']}", markup=False)
    if len(errors) > _ERRORS_SHOWN:
        console.print(f"  ... and {len(errors) - _ERRORS_SHOWN} more", style="yellow")
    console.print(ended.stdout.rstrip(), style="dim", markup=False, soft_wrap=True)
    right = ended.returncode == night.code
    verdict = f"exit code {ended.returncode}" + ("" if right else f", {night.code} was expected")
    console.print(f"[{'green' if right else 'red'}]{verdict}[/]\n")
    return right


def _account(console: Console, summary: dict[str, Any]) -> None:
    table = Table(box=None, pad_edge=False)
    for label in _TOLD.values():
        table.add_column(label, justify="right")
    table.add_row(*(str(summary[name]) for name in _TOLD))
    console.print(table)
    calls = ", ".join(f"{count} calls to {system}" for system, count in summary["http_calls"].items())
    moved = "moved on" if summary["next_since"] != summary["since"] else "stays"
    console.print(f"{summary['duration_seconds']} s, {calls}; the state {moved}")


def _judge(console: Console, town: Town, failed: list[str]) -> int:
    console.rule("[bold]Is Moodle what BambooHR implies?")
    users = [user for user in town.site.users() if user["idnumber"]]
    wrong = differences(town.company, users, town.ever)
    strangers = [user for user in town.site.users() if not user["idnumber"]]
    console.print(
        f"{len(town.company)} people in BambooHR; {len(users)} accounts of theirs in Moodle,"
        f" {sum(bool(user['suspended']) for user in users)} suspended; {len(strangers)} of the site's own, untouched."
    )
    for line in wrong:
        console.print(f"[red]{line}[/red]")
    for title in failed:
        console.print(f"[red]the night {title!r} did not end as it should[/red]")
    if wrong or failed:
        return 1
    console.print("[bold green]Yes: every account is as it should be.[/bold green]")
    return 0

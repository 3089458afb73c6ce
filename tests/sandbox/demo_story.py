"""What happens in the demo: fourteen days of an invented company, and how the run after each of them has to end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.sandbox.bamboohr import Company, ManualClock, generate
from tests.sandbox.moodle import MoodleSite
from tests.sandbox.wire import Fault, Switchboard

EMPLOYEES = 300


@dataclass
class Scene:
    """The company, its Moodle, and what has happened so far.

    `with_account`: the ids of the employees who have had an account at any time.
    """

    company: Company
    site: MoodleSite
    clock: ManualClock
    moodle: Switchboard
    with_account: set[str] = field(default_factory=set)
    last_run_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of the worker.

    Attributes:
        title: The headline.
        story: What happened before it, and what to look for.
        day: Changes the scene before the run.
        exit_code: The exit code that the run has to end with.
        command: What an operator runs instead of the scheduled sync; "RUN" stands for the id of the last run.
        plan_first: Whether the demo shows the plan before the run.
        explain: The employee whom the demo explains after the run.
    """

    title: str
    story: str
    day: Callable[[Scene], None]
    exit_code: int = 0
    command: tuple[str, ...] = ()
    plan_first: bool = False
    explain: str = ""


def _nothing_happens(scene: Scene) -> None:
    """No change in BambooHR or Moodle."""


def _company_starts(scene: Scene) -> None:
    scene.company.add(generate(EMPLOYEES, seed=2026, without_email=0.01))
    known = scene.company.values("42")
    scene.site.add_user(
        "walk.in",
        firstname=known["firstName"] or "",
        lastname=known["lastName"] or "",
        email=known["workEmail"] or "",
        auth="manual",
    )


def _one_leaver(scene: Scene) -> None:
    scene.company.terminate("49")


def _busy_day(scene: Scene) -> None:
    company = scene.company
    company.rehire("49", department="Sales")
    for number in range(5):
        company.hire(
            firstName=f"New{number}",
            lastName="Starter",
            workEmail=f"new.starter{number}@example.com",
            department="Sales",
        )
    for employee_id in ("20", "21", "22", "23"):
        company.edit(employee_id, department="Another Team")
    company.edit("30", lastName="Married-Name")
    company.edit("31", workEmail="new.address@example.com")
    for employee_id in ("50", "51", "52", "53"):
        company.terminate(employee_id)
    company.delete("54")
    company.hide("60")
    company.edit("60", department="Secret Projects")
    company.hire(firstName="No", lastName="Address", workEmail=None, department="Warehouse")
    company.hire(
        "9000", firstName="Same", lastName="Address", workEmail=company.values("70")["workEmail"], department="Legal"
    )


def _moodle_fails(scene: Scene) -> None:
    scene.company.edit("9000", workEmail="same.address@example.com")
    _move(scene, range(100, 158), "Reorganised")
    scene.moodle.faults.append(Fault("status", "core_user_update_users", skip=1, times=0, status=503))
    scene.moodle.faults.append(Fault("status", "core_user_create_users", times=0, status=503))


def _moodle_recovers(scene: Scene) -> None:
    scene.moodle.faults.clear()


def _office_closes(scene: Scene) -> None:
    for number in range(60, 75):
        scene.company.terminate(str(number))


def _new_domain(scene: Scene) -> None:
    for employee_id in map(str, range(160, 200)):
        address = scene.company.values(employee_id)["workEmail"]
        if address:
            scene.company.edit(employee_id, workEmail=f"{address.partition('@')[0]}.{employee_id}@acquired.example")


def _wrong_department(scene: Scene) -> None:
    _move(scene, range(200, 230), "Moved by Mistake")


def _right_department(scene: Scene) -> None:
    _move(scene, range(200, 230), "Moved on Purpose")


def _move(scene: Scene, numbers: range, department: str) -> None:
    for employee_id in map(str, numbers):
        if employee_id in scene.company:
            scene.company.edit(employee_id, department=department)


RUNS = (
    Run(
        title="the first run",
        story=f"{EMPLOYEES} employees, a few without an e-mail address. One has an account already, made by hand.",
        day=_company_starts,
    ),
    Run(
        title="a leaver",
        story="An employee is Inactive in BambooHR. Their account is suspended.",
        day=_one_leaver,
    ),
    Run(
        title="a busy day",
        story="The leaver is rehired. Five hires, four moves, a new name, a new address, four leavers, a deleted"
        " record, an employee hidden from the directory who moved, one without an address, and a new hire with a"
        " colleague's address: that one is an error.",
        day=_busy_day,
        exit_code=1,
        plan_first=True,
    ),
    Run(
        title="Moodle fails half-way",
        story="HR corrects the address, and a reorganisation moves 58 employees. Then Moodle answers 503. Some"
        " accounts are written, and the state stays where it was.",
        day=_moodle_fails,
        exit_code=1,
    ),
    Run(
        title="the retry",
        story="Moodle is back. The run reads the same changes again, skips what was written and writes the rest.",
        day=_moodle_recovers,
    ),
    Run(
        title="a quiet day",
        story="Employees who changed while the last run was reading are read again; nothing is written.",
        day=_nothing_happens,
    ),
    Run(
        title="too many leavers",
        story="An office closes and fifteen employees leave at once, or BambooHR shows wrong data. A guard holds all"
        " suspensions, names the employees, and gives the command that releases them.",
        day=_office_closes,
        exit_code=4,
        explain="61",
    ),
    Run(
        title="the approval",
        story="The operator has read the list: they did leave. Those on it who are still due are suspended at once.",
        day=_nothing_happens,
        command=("approve", "RUN", "--yes"),
    ),
    Run(
        title="a new e-mail domain",
        story="Forty employees are moved to another e-mail domain, which changes who their accounts belong to. A guard"
        " holds these changes, and the message names the pattern.",
        day=_new_domain,
        exit_code=4,
        explain="160",
    ),
    Run(
        title="the domain is approved",
        story="The operator knows of the move, and approves it. The accounts get their new addresses and usernames.",
        day=_nothing_happens,
        command=("approve", "RUN", "--yes"),
    ),
    Run(
        title="a mistake in HR",
        story="The run finishes what was held up, and thirty employees are moved to a department that does not exist.",
        day=_wrong_department,
    ),
    Run(
        title="the mistake is undone",
        story="The operator undoes the run. Accounts get their old values back, unless they have changed since.",
        day=_nothing_happens,
        command=("undo", "RUN", "--yes"),
    ),
    Run(
        title="the day after",
        story="HR has not corrected the department yet. What was undone stays undone.",
        day=_nothing_happens,
    ),
    Run(
        title="the correction",
        story="HR changes these employees again, and the run writes them.",
        day=_right_department,
    ),
)

"""The next steps for the reader of a plan, each with the command to type. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from worker import advice
from worker.model.reasons import UNCONFIRMED
from worker.model.step import WRITES
from worker.reports.report import Report

_MOST_NAMED = 10
"""The most employees on one command line, so that a reader can still check them."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """A command and its purpose."""

    text: str
    command: str = ""


def approve_class(guard_class: str, unconfirmed: Sequence[int] = ()) -> str:
    """Return the command that approves a class. RUN stands for a later run: a preview holds nothing."""
    if guard_class == UNCONFIRMED:
        # A match is confirmed for one employee at a time: several are not put into one command.
        employees = unconfirmed if len(unconfirmed) == 1 else ()
        return advice.command_for(["approve", "RUN", "--employee", "ID"], employees)
    return advice.command("approve", "RUN", "--only", guard_class)


def next_steps(report: Report) -> list[NextStep]:
    """Return what to do, in the order in which it is done."""
    return list(_steps(report)) or [NextStep("There is nothing to write.")]


def _steps(report: Report) -> Iterator[NextStep]:
    unclear = next((row for row in report.rows if row.action == "conflict" or row.problem), None)
    if unclear is not None:
        yield NextStep(
            "See why an employee has a conflict or a problem:",
            advice.command("explain", "--employee", str(unclear.employee_id)),
        )
    if report.other_settings:
        if report.environment:
            yield NextStep(
                "The plan uses settings that are not in force yet. Once they are in the environment's file, deploy it:",
                advice.command("deploy"),
            )
        else:
            yield NextStep("The plan uses settings that are not in force yet. Put them in force.")
        yield NextStep("Then write these changes:", advice.command("reconcile"))
        return
    is_held = any(row.is_held for row in report.rows)
    if is_held or any(report.counts.get(action) for action in WRITES):
        yield NextStep("Write what is not held:" if is_held else "Write these changes:", _run(report))
    if any(row.held for row in report.rows):
        yield NextStep(
            "Then, if the held changes are right, approve them. RUN is the run_id in the summary of that run:",
            advice.command("approve", "RUN"),
        )
    if unconfirmed := [row.employee_id for row in report.rows if row.code == UNCONFIRMED]:
        yield NextStep(
            "Then, if the account is the employee's, confirm it. RUN is the run_id in the summary of that run:",
            approve_class(UNCONFIRMED, unconfirmed),
        )
    if report.reconcile_due and report.selection != "everybody":
        yield NextStep(
            "A reconcile is due: settings have changed, or changes were not read. See what it would do:",
            advice.command("plan", "--everybody"),
        )


def _run(report: Report) -> str:
    if report.selection == "everybody":
        return advice.command("reconcile")
    if report.selection != "employees":
        return advice.command("sync")
    employees = [row.employee_id for row in report.rows]
    return advice.command_for(["sync", "--employee", "ID"], employees if len(employees) <= _MOST_NAMED else ())

"""`python -m tests.sandbox change`: change the company that a sandbox server serves."""

from __future__ import annotations

import argparse
import sys
from typing import Any

import requests

from tests.sandbox.bamboohr.by_hand import PATH

_SECONDS = 10
_TEACHES = """\
Changes the employees of a running sandbox server, as HR would in BambooHR, for the worker to sync.

Example: a week, with `.venv/bin/python -m tests.sandbox serve` in one terminal and its variables set in another:

  Monday     ./lxp plan                              what the first run would do
             ./lxp sync                              the first run: all employees get an account
  Tuesday    .venv/bin/python -m tests.sandbox change hire Ada Byron --department Research
             ./lxp sync                              one account is created
  Wednesday  .venv/bin/python -m tests.sandbox change move 3 4 5 --department Legal
             .venv/bin/python -m tests.sandbox change rename 6 --last Lovelace --email ada.lovelace@example.com
             ./lxp plan --show-values                shows old and new values; nothing is written
             ./lxp sync
  Thursday   .venv/bin/python -m tests.sandbox change terminate 7
             ./lxp sync                              the account is suspended, not deleted
             .venv/bin/python -m tests.sandbox change rehire 7
             ./lxp explain --employee 7              explains what happens next, and why
             ./lxp sync                              the account is active again
  Friday     .venv/bin/python -m tests.sandbox change terminate 11 12 13 14 15 16 17 18 19 20
             ./lxp sync                              exit code 4: too many suspensions, so they are held
             ./lxp approve RUN                       the command that the summary names
             ./lxp undo RUN                          HR made a mistake after all; here RUN is the approval

A change with a future date takes effect when the date arrives: change hire Kai Lund --on 2027-01-04."""


def add(what: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parsers of `change`."""
    raw = argparse.RawDescriptionHelpFormatter
    change = what.add_parser(
        "change",
        help="hire, move, rename, terminate, rehire, delete or list the employees of a running BambooHR server",
        description=_TEACHES,
        formatter_class=raw,
    )
    kind = change.add_subparsers(dest="change", required=True, metavar="CHANGE")
    hire = kind.add_parser("hire", help="hire a new employee")
    hire.add_argument("firstName", metavar="FIRST")
    hire.add_argument("lastName", metavar="LAST")
    hire.add_argument("--department", help="(default: Engineering)")
    hire.add_argument("--email", dest="workEmail", help="(default: first.last@example.com)")
    move = kind.add_parser("move", help="move employees to another department")
    move.add_argument("--department", required=True)
    rename = kind.add_parser("rename", help="change an employee's name or e-mail address")
    rename.add_argument("--first", dest="firstName")
    rename.add_argument("--last", dest="lastName")
    rename.add_argument("--email", dest="workEmail")
    terminate = kind.add_parser("terminate", help="let employees leave")
    rehire = kind.add_parser("rehire", help="hire employees who left again, under the same id")
    delete = kind.add_parser("delete", help="delete employees' records in BambooHR")
    for parser in (move, rename, terminate, rehire, delete):
        parser.add_argument("employees", nargs="+", metavar="ID", help="employee ids, as shown by: change list")
    for parser, meaning in ((hire, "the first day"), (terminate, "the last day")):
        parser.add_argument("--on", metavar="DATE", help=f"{meaning}, such as 2026-12-31 (default: today)")
    listing = kind.add_parser("list", help="show the employees")
    for parser in (hire, move, rename, terminate, rehire, delete, listing):
        parser.add_argument("--url", default="http://127.0.0.1:8001", help="the server (default: %(default)s)")


def change(options: argparse.Namespace) -> int:
    """Make the changes and print each employee; return the exit code."""
    address = options.url.rstrip("/") + PATH
    try:
        if options.change == "list":
            return _print(requests.get(address, timeout=_SECONDS))
        values = vars(options)
        asked = {
            name: values[name]
            for name in ("change", "on", "firstName", "lastName", "workEmail", "department")
            if values.get(name)
        }
        each = [{"employee": number} for number in values.get("employees") or []] or [{}]
        return max(_print(requests.post(address, json={**asked, **one}, timeout=_SECONDS)) for one in each)
    except requests.RequestException:
        print(
            f"no BambooHR sandbox server answers at {options.url}: start one with python -m tests.sandbox serve, or see"
            " --url",
            file=sys.stderr,
        )
        return 1


def _print(answer: requests.Response) -> int:
    shown: Any = answer.json()
    if not answer.ok:
        print(shown["error"], file=sys.stderr)
        return 1
    for row in shown if isinstance(shown, list) else [shown]:
        print(f"employee {row['employee']}: {row['name']} <{row['workEmail']}>, {row['department']}, {row['status']}")
    return 0

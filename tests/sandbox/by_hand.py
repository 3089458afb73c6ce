"""`python -m tests.sandbox change`: change the company that a sandbox server serves."""

from __future__ import annotations

import argparse
import sys
from typing import Any

import requests

from tests.sandbox.bamboohr.by_hand import PATH

_SECONDS = 10
_TEACHES = """\
Change the employees of a running sandbox server, as HR would in BambooHR, then let the worker sync them.

A week, with `.venv/bin/python -m tests.sandbox serve` in one terminal and the variables that it prints in another:

  Monday     ./lxp plan                              what the first run would do
             ./lxp sync                              ... and do it: all employees get an account
  Tuesday    .venv/bin/python -m tests.sandbox change hire Ada Byron --department Research
             ./lxp sync                              one account is created
  Wednesday  .venv/bin/python -m tests.sandbox change move 3 4 5 --department Legal
             .venv/bin/python -m tests.sandbox change rename 6 --last Lovelace --email ada.lovelace@example.com
             ./lxp plan --show-values                old and new values, nothing is written
             ./lxp sync
  Thursday   .venv/bin/python -m tests.sandbox change terminate 7
             ./lxp sync                              their account is suspended, not deleted
             .venv/bin/python -m tests.sandbox change rehire 7
             ./lxp explain --employee 7              why, and what happens next
             ./lxp sync                              ... and it is active again
  Friday     .venv/bin/python -m tests.sandbox change terminate 11 12 13 14 15 16 17 18 19 20
             ./lxp sync                              exit code 4: too many to be trusted, so they are held
             ./lxp approve RUN                       the command that the summary names
             ./lxp undo RUN                          HR was wrong after all; RUN is the approval this time

A date in the future is taken up when it has come: change hire Kai Lund --on 2027-01-04."""


def add(what: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parsers of `change`."""
    raw = argparse.RawDescriptionHelpFormatter
    change = what.add_parser(
        "change",
        help="hire, move, rename, terminate, rehire or delete employees of a running BambooHR; list shows them",
        description=_TEACHES,
        formatter_class=raw,
    )
    kind = change.add_subparsers(dest="change", required=True, metavar="CHANGE")
    hire = kind.add_parser("hire", help="a new employee")
    hire.add_argument("firstName", metavar="FIRST")
    hire.add_argument("lastName", metavar="LAST")
    hire.add_argument("--department", help="(default: Engineering)")
    hire.add_argument("--email", dest="workEmail", help="(default: first.last@example.com)")
    move = kind.add_parser("move", help="another department")
    move.add_argument("--department", required=True)
    rename = kind.add_parser("rename", help="another name or address")
    rename.add_argument("--first", dest="firstName")
    rename.add_argument("--last", dest="lastName")
    rename.add_argument("--email", dest="workEmail")
    terminate = kind.add_parser("terminate", help="employees leave")
    rehire = kind.add_parser("rehire", help="employees who left return under the same id")
    delete = kind.add_parser("delete", help="records are erased in BambooHR")
    for parser in (move, rename, terminate, rehire, delete):
        parser.add_argument("employees", nargs="+", metavar="ID", help="see: change list")
    for parser, meaning in ((hire, "the first day"), (terminate, "the last day")):
        parser.add_argument("--on", metavar="DATE", help=f"{meaning}, as 2026-12-31 (default: today)")
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

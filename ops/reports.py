"""The worker's reports, on the operator's machine: `plan`, `explain`, `parked` and `state`.

Each verb has the worker's own parser, so that its options and its help are the worker's; what is added is how the
environment is named. Whatever else was said goes to the worker as it was said.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ops.local import run_worker
from ops.verbs import Context, Verb, add_environment
from worker.commands import explain, parked, plan, state

if TYPE_CHECKING:
    from ops.verbs import Parsers

_OURS = ".venv/bin/python -m ops"
# A sync that follows a plan is the worker's alone: a file cannot be given to a task.
_EXAMPLE = re.compile(r"python -m worker (?!sync)((?:(?:parked|state) )?[a-z]+)")
_HERE = """\
It runs on this machine, with the code of this checkout, the settings of the deployed task (an edit that is not deployed
does not count) and your own AWS credentials. These must allow, beside what every verb needs:"""
_SETTINGS = "ecs:DescribeTaskDefinition"
_READS_STATE = "dynamodb:GetItem, BatchGetItem, Scan on the table"
_WRITES_STATE = (
    "dynamodb:GetItem, BatchGetItem, Scan, PutItem, DeleteItem, BatchWriteItem, ConditionCheckItem on the table"
)
READS_ALL = (_SETTINGS, "secretsmanager:GetSecretValue on both secrets", _READS_STATE)
_NEEDS = {
    **dict.fromkeys(("show", "list"), (_SETTINGS, _READS_STATE)),
    **dict.fromkeys(("rewind", "reset", "retry", "drop"), (_SETTINGS, _WRITES_STATE)),
}


def add(verbs: Parsers) -> None:
    """`plan`, `explain`, `parked` and `state`."""
    for name, module in (("plan", plan), ("explain", explain), ("parked", parked), ("state", state)):
        module.add(verbs)
        for parser in _leaves(verbs.choices[name]):
            adopt(parser, report, needs=_NEEDS.get(parser.prog.split()[-1], READS_ALL))


def adopt(parser: argparse.ArgumentParser, verb: Verb, *, needs: Sequence[str]) -> None:
    """Make a parser of the worker's one of ours; `needs` are the rights that it takes."""
    add_environment(parser, verb)
    # An abbreviation of `--env` could not be told from the worker's own options when these are passed on.
    parser.allow_abbrev = False
    taught = _EXAMPLE.sub(rf"{_OURS} \1 --env dev", parser.description or "")
    parser.description = "\n  ".join([f"{taught}\n\n{_HERE}", *needs])


def report(context: Context) -> int:
    """Let the worker tell."""
    return run_worker(context, passed_on(context))


def passed_on(context: Context) -> list[str]:
    """What the command line says to the worker."""
    ours = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for name in ("--env", "--env-file"):
        ours.add_argument(name)
    return ours.parse_known_args(context.arguments)[1]


def _leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parser, or those of the words below it."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for group in groups:
        yield from group.choices.values()
    if not groups:
        yield parser

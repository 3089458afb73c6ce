"""The command line: `.venv/bin/python -m ops VERB --env NAME`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from ops import alerts, credentials, dead_letters, reports, running, schedule, summaries, tail, tasks
from ops.deployment import find
from ops.errors import OpsError, OpsExit, refusal
from ops.terminal import Terminal
from ops.verbs import Context, Pace
from worker import advice
from worker.errors import ExitCode

_MODULES = (running, reports, tail, summaries, tasks, schedule, alerts, dead_letters, credentials)

_EPILOG = f"""\
examples:
  .venv/bin/python -m ops doctor --env prod --task            is everything as it should be?
  .venv/bin/python -m ops plan --env dev                      what would the next run do?
  .venv/bin/python -m ops run --env dev --employee 4711       sync one employee now
  .venv/bin/python -m ops explain --env dev --employee 4711   why is this employee handled so?
  .venv/bin/python -m ops summaries --env prod --last 14      how did the last runs end?
  .venv/bin/python -m ops approve --env prod RUN --dry-run    which suspensions did a run hold?
  .venv/bin/python -m ops undo --env prod RUN --dry-run       what of a run would be taken back?
  .venv/bin/python -m ops state rewind --env dev --days 3     read the changes of three days again
  .venv/bin/python -m ops VERB --help                         what a verb does, and its options

run, approve, reconcile, undo and doctor --task start a one-off task, with the task's own role and network. plan,
explain, people, state and doctor run on this machine, with your own AWS credentials and the deployed task's settings.

`make setup` makes .venv. Each verb is also a target of make, `make VERB ENV=NAME ARGS=...`: `state show` is
`make state-show`, `people retry` is `make people-retry`, `secret set moodle` is `make secret-moodle`, `run --dry-run`
is `make dry-run`. make ends with 2 whatever went wrong; only this command line ends with the codes below.

exit codes (a verb that starts a task or the worker ends with the exit code of that):
{chr(10).join(f"  {code:>3}  {code.meaning}" for code in OpsExit)}
exit codes of a task, and of the worker on this machine:
{chr(10).join(f"  {code:>3}  {code.meaning}" for code in ExitCode)}

AWS is reached as boto3 does: AWS_PROFILE, AWS_REGION and so on are honoured. Everything else comes from the outputs of
the environment's stack."""


def main(arguments: Sequence[str], *, pace: Pace | None = None) -> int:
    """Do what the command line says.

    Returns:
        The exit code.
    """
    terminal = Terminal()
    try:
        return _run(arguments, terminal, pace or Pace())
    except SystemExit as done:
        return int(done.code or 0)
    except OpsError as fault:
        end = fault
    except (ClientError, BotoCoreError) as fault:
        end = refusal(fault)
    except KeyboardInterrupt:
        end = OpsError("interrupted; what was started in AWS goes on", exit_code=OpsExit.INTERRUPTED)
    except BrokenPipeError:
        # The reader of the output has closed it (`... | head`). Python would report that once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OpsExit.DONE
    terminal.note(f"ops: {end.message}")
    if end.advice:
        terminal.note(f"     {end.advice}")
    return end.exit_code


def _run(arguments: Sequence[str], terminal: Terminal, pace: Pace) -> int:
    options = _parser().parse_args(arguments)
    file = str(options.env_file) if options.env_file else ""
    with advice.using(advice.CommandLine.of_operator(os.environ, options.env, file)):
        aws, deployment = find(options.env, options.env_file)
        context = Context(
            options=options, arguments=arguments, aws=aws, deployment=deployment, terminal=terminal, pace=pace
        )
        return int(options.verb(context))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=".venv/bin/python -m ops",
        description="Operates the BambooHR to NovaLXP sync of one environment.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    # The help of the worker's commands names them as an operator types them.
    with advice.using(advice.CommandLine(advice.Program.OPS, "dev")):
        for module in _MODULES:
            module.add(verbs)
    return parser

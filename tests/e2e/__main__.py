"""`make emulator`: an emulated AWS to deploy to by hand, between a sandbox BambooHR and Moodle, until Ctrl-C."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from tests.e2e.docker_stub import write_stub
from tests.e2e.emulator import REGION, ROOT, WORKER, Emulator, emulated_aws
from tests.sandbox.__main__ import serving_both, stop_on_signals

_DIRECTORY = ROOT / ".build" / "emulator"
_DESCRIPTION = """\
An emulated AWS on loopback to deploy to by hand, and a sandbox BambooHR and Moodle for what is deployed. Needs no AWS
account and no container engine: a task runs the worker of this folder as a process. Ctrl-C ends all of it, and forgets
what was deployed."""

_SETTINGS = """\
ProjectName = "acme-lxp-sync-emulated"
Production = false
CreatePublicNetwork = true
ScheduleExpression = "cron(30 3 * * ? *)"
ScheduleTimezone = "Europe/London"
AlertEmail = "operator@example.com"
BambooCompanyDomain = "acme"
BambooBaseUrl = "{bamboo_url}"
MoodleBaseUrl = "{moodle_url}"
ProtectedAccounts = ["sync-service"]
"""

_NEXT = """\
The emulated AWS answers at {url}; Ctrl-C ends it. In another terminal:
  . {variables}
  make bootstrap ENV_FILE={settings}
  make deploy ENV_FILE={settings} ARGS="--require-approval never"
  echo sandbox | ./lxp --env-file {settings} secret set bamboohr --any-form
  echo sandbox | ./lxp --env-file {settings} secret set moodle --any-form
  ./lxp --env-file {settings} doctor --task
  ./lxp --env-file {settings} plan
  ./lxp --env-file {settings} sync
  ./lxp --env-file {settings} runs list
  .venv/bin/python -m tests.sandbox change --help"""


def main(arguments: list[str]) -> int:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e", description=_DESCRIPTION)
    parser.add_argument("--port", type=int, default=8001, help="BambooHR's; Moodle takes the next (default: 8001)")
    parser.add_argument("--employees", type=int, default=300, help="how many (default: 300)")
    parser.add_argument("--directory", type=Path, default=_DIRECTORY, help="for its files (default: .build/emulator)")
    options = parser.parse_args(arguments)
    directory = options.directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    # Before the commands are printed: from then on a signal may arrive.
    stopped = stop_on_signals()
    try:
        with (
            serving_both(options.employees, 1, options.port) as (bamboo_url, moodle_url),
            emulated_aws(directory, WORKER) as emulator,
        ):
            settings, variables = directory / "emulated.toml", directory / "variables"
            settings.write_text(_SETTINGS.format(bamboo_url=bamboo_url, moodle_url=moodle_url), encoding="utf-8")
            variables.write_text(_exports(emulator, directory), encoding="utf-8")
            print(_NEXT.format(url=emulator.url, variables=_shown(variables), settings=_shown(settings)), flush=True)
            while not stopped.wait(0.2):
                pass
    except OSError as fault:
        print(f"the sandbox servers cannot be served ({fault.strerror}): see --port", file=sys.stderr)
        return 1
    return 0


def _exports(emulator: Emulator, directory: Path) -> str:
    """The variables of a terminal that reaches the emulator and nothing else."""
    variables = {
        **emulator.credentials(),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": directory / "no-config",
        "AWS_SHARED_CREDENTIALS_FILE": directory / "no-credentials",
        "CDK_HOME": directory / "cdk",
        "CDK_DOCKER": write_stub(directory),
    }
    lines = [f"export {name}={shlex.quote(str(value))}" for name, value in variables.items()]
    return "\n".join([*lines, "unset AWS_PROFILE AWS_SESSION_TOKEN", ""])


def _shown(path: Path) -> str:
    """The path as it is typed in the root of the repository."""
    return shlex.quote(str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

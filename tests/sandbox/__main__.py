"""`python -m tests.sandbox`: each stand-in by hand, and the demo."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from contextlib import AbstractContextManager
from pathlib import Path

from tests.sandbox.bamboohr import BambooApp, Company, generate
from tests.sandbox.moodle import MoodleApp, MoodleSite
from tests.sandbox.wire import Switchboard, serve

_EPILOG = """\
Faults can be switched on while a server runs:
  curl -X POST localhost:PORT/_sandbox/faults -d '[{"kind": "status", "status": 503, "operation": "changed"}]'
  curl -X DELETE localhost:PORT/_sandbox/faults
  curl localhost:PORT/_sandbox/calls
Kinds: reset_before reset_after hang trickle status html truncate wrong_type; further keys: operation, skip, times (0 =
for ever), status, retry_after, seconds. Operations of BambooHR: changed, directory, employees, employee; of Moodle: the
web service function.

A worker against both, in another terminal (see the README for all variables):
  BAMBOO_COMPANY_DOMAIN=acme BAMBOO_BASE_URL=http://127.0.0.1:8001 BAMBOOHR_API_KEY=sandbox \\
  MOODLE_BASE_URL=http://127.0.0.1:8002 MOODLE_TOKEN=sandbox STATE_FILE=state.sqlite .venv/bin/python -m worker"""


def main(arguments: list[str]) -> int:
    """Serve until Ctrl-C, or play the demo."""
    options = _parser().parse_args(arguments)
    if options.what == "demo":
        from tests.sandbox.demo import play

        return play()
    # Before anybody is told the address, and may stop the server by a signal.
    stopped = _stop_on_signals()
    try:
        with _serving(options) as address:
            shown = address if isinstance(address, str) else address["AWS_ENDPOINT_URL"]
            print(f"{options.what} answers at {shown}; Ctrl-C ends it", flush=True)
            while not stopped.wait(0.2):
                pass
    except OSError as fault:
        print(f"{options.what} cannot be served ({fault.strerror}): see --port and --data", file=sys.stderr)
        return 1
    return 0


def _serving(options: argparse.Namespace) -> AbstractContextManager[str] | AbstractContextManager[dict[str, str]]:
    if options.what == "aws":
        from tests.sandbox.aws import emulated_aws

        return emulated_aws(options.port)
    if options.what == "moodle":
        site = MoodleSite.load(options.data) if options.data else MoodleSite(token=options.token)
        return serve(Switchboard(MoodleApp(site), options.latency), options.port)
    if options.data:
        company = Company.load(options.data)
    else:
        company = Company()
        company.add(generate(options.people, seed=options.seed))
    return serve(Switchboard(BambooApp(company, api_key=options.api_key), options.latency), options.port)


def _stop_on_signals() -> threading.Event:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    return stopped


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.sandbox",
        description="Stand-ins for BambooHR, Moodle and AWS that answer over real HTTP on loopback.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    bamboo = what.add_parser("bamboohr", help="a BambooHR with invented people")
    bamboo.add_argument("--people", type=int, default=300, help="how many (default: 300)")
    bamboo.add_argument("--seed", type=int, default=1, help="which people (default: 1)")
    bamboo.add_argument("--api-key", default="sandbox", help="the API key (default: sandbox)")
    moodle = what.add_parser("moodle", help="a Moodle with its own three accounts")
    moodle.add_argument("--token", default="sandbox", help="the token (default: sandbox)")
    for server, port in ((bamboo, 8001), (moodle, 8002)):
        server.add_argument("--port", type=int, default=port, help="0 takes a free one (default: %(default)s)")
        server.add_argument("--data", type=Path, help="a JSON file that an earlier save() wrote, instead of new data")
        server.add_argument("--latency", type=float, default=0.0, help="seconds added to every call (default: 0)")
    aws = what.add_parser("aws", help="an emulated DynamoDB and Secrets Manager")
    aws.add_argument("--port", type=int, default=8003, help="0 takes a free one (default: %(default)s)")
    what.add_parser("demo", help="several nights of a company, end to end (make demo)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m tests.sandbox`: start sandbox servers by hand, change their company, or play the demo."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.sandbox import by_hand
from tests.sandbox.bamboohr import BambooApp, Company, generate
from tests.sandbox.moodle import MoodleApp, MoodleSite
from tests.sandbox.wire import Request, Response, Switchboard, serve

_EPILOG = """\
Faults can be switched on while a server runs:
  curl -X POST localhost:PORT/_sandbox/faults -d '[{"kind": "status", "status": 503, "operation": "changed"}]'
  curl -X DELETE localhost:PORT/_sandbox/faults
  curl localhost:PORT/_sandbox/calls
Kinds: reset_before reset_after hang late trickle status html firewall answer truncate wrong_type; further keys:
operation, skip, times (0 = forever), status, retry_after, seconds, body (of answer and html); text or record limits the
fault to the requests that contain it. Operations of BambooHR: changed, directory, employees, employee, report; of
Moodle: the web service function.

To try it out: `serve` starts both servers and prints the variables for the worker in another terminal; `change
--help` shows a week of hires, moves and leavers to try."""


_DEMO = """\
Fourteen runs of the real worker process for a company of 300 employees, end to end: a first run, a leaver, a busy day,
a Moodle outage and the retry, too many leavers and their approval, an HR mistake that is undone, and its correction.
BambooHR, Moodle, DynamoDB and Secrets Manager are sandbox servers on loopback. Nothing leaves this machine, and only
the page of a plan is left behind.

Three runs fail on purpose ("exit code 1, as intended"). At the end, all accounts in Moodle are compared with what
BambooHR implies; the comparison shares no code with the worker."""

_DEMO_EPILOG = """\
exit codes:
    0  every run ended as intended, and Moodle holds what BambooHR implies
    1  a run or an account differs, and the demo says which

examples:
  make demo                                          set up what the demo needs, and run it
  make demo ARGS=--verbose                           also show the summary line of each run, as CloudWatch Logs gets it
  python -m tests.sandbox demo --html /tmp/plan.html

Next: make help lists all targets; python -m tests.sandbox --help shows how to run servers and worker by hand."""


def main(arguments: list[str]) -> int:
    """Serve until Ctrl-C, change what is served, or play the demo."""
    options = _parser().parse_args(arguments)
    if options.what == "demo":
        from tests.sandbox.demo import play

        return play(verbose=options.verbose, page=options.html)
    if options.what == "change":
        return by_hand.change(options)
    # Before the address is printed: from then on a signal may arrive.
    stopped = stop_on_signals()
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
    if options.what == "serve":
        return _both(options)
    if options.what == "moodle":
        site = MoodleSite.load(options.data) if options.data else MoodleSite(token=options.token)
        return serve(Switchboard(MoodleApp(site), options.latency), options.port)
    if options.data:
        company = Company.load(options.data)
    else:
        company = Company()
        company.add(generate(options.employees, seed=options.seed))
    return serve(Switchboard(DailyBamboo(company, api_key=options.api_key), options.latency), options.port)


class DailyBamboo(BambooApp):
    """A company whose first and last days come while it is served."""

    def answer(self, request: Request) -> Response:
        self.company.dawn()
        return super().answer(request)


@contextmanager
def _both(options: argparse.Namespace) -> Iterator[str]:
    with serving_both(options.employees, options.seed, options.port) as (bamboo_url, moodle_url):
        print(_VARIABLES.format(bamboo_url=bamboo_url, moodle_url=moodle_url), flush=True)
        yield f"{bamboo_url} and {moodle_url}"


@contextmanager
def serving_both(employees: int, seed: int, port: int) -> Iterator[tuple[str, str]]:
    """A BambooHR with invented employees and an empty Moodle, at the next port; key and token are `sandbox`."""
    company = Company()
    company.add(generate(employees, seed=seed))
    bamboo = Switchboard(DailyBamboo(company, api_key="sandbox"))
    moodle = Switchboard(MoodleApp(MoodleSite(token="sandbox")))
    with serve(bamboo, port) as bamboo_url, serve(moodle, port + 1 if port else 0) as moodle_url:
        yield bamboo_url, moodle_url


_VARIABLES = """\
In another terminal:
  export BAMBOO_COMPANY_DOMAIN=acme BAMBOO_BASE_URL={bamboo_url} BAMBOOHR_API_KEY=sandbox
  export MOODLE_BASE_URL={moodle_url} MOODLE_TOKEN=sandbox STATE_FILE=sandbox.sqlite
  ./lxp doctor
  .venv/bin/python -m tests.sandbox change --help
A new company needs a new state: remove sandbox.sqlite after restarting this command."""


def stop_on_signals() -> threading.Event:
    """An event that Ctrl-C and SIGTERM set."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    return stopped


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.sandbox",
        description="Runs sandbox servers for BambooHR, Moodle and AWS over real HTTP on loopback, and a demo.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    both = what.add_parser(
        "serve", help="run a BambooHR and a Moodle server to try out; print how to run the worker between them"
    )
    both.add_argument(
        "--port", type=int, default=8001, help="BambooHR's port; Moodle uses the next one (default: %(default)s)"
    )
    by_hand.add(what)
    bamboo = what.add_parser("bamboohr", help="run a BambooHR server with invented employees")
    for server in (both, bamboo):
        server.add_argument("--employees", type=int, default=300, help="how many employees (default: 300)")
        server.add_argument("--seed", type=int, default=1, help="seed from which they are generated (default: 1)")
    bamboo.add_argument("--api-key", default="sandbox", help="the API key (default: sandbox)")
    moodle = what.add_parser("moodle", help="run a Moodle server with its own three accounts")
    moodle.add_argument("--token", default="sandbox", help="the token (default: sandbox)")
    for server, port in ((bamboo, 8001), (moodle, 8002)):
        server.add_argument("--port", type=int, default=port, help="0 picks a free port (default: %(default)s)")
        server.add_argument("--data", type=Path, help="a JSON file that save() wrote earlier, instead of new data")
        server.add_argument("--latency", type=float, default=0.0, help="seconds added to every call (default: 0)")
    aws = what.add_parser("aws", help="run an emulated DynamoDB and Secrets Manager")
    aws.add_argument("--port", type=int, default=8003, help="0 picks a free port (default: %(default)s)")
    demo = what.add_parser(
        "demo",
        help="do fourteen runs for a company of 300 employees, end to end (make demo)",
        description=_DEMO,
        epilog=_DEMO_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    demo.add_argument("--verbose", action="store_true", help="show the summary line of each run as well")
    demo.add_argument(
        "--html",
        type=Path,
        default=Path("plan.html"),
        metavar="FILE",
        help="the file for the page of a plan (default: plan.html)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

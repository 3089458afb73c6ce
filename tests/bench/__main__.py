"""`python -m tests.bench`, which is `make bench`."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tests.bench import budgets, chart, growth, image, real, report, rounds, start, tables
from tests.bench.board import Model
from tests.bench.process import Unmeasured
from tests.bench.stage import NONE, Latency, stage

PARTS = ("changes", "start", "growth", "image")
MET, MISSED, REFUSED, UNMEASURED = range(4)

_ABOUT = f"""\
Measures the worker's process between a BambooHR, a Moodle and an AWS that respond over HTTP on loopback with a stated
latency, compared with a client that processes one employee at a time and with the bare web service, in turns; prints
tables, and which budgets are met. About eight minutes; --quick takes a few seconds and judges only what can be
counted.

parts (--only, repeatable): changes  four kinds of change, and what they are compared with
                            start    CPU seconds before the first HTTP call
                            growth   seconds, calls and memory by changes and directory, without latency
                            image    the image's size, if make test-image has built one

A real Moodle in place of the sandbox's, for the part changes (BambooHR and AWS stay the sandbox's):
  read -rs {real.TOKEN} && export {real.TOKEN}
  make bench {real.URL}=https://moodle.test.example
It creates accounts named bench-<time>-..., updates them and leaves them suspended. It asks first; --yes confirms.
{real.AUTH}: the authentication plugin of these accounts (oidc)."""

_EPILOG = """\
examples:
  make bench                                       everything, with the latency modelled after a real Moodle
  make bench ARGS="--quick"                        a few seconds, counts only
  make bench ARGS="--only growth --svg growth.svg"
  make bench ARGS="--latency-ms 40 --rounds 5 --markdown"

exit codes:
    0  every budget that was judged is met
    1  a budget is missed
    2  usage; or a real Moodle was named and not confirmed
    3  something could not be measured: its output is printed
  130  interrupted"""


@dataclass(frozen=True)
class Amounts:
    """How much is measured by default."""

    employees: int
    loop_employees: int
    rounds: int
    changes: tuple[int, ...]
    directories: tuple[int, ...]
    starts: int


_WHOLE = Amounts(1_000, 1_000, 3, (100, 1_000, 10_000), (1_000, 50_000), 5)
_QUICK = Amounts(60, 10, 1, (60,), (100,), 1)
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_REAL = Amounts(500, 50, 1, (), (), 0)


def main(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> int:
    """Measure, print and judge; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        target = real.target(environment)
        figures = _measure(options, target)
    except (Unmeasured, real.Refusal) as fault:
        print(f"bench: {fault}", file=sys.stderr)
        return UNMEASURED if isinstance(fault, Unmeasured) else REFUSED
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        return 130
    verdicts = budgets.judge(figures, quick=options.quick)
    report.show([*tables.every(figures), budgets.table(verdicts)], markdown=options.markdown)
    if options.svg and figures.points:
        options.svg.write_text(chart.draw(figures.points, "no latency added"), encoding="utf-8")
        print(f"\n{options.svg} has the chart of the growth")
    return MISSED if any(verdict.word == budgets.MISSED for verdict in verdicts) else MET


def _measure(options: argparse.Namespace, target: real.Target | None) -> tables.Figures:
    amounts = _REAL if target else _QUICK if options.quick else _WHOLE
    employees = options.employees or amounts.employees
    loop_employees = min(employees, options.loop_employees or amounts.loop_employees)
    count = options.rounds or amounts.rounds
    figures = tables.Figures(employees=employees, loop_employees=loop_employees, is_real=target is not None)
    latency = _latency(options, target)
    _print_conditions(options, latency, target)
    plan = real.fresh(employees, loop_employees, count) if target else rounds.Plan(employees, loop_employees, count)
    if target:
        real.confirm(target, plan, yes=options.yes)
    wanted = ("changes",) if target else tuple(options.only or PARTS)
    sizes = growth.sizes(amounts.changes, amounts.directories)
    steps = {
        "changes": plan.steps,
        "start": 2 * amounts.starts,
        "growth": 2 * len(sizes) * count,
        "image": 1,
    }
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        _progress(sum(steps[part] for part in wanted)) as tick,
    ):
        directory = Path(folder)
        if "changes" in wanted:
            _changes(figures, directory, latency, target, plan, tick, quick=options.quick)
        if "start" in wanted or "growth" in wanted:
            with stage(directory, NONE) as scene:
                if "start" in wanted:
                    figures.starts.extend(start.measure(scene, amounts.starts, tick))
                if "growth" in wanted:
                    figures.points.extend(growth.measure(scene, sizes, count, tick))
        if "image" in wanted:
            figures.image = image.Size(None, "not measured") if options.quick else image.measure(directory)
            tick("image")
    return figures


def _changes(
    figures: tables.Figures,
    directory: Path,
    latency: Latency,
    target: real.Target | None,
    plan: rounds.Plan,
    tick: Callable[[str], None],
    *,
    quick: bool,
) -> None:
    if target is None:
        with stage(directory, latency) as scene:
            if not quick:
                scene.worker()
            figures.rounds.extend(rounds.measure(scene, plan, tick))
        return
    with stage(directory, latency, real.Relay(target), token=target.token, auth=target.auth) as scene:
        try:
            figures.rounds.extend(rounds.measure(scene, plan, tick))
        finally:
            print(real.suspend_all(scene, plan))


def _latency(options: argparse.Namespace, target: real.Target | None) -> Latency:
    request, employee, aws = (ms / 1000 for ms in (options.latency_ms, options.employee_ms, options.aws_ms))
    return Latency(Model() if target else Model(request, employee), Model(request), Model(aws))


def _print_conditions(options: argparse.Namespace, latency: Latency, target: real.Target | None) -> None:
    """Print the conditions of the measurement."""
    moodle = f"the real one at {target.host}" if target else f"{latency.moodle}"
    lines = [
        f"Python {platform.python_version()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f} before.",
        f"Latency: Moodle {moodle}; BambooHR {latency.bamboohr.request * 1000:g} ms, AWS"
        f" {latency.aws.request * 1000:g} ms a request. The servers' threads, in this process, sleep for"
        " it; the worker and the clients it is compared with are processes of their own.",
        "Medians, with the lowest and highest where there are several.",
    ]
    print("\n".join(f"- {line}" for line in lines) + "\n" if options.markdown else "\n".join(lines), flush=True)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str], None]]:
    """Show a progress bar on stderr if it is a terminal."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("the first run", total=total)
        yield lambda done: bar.update(task, advance=1, description=done)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=_ABOUT,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="few employees, one round, no image")
    parser.add_argument("--only", action="append", choices=PARTS, help="only this part (repeatable)")
    parser.add_argument("--employees", type=_whole, help="changes of each kind (1000; a real Moodle 500; --quick 60)")
    parser.add_argument(
        "--loop-employees", type=_whole, help="how many of them the loop takes (all; a real Moodle 50; --quick 10)"
    )
    parser.add_argument("--rounds", type=_whole, help="how often each is measured, in turns (3; else 1)")
    parser.add_argument("--latency-ms", type=_ms, default=10.0, help="a request of Moodle or BambooHR (10)")
    parser.add_argument("--employee-ms", type=_ms, default=1.0, help="more for each employee written or found (1)")
    parser.add_argument("--aws-ms", type=_ms, default=5.0, help="a request of Secrets Manager or DynamoDB (5)")
    parser.add_argument("--markdown", action="store_true", help="the tables as Markdown")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="also draw the growth, into this file")
    parser.add_argument("--yes", action="store_true", help="a real Moodle: create the accounts without asking")
    return parser


def _whole(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("a whole number above 0")
    return number


def _ms(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 10_000:
        raise argparse.ArgumentTypeError("milliseconds, 0 to 10000")
    return number


def _interrupted(*_: object) -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    # A signal raises, so that the clean-up runs.
    for number in _SIGNALS:
        signal.signal(number, _interrupted)
    sys.exit(main(sys.argv[1:]))

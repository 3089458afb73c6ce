"""`python -m worker`."""

from __future__ import annotations

import os
import sys

from worker import streams
from worker.stopping import StopSignal, end_when_overdue, stop_on_signals

if __name__ == "__main__":
    streams.open_missing()
    # Signals first: the imports below take a noticeable part of a second, and a stop in it must not be lost.
    stop = StopSignal()
    stop_on_signals(stop)
    end_when_overdue(stop)

    from worker.advice import CommandLine, using
    from worker.cli import main

    with using(CommandLine.of_worker(os.environ)):
        code = main(sys.argv[1:], os.environ, stop)
    # What the log could not write must not change the exit code when Python writes it again.
    streams.write_stderr(end="")
    sys.exit(code)

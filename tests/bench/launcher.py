"""Runs a command and reports its cost: `launcher.py FD COMMAND...`.

A process in between: Linux counts the memory of the parent into the peak of the process that it starts, and the bench,
which holds both systems, is larger than the worker. It writes to FD a line with the process id, then one with the exit
code, the seconds, the peak of resident memory in the system's unit, and the CPU seconds.
"""

import json
import os
import sys
import time


def main() -> None:
    report, command = int(sys.argv[1]), sys.argv[2:]
    os.set_inheritable(report, False)
    began = time.monotonic()
    pid = os.posix_spawn(command[0], command, os.environ)
    os.write(report, f"{pid}\n".encode())
    _, status, used = os.wait4(pid, 0)
    seconds = time.monotonic() - began
    figures = [os.waitstatus_to_exitcode(status), seconds, used.ru_maxrss, used.ru_utime + used.ru_stime]
    os.write(report, f"{json.dumps(figures)}\n".encode())


if __name__ == "__main__":
    main()

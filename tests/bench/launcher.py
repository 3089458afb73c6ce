"""Starts one command and tells what it took: `launcher.py FD COMMAND...`.

A process between: Linux counts the memory of whoever started a process into that process's own peak, and the bench,
which holds both systems, is larger than the worker. To FD goes a line with the process id, then one with the exit code,
the seconds, the peak of resident memory as the system counts it, and the CPU seconds.
"""

import json
import os
import sys
import time


def main() -> None:
    told, command = int(sys.argv[1]), sys.argv[2:]
    os.set_inheritable(told, False)
    began = time.monotonic()
    pid = os.posix_spawn(command[0], command, os.environ)
    os.write(told, f"{pid}\n".encode())
    _, status, used = os.wait4(pid, 0)
    seconds = time.monotonic() - began
    figures = [os.waitstatus_to_exitcode(status), seconds, used.ru_maxrss, used.ru_utime + used.ru_stime]
    os.write(told, f"{json.dumps(figures)}\n".encode())


if __name__ == "__main__":
    main()

"""What the emulator asks of a container engine, answered by processes."""

from __future__ import annotations

import os
import sys

import pytest

from tests.e2e.process_engine import ProcessEngine

_PRINTS = "import os, sys; print(sys.argv[1:], os.environ['COMPANY']); sys.exit(4)"
_SLEEPS = "import time; print('begins', flush=True); time.sleep(60)"


def test_a_task_has_its_command_its_variables_a_log_and_an_exit_code() -> None:
    engine = ProcessEngine([sys.executable, "-c", _PRINTS], os.environ)

    task = engine.run("image", command=["reconcile", "--yes"], environment={"COMPANY": "acme"}, platform="linux/amd64")

    assert engine.get(task.id) is task
    assert list(task.logs(follow=True)) == [b"['reconcile', '--yes'] acme\n"]
    assert task.wait() == {"StatusCode": 4}
    assert task.status == "exited"


def test_a_stopped_task_ends_by_the_signal_and_is_forgotten() -> None:
    engine = ProcessEngine([sys.executable, "-c", _SLEEPS], os.environ)
    task = engine.run("image", command=None, environment={})
    log = iter(task.logs(follow=True))
    assert next(log) == b"begins\n"
    assert task.status == "running"

    task.stop(timeout=10)
    task.remove(v=True)

    assert task.wait() == {"StatusCode": 143}
    assert list(log) == []
    with pytest.raises(KeyError):
        engine.get(task.id)

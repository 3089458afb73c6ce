"""What a container may do under the task definition."""

from __future__ import annotations

import json
import re

from tests.image.containers import Image, Worker
from tests.sandbox.bamboohr import generate

_STATUS = "print(open('/proc/self/status').read())"
_VARIABLES = "import json, os; print(json.dumps(dict(os.environ)))"
_MOUNTS = "print(open('/proc/self/mountinfo').read())"
_WRITES = """
import errno, json, tempfile, pathlib
ends = {}
for place in ("/", "/app", "/app/worker", "/opt/venv", "/tmp", "/var/tmp", "/run", "/etc", "/usr/local"):
    try:
        (pathlib.Path(place) / "written").write_text("x")
        ends[place] = "written"
    except OSError as fault:
        ends[place] = errno.errorcode[fault.errno]
print(json.dumps(ends))
"""


def status(image: Image) -> dict[str, str]:
    return dict(re.findall(r"^(\w+):\s*(.*)$", image.python(_STATUS).stdout, re.MULTILINE))


def test_the_process_runs_as_the_tasks_user(image: Image) -> None:
    user, _, group = image.task.container["User"].partition(":")
    process = status(image)

    assert user.isdigit()
    assert int(user) > 0
    assert process["Uid"].split() == [user] * 4
    assert process["Gid"].split() == [group] * 4
    assert set(process["Groups"].split()) <= {group}


def test_the_process_has_no_capabilities_and_cannot_gain_any(image: Image) -> None:
    process = status(image)

    assert {process[name].strip("0") for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {""}
    assert process["NoNewPrivs"] == "1"


def test_the_file_system_is_read_only(image: Image) -> None:
    ends = json.loads(image.python(_WRITES).stdout)

    assert len(ends) == 9
    assert set(ends.values()) == {"EROFS"}


def test_no_writable_memory_is_mounted(image: Image) -> None:
    mounts = [line.split() for line in image.python(_MOUNTS).stdout.splitlines() if line]
    memory = {mount[4] for mount in mounts if mount[mount.index("-") + 1] == "tmpfs"}

    # Every container has /dev; a mask over /proc or /sys holds nothing.
    assert not [path for path in memory if not re.match(r"/(dev|proc|sys)(/|$)", path)]


def test_exceeding_the_tasks_memory_ends_the_process(image: Image) -> None:
    below, above = image.task.memory // 2, image.task.memory + (64 << 20)

    assert image.python(f"len(b'x' * {below})").code == 0
    assert image.python(f"len(b'x' * {above})").code == 137


def test_the_variables_are_the_task_definitions(worker: Worker) -> None:
    bare = json.loads(worker.image.python(_VARIABLES).stdout)
    variables = json.loads(worker.image.python(_VARIABLES, variables=worker.variables).stdout)
    added = {name: value for name, value in variables.items() if name not in bare}

    assert bare.items() <= variables.items()
    assert added == worker.variables
    assert added.keys() == worker.image.task.variables.keys() | worker.emulator_variables.keys()


def test_a_run_with_a_writable_file_system_writes_nothing(worker: Worker) -> None:
    worker.harness.company.add(generate(3, seed=1))

    _, without = worker.image.changed_by(["--entrypoint=true"], worker.variables)
    run, changed = worker.image.changed_by([], worker.variables)

    assert run.code == 0, run.stderr
    assert len(worker.harness.accounts()) == 3
    assert changed == without

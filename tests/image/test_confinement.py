"""What a container may do that is run as the task definition says."""

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


def test_it_is_the_tasks_user_and_nobody_else(image: Image) -> None:
    user, _, group = image.task.container["User"].partition(":")
    told = status(image)

    assert user.isdigit()
    assert int(user) > 0
    assert told["Uid"].split() == [user] * 4
    assert told["Gid"].split() == [group] * 4
    assert set(told["Groups"].split()) <= {group}


def test_it_has_no_capability_and_can_get_none(image: Image) -> None:
    told = status(image)

    assert {told[name].strip("0") for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {""}
    assert told["NoNewPrivs"] == "1"


def test_it_can_write_nowhere(image: Image) -> None:
    ends = json.loads(image.python(_WRITES).stdout)

    assert len(ends) == 9
    assert set(ends.values()) == {"EROFS"}


def test_no_memory_is_mounted_for_it_to_write_to(image: Image) -> None:
    mounts = [line.split() for line in image.python(_MOUNTS).stdout.splitlines() if line]
    memory = {mount[4] for mount in mounts if mount[mount.index("-") + 1] == "tmpfs"}

    # /dev and what is under it are every container's; a mask over /proc or /sys holds nothing.
    assert not [path for path in memory if not re.match(r"/(dev|proc|sys)(/|$)", path)]


def test_more_memory_than_the_tasks_ends_it(image: Image) -> None:
    below, above = image.task.memory // 2, image.task.memory + (64 << 20)

    assert image.python(f"len(b'x' * {below})").code == 0
    assert image.python(f"len(b'x' * {above})").code == 137


def test_its_variables_are_the_task_definitions(worker: Worker) -> None:
    bare = json.loads(worker.image.python(_VARIABLES).stdout)
    told = json.loads(worker.image.python(_VARIABLES, variables=worker.variables).stdout)
    added = {name: value for name, value in told.items() if name not in bare}

    assert bare.items() <= told.items()
    assert added == worker.variables
    assert added.keys() == worker.image.task.variables.keys() | worker.way.keys()


def test_a_night_that_could_write_anywhere_writes_nothing(worker: Worker) -> None:
    worker.town.company.add(generate(3, seed=1))

    _, without = worker.image.changed_by(["--entrypoint=true"], worker.variables)
    night, changed = worker.image.changed_by([], worker.variables)

    assert night.code == 0, night.stderr
    assert len(worker.town.accounts()) == 3
    assert changed == without

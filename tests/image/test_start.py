"""The worker's start, in seconds of CPU: a task has a quarter of a CPU."""

from __future__ import annotations

import json

from tests.image.containers import Image
from tests.image.figures import FIGURE, Record

# The imports of a run on AWS. PYTHONPYCACHEPREFIX hides the byte code beside the modules from Python.
_STARTS = """
import json, os, resource, subprocess, sys

def seconds(**more):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    imports = "import worker.cli, boto3.dynamodb.types, boto3.session, botocore.endpoint, requests"
    subprocess.run([sys.executable, "-c", imports], env={**os.environ, **more}, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

print(json.dumps([min(seconds(**more) for _ in range(3)) for more in ({}, {"PYTHONPYCACHEPREFIX": "/nowhere"})]))
"""


def test_a_start_uses_the_compiled_byte_code(image: Image, record_property: Record) -> None:
    ended = image.python(_STARTS)
    assert ended.code == 0, ended.stderr
    compiled, uncompiled = json.loads(ended.stdout)
    record_property(FIGURE, f"CPU of a start: {compiled:.2f} s; without byte code {uncompiled:.2f} s")

    assert compiled < uncompiled / 2

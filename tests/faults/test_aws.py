"""Every call to DynamoDB and Secrets Manager fails in every way; boto3's own retries are part of what is tested."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.cloud import Cloud, cloud
from tests.faults.conftest import Tell
from tests.faults.injection import HTTP_KINDS, Fault, faults_at
from tests.faults.verdict import steps, survive

_LASTING = ("500", "html")
_ONLY_THERE = {"first": "PutItem"}
"""Of a run that is only there for one operation, that one: the first run of all writes the row."""


def _faults() -> Iterator[Any]:
    with cloud() as aws:
        for name in ("batched", "first"):
            for at, step in enumerate(steps(name, aws)):
                if step.system == "aws" and _ONLY_THERE.get(name, step.operation) == step.operation:
                    for fault in faults_at(at, HTTP_KINDS, _LASTING):
                        yield pytest.param(name, step.operation, fault, id=f"{name}-{at:02}-{step.operation}-{fault}")


@pytest.fixture(scope="module")
def aws() -> Iterator[Cloud]:
    with cloud() as made:
        yield made


@pytest.mark.parametrize(("name", "operation", "fault"), [*_faults()])
def test_survived(name: str, operation: str, fault: Fault, aws: Cloud, tell: Tell) -> None:
    tell("aws", operation, fault.kind)
    wrong = survive(name, fault, aws)
    if wrong:
        pytest.fail("; ".join(wrong), pytrace=False)

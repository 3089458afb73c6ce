"""Every call to DynamoDB and Secrets Manager fails in every way; boto3's own retries are tested too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.cloud import Cloud, cloud
from tests.faults.conftest import RecordFault
from tests.faults.injection import HTTP_KINDS, Fault, faults_at
from tests.faults.verdict import steps, survive

_LASTING = ("500", "html")
_INCLUDED_FOR = {"first": "PutItem"}
"""The one operation for which a scenario is included: the first run writes the state row."""


def _faults() -> Iterator[Any]:
    with cloud() as aws:
        for name in ("batched", "first"):
            for at, step in enumerate(steps(name, aws)):
                if step.system == "aws" and _INCLUDED_FOR.get(name, step.operation) == step.operation:
                    for fault in faults_at(at, HTTP_KINDS, _LASTING):
                        yield pytest.param(name, step.operation, fault, id=f"{name}-{at:02}-{step.operation}-{fault}")


@pytest.fixture(scope="module")
def aws() -> Iterator[Cloud]:
    with cloud() as emulated:
        yield emulated


@pytest.mark.parametrize(("name", "operation", "fault"), [*_faults()])
def test_survived(name: str, operation: str, fault: Fault, aws: Cloud, record_fault: RecordFault) -> None:
    record_fault("aws", operation, fault.kind)
    wrong = survive(name, fault, aws)
    if wrong:
        pytest.fail("; ".join(wrong), pytrace=False)

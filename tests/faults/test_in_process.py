"""Every call of every kind of run, to BambooHR, Moodle and the state, fails in every way, or the process is killed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.conftest import RecordFault
from tests.faults.injection import HTTP_KINDS, STATE_KINDS, Fault, faults_at
from tests.faults.scenarios import SCENARIOS
from tests.faults.verdict import steps, survive

_LASTING = ("refused", "reset_after", "429_retry_after", "500", "html")
"""The kinds that last for the rest of a run in every scenario; in the first one, all kinds do."""


def _faults() -> Iterator[Any]:
    for name in SCENARIOS:
        for at, step in enumerate(steps(name)):
            kinds = STATE_KINDS if step.system == "state" else HTTP_KINDS
            lasting = kinds if name == "sync" or step.system == "state" else _LASTING
            for fault in faults_at(at, kinds, lasting):
                yield pytest.param(name, fault, id=f"{name}-{at:02}-{step.system}-{step.operation}-{fault}")


@pytest.mark.parametrize(("name", "fault"), [*_faults()])
def test_survived(name: str, fault: Fault, record_fault: RecordFault) -> None:
    step = steps(name)[fault.at]
    record_fault(step.system, step.operation, fault.kind)
    wrong = survive(name, fault)
    if wrong:
        pytest.fail("; ".join(wrong), pytrace=False)

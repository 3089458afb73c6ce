"""Every call of every kind of run, to BambooHR, to Moodle and to the state, fails in every way; or the process dies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.conftest import Tell
from tests.faults.injection import HTTP_KINDS, STATE_KINDS, Fault, faults_at
from tests.faults.scenarios import SCENARIOS
from tests.faults.verdict import steps, survive

_LASTING = ("refused", "reset_after", "429_retry_after", "500", "html")
"""What lasts for the rest of a run in every scenario; in the first of them everything does."""


def _faults() -> Iterator[Any]:
    for name in SCENARIOS:
        for at, step in enumerate(steps(name)):
            kinds = STATE_KINDS if step.system == "state" else HTTP_KINDS
            lasting = kinds if name == "night" or step.system == "state" else _LASTING
            for fault in faults_at(at, kinds, lasting):
                yield pytest.param(name, fault, id=f"{name}-{at:02}-{step.system}-{step.operation}-{fault}")


@pytest.mark.parametrize(("name", "fault"), [*_faults()])
def test_survived(name: str, fault: Fault, tell: Tell) -> None:
    step = steps(name)[fault.at]
    tell(step.system, step.operation, fault.kind)
    wrong = survive(name, fault)
    if wrong:
        pytest.fail("; ".join(wrong), pytrace=False)

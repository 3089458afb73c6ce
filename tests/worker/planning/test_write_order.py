"""The order in which steps are written."""

from __future__ import annotations

import pytest

from worker.model import reasons
from worker.model.step import Action, Step
from worker.planning.write_order import in_order


def step(employee_id: int, *depends_on: int) -> Step:
    return Step(employee_id, Action.UPDATE, reasons.DIFFERS, depends_on=frozenset(depends_on))


@pytest.mark.parametrize(
    ("steps", "order", "chained"),
    [
        ([], [], 0),
        ([step(2), step(1), step(3)], [2, 1, 3], 0),
        ([step(1), step(2, 3), step(3), step(4)], [3, 2, 1, 4], 2),
        ([step(1, 2), step(2, 3), step(3)], [3, 2, 1], 3),
        ([step(3, 2), step(2, 1), step(1)], [1, 2, 3], 3),
        ([step(1, 4, 3), step(2), step(3), step(4)], [3, 4, 1, 2], 3),
        ([step(1, 3), step(2, 3), step(3)], [3, 1, 2], 3),
        ([step(1, 9), step(2)], [1, 2], 1),
        ([step(1, 2), step(2, 1)], [2, 1], 2),
    ],
)
def test_a_step_follows_the_steps_it_depends_on_and_these_chains_come_first(
    steps: list[Step], order: list[int], chained: int
) -> None:
    ordered, count = in_order(steps)

    assert ([one.employee_id for one in ordered], count) == (order, chained)

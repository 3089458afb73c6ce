"""In which order steps are written."""

from __future__ import annotations

import pytest

from worker.model import reasons
from worker.model.step import Action, Step
from worker.planning.write_order import halves, in_order


def step(employee_id: int, *after: int) -> Step:
    return Step(employee_id, Action.UPDATE, reasons.DIFFERS, depends_on=frozenset(after))


def ordered(*steps: Step) -> tuple[list[int], int]:
    in_turn, chained = in_order(steps)
    return [one.employee_id for one in in_turn], chained


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
    ],
)
def test_who_waits_comes_behind_whom_she_waits_for_and_all_of_these_come_first(
    steps: list[Step], order: list[int], chained: int
) -> None:
    assert ordered(*steps) == (order, chained)


def test_two_who_wait_for_each_other_get_any_order() -> None:
    assert ordered(step(1, 2), step(2, 1)) == ([2, 1], 2)


def test_a_batch_is_halved_without_losing_anybody() -> None:
    one, two, three = step(1), step(2), step(3)

    assert halves([one, two, three]) == ([one], [two, three])

"""In which order steps are written. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from worker.model.step import Step


def in_order(updates: Sequence[Step]) -> tuple[list[Step], int]:
    """Those who wait for others behind those they wait for, all of these first; and how many these are.

    Two who wait for each other (one takes an address, the other a user name) get any order; neither will be ready.
    """
    known = {step.employee_id: step for step in updates}
    ordered: dict[int, Step] = {}
    asked: set[int] = set()

    def place(step: Step) -> None:
        """Whoever has to come first goes on the path before her; by a loop, for chains can be long."""
        path = [step]
        asked.add(step.employee_id)
        while path:
            first = next(
                (number for number in sorted(path[-1].depends_on) if number in known and number not in asked), None
            )
            if first is None:
                done = path.pop()
                ordered[done.employee_id] = done
            else:
                asked.add(first)
                path.append(known[first])

    for step in updates:
        if step.depends_on and step.employee_id not in asked:
            place(step)
    chained = len(ordered)
    for step in updates:
        ordered.setdefault(step.employee_id, step)
    return list(ordered.values()), chained


def halves(batch: Sequence[Step]) -> tuple[Sequence[Step], Sequence[Step]]:
    """A batch that was refused, in two."""
    middle = len(batch) // 2
    return batch[:middle], batch[middle:]

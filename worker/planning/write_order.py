"""The order in which steps are written. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from worker.model.step import Step


def in_order(updates: Sequence[Step]) -> tuple[list[Step], int]:
    """Order steps so that each comes after the steps it depends on.

    Steps that depend on each other (one takes an address, the other a username) get any order; neither can be written.

    Returns:
        The steps, starting with those that have dependencies and the dependencies themselves; and the number of these.
    """
    by_employee = {step.employee_id: step for step in updates}
    ordered: dict[int, Step] = {}
    visited: set[int] = set()

    def place(step: Step) -> None:
        """Place a step after its dependencies, by a depth-first search with an explicit path: chains can be long."""
        path = [step]
        visited.add(step.employee_id)
        while path:
            unvisited = (number for number in sorted(path[-1].depends_on) if number not in visited)
            dependency = next((number for number in unvisited if number in by_employee), None)
            if dependency is None:
                done = path.pop()
                ordered[done.employee_id] = done
            else:
                visited.add(dependency)
                path.append(by_employee[dependency])

    for step in updates:
        if step.depends_on and step.employee_id not in visited:
            place(step)
    chained = len(ordered)
    for step in updates:
        ordered.setdefault(step.employee_id, step)
    return list(ordered.values()), chained

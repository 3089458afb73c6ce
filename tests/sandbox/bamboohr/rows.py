"""Rows that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator

from .company import Employee
from .settings import Settings


def twins(settings: Settings, employee: Employee) -> Iterator[Employee]:
    """The employee, and once more with other values where the settings say that there is a second row."""
    yield employee
    if employee.id in settings.contradicting:
        values = {**employee.values, **settings.contradicting[employee.id]}
        yield Employee(employee.id, values, employee.hidden, employee.pending)

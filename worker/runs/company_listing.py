"""Reads all employees with List Employees; an employee whom it cannot return does not affect the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from worker import logs
from worker.bamboohr.client import Page, Refused
from worker.errors import SourceError
from worker.model.history import FollowUp, History
from worker.runs.evidence import EvidenceReader
from worker.runs.services import Services

_BEFORE_ANY_CHANGE = datetime(1970, 1, 1, tzinfo=UTC)
"""BambooHR lists every employee as changed since then (documented: it records changes from 2011 on)."""


def list_company(
    services: Services, history: History, fields: Sequence[str], take: Callable[[Page], None]
) -> Mapping[int, str]:
    """Read all employees page by page or, if a page is not returned, by their ids.

    Args:
        services: The services of the run.
        history: The employees on record.
        fields: The fields to read.
        take: Called with each page. A first page makes all earlier pages invalid.

    Returns:
        The code of the refusal of each employee who cannot be read alone.

    Raises:
        SourceError: BambooHR answers for no employee; ListRefused if the key may not list them.
    """
    code = _list_pages(services, fields, take)
    if not code:
        return {}
    reason = "the list of all employees failed; they are listed by their ids"
    logs.warning("bamboohr.list_in_parts", code=code, reason=reason)
    changed = services.bamboohr.changed_employees(_BEFORE_ANY_CHANGE)
    employees = {*(change.employee_id for change in changed.changes), *history.records}
    reader = EvidenceReader(services.bamboohr, fields, services.stop.wait, history.with_flag(FollowUp.ISOLATED))
    reader.read(sorted(employees))
    if reader.refused:
        raise SourceError(
            f"BambooHR cannot return the list of all employees ({code}), and refuses to show single ones to the key",
            advice="give the key's user an access level that sees all employees (RUNBOOK, BambooHR)",
        )
    take(Page(reader.rows, is_first=True))
    return reader.unreadable


def _list_pages(services: Services, fields: Sequence[str], take: Callable[[Page], None]) -> str:
    """Read all pages, once more after a transient fault; return the code of the refusal, "" if there was none."""
    for is_last in (False, True):
        try:
            for page in services.bamboohr.list_employees(fields):
                take(page)
        except Refused as refusal:
            if is_last or not refusal.is_transient:
                return refusal.code
            services.bamboohr.await_site()
        else:
            break
    return ""

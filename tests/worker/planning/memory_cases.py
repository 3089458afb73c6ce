"""Steps and records of one employee, and what a run remembers of them."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.worker.builders import account, record_of
from worker.model import account_reasons, reasons
from worker.model.history import EmployeeRecord, FollowUp
from worker.model.step import Action, FieldChange, Status, Step, StepResult
from worker.planning.memory import record_after_run

NOW = datetime(2026, 2, 1, 2, 0, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
ACTIVE = account(107, idnumber="7")
SUSPENDED = account(107, idnumber="7", suspended=True)
SUSPENDS = FieldChange("suspended", "0", "1")
REACTIVATES = FieldChange("suspended", "1", "0")

CREATE = Step(7, Action.CREATE, reasons.NEW)
UPDATE = Step(7, Action.UPDATE, reasons.DIFFERS, ACTIVE)
SUSPEND = Step(7, Action.SUSPEND, reasons.LEFT, ACTIVE, (SUSPENDS,))
REACTIVATE = Step(7, Action.REACTIVATE, reasons.RETURNED, SUSPENDED, (REACTIVATES,))
UNCHANGED = Step(7, Action.UNCHANGED, reasons.IN_SYNC, ACTIVE)
STAYS_SUSPENDED = Step(7, Action.UNCHANGED, reasons.ALREADY_SUSPENDED, SUSPENDED)
SKIP = Step(7, Action.SKIP, reasons.LEFT_WITHOUT_ACCOUNT)
NO_ACCOUNT_FOR_NOW = Step(7, Action.SKIP, reasons.NO_EMAIL)
CONFLICT = Step(7, Action.CONFLICT, account_reasons.email_taken(account(200)))
WAIT = Step(7, Action.HOLD, reasons.STATUS_UNKNOWN, is_waiting=True)

NOTHING = record_of(7)
OURS = record_of(7, suspended_by_us=True, suspended_at=1)
JUST_SUSPENDED = record_of(7, suspended_by_us=True, suspended_at=SECONDS, suspended_account_id=107)
WAITING = record_of(7, FollowUp.WAITING, "no_evidence", "hold")
TO_START = record_of(7, FollowUp.WAITING, "starts_later", "hold")
PARKED = record_of(7, FollowUp.PARKED, "no_name", "create", attempts=9)
UNDONE = record_of(7, FollowUp.UNDONE, "run1", undone_at=SECONDS, last_change_at=5)
LACKING = record_of(7, FollowUp.WITHOUT_ACCOUNT, "no_email")


def after(
    known: EmployeeRecord | None,
    step: Step,
    status: Status = Status.DONE,
    *,
    may_be_written: bool = False,
    deleted: bool = False,
    max_attempts: int = 0,
    **more: bool,
) -> EmployeeRecord:
    result = StepResult(step, status, may_be_written=may_be_written)
    return record_after_run(known, result, deleted=deleted, now=NOW, max_attempts=max_attempts, **more)

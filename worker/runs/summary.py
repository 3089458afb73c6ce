"""The one line on stdout that says how the run ended: at most 8 KB of counts, with at most twenty ids of a kind.

It is filled during the run and printed on every end that this process can catch, so that no run ends silently.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from worker import advice, logs
from worker.errors import ConfigurationError, ExitCode, SyncError
from worker.model.reasons import UNCONFIRMED
from worker.model.step import GuardClass, Status, StepResult
from worker.runs.results import counts_of
from worker.timestamps import iso
from worker.words import counted, listed

IDS_SHOWN = 20
MAX_BYTES = 8 * 1024
"""The longest line. If the ids would make it longer, fewer of them are listed."""
_LONGEST_TEXT = 800
"""The longest text, in bytes as printed in quotes; dots follow one that is cut."""

COUNTS = (
    "total_changed",
    "processed",
    "created",
    "updated",
    "suspended",
    "reactivated",
    "unchanged",
    "skipped_no_email",
    "skipped_invalid_email",
    "skipped_no_name",
    "skipped_invalid_username",
    "skipped_deleted",
    "skipped_protected",
    "skipped_out_of_scope",
    "scope_not_shown",
    "without_account",
    "held_suspensions",
    "no_evidence",
    "waiting_for_start",
    "arrived_dates",
    "held_undone",
    "not_due",
    "edited_since",
    "suspended_elsewhere",
    "not_kept",
    "unexplained_accounts",
    "conflicts",
    "parked",
    "errors",
)

_LISTED = (
    "suspended",
    "held",
    "no_evidence",
    "conflicts",
    "parked",
    "errors",
    "skipped_no_email",
    "skipped_invalid_email",
    "skipped_no_name",
    "skipped_invalid_username",
    "edited_since",
    "suspended_elsewhere",
    "not_kept",
)

_UNFINISHED = "crash"


@dataclass
class Summary:
    """The report on a run. Times are UTC.

    Attributes:
        selection: Whom the run was about: "all" or "employees"; the `scope` of the summary.
        latest: The end of the changed feed that the run read.
        about_run: The run that an approval or an undo is about.
        error_reasons: How many employees had an error, by the code of its reason.
        calls: The functions that return, at the end, the number of HTTP calls to each system.
        reassigned_ids_text: What the contradicted matches of a run have in common; "" if nothing.
    """

    run_id: str
    command: str
    started_at: datetime
    selection: str = "all"
    trigger: str = "manual"
    dry_run: bool = False
    batch_size: int = 0
    since: datetime | None = None
    offset: int | None = None
    latest: datetime | None = None
    next_since: datetime | None = None
    next_offset: int | None = None
    reconcile_due: bool = False
    about_run: str = ""
    warnings: list[str] = field(default_factory=list)
    warning_texts: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    listed_ids: dict[str, list[int]] = field(default_factory=dict)
    held_by_class: Counter[GuardClass] = field(default_factory=Counter)
    why_held: Mapping[GuardClass, str] = field(default_factory=dict)
    unconfirmed: int = 0
    error_reasons: Counter[str] = field(default_factory=Counter)
    calls: dict[str, Callable[[], int]] = field(default_factory=lambda: {"bamboohr": lambda: 0, "moodle": lambda: 0})
    exit_code: ExitCode = ExitCode.CRASH
    outcome: str = _UNFINISHED
    _other_errors: int = 0
    reassigned_ids_text: str = ""
    message: str = ""
    advice: str = ""

    def count_results(self, results: Iterable[StepResult], parked: Container[int] = ()) -> None:
        """Count the result of every step. A parked employee is not an error."""
        keep_access = []
        for result in results:
            employee_id = result.step.employee_id
            if result.status is Status.NOT_EDITABLE and result.step.suspends:
                keep_access.append(employee_id)
            for name in counts_of(result):
                self._count(name, employee_id)
            is_failure = result.status in (Status.REFUSED, Status.FAILED)
            if is_failure and employee_id in parked:
                self._count("parked", employee_id)
                is_failure = False
            if is_failure or result.step.held:
                self._count("errors", employee_id)
                self.error_reasons[result.reported_reason.code] += 1
            is_unconfirmed = is_failure and result.step.reason.code == UNCONFIRMED
            self._other_errors += is_failure and not is_unconfirmed
            if result.step.held or is_unconfirmed:
                self._count("held", employee_id)
            self.unconfirmed += is_unconfirmed
            self.held_by_class.update(result.step.held_under)
        self.counts["held_suspensions"] = self.held_by_class[GuardClass.SUSPEND]
        if keep_access:
            self.warn(
                "not_suspendable",
                "Moodle does not let the accounts of these employees, who can still log in, be suspended: take the site"
                f" administrator's right away, then suspend them in Moodle: {listed(sorted(keep_access), IDS_SHOWN)}",
            )

    @property
    def held(self) -> list[int]:
        """The employees with a held change: by a guard, or until their match is confirmed."""
        return self.listed_ids.get("held", [])

    def _count(self, name: str, employee_id: int) -> None:
        self.counts[name] += 1
        if name in _LISTED:
            self.listed_ids.setdefault(name, []).append(employee_id)

    def warn(self, code: str, text: str) -> None:
        """Warn the operator: the code goes into the line, the sentence into the log and the reports."""
        self.warnings.append(code)
        self.warning_texts.append(text)
        logs.warning("sync.warning", code=code, reason=text)

    def fail(self, code: str, text: str, what_to_do: str) -> None:
        """Report an error that concerns no single employee."""
        self.warnings.append(code)
        self.warning_texts.append(f"{text}; {what_to_do}")
        self.counts["errors"] += 1
        self.error_reasons[code] += 1
        self._other_errors += 1
        logs.error("sync.warning", code=code, reason=text, advice=what_to_do)

    def count_without_account(self, before: Collection[int], now: Collection[int]) -> None:
        """Count all employees who are known to have no account, and name those added to them in this run."""
        self.counts["without_account"] = len(now)
        if begins := sorted(set(now) - set(before)):
            self.listed_ids["newly_without_account"] = begins
            self.warn(
                "without_account",
                f"{counted(len(begins), 'employee gets', 'employees get')} no account, because an address,"
                f" a name or a username is missing or cannot be used; to see who, and what to do:"
                f" {advice.command('people', 'list')}",
            )

    def finish(self, end: SyncError | None = None) -> None:
        """Set how the run ended: by itself, or by `end`. Only the first call counts."""
        if self.outcome != _UNFINISHED:
            return
        if end is not None:
            if end.exit_code is not ExitCode.OK and end.exit_code is not ExitCode.LOCKED:
                self.counts["errors"] += 1
            self.exit_code, self.outcome = end.exit_code, end.outcome
            self.message, self.advice = end.message, end.advice
            if isinstance(end, ConfigurationError):
                self.counts["errors"] = max(self.counts["errors"], len(end.faults))
        elif self.counts["errors"] == 0:
            self.exit_code, self.outcome = ExitCode.OK, "ok"
        elif self.held and not self._other_errors:
            self.exit_code, self.outcome = ExitCode.HELD, "held"
        else:
            self.exit_code, self.outcome = ExitCode.ERRORS, "errors"
        if self.held and not self.message:
            self._say_what_is_held()

    def _say_what_is_held(self) -> None:
        texts = []
        if self.unconfirmed:
            until = "is held until it is confirmed" if self.unconfirmed == 1 else "are held until they are confirmed"
            matches = f"{counted(self.unconfirmed, 'match', 'matches')} of an employee and an account {until}"
            texts.append(self.reassigned_ids_text or matches)
        if self.held_by_class:
            how = ("would hold", "would be") if self.dry_run else ("holds", "was")
            why = "; ".join(self.why_held.values())
            texts.insert(0, f"a guard {how[0]} changes, and everything else {how[1]} processed: {why}")
        self.message = "; ".join(texts)
        if self.reassigned_ids_text:
            self.advice = "compare the employees that the log names with BambooHR before you approve anything"
        elif self.dry_run:
            self.advice = "the run that holds the changes names the command that approves them"
        else:
            only, one = ((), ()) if self.held_by_class else (("--only", UNCONFIRMED), ("--employee", "ID"))
            see = advice.command("approve", self.run_id, *only, "--dry-run")
            # A match is confirmed for one employee at a time: several are not put into one command.
            approve = advice.command_for(["approve", self.run_id, *one], self.held if len(self.held) == 1 else ())
            self.advice = f"see who and what: {see}; if the changes are right: {approve} (RUNBOOK, Held changes)"

    def as_dict(self, now: datetime, ids_shown: int = IDS_SHOWN) -> dict[str, Any]:
        """Return the line as an object."""
        line: dict[str, Any] = {
            "event": "sync.summary",
            "ok": self.exit_code is ExitCode.OK,
            "outcome": self.outcome,
            "exit_code": int(self.exit_code),
            "command": self.command,
            "scope": self.selection,
            "trigger": self.trigger,
            "run_id": self.run_id,
            "about_run": self.about_run or None,
            "dry_run": self.dry_run,
            "started_at": iso(self.started_at),
            "duration_seconds": round((now - self.started_at).total_seconds(), 3),
            "since": _iso(self.since),
            "offset": self.offset,
            "batch_size": self.batch_size,
            **{name: self.counts[name] for name in COUNTS},
            "held": self._held_by_list(),
            "latest": _iso(self.latest),
            "next_since": _iso(self.next_since),
            "next_offset": self.next_offset,
            "reconcile_due": self.reconcile_due,
            "http_calls": {name: count() for name, count in self.calls.items()},
            "error_reasons": dict(self.error_reasons.most_common(IDS_SHOWN)),
            "warnings": self.warnings[:IDS_SHOWN],
            "message": _short(self.message),
            "advice": _short(self.advice),
        }
        for name, ids in self.listed_ids.items():
            line[f"{name}_ids"] = sorted(ids)[:ids_shown]
            if len(ids) > ids_shown:
                line[f"{name}_ids_truncated"] = len(ids) - ids_shown
        return line

    def _held_by_list(self) -> dict[str, int]:
        """Return how many employees each list of held changes has, by the values of `approve --only`."""
        counts = {guard_class.value: self.held_by_class[guard_class] for guard_class in GuardClass}
        return {name: count for name, count in {**counts, UNCONFIRMED: self.unconfirmed}.items() if count}

    def line(self) -> str:
        """Return the line as printed: in ASCII, so that it can be written whatever the encoding of stdout."""
        now, line = datetime.now(UTC), ""
        for shown in range(IDS_SHOWN, -1, -1):
            line = json.dumps(self.as_dict(now, shown), separators=(",", ":"))
            if len(line) <= MAX_BYTES:
                break
        return line


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def _short(text: str) -> str:
    """Return the text, or as much of its beginning as fits once JSON has escaped it."""
    short = text[:_LONGEST_TEXT]
    while len(json.dumps(short)) > _LONGEST_TEXT:
        short = short[:-1]
    return text if short == text else f"{short}..."

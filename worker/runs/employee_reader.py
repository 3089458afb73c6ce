"""Reads what BambooHR shows of each employee: from the directory, and from evidence if that is not enough."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from worker.errors import SourceError
from worker.model.employee import Employee, Evidence
from worker.model.field_catalogue import EVIDENCE, is_by_api_name
from worker.model.history import FollowUp
from worker.model.mapping import NAMES
from worker.runs.custom_fields import CustomFieldReader
from worker.runs.evidence import EvidenceReader
from worker.runs.run_input import RunInput
from worker.runs.services import Services


class EmployeeReader:
    """Reads employees with `evidence`, and with `custom` the fields that are read by their API names.

    Each employee can be requested once: their row is then released, because a full pass may read 20,000.

    Attributes:
        unread: Why empty fields of the directory could not be verified; "" otherwise.
    """

    def __init__(self, services: Services, inputs: RunInput) -> None:
        fields = [name for name in services.settings.employee_fields if not is_by_api_name(name)]
        isolated = inputs.history.with_flag(FollowUp.ISOLATED)
        self.unread = ""
        self._inputs = inputs
        self._directory = inputs.directory
        self._deletion_flags = inputs.deletion_flags
        self.evidence = EvidenceReader(services.bamboohr, (*fields, *EVIDENCE), services.stop.wait, isolated)
        self.evidence.unreadable.update(inputs.unreadable)
        inputs.custom_fields.fields = tuple(filter(is_by_api_name, services.settings.employee_fields))
        self.custom = CustomFieldReader(
            services.bamboohr,
            inputs.custom_fields,
            services.stop.wait,
            isolated,
            sample=self._directory.ids,
            reads_all=inputs.request.all_employees,
        )
        self._scope = frozenset(services.settings.employee_scope.fields).intersection(fields)
        hidden = any(name not in self._directory.shown for name in fields)
        self._directory_is_enough = self._directory.available and not hidden
        mapping = services.settings.mapping
        self._defaulted_names = [rule for rule in mapping.rules if rule.target in NAMES and mapping.default_last_name]

    def employees(self, wanted: Collection[int], *, for_comparison: bool = False) -> list[Employee]:
        """Return these employees, ordered by id. `for_comparison`: nothing is written to their accounts."""
        ids = sorted(wanted)
        needed = [employee_id for employee_id in ids if self._needs_evidence(employee_id)]
        changed = [employee_id for employee_id in needed if self._deletion_flags.get(employee_id) is False]
        self.evidence.read(needed, must_exist=() if self._directory.available else changed)
        if self.evidence.refused and not self._directory.available:
            raise SourceError(
                "BambooHR refuses both the directory and single employees",
                advice="give the key's user an access level that sees all employees (RUNBOOK, BambooHR)",
            )
        if not for_comparison:
            self.custom.read([employee_id for employee_id in ids if employee_id not in self.evidence.unreadable])
        lost = frozenset(self._inputs.custom_fields.lost(self._inputs.history.last_baseline()))
        return [self._employee(employee_id, lost) for employee_id in ids]

    def verified(self, employees: Collection[Employee]) -> list[Employee]:
        """Return these employees, of whom only the directory was read, with what the evidence shows as well.

        If BambooHR does not return it, or if the key may not see it, their empty fields are not shown in this run.
        """
        try:
            self.evidence.read([one.employee_id for one in employees])
        except SourceError as fault:
            self.unread = fault.message
        return [
            one.with_evidence(self._row(one.employee_id), self.evidence.unreadable.get(one.employee_id, ""))
            for one in employees
        ]

    def _needs_evidence(self, employee_id: int) -> bool:
        """Return whether the directory does not show enough of the employee.

        That is so if it hides them or a needed field, if it shows that they left, if an unreliable field or a field of
        the scope is empty, or if a name that has a default is empty: only evidence distinguishes empty from hidden.
        """
        if employee_id in self._inputs.rows or employee_id in self.evidence.unreadable:
            return False
        listing = self._listing(employee_id)
        if not self._directory_is_enough or listing is None or listing.get("status") == "Inactive":
            return True
        if any(rule.value(listing) == "" for rule in self._defaulted_names):
            return True
        return not self._directory.unreliable_fields | self._scope <= listing.keys()

    def _listing(self, employee_id: int) -> Mapping[str, str] | None:
        """Return what the directory shows, without empty fields of the scope: they may be hidden for this employee."""
        listing = self._directory.facts_of(employee_id)
        if listing is None:
            return None
        return {name: value for name, value in listing.items() if value or name not in self._scope}

    def _row(self, employee_id: int) -> Evidence | None:
        """Return the evidence of an employee, and release it."""
        row = self.evidence.rows.pop(employee_id, None) or self._inputs.rows.pop(employee_id, None)
        if row is None:
            return None
        self._directory.email_index.add(row.facts.get("work_email", ""), employee_id)
        # The empty fields of the scope that many employees have lost decide nothing.
        ignored = self._directory.unreliable_fields & self._scope
        return replace(row, facts={name: value for name, value in row.facts.items() if value or name not in ignored})

    def _employee(self, employee_id: int, lost: Collection[str]) -> Employee:
        unreadable = self.evidence.unreadable.get(employee_id)
        if unreadable is not None:
            return Employee(employee_id, unreadable=unreadable)
        row = self._row(employee_id)
        listing, record = self._listing(employee_id), self._inputs.history.records.get(employee_id)
        self._directory.employees.pop(employee_id, None)
        if row is not None and listing is not None:
            hidden = self._directory.unreliable_fields - listing.keys()
            self._directory.contradicted.update(name for name in hidden if row.facts.get(name))
        return Employee.seen(
            employee_id,
            deleted=self._deletion_flags.get(employee_id, False),
            was_deleted=employee_id not in self._deletion_flags and record is not None and record.deleted,
            listing=listing,
            evidence=row,
            custom={name: value for name, value in self.custom.pop(employee_id).items() if name not in lost},
            incomplete=self.custom.unreadable.get(employee_id, ""),
        )

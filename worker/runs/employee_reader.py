"""Reads what BambooHR shows of each employee: from the directory, and from evidence if that is not enough."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from worker.errors import SourceError
from worker.model.employee import Employee, Evidence
from worker.model.field_catalogue import LIFECYCLE_FIELDS, is_by_api_name
from worker.model.history import FollowUp
from worker.model.mapping import NAMES
from worker.runs.api_fields import ApiFieldReader
from worker.runs.evidence import EvidenceReader
from worker.runs.run_input import RunInput
from worker.runs.services import Services


class EmployeeReader:
    """Reads employees, and with `api_fields` the fields that are read by their API names.

    Each employee can be requested once: their row is then released, because a full pass may read 20,000.

    Attributes:
        read_error: Why empty fields of the directory could not be verified; "" otherwise.
    """

    def __init__(self, services: Services, inputs: RunInput) -> None:
        fields = [name for name in services.settings.employee_fields if not is_by_api_name(name)]
        isolated = inputs.history.with_flag(FollowUp.ISOLATED)
        self.read_error = ""
        self._inputs = inputs
        self._directory = inputs.directory
        self._deleted_by_id = inputs.deleted_by_id
        self.evidence_reader = EvidenceReader(
            services.bamboohr, (*fields, *LIFECYCLE_FIELDS), services.stop.wait, isolated
        )
        self.evidence_reader.refusal_codes.update(inputs.refusal_codes)
        inputs.api_field_stats.fields = tuple(filter(is_by_api_name, services.settings.employee_fields))
        self.api_fields = ApiFieldReader(
            services.bamboohr,
            inputs.api_field_stats,
            services.stop.wait,
            isolated,
            sample=self._directory.ids,
            reads_all=inputs.request.is_full_pass,
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
        changed = [employee_id for employee_id in needed if self._deleted_by_id.get(employee_id) is False]
        self.evidence_reader.read(needed, must_exist=() if self._directory.available else changed)
        if self.evidence_reader.refused and not self._directory.available:
            raise SourceError(
                "BambooHR refuses both the directory and single employees",
                advice="give the key's user an access level that sees all employees (RUNBOOK, BambooHR)",
            )
        if not for_comparison:
            self.api_fields.read(
                [employee_id for employee_id in ids if employee_id not in self.evidence_reader.refusal_codes]
            )
        lost = frozenset(self._inputs.api_field_stats.lost(self._inputs.history.last_baseline()))
        return [self._employee(employee_id, lost) for employee_id in ids]

    def verified(self, employees: Collection[Employee]) -> list[Employee]:
        """Return these employees, of whom only the directory was read, with what the evidence shows as well.

        If BambooHR does not return it, or if the key may not see it, their empty fields are not shown in this run.
        """
        try:
            self.evidence_reader.read([one.employee_id for one in employees])
        except SourceError as fault:
            self.read_error = fault.message
        return [
            one.with_evidence(self._row(one.employee_id), self.evidence_reader.refusal_codes.get(one.employee_id, ""))
            for one in employees
        ]

    def _needs_evidence(self, employee_id: int) -> bool:
        """Return whether the directory does not show enough of the employee.

        That is so if it hides them or a needed field, if it shows that they left, if an unreliable field or a field of
        the scope is empty, or if a name that has a default is empty: only evidence distinguishes empty from hidden.
        """
        if employee_id in self._inputs.rows or employee_id in self.evidence_reader.refusal_codes:
            return False
        directory_row = self._directory_row(employee_id)
        if not self._directory_is_enough or directory_row is None or directory_row.get("status") == "Inactive":
            return True
        if any(rule.value(directory_row) == "" for rule in self._defaulted_names):
            return True
        return not self._directory.unreliable_fields | self._scope <= directory_row.keys()

    def _directory_row(self, employee_id: int) -> Mapping[str, str] | None:
        """Return what the directory shows, without empty fields of the scope: they may be hidden for this employee."""
        directory_row = self._directory.facts_of(employee_id)
        if directory_row is None:
            return None
        return {name: value for name, value in directory_row.items() if value or name not in self._scope}

    def _row(self, employee_id: int) -> Evidence | None:
        """Return the evidence of an employee, and release it."""
        row = self.evidence_reader.rows.pop(employee_id, None) or self._inputs.rows.pop(employee_id, None)
        if row is None:
            return None
        self._directory.email_index.add(row.facts.get("work_email", ""), employee_id)
        # The empty fields of the scope that many employees have lost decide nothing.
        ignored = self._directory.unreliable_fields & self._scope
        return replace(row, facts={name: value for name, value in row.facts.items() if value or name not in ignored})

    def _employee(self, employee_id: int, lost: Collection[str]) -> Employee:
        refusal_code = self.evidence_reader.refusal_codes.get(employee_id)
        if refusal_code is not None:
            return Employee(employee_id, refusal_code=refusal_code)
        row = self._row(employee_id)
        directory_row, record = self._directory_row(employee_id), self._inputs.history.records.get(employee_id)
        self._directory.employees.pop(employee_id, None)
        if row is not None and directory_row is not None:
            hidden = self._directory.unreliable_fields - directory_row.keys()
            self._directory.contradicted.update(name for name in hidden if row.facts.get(name))
        return Employee.seen(
            employee_id,
            deleted=self._deleted_by_id.get(employee_id, False),
            was_deleted=employee_id not in self._deleted_by_id and record is not None and record.deleted,
            directory_row=directory_row,
            evidence=row,
            api_fields={name: value for name, value in self.api_fields.pop(employee_id).items() if name not in lost},
            partial_refusal=self.api_fields.refusal_codes.get(employee_id, ""),
        )

"""The values that an account should have, by what BambooHR shows of its employee, and which of them differ. Pure.

An employee with a single name has it in one of BambooHR's two fields. A new account gets it as the first name, with the
default last name. Later runs keep it as the first name, whichever field BambooHR has it in.

A value that Moodle did not keep when it was sent does not count as a difference until it changes in BambooHR. Sent
again, it would only replace what was entered in Moodle since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from worker.model import reasons
from worker.model.account import Account
from worker.model.employee import Employee
from worker.model.field_kinds import Kinds, is_same, value_to_send
from worker.model.mapping import KEPT_IF_EMPTY, NAMES, FieldMapping
from worker.model.step import FieldChange, Step
from worker.planning.digests import not_kept_digest
from worker.planning.names import same_name
from worker.planning.plan_input import PlanInput


def values_for_new_account(mapping: FieldMapping, employee: Employee) -> dict[str, str]:
    """Return the values of a new account, by Moodle field. Values that BambooHR does not show are left out."""
    values = _mapped(mapping, employee)
    if (name := _single_name(values)) and mapping.default_last_name:
        values.update(firstname=name, lastname=mapping.default_last_name)
    return values


def values_for_update(mapping: FieldMapping, employee: Employee, account: Account) -> dict[str, str]:
    """Return the values that an existing account should have, without the e-mail, which has rules of its own."""
    values = _mapped(mapping, employee)
    has_default = mapping.default_last_name != "" and account.values["lastname"] == mapping.default_last_name
    if has_default and "firstname" not in values and same_name(values.get("lastname", ""), account.values["firstname"]):
        # This is their single name, and BambooHR does not show whether they have another one now.
        del values["lastname"]
    name = _single_name(values)
    if name and (has_default or same_name(name, account.values["firstname"])):
        values.update(firstname=name, lastname="")
    due = mapping.updated - {"email"}
    return {
        target: value for target, value in values.items() if target in due and (value or target not in KEPT_IF_EMPTY)
    }


def fields_to_send_blank(mapping: FieldMapping, values: Mapping[str, str]) -> list[str]:
    """Return the fields of a new account that Moodle would fill with a default, and a later run would clear.

    A field that is only filled on creation keeps Moodle's default.
    """
    rules = [rule for rule in mapping.rules if rule.is_custom and rule.is_updated]
    return [rule.target for rule in rules if values.get(rule.target) == ""]


def _mapped(mapping: FieldMapping, employee: Employee) -> dict[str, str]:
    values = {rule.target: rule.value(employee.facts) for rule in mapping.rules}
    return {target: value for target, value in values.items() if value is not None}


def _single_name(values: Mapping[str, str]) -> str:
    """Return the employee's only name if BambooHR shows that the other one is empty, "" otherwise."""
    names = [values.get(name) for name in NAMES]
    return next(filter(None, names), "") if "" in names and None not in names else ""


def with_differences(plan_input: PlanInput, employee: Employee, step: Step, due: Mapping[str, str]) -> Step:
    """Return the step with a change for each field whose value differs and was not sent in vain before."""
    present = step.account.all_values if step.account else {}
    not_kept: list[tuple[str, str]] = []
    changes = []
    for field, value in due.items():
        shown, sent = present.get(field, ""), value_to_send(plan_input.kinds, field, value)
        if sent is None:
            not_kept.append((field, ""))
        elif is_same(plan_input.kinds, field, sent, shown):
            continue
        elif digest := _remembered(plan_input, employee.employee_id, FieldChange(field, shown, sent)):
            not_kept.append((field, digest))
        else:
            changes.append(FieldChange(field, shown, sent))
    return with_not_kept(replace(step, changes=tuple(changes)), not_kept)


def as_sent(kinds: Kinds, step: Step) -> Step:
    """Return the step of a new account with the values as they are sent to fields of these kinds."""
    sent = [(change, value_to_send(kinds, change.field, change.new)) for change in step.changes]
    changes = tuple(replace(change, new=value) for change, value in sent if value is not None)
    refused = [(change.field, "") for change, value in sent if value is None]
    return with_not_kept(replace(step, changes=changes), refused)


def with_not_kept(step: Step, fields: Iterable[tuple[str, str]]) -> Step:
    """Return the step with more fields whose value Moodle does not keep; see :attr:`Step.not_kept`."""
    not_kept = (*step.not_kept, *fields)
    if not not_kept:
        return step
    notes = [note for note in step.notes if note.code != reasons.NOT_KEPT]
    return replace(step, not_kept=not_kept, notes=(*notes, reasons.not_kept([name for name, _ in not_kept])))


def _remembered(plan_input: PlanInput, employee_id: int, change: FieldChange) -> str:
    """Return the digest of a value that was sent before and that Moodle did not keep; "" for any other."""
    known = plan_input.record(employee_id).not_kept.get(change.field, "")
    if not known or plan_input.settings.resends:
        return ""
    digest = not_kept_digest(employee_id, change.field, change.new, plan_input.settings.digest_key)
    return digest if digest == known else ""

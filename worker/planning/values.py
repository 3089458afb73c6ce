"""The values that an account should have, by what BambooHR shows of its employee. Pure.

An employee with a single name has it in one of BambooHR's two fields. A new account gets it as the first name, with the
default last name. Later runs keep it as the first name, whichever field BambooHR has it in.
"""

from __future__ import annotations

from collections.abc import Mapping

from worker.model.account import Account
from worker.model.employee import Employee
from worker.model.mapping import NAMES, NEVER_CLEARED, FieldMapping
from worker.planning.names import same_name


def created_values(mapping: FieldMapping, employee: Employee) -> dict[str, str]:
    """Return the values of a new account, by Moodle field. Values that BambooHR does not show are left out."""
    values = _mapped(mapping, employee)
    if (name := _single_name(values)) and mapping.default_last_name:
        values.update(firstname=name, lastname=mapping.default_last_name)
    return values


def updated_values(mapping: FieldMapping, employee: Employee, account: Account) -> dict[str, str]:
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
        target: value for target, value in values.items() if target in due and (value or target not in NEVER_CLEARED)
    }


def fields_to_send_blank(mapping: FieldMapping, values: Mapping[str, str]) -> list[str]:
    """Return the fields of a new account that Moodle would fill with a default, although BambooHR has no value.

    A later run would clear them. A field that is only filled on creation keeps Moodle's default.
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

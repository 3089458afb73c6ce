"""What doctor checks of the custom profile fields that the mapping writes: cohorts and courses may follow from them."""

from __future__ import annotations

from collections.abc import Iterator

from worker import advice
from worker.config.settings import Settings
from worker.model.field_kinds import Kinds
from worker.model.mapping import Rule
from worker.runs.checks import LMS, Check, failed, ids, ok, warning
from worker.runs.sync import Preview
from worker.words import counted


def check_profile_fields(seen: Preview, settings: Settings, kinds: Kinds) -> Iterator[Check]:
    """Check that each field exists, and is filled for the accounts of employees for whom BambooHR has a value.

    Args:
        seen: A preview of all employees.
        settings: The mapping.
        kinds: The fields that accounts have shown.
    """
    for rule in settings.mapping.rules:
        if rule.is_custom:
            yield _check(rule, seen, kinds)


def _check(rule: Rule, seen: Preview, kinds: Kinds) -> Check:
    area, name = f"Moodle field {rule.target}", rule.short_name
    lost = [step.employee_id for step in seen.plan.steps if rule.target in dict(step.not_kept)]
    values = _values_in_moodle(rule, seen)
    filled = sum(map(bool, values))
    if rule.target not in kinds and lost:
        return failed(
            area,
            f"was written for {counted(len(lost), 'employee')}, but no account shows a field with the short name"
            f" {name}",
            f"{LMS} to create a custom profile field with this short name, to unlock it, or to let the token's user see"
            f" it; then: {advice.command('sync', '--employee', 'ID')}",
        )
    if rule.target not in kinds:
        return warning(
            area,
            f"no account shows a field with the short name {name}: it does not exist, is hidden, or is empty for all"
            " accounts",
            f"{LMS} whether a custom field with this short name exists and is visible to the token's user; once a run"
            " has written it, doctor can tell",
        )
    if lost:
        return warning(
            area,
            f"Moodle does not keep the value of {counted(len(lost), 'employee')}: {ids(lost)}",
            "see why with: " + advice.command("explain", "--employee", "ID"),
        )
    if values and not filled:
        return warning(
            area,
            f"exists, but is empty for every account whose employee has a value in BambooHR ({len(values):,})",
            "see what a full pass would write: " + advice.command("plan", "--everybody"),
        )
    return ok(
        area, f"exists, and is filled for {filled:,} of {counted(len(values), 'account')} that should have a value"
    )


def _values_in_moodle(rule: Rule, seen: Preview) -> list[str]:
    """Return the field's value in the account of each active employee for whom BambooHR has one."""
    accounts = {step.employee_id: step.account for step in seen.plan.steps if step.account is not None}
    return [
        accounts[employee.employee_id].values.get(rule.target, "")
        for employee in seen.plan.plan_input.working
        if employee.employee_id in accounts and rule.value(employee.facts)
    ]

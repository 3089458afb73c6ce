"""The checks of doctor on all employees, accounts and mapped fields, based on a full pass that writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from worker import advice
from worker.config.settings import Settings
from worker.errors import SyncError
from worker.model import reasons
from worker.model.employee import Employee, day_of, email_key
from worker.model.field_catalogue import DATES, LIFECYCLE_FIELDS, is_by_api_name
from worker.model.field_kinds import Kinds
from worker.model.mapping import NEVER_RETURNED, OFTEN_HIDDEN, Rule
from worker.model.scope import ScopeState
from worker.model.step import Action
from worker.planning.baseline import StatusTally
from worker.planning.second_accounts import possible_second_accounts, unlinked_candidates
from worker.runs.checks import ASK_HR, ASK_MOODLE, Check, failed, ids, ok, ok_unless, warning
from worker.runs.sync import Preview
from worker.words import counted, listed


def check_employees(preview: Preview, settings: Settings) -> Iterator[Check]:
    """Check what BambooHR shows of all employees."""
    plan_input = preview.plan.plan_input
    employees = [one for one in plan_input.employees if one.employee_id not in plan_input.deleted_earlier]
    active = [employee for employee in employees if employee.facts.get("status") == "Active"]
    statuses = preview.inputs.statuses or StatusTally()
    area = "BambooHR List Employees"
    if statuses.employees:
        yield ok(area, f"{counted(statuses.employees, 'employee')}, {statuses.active:,} of them Active")
    else:
        what_to_do = f"{ASK_HR} to let the key's user see all employees"
        yield failed(area, "shows no employee: no leaver can be recognised", what_to_do)
    if unreadable := preview.inputs.refusal_codes:
        yield failed(
            "BambooHR employees",
            f"BambooHR does not answer for {counted(len(unreadable), 'employee')}: {ids(unreadable)}",
            "ask BambooHR's support; all others are read",
        )
    absent = "refused or empty: every employee is read individually, which takes longer"
    yield ok_unless(
        "" if preview.inputs.directory.available else absent,
        "BambooHR directory",
        counted(preview.inputs.directory.row_count, "employee"),
        f"{ASK_HR} to share the directory with the key's user",
    )
    yield from _fields(settings, employees, active, statuses)
    yield from _scope(preview, active)
    addresses = ((email_key(employee.facts.get("work_email", "")), employee.employee_id) for employee in active)
    count, sharing = _duplicates(addresses)
    yield ok_unless(
        f"{counted(count, 'address', 'addresses')} used by several employees: {ids(sharing)}" if count else "",
        "BambooHR e-mail addresses",
        "no two employees share one",
        f"{ASK_HR}: each employee needs a separate address, or the later one gets no account",
    )


def _fields(
    settings: Settings, everyone: Sequence[Employee], active: Sequence[Employee], statuses: StatusTally
) -> Iterator[Check]:
    for name in dict.fromkeys((*LIFECYCLE_FIELDS, *settings.employee_fields)) if everyone else ():
        area, let_see = f"BambooHR field {name}", f"{ASK_HR} to let the key's user see it"
        # The status decides who is active, so it is checked for all employees.
        employees = everyone if name == "status" else active or everyone
        restricted = sum(name in employee.restricted or name not in employee.facts for employee in employees)
        filled = sum(bool(employee.facts.get(name)) for employee in employees)
        no_dates = filled - sum(day_of(one.facts, name) is not None for one in employees) if name in DATES else 0
        if restricted == len(employees):
            spelling = "check how BambooHR spells its API name, or " if is_by_api_name(name) else ""
            yield failed(area, "is not shown for any employee", f"{spelling}{let_see}")
        elif restricted:
            yield warning(area, f"is not shown for {restricted} of {len(employees)}", let_see)
        elif name == "status" and statuses.unknown:
            words = listed(statuses.unknown_words)
            what = f"is neither Active nor Inactive for {statuses.unknown.total():,} of {statuses.employees:,}"
            report = warning if statuses.recognised else failed
            what_to_do = f"{ASK_HR} what it means: it is not known whether these employees left"
            yield report(area, f"{what} ({words})" if words else what, what_to_do)
        elif no_dates:
            report = warning if no_dates < filled else failed
            what_to_do = f"{ASK_HR} to correct them; if all dates are such, ask BambooHR's support"
            yield report(area, f"cannot be read as a date (YYYY-MM-DD) for {no_dates} of {filled}", what_to_do)
        elif not filled and name == "status":
            yield failed(area, "is empty for all employees: no leaver can be recognised", f"{ASK_HR} to fill it")
        elif not filled and name != "termination_date":
            yield warning(area, "is empty for all employees", "check that the mapping names the right field")
        elif name != "termination_date":
            share = f"{filled * 100 // len(employees)} %"
            yield ok(area, f"filled for {share} of the {'' if name == 'status' else 'active '}employees")


def _scope(preview: Preview, active: Sequence[Employee]) -> Iterator[Check]:
    """Check that the scope, if there is one, and each value that it allows match employees."""
    plan_input = preview.plan.plan_input
    if not plan_input.settings.scope:
        return
    inside = sum(plan_input.scope_states[employee.employee_id] is ScopeState.IN for employee in active)
    says = f"{inside} of {len(active)} active employees are in scope"
    if unmatched := preview.inputs.scope_tally.unmatched():
        says += f"; no employee has what it allows: {', '.join(unmatched)}"
    what_to_do = "check how BambooHR spells the values of SCOPE, and drop what no employee has"
    yield ok_unless(says if unmatched or not inside else "", "scope", says, what_to_do)


def check_accounts(preview: Preview, settings: Settings, unexplained: Sequence[int]) -> Iterator[Check]:
    """Check Moodle's accounts, of which `unexplained` belong to no employee, and how employees would be linked."""
    yield from _authentication(preview, settings)
    if isinstance(preview.accounts, SyncError):
        yield warning("Moodle accounts", f"cannot be listed: {preview.accounts.message}", preview.accounts.advice)
    elif preview.accounts is not None:
        count, sharing = _duplicates((account.idnumber, account.id) for account in preview.accounts)
        yield ok_unless(
            f"{counted(count, 'idnumber')} on several accounts: {ids(sharing)}" if count else "",
            "Moodle idnumbers",
            "each is on one account only",
            f"{ASK_MOODLE} to leave each on one account; until then the employees are conflicts",
        )
    if unexplained:
        yield warning(
            "accounts without an employee",
            f"{counted(len(unexplained), 'active account')} without an employee: {ids(unexplained)}",
            "find out whose they are; no run ever changes them",
        )
    unreadable = [step for step in preview.plan.steps if step.reason.code == "unreadable_account"]
    if unreadable and not preview.plan.accounts:
        reason = unreadable[0].reason
        what = f"Moodle returns no account of any employee, of {counted(len(unreadable), 'employee')} for this reason"
        what_to_do = reason.advice_for(*(step.employee_id for step in unreadable))
        yield failed("Moodle accounts of employees", f"{what}: {reason.text}", what_to_do)
    yield from _not_compared(preview, settings)
    yield from _links(preview)


def _authentication(preview: Preview, settings: Settings) -> Iterator[Check]:
    area = f"Moodle auth {settings.moodle_auth}"
    if settings.moodle_auth in ("manual", "email"):
        yield failed(
            area,
            "keeps passwords itself, and none is ever sent: Moodle refuses every new account",
            "set MOODLE_AUTH to the plugin that users log in with, such as oidc",
        )
    if isinstance(preview.accounts, list):
        unused = "no account uses it: the plugin may not be installed (Moodle accepts any that is, even a disabled one)"
        yield ok_unless(
            "" if preview.accounts else unused,
            area,
            f"used by {counted(len(preview.accounts), 'account')}",
            f"{ASK_MOODLE} whether it is installed and enabled, before the first run",
        )


def _not_compared(preview: Preview, settings: Settings) -> Iterator[Check]:
    """Name the mapped fields that Moodle does not return, so that differences in them cannot be found."""
    for name in (rule.target for rule in settings.mapping.rules):
        if name in NEVER_RETURNED:
            yield warning(
                f"Moodle field {name}",
                "no look-up returns it: it is written to new accounts only",
                "map a custom profile field as well if existing accounts have to follow BambooHR",
            )
        elif name in OFTEN_HIDDEN and not any(account.values.get(name) for account in preview.plan.accounts.values()):
            yield warning(
                f"Moodle field {name}",
                "no account shows it: it is empty for all accounts, or the site hides it from the token",
                f"{ASK_MOODLE} to add it to the site's setting showuseridentity, unless it is empty for all accounts",
            )


def _links(preview: Preview) -> Iterator[Check]:
    steps = preview.plan.steps
    by_idnumber = sum(step.account is not None and step.account.idnumber == str(step.employee_id) for step in steps)
    linked = sum(step.reason is reasons.LINKED for step in steps)
    created = preview.plan.counts[Action.CREATE]
    links = f"{by_idnumber} by idnumber, {linked} would be linked by e-mail, {created} would be created"
    yield ok("accounts and employees", links)
    again = possible_second_accounts(preview.plan)
    if again:
        yield warning(
            "possible second accounts",
            f"{counted(len(again), 'employee')} with both names of an employee who left would get a new account:"
            f" {ids(again)} (as {ids([*again.values()])})",
            f"{ASK_HR} whether they were hired again; then enter the new id as the idnumber of the former account",
        )
    if isinstance(preview.accounts, list) and (namesakes := unlinked_candidates(preview.plan, preview.accounts)):
        yield warning(
            "possible duplicate accounts",
            f"{counted(len(namesakes), 'employee')} would get a new account although an account without an idnumber has"
            f" both names, or the username without its domain: {ids(namesakes)}"
            f" (accounts {ids([*namesakes.values()])})",
            "if an account is the employee's, enter the employee id as its idnumber before the first run",
        )
    conflicts = {step.employee_id: step.reason.code for step in steps if step.action is Action.CONFLICT}
    if conflicts:
        named = ", ".join(f"{count} {code}" for code, count in sorted(Counter(conflicts.values()).items()))
        yield warning(
            "conflicts",
            f"{counted(len(conflicts), 'employee')} ({named}): {ids(conflicts)}",
            "see each with: " + advice.command_for(["explain", "--employee", "ID"], sorted(conflicts)),
        )
    suspended = sum(step.action is Action.SUSPEND or step.reason.code == "suspension_held" for step in steps)
    if suspended:
        yield warning(
            "suspensions",
            f"a reconcile would suspend {counted(suspended, 'account')}",
            "see them with: " + advice.command("plan", "--everybody"),
        )


def check_profile_fields(preview: Preview, settings: Settings, kinds: Kinds) -> Iterator[Check]:
    """Check that each custom field exists, and has a value in the accounts of employees for whom BambooHR has one.

    `kinds`: the fields that accounts have shown.
    """
    for rule in settings.mapping.rules:
        if rule.is_custom:
            yield _profile_field(rule, preview, kinds)


def _profile_field(rule: Rule, preview: Preview, kinds: Kinds) -> Check:
    area, field = f"Moodle field {rule.target}", f"a field with the short name {rule.short_name}"
    lost = [step.employee_id for step in preview.plan.steps if rule.target in dict(step.not_kept)]
    accounts = {step.employee_id: step.account for step in preview.plan.steps if step.account is not None}
    values = [
        accounts[employee.employee_id].values.get(rule.target, "")
        for employee in preview.plan.plan_input.active_employees
        if employee.employee_id in accounts and rule.value(employee.facts)
    ]
    if rule.target not in kinds and lost:
        return failed(
            area,
            f"was written for {counted(len(lost), 'employee')}, but no account shows {field}",
            f"{ASK_MOODLE} to create a custom profile field with this short name, to unlock it, or to let the token's"
            f" user see it; then: {advice.command_for(['sync', '--employee', 'ID'], lost)}",
        )
    if rule.target not in kinds:
        return warning(
            area,
            f"no account shows {field}: it does not exist, is hidden, or is empty for all accounts",
            f"{ASK_MOODLE} whether a custom field with this short name exists and is visible to the token's user; once"
            " a run has written it, doctor can tell",
        )
    if lost:
        return warning(
            area,
            f"Moodle does not keep the value of {counted(len(lost), 'employee')}: {ids(lost)}",
            "see why with: " + advice.command_for(["explain", "--employee", "ID"], lost),
        )
    if values and not any(values):
        return warning(
            area,
            f"exists, but is empty for every account whose employee has a value in BambooHR ({len(values):,})",
            "see what a full pass would write: " + advice.command("plan", "--everybody"),
        )
    filled, accounts_due = sum(map(bool, values)), counted(len(values), "account")
    return ok(area, f"exists, and is filled for {filled:,} of {accounts_due} that should have a value")


def _duplicates(pairs: Iterator[tuple[str, int]]) -> tuple[int, set[int]]:
    """Return how many values are on several ids, and these ids."""
    found: dict[str, list[int]] = {}
    for value, owner_id in pairs:
        if value:
            found.setdefault(value, []).append(owner_id)
    several = [owner_ids for owner_ids in found.values() if len(owner_ids) > 1]
    return len(several), {owner_id for owner_ids in several for owner_id in owner_ids}

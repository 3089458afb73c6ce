"""New accounts of employees who may already have one, from a former employment or not linked to them. Pure.

Only names and usernames can be compared, and namesakes share them: this is a hint for an operator, and holds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from worker.model.account import AccountRef
from worker.model.step import Action, Step
from worker.planning.names import ShownNames, words_of
from worker.planning.planner import Plan


def possible_second_accounts(plan: Plan) -> dict[int, int]:
    """Return the employees who get a new account, each with a leaver whose account has both their names."""
    left: dict[frozenset[str], int] = {}
    for step in plan.steps:
        account, is_leaver = step.account, step.employee_id in plan.plan_input.leavers
        if is_leaver and account is not None and account.idnumber == str(step.employee_id):
            left[words_of(account.values["firstname"], account.values["lastname"])] = step.employee_id
    found: dict[int, int] = {}
    for step in _creations(plan):
        names = ShownNames.of(plan.plan_input.by_id[step.employee_id], plan.plan_input.settings.mapping)
        former = next((left[words] for words in map(words_of, names.wholes()) if words in left), None)
        if former is not None:
            found[step.employee_id] = former
    return found


def unlinked_candidates(plan: Plan, accounts: Iterable[AccountRef]) -> dict[int, int]:
    """Return the employees who get a new account, each with one of these accounts that may be theirs.

    Such an account has no idnumber, and either both names of the employee or their username without its domain.
    """
    taken = {step.account_id for step in plan.steps}
    unlinked = [account for account in accounts if not account.idnumber and account.id not in taken]
    by_name = {words_of(account.full_name): account.id for account in unlinked if account.full_name}
    by_username = {_local_part(account.username): account.id for account in unlinked}
    found: dict[int, int] = {}
    for step in _creations(plan):
        planned = (*step.changes, *(change for part in step.held for change in part.changes))
        new = {change.field: change.new for change in planned}
        names = words_of(new.get("firstname", ""), new.get("lastname", ""))
        account = by_name.get(names) or by_username.get(_local_part(new.get("username", "")))
        if account is not None:
            found[step.employee_id] = account
    return found


def _creations(plan: Plan) -> Iterator[Step]:
    """Return the steps that create an account, or would if no guard held them."""
    return (step for step in plan.steps if step.action is Action.CREATE or (step.held and step.account is None))


def _local_part(username: str) -> str:
    return username.split("@", 1)[0].casefold()

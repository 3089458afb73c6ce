"""Why an employee was written, held, skipped or refused, in words for the operator.

A reason names employees and accounts by id only. Those about whose account it is, or who has an address or a username,
are in :mod:`worker.model.account_reasons`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from worker.advice import resolve
from worker.words import employees_named


@dataclass(frozen=True, slots=True)
class Reason:
    """A stable code, a text whose subject is the employee, and advice; "" if there is nothing to do.

    For the placeholders of the advice, see :func:`worker.advice.resolve`. `counter`: the count of the summary for
    employees who are skipped or held for this reason.
    """

    code: str
    text: str
    advice_template: str = ""
    counter: str = "no_evidence"

    @property
    def advice(self) -> str:
        """What to do, with commands as the reader types them."""
        return resolve(self.advice_template)

    def advice_for(self, *employees: int) -> str:
        """Return what to do about these employees."""
        return resolve(self.advice_template, employees)

    def in_words(self, *employees: int) -> str:
        """Return the text and, if there is anything to do about these employees, the advice."""
        return "; ".join(filter(None, (self.text, self.advice_for(*employees))))

    def with_run_in_advice(self, run_id: str) -> Reason:
        """Return the reason with the run that held it in place of RUN in its advice."""
        return replace(self, advice_template=self.advice_template.replace("approve RUN ", f"approve {run_id} "))


NEW = Reason("new", "works here and has no account yet")
DIFFERS = Reason("differs", "BambooHR and Moodle differ")
LINKED = Reason("linked", "the account with the employee's e-mail address had no idnumber; it is now linked to them")
RELINKED = Reason("relinked", "works here again under a new id; the account has the new id as its idnumber")
RETURNED = Reason("returned", "works here again, or is in scope again; this product had suspended the account")
REACTIVATED = Reason("reactivated", "works here; the account is reactivated as you asked (--reactivate or REACTIVATE)")
LEFT = Reason("left", "BambooHR says Inactive or Deleted")
IN_SYNC = Reason("in_step", "nothing differs")
ALREADY_SUSPENDED = Reason("already_suspended", "left, and the account is already suspended")
LEFT_WITHOUT_ACCOUNT = Reason("left_without_account", "left, and there is no account", counter="skipped_deleted")

NO_EMAIL = Reason(
    "no_email",
    "has no work e-mail, and no account can be created without one",
    "enter it in BambooHR",
    counter="skipped_no_email",
)
INVALID_EMAIL = Reason(
    "invalid_email", "Moodle does not accept the work e-mail", "correct it in BambooHR", counter="skipped_invalid_email"
)
NO_NAME = Reason(
    "no_name",
    "has no first name or no last name, and no account can be created without both",
    "enter it in BambooHR, or set DEFAULT_LAST_NAME for employees with a single name",
    counter="skipped_no_name",
)
INVALID_USERNAME = Reason(
    "invalid_username",
    "the username made by USERNAME_TEMPLATE has characters that Moodle does not accept, or more than 100",
    "change the e-mail address or USERNAME_TEMPLATE, or set EXTENDED_USERNAMES to true if Moodle's"
    " extendedusernamechars is on; a username is never rewritten",
    counter="skipped_invalid_username",
)
PROTECTED = Reason("protected", "a protected account or employee; nothing is ever written", counter="skipped_protected")

UNDONE = Reason(
    "undone",
    "an operator undid what a run had written; nothing is written until the employee changes again in BambooHR",
    "to release the employee earlier, and have the next run write what BambooHR shows: {command:people retry ID}",
    counter="held_undone",
)
NOT_DUE = Reason(
    "not_due",
    "is on the list, but no change listed for them is due any more",
    "see: {command:explain --employee ID}",
    counter="not_due",
)
NOT_APPROVED = Reason(
    "not_approved",
    "has the address or username that an approved change needs, and nothing was approved for them",
    counter="not_approved",
)
NOTHING_TO_UNDO = Reason("nothing_to_undo", "the account has none of the values that the run set out to write")
TAKEN_BACK = Reason("taken_back", "what that run wrote is undone")
CANNOT_BE_BLANK = Reason(
    "cannot_be_blank",
    "the run filled a blank name or address; a blank one is never sent to Moodle, so the new value stays",
    "correct it by hand if needed",
)

STATUS_UNKNOWN = Reason(
    "no_evidence",
    "BambooHR does not say whether the employee works here (no row, or a status that is empty, restricted or unknown)",
    "let the key's user see the employee and their status; every run asks again until then",
)
UNKNOWN_EMPLOYEE = Reason(
    "unknown_employee",
    "BambooHR shows the key's user nothing for this employee id",
    "check the id; later runs do not ask again",
)
DELETED_BUT_SHOWN = Reason(
    "deleted_but_shown",
    "BambooHR reports the employee as deleted, but still shows them",
    "check the employee's record in BambooHR; every run asks again until it is clear",
)
DELETED_EARLIER = Reason(
    "deleted_earlier",
    "BambooHR reported the employee as deleted earlier, and their account, suspended then, may be active again",
    "suspend it in Moodle if they left; every run asks again until then",
)
HIRE_DATE_UNREADABLE = Reason(
    "hire_date_unreadable",
    "is inactive, and the hire date that BambooHR shows cannot be read: they may not have started yet",
    "correct the hire date in BambooHR; every run asks again until then",
)
STARTS_LATER = Reason(
    "starts_later", "the first day is today or later; every run asks again until then", counter="waiting_for_start"
)
START_NOT_SHOWN = Reason(
    "start_not_shown",
    "is inactive, and BambooHR does not show the hire date: they may not have started yet",
    "let the key's user see hire dates",
)
_UNSURE = (
    "the account with their e-mail address may belong to another person (the names differ, or another employee has the"
    " address)"
)
_SUSPEND_BY_HAND = "suspend it by hand, or enter the employee id as its idnumber"
LEAVER_UNSURE = Reason("leaver_unsure", f"left; {_UNSURE}", _SUSPEND_BY_HAND)
OUT_OF_SCOPE_UNSURE = Reason("out_of_scope_unsure", f"is out of scope; {_UNSURE}", _SUSPEND_BY_HAND)
LINK_UNSURE = Reason(
    "link_unsure",
    "no name can be compared with that of the account with their e-mail address, and the directory shows less of the"
    " company than before: the address may belong to another person",
    "nothing if the directory is complete in the next run; otherwise enter the employee id as the account's idnumber",
)
SUSPENDED_ELSEWHERE = Reason(
    "suspended_elsewhere",
    "works here, and the account is suspended, but not by this product: it stays suspended",
    "reactivate it in Moodle, or with: {command:sync --employee ID --reactivate}",
)
EMAIL_KEPT = Reason("email_kept", "Moodle does not accept the work e-mail; the account keeps its current one")


SCOPE_NOT_SHOWN = "scope_not_shown"
OUT_OF_SCOPE = "out_of_scope"
"""The code of every employee who works here and is out of scope."""


NEEDS_ANOTHER = "needs_another"
"""The code of an approved change that needs another one, which was not approved with it."""


def needs_another(run_id: str, *, own: bool, others: Sequence[int], together: Sequence[int]) -> Reason:
    """An approved change is still due and cannot be written alone.

    Args:
        own: It needs the change of identity of the same account.
        others: The employees whose changes it needs and who were not approved.
        together: All employees whose changes it needs.
    """
    changes = ["the account's change of identity"] if own else []
    changes += [f"the change{'s' if len(others) > 1 else ''} of {employees_named(others)}"] if others else []
    options = " ".join(f"--employee {one}" for one in ("ID", *together))
    return Reason(
        NEEDS_ANOTHER,
        f"is on the list, and the change is still due, but it needs {' and '.join(changes)}, not approved with it",
        f"approve them together: {{command:approve {run_id} {options}}}; if that run did not hold all of them as they"
        " are due now, the next run makes a new list",
    )


def out_of_scope(field: str, deciding_list: str) -> Reason:
    """Return why an employee is out of scope, by which field and list."""
    why = "has none of the allowed values" if deciding_list == "allow" else "has an excluded value"
    return Reason(OUT_OF_SCOPE, f"is out of scope: {field} {why}", counter="skipped_out_of_scope")


def scope_not_shown(fields: Iterable[str]) -> Reason:
    """BambooHR does not show the fields by which an employee is in scope or out of it."""
    text = f"BambooHR does not show {', '.join(sorted(fields))}, which decides whether they are in scope"
    advice = "let the key's user see it; every run asks again until then"
    return Reason(SCOPE_NOT_SHOWN, text, advice, counter="scope_not_shown")


def edited_since(fields: Iterable[str], unread: Iterable[str] = ()) -> Reason:
    """The account does not hold what the run wrote to these fields; whether it ever held `unread` is not known."""
    text = f"changed since that run, and left unchanged: {', '.join(fields)}"
    if names := ", ".join(unread):
        text += f" (the run ended before it could read {names} back: Moodle may not have kept the value that was sent)"
    advice = "check these fields of the account, and correct them by hand if needed"
    return Reason("edited_since", text, advice, counter="edited_since")


NOT_KEPT = "not_kept"
"""The code of values that BambooHR has and Moodle does not keep."""


def not_kept(fields: Iterable[str]) -> Reason:
    """Moodle stores a different value from the one that was sent, or the field's type has no such value."""
    return Reason(
        NOT_KEPT,
        f"Moodle does not keep what BambooHR has for {', '.join(sorted(fields))}; it is not sent again until it changes"
        " in BambooHR",
        "correct the field in Moodle, the value in BambooHR or the mapping; after a correction in Moodle:"
        " {command:sync --employee ID}",
    )


def field_not_shown(fields: Iterable[str]) -> Reason:
    """BambooHR does not show fields that a new account needs."""
    text = f"BambooHR does not show {', '.join(sorted(fields))}, which a new account needs"
    return Reason("field_not_shown", text, "let the key's user see it; every run asks again until then")


def unreadable_value(field: str) -> Reason:
    """BambooHR's value of a field that a new account needs is damaged."""
    text = f"BambooHR's value of {field}, which a new account needs, has a character that cannot be read"
    counter = "skipped_invalid_email" if field == "work_email" else "skipped_no_name"
    return Reason("unreadable_value", text, "correct it in BambooHR", counter)


def unreadable_kept(fields: Iterable[str]) -> Reason:
    """BambooHR's values of these fields are damaged; the account keeps what it has."""
    named = ", ".join(sorted(fields))
    text = f"BambooHR's value of {named} has a character that cannot be read; the account keeps its own"
    return Reason("unreadable_kept", text, "correct it in BambooHR")


UNCONFIRMED = "unconfirmed"
"""The code of every match that is contradicted: it is held until BambooHR or Moodle changes, or an operator approves
it for the employee."""


def _repair(code: str) -> str:
    # BambooHR answers with 200, or with an error: another page is that of a server in between.
    if code.startswith(("HTTP 2", "HTTP 3")):
        return "A firewall or proxy answers in BambooHR's place: ask its operator to let requests to BambooHR through."
    return (
        "open the employee in BambooHR and look for a value that is damaged; if there is none, ask BambooHR's support."
    )


def unreadable_employee(code: str) -> Reason:
    """BambooHR cannot answer for one employee, who is left as they are."""
    text = f"BambooHR cannot return this employee's record ({code})"
    return Reason("unreadable_employee", text, f"{_repair(code)} Nothing is written for the employee until then")


def unreadable_fields(code: str) -> Reason:
    """BambooHR cannot answer for some fields of one employee; everything else is written."""
    text = f"BambooHR cannot return some of this employee's fields ({code})"
    return Reason(
        "unreadable_fields", text, f"{_repair(code)} The account keeps what it has in these fields until then"
    )


def of_leaver(unread: Reason) -> Reason:
    """The account of an employee who has left cannot be read, and therefore not be suspended."""
    first = "the employee has left, and the account may still be active: suspend it by hand"
    return replace(unread, advice_template=f"{first}; {unread.advice_template}")


WITHOUT_ACCOUNT = frozenset(
    {"no_email", "invalid_email", "no_name", "invalid_username", "field_not_shown", "unreadable_value"}
)
"""Codes of employees who should have an account, and get none until BambooHR or a setting changes."""

RELEASED = Reason("released", "an operator released the employee; the next run takes them")

_WITH_FIELD = (field_not_shown(["a field"]), unreadable_value("a field"))
_GENERAL = {one.code: one for one in (*globals().values(), *_WITH_FIELD) if isinstance(one, Reason)}


def by_code(code: str) -> Reason | None:
    """Return a reason in general words; None for a code whose words need the employee."""
    return _GENERAL.get(code)


IN_COMMON = {
    UNCONFIRMED: "the account may belong to another person",
    "several_accounts": "more than one account could be the employee's",
    "idnumber_has_blanks": "the idnumber of the account has a blank before or after the employee id",
    "email_taken": "the e-mail address belongs to another account",
    "email_disputed": "another employee has the same work e-mail in BambooHR",
    "email_swapped": "employees would swap addresses",
    "username_taken": "the username belongs to another account or employee",
    "unreadable_account": "Moodle cannot answer a look-up of the employee",
    "unreadable_employee": "BambooHR cannot return the employee's record",
    "unreadable_fields": "BambooHR cannot return some of the employee's fields",
}
"""The general words of reasons that name an employee, an account or a refusal. Each run finds such a reason again."""

REFUSED_ALONE = frozenset({"unreadable_account", "unreadable_employee", "unreadable_fields"})
"""Codes of employees who cannot be read, though all others can."""

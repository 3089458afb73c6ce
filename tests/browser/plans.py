"""Plans to open: an ordinary run of a company, a very large one, and one with hostile text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from worker.reports.report import Cell, HeldClass, Report, Row

HOSTILE = (
    "</script><script>window.pwned = 1</script>",
    '"><img src=x onerror="window.pwned = 1">',
    "<svg onload=window.pwned=1>",
    "</style><style>body { display: none }</style>",
    "' onmouseover='window.pwned = 1",
    "&lt;b&gt; & <!-- ",
    "javascript:window.pwned=1",
    "\u05d3\u05e0\u05d4 \u05db\u05d4\u05df",
    "\u202egnp.exe",
    "\U0001f469\u200d\U0001f4bb \U0001f9d1\U0001f3fd",
    "a" * 255,
    "Anna\u200b ",
    "Van\u00a0Dyk",
    "",
)

_FIRST = (
    "Amara",
    "Bj\u00f6rn",
    "Chlo\u00e9",
    "Daniel",
    "Elif",
    "Farah",
    "Grzegorz",
    "Hana",
    "Ines",
    "J\u00fcrgen",
    "Kwame",
)
_LAST = (
    "Okafor",
    "M\u00fcller",
    "Dubois",
    "Kowalski",
    "Yilmaz",
    "Haddad",
    "O'Brien",
    "Nov\u00e1k",
    "da Silva",
    "Tanaka",
)
_PLACES = ("Utrecht", "Berlin", "Kigali", "Toronto", "Singapore")
_TEAMS = ("Finance", "Customer Operations", "People & Culture", "Research and Development", "Sales EMEA")


_WHY_SUSPEND = "5 suspensions are due after 8 in the last 24 hours, 10 allowed"
_WHY_IDENTITY = (
    "5 changes of identity are due after 7 in the last 24 hours, 10 allowed; the e-mail domain changes from"
    " acme.example to acme-group.example for 5 of 5"
)


def plan(rows: Iterable[Row], *, shows_values: bool = False, **more: object) -> Report:
    """A report of these rows."""
    listed = tuple(rows)
    fields: dict[str, object] = {
        "run_id": "20260412T021500Z-7f3a",
        "made_at": "2026-04-12T02:15:07+00:00",
        "selection": "all",
        "since": "2026-04-11T02:15:02+00:00",
        "counts": Counter(row.action for row in listed),
        "site": "learn.example.com",
        "company_domain": "acme",
        "environment": "prod",
        "errors": sum(row.action == "conflict" or bool(row.problem) for row in listed),
        "employee_url": "https://acme.bamboohr.com/employees/employee.php?id=",
        "account_url": "https://learn.example.com/user/profile.php?id=",
        **more,
    }
    return Report(rows=listed, shows_values=shows_values, **fields)  # type: ignore[arg-type]


def a_run(*, shows_values: bool) -> Report:
    """120 employees, with every action and every kind of text."""
    rows = [_row(number, shows_values) for number in range(120)]
    rows.sort(key=lambda row: row.employee_id)
    return plan(
        rows,
        shows_values=shows_values,
        warnings=(
            "The last complete run ended 3 days ago; this plan covers the time since.",
            "work_email is filled for 91 % of the directory, 97 % before.",
        ),
        reconcile_due=True,
        held=(
            HeldClass("suspend", "5 suspensions held", _WHY_SUSPEND),
            HeldClass("identity", "5 changes of identity held", _WHY_IDENTITY),
        ),
    )


def very_large(count: int = 20_000) -> Report:
    """A first run, with values: every kind of row, each with its changes."""
    return plan([_row(number, True) for number in range(count)], shows_values=True, selection="everybody")


def hostile() -> Report:
    """Hostile text, as it can be typed into a field, in every place where text goes."""
    rows = [
        Row(
            employee_id=number,
            action="update",
            code=text or "differs",
            reason=f"BambooHR and Moodle differ {text}",
            advice=text,
            account_id=number + 1000,
            cells=(Cell(text or "firstname", text, text + "2"), Cell("lastname", None, text)),
            problem=text,
            notes=(text, text),
            name=text,
            department=text,
        )
        for number, text in enumerate(HOSTILE, start=1)
    ]
    everything = " ".join(HOSTILE)
    return plan(
        rows,
        shows_values=True,
        warnings=HOSTILE,
        company_domain=everything,
        site=everything,
        run_id=everything,
        selection="all",
        environment=everything,
        held=(HeldClass(everything, everything, everything),),
    )


def _row(number: int, shows_values: bool) -> Row:
    first, last = _FIRST[number % len(_FIRST)], _LAST[number % len(_LAST)]
    employee, account = 1000 + number * 7 % 20_011, 300 + number
    mail = f"{first}.{last}@acme.example".lower().replace("'", "").replace(" ", "")
    place, team = _PLACES[number % len(_PLACES)], _TEAMS[number // 3 % len(_TEAMS)]
    who: dict[str, Any] = {"name": f"{first} {last}", "department": team} if shows_values else {}

    def row(action: str, code: str, reason: str, advice: str = "", at: int | None = account, **more: Any) -> Row:
        return Row(employee, action, code, reason, advice, at, **who, **more)

    def cell(name: str, old: str | None, new: str, **more: Any) -> Cell:
        return Cell(name, old, new, **more) if shows_values else Cell(name, **more)

    def cells(*triples: tuple[str, str | None, str], held: str = "") -> tuple[Cell, ...]:
        return tuple(cell(*triple, held=held) for triple in triples)

    def suspended(held: str = "") -> tuple[Cell, ...]:
        return (cell("suspended", "0", "1", held=held, states=("active", "suspended")),)

    kind = number % 24
    if kind == 0:
        return row(
            "conflict", "email_taken", f"the e-mail address belongs to another account, account {account}",
            "change that account's address; or, if it is the employee's, enter the employee id as its idnumber", None,
        )  # fmt: skip
    if kind == 1:
        return row(
            "hold", "no_evidence",
            "BambooHR does not say whether the employee works here (no row, or a status that is empty, restricted or"
            " unknown)",
            "let the key's user see the employee and their status; every run asks again until then",
        )  # fmt: skip
    if kind == 2:
        return row(
            "hold", "suspension_held", f"a guard holds all suspensions of this run: {_WHY_SUSPEND}",
            "check the employees named", cells=suspended("suspend"), held=("suspend",), would="suspend",
        )  # fmt: skip
    if kind == 3:
        return row("suspend", "left", "BambooHR says Inactive or Deleted", cells=suspended())
    if kind == 4 and number < 100:
        return row(
            "reactivate", "returned", "works here again; this product had suspended the account",
            cells=(Cell("suspended", states=("suspended", "active")), *cells(("department", "", team))),
        )  # fmt: skip
    if kind < 10:
        return row(
            "create", "new", "works here and has no account yet", "", None,
            cells=cells(
                ("username", None, mail), ("email", None, mail), ("firstname", None, first), ("lastname", None, last),
                ("idnumber", None, str(employee)), ("department", None, team), ("city", None, place),
            ),
            notes=("country is not shown by BambooHR; the account is made without it",) if kind == 9 else (),
        )  # fmt: skip
    if kind == 10:
        return row(
            "update", "differs", "BambooHR and Moodle differ", held=("identity",),
            hold=f"a guard holds all changes of identity of this run: {_WHY_IDENTITY}",
            cells=(
                *cells(("department", _TEAMS[(number // 3 + 2) % 5], team)),
                *cells(("email", mail, mail.replace("acme", "acme-group")), held="identity"),
            ),
        )  # fmt: skip
    if kind < 18:
        several = (
            ("department", _TEAMS[(number // 3 + 2) % 5], team),
            ("profile_field_cost_center", "", f"CC-{number * 37 % 997}"),
        )
        one = (("lastname", last, f"{last}-{_LAST[(number + 3) % 10]}"),)
        problem = "the new username has characters that Moodle does not accept; the account keeps its current one"
        return row(
            "update", "differs", "BambooHR and Moodle differ",
            cells=cells(*(several if kind % 2 else one)), problem=problem if kind == 17 else "",
            notes=("linked: the account with the employee's e-mail address now carries their id",) * (kind == 16),
        )  # fmt: skip
    if kind == 18:
        return row("hold", "starts_later", "the first day is today or later; every run asks again until then", "", None)
    if kind < 21:
        return row(
            "skip", "no_email", "has no work e-mail, and no account can be created without one", "enter it in BambooHR",
            None,
        )  # fmt: skip
    return row("unchanged", "in_step", "nothing differs")

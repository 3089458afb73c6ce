"""Which values are written to a new account, and what it needs to be created."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.worker.builders import (
    account,
    account_of,
    hidden,
    listed,
    mapping_of,
    run_settings,
    step_of,
    writes,
)
from tests.worker.planning.cases import STRANGER, Case, Values, case
from tests.worker.planning.field_cases import (
    ADA,
    BARE,
    BLANKS,
    COUNTRY,
    DASH,
    DATE,
    HIDEABLE,
    IN_CORK,
    INCOMPLETE,
    NEW,
    ONLY_NEW,
    PREFERRED,
    SITE,
    SPOKEN,
    SPOKEN_OR_ENGLISH,
)
from worker.model.employee import Employee
from worker.model.moodle_fields import LENGTHS
from worker.model.step import FieldChange

DEFAULT: Values = {"mapping": mapping_of(department={"from": "department", "default": "Nowhere"})}
EXTENDED: Values = {"mapping": run_settings(EXTENDED_USERNAMES="true").mapping}


# A new account


def test_a_new_account_gets_every_known_value_and_no_password() -> None:
    step = step_of(ADA)

    assert step.changes == tuple(
        FieldChange(field, None, value)
        for field, value in (
            ("auth", "oidc"),
            ("idnumber", "7"),
            ("username", "ada@acme.example"),
            ("firstname", "Ada"),
            ("lastname", "Lovelace"),
            ("department", "Engines"),
            ("email", "Ada@acme.example"),  # last, so that a truncated request cannot create an incomplete account
        )
    )


HAS_ADAS_USERNAME = account(55, username="ada@acme.example", idnumber="9")


@pytest.mark.parametrize(
    "row",
    [
        case("AUTH", "create new", listed(), writes={**NEW, "auth": "saml2"}, auth="saml2"),
        case("empty", "create new", listed(department=""), writes=BARE),
        case(
            "empty, default", "create new", listed(department=""), writes={**BARE, "department": "Nowhere"}, **DEFAULT
        ),
        case("not shown, default", "create new", listed(not_shown=["department"]), writes=BARE, **DEFAULT),
        case("create only", "create new", listed(), writes=NEW, **ONLY_NEW),
        case("country", "create new", listed(country="Ireland"), writes={**NEW, "country": "IE"}, **COUNTRY),
        case("unknown country", "create new", listed(country="Atlantis"), writes=NEW, **COUNTRY),
        case("custom", "create new", listed(location="Cork"), writes={**NEW, **IN_CORK}, **SITE),
        case("custom, empty", "create new", listed(location=""), writes={**NEW, "profile_field_site": ""}, **SITE),
        case(
            "custom, by its type",
            "create new",
            listed(location="2026-01-31T10:00:00"),
            writes={**NEW, "profile_field_site": "2026-01-31"},
            **DATE,
        ),
        case("custom, not of its type", "create new", listed(location="Cork"), writes=NEW, notes=["not_kept"], **DATE),
        case("table", "create new", listed(location="CORK"), writes={**NEW, "lang": "ga"}, **SPOKEN),
        case("not in the table", "create new", listed(location="Rome"), writes=NEW, **SPOKEN),
        case(
            "table, otherwise",
            "create new",
            listed(location="Rome", middle_name="Ann"),
            writes={**NEW, "lang": "en", "middlename": "Ann"},
            **SPOKEN_OR_ENGLISH,
        ),
        case(
            "incomplete",
            "create new",
            replace(listed(), partial_refusal="HTTP 500"),
            writes=NEW,
            problem=INCOMPLETE,
        ),
        case(
            "not readable",
            "hold unreadable_employee",
            Employee(1, refusal_code="HTTP 500"),
            waits=False,
            problem="unreadable_employee",
        ),
        case("no e-mail", "skip no_email", listed(work_email="")),
        *(
            case(f"e-mail {address:.20}", "skip invalid_email", listed(work_email=address))
            for address in (
                "ada",
                "ada@localhost",
                "zo\u00eb@acme.example",
                "a b@acme.example",
                "a" * 90 + "@acme.example",
            )
        ),
        *(case(f"first name {blank!r}", "skip no_name", listed(first_name=blank)) for blank in BLANKS),
        *(case(f"last name {blank!r}", "skip no_name", listed(last_name=blank)) for blank in BLANKS),
        *(
            case(f"username {local}", "skip invalid_username", listed(work_email=f"{local}@acme.example"))
            for local in ("o'brien", "a+b", "r&d")
        ),
        *(
            case(
                f"extended username {local}",
                "create new",
                listed(work_email=f"{local}@acme.example"),
                writes={**NEW, "username": f"{local}@acme.example".lower(), "email": f"{local}@acme.example"},
                **EXTENDED,
            )
            for local in ("o'brien", "A+b", "r&d")
        ),
        case("extended, umlaut", "skip invalid_email", listed(work_email="zo\u00eb@acme.example"), **EXTENDED),
        *(
            case(
                f"single name {first!r} {last!r}",
                "create new",
                listed(first_name=first, last_name=last),
                writes={**NEW, "firstname": "Suharto", "lastname": "-"},
                **DASH,
            )
            for blank in BLANKS
            for first, last in (("Suharto", blank), (blank, "Suharto"))
        ),
        case("two names, default", "create new", listed(), writes=NEW, **DASH),
        case("no name, default", "skip no_name", listed(first_name="", last_name=""), **DASH),
        *(
            case(
                f"single name, {where} not shown",
                "hold field_not_shown",
                listed(not_shown=[where]),
                says=f"does not show {where}, which",
                **DASH,
            )
            for where in ("first_name", "last_name")
        ),
        *(
            case(f"{kind} {field}", "hold field_not_shown", employee, says=f"does not show {field}, which")
            for field in HIDEABLE[:-1]
            for kind, employee in (("no", listed(not_shown=[field])), ("restricted", hidden(restricted=[field])))
        ),
        *(
            case(f"damaged {field}", "skip unreadable_value", employee, says=f"of {field}, which")
            for field, employee in (
                ("work_email", listed(work_email="a\ufffd@x.example")),
                ("first_name", listed(first_name="A\ufffd")),
                ("last_name", listed(last_name="A\ufffd")),
            )
        ),
        case("no nickname shown", "hold field_not_shown", listed(), says="preferred_name, which", **PREFERRED),
        case(
            "username taken",
            "conflict username_taken",
            ADA,
            HAS_ADAS_USERNAME,
            says="account 55 (idnumber 9)",
            about=None,
        ),
        case("idnumber of another system", "conflict unconfirmed", ADA, account_of(7, **STRANGER)),
    ],
)
def test_a_new_account_needs_an_address_names_and_a_free_username(row: Case) -> None:
    row.check()


@pytest.mark.parametrize(("idnumber", "may_be_theirs"), [("9", False), ("", True)])
def test_an_unlinked_account_with_the_username_may_be_the_employees(idnumber: str, may_be_theirs: bool) -> None:
    step = step_of(ADA, account(55, username="ada@acme.example", idnumber=idnumber))

    assert step.reason.code == "username_taken"
    assert ("enter the employee id as its idnumber" in step.reason.advice) is may_be_theirs


def test_values_are_normalised_to_what_moodle_stores() -> None:
    new = writes(step_of(listed(first_name="A" * 300, last_name="Love\nlace <3", department="R\x01&D  (" + "x" * 300)))

    assert (new["firstname"], new["lastname"]) == ("A" * LENGTHS["firstname"], "Love lace 3")
    assert new["department"] == "R&D (" + "x" * (LENGTHS["department"] - 5)

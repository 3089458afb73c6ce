"""Which values are written to an existing account, and what keeps them: one table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.worker.builders import (
    account,
    account_of,
    hidden,
    input_of,
    leaver,
    listed,
    look_up,
    mapping_of,
    outcome,
    record_of,
    run_settings,
    step_of,
    writes,
)
from tests.worker.planning.cases import Case, Values, case
from tests.worker.planning.field_cases import (
    ADA,
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
from worker.model import reasons
from worker.model.account import Account
from worker.model.field_kinds import FieldKind
from worker.planning.digests import not_kept_digest
from worker.planning.planner import Planner
from worker.planning.values import with_not_kept

SAME = account_of(1)
IRISH, GERMAN = account_of(1, lang="ga"), account_of(1, lang="de")
LEGAL: Values = {"department": "Legal"}
BY_PREFERRED: Values = {"firstname": ["preferred_name", "first_name"]}
BY_TABLE: Values = {"department": {"from": ["division", "department"], "map": {"Sales": "Sales"}}}
MOVES: Values = {"work_email": "ada@acme.example"}
UNMAPPED: Values = {"mapping": mapping_of(department=None)}
OF_ONE_NAME = account_of(1, firstname="Suharto", lastname="-")
MENU: Values = {**SITE, "kinds": {"profile_field_site": FieldKind("menu", is_raw=True)}, "digest_key": "k"}
DATE_ONCE: Values = {
    "mapping": mapping_of(profile_field_site={"from": "location", "when": "create"}),
    "kinds": {"profile_field_site": FieldKind("datetime", is_raw=True)},
}
CITY: Values = {"mapping": mapping_of(city="location")}


def not_kept(sent: str, key: str = "k") -> Values:
    """What is remembered of employee 1: Moodle did not keep this value when it had been sent."""
    known = {"profile_field_site": not_kept_digest(1, "profile_field_site", sent, key)}
    return {**MENU, "remembered": {1: record_of(1, not_kept=known)}}


@pytest.mark.parametrize("accounts", [[], [account_of(1)]], ids=["new", "existing"])
def test_a_value_that_an_account_cannot_hold_is_named_without_a_digest(accounts: list[Account]) -> None:
    step = step_of(listed(location="Cork"), *accounts, mapping=DATE["mapping"], kinds=DATE["kinds"])

    assert step.not_kept == (("profile_field_site", ""),)


def test_the_kinds_of_fields_that_the_look_ups_show_count() -> None:
    planner = Planner(input_of(listed(location="Cork"), **SITE))

    planner.add(kinds=DATE["kinds"])

    look_up(planner, [])
    (step,) = planner.plan().steps
    assert (writes(step), step.not_kept) == (NEW, (("profile_field_site", ""),))


def test_what_was_not_kept_is_one_note_beside_the_others() -> None:
    step = replace(
        step_of(ADA), notes=(reasons.SUSPENDED_ELSEWHERE, reasons.not_kept(["lang"])), not_kept=(("lang", "d"),)
    )

    found = with_not_kept(step, [("city", "e")])

    assert found.not_kept == (("lang", "d"), ("city", "e"))
    assert found.notes == (reasons.SUSPENDED_ELSEWHERE, reasons.not_kept(["city", "lang"]))


# An existing account


ADDRESS_TAKEN = account(55, email="ada@acme.example", idnumber="9")


@pytest.mark.parametrize(
    "row",
    [
        case(
            "two fields",
            "update differs",
            listed(last_name="King", **LEGAL),
            SAME,
            writes={"lastname": "King", **LEGAL},
        ),
        case("none", "unchanged in_step", listed(), SAME),
        case("table", "update differs", listed(location="BONN"), IRISH, writes={"lang": "de"}, **SPOKEN),
        case("not in the table", "unchanged in_step", listed(location="Rome"), IRISH, **SPOKEN),
        case("language empty", "unchanged in_step", listed(location=""), IRISH, **SPOKEN),
        case(
            "never returned",
            "unchanged in_step",
            listed(location="Bonn", middle_name="Ann"),
            GERMAN,
            **SPOKEN_OR_ENGLISH,
        ),
        case("incomplete", f"conflict {INCOMPLETE}", replace(listed(), partial_refusal="HTTP 500"), SAME),
        case(
            "incomplete, department",
            "update differs",
            replace(listed(**LEGAL), partial_refusal="HTTP 500"),
            SAME,
            writes=LEGAL,
            problem=INCOMPLETE,
        ),
        case("incomplete leaver", "suspend left", replace(leaver(), partial_refusal="HTTP 500"), SAME),
        case(
            "incomplete former leaver",
            "unchanged already_suspended",
            replace(leaver(), partial_refusal="HTTP 500"),
            account_of(1, suspended=True),
        ),
        case(
            "cut and trimmed",
            "unchanged in_step",
            listed(first_name="A" * 300, department=" Sales\n"),
            account_of(1, firstname="A" * 100),
        ),
        *(case(f"first name {blank!r}", "unchanged in_step", listed(first_name=blank), SAME) for blank in BLANKS),
        *(case(f"last name {blank!r}", "unchanged in_step", listed(last_name=blank), SAME) for blank in BLANKS),
        *(
            case(
                f"single name {first!r} {last!r}",
                "unchanged in_step",
                listed(first_name=first, last_name=last),
                OF_ONE_NAME,
                mapping=run_settings(DEFAULT_LAST_NAME=default).mapping,
            )
            for default in ("-", "?", "")
            for first, last in (("Suharto", ""), ("", "Suharto"))
        ),
        case(
            "single name becomes two",
            "update differs",
            listed(first_name="Suharto", last_name="Putra"),
            OF_ONE_NAME,
            writes={"lastname": "Putra"},
            **DASH,
        ),
        case(
            "single name changes",
            "update differs",
            listed(first_name="", last_name="Sukarno"),
            OF_ONE_NAME,
            writes={"firstname": "Sukarno"},
            **DASH,
        ),
        case(
            "single name, the other field is not shown",
            "unchanged in_step",
            listed(not_shown=["first_name"], last_name="Suharto"),
            OF_ONE_NAME,
            **DASH,
        ),
        case(
            "the last name is the single name by now",
            "update differs",
            listed(first_name="Haji", last_name="Suharto"),
            OF_ONE_NAME,
            writes={"firstname": "Haji", "lastname": "Suharto"},
            **DASH,
        ),
        case(
            "the last name is the first name of the account",
            "update differs",
            listed(first_name="Ada", last_name="Grace"),
            account_of(1, firstname="Grace", lastname="Hopper"),
            writes={"firstname": "Ada", "lastname": "Grace"},
        ),
        case(
            "single name, another account of two names",
            "update differs",
            listed(first_name="", last_name="Ada"),
            account_of(1, firstname="Grace", lastname="Hopper"),
            writes={"lastname": "Ada"},
            **DASH,
        ),
        case(
            "single name, the account has two",
            "unchanged in_step",
            listed(first_name="First1", last_name=""),
            SAME,
            **DASH,
        ),
        case(
            "the default alone confirms no account",
            "conflict unconfirmed",
            listed(first_name="Ada", last_name="Unknown", **MOVES),
            account_of(1, firstname="Suharto", lastname="Unknown", email="old@acme.example"),
            mapping=run_settings(DEFAULT_LAST_NAME="Unknown").mapping,
        ),
        case("emptied", "update differs", listed(department=""), SAME, writes={"department": ""}),
        case(
            "unknown country", "unchanged in_step", listed(country="Atlantis"), account_of(1, country="IE"), **COUNTRY
        ),
        case("auth", "update differs", listed(**LEGAL), account_of(1, auth="manual"), writes=LEGAL),
        case("create only", "unchanged in_step", listed(**LEGAL), SAME, **ONLY_NEW),
        case("unmapped", "unchanged in_step", listed(**LEGAL), SAME, **UNMAPPED),
        case("custom, first value", "update differs", listed(location="Cork"), SAME, writes=IN_CORK, **SITE),
        case("custom, empty", "unchanged in_step", listed(location=""), SAME, **SITE),
        case(
            "custom, another form of the same",
            "unchanged in_step",
            listed(location="2026-01-31"),
            account_of(1, profile_field_site="1769817600"),
            **DATE,
        ),
        case(
            "custom, another day",
            "update differs",
            listed(location="2026-02-01"),
            account_of(1, profile_field_site="1769817600"),
            writes={"profile_field_site": "2026-02-01"},
            **DATE,
        ),
        case(
            "custom, not of its type",
            "unchanged in_step",
            listed(location="soon"),
            account_of(1, profile_field_site="1769817600"),
            notes=["not_kept"],
            **DATE,
        ),
        case("custom, create only, not of its type", "unchanged in_step", listed(location="soon"), SAME, **DATE_ONCE),
        case("not kept", "unchanged in_step", listed(location="Cork"), SAME, notes=["not_kept"], **not_kept("Cork")),
        case(
            "not kept, another field differs",
            "update differs",
            listed(location="Cork", **LEGAL),
            SAME,
            writes=LEGAL,
            notes=["not_kept"],
            **not_kept("Cork"),
        ),
        case(
            "not kept, BambooHR changed it",
            "update differs",
            listed(location="Cork"),
            SAME,
            writes=IN_CORK,
            **not_kept("Bern"),
        ),
        case(
            "not kept, Moodle changed it",
            "unchanged in_step",
            listed(location="Cork"),
            account_of(1, profile_field_site="Zug"),
            notes=["not_kept"],
            **not_kept("Cork"),
        ),
        case(
            "not kept, another token",
            "update differs",
            listed(location="Cork"),
            SAME,
            writes=IN_CORK,
            **not_kept("Cork", "former"),
        ),
        case(
            "not kept, sent again on request",
            "update differs",
            listed(location="Cork"),
            SAME,
            writes=IN_CORK,
            resends=True,
            **not_kept("Cork"),
        ),
        case("zero that is not shown", "unchanged in_step", listed(location="0"), SAME, **CITY),
        case(
            "zero after a value",
            "update differs",
            listed(location="0"),
            account_of(1, city="Bern"),
            writes={"city": "0"},
            **CITY,
        ),
        case(
            "e-mail",
            "update differs",
            listed(**MOVES),
            account_of(1, username="x"),
            writes={"email": "ada@acme.example"},
        ),
        case("e-mail, create only", "unchanged in_step", listed(**MOVES), SAME, **ONLY_NEW),
        case(
            "e-mail, create only, linked",
            "update linked",
            listed(),
            account_of(1, idnumber="", email="P1@acme.example"),
            writes={"idnumber": "1"},
            **ONLY_NEW,
        ),
        case(
            "e-mail, other case",
            "unchanged in_step",
            listed(work_email="P1@acme.example"),
            SAME,
            colleagues={9: "p1@acme.example"},
        ),
        case("e-mail empty", "unchanged in_step", listed(work_email=""), SAME),
        case("e-mail empty, differs", "update differs", listed(work_email="", **LEGAL), SAME, writes=LEGAL),
        case("bad e-mail", "update differs", listed(work_email="x", **LEGAL), SAME, writes=LEGAL, notes=["email_kept"]),
        *(
            case(f"damaged {at}", "unchanged in_step", damaged, SAME, notes=["unreadable_kept"])
            for at, damaged in enumerate((listed(work_email="\ufffd"), listed(department="R\ufffdD")))
        ),
        *(
            case(f"damaged, {why}", "unchanged in_step", damaged, SAME, mapping=mapping_of(**rule))
            for why, damaged, rule in (
                ("not used", listed(preferred_name="First1", first_name="\ufffd"), BY_PREFERRED),
                ("behind a hidden one", listed(department="\ufffd"), {"department": ["division", "department"]}),
                ("behind one that is not sent", listed(division="Other", department="\ufffd"), BY_TABLE),
                ("create only", listed(department="\ufffd"), {"department": {"from": "department", "when": "create"}}),
            )
        ),
        case(
            "e-mail taken, differs",
            "update differs",
            listed(**MOVES, **LEGAL),
            SAME,
            ADDRESS_TAKEN,
            about=101,
            writes=LEGAL,
            problem="email_taken",
            says="account 55",
        ),
        case(
            "e-mail taken",
            "conflict email_taken",
            listed(**MOVES),
            SAME,
            ADDRESS_TAKEN,
            about=101,
            problem="email_taken",
        ),
    ],
)
def test_an_account_gets_only_what_differs(row: Case) -> None:
    row.check()


@pytest.mark.parametrize("field", HIDEABLE)
def test_a_field_that_is_not_shown_keeps_its_value_and_the_others_go_on(field: str) -> None:
    mapping = mapping_of(city="location", department={"from": "department", "default": "Nowhere"})
    for employee in (listed(not_shown=[field], location="Cork"), hidden(restricted=[field], location="Cork")):
        assert writes(step_of(employee, SAME, mapping=mapping)) == {"city": "Cork"}


def test_an_employee_of_whom_no_field_is_shown_keeps_everything() -> None:
    assert outcome(step_of(listed(not_shown=HIDEABLE), SAME)) == "unchanged in_step"


def test_a_nickname_that_is_not_shown_does_not_bring_back_the_legal_name() -> None:
    assert (
        outcome(step_of(listed(first_name="Augusta"), account_of(1, firstname="Ada"), **PREFERRED))
        == "unchanged in_step"
    )

"""Whether the scope may suspend: a renamed department, a hidden field, and a scope that matches no employee."""

from __future__ import annotations

import pytest

from worker.model.scope import ALL_EMPLOYEES, Scope, ScopeRule, ScopeState, fold
from worker.planning.suspensions import ScopeTally, keys_to_remember, scope_doubts

SALES = {"department": "Sales", "status": "Active"}
LEGAL = {"department": "Legal", "status": "Active"}
SALES_OR_IT = Scope((ScopeRule("department", allowed=("Sales", "IT")),))
EMPLOYEES_IN_SALES = Scope(
    (ScopeRule("department", allowed=("Sales",)), ScopeRule("employment_status", excluded=("Contractor",)))
)


def read(scope: Scope, *rows: dict[str, str], whole_company: bool = True) -> ScopeTally:
    tally = ScopeTally(scope)
    tally.add_rows(rows, whole_company=whole_company)
    return tally


@pytest.mark.parametrize(
    ("value", "same"),
    [
        ("Sales", " sALES  "),
        ("Customer  Care", "customer care"),
        ("Caf\u00e9", "CAFE\u0301"),
        ("Straße", "STRASSE"),
        ("Sales\u200b", "sa\u00adles"),
        ("IT", "\uff29\uff34"),
    ],
)
def test_case_spaces_and_forms_of_unicode_do_not_count(value: str, same: str) -> None:
    rule = ScopeRule("department", allowed=(value,))

    assert fold(value) == fold(same)
    assert rule.state({"department": same}) is ScopeState.IN


@pytest.mark.parametrize(
    ("department", "division", "decides"),
    [
        ("Sales", "North", None),
        ("Legal", "North", ("department", "allow")),
        ("Board", "North", ("department", "exclude")),
        ("Sales", "South", ("division", "exclude")),
        ("Legal", "South", ("department", "allow")),
    ],
)
def test_the_first_rule_by_which_an_employee_is_out_of_scope_is_named_with_its_list(
    department: str, division: str, decides: tuple[str, str] | None
) -> None:
    rules = (ScopeRule("department", ("Sales", "Board"), ("Board",)), ScopeRule("division", excluded=("South",)))
    facts = {"department": department, "division": division}

    rule = Scope(rules).rule_that_excludes(facts)

    assert (rule and (rule.field, rule.list_that_decides(facts))) == decides


def test_the_digest_changes_with_the_scope_and_not_with_its_spelling() -> None:
    same = Scope((ScopeRule("department", allowed=("it", "SALES")),))
    others = [
        Scope((ScopeRule("department", allowed=("Sales",)),)),
        Scope((ScopeRule("department", excluded=("Sales", "IT")),)),
        Scope((ScopeRule("division", allowed=("Sales", "IT")),)),
        ALL_EMPLOYEES,
    ]

    assert same.digest == SALES_OR_IT.digest
    assert len({SALES_OR_IT.digest, *(other.digest for other in others)}) == 5


def test_a_field_that_the_company_shows_of_nobody_was_never_shown() -> None:
    scope = Scope(tuple(ScopeRule(field, excluded=("x",)) for field in ("department", "division", "bamboohr:customA")))

    assert read(scope, {"department": ""}).never_shown() == ["division"]
    assert read(scope, {}, whole_company=False).never_shown() == []


def test_a_scope_that_matches_employees_may_suspend() -> None:
    tally = read(SALES_OR_IT, SALES, LEGAL)

    assert scope_doubts(tally, before=()) == []
    assert scope_doubts(read(ALL_EMPLOYEES, LEGAL), before=()) == []


def test_a_renamed_department_is_a_doubt_until_the_setting_drops_it() -> None:
    before = keys_to_remember(read(SALES_OR_IT, SALES, {"department": "IT"}), ())
    renamed = read(SALES_OR_IT, SALES, {"department": "Information Technology"})
    corrected = Scope((ScopeRule("department", allowed=("Sales", "Information Technology")),))

    assert scope_doubts(renamed, before) == [
        'no employee has the department "IT" any more, although the scope allows it: it may have been renamed'
    ]
    assert keys_to_remember(renamed, before) == before
    assert scope_doubts(read(corrected, SALES, {"department": "Information Technology"}), before) == []


def test_an_allowed_value_that_never_matched_is_no_doubt() -> None:
    tally = read(SALES_OR_IT, SALES)

    assert scope_doubts(tally, before=keys_to_remember(tally, ())) == []
    assert tally.unmatched() == ['department "IT"']


def test_an_excluded_value_that_no_employee_has_any_more_is_named_and_holds_nothing() -> None:
    scope = Scope((ScopeRule("employment_status", excluded=("Contractor", "Intern")),))
    contractor = {"employment_status": "contractor"}
    before = keys_to_remember(read(scope, {"employment_status": "Full-Time"}, contractor), ())
    renamed = read(scope, {"employment_status": "Full-Time"}, {"employment_status": "External"})

    assert (renamed.vanished(before), renamed.vanished(())) == (['employment_status "Contractor"'], [])
    assert read(scope, contractor).vanished(before) == []
    assert (scope_doubts(renamed, before), renamed.unmatched()) == ([], [])
    assert keys_to_remember(renamed, before) == before


def test_a_scope_that_matches_no_employee_is_a_doubt_from_the_first_day_on() -> None:
    tally = read(SALES_OR_IT, LEGAL)

    assert scope_doubts(tally, before=()) == ["the scope matches no employee"]
    assert scope_doubts(tally, before=[SALES_OR_IT.whole_key])[0] == "the scope matches no employee"


def test_what_single_employees_show_is_no_reading_of_the_company() -> None:
    outside = read(SALES_OR_IT, LEGAL, whole_company=False)
    inside = read(SALES_OR_IT, SALES, whole_company=False)

    assert scope_doubts(outside, before=[SALES_OR_IT.whole_key]) == []
    assert scope_doubts(inside, before=()) == []
    (doubt,) = scope_doubts(outside, before=())
    assert doubt.startswith("no run has seen an employee in scope yet")


def test_a_field_that_a_source_does_not_show_says_nothing_of_the_company() -> None:
    tally = ScopeTally(EMPLOYEES_IN_SALES)
    directory = [{**SALES, "employment_status": ""}, {**LEGAL, "employment_status": ""}]

    tally.add((key for facts in directory for key in EMPLOYEES_IN_SALES.matched_keys(facts)), {"department"})

    assert tally.found == tally.checked == {"department=sales"}
    assert scope_doubts(tally, before=[EMPLOYEES_IN_SALES.whole_key]) == []


def test_employees_who_left_match_nothing() -> None:
    assert scope_doubts(read(SALES_OR_IT, {**SALES, "status": "Inactive"}, LEGAL), ()) == [
        "the scope matches no employee"
    ]


def test_two_sources_complete_each_other() -> None:
    tally = read(SALES_OR_IT, SALES)

    tally.merge(read(SALES_OR_IT, {"department": "IT"}))

    assert scope_doubts(tally, before=list(SALES_OR_IT.value_keys)) == []


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("merged", [False, True])
def test_what_one_source_said_stays_whatever_the_next_one_says(merged: bool, reverse: bool) -> None:
    scope = Scope((ScopeRule("department", allowed=("Sales",)), ScopeRule("division", allowed=("North",))))
    rows = [{"department": "Sales"}, {"division": "North"}]
    tally = ScopeTally(scope)
    for facts, whole_company in ((rows[reverse], True), (rows[not reverse], True), ({}, False)):
        source = ScopeTally(scope) if merged else tally
        source.add_rows([facts], whole_company=whole_company)
        if merged:
            tally.merge(source)

    assert tally.found == tally.checked == {"department=sales", "division=north"}
    assert (tally.shown, tally.has_company_rows) == ({"department", "division"}, True)


def test_rows_are_those_of_the_company_unless_it_is_said_otherwise() -> None:
    tally = ScopeTally(SALES_OR_IT)
    tally.add_rows([LEGAL])

    assert scope_doubts(tally, before=()) == ["the scope matches no employee"]


def test_a_value_that_names_a_person_is_neither_remembered_nor_reported() -> None:
    scope = Scope((ScopeRule("work_email", allowed=("ann@x.io", "bob@x.io")),))
    tally = read(scope, {"work_email": "ann@x.io"})

    assert keys_to_remember(tally, ("work_email=bob@x.io",)) == (scope.whole_key,)
    assert (scope_doubts(tally, ("work_email=bob@x.io",)), tally.unmatched()) == ([], [])

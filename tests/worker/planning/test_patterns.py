"""What a mass change has in common: the message names the field and the domain that an operator can recognise."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from worker.model.step import FieldChange, GuardClass
from worker.planning.patterns import common_cause


def addresses(moves: Mapping[tuple[str, str], int]) -> list[list[FieldChange]]:
    """Return changed addresses: how many move from one domain to another."""
    numbered = enumerate(move for move, number in moves.items() for _ in range(number))
    return [[FieldChange("email", f"a{at}@{old}" if old else "", f"a{at}@{new}")] for at, (old, new) in numbered]


ACME, OLD, NET, ORG, SHOP = "acme.example", "old.example", "example.net", "example.org", "shop.example"


@pytest.mark.parametrize(
    ("moves", "text"),
    [
        ({(OLD, ACME): 3}, f"changes from {OLD} to {ACME} for 3 of 3"),
        ({(OLD, ACME): 153, (NET, ACME): 146}, f"changes to {ACME} for 299 of 299 (from {OLD} for 153, {NET} for 146)"),
        ({(OLD, ACME): 4, (NET, ACME): 3, (ORG, ACME): 2}, f"changes to {ACME} for 9 of 9 (from {OLD} for 4, "),
        ({(OLD, ACME): 3, (NET, ACME): 2, (ORG, ACME): 2, (SHOP, ACME): 1}, "2, and 1 other for 1)"),
        ({(OLD, ACME): 2, (NET, ACME): 2, (ORG, ACME): 2, (SHOP, ACME): 2, ("b.example", ACME): 1}, "2 others for 3)"),
        ({(OLD, ACME): 6, (OLD, NET): 4}, f"changes from {OLD} to {ACME} for 6 of 10"),
        ({(ACME, OLD): 4, (ACME, NET): 3, (ACME, ORG): 3}, "email changes for 10 of 10"),
        ({(OLD, ACME): 3, (ACME, ACME): 7}, "email changes for 10 of 10"),
        ({("", ACME): 3}, "email changes for 3 of 3"),
    ],
)
def test_the_domain_that_most_addresses_move_to_is_named(moves: Mapping[tuple[str, str], int], text: str) -> None:
    assert text in common_cause(GuardClass.IDENTITY, addresses(moves), 1_000)


def test_a_custom_profile_field_has_the_name_that_the_mapping_gives_it() -> None:
    changes = [[FieldChange("profile_field_grade", "", "G4")]] * 2

    assert common_cause(GuardClass.UPDATE, changes, 100) == "profile_field_grade changes for 2 of 2"


def both(before: str, now: str) -> list[FieldChange]:
    return [FieldChange("email", f"a{before}", f"a{now}"), FieldChange("username", before, now)]


@pytest.mark.parametrize(
    ("held_class", "changes", "text"),
    [
        (GuardClass.UPDATE, [[FieldChange(name, "", "x")] for name in ("city", "city", "lang", "idnumber")], "city"),
        (GuardClass.UPDATE, [[FieldChange(name, "", "x")] for name in ("city", "lang", "idnumber")], ""),
        (
            GuardClass.IDENTITY,
            [both("@x@OLD.example", "@new.example")],
            "the e-mail domain changes from old.example to",
        ),
        (GuardClass.IDENTITY, [both("1@old.example", "2@old.example")] * 2, "email changes for 2 of 2"),
        (GuardClass.IDENTITY, [[FieldChange("username", "a@old.example", "a@new.example")]], "username changes for 1"),
        (GuardClass.SUSPEND, [[FieldChange("suspended", "0", "1")]] * 2, ""),
        (GuardClass.UPDATE, [[FieldChange("city", "", "x")]] * 100 + [[FieldChange("lang", "", "x")]] * 99, "city"),
        (GuardClass.UPDATE, [*[[FieldChange("city", "", "x")]] * 100, *[[]] * 101], ""),
    ],
)
def test_what_half_of_the_changes_have_in_common_is_named(
    held_class: GuardClass, changes: list[list[FieldChange]], text: str
) -> None:
    found = common_cause(held_class, changes, 100)

    assert found.startswith(text)
    assert bool(found) is bool(text)


@pytest.mark.parametrize(
    ("number", "company", "text"),
    [
        (1, 1_200, "1 new account for a company of 1,200"),
        (2, 1, "2 new accounts for a company of 1"),
        (1_200, 0, ""),
    ],
)
def test_new_accounts_are_counted_against_the_company(number: int, company: int, text: str) -> None:
    assert common_cause(GuardClass.CREATE, [()] * number, company) == text

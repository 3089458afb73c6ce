"""Which e-mail addresses are the same, and who has one."""

from __future__ import annotations

import pytest

from worker.model.email_index import EmailIndex, email_key


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ann.Lee@Acme.example", "ann.lee@acme.EXAMPLE", True),
        ("ÄNNE@acme.example", "änne@acme.example", True),
        ("ann@acme.example", "anne@acme.example", False),
        ("strauß@acme.example", "strauss@acme.example", False),
    ],
)
def test_two_spellings_are_one_address_if_only_their_case_differs(one: str, other: str, same: bool) -> None:
    index = EmailIndex()
    index.add(one, 7)

    assert (email_key(one) == email_key(other)) is same
    assert index.of(other) == ((7,) if same else ())


def test_an_address_has_every_employee_once_and_a_blank_one_has_none() -> None:
    index = EmailIndex()
    for employee_id in (7, 8, 7, 9):
        index.add("shared@acme.example", employee_id)
        index.add("", employee_id)

    assert index.of("shared@acme.example") == (7, 8, 9)
    assert index.of("") == ()

"""One spelling of a state, whether BambooHR spells it out or abbreviates it."""

from __future__ import annotations

import pytest

from worker.model.states import state_name


@pytest.mark.parametrize(
    ("state", "country", "name"),
    [
        ("CA", "United States", "California"),
        ("California", "United States", "California"),
        ("WA", "United States", "Washington"),
        ("WA", "Australia", "Western Australia"),
        ("NT", "Canada", "Northwest Territories"),
        ("NT", "AU", "Northern Territory"),
        ("Bayern", "Germany", "Bayern"),
        ("MI", "Italy", "MI"),
        ("XX", "United States", "XX"),
        ("", "United States", ""),
        ("CA", "", "California"),
        ("California", "", "California"),
        ("Bayern", "", "Bayern"),
        ("", "", ""),
        ("Bayern", None, "Bayern"),
        ("California", None, "California"),
    ],
)
def test_a_state_is_spelled_out_by_its_country(state: str, country: str | None, name: str) -> None:
    assert state_name(state, country) == name


@pytest.mark.parametrize(("state", "country"), [("WA", ""), ("NT", ""), ("MI", None), ("WA", None)])
def test_a_state_of_which_the_country_would_have_to_be_known_is_not_shown(state: str, country: str | None) -> None:
    assert state_name(state, country) is None

"""Whoever was suspended by her address alone, and comes back with another one, gets her old account again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulation import Simulation
from tests.worker.end_to_end.weeks import in_step, next_night

OLD, NEW = "old.hand@example.com", "old.hand@newdomain.example"


@pytest.fixture
def gone() -> Simulation:
    """Old Hand left; her account, which bears no id, was suspended."""
    town = in_step()
    town.site.add_user("old.hand", firstname="Old", lastname="Hand", email=OLD, auth="manual")
    town.company.hire("77", firstName="Old", lastName="Hand", workEmail=OLD, department="Sales")
    town.company.terminate("77")
    assert next_night(town).listed_ids["suspended"] == [77]
    assert (held(town)["suspended"], held(town)["idnumber"]) == (True, "")
    town.clock.advance(days=30)
    return town


def held(town: Simulation) -> dict[str, Any]:
    """The account that she had."""
    user = town.site.user_named("old.hand")
    assert user is not None
    return user


def hers(town: Simulation) -> list[dict[str, Any]]:
    return [user for user in town.site.users() if user["lastname"] == "Hand"]


def come_back(town: Simulation) -> Any:
    town.company.rehire("77", workEmail=NEW)
    return next_night(town)


def test_she_gets_her_account_back_and_no_second_one(gone: Simulation) -> None:
    night = come_back(gone)

    (account,) = hers(gone)
    assert (night.exit_code, night.counts["reactivated"], night.counts["created"]) == (0, 1, 0)
    assert (account["username"], account["idnumber"], account["email"]) == ("old.hand", "77", NEW)
    assert not account["suspended"]


def test_she_is_kept_in_step_by_her_id_from_then_on(gone: Simulation) -> None:
    come_back(gone)
    gone.company.terminate("77")
    left = next_night(gone)
    gone.company.rehire("77", workEmail="third@example.com")

    back = next_night(gone)

    assert (left.counts["suspended"], back.counts["reactivated"], len(hers(gone))) == (1, 1, 1)
    assert held(gone)["email"] == "third@example.com"


def test_not_if_it_was_deleted_meanwhile(gone: Simulation) -> None:
    gone.site.delete_user(held(gone)["id"])

    night = come_back(gone)

    (account,) = hers(gone)
    assert (night.exit_code, night.counts["created"]) == (0, 1)
    assert (account["email"], account["idnumber"]) == (NEW, "77")


@pytest.mark.parametrize("meanwhile", [{"suspended": False}, {"idnumber": "9999"}])
def test_not_if_it_is_somebodys_meanwhile(gone: Simulation, meanwhile: dict[str, Any]) -> None:
    gone.site.change_user(held(gone)["id"], **meanwhile)
    before = held(gone)

    night = come_back(gone)

    assert (night.exit_code, night.counts["created"], held(gone)) == (0, 1, before)


def test_not_if_another_account_has_her_new_address(gone: Simulation) -> None:
    gone.site.add_user("new.hand", firstname="Old", lastname="Hand", email=NEW, auth="manual")
    before = held(gone)

    night = come_back(gone)

    other = gone.site.user_named("new.hand")
    assert other is not None
    assert (night.exit_code, night.counts["created"], other["idnumber"], held(gone)) == (0, 0, "77", before)


def test_a_return_that_is_taken_back_leaves_one_account_all_the_same() -> None:
    town = in_step(10)
    town.site.add_user("old@example.com", firstname="Old", lastname="Hand", email="old@example.com", auth="oidc")
    town.company.hire("77", firstName="Old", lastName="Hand", workEmail="old@example.com", department="Sales")
    town.company.terminate("77")
    next_night(town)
    town.company.rehire("77", workEmail="new@example.com")
    returned = next_night(town)
    town.undo(returned.run_id)
    town.company.touch("77")

    next_night(town)

    hers = [user for user in town.site.users() if user["lastname"] == "Hand"]
    assert [(user["idnumber"], user["email"], user["suspended"]) for user in hers] == [("77", "new@example.com", False)]

"""A rehired employee whose account was matched by e-mail only gets it back despite a new address."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulation import Simulation
from tests.worker.end_to_end.simulated_days import in_sync, next_day_run

OLD, NEW = "old.hand@example.com", "old.hand@newdomain.example"


@pytest.fixture
def departed() -> Simulation:
    """An employee left whose account has no idnumber; the account was suspended."""
    simulation = in_sync()
    simulation.site.add_user("old.hand", firstname="Old", lastname="Hand", email=OLD, auth="manual")
    simulation.company.hire("77", firstName="Old", lastName="Hand", workEmail=OLD, department="Sales")
    simulation.company.terminate("77")
    assert next_day_run(simulation).listed_ids["suspended"] == [77]
    assert (suspended_account(simulation)["suspended"], suspended_account(simulation)["idnumber"]) == (True, "")
    simulation.clock.advance(days=30)
    return simulation


def suspended_account(simulation: Simulation) -> dict[str, Any]:
    """Return the account that was suspended."""
    user = simulation.site.user_named("old.hand")
    assert user is not None
    return user


def accounts_named_hand(simulation: Simulation) -> list[dict[str, Any]]:
    return [user for user in simulation.site.users() if user["lastname"] == "Hand"]


def rehire(simulation: Simulation) -> Any:
    simulation.company.rehire("77", workEmail=NEW)
    return next_day_run(simulation)


def test_a_rehired_employee_gets_the_old_account_back(departed: Simulation) -> None:
    run = rehire(departed)

    (account,) = accounts_named_hand(departed)
    assert (run.exit_code, run.counts["reactivated"], run.counts["created"]) == (0, 1, 0)
    assert (account["username"], account["idnumber"], account["email"]) == ("old.hand", "77", NEW)
    assert not account["suspended"]


def test_the_account_is_matched_by_id_from_then_on(departed: Simulation) -> None:
    rehire(departed)
    departed.company.terminate("77")
    left = next_day_run(departed)
    departed.company.rehire("77", workEmail="third@example.com")

    back = next_day_run(departed)

    assert (left.counts["suspended"], back.counts["reactivated"], len(accounts_named_hand(departed))) == (1, 1, 1)
    assert suspended_account(departed)["email"] == "third@example.com"


def test_a_deleted_account_is_replaced_by_a_new_one(departed: Simulation) -> None:
    departed.site.delete_user(suspended_account(departed)["id"])

    run = rehire(departed)

    (account,) = accounts_named_hand(departed)
    assert (run.exit_code, run.counts["created"]) == (0, 1)
    assert (account["email"], account["idnumber"]) == (NEW, "77")


@pytest.mark.parametrize("meanwhile", [{"suspended": False}, {"idnumber": "9999"}])
def test_an_account_that_was_reassigned_is_left_alone(departed: Simulation, meanwhile: dict[str, Any]) -> None:
    departed.site.change_user(suspended_account(departed)["id"], **meanwhile)
    before = suspended_account(departed)

    run = rehire(departed)

    assert (run.exit_code, run.counts["created"], suspended_account(departed)) == (0, 1, before)


def test_another_account_with_the_new_address_is_linked(departed: Simulation) -> None:
    departed.site.add_user("new.hand", firstname="Old", lastname="Hand", email=NEW, auth="manual")
    before = suspended_account(departed)

    run = rehire(departed)

    other = departed.site.user_named("new.hand")
    assert other is not None
    assert (run.exit_code, run.counts["created"], other["idnumber"], suspended_account(departed)) == (
        0,
        0,
        "77",
        before,
    )


def test_an_undone_return_leaves_one_account() -> None:
    simulation = in_sync(10)
    simulation.site.add_user("old@example.com", firstname="Old", lastname="Hand", email="old@example.com", auth="oidc")
    simulation.company.hire("77", firstName="Old", lastName="Hand", workEmail="old@example.com", department="Sales")
    simulation.company.terminate("77")
    next_day_run(simulation)
    simulation.company.rehire("77", workEmail="new@example.com")
    returned = next_day_run(simulation)
    simulation.undo(returned.run_id)
    simulation.company.touch("77")

    next_day_run(simulation)

    accounts = [user for user in simulation.site.users() if user["lastname"] == "Hand"]
    assert [(user["idnumber"], user["email"], user["suspended"]) for user in accounts] == [
        ("77", "new@example.com", False)
    ]

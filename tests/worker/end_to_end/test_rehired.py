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
    assert accounts(simulation) == [("old.hand", "", OLD, True)]
    simulation.clock.advance(days=30)
    return simulation


def accounts(simulation: Simulation) -> list[tuple[Any, ...]]:
    """Return the accounts of that name: username, idnumber, address, and whether it is suspended."""
    hands = [user for user in simulation.site.users() if user["lastname"] == "Hand"]
    return [(user["username"], user["idnumber"], user["email"], bool(user["suspended"])) for user in hands]


def test_the_old_account_comes_back_and_is_matched_by_id_from_then_on(departed: Simulation) -> None:
    departed.company.rehire("77", workEmail=NEW)
    returned = next_day_run(departed)
    assert (returned.exit_code, accounts(departed)) == (0, [("old.hand", "77", NEW, False)])

    departed.company.terminate("77")
    assert next_day_run(departed).counts["suspended"] == 1
    departed.company.rehire("77", workEmail="third@example.com")
    assert next_day_run(departed).counts["reactivated"] == 1
    assert accounts(departed) == [("old.hand", "77", "third@example.com", False)]


def test_an_undone_return_leaves_one_account(departed: Simulation) -> None:
    departed.company.rehire("77", workEmail=NEW)
    departed.undo(next_day_run(departed).run_id)
    departed.company.touch("77")

    next_day_run(departed)

    assert accounts(departed) == [("old.hand", "77", NEW, False)]


def test_an_account_that_was_given_to_another_employee_is_left_alone(departed: Simulation) -> None:
    (former,) = [user["id"] for user in departed.site.users() if user["lastname"] == "Hand"]
    departed.site.change_user(former, idnumber="9999")
    departed.company.rehire("77", workEmail=NEW)

    assert next_day_run(departed).counts["created"] == 1
    assert accounts(departed) == [("old.hand", "9999", OLD, True), (NEW, "77", NEW, False)]

"""Names of Moodle's functions, accounts that cannot be returned, and edits to notice, for tests of bad records."""

from __future__ import annotations

import json
from typing import Any

from tests.run_harness import RunHarness

BY_FIELD, CREATE, UPDATE = "core_user_get_users_by_field", "core_user_create_users", "core_user_update_users"
SEARCH = "core_user_get_users"
INVALID_RESPONSE = json.dumps(
    {
        "exception": "core\\exception\\invalid_response_exception",
        "errorcode": "invalidresponse",
        "message": "Invalid response value detected",
    }
)


def account_id(harness: RunHarness, number: str) -> int:
    return int(harness.account(number)["id"])


def make_unreadable(harness: RunHarness, account: int) -> None:
    """Let every look-up that would return the account answer that its response is invalid."""
    harness.fail_moodle(
        "answer", operation=BY_FIELD, record=f"account {account}", times=0, status=200, body=INVALID_RESPONSE
    )


def hire(harness: RunHarness, *numbers: str, **fields: Any) -> None:
    for number in numbers:
        harness.company.hire(number, firstName=f"New{number}", lastName="Hire", workEmail=f"n{number}@x.io", **fields)


def edit(harness: RunHarness, *numbers: str) -> None:
    for number in numbers:
        harness.company.edit(number, department="Moved")


def moved(harness: RunHarness, *numbers: str) -> list[str]:
    return [number for number in numbers if harness.account(number)["department"] == "Moved"]

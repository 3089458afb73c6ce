"""The argument of a test that uses the sandbox server's own switches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from tests.sandbox.moodle import MoodleSite
from tests.sandbox.moodle_contract.client import Moodle, flat
from tests.sandbox.wire import Switchboard


@dataclass
class Sandbox:
    """A sandbox site of its own, the board that serves it, and a client for it."""

    site: MoodleSite
    board: Switchboard
    moodle: Moodle

    def call(self, function: str, **arguments: Any) -> requests.Response:
        """Call a function whatever the status of the answer."""
        head = [("wstoken", self.moodle.token), ("moodlewsrestformat", "json")]
        return self.moodle.post([*head, *flat(arguments), ("wsfunction", function)])

"""What a test of the sandbox's own switches is given."""

from __future__ import annotations

from dataclasses import dataclass

from tests.sandbox.moodle import MoodleSite
from tests.sandbox.moodle_contract.client import Moodle


@dataclass
class House:
    """A sandbox site of its own, and a client for it."""

    site: MoodleSite
    moodle: Moodle

"""Keyed digests, which tie a stored plan to the planned values without storing the values. Pure.

A plain digest of a department or a name could be guessed by trial. These are keyed with the Moodle token, which is
neither in the plan nor in the repository, so a plan becomes invalid when the token changes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from worker.config.settings import Settings
from worker.errors import UsageError
from worker.model import reasons
from worker.model.employee import employee_id
from worker.model.step import WRITES, Action, Step

KIND = "novalxp-sync-plan"
VERSION = 1


def digest(step: Step, key: str) -> str:
    """Return the digest of everything that a step would write and of the present values.

    Args:
        step: The step.
        key: The Moodle token.

    Returns:
        32 hexadecimal digits; "" if the step writes nothing.
    """
    if step.action not in WRITES:
        return ""
    content = [
        step.employee_id,
        step.action.value,
        step.account.id if step.account else None,
        sorted([change.field, change.old, change.new] for change in step.changes),
    ]
    return hmac.new(f"plan {key}".encode(), json.dumps(content).encode(), hashlib.sha256).hexdigest()[:32]


def read_plan(path: Path, settings: Settings) -> Mapping[int, str]:
    """The digests of a plan's writes, by employee id. Raises UsageError for what is no plan, or one for elsewhere."""
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise UsageError(
            f"the plan {path} cannot be read ({fault.strerror})", advice="name a file that is there"
        ) from None
    except (ValueError, RecursionError):
        plan = None
    if not isinstance(plan, dict) or plan.get("kind") != KIND or not isinstance(plan.get("rows"), list):
        raise UsageError(f"{path} is no plan", advice="make one: plan --json --output FILE")
    if plan.get("version") != VERSION:
        raise UsageError(f"{path} is a plan of another version of this program", advice="make a new one")
    if (plan.get("site"), plan.get("company")) != (settings.moodle_endpoint, settings.bamboo_api):
        raise UsageError(
            f"{path} is the plan of another BambooHR or Moodle", advice="make one with the settings of this run"
        )
    rows = {number: digest for row in plan["rows"] for number, digest in [_row(row, path)] if digest}
    if not rows:
        raise UsageError(f"{path} has nothing to write", advice="make a new plan when something has changed")
    return rows


def _row(row: Any, path: Path) -> tuple[int, str]:
    number = employee_id(row.get("employee_id")) if isinstance(row, dict) else None
    if number is None or not isinstance(row.get("digest"), str):
        raise UsageError(f"{path} has a row without an employee id or a digest", advice="make a new plan")
    return number, row["digest"]


def only_as_planned(rows: Mapping[int, str], key: str) -> Callable[[Step], Step]:
    """Leaves every step as it is whose digest is the plan's, and what would write nothing; nothing else is written."""

    def choose(step: Step) -> Step:
        if step.action not in WRITES or digest(step, key) == rows.get(step.employee_id):
            return step
        return replace(step, action=Action.SKIP, reason=reasons.PLAN_OUTDATED, changes=(), problem=None, waits=False)

    return choose

"""Keyed digests, which tie a stored plan to the planned values without storing the values. Pure.

A plain digest of a department or a name could be guessed by trial. These are keyed with the Moodle token, which is
neither in the plan nor in the repository, so a plan becomes invalid when the token changes.
"""

from __future__ import annotations

import hashlib
import hmac
import json

from worker.model.step import WRITES, Step


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

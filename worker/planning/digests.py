"""Keyed digests, by which later runs recognise planned values that the state does not store. Pure.

A plain digest of a department or a name could be guessed by trial. These are keyed with the Moodle token, which is
not in the state either, so they become invalid when the token changes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence

from worker.model.step import FieldChange, Step


def part_digest(step: Step, changes: Sequence[FieldChange], key: str) -> str:
    """Return the digest of the new values that a part of a step would write, for this employee and account."""
    values = sorted([change.field, change.new] for change in changes)
    return _keyed("held", [step.employee_id, step.account_id, values], key)


def not_kept_digest(employee_id: int, field: str, sent: str, key: str) -> str:
    """Return the digest of a value that was sent in vain, for this employee and field."""
    return _keyed("not kept", [employee_id, field, sent], key)[:16]


def key_fingerprint(run_id: str, key: str) -> str:
    """Return a digest that shows whether the key has changed since this run."""
    return _keyed("run", [run_id], key)


def _keyed(purpose: str, content: Sequence[object], key: str) -> str:
    return hmac.new(f"{purpose} {key}".encode(), json.dumps(content).encode(), hashlib.sha256).hexdigest()[:32]

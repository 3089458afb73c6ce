"""Keyed digests of values that the state does not store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.worker.builders import account, account_of, listed, step_of
from worker.model import reasons
from worker.model.step import Action, FieldChange, Step
from worker.planning.digests import key_fingerprint, not_kept_digest, part_digest

KEY = "0123456789abcdef"
UPDATE = step_of(listed(1, department="Legal", last_name="King"), account_of(1))


def held_digest(step: Step, key: str = KEY) -> str:
    return part_digest(step, step.changes, key)


def test_what_earlier_runs_kept_as_digests_is_still_recognised() -> None:
    step = Step(1, Action.SUSPEND, reasons.LEFT, account(8))

    assert part_digest(step, [FieldChange("suspended", "0", "1")], "k") == "9aa347a19c91b28570f9d1827d2190bd"
    assert not_kept_digest(1, "city", "Rome", "k") == "ed71c18bd460f3d9"
    assert key_fingerprint("run1", "k") == "8b4158e9c8965613b71f189bd353e2e1"


@pytest.mark.parametrize(
    "other",
    [
        replace(UPDATE, employee_id=2),
        replace(UPDATE, account=account(8, idnumber="1")),
        replace(UPDATE, account=None),
        replace(UPDATE, changes=UPDATE.changes[1:]),
        replace(UPDATE, changes=(*UPDATE.changes, FieldChange("city", "", "Rome"))),
        replace(UPDATE, changes=tuple(replace(change, new=change.new + " ") for change in UPDATE.changes)),
        replace(UPDATE, changes=tuple(replace(change, field="x" + change.field) for change in UPDATE.changes)),
    ],
)
def test_any_other_change_has_another_digest(other: Step) -> None:
    assert held_digest(other) != held_digest(UPDATE)


def test_the_order_of_fields_their_present_values_and_the_reasons_do_not_count() -> None:
    changes = tuple(replace(change, old=None) for change in reversed(UPDATE.changes))

    same = replace(UPDATE, changes=changes, reason=reasons.NEW, notes=(reasons.NEW,), is_waiting=True)

    assert held_digest(same) == held_digest(UPDATE)


def test_the_values_cannot_be_guessed_without_the_key() -> None:
    assert held_digest(UPDATE) != held_digest(UPDATE, "another")
    assert KEY not in held_digest(UPDATE)

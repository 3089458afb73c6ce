"""Builds the parameters of a create or an update, and parses the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from worker.model.mapping import PROFILE_FIELD
from worker.moodle.refusals import UNDOCUMENTED
from worker.moodle.web_service import plain_code
from worker.transport.refusal import Concerns, Meaning, Refused

Payload = Mapping[str, str | int]
"""The form fields of one account, in the order in which they are sent."""


def form_fields(payloads: Sequence[Payload]) -> Iterable[tuple[str, str]]:
    """Yield the form fields of several accounts. A custom field's `type` is its short name (measured)."""
    for at, payload in enumerate(payloads):
        customs = 0
        for field, value in payload.items():
            if field.startswith(PROFILE_FIELD):
                where = f"users[{at}][customfields][{customs}]"
                yield f"{where}[type]", field.removeprefix(PROFILE_FIELD)
                yield f"{where}[value]", str(value)
                customs += 1
            else:
                yield f"users[{at}][{field}]", str(value)


def check_created(answer: Any, count: int) -> None:
    """Raise Refused unless a create's answer names as many accounts as were sent."""
    created = answer if isinstance(answer, list) else []
    if len(created) != count or not all(isinstance(row, dict) and "id" in row for row in created):
        raise undocumented()


def refused_updates(answer: Any, payloads: Sequence[Payload]) -> dict[int, str]:
    """Return the warning code of each account that was not updated.

    Raises Refused if the answer is not of the documented form, or is about other accounts.
    """
    warnings = answer.get("warnings") if isinstance(answer, dict) else None
    if not isinstance(warnings, list):
        raise undocumented()
    sent = [payload["id"] for payload in payloads]
    refused: dict[int, str] = {}
    for warning in warnings:
        if not isinstance(warning, dict) or warning.get("itemid") not in sent:
            raise undocumented()
        refused[warning["itemid"]] = plain_code(warning.get("warningcode"))
    return refused


def undocumented() -> Refused:
    """Return the refusal for what a proxy, a plugin or a broken answer leaves in place of a result (public)."""
    return Refused(UNDOCUMENTED, Meaning(Concerns.RECORD, may_be_done=True))

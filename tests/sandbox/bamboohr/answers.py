"""The parts of every answer: the query as PHP reads it, the format, and refusals."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from ..wire import Request, Response
from .company import Company
from .settings import Settings


@dataclass(frozen=True)
class Call:
    """One call, with the company and the settings that answer it."""

    request: Request
    company: Company
    settings: Settings

    def last(self, name: str, default: str = "") -> str:
        """A query parameter. Of several with one name only the last counts."""
        return next((value for key, value in reversed(self.request.query) if key == name), default)

    @property
    def only_current(self) -> bool:
        """Whether future values are left out."""
        return self.last("onlyCurrent", "true").lower() not in ("false", "0")

    def refuse(self, status: int, message: str) -> Response:
        """A refusal as BambooHR makes most of them: the reason in a header, repeated, and an empty body."""
        # Header values travel as latin-1, so a client really reads UTF-8 as latin-1.
        reason = f"{message}, {message}".encode().decode("latin-1")
        return Response(status, b"", "text/html; charset=utf-8", {"X-BambooHR-Error-Message": reason})


def moment(at: datetime) -> str:
    """A moment as BambooHR writes it."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def json_answer(value: object) -> Response:
    """Compact JSON in UTF-8, with escapes throughout where a lone surrogate needs one."""
    try:
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        body = json.dumps(value, separators=(",", ":")).encode()
    return Response(200, body)

"""The parts of every answer: the query as PHP reads it, the format, and refusals."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

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
    def wants_json(self) -> bool:
        """Whether the answer is JSON; it is XML unless JSON is asked for."""
        return "application/json" in self.request.headers.get("accept", "")

    @property
    def only_current(self) -> bool:
        """Whether future values are left out."""
        return self.last("onlyCurrent", "true").lower() not in ("false", "0")

    def refuse(self, status: int, message: str) -> Response:
        """A refusal as BambooHR makes most of them: the reason in a header, repeated, and an empty body."""
        # Header values travel as latin-1, so a client really reads UTF-8 as latin-1.
        reason = f"{message}, {message}".encode().decode("latin-1")
        return Response(status, b"", "text/html; charset=utf-8", {self.settings.error_header: reason})


def moment(at: datetime, style: str) -> str:
    """A moment in one of the notations that BambooHR has used."""
    text = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return text + {"offset": "+00:00", "millis": ".000Z", "zulu": "Z"}[style]


def json_body(value: object) -> bytes:
    """Compact JSON in UTF-8, with escapes throughout where a lone surrogate needs one."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def xml_answer(parts: Iterable[str]) -> Response:
    """An XML document."""
    return Response(200, ('<?xml version="1.0"?>\n' + "".join(parts)).encode(), "application/xml; charset=utf-8")


def xml_field(name: str, value: object) -> str:
    """One value of an employee in XML."""
    text = {True: "yes", False: "no", None: ""}.get(value) if isinstance(value, bool | None) else str(value)
    return f"<field id={quoteattr(name)}>{escape(text or '')}</field>"

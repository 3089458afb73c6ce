"""The parts that all answers are made of: the query as PHP reads it, the format, and refusals."""

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
    """One call: who asks what of whom."""

    request: Request
    company: Company
    settings: Settings

    def last(self, name: str, default: str = "") -> str:
        """A query parameter. Of several with one name only the last is heard."""
        return next((value for key, value in reversed(self.request.query) if key == name), default)

    @property
    def wants_json(self) -> bool:
        """XML is what comes unless JSON is asked for."""
        return "application/json" in self.request.headers.get("accept", "")

    @property
    def only_current(self) -> bool:
        """Whether what lies in the future is left out."""
        return self.last("onlyCurrent", "true").lower() not in ("false", "0")

    def refuse(self, status: int, message: str) -> Response:
        """A refusal as BambooHR makes most of them: the reason in a header, said twice, and nothing in the body."""
        # Header values travel as latin-1; UTF-8 bytes in them are what a client really gets to see.
        reason = f"{message}, {message}".encode().decode("latin-1")
        return Response(status, b"", "text/html; charset=utf-8", {self.settings.error_header: reason})


def moment(at: datetime, style: str) -> str:
    """A moment in one of the notations that BambooHR has used."""
    text = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return text + {"offset": "+00:00", "millis": ".000Z", "zulu": "Z"}[style]


def json_body(value: object) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def xml_answer(parts: Iterable[str]) -> Response:
    """An XML document."""
    return Response(200, ('<?xml version="1.0"?>\n' + "".join(parts)).encode(), "application/xml; charset=utf-8")


def xml_field(name: str, value: object) -> str:
    """One value of an employee in XML."""
    text = {True: "yes", False: "no", None: ""}.get(value) if isinstance(value, bool | None) else str(value)
    return f"<field id={quoteattr(name)}>{escape(text or '')}</field>"

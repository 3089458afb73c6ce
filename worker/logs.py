"""The log: one JSON object per line on stderr. Ids, counts, reasons and field names; never a personal value.

Other libraries' loggers are kept silent because their messages can quote URLs, headers and bodies.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any, TextIO

_LOGGER = logging.getLogger("worker")
_ROOT = logging.getLogger()


class _JsonLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        fields: dict[str, Any] = getattr(record, "fields", {})
        line = {"time": f"{stamp}.{int(record.msecs):03d}Z", "level": record.levelname.lower(), **fields}
        return json.dumps(line, default=str)


def start_logging(stream: TextIO | None = None) -> None:
    """Send the log to `stream` (stderr by default) and silence all other loggers."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_JsonLine())
    _LOGGER.handlers = [handler]
    _LOGGER.filters = []
    _LOGGER.propagate = False
    _LOGGER.setLevel(logging.INFO)
    _ROOT.handlers = [logging.NullHandler()]
    _ROOT.setLevel(logging.CRITICAL)
    logging.captureWarnings(capture=True)


Line = Callable[[str, dict[str, Any]], str | None]
"""Returns the line of an event from its level and fields, or None for an event that is not shown."""


def _warning_line(level: str, fields: dict[str, Any]) -> str | None:
    """Return the line of a warning, except one that the report itself contains."""
    event = fields.get("event")
    if level != "warning" or event in ("sync.warning", "reconcile.unexplained_account"):
        return None
    texts = [str(fields[name]) for name in ("reason", "advice") if fields.get(name)]
    return f"{level}: {'; '.join(texts) or event or ''}"


def for_readers(line: Line = _warning_line) -> None:
    """Write lines for a reader instead of a log group; by default only warnings, as sentences."""

    def is_shown(record: logging.LogRecord) -> bool:
        text = line(record.levelname.lower(), getattr(record, "fields", {}))
        record.__dict__["line"] = text
        return text is not None

    _LOGGER.filters = [is_shown]
    for handler in _LOGGER.handlers:
        handler.setFormatter(logging.Formatter("%(line)s"))


def info(event: str, **fields: object) -> None:
    """Log what an operator may want to follow."""
    _LOGGER.info(event, extra={"fields": {"event": event, **fields}})


def warning(event: str, **fields: object) -> None:
    """Log what an operator should check although it does not make the run an error."""
    _LOGGER.warning(event, extra={"fields": {"event": event, **fields}})


def error(event: str, **fields: object) -> None:
    """Log what makes the run an error."""
    _LOGGER.error(event, extra={"fields": {"event": event, **fields}})


def where(crash: BaseException) -> list[str]:
    """Return the frames of a crash, innermost last, as `file:line function`.

    The exception's own text is left out on purpose: it may quote personal values.
    """
    frames = traceback.extract_tb(crash.__traceback__)
    return [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames[-8:]]

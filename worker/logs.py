"""The log: one JSON object per line on stderr. Ids, counts, reasons and field names; never a personal value.

Other libraries' loggers are kept silent because their messages can quote URLs, headers and bodies.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
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
    _LOGGER.propagate = False
    _LOGGER.setLevel(logging.INFO)
    _ROOT.handlers = [logging.NullHandler()]
    _ROOT.setLevel(logging.CRITICAL)
    logging.captureWarnings(capture=True)


class _Readable(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = getattr(record, "fields", {})
        texts = [str(fields[name]) for name in ("reason", "advice") if fields.get(name)]
        return f"{record.levelname.lower()}: {'; '.join(texts) or fields.get('event', '')}"


def for_readers() -> None:
    """Write the warnings of a report as sentences: it is read by a person instead of a log group."""
    for handler in _LOGGER.handlers:
        handler.setFormatter(_Readable())
        handler.addFilter(_is_for_readers)


def _is_for_readers(record: logging.LogRecord) -> bool:
    """Warnings, except those that a report itself contains."""
    event = getattr(record, "fields", {}).get("event")
    return record.levelno == logging.WARNING and event not in ("sync.warning", "reconcile.unexplained_account")


def info(event: str, **fields: object) -> None:
    """Log what an operator may want to follow."""
    _LOGGER.info(event, extra={"fields": {"event": event, **fields}})


def warning(event: str, **fields: object) -> None:
    """Log what an operator should look at, and what does not end the run."""
    _LOGGER.warning(event, extra={"fields": {"event": event, **fields}})


def error(event: str, **fields: object) -> None:
    """Log what makes the run an error."""
    _LOGGER.error(event, extra={"fields": {"event": event, **fields}})


def where(crash: BaseException) -> list[str]:
    """The frames of a crash, innermost last, as `file:line function`.

    The exception's own text is left out on purpose: it may quote personal values.
    """
    frames = traceback.extract_tb(crash.__traceback__)
    return [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames[-8:]]

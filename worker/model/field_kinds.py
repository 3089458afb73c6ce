"""The types of custom profile fields: what is sent for a value, and whether Moodle shows what was sent. Pure.

Look-ups return the type of every field that they show. From Moodle 4.2 on they return the stored value; before, a text
as Moodle displays it. Measured on Moodle 4.1, 4.5 and 5.1.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from worker.model.employee import email_key
from worker.model.mapping import PROFILE_FIELD

_READ_BACK = frozenset({"lang", "timezone", "city", "country", "phone1", "phone2"})
_HIDE_ZERO = frozenset({"city", "institution", "phone1", "phone2"})
"""Core fields that PHP's `empty()` leaves out of an answer, "0" included."""
_TEXTS = frozenset({"text", "textarea"})
_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"", "0", "false", "no", "off"})

_BREAK = re.compile(r"<(?:br|/p|/div|/li|/h[1-6])\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<(?!\s)[^>]*>?")
_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*)?", re.ASCII)
_SECONDS = re.compile(r"-?\d{1,11}", re.ASCII)
_EASTERNMOST = timedelta(hours=13)


class FieldKind(NamedTuple):
    """The type of a custom profile field, and whether look-ups show its value as it is stored."""

    type: str
    is_raw: bool


Kinds = Mapping[str, FieldKind]
"""The kinds by Moodle field, for the fields that an account has shown."""


def needs_read_back(field: str) -> bool:
    """Return whether Moodle may store a different value from the one sent, without an error."""
    return field.startswith(PROFILE_FIELD) or field in _READ_BACK


def shown_text(kind: FieldKind, value: str) -> str:
    """Return the value that an account shows, without the HTML that Moodle displays around a text."""
    return value if kind.is_raw or kind.type not in _TEXTS else _plain(value)


def value_to_send(kinds: Kinds, field: str, text: str) -> str | None:
    """Return what is sent for a value; None if the field's type has no such value."""
    kind = kinds.get(field)
    if kind is not None and kind.type == "checkbox":
        word = text.casefold()
        return "1" if word in _YES else "0" if word in _NO else None
    if kind is not None and kind.type == "datetime" and text:
        return day.isoformat() if (day := _iso_day(text)) else None
    return text


def is_same(kinds: Kinds, field: str, sent: str, shown: str) -> bool:
    """Return whether an account that shows a value has the value that was, or would be, sent.

    A login may rewrite the case of an e-mail address.
    """
    if sent == shown:
        return True
    if field == "email":
        return email_key(sent) == email_key(shown)
    kind = kinds.get(field)
    if kind is None:
        return field in _HIDE_ZERO and (sent, shown) == ("0", "")
    if kind.type == "textarea":
        # A displayed text has already lost its HTML; its "<" was "&lt;" before, and must stay.
        return _plain(sent) == (_plain(shown) if kind.is_raw else shown)
    if kind.type == "checkbox":
        return (sent or "0") == (shown or "0")
    if kind.type == "datetime":
        day = _day(sent)
        return day is not None and day == _day(shown)
    return not kind.is_raw and kind.type == "text" and _plain(sent) == shown


def _plain(text: str) -> str:
    # Unescaped twice, because Moodle escapes a text that is a link once more.
    return " ".join(html.unescape(html.unescape(_TAG.sub("", _BREAK.sub(" ", text)))).split())


def _iso_day(text: str) -> date | None:
    found = _ISO.fullmatch(text)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _day(text: str) -> date | None:
    """Return the day of an ISO date, or of a moment in seconds since 1970: midnight in Moodle's time zone.

    That zone is unknown, but thirteen hours after midnight in any zone from UTC-10 to UTC+13, UTC has the same day.
    """
    if not _SECONDS.fullmatch(text):
        return _iso_day(text)
    try:
        return (datetime.fromtimestamp(int(text), UTC) + _EASTERNMOST).date()
    except (ValueError, OverflowError):
        return None

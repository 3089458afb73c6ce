"""Custom profile fields: what the site stores of a value that is sent, and how look-ups return it.

Measured on Moodle 4.1.2 and 4.5.6; an unknown menu option on 5.1 as well.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote_plus
from zoneinfo import ZoneInfo

from tests.sandbox.moodle.settings import ProfileField, Settings

_AMPERSAND = re.compile(r"&(?![a-zA-Z0-9#]{1,8};)")
_TAG = re.compile(r"<(?!\s)[^>]*>?")
_SMILEY = '<img class="icon emoticon" alt="smile" title="smile" src="/theme/image.php/boost/core/1/s/smiley" />'
_NUMERIC = re.compile(r"[ \t\n\r\v\f]*[+-]?\d+(\.\d*)?[ \t\n\r\v\f]*", re.ASCII)
_LEADING_INT = re.compile(r"\d+", re.ASCII)


def stored(field: ProfileField, value: str, settings: Settings) -> str:
    """The value that the database keeps. Nothing is refused: what does not fit is replaced or cut."""
    if field.datatype == "text":
        return value[: field.maximum] if settings.at_least("4.5") else value
    if field.datatype == "menu" and value not in field.options:
        return "" if settings.at_least("5.1") else field.default
    if field.datatype == "datetime":
        return _time_stamp(value, field, settings)
    return value


def returned(settings: Settings, values: Mapping[str, str], *, all_details: bool) -> list[dict[str, str]]:
    """The `customfields` of a look-up; `values` by short name."""
    shown = []
    for field in settings.profile_fields:
        value = values.get(field.shortname, _default(field))
        if (field.hidden and not all_details) or not _has_content(field, value, settings):
            continue
        entry = {"type": field.datatype, "value": value}
        if settings.at_least("4.2"):
            entry["displayvalue"] = _displayed(field, value)
        elif field.datatype in ("text", "textarea"):
            entry["value"] = _displayed(field, value)
        shown.append({**entry, "name": field.name or field.shortname, "shortname": field.shortname})
    return shown


def _default(field: ProfileField) -> str:
    return field.default or ("0" if field.datatype == "checkbox" else "")


def _has_content(field: ProfileField, value: str, settings: Settings) -> bool:
    if field.datatype == "checkbox" and settings.at_least("4.5"):
        return True
    return value not in (("", "0") if field.datatype == "datetime" else ("",))


def _displayed(field: ProfileField, value: str) -> str:
    if field.datatype == "checkbox":
        return "No" if value in ("", "0") else "Yes"
    if field.datatype == "datetime":
        return f"{datetime.fromtimestamp(int(value), UTC):%-d %B %Y}"
    escaped = _AMPERSAND.sub("&amp;", value)
    if field.datatype == "textarea":
        lines = escaped.replace("\n", "<br />\n").replace(":-)", _SMILEY)
        return f'<div class="no-overflow"><div class="text_to_html">{lines}</div></div>'
    text = _TAG.sub("", escaped).replace(">", "&gt;")
    if field.link and text:
        return f'<a href="{field.link.replace("$$", quote_plus(text))}" >{html.escape(text)}</a>'
    return text


def _time_stamp(value: str, field: ProfileField, settings: Settings) -> str:
    """Midnight of the day, or what PHP makes of a text that is no date; the year is moved into the field's range."""
    if value in ("", "0"):
        return "0"
    zone = ZoneInfo(settings.timezone)
    if _NUMERIC.fullmatch(value):
        value = datetime.fromtimestamp(int(float(value)), zone).strftime("%Y-%m-%d")
    parts = value.split("-")
    year = _bounded(parts[0], *field.years)
    month, day = (_leading_int(part) for part in [*parts[1:3], "", ""][:2])
    first = date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
    moment = datetime.combine(first + timedelta(days=day - 1), datetime.min.time(), zone)
    return str(int(moment.timestamp()))


def _bounded(year: str, first: int, last: int) -> int:
    """min(max(year, first), last) as PHP compares: as numbers where both are numeric, otherwise as text."""
    if _NUMERIC.fullmatch(year):
        return min(max(int(float(year)), first), last)
    return _leading_int(min(max(year, str(first)), str(last)))


def _leading_int(text: str) -> int:
    found = _LEADING_INT.match(text)
    return int(found[0]) if found else 0

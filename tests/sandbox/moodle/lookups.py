"""The two look-ups: what they find, and what they leave out, silently, where a capability is missing.

Measured on Moodle 4.2.3 and 4.5.6.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.sandbox.moodle import profile
from tests.sandbox.moodle.errors import (
    MoodleError,
    database_read,
    invalid_parameter,
    invalid_response,
    refused,
    user_missing,
)
from tests.sandbox.moodle.params import clean
from tests.sandbox.moodle.settings import WWWROOT, Settings
from tests.sandbox.moodle.site import MoodleSite
from tests.sandbox.moodle.user import User

_FIELD_KINDS = {"id": "int", "idnumber": "raw", "username": "username", "email": "raw_trimmed"}
_CRITERIA_KINDS = {
    "id": "int",
    "idnumber": "raw",
    "username": "username",
    "auth": "auth",
    "email": "raw",
    "lastname": "notags",
    "firstname": "notags",
}
_EQUAL = ("id", "idnumber", "username")
_RETURNED_KINDS = {
    "username": "username",
    "firstname": "notags",
    "lastname": "notags",
    "fullname": "notags",
    "email": "raw_trimmed",
    "department": "text",
    "institution": "text",
    "city": "text",
    "address": "text",
    "phone1": "notags",
    "phone2": "notags",
    "auth": "auth",
    "country": "alpha",
    "timezone": "timezone",
}
_NUMBER = re.compile(r"[ \t\n\r\v\f]*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?[ \t\n\r\v\f]*", re.ASCII)
_HIDEABLE = ("country", "city", "suspended", "firstaccess", "lastaccess", "email")


def get_users_by_field(site: MoodleSite, field: str, values: list[str]) -> list[dict[str, Any]]:
    """The accounts whose `field` is one of the values, in id order; misses are just missing."""
    kind = _FIELD_KINDS.get(field)
    if kind is None:
        raise MoodleError(
            "coding_exception",
            "codingerror",
            "Coding error detected, it must be fixed by a programmer: invalid field parameter",
            f"The search field '{field}' is not supported, look at the web service documentation",
        )
    for value in values:
        if not _is_clean(kind, value, site.settings):
            raise invalid_parameter(
                f"The field '{field}' value is invalid: {value}(cleaned value: {clean(kind, value, site.settings)})"
            )
    shown = [details(site, user) for user in site.matching(field, values)]
    return _checked(site, [record for record in shown if _has(record, field)])


def get_users(site: MoodleSite, criteria: list[dict[str, str]]) -> dict[str, Any]:
    """The accounts that meet all criteria. An unknown criterion is dropped, so that every account meets it."""
    wanted, unknown = _criteria(criteria, site.settings)
    text = "The search key '{}' is not supported, look at the web service documentation"
    warnings = [{"item": key, "warningcode": "invalidfieldparameter", "message": text.format(key)} for key in unknown]
    shown = (details(site, user) for user in meeting(site, wanted))
    users = [record for record in shown if record and all(_has(record, key) for key in wanted)]
    return {"users": _checked(site, users), "warnings": warnings}


def details(site: MoodleSite, user: User) -> dict[str, Any]:
    """What the service user may see of an account; empty if nothing."""
    if user.deleted and not user.has_context:
        raise user_missing()
    settings, can = site.settings, site.capabilities
    own = user.id == site.service_id
    if not own and "moodle/user:viewdetails" not in can:
        return {}
    everything = own or "moodle/user:viewalldetails" in can
    identity = settings.showuseridentity if "moodle/site:viewuseridentity" in can else ()
    unhidden = "moodle/user:viewhiddendetails" in can
    hidden = () if unhidden else settings.hiddenuserfields
    shown: dict[str, Any] = {
        "id": user.id,
        "fullname": user.fullname,
        "suspended": user.suspended,
        "firstaccess": user.firstaccess,
        "lastaccess": user.lastaccess,
        "profileimageurl": f"{WWWROOT}/theme/image.php/boost/core/1/u/f1",
        **_names(site, user),
        **(_account(settings, user) if everything else {}),
    }
    if own or "email" in identity:
        shown["email"] = user.email
    if everything or "department" in identity:
        shown["department"] = user.department
    private = unhidden and not settings.at_least("4.2")
    always_shown = {
        **dict.fromkeys(("idnumber", "institution"), everything),
        **dict.fromkeys(("phone1", "phone2"), private),
        "address": private or settings.at_least("4.5"),
        **dict.fromkeys(("city", "country"), True),
    }
    for name, always in always_shown.items():
        value = getattr(user, name)
        # PHP takes "0" for empty, which is what makes the idnumber "0" invisible.
        if (always or name in identity) and value not in ("", "0"):
            shown[name] = value
    if custom := profile.returned(settings, user.profile, all_details="moodle/user:viewalldetails" in can):
        shown["customfields"] = custom
    return {name: value for name, value in shown.items() if not (name in hidden and name in _HIDEABLE)}


def meeting(site: MoodleSite, wanted: dict[str, str]) -> list[User]:
    """The accounts that are not deleted and meet these criteria; the values are clean."""
    found = _candidates(site, wanted)
    for key, value in wanted.items():
        if key in _EQUAL:
            ids = {user.id for user in site.matching(key, [value])}
            found = [user for user in found if user.id in ids]
        elif key == "auth":
            found = [user for user in found if user.auth == value]
        else:
            like = _like(value, site.settings)
            found = [user for user in found if like(getattr(user, key))]
    return [user for user in found if not user.deleted]


def _candidates(site: MoodleSite, wanted: dict[str, str]) -> list[User]:
    """The accounts among which the search looks: all of them, unless an index narrows them down."""
    for key in _EQUAL:
        if key in wanted:
            return site.matching(key, [wanted[key]])
    email = wanted.get("email", "%")
    return list(site.table) if any(wild in email for wild in "%_\\") else site.table.matching("email", [email])


def _criteria(criteria: list[dict[str, str]], settings: Settings) -> tuple[dict[str, str], list[str]]:
    """The criteria that Moodle knows, their values clean, and the keys that it does not know."""
    wanted: dict[str, str] = {}
    unknown: list[str] = []
    for criterion in criteria:
        key = criterion["key"]
        if key in wanted or key in unknown:
            raise refused("keyalreadyset", debuginfo=f"The key {key} can only be sent once")
        if key in _CRITERIA_KINDS:
            wanted[key] = clean(_CRITERIA_KINDS[key], criterion["value"], settings)
        else:
            unknown.append(key)
    return wanted, unknown


def _checked(site: MoodleSite, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answer, if each value is of its own type; one value that is not refuses all of it."""
    for record in records:
        for name, kind in _RETURNED_KINDS.items():
            value = record.get(name, "")
            if clean(kind, value, site.settings) != value:
                raise invalid_response(f'{name} => Invalid external api response: the value is "{value}"')
    return records


def _is_clean(kind: str, value: str, settings: Settings) -> bool:
    if kind == "int":
        # PHP compares a numeric string with a number as numbers: " 5 " passes for 5.
        return _NUMBER.fullmatch(value) is not None and float(value) == int(clean(kind, value, settings))
    return clean(kind, value, settings) == value


def _has(record: dict[str, Any], field: str) -> bool:
    return record.get(field, "") not in ("", "0", 0, False)


def _like(pattern: str, settings: Settings) -> Callable[[str], bool]:
    pieces = re.findall(r"\\.|.", pattern.lower(), re.DOTALL)
    whole = _expression(pieces)
    if not (settings.exact and pieces and pieces[-1] == "\\"):
        return lambda text: whole.fullmatch(text.lower()) is not None
    beginning = _expression([*pieces[:-1], "%"])

    def compare(text: str) -> bool:
        # PostgreSQL notices an escape character at the end only once a value matches as far as there.
        if beginning.fullmatch(text.lower()):
            raise database_read("ERROR:  LIKE pattern must not end with escape character")
        return False

    return compare


def _expression(pieces: list[str]) -> re.Pattern[str]:
    wild = {"%": ".*", "_": "."}
    return re.compile("".join(wild.get(piece) or re.escape(piece[-1]) for piece in pieces), re.DOTALL)


def _names(site: MoodleSite, user: User) -> dict[str, str]:
    # From 4.5 on, the names that are part of the site's full name format are always shown.
    if "moodle/site:viewfullnames" not in site.capabilities and not site.settings.at_least("4.5"):
        return {}
    return {"firstname": user.firstname, "lastname": user.lastname}


def _account(settings: Settings, user: User) -> dict[str, Any]:
    shown = {name: getattr(user, name) for name in ("username", "auth", "confirmed", "timezone", "mailformat")}
    shown["lang"] = clean("lang", user.lang, settings)
    shown["theme"] = clean("theme", user.theme, settings)
    return {**shown, "trackforums": 0} if settings.at_least("4.5") else shown

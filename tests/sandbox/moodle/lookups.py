"""The two look-ups, and what they leave out, silently, for want of a capability.

Measured on Moodle 4.2.3; the visibility of phones and address, and that one's own record is always visible, read in
its code.
"""

from __future__ import annotations

import html
import re
from typing import Any

from tests.sandbox.moodle.errors import MoodleError, invalid_parameter, refused
from tests.sandbox.moodle.params import clean
from tests.sandbox.moodle.settings import Settings
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
_NUMBER = re.compile(r"[ \t\n\r\v\f]*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?[ \t\n\r\v\f]*", re.ASCII)
_KEYS = (
    "id username firstname lastname fullname email address phone1 phone2 department institution idnumber firstaccess "
    "lastaccess auth suspended confirmed lang theme timezone mailformat description descriptionformat city country "
    "profileimageurlsmall profileimageurl customfields"
)
_KEY_ORDER = _KEYS.split()
_HIDEABLE = ("description", "country", "city", "suspended", "firstaccess", "lastaccess", "email")


def get_users_by_field(site: MoodleSite, field: str, values: list[str]) -> list[dict[str, Any]]:
    """Whoever's `field` is one of the values, in id order; misses are just missing."""
    kind = _FIELD_KINDS.get(field)
    if kind is None:
        raise MoodleError(
            "coding_exception",
            "codingerror",
            "Coding error detected, it must be fixed by a programmer: invalid field parameter",
            f"The search field '{field}' is not supported, look at the web service documentation",
        )
    for value in values:
        if not _unspoiled(kind, value, site.settings):
            raise invalid_parameter(
                f"The field '{field}' value is invalid: {value}(cleaned value: {clean(kind, value, site.settings)})"
            )
    shown = (details(site, user) for user in site.table.matching(field, values))
    return [record for record in shown if _has(record, field)]


def get_users(site: MoodleSite, criteria: list[dict[str, str]]) -> dict[str, Any]:
    """Whoever meets all criteria. A criterion that Moodle does not know is dropped, so that everybody meets it."""
    wanted: dict[str, str] = {}
    warnings = []
    used = set()
    for criterion in criteria:
        key = criterion["key"]
        if key in used:
            raise refused("keyalreadyset", debuginfo=f"The key {key} can only be sent once")
        used.add(key)
        if key in _CRITERIA_KINDS:
            wanted[key] = clean(_CRITERIA_KINDS[key], criterion["value"], site.settings)
        else:
            text = f"The search key '{key}' is not supported, look at the web service documentation"
            warnings.append({"item": key, "warningcode": "invalidfieldparameter", "message": text})
    shown = (details(site, user) for user in _meeting(site, wanted))
    users = [record for record in shown if record and all(_has(record, key) for key in wanted)]
    return {"users": users, "warnings": warnings}


def details(site: MoodleSite, user: User) -> dict[str, Any]:
    """What the service user may see of an account; empty if nothing."""
    can = site.capabilities
    own = user.id == site.service_id
    if not own and "moodle/user:viewdetails" not in can:
        return {}
    everything = own or "moodle/user:viewalldetails" in can
    identity = site.settings.showuseridentity if "moodle/site:viewuseridentity" in can else ()
    unhidden = "moodle/user:viewhiddendetails" in can
    hidden = [] if unhidden else [name for name in _HIDEABLE if name in site.settings.hiddenuserfields]
    visible: dict[str, Any] = {
        "id": user.id,
        "fullname": user.fullname,
        "suspended": user.suspended,
        "firstaccess": user.firstaccess,
        "lastaccess": user.lastaccess,
        **_pictures(site.settings, user),
    }
    if "moodle/site:viewfullnames" in can:
        visible |= {"firstname": user.firstname, "lastname": user.lastname}
    if everything:
        for name in ("username", "auth", "confirmed", "lang", "theme", "timezone", "mailformat"):
            visible[name] = getattr(user, name)
    if own or "email" in identity:
        visible["email"] = user.email
    if everything or "department" in identity:
        visible["department"] = user.department
    for name in ("idnumber", "institution"):
        if everything or name in identity:
            visible |= _unless_empty(name, getattr(user, name))
    for name in ("phone1", "phone2"):
        if unhidden or name in identity:
            visible |= _unless_empty(name, getattr(user, name))
    if unhidden:
        visible |= _unless_empty("address", user.address)
    for name in ("city", "country"):
        visible |= _unless_empty(name, getattr(user, name))
    if user.description is not None and "description" not in hidden:
        visible |= {"description": user.description, "descriptionformat": 1}
    custom = _custom_fields(site.settings, user)
    if custom:
        visible["customfields"] = custom
    return {name: visible[name] for name in _KEY_ORDER if name in visible and name not in hidden}


def _unspoiled(kind: str, value: str, settings: Settings) -> bool:
    if kind == "int":
        # PHP compares a numeric string with a number as numbers: " 5 " passes for 5.
        return _NUMBER.fullmatch(value) is not None and float(value) == int(clean(kind, value, settings))
    return clean(kind, value, settings) == value


def _has(record: dict[str, Any], field: str) -> bool:
    return record.get(field, "") not in ("", "0", 0, False)


def _unless_empty(name: str, value: str) -> dict[str, str]:
    # PHP takes "0" for empty, which is what makes the idnumber "0" invisible.
    return {} if value in ("", "0") else {name: value}


def _meeting(site: MoodleSite, wanted: dict[str, str]) -> list[User]:
    exact = next((key for key in _EQUAL if key in wanted), None)
    found = list(site.table) if exact is None else site.table.matching(exact, [wanted[exact]])
    for key, value in wanted.items():
        if key in _EQUAL:
            ids = {user.id for user in site.table.matching(key, [value])}
            found = [user for user in found if user.id in ids]
        elif key == "auth":
            found = [user for user in found if user.auth == value]
        else:
            like = _like(value)
            found = [user for user in found if like.fullmatch(getattr(user, key).lower())]
    return [user for user in found if not user.deleted]


def _like(pattern: str) -> re.Pattern[str]:
    pieces = re.findall(r"\\.|.", pattern.lower(), re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return re.compile("".join(wild.get(piece) or re.escape(piece[-1]) for piece in pieces), re.DOTALL)


def _pictures(settings: Settings, user: User) -> dict[str, str]:
    base = f"{settings.wwwroot}/theme/image.php/boost/core/1/u/"
    return {"profileimageurlsmall": f"{base}f2", "profileimageurl": f"{base}f1"}


def _custom_fields(settings: Settings, user: User) -> list[dict[str, str]]:
    shown = []
    for field in settings.profile_fields:
        value = user.profile.get(field.shortname, "")
        if value == "":
            continue
        if field.datatype in ("text", "textarea"):
            value = html.escape(value, quote=False)
        shown.append(
            {
                "type": field.datatype,
                "value": value,
                "name": field.name or field.shortname,
                "shortname": field.shortname,
            }
        )
    return shown

"""The rules of create, update and delete, as measured on Moodle 4.2.3 and 4.5.6."""

from __future__ import annotations

import copy
from typing import Any

from tests.sandbox.moodle import profile
from tests.sandbox.moodle.countries import COUNTRIES
from tests.sandbox.moodle.errors import (
    MoodleError,
    database_write,
    invalid_parameter,
    refused,
    user_missing,
)
from tests.sandbox.moodle.params import is_blank, is_email
from tests.sandbox.moodle.site import MoodleSite
from tests.sandbox.moodle.user import LIMITS, User

_NO_COLUMNS = frozenset({"id", "password", "customfields"})
_EXTERNAL_AUTH = frozenset({"cas", "db", "ldap", "lti", "oauth2", "oidc", "shibboleth"})
"""The plugins that keep no password in Moodle. Measured on Moodle 4.2.3: oidc; the rest read in its code."""
_COLUMNS = frozenset(User.__dataclass_fields__)


def create_users(site: MoodleSite, users: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Create all of them or none; the ids of a rolled-back batch are used up."""
    made: list[User] = []
    try:
        for given in users:
            _check_new(site, given)
            user = User(id=site.table.take_id(), username=given["username"], timecreated=site.now())
            _fill(site, user, given)
            _insert(site, user)
            made.append(user)
        if site.deadlocks:
            site.deadlocks -= 1
            raise database_write("Deadlock found when trying to get lock; try restarting transaction")
    except MoodleError:
        for user in made:
            site.table.remove(user.id)
        raise
    site.events += [("user_created", user.id) for user in made]
    return [{"id": user.id, "username": user.username} for user in made]


def update_users(site: MoodleSite, users: list[dict[str, Any]]) -> dict[str, Any]:
    """Update each on its own: an account that cannot be updated becomes a warning, the others are written."""
    warnings = []
    for given in users:
        try:
            _update(site, given)
        except MoodleError as error:
            warnings.append(
                {
                    "item": "user",
                    "itemid": given["id"],
                    "warningcode": error.errorcode,
                    "message": error.message_at(site.settings.debug),
                }
            )
    return {"warnings": warnings}


def delete_users(site: MoodleSite, user_ids: list[int]) -> None:
    """Delete all of them or none."""
    doomed = [site.table.get(user_id) for user_id in user_ids]
    if any(user is None or user.deleted for user in doomed):
        raise user_missing()
    for user_id in user_ids:
        site.delete_user(user_id)


def _check_new(site: MoodleSite, given: dict[str, Any]) -> None:
    for name in ("username", "firstname", "lastname"):
        if is_blank(given[name]):
            raise invalid_parameter(f"The field {name} cannot be blank")
    if site.matching("username", [given["username"]]):
        raise invalid_parameter(f"Username already exists: {given['username']}")
    if given["auth"] in ("", "mnet", "webservice"):
        raise invalid_parameter(f"Invalid authentication type: {given['auth']}")
    if not given["lang"]:
        raise invalid_parameter(f"Invalid language code: {given['lang']}")
    if given["auth"] not in _EXTERNAL_AUTH and not given.get("password"):
        raise invalid_parameter("Invalid password: you must provide a password, or set createpassword.")
    if not is_email(given["email"]):
        raise invalid_parameter(f"Email address is invalid: {given['email']}")
    if _email_taken(site, given["email"]):
        raise invalid_parameter(f"Email address already exists: {given['email']}")


def _update(site: MoodleSite, given: dict[str, Any]) -> None:
    old = _updatable(site, given["id"])
    email = given.get("email", old.email)
    if email != old.email:
        if not is_email(email):
            raise refused("useremailinvalid", "Invalid email address", "Invalid email address")
        if _email_taken(site, email, besides=old.id):
            raise refused("useremailduplicate", "Duplicate address", "Duplicate email address")
    user = copy.copy(old)
    user.profile = dict(old.profile)
    user.more = dict(old.more)
    _fill(site, user, given)
    _insert(site, user)
    site.events.append(("user_updated", user.id))


def _updatable(site: MoodleSite, user_id: int) -> User:
    user = site.table.get(user_id)
    if user is None:
        raise refused("invaliduserid", "Invalid user ID", "Invalid user ID")
    if user_id == site.admin_id:
        raise refused("usernotupdatedadmin", "Cannot update admin accounts", "Cannot update admin accounts")
    if user.deleted:
        raise refused("usernotupdateddeleted", debuginfo="User is a deleted user")
    if user.remote:
        raise refused("usernotupdatedremote", debuginfo="User is a remote user")
    if user_id == site.guest_id:
        raise refused("usernotupdatedguest", debuginfo="Cannot update guest account")
    return user


def _email_taken(site: MoodleSite, email: str, besides: int = 0) -> bool:
    lowered = email.lower()
    return any(
        other.email.lower() == lowered and other.id != besides for other in site.table.matching("email", [email])
    )


def _fill(site: MoodleSite, user: User, given: dict[str, Any]) -> None:
    for name, value in given.items():
        if name in _NO_COLUMNS:
            continue
        if name == "country" and value not in COUNTRIES and value != "":
            value = "0"
        if name in _COLUMNS:
            setattr(user, name, value)
        else:
            user.more[name] = value
    fields = {field.shortname: field for field in site.settings.profile_fields}
    for pair in given.get("customfields", ()):
        if field := fields.get(pair["type"]):
            user.profile[field.shortname] = profile.stored(field, pair["value"], site.settings)
    user.timemodified = site.now()


def _insert(site: MoodleSite, user: User) -> None:
    for column, limit in LIMITS.items():
        if len(getattr(user, column)) > limit:
            raise database_write(f"Data too long for column '{column}' at row 1")
    if any(other.id != user.id for other in site.matching("username", [user.username])):
        raise database_write(f"Duplicate entry '1-{user.username}' for key 'mdl_user_mneuse_uix'")
    site.table.put(user)

"""The rules of create, update and delete, as measured on Moodle 4.2.3 and 4.5.6."""

from __future__ import annotations

import copy
from typing import Any

from tests.sandbox.moodle import passwords, profile
from tests.sandbox.moodle.countries import COUNTRIES
from tests.sandbox.moodle.errors import (
    MoodleError,
    database_write,
    invalid_parameter,
    invalid_response,
    refused,
    user_missing,
)
from tests.sandbox.moodle.params import is_blank, is_email
from tests.sandbox.moodle.site import MoodleSite
from tests.sandbox.moodle.user import LIMITS, User

_NEVER_STORED = frozenset(
    {"id", "password", "createpassword", "customfields", "preferences", "interests", "userpicture"}
)
_COLUMNS = frozenset(User.__dataclass_fields__)


def create_users(site: MoodleSite, users: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Create all of them or none; the ids of a rolled-back batch are used up."""
    made: list[User] = []
    try:
        for given in users:
            _check_new(site, given)
            user = User(id=site.table.take_id(), username=given["username"], timecreated=site.now())
            user.password = _new_password(given)
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
    if any(not str(warning["warningcode"]).isalnum() for warning in warnings):
        raise invalid_response()
    return {"warnings": warnings}


def delete_users(site: MoodleSite, user_ids: list[int]) -> None:
    """Delete all of them or none."""
    doomed = []
    for user_id in user_ids:
        user = site.table.get(user_id)
        if user is None or user.deleted or user_id in doomed:
            raise user_missing()
        if user_id == site.admin_id:
            raise refused("useradminodelete", "You can not delete admin accounts")
        if user_id == site.service_id:
            raise refused("usernotdeletederror", "User was not deleted - error")
        doomed.append(user_id)
    for user_id in doomed:
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
    internal = given["auth"] not in passwords.EXTERNAL_AUTH
    if internal and not given.get("password") and not given.get("createpassword"):
        raise invalid_parameter("Invalid password: you must provide a password, or set createpassword.")
    if not is_email(given["email"]):
        raise invalid_parameter(f"Email address is invalid: {given['email']}")
    if _email_taken(site, given["email"]):
        raise invalid_parameter(f"Email address already exists: {given['email']}")


def _new_password(given: dict[str, Any]) -> str:
    if given["auth"] in passwords.EXTERNAL_AUTH:
        return passwords.NOT_CACHED
    return "" if given.get("createpassword") else passwords.stored(given["password"])


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
    if "password" in given:
        kept = passwords.stored(given["password"])
        user.password = passwords.NOT_CACHED if user.auth in passwords.EXTERNAL_AUTH else kept
    _fill(site, user, given)
    if given.get("suspended"):
        user.sessions = 0
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
    if site.settings.allowaccountssameemail:
        return False
    lowered = email.lower()
    return any(
        other.email.lower() == lowered and other.id != besides for other in site.table.matching("email", [email])
    )


def _fill(site: MoodleSite, user: User, given: dict[str, Any]) -> None:
    for name, value in given.items():
        if name in _NEVER_STORED:
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
    if user.unwritable or user.idnumber in site.unwritable:
        raise database_write("Deadlock found when trying to get lock; try restarting transaction")
    for column, limit in LIMITS.items():
        if len(getattr(user, column)) > limit:
            raise database_write(f"Data too long for column '{column}' at row 1")
    if any(other.id != user.id for other in site.matching("username", [user.username])):
        raise database_write(f"Duplicate entry '1-{user.username}' for key 'mdl_user_mneuse_uix'")
    site.table.put(user)

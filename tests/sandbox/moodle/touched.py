"""The records that a call is about, so that a fault can hit the calls of one account or one employee."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tests.sandbox.moodle.forms import PhpArray, PhpValue
from tests.sandbox.moodle.lookups import meeting
from tests.sandbox.moodle.site import MoodleSite
from tests.sandbox.moodle.user import User


def touched(site: MoodleSite, function: str, given: PhpArray) -> set[str]:
    """ "account 7" for each account that is read or written, "employee 12" for each idnumber that is named or held."""
    if function == "core_user_get_users_by_field":
        return set(_looked_up(site, str(given.get("field", "")), _texts(given.get("values"))))
    if function == "core_user_get_users":
        return set(_searched(site, _records(given.get("criteria"))))
    if function == "core_user_delete_users":
        return set(_accounts(site, _texts(given.get("userids"))))
    return set(_written(site, _records(given.get("users"))))


def _looked_up(site: MoodleSite, field: str, values: list[str]) -> Iterator[str]:
    if field == "id":
        yield from _accounts(site, values)
    elif field in ("idnumber", "username", "email"):
        yield from _named(site.matching(field, values))
    if field == "idnumber":
        yield from (f"employee {value}" for value in values)


def _searched(site: MoodleSite, criteria: list[Mapping[str, PhpValue]]) -> Iterator[str]:
    known = ("id", "idnumber", "username", "auth", "email", "lastname", "firstname")
    wanted = {str(row.get("key")): str(row.get("value")) for row in criteria}
    yield from _named(meeting(site, {key: value for key, value in wanted.items() if key in known}))


def _written(site: MoodleSite, users: list[Mapping[str, PhpValue]]) -> Iterator[str]:
    for row in users:
        yield from _accounts(site, _texts({"0": row.get("id", "")}))
        if row.get("idnumber"):
            yield f"employee {row['idnumber']}"


def _accounts(site: MoodleSite, ids: Iterable[str]) -> Iterator[str]:
    yield from _named(user for text in ids if text.isdecimal() and (user := site.table.get(int(text))))


def _named(users: Iterable[User]) -> Iterator[str]:
    for user in users:
        yield f"account {user.id}"
        if user.idnumber:
            yield f"employee {user.idnumber}"


def _texts(given: PhpValue | None) -> list[str]:
    return [value for value in given.values() if isinstance(value, str)] if isinstance(given, dict) else []


def _records(given: PhpValue | None) -> list[Mapping[str, PhpValue]]:
    return [row for row in given.values() if isinstance(row, dict)] if isinstance(given, dict) else []

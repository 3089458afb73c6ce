"""The accounts in the answers of look-ups, and in the list of all accounts of one authentication method."""

from __future__ import annotations

import contextlib
import json
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from tests.worker.clients import mapping_for, texts
from worker.model.account import Account, AccountRef
from worker.model.field_kinds import FieldKind
from worker.moodle.parsers import (
    ALWAYS_SHOWN,
    UnreadableAccount,
    missing_keys,
    needed_keys,
    parse_account,
    parse_accounts,
    parse_kinds,
    read_account_listing,
)
from worker.transport.json_stream import Malformed

PRIVATE = "ada@acme.example"


def row(**different: object) -> dict[str, object]:
    """What Moodle answers about an ordinary account."""
    ordinary: dict[str, object] = {
        "id": 4,
        "username": "ada",
        "firstname": "Ada",
        "lastname": "Byron",
        "email": PRIVATE,
        "department": "Sales",
        "idnumber": "7",
        "auth": "oidc",
        "suspended": False,
    }
    return {**ordinary, **different}


def parsed(**different: object) -> Account:
    return parse_account(row(**different), ALWAYS_SHOWN)


def without(*keys: str) -> dict[str, object]:
    return {key: value for key, value in row().items() if key not in keys}


def test_an_account_is_read() -> None:
    account = parsed(city="Berlin", country="DE", institution="Acme")

    assert (account.id, account.username, account.idnumber, account.auth) == (4, "ada", "7", "oidc")
    assert (account.email, account.suspended) == (PRIVATE, False)
    assert dict(account.values) == {
        "firstname": "Ada",
        "lastname": "Byron",
        "email": PRIVATE,
        "department": "Sales",
        "institution": "Acme",
        "city": "Berlin",
        "country": "DE",
    }


def test_language_and_time_zone_are_read_where_they_are_mapped_and_telephone_numbers_where_they_are_shown() -> None:
    shown = {"lang": "de", "timezone": "Europe/Berlin", "phone1": "+49 30 1", "phone2": None}

    values = parse_account(row(**shown), (*ALWAYS_SHOWN, "lang", "timezone")).values

    assert {key: values[key] for key in shown} == {**shown, "phone2": ""}
    assert shown.keys() & parsed(lang="de", timezone="99").values.keys() == set()


def test_keys_that_moodle_leaves_out_when_empty_are_empty() -> None:
    account = parse_account(without("idnumber", "department"), ALWAYS_SHOWN)

    assert account.idnumber == ""
    assert {account.values[key] for key in ("department", "institution", "city", "country")} == {""}


@pytest.mark.parametrize(("shown", "suspended"), [(True, True), (False, False), (1, True), (0, False)])
def test_suspended_is_a_boolean_or_a_number(shown: object, suspended: bool) -> None:
    assert parsed(suspended=shown).suspended is suspended


def test_custom_profile_fields_are_known_by_their_short_name() -> None:
    custom = [{"type": "text", "value": "Berlin", "name": "Site", "shortname": "site"}, {"shortname": "empty"}]

    account = parsed(customfields=custom)

    assert account.values["profile_field_site"] == "Berlin"
    assert account.values["profile_field_empty"] == ""


@pytest.mark.parametrize(
    ("shown", "text", "kind"),
    [
        ({"type": "text", "value": "AT&amp;T"}, "AT&T", FieldKind("text", is_raw=False)),
        ({"type": "text", "value": "AT&amp;T", "displayvalue": "x"}, "AT&amp;T", FieldKind("text", is_raw=True)),
        ({"type": "menu", "value": "A &amp; B"}, "A &amp; B", FieldKind("menu", is_raw=False)),
        ({"type": None, "value": "AT&amp;T"}, "AT&T", FieldKind("text", is_raw=False)),
    ],
    ids=["4.1", "from 4.2 on", "never formatted", "no type"],
)
def test_a_custom_field_is_read_by_its_type_and_as_the_version_shows_it(
    shown: dict[str, object], text: str, kind: FieldKind
) -> None:
    custom = [{**shown, "shortname": "site"}]

    assert parsed(customfields=custom).values["profile_field_site"] == text
    assert parse_kinds([row(), row(customfields=custom)]) == {"profile_field_site": kind}


@pytest.mark.parametrize("rows", [[None], ["x"], [{"customfields": 7}], [{"customfields": [None, "x", 7]}], [{}]])
def test_rows_of_another_form_show_no_custom_field(rows: list[object]) -> None:
    assert parse_kinds(rows) == {}


@pytest.mark.parametrize("customfields", [None, [], [None, 7, "x", []]])
def test_custom_fields_may_be_absent(customfields: object) -> None:
    assert not any(name.startswith("profile_field") for name in parsed(customfields=customfields).values)


@pytest.mark.parametrize("key", ALWAYS_SHOWN)
def test_an_account_that_is_shown_in_part_is_not_trusted(key: str) -> None:
    with pytest.raises(UnreadableAccount, match=f"without {key}"):
        parse_account(without(key), ALWAYS_SHOWN)


def test_the_department_has_to_be_shown_where_it_is_kept_in_step() -> None:
    kept, dropped = needed_keys(mapping_for()), needed_keys(mapping_for('{"department": null}'))

    assert missing_keys(without("department"), kept) == ["department"]
    assert missing_keys(without("department"), dropped) == []


@pytest.mark.parametrize(
    "value",
    [
        row(id=PRIVATE),
        row(id=None),
        row(id=[PRIVATE]),
        row(suspended="0"),
        row(suspended=None),
        row(suspended=[]),
        row(customfields=7),
        row(customfields=PRIVATE),
        row(customfields={"shortname": PRIVATE}),
        {"id": PRIVATE, "username": PRIVATE},
        *(None, [], 7, PRIVATE),
    ],
)
def test_an_account_of_another_form_is_not_trusted_and_not_quoted(value: object) -> None:
    with pytest.raises(UnreadableAccount) as caught:
        parse_account(value, ALWAYS_SHOWN)

    assert PRIVATE not in texts(caught.value)


def test_an_account_is_named_by_its_ids_and_never_by_a_name() -> None:
    assert parsed().label == "account 4 (idnumber 7)"
    assert parsed(idnumber="").label == "account 4"
    assert parsed(idnumber=PRIVATE).label == "account 4"


def test_an_address_is_compared_in_any_case_and_an_empty_one_belongs_to_no_account() -> None:
    assert parsed(email="Ada@Acme.example").has_email("aDA@acme.EXAMPLE")
    assert not parsed().has_email("ada@acme.example.org")
    assert not parsed(email="").has_email("")


@pytest.mark.parametrize("key", ["username", "idnumber", "auth", "email"])
@pytest.mark.parametrize("value", [{"x": 1}, ["x"]])
def test_an_account_that_cannot_be_recognised_is_unreadable(key: str, value: object) -> None:
    with pytest.raises(UnreadableAccount, match=f"whose {key} is malformed"):
        parsed(**{key: value})


@pytest.mark.parametrize(("value", "kept"), [({"x": 1}, ""), (["x"], ""), ("S\ud800", "S\ufffd")])
def test_another_value_that_is_unreadable_costs_itself(value: object, kept: str) -> None:
    assert parsed(department=value).values["department"] == kept


def test_two_rows_of_one_account_that_contradict_each_other_are_unreadable() -> None:
    assert len(parse_accounts([row(), row()], ALWAYS_SHOWN)) == 1
    with pytest.raises(UnreadableAccount, match="different values"):
        parse_accounts([row(), row(idnumber="99")], ALWAYS_SHOWN)


def user(number: int, **different: Any) -> dict[str, Any]:
    return {
        "id": number,
        "username": f"u{number}",
        "firstname": "First",
        "auth": "oidc",
        "idnumber": str(number),
        "suspended": False,
        "customfields": [{"shortname": "site", "value": "Berlin"}],
        **different,
    }


def answer(*users: Any, warnings: object = ()) -> bytes:
    return json.dumps({"users": users, "warnings": warnings}).encode()


def in_chunks(body: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(body), size):
        yield body[at : at + size]


def read(*chunks: bytes, auth: str = "oidc") -> list[AccountRef]:
    return read_account_listing(chunks, auth)


def test_of_every_account_a_few_words_are_kept() -> None:
    body = answer(user(4), user(5, suspended=True, idnumber="", username="five"))

    assert read(body) == [
        AccountRef(4, "u4", "4", suspended=False),
        AccountRef(5, "five", "", suspended=True, full_name="First"),
    ]


@pytest.mark.parametrize(
    ("left_out", "kept"),
    [
        ("idnumber", AccountRef(4, "u4", "", suspended=False, full_name="First")),
        ("username", AccountRef(4, "", "4", suspended=False)),
    ],
)
def test_what_moodle_leaves_out_is_empty(left_out: str, kept: AccountRef) -> None:
    bare = user(4)
    del bare[left_out]

    assert read(answer(bare)) == read(answer(user(4, **{left_out: None}))) == [kept]


def test_accounts_of_another_authentication_are_left_out() -> None:
    """A search by a key that Moodle does not know returns every account."""
    assert [one.id for one in read(answer(user(4, auth="manual"), user(5), user(6, auth=None)))] == [5]


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1_000_000])
def test_it_is_the_same_however_it_arrives(size: int) -> None:
    body = answer(*(user(number, username=f"\u4e2d{number}") for number in range(1, 30)))

    assert read(*in_chunks(body, size)) == read(body)


def test_an_empty_listing_is_trusted_only_if_it_is_whole() -> None:
    assert read(answer()) == []
    assert read(b' {"users" : [ ], "warnings": [] } ') == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b'"users"',
        b"{}",
        b"<html>It works!</html>",
        b'{"users": null}',
        b'{"users": {}}',
        b'{"users": 7}',
        b'{"user": []}',
        b'{"users": [7]}',
        b'{"users": [null]}',
        b'{"users": [[]]}',
        b'{"users": [{}]}',
        b'{"users": [{"id": "4", "auth": "oidc"}]}',
        b'{"users": [{"id": null, "auth": "oidc"}]}',
        b'{"users": [{"id": 4.5, "auth": "oidc"}]}',
        b'{"users": [{"id": true, "auth": "oidc"}]}',
        b'{"users": []} and more',
        b'{"users": []',
        b'{"users": [' + b" " * 100_000 + b"]}",
        b"\xff\xfe{}",
    ],
)
def test_what_is_no_list_of_accounts_is_not_trusted(body: bytes) -> None:
    with pytest.raises(Malformed):
        read(body)


def test_a_refusal_is_handed_on_as_it_is() -> None:
    refusal = {"exception": "x", "errorcode": "accessexception", "message": "Access control exception"}

    with pytest.raises(Malformed) as caught:
        read(json.dumps(refusal).encode())

    assert caught.value.answer == refusal


@pytest.mark.parametrize("cut", range(1, 9))
def test_a_part_is_never_taken_for_the_whole(cut: int) -> None:
    body = answer(*(user(number) for number in range(1, 50)))

    with pytest.raises(Malformed):
        read(*in_chunks(body[: len(body) * cut // 9], 100))


def test_numbers_that_are_no_ids_end_nothing_else() -> None:
    assert [one.id for one in read(answer(user(4, lastaccess=1.5e300), user(5, lastaccess=2**62)))] == [4, 5]
    with pytest.raises(Malformed):
        read(b'{"users": [{"id": ' + b"9" * 10_000 + b', "auth": "oidc"}]}')


# Memory


def peak(chunks: Iterable[bytes]) -> int:
    tracemalloc.start()
    try:
        with contextlib.suppress(Malformed):
            read_account_listing(chunks, "oidc")
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_follows_what_is_kept_and_not_what_is_sent() -> None:
    row = json.dumps(user(7, description="x" * 2_000)).encode()

    def chunks() -> Iterator[bytes]:
        yield b'{"users": ['
        for _ in range(5_000):
            yield row + b","
        yield row + b"]}"

    assert peak(chunks()) < 3_000_000


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":', b"[ \n", b"[1,"])
@pytest.mark.parametrize("inside", [b"", b'{"users": [', b'{"users": [{"id": 1, "customfields": '])
def test_an_answer_that_is_nested_without_an_end_is_refused_and_exhausts_nothing(opening: bytes, inside: bytes) -> None:
    assert peak(in_chunks(inside + opening * 8_000, 65_536)) < 20_000_000
    with pytest.raises(Malformed):
        read(inside + opening * 8_000)

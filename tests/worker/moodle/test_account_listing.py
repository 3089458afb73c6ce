"""All accounts, read as a stream: never a part for the whole, and never more memory than the accounts need."""

from __future__ import annotations

import contextlib
import json
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from worker.model.account import AccountRef
from worker.moodle.account_listing import read_account_listing
from worker.transport.json_stream import Malformed


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

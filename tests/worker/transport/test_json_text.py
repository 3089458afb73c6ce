"""JSON with byte order marks, with bytes that are no UTF-8, lone surrogates, control characters, and odd numbers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worker.clients import fuzz
from worker.transport.json_text import JsonRepair, read_json, readable

_PIECES = st.sampled_from(
    ["\\", "\\\\", '\\"', "u", "d83d", "\\ud83d", "\\uDE00", "\\ud83d\\ude00", "\\ud8", "\\u00fc", "x", "ü", "😀", " "]
)

_TOKENS = st.sampled_from(
    [":", " ", "NaN", "-", "Infinity", "9" * 19, "1e999", ",", "}", "\n", "\t", "\v", '"', "x", "\0"]
)
_TEXT_WITH_CODES = st.lists(
    st.sampled_from([": 2E101,", ":NaN}", '"', "\\", ' "', ": -Infinity]", "{", "}", ": ", "9" * 20, ",", "Room", "ü"]),
    max_size=6,
).map("".join)
"""Texts as they are in a document: with what would be an odd number outside of them."""


def repaired(*chunks: bytes) -> bytes:
    repair = JsonRepair()
    return b"".join(map(repair.feed, chunks)) + repair.feed(b"", final=True)


def test_a_byte_order_mark_is_no_part_of_the_document() -> None:
    assert read_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}
    assert repaired(b"\xef", b"\xbb\xbf[", b"1]") == b"[1]"


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"\xef\xbb\xbf" * 2, b""), (b"\r\n \xef\xbb\xbf\n", b"\n\n"), (b"", b"\0"), (b"", b" \xef\xbb\xbf\0\n")],
)
def test_what_is_around_a_document_is_no_part_of_it(before: bytes, after: bytes) -> None:
    body = before + b'{"a": " 1 "}' + after

    assert read_json(body) == {"a": " 1 "}
    assert repaired(*(body[at : at + 1] for at in range(len(body)))) == b'{"a": " 1 "}'


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ('"a\tb\nc"', "a b c"),
        ('"a\0b"', "a\ufffdb"),
        ("NaN", {}),
        ("-Infinity", {}),
        ("9" * 5_000, {}),
        ("-1e999", {}),
        ("9" * 19, {}),
        (str(-(2**62)), -(2**62)),
        ("2.5e3", 2500.0),
        ('"NaN"', "NaN"),
        (r'"\"Room\\\": NaN, \\"', '"Room\\": NaN, \\'),
        pytest.param('"Badge: %s Leeds"' % ("1" * 400_000), "Badge: %s Leeds" % ("1" * 400_000), id="a long text"),
    ],
)
def test_a_value_that_is_none_costs_itself(value: str, read: object) -> None:
    body = f'{{"a": {value}, "b": {value}\n}}'.encode()

    assert read_json(body) == read_json(repaired(body)) == {"a": read, "b": read}


@pytest.mark.parametrize("body", [b'["a\xffb", "c"]', rb'["a\ud800b", "c"]', rb'["a\udc00b", "c"]'])
def test_an_unreadable_character_costs_its_value_and_no_other(body: bytes) -> None:
    for document in (read_json(body), read_json(repaired(body))):
        assert [readable(value) for value in document] == ["a\ufffdb", "c"]


@pytest.mark.parametrize("body", [b'{"a": NaN\v, "b": 1}', rb'"" \" : 1e999 , "'])
def test_a_document_that_is_cut_anywhere_is_repaired_as_the_whole(body: bytes) -> None:
    assert {repaired(body[:at], body[at:]) for at in range(len(body))} == {repaired(body)}


def test_an_escape_after_an_escaped_backslash_is_not_split() -> None:
    body = rb'{"a": "\\ud83d\"x", "b": 1e999, "c": "Room: 2E101, Leeds"}'
    expected = {"a": '\\ud83d"x', "b": {}, "c": "Room: 2E101, Leeds"}

    assert [read_json(repaired(body[:at], body[at:])) for at in range(len(body))] == [expected] * len(body)


def test_what_is_written_with_backslashes_is_no_surrogate() -> None:
    assert repaired(rb'["\\ud800", "\ud83d\ude00"]') == rb'["\\ud800", "\ud83d\ude00"]'


@fuzz
@given(st.lists(_PIECES | _TOKENS, max_size=10).map("".join), st.lists(st.integers(1, 6), min_size=1, max_size=30))
def test_a_document_is_repaired_the_same_however_it_arrives(text: str, sizes: list[int]) -> None:
    body = f'"{text}"'.encode()
    chunks, at = [], 0
    for size in sizes * len(body):
        chunks.append(body[at : at + size])
        at += size

    assert repaired(*chunks) == repaired(body)


@fuzz
@given(
    st.lists(st.dictionaries(_TEXT_WITH_CODES, _TEXT_WITH_CODES | st.integers(-9, 9), max_size=2), max_size=3),
    st.booleans(),
    st.integers(1, 60),
)
def test_a_code_in_a_text_that_looks_like_an_odd_number_is_left_alone(
    document: list[dict[str, str | int]], with_odd_number: bool, size: int
) -> None:
    """Such as "Room: 2E101, Leeds". An odd number elsewhere in the document is repaired all the same."""
    body = json.dumps(document, ensure_ascii=False).removesuffix("]")
    body += f'{", " * bool(document)}{{"a" : 1e999 }}]' if with_odd_number else "]"
    chunks = [body.encode()[at : at + size] for at in range(0, len(body.encode()), size)]

    assert read_json(repaired(*chunks)) == [*document, *([{"a": {}}] if with_odd_number else [])]


@fuzz
@given(st.lists(_PIECES, max_size=10).map("".join))
def test_a_repaired_text_says_what_the_text_said(text: str) -> None:
    body = f'"{text}"'
    try:
        value = json.loads(body)
    except ValueError:
        return

    assert json.loads(repaired(body.encode())) == readable(value)

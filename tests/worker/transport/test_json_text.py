"""JSON with byte order marks, with bytes that are no UTF-8, lone surrogates, control characters, and odd numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worker.clients import fuzz
from worker.transport.json_text import JsonRepair, is_readable, read_json, readable

_PIECES = st.sampled_from(
    ["\\", "\\\\", '\\"', "u", "d83d", "\\ud83d", "\\uDE00", "\\ud83d\\ude00", "\\ud8", "\\u00fc", "x", "ü", "😀", " "]
)

_TOKENS = st.sampled_from(
    [":", " ", "NaN", "-", "Infinity", "9" * 19, "1e999", ",", "}", "\n", "\t", '"', "x", "\0", "\v"]
)

_TEXTS = st.lists(
    st.sampled_from([*': ,}]"\\', "x", "ü", "😀", ": 2E101, ", ": NaN}", ":-Infinity ]", ":" + "9" * 20]), max_size=8
).map("".join)
_DOCUMENTS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.sampled_from([2.5, -1e99]) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=6,
)


def repaired(*chunks: bytes) -> bytes:
    repair = JsonRepair()
    return b"".join(map(repair.feed, chunks)) + repair.feed(b"", final=True)


def in_chunks(body: bytes, size: int) -> bytes:
    return repaired(*(body[at : at + size] for at in range(0, len(body), size)))


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
    assert in_chunks(body, 1) == b'{"a": " 1 "}'


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
        ('"Room: 2E101, Leeds"', "Room: 2E101, Leeds"),
        (r'"\"Room\\\": NaN, \\"', '"Room\\": NaN, \\'),
        ('"Badge: %s, Leeds"' % ("9" * 5_000), "Badge: %s, Leeds" % ("9" * 5_000)),
        ('{"of: 1e999, x": 1e999}', {"of: 1e999, x": {}}),
    ],
)
def test_a_value_that_is_none_costs_itself(value: str, read: object) -> None:
    body = f'{{"a": {value}, "b": {value}\n}}'.encode()

    assert read_json(body) == {"a": read, "b": read}
    for at in range(min(len(body), 200)):
        assert json.loads(repaired(body[:at], body[at:])) == {"a": read, "b": read}


@pytest.mark.parametrize("body", [b'["a\xffb", "c"]', rb'["a\ud800b", "c"]', rb'["a\udc00b", "c"]'])
def test_an_unreadable_character_costs_its_value_and_no_other(body: bytes) -> None:
    for document in (read_json(body), read_json(repaired(body))):
        assert [is_readable(value) for value in document] == [False, True]
        assert [readable(value) for value in document] == ["a\ufffdb", "c"]


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
@given(_DOCUMENTS, st.booleans(), st.integers(1, 40))
def test_a_document_that_needs_no_repair_says_the_same_in_chunks_of_any_size(
    document: object, ascii_only: bool, size: int
) -> None:
    body = json.dumps(document, ensure_ascii=ascii_only).encode()

    assert read_json(body) == document
    assert json.loads(in_chunks(body, size)) == document


@fuzz
@given(st.lists(_PIECES, max_size=10).map("".join))
def test_a_repaired_text_says_what_the_text_said(text: str) -> None:
    body = f'"{text}"'
    try:
        value = json.loads(body)
    except ValueError:
        return

    assert json.loads(repaired(body.encode())) == readable(value)
    assert is_readable(value) == (readable(value) == value)

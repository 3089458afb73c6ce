"""How deep JSON nests, known while it arrives, wherever the parts are cut."""

from __future__ import annotations

import json

import hypothesis.strategies as st
import pytest
from hypothesis import given

from worker.transport.json_stream import DEEPEST, Depth


def feed(text: bytes, size: int) -> None:
    depth = Depth()
    for at in range(0, len(text), size):
        depth.feed(text[at : at + size])


@pytest.mark.parametrize("size", [1, 2, 7, 1_000])
@pytest.mark.parametrize("opening", [b"[", b'{"a":', b"[1,", b'[ {"a" : [7], "b":'])
def test_what_nests_too_deeply_is_refused_wherever_it_is_cut(opening: bytes, size: int) -> None:
    with pytest.raises(ValueError, match="too deeply"):
        feed(opening * (DEEPEST + 1), size)


def test_what_was_closed_before_lets_nothing_nest_deeper() -> None:
    with pytest.raises(ValueError, match="too deeply"):
        feed(b"[" + b"[]" * 100 + b"[" * DEEPEST, 1)


@pytest.mark.parametrize("size", [1, 2, 7, 1_000])
@pytest.mark.parametrize(
    "text",
    [
        b"[" * DEEPEST + b"]" * DEEPEST,
        b"[]" * 500,
        b'{"a": {}}' * 500,
        b'["' + b"[{" * 500 + b'"]',
        b'["' + b'\\"[' * 500 + b'"]',
        b'["\\\\", "' + b"[" * 500 + b'"]',
    ],
)
def test_what_is_flat_is_let_through_and_texts_may_hold_anything(text: bytes, size: int) -> None:
    feed(text, size)


@given(st.recursive(st.none() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=20), st.integers(1, 9))
def test_no_ordinary_document_is_refused(value: object, size: int) -> None:

    feed(json.dumps(value).encode(), size)

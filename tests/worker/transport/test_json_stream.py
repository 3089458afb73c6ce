"""The items of a long document, handed over while it arrives."""

from __future__ import annotations

from typing import Any

import pytest

from worker.transport.json_stream import Malformed, read_items


def items(*chunks: bytes) -> list[Any]:
    found: list[Any] = []
    read_items(chunks, {"rows.item": found.append})
    return found


def test_items_are_read_wherever_the_document_is_cut_and_fractions_are_ordinary_numbers() -> None:
    found = items(b'{"rows": [7, 2.', b'50, {"a": "b', b'"}]}')

    assert found == [7, 2.5, {"a": "b"}]
    assert [type(item) for item in found] == [int, float, dict]


@pytest.mark.parametrize("end", [b"", b"]", b"]}\xc3", b"]} x"])
def test_a_document_that_ends_early_or_late_is_none(end: bytes) -> None:
    assert items(b'{"rows": [7', b"]}") == [7]
    with pytest.raises(Malformed):
        items(b'{"rows": [7', end)

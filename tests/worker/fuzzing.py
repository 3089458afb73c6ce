"""Answers that no server should give: any JSON, and documents that are nearly right, as they could come over a wire."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

SAID = "Jo Privat, jo.privat@acme.example"
"""A personal value of an answer, which no message may repeat."""

_ODD_TEXTS = st.sampled_from(
    [
        SAID,
        "",
        "0",
        "-1",
        "01",
        "1" * 40,
        "NaN",
        "\ud800",
        "\x00",
        "ß" * 300,
        "9999-99-99",
        "٣",
        "true",
        "null",
        "1e400",
    ]
)
_LEAVES: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**30), 2**63, -0.0, 1e308])
    | st.floats()
    | st.text(max_size=4)
    | _ODD_TEXTS
)
anything: st.SearchStrategy[Any] = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | _ODD_TEXTS, inner, max_size=3),
    max_leaves=8,
)


def hostile(document: object) -> st.SearchStrategy[Any]:
    """Any JSON value; or the document, with something else at some of its places."""
    return anything | nearly(document) | nearly(document)


@st.composite
def nearly(draw: st.DrawFn, document: object) -> Any:
    """The document after a few mutations at random places."""
    spoiled = json.loads(json.dumps(document))
    for _ in range(draw(st.integers(1, 3))):
        spoiled = _mutated(draw, spoiled)
    return spoiled


def _mutated(draw: st.DrawFn, value: Any) -> Any:
    places = [*value] if isinstance(value, dict) else [*range(len(value))] if isinstance(value, list) else []
    if not places or draw(st.integers(0, 3)) == 0:
        return draw(anything)
    place = draw(st.sampled_from(places))
    if isinstance(value, dict) and draw(st.integers(0, 5)) == 0:
        return {name: inner for name, inner in value.items() if name != place}
    if isinstance(value, list) and draw(st.integers(0, 5)) == 0:
        return [*value, value[place]]
    changed = _mutated(draw, value[place])
    if isinstance(value, dict):
        return {**value, place: changed}
    return [changed if at == place else inner for at, inner in enumerate(value)]


def bodies(document: object) -> st.SearchStrategy[bytes]:
    """A hostile answer as bytes: Python's JSON (NaN, surrogates), doubled keys, deep nesting, cut short, or no JSON."""
    whole = hostile(document).map(_encoded)
    text = json.dumps(document)
    return (
        whole
        | whole
        | st.integers(0, len(text)).map(lambda at: text[:at].encode())
        | st.integers(1, 3000).map(lambda depth: b"[" * depth + b"]" * depth)
        | st.integers(1, 3000).map(lambda depth: b'{"employees":' * depth + b"1" + b"}" * depth)
        | whole.map(_doubled)
        | st.binary(max_size=60)
        | st.sampled_from([b"", b"\xff\xfe", b"\xef\xbb\xbf{}", b"9" * 5000, b'{"id": 1e999}', b"[NaN, Infinity]"])
    )


def _encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def _doubled(body: bytes) -> bytes:
    """Every object's keys twice, with another value the first time."""
    return body.replace(b'{"', b'{"id": [], "employees": 7, "data": "x", "') if b'{"' in body else body

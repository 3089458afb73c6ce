"""How PHP reads a form: `users[0][username]=a` becomes nested arrays, and what exceeds the limit is dropped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

PhpValue: TypeAlias = "str | dict[str, PhpValue]"
PhpArray: TypeAlias = dict[str, PhpValue]

_BRACKET = re.compile(r"\[([^\]]*)\]")
_ILLEGAL_IN_NAME = re.compile(r"[ .\[]")


def fields_of(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form body, in order. Bytes that are no UTF-8 survive as lone surrogates."""
    fields = []
    for piece in body.split(b"&"):
        if piece:
            name, _, value = piece.partition(b"=")
            fields.append((_text(name), _text(value)))
    return fields


def cut(fields: list[tuple[str, str]], max_input_vars: int) -> list[tuple[str, str]]:
    """What is left of the fields under PHP's limit.

    Measured on Moodle 4.2.3: with max_input_vars=5000 the 5001st field still counted and the 5002nd was lost.
    """
    return fields[: max_input_vars + 1]


def nest(fields: Iterable[tuple[str, str]]) -> PhpArray:
    """Fields as PHP's nested arrays: order of first appearance, the last of two equal names wins."""
    root: PhpArray = {}
    for name, value in fields:
        *parents, last = _path(name)
        here = root
        for key in parents:
            key = key or _next_index(here)
            child = here.get(key)
            if not isinstance(child, dict):
                child = {}
                here[key] = child
            here = child
        here[last or _next_index(here)] = value
    return root


def _text(raw: bytes) -> str:
    return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8", "surrogateescape")


def _path(name: str) -> list[str]:
    name = name.lstrip(" ")
    at = name.find("[")
    if at < 1 or "]" not in name[at:]:
        return [_ILLEGAL_IN_NAME.sub("_", name)]
    keys = [_ILLEGAL_IN_NAME.sub("_", name[:at])]
    while found := _BRACKET.match(name, at):
        keys.append(found[1])
        at = found.end()
    return keys


def _next_index(array: PhpArray) -> str:
    return str(1 + max((int(key) for key in array if key.isdecimal()), default=-1))

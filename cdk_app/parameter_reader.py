"""Reads typed values out of one TOML table and collects every fault, so that all are reported at once.

A fault names the file, the key, the value and what is allowed.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar, cast
from urllib.parse import urlsplit

Checked = TypeVar("Checked")

_SECRET_SOUNDING = re.compile(r"token|secret|password|api_?key|credential", re.IGNORECASE)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_LONGEST_SHOWN = 120


class ParameterError(Exception):
    """An environment cannot be deployed as its file describes it; `faults` has one line for each reason."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class ParameterReader:
    """One file's table: each read names its key once, with what is allowed, and answers a value of the right type.

    After a fault a read answers a placeholder, so that reading goes on: check `faults` before using anything.
    """

    def __init__(self, *, file: str, values: Mapping[str, object]) -> None:
        self.file = file
        self.faults: list[str] = []
        self._values = values
        self._known: list[str] = []
        self._faulted: set[str] = set()

    def has(self, key: str) -> bool:
        """Whether the file sets the key."""
        return key in self._values

    def value(self, key: str) -> object:
        """The value of a key as the file has it."""
        return self._values[key]

    def text(self, key: str, *, allowed: str, check: Callable[[str], bool]) -> str:
        """A text that must be there."""
        return self._read(key, str, "", allowed, check, required=True)

    def optional_text(self, key: str, *, allowed: str, check: Callable[[str], bool] = lambda _: True) -> str | None:
        """A text that may be absent."""
        return self._read(key, str, None, allowed, check)

    def integer(self, key: str, *, low: int, high: int, default: int) -> int:
        """A whole number in a range."""
        return self._read(key, int, default, f"a whole number from {low} to {high}", lambda value: low <= value <= high)

    def optional_integer(self, key: str) -> int | None:
        """A whole number that may be absent, and whose range is judged elsewhere."""
        return self._read(key, int, None, "a whole number", lambda _: True)

    def boolean(self, key: str, *, default: bool) -> bool:
        """True or false."""
        return self._read(key, bool, default, "true or false", lambda _: True)

    def optional_boolean(self, key: str) -> bool | None:
        """True or false, that may be absent."""
        return self._read(key, bool, None, "true or false", lambda _: True)

    def choice(self, key: str, *, of: tuple[str, ...], default: str) -> str:
        """One of a few texts."""
        return self._read(key, str, default, " or ".join(f'"{one}"' for one in of), lambda value: value in of)

    def texts(self, key: str, *, allowed: str, check: Callable[[list[str]], bool]) -> tuple[str, ...]:
        """A list of texts; empty if absent."""

        def all_texts(value: list[object]) -> bool:
            return all(isinstance(item, str) for item in value) and check(cast("list[str]", value))

        return tuple(cast("list[str]", self._read(key, list, [], allowed, all_texts)))

    def table(self, key: str, *, allowed: str) -> Mapping[str, object]:
        """A table; empty if absent."""
        return self._read(key, dict, {}, allowed, lambda _: True)

    def fault(self, key: str, allowed: str) -> None:
        """Note that a key is missing, or that its value is not what is allowed."""
        if self.has(key):
            self.refuse(key, f"allowed is {allowed}")
        else:
            self._note(key, f"{key} is missing; allowed is {allowed}")

    def refuse(self, key: str, reason: str) -> None:
        """Note why the value of a key is not allowed, or what its default does not agree with."""
        told = f"{key} = {_shown(key, self._values[key])}" if self.has(key) else f"{key}, which is left out,"
        self._note(key, f"{told} is not allowed; {reason}")

    def faulted(self, key: str) -> bool:
        """Whether a fault of the key is noted already."""
        return key in self._faulted

    def _note(self, key: str, fault: str) -> None:
        self._faulted.add(key)
        self.faults.append(f"{self.file}: {fault}")

    def refuse_unknown(self) -> None:
        """Note each key that no read has asked for. To be called after the last read."""
        for key in sorted(self._values.keys() - set(self._known)):
            near = difflib.get_close_matches(key, self._known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"allowed are {', '.join(sorted(self._known))}"
            if _SECRET_SOUNDING.search(key):
                hint = "a secret never stands in a file: its value is set once in AWS Secrets Manager"
            self._note(key, f"{key} = {_shown(key, self._values[key])} is an unknown key; {hint}")

    def _read(
        self,
        key: str,
        kind: type[object],
        default: Checked,
        allowed: str,
        check: Callable[..., bool],
        *,
        required: bool = False,
    ) -> Checked:
        self._known.append(key)
        if key not in self._values and not required:
            return default
        value = self._values.get(key)
        # bool is a subclass of int, and `true` is no number.
        if type(value) is kind and check(value):
            return cast("Checked", value)
        self.fault(key, allowed)
        return default


def is_url(text: str) -> bool:
    """Whether the worker would call it: https anywhere, plain http only to this machine; nothing after the path."""
    try:
        url = urlsplit(text)
        port_is_readable = url.port is None or url.port > 0
    except ValueError:
        return False
    host = url.hostname or ""
    named = host in _LOOPBACK or re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", host) is not None
    safe = url.scheme == "https" or (url.scheme == "http" and host in _LOOPBACK)
    bare = not (url.query or url.fragment or url.username or url.password or re.search(r"[\s?#]", text))
    return safe and named and bare and port_is_readable and ".." not in host


def matches(pattern: str) -> Callable[[str], bool]:
    """A check that the whole text is of a pattern."""
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


def all_match(pattern: str, *, most: int) -> Callable[[list[str]], bool]:
    """A check that a list has one to `most` different texts, each wholly of a pattern."""
    one = matches(pattern)
    return lambda texts: 0 < len(texts) <= most and len(set(texts)) == len(texts) and all(map(one, texts))


def _shown(key: str, value: object) -> str:
    if _SECRET_SOUNDING.search(key):
        return "(not shown)"
    # JSON writes texts, numbers, lists and truth values as TOML does; only dates it does not know.
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."

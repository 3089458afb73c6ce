"""Moodle's parameter checks: a value is refused if cleaning it would change it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.sandbox.moodle.errors import MoodleError, invalid_parameter
from tests.sandbox.moodle.forms import PhpValue
from tests.sandbox.moodle.settings import Settings

PHP_BLANKS = " \t\n\r\0\x0b"
"""What PHP's trim() takes off; a no-break space is not among them."""

_TAG = re.compile(r"<(?![ \t\n\v\f\r])[^>]*>?")
_LEADING_INT = re.compile(r"[ \t\n\r\v\f]*([+-]?\d+)")
_TIMEZONE = re.compile(
    r"(([+-]?(0?[0-9](\.[5|0])?|1[0-3](\.0)?|1[0-2]\.5))|(99)|[A-Za-z0-9]+(/?[A-Za-z_-])+)", re.ASCII
)
_ATOM = r"[!#-'*+\-/-9=?A-Z^-~]+"
_LABEL = r"[a-z0-9]+(?:-+[a-z0-9]+)*"
_EMAIL = re.compile(
    rf"(?=.{{1,64}}@)(?!.{{255}}){_ATOM}(?:\.{_ATOM})*@(?!.*[^.]{{64}})(?:{_LABEL}\.)+"
    r"(?:[a-z][a-z0-9]*|xn--[a-z0-9]+)(?:-+[a-z0-9]+)*",
    re.ASCII | re.IGNORECASE,
)


def is_email(address: str) -> bool:
    """Whether Moodle accepts this as an address: ASCII only, and a domain with a dot."""
    return _EMAIL.fullmatch(address) is not None


def is_blank(text: str) -> bool:
    """Whether PHP's trim() leaves nothing."""
    return text.strip(PHP_BLANKS) == ""


def clean(kind: str, value: str, settings: Settings) -> str:
    """What Moodle's clean_param() makes of a value."""
    return _CLEAN[kind](_fix_utf8(value), settings)


def _fix_utf8(value: str) -> str:
    if value.isascii() and "\0" not in value:
        return value
    return value.replace("\0", "").encode("utf-8", "ignore").decode()


def _username(value: str, settings: Settings) -> str:
    lowered = value.strip(PHP_BLANKS).lower()
    return lowered if settings.extendedusernamechars else re.sub(r"[^-.@_a-z0-9]", "", lowered)


def _no_tags(value: str, _settings: Settings) -> str:
    return _TAG.sub("", value)


def _int(value: str, _settings: Settings) -> str:
    found = _LEADING_INT.match(value)
    return str(max(-(2**63), min(2**63 - 1, int(found[1])))) if found else "0"


def _bool(value: str, _settings: Settings) -> str:
    word = value.lower()
    if word in ("on", "yes", "true"):
        return "1"
    return "0" if word in ("off", "no", "false", "", "0") else "1"


_CLEAN: dict[str, Callable[[str, Settings], str]] = {
    "raw": lambda value, _: value,
    "raw_trimmed": lambda value, _: value.strip(PHP_BLANKS),
    "notags": _no_tags,
    "text": _no_tags,
    "int": _int,
    "bool": _bool,
    "alpha": lambda value, _: re.sub(r"[^a-zA-Z]", "", value),
    "alphanumext": lambda value, _: re.sub(r"[^a-zA-Z0-9_-]", "", value),
    "username": _username,
    "auth": lambda value, settings: value if value in settings.auth_plugins else "",
    "lang": lambda value, settings: value if value in settings.languages else "",
    "theme": lambda value, settings: value if value in settings.themes else "",
    "timezone": lambda value, _: value if _TIMEZONE.fullmatch(value) else "",
}


@dataclass(frozen=True)
class Value:
    """A parameter that is one value of a kind; `default` applies where it may be left out."""

    kind: str
    required: bool = True
    default: str | None = None


@dataclass(frozen=True)
class Single:
    """A parameter that is a record with exactly these keys."""

    keys: Mapping[str, Description]
    required: bool = True


@dataclass(frozen=True)
class Many:
    """A parameter that is a list."""

    content: Description
    required: bool = True


Description: TypeAlias = Value | Single | Many


def validate(description: Description, given: PhpValue, settings: Settings) -> Any:
    """The parameters of a call, checked and typed; one bad value anywhere refuses the call."""
    if isinstance(description, Value):
        if isinstance(given, dict):
            raise invalid_parameter("Scalar type expected, array or object received.")
        return _scalar(description.kind, given, settings)
    if not isinstance(given, dict):
        raise invalid_parameter(f"Only arrays accepted. The bad value is: '{given}'")
    if isinstance(description, Many):
        return [validate(description.content, item, settings) for item in given.values()]
    return _record(description, given, settings)


def _record(description: Single, given: Mapping[str, PhpValue], settings: Settings) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for key, inner in description.keys.items():
        if key in given:
            try:
                record[key] = validate(inner, given[key], settings)
            except MoodleError as error:
                raise invalid_parameter(f"{key} => {error.message}: {error.debuginfo}") from None
        elif inner.required:
            raise invalid_parameter(f"Missing required key in single structure: {key}")
        elif isinstance(inner, Value) and inner.default is not None:
            record[key] = inner.default
    unknown = [key for key in given if key not in description.keys]
    if unknown:
        raise invalid_parameter(f"Unexpected keys ({', '.join(unknown)}) detected in parameter array.")
    return record


def _scalar(kind: str, given: str, settings: Settings) -> str | int | bool:
    if kind == "bool" and given in ("0", "1"):
        return given == "1"
    if clean(kind, given, settings) != given:
        raise invalid_parameter(
            f'Invalid external api parameter: the value is "{given}", the server was expecting "{kind}" type'
        )
    return int(given) if kind == "int" else given

"""Environment files with typical mistakes; the same file for the same number."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.cdk_app.synthesis import ENVIRONMENTS

_SHIPPED = Path(__file__).parents[2] / "cdk_app" / "environments"
SOURCES = [
    # No other environment may have the ProjectName of a shipped file.
    re.sub('^ProjectName = ".*"', 'ProjectName = "mutated"', path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for folder in (ENVIRONMENTS, _SHIPPED)
    for path in sorted(folder.glob("*.toml"))
]
SEED = 20261126

_VALUES = (
    *("true", "false", "0", "-1", "1", "2", "49", "168", "1_000_000", "99999999999999999999999", "1.5", "1e400", "nan"),
    *("-inf", "0x1F", "2026-01-31", "2026-01-31T03:30:00Z", "03:30:00", "[]", "[[]]", "{}", "{ a = 1 }", '""', '" "'),
    *('"dev"', '"x"', '"ä"', '"🙂"', '"\\u0000"', '"a\\nb"', "'''\nmany\nlines'''", '"*"', '"${AWS::Region}"'),
    *('["a", 1]', '["a", "a"]', '["subnet-01234567"]', '"{work_email}"', '"{nobody}"', '"{"', '"%s"'),
    *('"cron(0 3 ? * MON-FRI *)"', '"cron(0 3 30 2 ? *)"', '"cron(0 3 L * ? *)"', '"cron(* * * * ? *)"'),
    *('"rate(1 minute)"', '"rate(99999999999 days)"', '"rate(2 hours)"', '"at(2020-01-01T00:00:00)"'),
    *('"at(2030-02-28T03:30:00)"', '"Europe/Helsinki"', '"UTC"', '"us-gov-west-1"', '"eusc-de-east-1"', '"ARM64"'),
    *('"https://lxp.example:8443/moodle"', '"http://[::1"', '"https://lxp.example:99999"', '"a@b.example"'),
    *(f'"{"a" * 5000}"', "9" * 5000, "[" * 4000 + "]" * 4000),
)
_LINE = re.compile(r"^([A-Za-z]+)( = )(.*)$", re.MULTILINE)


def mutated(number: int) -> bytes:
    """Return the file of a number: one of the sources with one to three changes."""
    chance = random.Random(SEED + number)
    text = chance.choice(SOURCES)
    for _ in range(chance.randint(1, 3)):
        text = chance.choice(_CHANGES)(text, chance)
    return _as_bytes(text, chance)


def _as_bytes(text: str, chance: random.Random) -> bytes:
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    if chance.random() < 0.04 and data:
        data[chance.randrange(len(data))] = chance.randrange(256)
    if chance.random() < 0.02:
        data[:0] = b"\xef\xbb\xbf"
    return bytes(data)


def _line(text: str, chance: random.Random) -> re.Match[str] | None:
    lines = list(_LINE.finditer(text))
    return chance.choice(lines) if lines else None


def _change(text: str, chance: random.Random, make: Callable[[str, str], str]) -> str:
    found = _line(text, chance)
    if not found:
        return text
    return text[: found.start()] + make(found[1], found[3]) + text[found.end() :]


def _another_value(text: str, chance: random.Random) -> str:
    value = chance.choice(_VALUES)
    return _change(text, chance, lambda key, _: f"{key} = {value}")


def _value_of_another_key(text: str, chance: random.Random) -> str:
    other = _line(text, chance)
    return _change(text, chance, lambda key, _: f"{key} = {other[3] if other else 0}")


def _without_a_line(text: str, chance: random.Random) -> str:
    return _change(text, chance, lambda _, __: "")


def _misspelt(text: str, chance: random.Random) -> str:
    def swap(key: str, value: str) -> str:
        place = chance.randrange(len(key))
        return f"{key[:place]}{chance.choice('xZ_é')}{key[place:]} = {value}"

    return _change(text, chance, swap)


def _twice(text: str, chance: random.Random) -> str:
    return _change(text, chance, lambda key, value: f"{key} = {value}\n{key} = {value}")


def _another_number(text: str, chance: random.Random) -> str:
    number = chance.choice([0, 1, 3, 27, 60, 100, 365, -5, 2**31, 2**63])
    return re.sub(r"\b\d{1,4}\b", str(number), text, count=1)


def _an_unknown_key(text: str, chance: random.Random) -> str:
    key = json.dumps(chance.choice(["Extra", "MoodleToken", "a b", "a\nb", "", "Production2"]))
    return f"{key} = {chance.choice(_VALUES)}\n{text}"


def _a_table(text: str, chance: random.Random) -> str:
    name = chance.choice(["FieldMapping", "Limits", "Scope", "OutOfScope", "Nonsense"])
    return f"{text}\n[{name}]\ncity = {chance.choice(_VALUES)}\n"


def _cut_off(text: str, chance: random.Random) -> str:
    return text[: chance.randrange(len(text) + 1)]


_CHANGES: Sequence[Callable[[str, random.Random], str]] = (
    *([_another_value] * 6),
    *([_value_of_another_key] * 2),
    _without_a_line,
    _misspelt,
    _twice,
    _another_number,
    _an_unknown_key,
    _a_table,
    _cut_off,
)

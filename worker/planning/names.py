"""Whether the names of an employee and of an account agree. Pure.

Names are compared as unordered sets of words, without case, accents, apostrophes and hyphens. Letters with two
spellings match in both: "ü" is "ue" and "u", "ø" is "oe" and "o". The vowel points of Arabic and Hebrew, which most
texts omit, count as accents. The vowel signs of Indian scripts and of Thai, and the voicing marks of Japanese, do not:
they distinguish names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from worker.model.account import Account
from worker.model.employee import Employee
from worker.model.mapping import FieldMapping

_SPELLED_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae", "œ": "oe", "đ": "dj", "ð": "dh", "þ": "th"}
)
_PLAIN = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ħ": "h", "\u0131": "i"}
)
_APOSTROPHES = "['\u2018\u2019\u02bc\u02b9`\u00b4]"
_VARIATION_SELECTORS = "[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
"""They select the shape of a letter, as in Japanese family names."""
_IGNORED = re.compile(f"{_APOSTROPHES}|{_VARIATION_SELECTORS}")
_SEPARATORS = re.compile(r"[\W_]+")

# The combining marks that count as accents, by Unicode's canonical combining class (UAX #44, table 15).
_OVERLAYS = 1
_POINTS = range(10, 37)
"""Of Hebrew (10 to 26), Arabic (27 to 35) and Syriac (36)."""
_PLACED = range(200, 241)
"""Above, below or attached to a letter, as in Latin, Greek, Cyrillic and Vietnamese."""
_ACCENTS = frozenset({_OVERLAYS, *_POINTS, *_PLACED})
_SIGNS = ("Mn", "Mc")
"""The general categories (UAX #44, table 12) of all other marks that are written with a letter."""


@dataclass(frozen=True, slots=True)
class NameComparison:
    """Which names agree. `whole`: first and last name together, however they are divided.

    `comparable`: both sides have a name; otherwise nothing agrees or contradicts.
    """

    comparable: bool
    first: bool = False
    last: bool = False
    whole: bool = False

    @property
    def any(self) -> bool:
        """Whether a name agrees."""
        return self.first or self.last or self.whole

    @property
    def both(self) -> bool:
        """Whether first and last name agree, in whichever field either system keeps them."""
        return self.whole or (self.first and self.last)


@dataclass(frozen=True, slots=True)
class ShownNames:
    """The names that BambooHR shows of an employee, legal, preferred and mapped ones, without blank ones."""

    firsts: Sequence[str]
    lasts: Sequence[str]

    @classmethod
    def of(cls, employee: Employee, mapping: FieldMapping) -> ShownNames:
        """Return the names of an employee. A default of the mapping does not count: it identifies no employee."""
        firsts, lasts = (
            [name for field in fields if _words(name := employee.facts.get(field, ""))]
            for fields in (mapping.first_name_fields, mapping.last_name_fields)
        )
        return cls(firsts, lasts)

    def wholes(self, *, single_last: bool = False) -> list[str]:
        """Return each first name with each last name. `single_last`: a last name may stand alone."""
        firsts = self.firsts or ([""] if single_last else [])
        return [f"{first} {last}" for first in firsts for last in self.lasts or [""]]


def compare_names(employee: Employee, account: Account, mapping: FieldMapping) -> NameComparison:
    """Compare the names of an employee with those of an account; the default last name identifies no employee."""
    names = ShownNames.of(employee, mapping)
    their_first, their_last = account.values["firstname"], account.values["lastname"]
    has_default = their_last != "" and their_last == mapping.default_last_name
    if has_default:
        their_last = ""
    theirs = f"{their_first} {their_last}"
    if not _words(theirs) or not (names.firsts or names.lasts):
        return NameComparison(comparable=False)
    return NameComparison(
        comparable=True,
        first=any(same_name(first, their_first) for first in names.firsts),
        last=any(same_name(last, their_last) for last in names.lasts),
        # A single name may be the last name in BambooHR.
        whole=any(same_name(whole, theirs) for whole in names.wholes(single_last=has_default)),
    )


def same_name(one: str, other: str) -> bool:
    """Return whether two names agree. A name without a letter or digit agrees with none."""
    return bool(_forms(one) & _forms(other))


def words_of(*names: str) -> frozenset[str]:
    """Return the words of the names in the form in which they are compared, as a key for an index."""
    return frozenset(_words(" ".join(names)))


def _forms(name: str) -> frozenset[frozenset[str]]:
    """Return the sets of words that a name can be read as: each spelling, with and without spaces and hyphens."""
    spellings = [words for words in map(tuple, _spellings(name)) if words]
    return frozenset(form for words in spellings for form in (frozenset(words), frozenset(["".join(words)])))


def _words(name: str) -> list[str]:
    return next(iter(_spellings(name)))


def _spellings(name: str) -> Iterable[list[str]]:
    folded = _IGNORED.sub("", unicodedata.normalize("NFKC", name).casefold())
    if folded.isascii():
        # An ASCII name has one spelling. Most names are ASCII, and a run compares those of the whole company.
        yield _SEPARATORS.sub(" ", folded).split()
        return
    for letters in (_PLAIN, _SPELLED_OUT):
        decomposed = unicodedata.normalize("NFKD", folded.translate(letters).translate(_PLAIN))
        plain = (char for char in decomposed if unicodedata.combining(char) not in _ACCENTS)
        yield "".join(char if char.isalnum() or unicodedata.category(char) in _SIGNS else " " for char in plain).split()

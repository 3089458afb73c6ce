"""The statuses that BambooHR shows, and whether a leaver can be recognised by them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_KNOWN = ("Active", "Inactive")
_LONGEST_WORD = 30


@dataclass
class StatusTally:
    """How many employees were read, and how many have which status."""

    employees: int = 0
    words: Counter[str] = field(default_factory=Counter)

    def add(self, rows: Iterable[Mapping[str, str]]) -> None:
        """Add the facts of employees."""
        for facts in rows:
            self.employees += 1
            self.words[facts.get("status", "")] += 1

    @property
    def active(self) -> int:
        """How many are active."""
        return self.words["Active"]

    @property
    def recognised(self) -> int:
        """How many have a status that says whether they work at the company."""
        return sum(self.words[word] for word in _KNOWN)

    @property
    def unknown(self) -> Counter[str]:
        """The words of other statuses, each with the number of employees who have it."""
        return Counter({word: count for word, count in self.words.items() if word and word not in _KNOWN})

    @property
    def unknown_words(self) -> list[str]:
        """The unknown words that several employees have: a word of one employee alone may be personal."""
        shared = (word for word, count in self.unknown.most_common() if count > 1)
        return [word for word in shared if len(word) <= _LONGEST_WORD and word.isprintable()]

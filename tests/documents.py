"""The documents of the repository: their text, headings, links and commands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.run_harness import ROOT

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_INLINE_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)]+)\)")
_PROGRAM = re.compile(r"(make|\./lxp|\.venv/bin/\w+|node_modules/\.bin/cdk|aws|git|pre-commit) ")


@dataclass(frozen=True)
class Document:
    """A Markdown file."""

    path: Path

    @property
    def name(self) -> str:
        """The path from the root of the repository."""
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        """The file."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def prose(self) -> str:
        """The text without blocks of code."""
        return _FENCE.sub("", self.text)

    @cached_property
    def headings(self) -> list[str]:
        """The headings of every level."""
        return re.findall(r"^#+ (.+)$", self.prose, re.MULTILINE)

    @cached_property
    def anchors(self) -> set[str]:
        """What a link may name after the `#`; GitHub numbers headings that come twice."""
        seen: Counter[str] = Counter()
        found = set()
        for heading in self.headings:
            anchor = re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
            found.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
            seen[anchor] += 1
        return found

    @cached_property
    def links(self) -> list[str]:
        """The targets of links and pictures."""
        return _LINK.findall(_INLINE_CODE.sub("", self.prose))

    def section(self, heading: str) -> str:
        """The text below a heading, to the next one of any level."""
        start = re.search(rf"^#+ {re.escape(heading)}\n", self.text, re.MULTILINE)
        assert start, heading
        below = self.text[start.end() :]
        end = re.search(r"^#+ ", _FENCE.sub(lambda found: "." * len(found[0]), below), re.MULTILINE)
        return below[: end.start()] if end else below

    def blocks(self, language: str) -> list[str]:
        """The blocks of code in this language."""
        return [body for _, name, body in _FENCE.findall(self.text) if name == language]

    @cached_property
    def commands(self) -> list[str]:
        """The commands of the shell blocks, and those that a sentence quotes, one a line."""
        shell = [line for block in self.blocks("sh") for line in _lines(block)]
        quoted = [" ".join(code.split()) for code in _INLINE_CODE.findall(self.prose)]
        return shell + [code for code in quoted if _PROGRAM.match(code)]


def _lines(block: str) -> Iterator[str]:
    """The commands of a block: comments are dropped, continued lines joined."""
    for line in re.sub(r"\\\n\s*", "", block).splitlines():
        command = re.sub(r"(^|\s)#.*", "", line).strip()
        if command:
            yield from (part.strip() for part in command.split(" && "))


NAMES = ("README.md", "RUNBOOK.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
_PATHS = (*(ROOT / name for name in NAMES), *sorted((ROOT / "docs").rglob("*.md")))
DOCUMENTS = {document.name: document for document in map(Document, _PATHS)}
README, RUNBOOK, CONTRIBUTING = (DOCUMENTS[name] for name in NAMES[:3])

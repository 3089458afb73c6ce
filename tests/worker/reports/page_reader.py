"""The page of a plan as a reader of HTML sees it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from tests.worker.reports.plans import report_of
from worker.reports.page import page
from worker.reports.report import Row

VOID = {"meta", "input", "br", "wbr"}
ACTIONS = ["conflict", "suspend", "hold", "reactivate", "create", "update", "skip", "unchanged"]
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)> \" ' & &amp;<!--"


class PageReader(HTMLParser):
    """Every element with its attributes and its own text, and whether each is closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str], list[str]]] = []
        self._open: list[int] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names))
        self.elements.append((tag, {name: value or "" for name, value in attrs}, []))
        if tag not in VOID:
            self._open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self._open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        for index in self._open:
            self.elements[index][2].append(data)

    def all(self, tag: str, **attributes: str) -> list[str]:
        """The texts of all such elements."""
        return [" ".join("".join(text).split()) for _, text in self.found(tag, **attributes)]

    def found(self, tag: str, **attributes: str) -> list[tuple[dict[str, str], list[str]]]:
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [(has, text) for name, has, text in self.elements if name == tag and wanted.items() <= has.items()]

    @property
    def rows(self) -> list[str]:
        """The rows of all tables, without their heads."""
        return [text for text in self.all("tr") if not text.startswith("Employee")]

    @property
    def groups(self) -> list[str]:
        """The groups in the order of the page, each with its heading."""
        return self.all("summary")

    @property
    def buttons(self) -> dict[str, str]:
        return {has["data-action"]: "".join(text) for has, text in self.found("button") if "data-action" in has}

    @property
    def figures(self) -> dict[str, str]:
        """The figures at the top of the page."""
        names = list(zip(self.all("dt"), self.all("dd"), strict=True))
        return dict(names[:6])


def read_page(*rows: Row, **more: Any) -> PageReader:
    return PageReader(page(report_of(*rows, **more)))

"""The chart of how cost grows, as a self-contained SVG file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from math import ceil, floor, log10

from tests.bench.growth import NEW, Point
from tests.bench.report import median

_WIDTH, _HEIGHT = 960, 430
_PANEL, _TOP, _BOTTOM = 360, 70, 330
_COLOURS = ("#0b6e99", "#c2410c", "#4d7c0f", "#7e22ce")
_MEGABYTES = 150
_STYLE = "text{font:13px system-ui,sans-serif;fill:#1f2937}.grid{stroke:#e5e7eb}.small{font-size:12px;fill:#4b5563}"

Scale = Callable[[float], float]


def draw(points: Sequence[Point], latency: str) -> str:
    """Draw seconds and memory by the number of changes, with a line for each directory and kind."""
    seconds = {point: median(run.ended.seconds for run in point.runs) for point in points}
    memory = {point: max(run.ended.megabytes for run in point.runs) for point in points}
    across = _log([point.changes for point in points])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        f"<title>What a run costs, by the number of changes; {escape(latency)}</title>",
        f"<style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        *_panel(80, "seconds (process start to end)", points, seconds, across, _log(list(seconds.values()))),
        *_panel(560, "peak of resident memory, MB", points, memory, across, (0, _MEGABYTES * 1.1), is_log=False),
        *_legend(points),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _log(values: Sequence[float]) -> tuple[float, float]:
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return low, max(high, low + 1)


def _panel(
    left: int,
    title: str,
    points: Sequence[Point],
    values: dict[Point, float],
    across: tuple[float, float],
    up: tuple[float, float],
    *,
    is_log: bool = True,
) -> list[str]:
    def x(changes: float) -> float:
        return left + _PANEL * (log10(changes) - across[0]) / (across[1] - across[0])

    def y(value: float) -> float:
        placed = log10(value) if is_log else value
        return _BOTTOM - (_BOTTOM - _TOP) * (placed - up[0]) / (up[1] - up[0])

    marks = [10.0**power for power in range(int(up[0]), int(up[1]) + 1)] if is_log else [0.0, 50.0, 100.0, 150.0]
    parts = [f'<text x="{left}" y="{_TOP - 22}" font-weight="600">{title}</text>']
    for mark in marks:
        parts.append(f'<line class="grid" x1="{left}" x2="{left + _PANEL}" y1="{y(mark):.1f}" y2="{y(mark):.1f}"/>')
        parts.append(_text(left - 8, y(mark) + 4, f"{mark:g}", "end"))
    for power in range(int(across[0]), int(across[1]) + 1):
        at = x(10**power)
        parts.append(f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="{_BOTTOM}"/>')
        parts.append(_text(at, _BOTTOM + 20, f"{10**power:,}", "middle"))
    parts.append(_text(left + _PANEL / 2, _BOTTOM + 40, "changes", "middle"))
    if not is_log:
        parts.append(
            f'<line x1="{left}" x2="{left + _PANEL}" y1="{y(_MEGABYTES):.1f}" y2="{y(_MEGABYTES):.1f}"'
            ' stroke="#b91c1c" stroke-dasharray="2 3"/>'
        )
        parts.append(_text(left + 6, y(_MEGABYTES) + 16, f"budget: {_MEGABYTES} MB", "start"))
    for colour, dashes, label, line in _lines(points):
        path = " ".join(f"{x(point.changes):.1f},{y(values[point]):.1f}" for point in line)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>'
        )
        for point in line:
            parts.append(
                f'<circle cx="{x(point.changes):.1f}" cy="{y(values[point]):.1f}" r="4" fill="{colour}">'
                f"<title>{escape(label)}: {point.changes:,} changes, {values[point]:.2f}</title></circle>"
            )
    return parts


def _lines(points: Sequence[Point]) -> list[tuple[str, str, str, list[Point]]]:
    """Return the colour, dashes, label and points of each line."""
    found = []
    for number, requested in enumerate(sorted({point.requested for point in points})):
        for kind in dict.fromkeys(point.kind for point in points):
            line = sorted(
                (point for point in points if (point.requested, point.kind) == (requested, kind)),
                key=lambda one: one.changes,
            )
            larger = ", or as many as change" if any(point.directory > requested for point in line) else ""
            label = f"directory of {requested:,}{larger}: {kind}"
            found.append((_COLOURS[number % len(_COLOURS)], "none" if kind == NEW else "6 4", label, line))
    return found


def _legend(points: Sequence[Point]) -> list[str]:
    parts = []
    for number, (colour, dashes, label, _) in enumerate(_lines(points)):
        left, top = 80 + 480 * (number % 2), 392 + 20 * (number // 2)
        parts.append(
            f'<line x1="{left}" x2="{left + 34}" y1="{top}" y2="{top}" stroke="{colour}" stroke-width="2"'
            f' stroke-dasharray="{dashes}"/>'
        )
        parts.append(_text(left + 42, top + 4, label, "start"))
    return parts


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text class="small" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'

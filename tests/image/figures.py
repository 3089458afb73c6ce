"""What the suite measures is printed at its end: a test records it under this name (pytest's `record_property`)."""

from __future__ import annotations

from collections.abc import Callable

FIGURE = "figure of the image"
Record = Callable[[str, object], None]

"""Measured figures are printed at the end; a test records them under this name (pytest's `record_property`)."""

from __future__ import annotations

from collections.abc import Callable

FIGURE = "figure of the image"
Record = Callable[[str, object], None]

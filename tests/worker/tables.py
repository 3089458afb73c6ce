"""Tables of examples, in which the name of a row stands beside it."""

from __future__ import annotations

from typing import Any

import pytest


def table(columns: str, *rows: tuple[Any, ...]) -> pytest.MarkDecorator:
    """Run the test once for each row.

    Args:
        columns: The test's arguments, separated by commas.
        rows: The name of each row, then the values of the arguments.
    """
    return pytest.mark.parametrize(columns, [pytest.param(*values, id=name) for name, *values in rows])

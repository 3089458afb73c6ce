"""The regions that AWS has, in every partition, as botocore lists them."""

from __future__ import annotations

from functools import cache

import botocore.session


@cache
def names() -> frozenset[str]:
    """Every region of every partition."""
    session = botocore.session.Session()
    partitions = session.get_data("partitions")["partitions"]
    # Each partition lists a pseudo region beside the real ones, for services without a region.
    return frozenset(name for partition in partitions for name in partition["regions"] if not name.endswith("-global"))


def is_region(text: str) -> bool:
    """Whether AWS has a region of that name."""
    return text in names()

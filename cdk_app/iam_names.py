"""The forms of names that a trust policy is built from. By themselves: reading a file does not wait for the CDK."""

from __future__ import annotations

import re

_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(user|role)/[\w+=,.@/-]{1,512}", re.ASCII)
_GITHUB_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
_MOST_PRINCIPALS = 20


def are_principals(texts: list[str]) -> bool:
    """Whether the texts are one to 20 different ARNs of users or roles."""
    several = 0 < len(texts) <= _MOST_PRINCIPALS and len(set(texts)) == len(texts)
    return several and all(map(_PRINCIPAL.fullmatch, texts))


def is_github_repository(text: str) -> bool:
    """Whether the text names a GitHub repository, and nothing that a trust policy would read as a pattern."""
    return _GITHUB_REPOSITORY.fullmatch(text) is not None

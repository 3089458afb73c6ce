"""What Moodle can store, so that no value of one person fails the batch she is in.

Moodle says only "invalid parameter" for the whole batch, or "error writing to database"; everything it could refuse is
mended or stopped here. All measured on Moodle 4.2.3; lengths are characters, not bytes.
"""

from __future__ import annotations

import re
import unicodedata

from worker.model.countries import country_code

LENGTHS = {
    "firstname": 100,
    "lastname": 100,
    "email": 100,
    "username": 100,
    "department": 255,
    "institution": 255,
    "city": 120,
}
_CUSTOM_FIELD_LENGTH = 255

_USERNAME = re.compile(r"[a-z0-9_.@-]+")
_EMAIL = re.compile(
    r"(?=.{3,100}\Z)(?=[^@]{1,64}@)"
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_TAG = re.compile(r"<(?!\s)")
_UNSTORABLE = frozenset({"Cc", "Cs", "Cn", "Zl", "Zp"})


def is_email(text: str) -> bool:
    """Whether Moodle takes it: plain ASCII, a domain with a dot, no padding, at most 100 characters."""
    return _EMAIL.fullmatch(text) is not None


def is_username(text: str) -> bool:
    """Whether Moodle takes it with its default setting (no extended user names): a-z 0-9 _ - . @, 100 at the most."""
    return len(text) <= LENGTHS["username"] and _USERNAME.fullmatch(text) is not None


def normalize(target: str, text: str) -> str | None:
    """The value of a Moodle field as Moodle will hold it; None if it cannot hold it and what it has should stay.

    Control characters go, white space is single, what PHP would take for an HTML tag loses its brackets, and what is
    too long is cut. Countries become codes.
    """
    if target == "country":
        return country_code(text) if text else ""
    clean = text
    if not (text.isascii() and text.isprintable()):
        clean = "".join(" " if char.isspace() else char for char in text)
        clean = "".join(char for char in clean if unicodedata.category(char) not in _UNSTORABLE)
    # Cut first: a bracket that the cut leaves at the end is a tag to PHP, too.
    clean = " ".join(clean.split())[: LENGTHS.get(target, _CUSTOM_FIELD_LENGTH)].rstrip()
    if _TAG.search(clean):
        clean = " ".join(clean.replace("<", " ").replace(">", " ").split())
    return clean


def same_text(one: str, other: str) -> bool:
    """Whether two names agree for the purpose of recognising a person: not blank, and equal whatever case and form."""
    left, right = (" ".join(unicodedata.normalize("NFKC", text).casefold().split()) for text in (one, other))
    return bool(left) and left == right

"""The values that Moodle can store, so that one employee's value does not fail the whole batch.

Moodle refuses a batch with "invalid parameter" or "error writing to database" without naming the value, so every value
is normalised or rejected here first. Measured on Moodle 4.2.3; lengths are in characters, not bytes.
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
    "phone1": 20,
    "phone2": 20,
}
_CUSTOM_FIELD_LENGTH = 2_048
"""The maximum of a text field unless the site sets another, which a read-back reveals; a text area has none."""

_USERNAME = re.compile(r"[a-z0-9_.@-]+")
_EMAIL = re.compile(
    r"(?=.{3,100}\Z)(?=[^@]{1,64}@)"
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[a-z0-9]+)*")
_TIME_ZONE = re.compile(r"99|[A-Za-z0-9]+(/?[A-Za-z_-])+")
"""An IANA name that Moodle's own check accepts, or 99, the site's."""
_PHONE_PUNCTUATION = re.compile(r"[\s().\-\u2010-\u2015]")
_TAG = re.compile(r"<(?!\s)")
_UNSTORABLE = frozenset({"Cc", "Cs", "Cn", "Zl", "Zp"})


def is_email(text: str) -> bool:
    """Return whether Moodle accepts an e-mail address: ASCII, a domain with a dot, no padding, up to 100 characters."""
    return _EMAIL.fullmatch(text) is not None


def is_username(text: str, *, extended: bool = False) -> bool:
    """Return whether Moodle accepts the username: a-z 0-9 _ - . @, at most 100 characters.

    `extended`: Moodle's `extendedusernamechars` is on: any characters but capitals and blanks at the ends. Invisible
    characters are excluded, because no employee could type such a username.
    """
    if len(text) > LENGTHS["username"]:
        return False
    if extended:
        return text != "" and text.isprintable() and text == text.strip().lower()
    return _USERNAME.fullmatch(text) is not None


def normalize(target: str, text: str) -> str | None:
    """Return the value as Moodle will store it; None if Moodle cannot hold it, and the account keeps its present one.

    Removes control characters, collapses white space, removes the angle brackets of anything that PHP would strip as an
    HTML tag, and truncates to the field's length, except for telephone numbers. Country names become codes.
    """
    if target == "country":
        return country_code(text) if text else ""
    if target == "lang":
        return _matching(_LANGUAGE, text.lower().replace("-", "_"))
    if target == "timezone":
        return _matching(_TIME_ZONE, text)
    if target in ("phone1", "phone2"):
        # An overlong number loses its punctuation, but no digit: a part of a number is not a number.
        text = text if len(text) <= LENGTHS[target] else _PHONE_PUNCTUATION.sub("", text)
        if len(text) > LENGTHS[target]:
            return None
    if not text.isprintable():
        spaced = (" " if char.isspace() else char for char in text)
        text = "".join(char for char in spaced if unicodedata.category(char) not in _UNSTORABLE)
    # Truncate first: PHP also strips a bracket that the truncation leaves at the end.
    clean = " ".join(text.split())[: LENGTHS.get(target, _CUSTOM_FIELD_LENGTH)].rstrip()
    if _TAG.search(clean):
        clean = " ".join(clean.replace("<", " ").replace(">", " ").split())
    return clean


def _matching(form: re.Pattern[str], text: str) -> str | None:
    return text if not text or form.fullmatch(text) else None

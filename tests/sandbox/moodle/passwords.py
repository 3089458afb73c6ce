"""The password policy of a fresh Moodle. A weak password is refused with a page of HTML for an error code."""

from __future__ import annotations

from tests.sandbox.moodle.errors import refused

EXTERNAL_AUTH = frozenset({"cas", "db", "ldap", "lti", "oauth2", "oidc", "shibboleth"})
"""The plugins that keep no password in Moodle. Measured on Moodle 4.2.3: oidc; the rest read in its code."""

NOT_CACHED = "not cached"
_MINIMUM = 8


def stored(password: str) -> str:
    """What the row keeps of a password that the policy accepts; a weak one is refused."""
    faults = [
        (len(password) < _MINIMUM, "Passwords must be at least 8 characters long."),
        (not any(char.isdigit() for char in password), "Passwords must have at least 1 digit(s)."),
        (not any(char.islower() for char in password), "Passwords must have at least 1 lower case letter(s)."),
        (not any(char.isupper() for char in password), "Passwords must have at least 1 upper case letter(s)."),
        (
            all(char.isalnum() for char in password),
            "The password must have at least 1 special character(s) such as *, -, or #.",
        ),
    ]
    html = "".join(f"<div>{text}</div>" for broken, text in faults if broken)
    if html:
        raise refused(html)
    return "hashed"

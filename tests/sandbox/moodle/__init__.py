"""The Moodle sandbox server: it answers over real HTTP as the version and the database of its settings do.

site = MoodleSite(Settings(profile_fields=(ProfileField("site"),)))
site.add_user("jo", firstname="Jo", lastname="Doe", email="jo@example.com", idnumber="7", auth="oidc")
with serve(Switchboard(MoodleApp(site))) as url: ...
"""

from __future__ import annotations

from tests.sandbox.moodle.rest import PATH, MoodleApp
from tests.sandbox.moodle.settings import (
    DEVELOPER_DEBUG,
    FOUR_FUNCTIONS,
    KINDS,
    MINIMUM_CAPABILITIES,
    NORMAL_DEBUG,
    Database,
    ProfileField,
    Settings,
    Version,
)
from tests.sandbox.moodle.site import TOKEN, MoodleSite
from tests.sandbox.moodle.user import User

__all__ = [
    "DEVELOPER_DEBUG",
    "FOUR_FUNCTIONS",
    "KINDS",
    "MINIMUM_CAPABILITIES",
    "NORMAL_DEBUG",
    "PATH",
    "TOKEN",
    "Database",
    "MoodleApp",
    "MoodleSite",
    "ProfileField",
    "Settings",
    "User",
    "Version",
]

"""What an administrator of the site, or of its web server, can set and the web service obeys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NORMAL_DEBUG = 15
"""From this debug level on, `debuginfo` is part of an error's body."""
DEVELOPER_DEBUG = 32767
"""At this debug level the message carries the debuginfo as well."""

FOUR_FUNCTIONS = (
    "core_user_create_users",
    "core_user_update_users",
    "core_user_get_users_by_field",
    "core_user_get_users",
)
"""The functions that the product needs, and all that the service offers by default."""

MINIMUM_CAPABILITIES = (
    "webservice/rest:use",
    "moodle/user:create",
    "moodle/user:update",
    "moodle/user:viewdetails",
    "moodle/user:viewalldetails",
    "moodle/site:viewuseridentity",
    "moodle/site:viewfullnames",
)
"""What the service user's role must allow. Measured on Moodle 4.2.3."""

CORE_AUTH_PLUGINS = (
    "cas",
    "db",
    "email",
    "ldap",
    "lti",
    "manual",
    "mnet",
    "nologin",
    "none",
    "oauth2",
    "oidc",
    "shibboleth",
    "webservice",
)
"""The plugins that are installed: Moodle's own, and auth_oidc."""


@dataclass(frozen=True)
class ProfileField:
    """A custom profile field. `datatype`: text, textarea, menu, checkbox or datetime."""

    shortname: str
    name: str = ""
    datatype: str = "text"


@dataclass
class Settings:
    """The switches. The defaults are a production site's, with PHP's default of max_input_vars.

    `maintenance`: "gui" is the switch in the administration pages, "cli" the command line's.
    `webservices`: False is web services off, or the REST protocol off.
    `startup_errors`: php.ini shows start-up errors, so that a truncated request is answered by HTML before the JSON.
    Which authentication plugins are enabled does not matter here, only which are installed.
    """

    allowaccountssameemail: bool = False
    extendedusernamechars: bool = False
    maintenance: Literal["", "gui", "cli"] = ""
    webservices: bool = True
    max_input_vars: int = 1000
    startup_errors: bool = False
    debug: int = 0
    auth_plugins: tuple[str, ...] = CORE_AUTH_PLUGINS
    languages: tuple[str, ...] = ("en",)
    themes: tuple[str, ...] = ("boost", "classic")
    showuseridentity: tuple[str, ...] = ("email",)
    hiddenuserfields: tuple[str, ...] = ()
    profile_fields: tuple[ProfileField, ...] = ()
    wwwroot: str = "https://moodle.example.com"

"""What an administrator of the site, or of its web server, can set and the web service obeys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

Version = Literal["4.1", "4.2", "4.5", "5.1"]
Database = Literal["mariadb", "postgresql"]

_VERSIONS: Final = get_args(Version)

KINDS: Final[tuple[tuple[Version, Database], ...]] = (
    ("4.1", "mariadb"),
    ("4.2", "mariadb"),
    ("4.5", "mariadb"),
    ("4.5", "postgresql"),
    ("5.1", "postgresql"),
)
"""The combinations of version and database that were measured."""

RELEASES: Final[dict[Version, tuple[str, str]]] = {
    "4.1": ("4.1+ (Build: 20221201)", "2022112800.01"),
    "4.2": ("4.2.3 (Build: 20231009)", "2023042403"),
    "4.5": ("4.5.5+ (Build: 20250613)", "2024100705.01"),
    "5.1": ("5.1+ (Build: 20251017)", "2025100600.02"),
}
"""Release and version number as core_webservice_get_site_info returns them."""

WWWROOT = "https://moodle.example.com"
"""The address that the site has for itself."""

NORMAL_DEBUG = 15
"""From this debug level on, `debuginfo` is part of an error's body."""
DEVELOPER_DEBUG = 32767
"""At this debug level the message contains the debuginfo as well."""

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
    """A custom profile field. `datatype`: text, textarea, menu, checkbox or datetime.

    Attributes:
        default: The value of an account that has none of its own.
        options: The options of a menu.
        maximum: The longest text, in characters.
        link: Where a text links to; `$$` is replaced by the value.
        years: The first and the last year of a date.
        hidden: Visible only with moodle/user:viewalldetails.
    """

    shortname: str
    name: str = ""
    datatype: str = "text"
    default: str = ""
    options: tuple[str, ...] = ()
    maximum: int = 2048
    link: str = ""
    years: tuple[int, int] = (2000, 2050)
    hidden: bool = False


@dataclass
class Settings:
    """The switches. The defaults are a production site's, with PHP's default of max_input_vars.

    Attributes:
        version: The Moodle that answers.
        database: MariaDB compares without case, accents and trailing blanks; PostgreSQL compares exactly.
        maintenance: "gui" is the switch in the administration pages, "cli" the command line's.
        webservices: False is web services off, or the REST protocol off.
        login_refused: Why the service user may not log in, as an error code.
        auth_plugins: The plugins that are installed; whether they are enabled does not matter here.
        timezone: The time zone of the service user, in which a date is midnight.
    """

    version: Version = "4.2"
    database: Database = "mariadb"
    extendedusernamechars: bool = False
    maintenance: Literal["", "gui", "cli"] = ""
    webservices: bool = True
    login_refused: Literal["", "forcepasswordchangenotice", "usernotfullysetup", "sitepolicynotagreed"] = ""
    max_input_vars: int = 1000
    debug: int = 0
    auth_plugins: tuple[str, ...] = CORE_AUTH_PLUGINS
    languages: tuple[str, ...] = ("en",)
    themes: tuple[str, ...] = ("boost", "classic")
    showuseridentity: tuple[str, ...] = ("email",)
    hiddenuserfields: tuple[str, ...] = ()
    profile_fields: tuple[ProfileField, ...] = ()
    timezone: str = "UTC"

    def at_least(self, version: Version) -> bool:
        """Whether the site runs this version or a later one."""
        return _VERSIONS.index(self.version) >= _VERSIONS.index(version)

    @property
    def exact(self) -> bool:
        """Whether the database compares text exactly."""
        return self.database == "postgresql"

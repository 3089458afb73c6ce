"""The REST server: token, function, parameters, and the shape of every answer. Measured on Moodle 4.2.3 and 4.5.6."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote_plus, urlencode

from tests.sandbox.moodle import lookups, passwords, writes
from tests.sandbox.moodle.errors import (
    MoodleError,
    function_missing,
    invalid_parameter,
    invalid_token,
    no_access,
    no_permission,
    refused,
)
from tests.sandbox.moodle.forms import PhpArray, cut, fields_of, nest
from tests.sandbox.moodle.params import Many, Single, Value, validate
from tests.sandbox.moodle.settings import Settings
from tests.sandbox.moodle.site import MoodleSite
from tests.sandbox.moodle.siteinfo import get_site_info
from tests.sandbox.moodle.touched import touched
from tests.sandbox.moodle.user import CREATE, UPDATE, User
from tests.sandbox.wire import Request, Response

PATH = "/webservice/rest/server.php"
"""Where the web service lives below the site's address."""

_HTML = "text/html; charset=utf-8"
_LONGEST_URL = 8190
_FUNCTION_IN_BODY = re.compile(rb"(?:^|&)wsfunction=([^&]*)")
_CALL_SETTINGS = tuple(f"moodlewssetting{name}" for name in ("raw", "fileurl", "filter", "lang", "timezone"))


@dataclass(frozen=True)
class _Function:
    takes: Single
    run: Callable[..., Any]
    capability: str = ""
    title: str = ""
    needs_password: bool = True


_FUNCTIONS = {
    "core_user_create_users": _Function(
        Single({"users": Many(CREATE)}), writes.create_users, "moodle/user:create", "Create users"
    ),
    "core_user_update_users": _Function(
        Single({"users": Many(UPDATE)}), writes.update_users, "moodle/user:update", "Update user profiles"
    ),
    "core_user_delete_users": _Function(
        Single({"userids": Many(Value("int"))}), writes.delete_users, "moodle/user:delete", "Delete users"
    ),
    "core_user_get_users_by_field": _Function(
        Single({"field": Value("alpha"), "values": Many(Value("raw"))}), lookups.get_users_by_field
    ),
    "core_user_get_users": _Function(
        Single({"criteria": Many(Single({"key": Value("alpha"), "value": Value("raw")}))}), lookups.get_users
    ),
    "core_webservice_get_site_info": _Function(Single({}), get_site_info, needs_password=False),
}
_NEVER_IN_THE_SERVICE = frozenset({"core_course_get_courses", "core_enrol_get_enrolled_users"})


class MoodleApp:
    """The site as it answers over HTTP. `token` is a further valid token."""

    def __init__(self, site: MoodleSite, token: str | None = None) -> None:
        self.site = site
        if token is not None:
            site.tokens.setdefault(token, None)

    def operation(self, request: Request) -> str:
        """The function that is called, whatever the outcome."""
        found = _FUNCTION_IN_BODY.findall(request.body)
        return unquote_plus(found[-1].decode("latin-1")) if found else request.first("wsfunction", request.path)

    def touched(self, request: Request) -> set[str]:
        """The records that a call is about: "account 7" by id, "employee 12" by idnumber."""
        given, _ = _parameters(request, self.site.settings)
        with self.site.lock:
            return touched(self.site, self.operation(request), given)

    def answer(self, request: Request) -> Response:
        """Answer one request; requests exclude each other, as transactions would."""
        settings = self.site.settings
        if request.path != PATH:
            return Response(404, b"<h1>404 Not Found</h1>", _HTML)
        if len(urlencode(request.query)) > _LONGEST_URL:
            return Response(414, b"<h1>414 Request-URI Too Large</h1>", _HTML)
        if settings.maintenance == "cli":
            wait = settings.maintenance_retry_after
            page = b"<!DOCTYPE html><html><body>This site is under maintenance.</body></html>"
            return Response(503, page, _HTML, {} if wait is None else {"Retry-After": wait})
        if not settings.webservices:
            return Response(403, b"", "text/html")
        given, warning = _parameters(request, settings)
        shape: Literal["xml", "json"] = "json" if given.pop("moodlewsrestformat", "") == "json" else "xml"
        with self.site.lock:
            try:
                body = _json(self._call(given)) if shape == "json" else _xml(self._call(given))
            except MoodleError as error:
                body = _error_json(error, settings) if shape == "json" else _error_xml(error, settings)
        kind = "application/json" if shape == "json" else "application/xml; charset=utf-8"
        return Response(200, (warning + body).encode(), kind)

    def _call(self, given: PhpArray) -> Any:
        token = given.pop("wstoken", "")
        name = given.pop("wsfunction", "")
        for setting in _CALL_SETTINGS:
            given.pop(setting, None)
        self._authenticate(token if isinstance(token, str) else "")
        function = self._function(name if isinstance(name, str) else "")
        arguments = validate(function.takes, given, self.site.settings)
        if function.needs_password and self._caller().must_change_password:
            raise _password_change(self._caller())
        if function.capability and function.capability not in self.site.capabilities:
            raise no_permission(function.title)
        return function.run(self.site, *arguments.values())

    def _authenticate(self, token: str) -> None:
        site = self.site
        if token not in site.tokens:
            raise invalid_token()
        expires = site.tokens[token]
        if expires is not None and expires < site.now():
            del site.tokens[token]
            raise no_access("Invalid token - token expired - check validuntil time for the token")
        if site.settings.maintenance == "gui":
            raise refused("sitemaintenance", "The site is undergoing maintenance and is currently not available")
        caller = self._caller()
        for barred, code, word in (
            (caller.deleted, "wsaccessuserdeleted", "deleted"),
            (not caller.confirmed, "wsaccessuserunconfirmed", "unconfirmed"),
            (caller.suspended, "wsaccessusersuspended", "suspended"),
            (caller.password_expired, "wsaccessuserexpired", "password expired"),
            (caller.auth == "nologin", "wsaccessusernologin", "nologin authentication"),
        ):
            if barred:
                raise refused(code, f"Refused web service access for {word} username: {caller.username}")
        if site.access_denied:
            raise no_access(site.access_denied)
        if "webservice/rest:use" not in site.capabilities:
            raise no_access("You are not allowed to use the rest protocol (missing capability: webservice/rest:use)")

    def _caller(self) -> User:
        caller = self.site.table.get(self.site.service_id)
        assert caller is not None
        return caller

    def _function(self, name: str) -> _Function:
        if not name:
            raise invalid_parameter("Missing function name")
        if name not in _FUNCTIONS and name not in _NEVER_IN_THE_SERVICE:
            raise function_missing(self.site.settings)
        if name not in self.site.service_functions or name not in _FUNCTIONS:
            raise no_access(f"Access to the function {name}() is not allowed.")
        return _FUNCTIONS[name]


def _password_change(caller: User) -> MoodleError:
    if caller.auth not in passwords.EXTERNAL_AUTH:
        return refused("forcepasswordchangenotice")
    return refused(
        "nopasswordchangeforced",
        "You cannot proceed without changing your password, however there is no available page for changing it. Please"
        " contact your Moodle Administrator.",
    )


def _parameters(request: Request, settings: Settings) -> tuple[PhpArray, str]:
    """The parameters of body and URL, and what PHP prints if it dropped some of them."""
    given = nest(cut(list(request.query), settings.max_input_vars))
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    if request.method != "POST" or not is_form:
        return given, ""
    fields = fields_of(request.body)
    kept = cut(fields, settings.max_input_vars)
    warning = (
        "<br />\n<b>Warning</b>:  PHP Request Startup: Input variables exceeded "
        f"{settings.max_input_vars}. To increase the limit change max_input_vars in php.ini. "
        "in <b>Unknown</b> on line <b>0</b><br />\n"
    )
    return {**given, **nest(kept)}, warning if settings.startup_errors and len(kept) < len(fields) else ""


def _json(value: Any) -> str:
    """JSON as PHP writes it: ASCII only, no blanks, slashes escaped."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/")


def _error_json(error: MoodleError, settings: Settings) -> str:
    body = {
        "exception": error.class_at(settings),
        "errorcode": error.errorcode,
        "message": error.message_at(settings.debug),
    }
    if debuginfo := error.debuginfo_at(settings.debug):
        body["debuginfo"] = debuginfo
    return _json(body)


def _error_xml(error: MoodleError, settings: Settings) -> str:
    parts = [
        '<?xml version="1.0" encoding="UTF-8" ?>',
        f'<EXCEPTION class="{error.class_at(settings)}">',
        f"<ERRORCODE>{html.escape(error.errorcode)}</ERRORCODE>",
        f"<MESSAGE>{html.escape(error.message_at(settings.debug))}</MESSAGE>",
    ]
    if debuginfo := error.debuginfo_at(settings.debug):
        parts.append(f"<DEBUGINFO>{html.escape(debuginfo)}</DEBUGINFO>")
    return "\n".join([*parts, "</EXCEPTION>", ""])


def _xml(value: Any) -> str:
    inner = "" if value is None else _element(value)
    return f'<?xml version="1.0" encoding="UTF-8" ?>\n<RESPONSE>\n{inner}</RESPONSE>\n'


def _element(value: Any) -> str:
    if isinstance(value, list):
        return "<MULTIPLE>\n" + "".join(map(_element, value)) + "</MULTIPLE>\n"
    if isinstance(value, dict):
        keys = "".join(f'<KEY name="{name}">{_element(inner)}</KEY>\n' for name, inner in value.items())
        return f"<SINGLE>\n{keys}</SINGLE>\n"
    text = str(int(value)) if isinstance(value, bool) else str(value)
    return f"<VALUE>{html.escape(text)}</VALUE>\n"

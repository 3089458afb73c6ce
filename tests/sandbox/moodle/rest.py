"""The REST server: token, function, parameters, and the shape of every answer. Measured on Moodle 4.2.3 and 4.5.6."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from tests.sandbox.moodle import lookups, writes
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
from tests.sandbox.moodle.user import CREATE, UPDATE
from tests.sandbox.wire import Request, Response

PATH = "/webservice/rest/server.php"
"""Where the web service lives below the site's address."""

_HTML = "text/html; charset=utf-8"
_FUNCTION_IN_BODY = re.compile(rb"(?:^|&)wsfunction=([^&]*)")


@dataclass(frozen=True)
class _Function:
    takes: Single
    run: Callable[..., Any]
    capability: str = ""
    title: str = ""


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
    "core_webservice_get_site_info": _Function(Single({}), get_site_info),
}


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
        given = _parameters(request, self.site.settings)
        with self.site.lock:
            return touched(self.site, self.operation(request), given)

    def answer(self, request: Request) -> Response:
        """Answer one request; requests exclude each other, as transactions would."""
        settings = self.site.settings
        if request.path != PATH:
            return Response(404, b"<h1>404 Not Found</h1>", _HTML)
        if settings.maintenance == "cli":
            page = b"<!DOCTYPE html><html><body>This site is under maintenance.</body></html>"
            return Response(503, page, _HTML, {"Retry-After": "300"})
        if not settings.webservices:
            return Response(403, b"", "text/html")
        given = _parameters(request, settings)
        wants_json = given.pop("moodlewsrestformat", "") == "json"
        with self.site.lock:
            try:
                answer = self._call(given)
            except MoodleError as error:
                answer = _described(error, settings)
        if wants_json:
            return Response(200, _json(answer).encode())
        # Only whether it is an error matters of an answer in XML, which a request gets that lost its format.
        code = answer["errorcode"] if isinstance(answer, dict) and "errorcode" in answer else ""
        xml = f"<EXCEPTION><ERRORCODE>{code}</ERRORCODE></EXCEPTION>" if code else "<RESPONSE></RESPONSE>"
        return Response(200, xml.encode(), "application/xml; charset=utf-8")

    def _call(self, given: PhpArray) -> Any:
        token = given.pop("wstoken", "")
        name = given.pop("wsfunction", "")
        self._authenticate(token if isinstance(token, str) else "")
        function = self._function(name if isinstance(name, str) else "")
        arguments = validate(function.takes, given, self.site.settings)
        if self.site.settings.login_refused:
            raise refused(self.site.settings.login_refused)
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
        caller = site.user(site.service_id)
        if caller["suspended"]:
            name = caller["username"]
            raise refused("wsaccessusersuspended", f"Refused web service access for suspended username: {name}")
        if "webservice/rest:use" not in site.capabilities:
            raise no_access("You are not allowed to use the rest protocol (missing capability: webservice/rest:use)")

    def _function(self, name: str) -> _Function:
        if not name:
            raise invalid_parameter("Missing function name")
        if name not in _FUNCTIONS:
            raise function_missing(self.site.settings)
        if name not in self.site.service_functions:
            raise no_access(f"Access to the function {name}() is not allowed.")
        return _FUNCTIONS[name]


def _parameters(request: Request, settings: Settings) -> PhpArray:
    """The parameters of body and URL, as far as PHP keeps them."""
    given = nest(cut(list(request.query), settings.max_input_vars))
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    if request.method == "POST" and is_form:
        given |= nest(cut(fields_of(request.body), settings.max_input_vars))
    return given


def _json(value: Any) -> str:
    """JSON as PHP writes it: ASCII only, no blanks, slashes escaped."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/")


def _described(error: MoodleError, settings: Settings) -> dict[str, str]:
    body = {
        "exception": error.class_at(settings),
        "errorcode": error.errorcode,
        "message": error.message_at(settings.debug),
    }
    debuginfo = error.debuginfo_at(settings.debug)
    return {**body, "debuginfo": debuginfo} if debuginfo else body

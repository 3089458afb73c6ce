"""The app: authentication and dispatch."""

from __future__ import annotations

import base64
import binascii
import codecs
import dataclasses
import itertools
import re
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from ..wire import Request, Response
from . import by_hand
from .answers import Call
from .changes import changed
from .company import Company
from .directory import Directory
from .listing import employees, listed
from .report import report, reported
from .settings import Settings
from .single import employee

_PATH: Final = re.compile(r"/api/v1/employees(?:/(?P<rest>[^/]+))?/?")
_REPORT: Final = re.compile(r"/api/v1/reports/custom/?")
_UNKNOWN: Final = "unknown"
_LONGEST_URL: Final = 8190
_XML: Final = Response(200, b'<?xml version="1.0"?>\n<employees/>', "application/xml; charset=utf-8")


class BambooApp:
    """BambooHR's API over a `Company`, for one API key. `settings` and `api_key` may change at any time."""

    def __init__(self, company: Company, api_key: str, settings: Settings | None = None) -> None:
        self.company = company
        self.api_key = api_key
        self.settings = settings or Settings()
        self._directory = Directory()
        self._count = itertools.count(1)

    def operation(self, request: Request) -> str:
        """ "changed", "directory", "employees", "employee" or "report"; any other path is "unknown"."""
        if _REPORT.fullmatch(request.path):
            return "report"
        match = _PATH.fullmatch(request.path)
        if match is None:
            return _UNKNOWN
        rest = match["rest"]
        return "employees" if rest is None else rest if rest in ("changed", "directory") else "employee"

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        call = Call(request, self.company, self.settings)
        with self.company.lock:
            response = self._barred(call) or self._answer(call)
            number = next(self._count)
        headers = {**response.headers, "X-Request-Id": f"sandbox-{number}"}
        marked = self.settings.byte_order_mark and response.content_type == "application/json"
        body = codecs.BOM_UTF8 + response.body if marked else response.body
        return dataclasses.replace(response, headers=headers, body=body)

    def touched(self, request: Request) -> set[str]:
        """The employees that a call reads one by one or in batches, as "employee 12"; none for feed and directory."""
        call = Call(request, self.company, self.settings)
        with self.company.lock:
            ids = {
                "employee": lambda: {_last_part(request)},
                "employees": lambda: listed(call),
                "report": lambda: reported(call),
            }.get(self.operation(request), set[str])()
        return {f"employee {id}" for id in ids}

    def control(self, request: Request) -> Response | None:
        """Change the company by hand: see :mod:`tests.sandbox.bamboohr.by_hand`."""
        return by_hand.answer(self.company, request) if request.path == by_hand.PATH else None

    def _barred(self, call: Call) -> Response | None:
        """The refusal, if the caller has no access at all."""
        if _key(call.request) == self.api_key:
            if not self.settings.key_disabled:
                return None
            return call.refuse(403, f"The account of {self.settings.key_user} is disabled")
        refusal = call.refuse(401, "The API key is missing or unknown")
        return dataclasses.replace(refusal, headers={**refusal.headers, "WWW-Authenticate": 'Basic realm="BambooHR"'})

    def _answer(self, call: Call) -> Response:
        request = call.request
        if len(request.path) + len(urlencode(request.query)) > _LONGEST_URL:
            return Response(414, b"<html><body><h1>414 Request-URI Too Large</h1></body></html>", "text/html")
        operation = self.operation(request)
        if operation == _UNKNOWN:
            return Response(404, b"<html><body><h1>Not found</h1></body></html>", "text/html; charset=utf-8")
        if request.method != ("POST" if operation == "report" else "GET"):
            return call.refuse(405, "The sandbox server does not answer this method here")
        if operation == "report":
            return report(call)
        if operation == "employees":
            return employees(call)
        if operation == "changed":
            answer = changed(call)
        elif operation == "directory":
            answer = self._directory.answer(call)
        else:
            answer = employee(call, _last_part(request))
        # These three answer in XML unless JSON is asked for.
        asks_for_json = "application/json" in request.headers.get("accept", "")
        return answer if answer.status != HTTPStatus.OK or asks_for_json else _XML


def _last_part(request: Request) -> str:
    return request.path.rstrip("/").rpartition("/")[2]


def _key(request: Request) -> str:
    """The user name of Basic authentication, which is the key; empty if there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(token, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""

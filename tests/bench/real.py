"""A real Moodle in place of the sandbox's: confirmed, with recognisable accounts that are suspended at the end.

All calls go through a relay on loopback, so that the times are taken in the same place as the sandbox's. The accounts
are named bench-<time>-..., and their idnumbers are longer than any employee id: neither can be an employee's.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests

from tests.bench.bare import bodies, post
from tests.bench.rounds import Plan
from tests.bench.stage import CLIENTS, Stage
from tests.sandbox.wire import Request, Response
from worker.config.settings_model import is_loopback

URL, TOKEN, AUTH = "BENCH_MOODLE_URL", "BENCH_MOODLE_TOKEN", "BENCH_MOODLE_AUTH"
_BATCH = 50
_ROOM = 1_000_000


class Refusal(Exception):
    """Why the named Moodle is left alone."""


@dataclass(frozen=True)
class Target:
    """The Moodle named by the environment."""

    url: str
    token: str
    auth: str

    @property
    def host(self) -> str:
        """The name that is printed."""
        return urlsplit(self.url).netloc


def target(environment: Mapping[str, str]) -> Target | None:
    """Return the named Moodle, or None for the sandbox's; raise :class:`Refusal` for incomplete settings."""
    url, token = (environment.get(name, "").strip() for name in (URL, TOKEN))
    if not url and not token:
        return None
    if not url or not token:
        raise Refusal(f"{URL} and {TOKEN} belong together: set both, or neither for the sandbox's Moodle")
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    if not safe or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise Refusal(f"{URL} must be an https address (http only to loopback), without user, query or fragment")
    return Target(url.rstrip("/"), token, environment.get(AUTH, "").strip() or "oidc")


def fresh(employees: int, loop_employees: int, rounds: int) -> Plan:
    """Return a plan with new account names."""
    now = int(time.time())
    return Plan(employees, loop_employees, rounds, first_id=now * _ROOM + 1, prefix=f"bench-{now}-")


def confirm(target: Target, plan: Plan, *, yes: bool) -> None:
    """Ask for confirmation, or refuse without a terminal."""
    print(
        f"This creates {plan.accounts:,} accounts named {plan.prefix}... at {target.host}, updates them, and leaves"
        " them there, suspended: the token's service need not be able to delete users."
    )
    if yes:
        return
    if not sys.stdin.isatty():
        raise Refusal("there is no terminal to ask: give --yes to confirm")
    if input("Go on? [y/N] ").strip().lower() not in ("y", "yes"):
        raise Refusal("not confirmed; nothing was changed")


class Relay:
    """Forwards every call to a Moodle, with one kept-alive connection per client."""

    def __init__(self, target: Target) -> None:
        self._base = target.url
        self._own = threading.local()

    def operation(self, request: Request) -> str:
        """Return the function, which is the last field that these clients send."""
        return request.body.rpartition(b"wsfunction=")[2].decode("ascii", "replace")

    def answer(self, request: Request) -> Response:
        """Return Moodle's response."""
        session: requests.Session | None = getattr(self._own, "session", None)
        if session is None:
            session = self._own.session = requests.Session()
        sent = {name: request.headers[name] for name in ("content-type", "accept") if name in request.headers}
        try:
            answer = session.post(
                self._base + request.path, request.body, headers=sent, timeout=120, allow_redirects=False
            )
        except requests.RequestException:
            return Response(fate="reset")
        return Response(answer.status_code, answer.content, answer.headers.get("Content-Type", "text/html"))


def suspend_all(stage: Stage, plan: Plan) -> str:
    """Suspend the accounts that are active; return a message about them."""
    names = [f"{plan.prefix}{plan.first_id + number}@example.com" for number in range(plan.accounts)]
    found = _found(stage, plan, names)
    active = [{"id": str(user["id"]), "suspended": "1"} for user in found if not user["suspended"]]
    if active:
        post(stage.endpoint, bodies(stage.token, "core_user_update_users", active), CLIENTS)
        found = _found(stage, plan, names)
    still_active = sum(not user["suspended"] for user in found)
    message = f"{len(found):,} accounts {plan.prefix}... are left in Moodle, "
    message += (
        "all of them suspended" if not still_active else f"{still_active:,} OF THEM STILL ACTIVE: suspend them by hand"
    )
    return f"{message}; they can be deleted there (Users, Bulk user actions, user name starts with {plan.prefix})."


def _found(stage: Stage, plan: Plan, names: list[str]) -> list[dict[str, Any]]:
    bodies_of_look_ups = []
    for at in range(0, len(names), _BATCH):
        values = [(f"values[{number}]", name) for number, name in enumerate(names[at : at + _BATCH])]
        head = [("wstoken", stage.token), ("moodlewsrestformat", "json"), ("field", "username")]
        bodies_of_look_ups.append(urlencode([*head, *values, ("wsfunction", "core_user_get_users_by_field")]))
    answers = post(stage.endpoint, bodies_of_look_ups, CLIENTS)
    if not all(isinstance(answer, list) for answer in answers):
        raise Refusal(
            f"Moodle does not report which accounts are left: suspend those whose user name starts with {plan.prefix}"
        )
    return [user for answer in answers for user in answer]

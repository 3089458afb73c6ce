"""One person at a time: what a client does that nobody has thought about for long. `python -m tests.bench.loop`.

By idnumber, if need be by e-mail, then one creation or one update, on one kept-alive session. It is told on stdin whom
and with what; that it need not read them from BambooHR, nor keep a state or a log, is its advantage.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import requests

Person = dict[str, str]


class Loop:
    """A client for one site."""

    def __init__(self, url: str, token: str, auth: str) -> None:
        self._url, self._token, self._auth = url, token, auth
        self._session = requests.Session()
        self._session.trust_env = False

    def bring(self, person: Person, *, leaving: bool) -> str:
        """Bring one person in step; what it took."""
        account = self._found("idnumber", person["idnumber"]) or self._found("email", person["email"])
        if account is None:
            new = {**person, "username": person["email"].lower(), "auth": self._auth}
            self._call("core_user_create_users", _record(new))
            return "created"
        wanted = {"suspended": "1"} if leaving else person
        present = {**account, "suspended": str(int(account["suspended"]))}
        changes = {name: value for name, value in wanted.items() if present.get(name, "") != value}
        if not changes:
            return "unchanged"
        self._call("core_user_update_users", _record({"id": str(account["id"]), **changes}))
        return "updated"

    def _found(self, field: str, value: str) -> dict[str, Any] | None:
        answer = self._call("core_user_get_users_by_field", {"field": field, "values[0]": value})
        return answer[0] if answer else None

    def _call(self, function: str, fields: dict[str, str]) -> Any:
        head = {"wstoken": self._token, "moodlewsrestformat": "json"}
        reply = self._session.post(self._url, data={**head, **fields, "wsfunction": function}, timeout=60)
        reply.raise_for_status()
        answer = reply.json()
        if isinstance(answer, dict) and ("exception" in answer or answer.get("warnings")):
            raise RuntimeError(f"{function}: {answer.get('errorcode', 'a warning')}")
        return answer


def _record(values: dict[str, str]) -> dict[str, str]:
    return {f"users[0][{name}]": value for name, value in values.items()}


def main() -> None:
    """Read the task from stdin, do it, count."""
    task = json.load(sys.stdin)
    loop = Loop(task["url"], task["token"], task["auth"])
    done: dict[str, int] = {}
    for person in task["people"]:
        what = loop.bring(person, leaving=task["leaving"])
        done[what] = done.get(what, 0) + 1
    print(json.dumps(done))


if __name__ == "__main__":
    main()

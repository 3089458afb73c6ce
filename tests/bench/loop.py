"""A simple client that processes one employee at a time: `python -m tests.bench.loop`.

For each employee, it looks up by idnumber, else by e-mail, then creates or updates, on one kept-alive session. It reads
the employees from stdin; it has the advantage of no BambooHR, no state and no log.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import requests

Employee = dict[str, str]


class Loop:
    """A client for one site."""

    def __init__(self, url: str, token: str, auth: str) -> None:
        self._url, self._token, self._auth = url, token, auth
        self._session = requests.Session()
        self._session.trust_env = False

    def process(self, employee: Employee, *, leaving: bool) -> str:
        """Bring one employee in sync; return what was done."""
        account = self._found("idnumber", employee["idnumber"]) or self._found("email", employee["email"])
        if account is None:
            new = {**employee, "username": employee["email"].lower(), "auth": self._auth}
            self._call("core_user_create_users", _record(new))
            return "created"
        wanted = {"suspended": "1"} if leaving else employee
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
    """Read the task from stdin, process it, print the counts."""
    task = json.load(sys.stdin)
    loop = Loop(task["url"], task["token"], task["auth"])
    counts: dict[str, int] = {}
    for employee in task["employees"]:
        outcome = loop.process(employee, leaving=task["leaving"])
        counts[outcome] = counts.get(outcome, 0) + 1
    print(json.dumps(counts))


if __name__ == "__main__":
    main()

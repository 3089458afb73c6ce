"""The bare web service: prepared bodies, posted by several clients.

`python -m tests.bench.bare` reads {"url", "bodies", "clients"} from stdin and prints the responses in order.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
from typing import Any
from urllib.parse import urlencode, urlsplit

_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Connection": "keep-alive"}

Record = dict[str, str]


def bodies(token: str, function: str, records: list[Record], size: int = 50) -> list[str]:
    """Return the records in batches, ready to be posted."""
    head = [("wstoken", token), ("moodlewsrestformat", "json")]
    batches = []
    for at in range(0, len(records), size):
        batch = enumerate(records[at : at + size])
        fields = [(f"users[{n}][{name}]", value) for n, record in batch for name, value in record.items()]
        batches.append(urlencode([*head, *fields, ("wsfunction", function)]))
    return batches


def post(url: str, prepared: list[str], clients: int) -> list[Any]:
    """Post all bodies; return the responses, None for a missing one."""
    answers: list[Any] = [None] * len(prepared)
    left = iter(enumerate(prepared))
    turn = threading.Lock()

    def work() -> None:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=120)
        while True:
            with turn:
                number, body = next(left, (-1, ""))
            if number < 0:
                break
            try:
                connection.request("POST", parts.path, body, _FORM)
                answers[number] = json.loads(connection.getresponse().read())
            except (OSError, http.client.HTTPException, ValueError):
                connection.close()
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def main() -> None:
    """Read the task from stdin, post the bodies, print the responses."""
    task = json.load(sys.stdin)
    print(json.dumps(post(task["url"], task["bodies"], task["clients"])))


if __name__ == "__main__":
    main()

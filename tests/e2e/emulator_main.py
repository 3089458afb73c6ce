"""Serves ministack with three gates opened; runs under its own virtual environment, as a script.

With arguments, which are the command of the worker, a task that is started runs it as a process (`process_engine.py`).

What is replaced are functions of its modules, before it starts. It is pinned, and a name that is gone would end this
script at its start.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any


def main(worker: Sequence[str]) -> None:
    """Open it, and serve until this process is told to end or its parent is gone."""
    events: Any = importlib.import_module("ministack.services.eventbridge")
    # As AWS does, it refuses events of AWS itself; here the suite is AWS.
    events._put_events = partial(events._put_events, allow_aws_source=True)
    events._apply_input_transformer = with_array_indexes(events._apply_input_transformer)
    registry: Any = importlib.import_module("ministack.services.ecr")
    registry._describe_images = refusing_missing_images(registry._describe_images)
    if worker:
        engine = importlib.import_module("process_engine").ProcessEngine(worker)
        tasks: Any = importlib.import_module("ministack.services.ecs")
        tasks._get_docker = lambda: engine
        atexit.register(engine.close)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    importlib.import_module("ministack.app").main()


def with_array_indexes(apply: Callable[..., str]) -> Callable[..., str]:
    """Input paths such as `$.detail.containers[0].name`, which it takes for a field of that name.

    EventBridge user guide, "Input transformation": a path may have array indexes, and is blank where it leads nowhere.
    """

    def applied(transformer: Mapping[str, Any], rule: Mapping[str, Any], view: Any) -> str:
        paths = dict(transformer.get("InputPathsMap", {}))
        found: dict[str, Any] = {}
        for name, path in paths.items():
            if "[" in path:
                paths[name] = f"$.{name}"
                found.update(_at(view.event_with_detail(), name, path))
        return apply({**transformer, "InputPathsMap": paths}, rule, _Seen(view, found))

    return applied


class _Seen:
    """An event, with what was found in it beside it."""

    def __init__(self, view: Any, found: Mapping[str, Any]) -> None:
        self._view = view
        self._found = found

    def event_with_detail(self) -> dict[str, Any]:
        return {**self._view.event_with_detail(), **self._found}

    def envelope(self) -> Any:
        return self._view.envelope()


def _at(event: Any, name: str, path: str) -> dict[str, Any]:
    for step in re.findall(r"\[(\d+)\]|([^.$\[\]]+)", path):
        index, key = step
        try:
            event = event[int(index)] if index else event[key]
        except (LookupError, TypeError):
            return {}
    return {name: event}


def refusing_missing_images(describe: Callable[[Mapping[str, Any]], Any]) -> Callable[[Mapping[str, Any]], Any]:
    """DescribeImages of an image that is not there, which it answers with an empty list.

    ECR answers ImageNotFoundException, by which the CDK's command line knows that an image has yet to be published.
    """

    def described(data: Mapping[str, Any]) -> Any:
        answer = describe(data)
        status, _, body = answer
        if status == 200 and data.get("imageIds") and not json.loads(body)["imageDetails"]:
            responses: Any = importlib.import_module("ministack.core.responses")
            return responses.error_response_json("ImageNotFoundException", "The requested image does not exist", 400)
        return answer

    return described


def _end_with_the_parent() -> None:
    """The parent holds the other end of stdin and never writes."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    # ministack reads its own arguments, of which there are none.
    worker, sys.argv[1:] = sys.argv[1:], []
    main(worker)

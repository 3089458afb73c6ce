"""What tasks logged: one stream for each task, in the log group of the environment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from ops.context import Context
from worker import advice
from worker.aws import aws_failure
from worker.reports.terminal import nonempty, summary_text

_SUMMARY = "sync.summary"
_SUMMARIES = f'{{ $.event = "{_SUMMARY}" }}'
_GRAVE = frozenset({"warning", "error"})
_HEADING = frozenset({"time", "level", "event"})
_SECONDS_PER_DAY = 86_400


def read(context: Context, task_id: str, token: str | None = None) -> tuple[list[str], str | None]:
    """What a task has logged since `token`, and the token to continue from. Empty for a task without a log."""
    query = {
        "logGroupName": context.deployment.log_group_name,
        "logStreamName": context.deployment.log_stream(task_id),
        "startFromHead": True,
    }
    messages: list[str] = []
    while True:
        try:
            page = context.client("logs").get_log_events(**query, **({"nextToken": token} if token else {}))
        except ClientError as fault:
            if aws_failure(fault) == "ResourceNotFoundException":
                return messages, token
            raise
        messages.extend(event["message"] for event in page["events"])
        # CloudWatch Logs returns the same token again at the end of a stream.
        if page["nextForwardToken"] == token:
            return messages, token
        token = page["nextForwardToken"]


def summary_of(context: Context, task_id: str) -> Mapping[str, Any] | None:
    """The summary of a task's run; None while there is none."""
    messages, _ = read(context, task_id)
    return next((line for line in map(_event, reversed(messages)) if line.get("event") == _SUMMARY), None)


def newest_stream(context: Context) -> str | None:
    """The stream that was written last, as far as CloudWatch Logs knows yet."""
    answer = context.client("logs").describe_log_streams(
        logGroupName=context.deployment.log_group_name, orderBy="LastEventTime", descending=True, limit=1
    )
    return next((str(stream["logStreamName"]) for stream in answer["logStreams"]), None)


def summaries(context: Context, days: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every summary of the last days, each with its stream."""
    begin = int((context.pace.clock() - days * _SECONDS_PER_DAY) * 1000)
    query = {"logGroupName": context.deployment.log_group_name, "startTime": begin, "filterPattern": _SUMMARIES}
    pages = context.client("logs").get_paginator("filter_log_events").paginate(**query)
    for number, page in enumerate(pages, start=1):
        context.terminal.progress(f"reading the log, page {number}")
        for event in page["events"]:
            line = _event(event["message"])
            if line.get("event") == _SUMMARY:
                yield event["logStreamName"], line


def _event(message: str) -> Mapping[str, Any]:
    """The event that a line logs; empty for a line of text, which is a report or a crash that was not logged."""
    try:
        line = json.loads(message)
    except ValueError:
        return {}
    return line if isinstance(line, dict) and "event" in line else {}


def is_grave(message: str) -> bool:
    """Whether `runs logs --errors` shows the line."""
    line = _event(message)
    return not line or line["event"] == _SUMMARY or line.get("level") in _GRAVE


def readable(message: str) -> str:
    """The line for a person: a summary as a block, another event on one line, text as it is."""
    line = _event(message)
    if not line:
        return message
    if line["event"] == _SUMMARY:
        return summary_text(line)
    heading = f"{line.get('time', '')} {line.get('level', ''):<7} {line['event']}".strip()
    values = " ".join(f"{name}={_word(value)}" for name, value in nonempty(line, _HEADING))
    return advice.current().fill_in(f"{heading}  {values}".rstrip())


def _word(value: object) -> str:
    return value if isinstance(value, str) and " " not in value else json.dumps(value, ensure_ascii=False)

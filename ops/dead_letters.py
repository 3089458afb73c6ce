"""What could not be delivered, a start by the schedule or an e-mail: `dead-letters`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ops.context import Context
from worker.commands.parser import Parsers, add_command, add_flags
from worker.errors import ExitCode
from worker.reports.table import name_value_lines
from worker.reports.terminal import moment
from worker.words import counted

_MOST_PER_CALL = 10
_MOST_CALLS = 50
_HIDDEN_SECONDS = 30
# Without a wait SQS queries only some of its servers, and may miss a message.
_WAIT_SECONDS = 2


def add(parsers: Parsers) -> None:
    """Add the parser."""
    parser = add_command(
        parsers,
        "dead-letters",
        operate=dead_letters,
        summary="show why a scheduled start or an e-mail was not delivered",
        details="Shows why each message is in the dead-letter queue. Ends with exit code 1 if there are any. The alarm"
        " clears when the\nqueue is empty: fix the cause, then run the command with --clear.",
    )
    parser.add_argument("--clear", action="store_true", help="remove the messages that were shown")
    add_flags(parser, "--yes")


def dead_letters(context: Context) -> int:
    """Show the messages, and remove them with `--clear`."""
    options = context.options
    sqs, queue = context.client("sqs"), context.deployment.dead_letter_queue_url
    found = list(_received(sqs, queue))
    if not found:
        context.terminal.print("There are no dead letters.")
        return ExitCode.OK
    shown = len(found)
    try:
        for message in found:
            context.terminal.print(_readable(message))
        if not options.clear:
            return ExitCode.ERRORS
        context.confirm(f"Remove {counted(shown, 'dead letter')}?")
        while found:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=found[-1]["ReceiptHandle"])
            found.pop()
    finally:
        # Make messages visible again at once: another `dead-letters` within 30 s would find the queue empty.
        for message in found:
            sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    context.terminal.print(f"{shown} removed.")
    return ExitCode.OK


def _received(sqs: Any, queue: str) -> Iterator[Mapping[str, Any]]:
    """Receive each message once: a received message is hidden from the next read for a while."""
    for _ in range(_MOST_CALLS):
        answer = sqs.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=_MOST_PER_CALL,
            VisibilityTimeout=_HIDDEN_SECONDS,
            WaitTimeSeconds=_WAIT_SECONDS,
            MessageSystemAttributeNames=["SentTimestamp"],
            MessageAttributeNames=["All"],
        )
        if not answer.get("Messages"):
            return
        yield from answer["Messages"]


def _readable(message: Mapping[str, Any]) -> str:
    sent = int(message.get("Attributes", {}).get("SentTimestamp", 0)) / 1000
    attributes = message.get("MessageAttributes", {})
    return f"{moment(sent)}\n" + name_value_lines(
        (name.lower().replace("_", " "), value.get("StringValue")) for name, value in sorted(attributes.items())
    )

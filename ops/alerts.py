"""Whether the e-mails about failed runs are delivered: `alerts`.

An e-mail subscription is lost silently: it expires if it is not confirmed within two days, and an e-mail scanner that
follows links can cancel it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from ops.context import Context
from worker import advice
from worker.aws import aws_failure
from worker.commands.parser import Parsers, add_command
from worker.errors import ExitCode

# A deploy compares templates, sees no change, and does not create it again.
_RESTORE = "create it again as docs/decisions/schedule-group.md describes"


def add(parsers: Parsers) -> None:
    """Add the parser."""
    parser = add_command(
        parsers,
        "alerts",
        operate=alerts,
        summary="check that alerts are delivered; send a test message",
        details="Checks the subscriptions of the alert topic (unconfirmed, lost, none), the rules for the end of a"
        " task, and the alarms\n(deleted, disabled). Ends with exit code 1 if something is wrong. Run it once a month.",
    )
    parser.add_argument("--test", action="store_true", help="send a test message to every subscriber")
    parser.add_argument(
        "--subscribe", action="store_true", help="subscribe AlertEmail again; AWS sends it a confirmation link"
    )


def alerts(context: Context) -> int:
    """Subscribe again, check, and test, as the options say."""
    options, deployment, terminal = context.options, context.deployment, context.terminal
    sns = context.client("sns")
    if options.subscribe:
        sns.subscribe(TopicArn=deployment.topic_arn, Protocol="email", Endpoint=deployment.alert_email)
        terminal.print("AlertEmail was asked to confirm. Open that e-mail and follow its link within two days.")
    found = subscriptions(context)
    for one in found:
        state = "confirmed" if is_confirmed(one) else "NOT CONFIRMED"
        terminal.print(f"{one['Protocol']} {_masked(one['Endpoint'])}: {state}")
    faults = [*_wrong_subscriptions(context, found), *_wrong_rules(context), *_wrong_alarms(context)]
    for text in faults:
        terminal.print(f"PROBLEM: {text}")
    if options.test:
        family = deployment.task_family
        sent = sns.publish(
            TopicArn=deployment.topic_arn,
            Subject=f"Test: {family}",
            Message=f"This is a test of the alerts of {family}. Nothing is wrong.",
        )
        terminal.print(
            f"A test message was sent ({sent['MessageId']}). Check that it arrives, and not in the junk folder."
        )
    if not faults:
        terminal.print("The alerts are delivered.")
    return ExitCode.ERRORS if faults else ExitCode.OK


def subscriptions(context: Context) -> list[Mapping[str, Any]]:
    """The subscriptions of the alert topic."""
    pages = context.client("sns").get_paginator("list_subscriptions_by_topic")
    pages = pages.paginate(TopicArn=context.deployment.topic_arn)
    return [one for page in pages for one in page["Subscriptions"]]


def is_confirmed(subscription: Mapping[str, Any]) -> bool:
    """Before it is confirmed, a subscription has a word in place of its ARN."""
    return str(subscription["SubscriptionArn"]).startswith("arn:")


def alarms_by_name(context: Context, names: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Those of the alarms that exist."""
    found = context.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    return {alarm["AlarmName"]: alarm for alarm in found}


def _wrong_subscriptions(context: Context, found: list[Mapping[str, Any]]) -> Iterator[str]:
    again = f"subscribe it again: {advice.command('alerts', '--subscribe')}"
    wanted = context.deployment.alert_email.casefold()
    ours = [one for one in found if one["Endpoint"].casefold() == wanted]
    if not any(map(is_confirmed, found)):
        yield "no alert is delivered to anyone"
    if not ours:
        yield f"AlertEmail ({_masked(wanted)}) is not subscribed: the subscription expired or was cancelled; {again}"
    elif not any(map(is_confirmed, ours)):
        yield (
            f"AlertEmail ({_masked(wanted)}) is not confirmed: look for the e-mail from AWS, in the junk folder too, or"
            f" {again}"
        )


def _wrong_rules(context: Context) -> Iterator[str]:
    events = context.client("events")
    for name in (context.deployment.success_rule_name, context.deployment.failure_rule_name):
        try:
            state = events.describe_rule(Name=name)["State"]
        except ClientError as fault:
            if aws_failure(fault) != "ResourceNotFoundException":
                raise
            yield f"the rule {name} was deleted: no e-mail reports how some tasks end; {_RESTORE}"
        else:
            if state != "ENABLED":
                yield f"the rule {name} is disabled; enable it: aws events enable-rule --name {name}"


def _wrong_alarms(context: Context) -> Iterator[str]:
    deployment = context.deployment
    alarm_names = (deployment.silence_alarm_name, deployment.dead_letter_alarm_name, deployment.parked_alarm_name)
    names = [name for name in alarm_names if name]
    alarms = alarms_by_name(context, names)
    for name in names:
        if name not in alarms:
            yield f"the alarm {name} was deleted; {_RESTORE}"
        elif not alarms[name]["ActionsEnabled"]:
            yield f"the alarm {name} is disabled; unless the sync is paused on purpose: {advice.command('resume')}"


def _masked(endpoint: str) -> str:
    """Enough of an address to recognise it."""
    name, at, domain = endpoint.rpartition("@")
    return f"{name[:2]}***@{domain}" if at else endpoint

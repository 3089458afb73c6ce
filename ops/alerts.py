"""Would a failed night be heard? `alerts`.

A subscription by mail can be lost without a sign: it lapses two days after it was asked for and not confirmed, and a
mail scanner that follows links can unsubscribe it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ops.errors import OpsExit, code_of
from ops.verbs import Context, add_verb

if TYPE_CHECKING:
    from ops.verbs import Parsers


def add(verbs: Parsers) -> None:
    """`alerts`."""
    parser = add_verb(
        verbs,
        "alerts",
        alerts,
        summary="do the alerts still reach somebody? and a test message",
        teaches="Looks at the subscriptions of the alert topic (unconfirmed, vanished, none), the rules that hear the "
        "end of a task and the alarms (gone, switched off). Ends with 1 if something is wrong. Run it once a month.",
    )
    parser.add_argument("--test", action="store_true", help="send a test message to everybody who is subscribed")
    parser.add_argument(
        "--subscribe", action="store_true", help="ask AlertEmail anew: a mail with a link to confirm is sent to it"
    )


@dataclass(frozen=True)
class _Subscription:
    protocol: str
    endpoint: str
    confirmed: bool

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> _Subscription:
        arn = str(found["SubscriptionArn"])
        return cls(str(found["Protocol"]), str(found["Endpoint"]), arn.startswith("arn:"))


def alerts(context: Context) -> int:
    """Look, ask anew, and test, as wanted."""
    options = context.options
    topic = context.deployment.topic_arn
    sns = context.client("sns")
    if options.subscribe:
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=context.deployment.alert_email)
        context.terminal.say("AlertEmail was asked to confirm. Open that mail and follow its link within two days.")
    found = [
        _Subscription.of(one)
        for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        for one in page["Subscriptions"]
    ]
    for one in found:
        state = "confirmed" if one.confirmed else "NOT CONFIRMED"
        context.terminal.say(f"{one.protocol} {_masked(one.endpoint)}: {state}")
    wrong = [*_wrong_subscriptions(context, found), *_wrong_rules(context), *_wrong_alarms(context)]
    for text in wrong:
        context.terminal.say(f"WRONG: {text}")
    if options.test:
        _send_test(context, sns)
    if not wrong:
        context.terminal.say("The alerts reach somebody.")
    return OpsExit.NO if wrong else OpsExit.DONE


def _wrong_subscriptions(context: Context, found: list[_Subscription]) -> Iterator[str]:
    anew = f"ask anew: make alerts {context.in_env} ARGS=--subscribe"
    wanted = context.deployment.alert_email.casefold()
    mine = [one for one in found if one.endpoint.casefold() == wanted]
    if not any(one.confirmed for one in found):
        yield "no alert reaches anybody"
    if not mine:
        yield f"AlertEmail ({_masked(wanted)}) is not subscribed: it lapsed, or somebody unsubscribed it; {anew}"
    elif not any(one.confirmed for one in mine):
        yield f"AlertEmail ({_masked(wanted)}) has not confirmed; look for the mail, in the junk too, or {anew}"


def _wrong_rules(context: Context) -> Iterator[str]:
    events = context.client("events")
    for name in (context.deployment.success_rule_name, context.deployment.failure_rule_name):
        try:
            state = events.describe_rule(Name=name)["State"]
        except ClientError as fault:
            if code_of(fault) != "ResourceNotFoundException":
                raise
            yield f"the rule {name} is gone: some ends of the task go unheard; {_anew(context)}"
        else:
            if state != "ENABLED":
                yield f"the rule {name} is switched off; switch it on: aws events enable-rule --name {name}"


def _wrong_alarms(context: Context) -> Iterator[str]:
    deployment = context.deployment
    names = [deployment.silence_alarm_name, deployment.dead_letter_alarm_name, deployment.parked_alarm_name]
    alarms = {
        alarm["AlarmName"]: alarm
        for alarm in context.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    }
    for name in names:
        if name not in alarms:
            yield f"the alarm {name} is gone; {_anew(context)}"
        elif not alarms[name]["ActionsEnabled"]:
            yield f"the alarm {name} is switched off; if the nights should run: make resume {context.in_env}"


def _anew(context: Context) -> str:
    """How to get back what is gone: an ordinary deploy compares templates, and sees no change."""
    return f"deploy it again: make deploy {context.in_env} ARGS=--revert-drift"


def _send_test(context: Context, sns: Any) -> None:
    sent = sns.publish(
        TopicArn=context.deployment.topic_arn,
        Subject=f"Test: {context.deployment.task_family}",
        Message=f"This is a test of the alerts of {context.deployment.task_family}. Nothing is wrong.",
    )
    context.terminal.say(
        f"A test message was sent ({sent['MessageId']}). Look whether it arrives, and not in the junk."
    )


def _masked(endpoint: str) -> str:
    """Enough to recognise an address by."""
    name, at, domain = endpoint.rpartition("@")
    return f"{name[:2]}***@{domain}" if at else endpoint

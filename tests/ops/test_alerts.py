"""`alerts`: do they still reach somebody?"""

from __future__ import annotations

import boto3
import pytest
from botocore.stub import Stubber

from tests.ops.town_hall import ALERT_EMAIL, PROJECT, REGION, Hall, replace_client


def subscribe(hall: Hall, address: str = ALERT_EMAIL) -> str:
    topic = hall.outputs["TopicArn"]
    answer = hall.client("sns").subscribe(
        TopicArn=topic, Protocol="email", Endpoint=address, ReturnSubscriptionArn=True
    )
    return str(answer["SubscriptionArn"])


def test_all_is_well(hall: Hall) -> None:
    subscribe(hall)

    end = hall.ops("alerts")

    assert end.code == 0
    assert end.out.splitlines() == ["email ni***@example.com: confirmed", "The alerts reach somebody."]


def test_nobody_is_subscribed(hall: Hall) -> None:
    end = hall.ops("alerts")

    assert end.code == 1
    assert "WRONG: no alert reaches anybody" in end.out
    assert "is not subscribed: it lapsed, or somebody unsubscribed it" in end.out
    assert f"make alerts {hall.in_env} ARGS=--subscribe" in end.out


def test_the_configured_address_has_vanished_and_another_is_left(hall: Hall) -> None:
    subscribe(hall, "other@example.com")

    end = hall.ops("alerts")

    assert end.code == 1
    assert "AlertEmail (ni***@example.com) is not subscribed" in end.out
    assert "no alert reaches anybody" not in end.out


def test_an_unconfirmed_subscription(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator confirms by itself; this is what SNS answers before somebody does."""
    sns = boto3.client("sns", region_name=REGION)
    with Stubber(sns) as answers:
        answers.add_response(
            "list_subscriptions_by_topic",
            {
                "Subscriptions": [
                    {"SubscriptionArn": "PendingConfirmation", "Protocol": "email", "Endpoint": ALERT_EMAIL}
                ]
            },
            {"TopicArn": hall.outputs["TopicArn"]},
        )
        replace_client(monkeypatch, "sns", sns)

        end = hall.ops("alerts")

    assert end.code == 1
    assert "NOT CONFIRMED" in end.out
    assert "has not confirmed; look for the mail, in the junk too" in end.out


def test_an_alarm_that_is_switched_off_or_gone(hall: Hall) -> None:
    subscribe(hall)
    hall.ops("pause")
    hall.client("cloudwatch").delete_alarms(AlarmNames=[f"{PROJECT}-parked"])

    end = hall.ops("alerts")

    assert end.code == 1
    assert f"the alarm hall-silence is switched off; if the nights should run: make resume {hall.in_env}" in end.out
    assert "the alarm hall-parked is gone" in end.out


def test_a_rule_that_is_switched_off_or_gone(hall: Hall) -> None:
    subscribe(hall)
    hall.client("events").disable_rule(Name=f"{PROJECT}-failure")
    hall.client("events").delete_rule(Name=f"{PROJECT}-success")

    end = hall.ops("alerts")

    assert end.code == 1
    assert "the rule hall-failure is switched off; switch it on: aws events enable-rule --name hall-failure" in end.out
    assert "the rule hall-success is gone: some ends of the task go unheard" in end.out
    assert f"make deploy {hall.in_env} ARGS=--revert-drift" in end.out


def test_a_test_message_reaches_the_subscribers(hall: Hall) -> None:
    subscribe(hall)
    sqs = hall.client("sqs")
    queue = sqs.create_queue(QueueName="listener")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    hall.client("sns").subscribe(TopicArn=hall.outputs["TopicArn"], Protocol="sqs", Endpoint=arn)

    end = hall.ops("alerts", "--test")

    assert end.code == 0
    assert "A test message was sent" in end.out
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert "This is a test of the alerts of hall. Nothing is wrong." in message["Body"]


def test_asking_anew(hall: Hall) -> None:
    end = hall.ops("alerts", "--subscribe")

    assert "follow its link within two days" in end.out
    (one,) = hall.client("sns").list_subscriptions_by_topic(TopicArn=hall.outputs["TopicArn"])["Subscriptions"]
    assert (one["Protocol"], one["Endpoint"]) == ("email", ALERT_EMAIL)

"""`alerts`: are they still delivered?"""

from __future__ import annotations

import boto3
import pytest
from botocore.stub import Stubber

from tests.ops.deployed_environment import ALERT_EMAIL, PROJECT, REGION, Environment, replace_client


def subscribe(deployed: Environment, address: str = ALERT_EMAIL) -> str:
    topic = deployed.outputs["TopicArn"]
    answer = deployed.client("sns").subscribe(
        TopicArn=topic, Protocol="email", Endpoint=address, ReturnSubscriptionArn=True
    )
    return str(answer["SubscriptionArn"])


def test_confirmed_subscription_and_enabled_alarms(deployed: Environment) -> None:
    subscribe(deployed)

    end = deployed.ops("alerts")

    assert end.code == 0
    assert end.out.splitlines() == ["email al***@example.com: confirmed", "The alerts are delivered."]


def test_an_environment_without_a_silence_alarm(deployed: Environment) -> None:
    subscribe(deployed)
    deployed.deploy_again_without("SilenceAlarmName")

    assert deployed.ops("alerts").code == 0


def test_no_subscription(deployed: Environment) -> None:
    end = deployed.ops("alerts")

    assert end.code == 1
    assert "PROBLEM: no alert is delivered to anyone" in end.out
    assert "is not subscribed: the subscription expired or was cancelled" in end.out
    assert f"{deployed.lxp} alerts --subscribe" in end.out


def test_the_configured_address_is_lost_and_another_is_subscribed(deployed: Environment) -> None:
    subscribe(deployed, "other@example.com")

    end = deployed.ops("alerts")

    assert end.code == 1
    assert "AlertEmail (al***@example.com) is not subscribed" in end.out
    assert "no alert is delivered" not in end.out


def test_an_unconfirmed_subscription(deployed: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator confirms every subscription; this is the answer of SNS before that."""
    sns = boto3.client("sns", region_name=REGION)
    with Stubber(sns) as answers:
        answers.add_response(
            "list_subscriptions_by_topic",
            {
                "Subscriptions": [
                    {"SubscriptionArn": "PendingConfirmation", "Protocol": "email", "Endpoint": ALERT_EMAIL}
                ]
            },
            {"TopicArn": deployed.outputs["TopicArn"]},
        )
        replace_client(monkeypatch, "sns", sns)

        end = deployed.ops("alerts")

    assert end.code == 1
    assert "NOT CONFIRMED" in end.out
    assert "is not confirmed: look for the e-mail from AWS, in the junk folder too" in end.out


def test_an_alarm_that_is_disabled_or_deleted(deployed: Environment) -> None:
    subscribe(deployed)
    deployed.ops("pause")
    deployed.client("cloudwatch").delete_alarms(AlarmNames=[f"{PROJECT}-parked"])

    end = deployed.ops("alerts")

    assert end.code == 1
    assert f"acme-sync-silence is disabled; unless the sync is paused on purpose: {deployed.lxp} resume" in end.out
    assert "the alarm acme-sync-parked was deleted" in end.out


def test_a_rule_that_is_disabled_or_deleted(deployed: Environment) -> None:
    subscribe(deployed)
    deployed.client("events").disable_rule(Name=f"{PROJECT}-failure")
    deployed.client("events").delete_rule(Name=f"{PROJECT}-success")

    end = deployed.ops("alerts")

    assert end.code == 1
    assert "the rule acme-sync-failure is disabled; enable it: aws events enable-rule --name acme-sync-fail" in end.out
    assert "the rule acme-sync-success was deleted: no e-mail reports how some tasks end" in end.out
    assert "create it again as docs/decisions/schedule-group.md describes" in end.out
    assert "--revert-drift" not in end.out


def test_a_test_message_reaches_the_subscribers(deployed: Environment) -> None:
    subscribe(deployed)
    sqs = deployed.client("sqs")
    queue = sqs.create_queue(QueueName="listener")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    deployed.client("sns").subscribe(TopicArn=deployed.outputs["TopicArn"], Protocol="sqs", Endpoint=arn)

    end = deployed.ops("alerts", "--test")

    assert end.code == 0
    assert "A test message was sent" in end.out
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert "This is a test of the alerts of acme-sync. Nothing is wrong." in message["Body"]


def test_subscribing_again(deployed: Environment) -> None:
    end = deployed.ops("alerts", "--subscribe")

    assert "follow its link within two days" in end.out
    (one,) = deployed.client("sns").list_subscriptions_by_topic(TopicArn=deployed.outputs["TopicArn"])["Subscriptions"]
    assert (one["Protocol"], one["Endpoint"]) == ("email", ALERT_EMAIL)

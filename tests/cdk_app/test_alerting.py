import json
from datetime import UTC, datetime
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template as Assertions

from cdk_app.alerting import AlertingConstruct
from tests.cdk_app.constructs import sync_task
from tests.cdk_app.log_filter import filter_matches
from tests.cdk_app.synthesis import Synthesis, Template, app
from worker.errors import DuplicateDelivery, LockHeld, Paused
from worker.runs.summary import Summary

ALARM = "AWS::CloudWatch::Alarm"
FILTER = "AWS::Logs::MetricFilter"
TOPIC = "AWS::SNS::Topic"


def summary(**changes: Any) -> Summary:
    given: dict[str, Any] = {"run_id": "r", "command": "sync", "started_at": datetime(2026, 1, 31, tzinfo=UTC)}
    return Summary(**(given | {"trigger": "schedule"} | changes))


def ended(line: Summary, end: Any = None, **counts: int) -> str:
    """The worker's own summary line of a run that ended so."""
    line.counts.update(counts)
    line.finish(end)
    return line.line()


CLEAN = ended(summary())
COUNTED = {
    "a successful run": (CLEAN, True),
    "a successful run that an operator started": (ended(summary(trigger="manual")), True),
    "a successful run with employees parked": (ended(summary(), parked=2), True),
    "errors": (ended(summary(), errors=1), False),
    "held suspensions": (ended(summary(), errors=3, held_suspensions=3), False),
    "a dry run": (ended(summary(dry_run=True)), False),
    "single employees": (ended(summary(selection="employees")), False),
    "a reconcile that the schedule started": (ended(summary(command="reconcile")), False),
    "a reconcile that an operator started": (ended(summary(command="reconcile", trigger="manual")), False),
    "an undo": (ended(summary(command="undo")), False),
    "the second delivery of a start": (ended(summary(), DuplicateDelivery("delivered before")), False),
    "a start during a pause": (ended(summary(), Paused("the scheduled runs are paused")), False),
    "a run that found the lock held": (ended(summary(), LockHeld("another run is at work")), False),
    "a crash": (summary().line(), False),
    "another line": (json.dumps({"event": "person.created", "ok": True, "scope": "all", "dry_run": False}), False),
    "no JSON": ("Traceback (most recent call last):", False),
    "half a line": (CLEAN[:-20], False),
}


@pytest.mark.parametrize("kind", COUNTED)
def test_what_the_silence_filter_counts(each: Synthesis, kind: str) -> None:
    line, counted = COUNTED[kind]

    assert filter_matches(each.sync.properties("CleanNights", FILTER)["FilterPattern"], line) is counted


@pytest.mark.parametrize(
    ("line", "matched"),
    [
        (ended(summary(), parked=1), True),
        (ended(summary(), parked=2, errors=1), True),
        (ended(summary(), parked=0), False),
        (ended(summary(dry_run=True), parked=1), False),
        (ended(summary(selection="employees"), parked=1), False),
        (ended(summary(command="reconcile"), parked=1), False),
    ],
)
def test_the_parked_filter(each: Synthesis, line: str, matched: bool) -> None:
    assert filter_matches(each.sync.properties("ParkedPeople", FILTER)["FilterPattern"], line) is matched


def test_the_filters_read_the_tasks_log_and_have_no_default_value(each: Synthesis) -> None:
    for name, value in (("CleanNights", "1"), ("ParkedPeople", "$.parked")):
        properties = each.sync.properties(name, FILTER)
        (transformation,) = properties["MetricTransformations"]

        assert properties["LogGroupName"] == {"Ref": each.sync.named("Task", "AWS::Logs::LogGroup")}
        assert transformation == {
            "MetricName": name,
            "MetricNamespace": f"LxpSync/{each.parameters.project_name}",
            "MetricValue": value,
        }


def test_the_silence_alarm_counts_hours_without_a_successful_run(dev: Synthesis, prod: Synthesis) -> None:
    for synthesis, hours in ((dev, 30), (prod, 54)):
        alarm = synthesis.sync.properties("Silence", ALARM)

        assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"]) == ("Sum", "LessThanThreshold", 1)
        assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (3600, hours, hours)
        assert alarm["TreatMissingData"] == "breaching"
        assert alarm["MetricName"] == "CleanNights"


def test_the_parked_alarm_lasts_until_the_next_run(dev: Synthesis) -> None:
    alarm = dev.sync.properties("Parked", ALARM)

    assert (alarm["Statistic"], alarm["Threshold"]) == ("Maximum", 1)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (3600, 30, 1)
    assert alarm["TreatMissingData"] == "notBreaching"


def test_one_dead_letter_raises_the_alarm(each: Synthesis) -> None:
    alarm = each.sync.properties("DeadLetter", ALARM)

    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert alarm["Dimensions"] == [
        {"Name": "QueueName", "Value": {"Fn::GetAtt": [each.sync.named("DeadLetter", "AWS::SQS::Queue"), "QueueName"]}}
    ]
    assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (1, 1)
    assert alarm["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize("name", ["Silence", "Parked", "DeadLetter"])
def test_each_alarm_notifies_when_it_starts_and_ends(each: Synthesis, name: str) -> None:
    alarm = each.sync.properties(name, ALARM)
    topic = {"Ref": each.sync.named("Topic", TOPIC)}

    assert (alarm["AlarmActions"], alarm["OKActions"]) == ([topic], [topic])
    assert alarm["AlarmName"].startswith(f"{each.parameters.project_name}-")
    assert "RUNBOOK" in alarm["AlarmDescription"]


def test_no_alarm_looks_back_further_than_cloudwatch_can(each: Synthesis) -> None:
    for alarm in each.sync.of_type(ALARM).values():
        assert alarm["Properties"]["Period"] * alarm["Properties"]["EvaluationPeriods"] <= 604_800


def test_the_operator_is_subscribed(prod: Synthesis) -> None:
    subscription = prod.sync.only("AWS::SNS::Subscription")["Properties"]

    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "prod@example.com")
    assert subscription["TopicArn"] == {"Ref": prod.sync.named("Topic", TOPIC)}


def test_who_may_publish(each: Synthesis) -> None:
    statements = each.sync.only("AWS::SNS::TopicPolicy")["Properties"]["PolicyDocument"]["Statement"]
    by_service = {one["Principal"]["Service"]: one for one in statements if one["Effect"] == "Allow"}
    (refusal,) = [one for one in statements if one["Effect"] == "Deny"]

    assert set(by_service) == {"events.amazonaws.com", "cloudwatch.amazonaws.com"}
    assert "Condition" not in by_service["events.amazonaws.com"]
    assert by_service["cloudwatch.amazonaws.com"]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }
    assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert {one["Action"] for one in statements} == {"sns:Publish"}


def test_the_topic_has_no_key_unless_one_is_given(each: Synthesis) -> None:
    assert "KmsMasterKeyId" not in each.sync.only(TOPIC)["Properties"]


def test_events_and_alarms_may_use_a_given_key() -> None:
    stack = cdk.Stack(app(), "Stack")
    AlertingConstruct(
        stack,
        "Alerting",
        task=sync_task(stack),
        alert_email="ops@example.com",
        encryption_key=kms.Key(stack, "Key"),
    )
    template = Template(Assertions.from_stack(stack).to_json())
    key = template.only("AWS::KMS::Key")["Properties"]["KeyPolicy"]["Statement"]

    assert "KmsMasterKeyId" in template.only(TOPIC)["Properties"]
    (statement,) = [one for one in key if "Service" in one["Principal"]]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
    }

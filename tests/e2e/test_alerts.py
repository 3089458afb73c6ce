"""Every end of the task, through the deployed rules, as an operator reads it.

All events are put first, and after them one whose message proves that nothing of theirs is still on its way: the
emulator delivers one event wholly before it answers.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from tests.cdk_app import task_events
from tests.cdk_app.task_events import ENDS, FAILURE, OTHERS, SUCCESS
from tests.e2e.deployment import PROJECT, Deployment
from tests.e2e.emulator import REGION

MARKER = "the last one"
# The emulator lets a field be absent where one element of an array lacks it, AWS where all do (`event_matcher.py`).
JUDGED_ON_THE_TEMPLATE = {"exit 0 beside an injected container without exit code"}
JUDGED_HERE = [end for end in ENDS if end not in JUDGED_ON_THE_TEMPLATE]
EVENTS = {
    **{end: ENDS[end][0] for end in JUDGED_HERE},
    **OTHERS,
    MARKER: task_events.task(task_events.container(0)),
}
Heard = Mapping[str, list[str]]


@pytest.fixture(scope="module")
def heard(deployed: Deployment) -> Heard:
    """The messages about each event, by its kind."""
    queue_url = _subscribed_queue(deployed)
    events = {kind: _of_this_stack(event, number, deployed) for number, (kind, event) in enumerate(EVENTS.items())}
    for event in events.values():
        _put(deployed, event)
    kinds = {event["detail"]["taskArn"]: kind for kind, event in events.items()}
    messages = defaultdict(list)
    for message in _received(deployed, queue_url, until=events[MARKER]["detail"]["taskArn"]):
        (about,) = [kinds[arn] for arn in kinds if f'"Task: {arn}"' in message.split("\n")]
        messages[about].append(message)
    return messages


@pytest.mark.parametrize("end", JUDGED_HERE)
def test_an_end_is_heard_once_and_in_the_right_words(deployed: Deployment, heard: Heard, end: str) -> None:
    event, verdict = ENDS[end]
    number = list(EVENTS).index(end)

    assert heard.get(end, []) == [_told(verdict, _of_this_stack(event, number, deployed)["detail"], deployed)]


@pytest.mark.parametrize("other", OTHERS)
def test_nothing_else_is_heard(heard: Heard, other: str) -> None:
    assert MARKER in heard
    assert heard.get(other, []) == []


def test_the_words_for_an_operator(deployed: Deployment, heard: Heard) -> None:
    """One message as it is read, in full."""
    (message,) = heard["killed, exit 137"]
    task = f"arn:aws:ecs:eu-west-2:111122223333:task/{deployed.outputs['ClusterName']}/"
    task += f"{list(EVENTS).index('killed, exit 137'):032x}"

    assert message.replace(task, "TASK").replace(deployed.outputs["ClusterName"], "CLUSTER").split("\n") == [
        '"FAILED: acme-lxp-sync-e2e, the BambooHR to NovaLXP sync, did not succeed."',
        '"Stopped reason: Essential container in task exited"',
        '"Stop code: EssentialContainerExited"',
        '"Container: worker, exit code: 137"',
        '"Started by: chronos-schedule/acme-lxp-sync-e2e-nightly"',
        '"Task: TASK"',
        '"Log: https://eu-west-2.console.aws.amazon.com/cloudwatch/home?region=eu-west-2'
        '#logsV2:log-groups/log-group/$252Fecs$252Facme-lxp-sync-e2e"',
        '"The log of the run: ./lxp --env e2e runs logs TASK"',
        '"The same without a checkout: aws logs tail /ecs/acme-lxp-sync-e2e --region eu-west-2 '
        '--since 2026-01-31T03:30:01.123Z"',
        '"Details, while ECS keeps the task (about an hour): aws ecs describe-tasks --region eu-west-2 '
        '--cluster CLUSTER --tasks TASK"',
        '"No exit code: the container never ran, and the reason above says why. 1: errors, retried in the next run. '
        "2: a command that cannot be carried out. "
        "3: configuration or credentials. 4: changes held for approval. 70: a defect. 75: another run held the lock. "
        '137: killed, possibly out of memory. 143: stopped from outside."',
    ]


def _told(verdict: str, detail: Mapping[str, Any], deployed: Deployment) -> str:
    """The message about an end. What the event does not tell is blank."""
    start = {
        SUCCESS: f"OK: {PROJECT}, the BambooHR to NovaLXP sync, succeeded.",
        FAILURE: f"FAILED: {PROJECT}, the BambooHR to NovaLXP sync, did not succeed.",
    }
    container: Mapping[str, Any] = next(iter(detail.get("containers") or []), {})
    code = json.dumps(container["exitCode"]) if "exitCode" in container else ""
    lines = [
        start[verdict],
        f"Stopped reason: {detail.get('stoppedReason', '')}",
        f"Stop code: {detail.get('stopCode', '')}",
        f"Container: {container.get('name', '')}, exit code: {code}",
        f"Started by: {detail['startedBy']}",
        f"Task: {detail['taskArn']}",
        f"Log: https://{REGION}.console.aws.amazon.com/cloudwatch/home?region={REGION}"
        f"#logsV2:log-groups/log-group/$252Fecs$252F{PROJECT}",
        f"The log of the run: ./lxp --env e2e runs logs {detail['taskArn']}",
        f"The same without a checkout: aws logs tail /ecs/{PROJECT} --region {REGION} --since {detail['createdAt']}",
        f"Details, while ECS keeps the task (about an hour): aws ecs describe-tasks --region {REGION} "
        f"--cluster {deployed.outputs['ClusterName']} --tasks {detail['taskArn']}",
    ]
    if verdict == FAILURE:
        lines.append(
            "No exit code: the container never ran, and the reason above says why. 1: errors, retried in the next run. "
            "2: a command that cannot be carried out. 3: configuration or credentials. 4: changes held for approval. "
            "70: a defect. 75: another run held the lock. 137: killed, possibly out of memory. "
            "143: stopped from outside."
        )
    return "\n".join(f'"{line}"' for line in lines)


def _of_this_stack(event: Mapping[str, Any], number: int, deployed: Deployment) -> dict[str, Any]:
    """The event as it would be about the deployed cluster and family, of a task of its own."""
    task = f"{_tasks(deployed)}/{number:032x}"
    text = json.dumps(event)
    text = text.replace(task_events.FAMILY, deployed.outputs["TaskFamily"])
    text = text.replace(task_events.CLUSTER, _cluster(deployed))
    return dict(json.loads(text.replace(event["detail"]["taskArn"], task)))


def _cluster(deployed: Deployment) -> str:
    return f"arn:aws:ecs:{REGION}:{task_events.ACCOUNT}:cluster/{deployed.outputs['ClusterName']}"


def _tasks(deployed: Deployment) -> str:
    return _cluster(deployed).replace(":cluster/", ":task/")


def _subscribed_queue(deployed: Deployment) -> str:
    sqs, sns = deployed.emulator.client("sqs"), deployed.emulator.client("sns")
    url: str = sqs.create_queue(QueueName="the-operators-eyes")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(
        TopicArn=deployed.outputs["TopicArn"],
        Protocol="sqs",
        Endpoint=arn,
        Attributes={"RawMessageDelivery": "true"},
    )
    return url


def _put(deployed: Deployment, event: Mapping[str, Any]) -> None:
    entry = {
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"]),
        "Resources": event["resources"],
    }
    answer = deployed.emulator.client("events").put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0, answer


def _received(deployed: Deployment, queue_url: str, *, until: str) -> Iterable[str]:
    sqs = deployed.emulator.client("sqs")
    while True:
        messages = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=10).get("Messages")
        assert messages, "the last event was not heard"
        for message in messages:
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
            yield message["Body"]
            if until in message["Body"]:
                return

"""`dead-letters`: why something was not delivered."""

from __future__ import annotations

from tests.ops.deployed_environment import Environment


def add_dead_letters(deployed: Environment, *reasons: str) -> None:
    for reason in reasons:
        deployed.client("sqs").send_message(
            QueueUrl=deployed.outputs["DeadLetterQueueUrl"],
            MessageBody="the input of the target",
            MessageAttributes={
                "ERROR_CODE": {"DataType": "String", "StringValue": "AccessDeniedException"},
                "ERROR_MESSAGE": {"DataType": "String", "StringValue": reason},
            },
        )


def remaining(deployed: Environment) -> int:
    queue = deployed.outputs["DeadLetterQueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = deployed.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return sum(map(int, found.values()))


def test_no_dead_letters(deployed: Environment) -> None:
    end = deployed.ops("dead-letters")

    assert end.code == 0
    assert end.out == "There are no dead letters.\n"


def test_reasons_are_shown_and_the_messages_stay(deployed: Environment) -> None:
    add_dead_letters(deployed, "not authorized to perform iam:PassRole", "no such cluster")

    end = deployed.ops("dead-letters")

    assert end.code == 1
    assert "error code     AccessDeniedException" in end.out
    assert "error message  not authorized to perform iam:PassRole" in end.out
    assert "no such cluster" in end.out
    assert "the input of the target" not in end.out
    assert remaining(deployed) == 2


def test_messages_that_were_not_removed_are_visible_at_once(deployed: Environment) -> None:
    add_dead_letters(deployed, "reason")
    deployed.types("n\n")

    calls = [
        deployed.ops("dead-letters"),
        deployed.ops("dead-letters", "--clear"),
        deployed.ops("dead-letters", "--clear", "--yes"),
    ]

    assert [(end.code, "error message  reason" in end.out) for end in calls] == [(1, True), (0, True), (0, True)]
    assert remaining(deployed) == 0


def test_clear_removes_them(deployed: Environment) -> None:
    add_dead_letters(deployed, *(f"reason {number}" for number in range(12)))

    end = deployed.ops("dead-letters", "--clear", "--yes")

    assert end.code == 0
    assert "12 removed" in end.out
    assert remaining(deployed) == 0


def test_clear_asks_first(deployed: Environment) -> None:
    add_dead_letters(deployed, "reason")
    deployed.types("n\n")

    end = deployed.ops("dead-letters", "--clear")

    assert (end.code, end.err) == (0, "Remove 1 dead letter? [y/N] lxp: not confirmed; nothing was done\n")
    assert remaining(deployed) == 1

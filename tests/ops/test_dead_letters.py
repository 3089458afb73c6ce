"""`dead-letters`: why something could not get through."""

from __future__ import annotations

from tests.ops.town_hall import Hall


def bury(hall: Hall, *reasons: str) -> None:
    for reason in reasons:
        hall.client("sqs").send_message(
            QueueUrl=hall.outputs["DeadLetterQueueUrl"],
            MessageBody="the input of the target",
            MessageAttributes={
                "ERROR_CODE": {"DataType": "String", "StringValue": "AccessDeniedException"},
                "ERROR_MESSAGE": {"DataType": "String", "StringValue": reason},
            },
        )


def left(hall: Hall) -> int:
    queue = hall.outputs["DeadLetterQueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = hall.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return sum(map(int, found.values()))


def test_none(hall: Hall) -> None:
    end = hall.ops("dead-letters")

    assert end.code == 0
    assert end.out == "There are no dead letters.\n"


def test_their_reasons_are_shown_and_they_stay(hall: Hall) -> None:
    bury(hall, "not authorized to perform iam:PassRole", "no such cluster")

    end = hall.ops("dead-letters")

    assert end.code == 1
    assert "error code     AccessDeniedException" in end.out
    assert "error message  not authorized to perform iam:PassRole" in end.out
    assert "no such cluster" in end.out
    assert "the input of the target" not in end.out
    assert left(hall) == 2


def test_they_are_there_for_the_next_look_whatever_became_of_this_one(hall: Hall) -> None:
    bury(hall, "reason")
    hall.types("n\n")

    looks = [
        hall.ops("dead-letters"),
        hall.ops("dead-letters", "--clear"),
        hall.ops("dead-letters", "--clear", "--yes"),
    ]

    assert [(end.code, "error message  reason" in end.out) for end in looks] == [(1, True), (1, True), (0, True)]
    assert left(hall) == 0


def test_clear_removes_them(hall: Hall) -> None:
    bury(hall, *(f"reason {number}" for number in range(12)))

    end = hall.ops("dead-letters", "--clear", "--yes")

    assert end.code == 0
    assert "12 removed" in end.out
    assert left(hall) == 0


def test_clear_asks_first(hall: Hall) -> None:
    bury(hall, "reason")
    hall.types("n\n")

    assert hall.ops("dead-letters", "--clear").code == 1
    assert left(hall) == 1

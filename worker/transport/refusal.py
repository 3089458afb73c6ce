"""What both clients raise where a request did not get its answer, and the fault may lie in one record of it."""

from __future__ import annotations


class BatchRefused(Exception):
    """One attempt at a batch ended without the answer to it.

    Isolation asks three things: may one record be the cause (then halve the batch), may another attempt succeed (then
    try the whole batch again first), and may the server have acted (then look up before sending anything again).

    Attributes:
        code: Moodle's errorcode, "HTTP 500", or a word of ours ("no answer"). It carries no personal value.
        may_be_record: whether one record of the batch may be the cause.
        is_passing: whether a quick second attempt may succeed.
    """

    def __init__(self, code: str, *, may_be_record: bool, is_passing: bool) -> None:
        super().__init__(code)
        self.code = code
        self.may_be_record = may_be_record
        self.is_passing = is_passing

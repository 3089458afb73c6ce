"""Whatever Moodle, or a server in front of it, answers: a value or a named end, and never a quotation."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.wire import Response
from tests.worker.clients import Script, fuzz, moodle_client, moodle_error, quick_end_of, texts, transport_to
from tests.worker.fuzzing import SAID, bodies, hostile
from worker.errors import SyncError
from worker.moodle.client import MoodleClient, Refused
from worker.moodle.parsers import ALWAYS_SHOWN, UnreadableAccount, parse_account, read_account_listing
from worker.transport.http import TransportError
from worker.transport.json_stream import Malformed

ACCOUNT = {
    "id": 7,
    "username": SAID,
    "firstname": SAID,
    "lastname": SAID,
    "email": SAID,
    "auth": "oidc",
    "suspended": False,
    "department": SAID,
    "idnumber": "1",
    "customfields": [{"shortname": "team", "type": "text", "value": SAID}],
}
GUEST = {**ACCOUNT, "username": "guest"}
LISTING = {"users": [ACCOUNT, GUEST], "warnings": []}
WARNING = {"item": "user", "itemid": 7, "warningcode": "useremailduplicate", "message": SAID}
ERROR = moodle_error("invalidparameter")
RECORD = {"username": SAID, "idnumber": "1"}

READS: dict[str, tuple[object, Callable[[MoodleClient], object]]] = {
    "check_sight": ([GUEST], lambda moodle: moodle.check_visibility()),
    "look_up": ([ACCOUNT, GUEST], lambda moodle: moodle.look_up("idnumber", ["1", "2"])),
    "look_up, refused": (ERROR, lambda moodle: moodle.look_up("email", [SAID])),
    "everybody": (LISTING, lambda moodle: moodle.list_accounts("oidc")),
    "access": (ERROR, lambda moodle: moodle.access_refusals()),
}
WRITES: dict[str, tuple[object, Callable[[MoodleClient], object]]] = {
    "create": ([{"id": 7, "username": SAID}], lambda moodle: moodle.create([RECORD])),
    "update": ({"warnings": [WARNING]}, lambda moodle: moodle.update([{"id": 7, "department": SAID}])),
    "create, refused": (ERROR, lambda moodle: moodle.create([RECORD])),
}


@pytest.mark.parametrize("call", READS)
@fuzz
@given(data=st.data())
def test_any_answer_to_a_read_is_a_value_or_a_named_end(call: str, data: st.DataObject) -> None:
    document, ask = READS[call]
    answer = Response(200, data.draw(bodies(document)))

    end = quick_end_of(lambda: ask(moodle_client(transport_to(Script(answer)))))

    assert end is None or SAID not in texts(end)


@fuzz
@given(bodies({"users": [ACCOUNT], "warnings": []}))
def test_any_answer_to_a_search_is_a_value_or_a_named_end(body: bytes) -> None:
    answers = Script(Response.of(moodle_error("accessexception")), Response(200, body))

    end = quick_end_of(lambda: moodle_client(transport_to(answers)).look_up("idnumber", ["1"]))

    assert end is None or SAID not in texts(end)


@pytest.mark.parametrize("call", WRITES)
@fuzz
@given(data=st.data())
def test_any_answer_to_a_write_is_a_value_or_an_end_that_the_writer_knows(call: str, data: st.DataObject) -> None:
    document, write = WRITES[call]
    answer = Response(200, data.draw(bodies(document)))

    told = ""
    try:
        write(moodle_client(transport_to(Script(answer))))
    except (Refused, TransportError, SyncError) as known:
        told = texts(known)

    assert SAID not in told


@fuzz
@given(bodies(LISTING), st.integers(1, 64))
def test_any_stream_is_a_listing_or_none(body: bytes, size: int) -> None:
    chunks = (body[at : at + size] for at in range(0, len(body), size))
    told, found = "", []
    try:
        found = read_account_listing(chunks, "oidc")
    except Malformed as fault:
        told = texts(fault)

    assert SAID not in told
    assert all(type(one.id) is int and isinstance(one.username, str) for one in found)


@fuzz
@given(hostile(LISTING))
def test_a_listing_has_every_account_of_the_authentication_or_none_at_all(value: Any) -> None:
    with contextlib.suppress(Malformed):
        found = read_account_listing([json.dumps(value).encode()], "oidc")

        assert len(found) == sum(row.get("auth") == "oidc" for row in value["users"])


@fuzz
@given(hostile(ACCOUNT))
def test_any_row_is_an_account_of_texts_or_none(value: Any) -> None:
    with contextlib.suppress(UnreadableAccount):
        account = parse_account(value, ALWAYS_SHOWN)

        assert all(isinstance(text, str) for text in account.values.values())

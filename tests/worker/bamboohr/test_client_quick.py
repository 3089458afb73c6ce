"""One quick attempt about some employees, and a key that is replaced while a run is on its way."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
import requests
import responses

from tests.sandbox.bamboohr import BambooApp, Company, ManualClock
from tests.sandbox.wire import Request, Response, Switchboard
from tests.worker.clients import BAMBOO, KEY, SINCE, Patient, Script, bamboo_client, rotated, transport_to
from worker.bamboohr.client import BambooHRClient, Refused
from worker.bamboohr.rest_api import UNREADABLE
from worker.errors import CredentialError, ListRefused, ReportRefused, SourceError
from worker.model.employee import Evidence
from worker.transport.patience import REQUEST_SECONDS

pytestmark = pytest.mark.usefixtures("mocked")
LIST, ONE = f"{BAMBOO}/employees", f"{BAMBOO}/employees/7"
FIELDS = ("status",)


def list_batch(bamboo: BambooHRClient) -> object:
    return bamboo.list_batch([7, 8], FIELDS)


def get_employee(bamboo: BambooHRClient) -> object:
    return bamboo.get_employee(7, FIELDS)


BOTH = pytest.mark.parametrize("call", [list_batch, get_employee])
Call = Callable[[BambooHRClient], object]


def answer(**more: Any) -> None:
    for url in (LIST, ONE):
        responses.get(url, **more)


# What may be about one employee


@pytest.mark.parametrize("body", ['{"data": [7]}', '{"data": 7}', "{}"])
def test_an_unreadable_batch_may_be_about_one_employee(bamboo: BambooHRClient, body: str) -> None:
    answer(body=body)

    with pytest.raises(Refused) as caught:
        list_batch(bamboo)

    assert (caught.value.code, caught.value.may_be_record) == (UNREADABLE, True)


# What is not


@BOTH
@pytest.mark.parametrize(
    "busy", [{"status": 408}, {"status": 425}, {"status": 429}, {"status": 503, "headers": {"Retry-After": "9"}}]
)
def test_a_busy_bamboohr_is_waited_for(bamboo: BambooHRClient, patient: Patient, call: Call, busy: Any) -> None:
    answer(**busy)
    answer(json={"id": "7", "status": "Active", "data": [{"employeeId": "7", "status": "Active"}]})

    assert call(bamboo) in (Evidence({"status": "Active"}), {7: Evidence({"status": "Active"})})
    assert len(patient.waits) == 1


@BOTH
def test_a_connection_that_is_not_made_is_waited_for(
    bamboo: BambooHRClient, patient: Patient, call: Call, logged: list[dict[str, Any]]
) -> None:
    answer(body=requests.ConnectTimeout())

    with pytest.raises(SourceError, match="could not be read"):
        call(bamboo)

    assert sum(patient.waits) == pytest.approx(REQUEST_SECONDS, abs=0.1)
    assert all(line["fault"] and line["status"] is None for line in logged)


@pytest.mark.parametrize("refused", [401, 403, 404, 405])
def test_a_key_that_may_not_list_may_still_read_one_by_one(bamboo: BambooHRClient, refused: int) -> None:
    responses.get(LIST, status=refused)
    responses.get(ONE, json={"id": "7", "status": "Active"})

    with pytest.raises(ListRefused):
        list_batch(bamboo)
    assert get_employee(bamboo) == Evidence({"status": "Active"})


# Which of the two


@pytest.mark.parametrize("key_owner", [None, "1"])
def test_bamboohr_answers_about_the_keys_own_user(key_owner: str | None) -> None:
    app = BambooApp(Company(ManualClock("2026-11-20T09:00:00Z")), api_key=KEY)
    app.settings.key_owner = key_owner

    assert bamboo_client(transport_to(app, system="bamboohr")).site_answers()


@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_of_the_keys_own_user_is_an_answer(status: int) -> None:
    assert bamboo_client(transport_to(Script(Response(status)), system="bamboohr")).site_answers()


@pytest.mark.parametrize("end", [Response(500), Response(503), Response(302), Response(fate="reset")])
def test_a_bamboohr_in_trouble_does_not_answer(end: Response) -> None:
    patient = Patient()

    assert not bamboo_client(transport_to(Script(end), system="bamboohr", stopping=patient)).site_answers()
    assert patient.waits == []


@pytest.mark.parametrize("status", [200, 403, 404])
def test_a_bamboohr_in_trouble_is_waited_for(status: int) -> None:
    script, patient = Script(Response(503), Response(status)), Patient()

    bamboo_client(transport_to(script, system="bamboohr", stopping=patient)).await_site()

    assert len(patient.waits) == 1


def test_a_bamboohr_that_stays_in_trouble_ends_the_run() -> None:
    with pytest.raises(SourceError, match="HTTP 500 for the key's own user"):
        bamboo_client(transport_to(Script(Response(500)), system="bamboohr")).await_site()


# A key that is rotated


@pytest.fixture
def board() -> Switchboard:
    return Switchboard(BambooApp(Company(ManualClock("2026-11-20T09:00:00Z")), api_key=KEY))


@pytest.mark.parametrize(
    "call",
    [
        lambda bamboo: bamboo.changed_employees(SINCE),
        lambda bamboo: bamboo.directory({1}, FIELDS),
        lambda bamboo: bamboo.list_batch([1], FIELDS),
        lambda bamboo: bamboo.get_employee(1, FIELDS),
        lambda bamboo: list(bamboo.list_employees(FIELDS)),
        lambda bamboo: bamboo.report([1], FIELDS),
    ],
)
def test_a_key_that_was_rotated_is_read_again_and_the_call_is_made(
    board: Switchboard, call: Call, logged: list[dict[str, Any]]
) -> None:
    call(bamboo_client(transport_to(board, system="bamboohr"), key=rotated("BAMBOOHR_API_KEY", "f" * 40, KEY)))

    assert len(board.calls) == 2, "refused once, made once"
    assert [line["event"] for line in logged] == ["credential.renewed"]


def test_a_key_that_is_wrong_in_its_secret_too_ends_the_run(board: Switchboard) -> None:
    bamboo = bamboo_client(transport_to(board, system="bamboohr"), key=rotated("BAMBOOHR_API_KEY", "f" * 40, "e" * 40))

    with pytest.raises(CredentialError, match="does not know the API key"):
        bamboo.changed_employees(SINCE)


@pytest.mark.parametrize(
    ("path", "call", "refusal"),
    [
        ("/employees", lambda bamboo: bamboo.list_batch([1], FIELDS), ListRefused),
        ("/reports/custom", lambda bamboo: bamboo.report([1], FIELDS), ReportRefused),
    ],
)
def test_an_endpoint_that_takes_no_keys_does_not_use_up_the_second_reading(
    path: str, call: Call, refusal: type[Exception]
) -> None:
    """List Employees and reports answer 401 in some tenants, whatever the key."""
    keys: list[bytes] = []

    class Choosy:
        accepted = "f" * 40

        def operation(self, request: Request) -> str:
            return request.path

        def answer(self, request: Request) -> Response:
            key = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
            keys.append(key.encode())
            if request.path.endswith(path) or key != f"{self.accepted}:x":
                return Response(401)
            return Response.of({"employees": [], "id": "1"})

    app = Choosy()
    bamboo = bamboo_client(transport_to(app, system="bamboohr"), key=rotated("BAMBOOHR_API_KEY", "f" * 40, KEY))
    bamboo.changed_employees(SINCE)
    with pytest.raises(refusal):
        call(bamboo)
    bamboo.get_employee(1, FIELDS)
    app.accepted = KEY

    bamboo.changed_employees(SINCE)

    assert keys[-1] == f"{KEY}:x".encode()


def test_a_key_that_is_rotated_between_two_pages_is_read_again() -> None:
    page = Response.of({"data": [{"employeeId": "1"}], "meta": {"page": {"nextCursor": "more"}}})
    script = Script(page, Response(401), Response.of({"data": [{"employeeId": "2"}], "meta": {"total": 2}}))

    pages = bamboo_client(
        transport_to(script, system="bamboohr"), key=rotated("BAMBOOHR_API_KEY", "f" * 40, KEY)
    ).list_employees(FIELDS)

    assert [number for page in pages for number in page.rows] == [1, 2]

"""Who may call, what is refused, and how refusals and faults arrive."""

from __future__ import annotations

import json

import pytest
import requests

from tests.sandbox.bamboohr import Settings
from tests.sandbox.wire import Fault, InProcess, Request

from .conftest import KEY, Bamboo

PATHS = ["employees/changed?since=2026-11-19T09:00:00Z", "employees/directory", "employees", "employees/2"]


@pytest.mark.parametrize("path", PATHS)
def test_the_key_is_the_user_name_and_the_password_is_anything(bamboo: Bamboo, path: str) -> None:
    url = f"{bamboo.url}/api/v1/{path}"
    assert bamboo.session.get(url, auth=(KEY, "anything"), timeout=30).status_code == 200
    assert bamboo.session.get(url, auth=("x", KEY), timeout=30).status_code == 401
    for key in (None, "", "wrong"):
        answer = bamboo.get(path, key=key)
        assert (answer.status_code, answer.content) == (401, b"")
        assert answer.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize("header", [f"Bearer {KEY}", "Basic", "Basic %%%", "Basic /w=="])
def test_anything_but_basic_authentication_is_refused(bamboo: Bamboo, header: str) -> None:
    url = f"{bamboo.url}/api/v1/employees/0"
    assert bamboo.session.get(url, headers={"Authorization": header}, timeout=30).status_code == 401


def test_the_key_can_be_rotated_and_its_user_disabled(bamboo: Bamboo) -> None:
    bamboo.app.api_key = "another"
    assert [bamboo.get("employees/0", key=key).status_code for key in (KEY, "another")] == [401, 200]

    bamboo.settings.key_disabled = True
    answers = [bamboo.get(path, key="another") for path in PATHS]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert all("robin.sync@example.com" in answer.headers["X-BambooHR-Error-Message"] for answer in answers)


REFUSED = [
    ({"directory_sharing": "off"}, "directory", 403),
    ({"list_refused": 401}, "employees", 401),
    ({"list_refused": 403}, "employees", 403),
    ({"report_refused": 410}, "report", 410),
]


@pytest.mark.parametrize(("switch", "endpoint", "status"), REFUSED)
def test_a_tenant_can_refuse_one_endpoint(
    bamboo: Bamboo, switch: dict[str, object], endpoint: str, status: int
) -> None:
    bamboo.app.settings = Settings(**switch)  # type: ignore[arg-type]
    answers = {
        "directory": bamboo.get("employees/directory"),
        "employees": bamboo.get("employees"),
        "employee": bamboo.get("employees/2"),
        "report": bamboo.post_report({"fields": []}),
    }
    assert {name: answer.status_code for name, answer in answers.items() if answer.status_code != 200} == {
        endpoint: status
    }
    assert answers[endpoint].content == b""
    assert "robin.sync@example.com" in answers[endpoint].headers["X-BambooHR-Error-Message"]


def test_the_refusal_of_an_invisible_employee_names_them(bamboo: Bamboo) -> None:
    bamboo.settings.invisible = frozenset({"3"})
    answer = bamboo.get("employees/3", fields="status")
    assert (answer.status_code, answer.content) == (403, b"")
    assert answer.headers["X-BambooHR-Error-Message"].encode("latin-1").decode().count("Zoë 李") == 2


def test_every_answer_has_an_id_of_its_own(bamboo: Bamboo) -> None:
    assert len({bamboo.get(path).headers["X-Request-Id"] for path in ["employees/1"] * 2 + ["nothing"]}) == 3


def test_another_path_or_method_is_refused_and_a_trailing_slash_makes_no_difference(bamboo: Bamboo) -> None:
    assert bamboo.get("meta/fields").status_code == 404
    assert bamboo.get("reports/custom").status_code == 405
    assert bamboo.session.post(f"{bamboo.url}/api/v1/employees/2", auth=(KEY, "x"), timeout=30).status_code == 405
    assert bamboo.get("employees/2/", fields="status").json() == {"id": "2", "status": "Active"}
    assert bamboo.get("employees", filter__ids=",".join(["99999"] * 2500)).status_code == 414


@pytest.mark.parametrize("path", [path for path in PATHS if path != "employees"])
@pytest.mark.parametrize("accept", ["*/*", None])
def test_the_answer_is_xml_unless_json_is_asked_for(bamboo: Bamboo, path: str, accept: str | None) -> None:
    assert bamboo.get(path, accept=accept).headers["Content-Type"].startswith("application/xml")
    assert bamboo.get(path, accept="application/json, text/plain;q=0.5").json()


def test_json_can_begin_with_a_byte_order_mark(bamboo: Bamboo) -> None:
    bamboo.settings.byte_order_mark = True
    answer = bamboo.get("employees/2", fields="status")
    assert answer.content.startswith(b"\xef\xbb\xbf{")
    assert json.loads(answer.content.decode("utf-8-sig")) == {"id": "2", "status": "Active"}
    assert bamboo.get("employees/999").content == b""


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/api/v1/employees/changed", "changed"),
        ("/api/v1/employees/directory/", "directory"),
        ("/api/v1/employees", "employees"),
        ("/api/v1/employees/", "employees"),
        ("/api/v1/employees/17", "employee"),
        ("/api/v1/reports/custom", "report"),
        ("/api/v1/employees/17/files", "unknown"),
        ("/api/v2/employees", "unknown"),
    ],
)
def test_each_operation_has_a_name(bamboo: Bamboo, path: str, operation: str) -> None:
    assert bamboo.app.operation(Request("GET", path)) == operation


def test_a_fault_hits_the_operation_that_it_names(bamboo: Bamboo) -> None:
    bamboo.board.faults.append(Fault("status", "directory", status=429, retry_after="7"))
    bamboo.board.faults.append(Fault("truncate", "directory"))
    assert bamboo.get("employees").status_code == 200
    limited = bamboo.get("employees/directory")
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        bamboo.get("employees/directory")
    assert bamboo.get("employees/directory").status_code == 200
    assert bamboo.board.calls == ["employees", *["directory"] * 3]


def test_a_poisoned_employee_fails_every_call_that_reads_them_and_no_other(bamboo: Bamboo) -> None:
    bamboo.board.faults.append(Fault("status", status=500, times=0, record="employee 2"))
    for path, status in (
        ("employees/2", 500),
        ("employees/3", 200),
        ("employees?filter[ids]=1,2", 500),
        ("employees?filter[ids]=1,3", 200),
        ("employees?page[limit]=1", 200),
        ("employees?page[limit]=2", 500),
        ("employees/directory", 200),
        ("employees/changed?since=2026-11-19T09:00:00Z", 200),
    ):
        assert bamboo.get(path).status_code == status, path
    reports = [{}, {"employeeIds": [2, 3]}, {"employeeIds": [3]}]
    answers = [bamboo.post_report({"fields": ["status"], "filters": filters}) for filters in reports]
    assert [answer.status_code for answer in answers] == [500, 500, 200]


def test_it_answers_without_a_socket_as_well(bamboo: Bamboo) -> None:
    with requests.Session() as session:
        session.mount("https://acme.bamboohr.com", InProcess(bamboo.board))
        answer = session.get(
            "https://acme.bamboohr.com/api/v1/employees/2?fields=lastName",
            auth=(KEY, "x"),
            headers={"Accept": "application/json"},
            timeout=30,
        )
    assert answer.json() == {"id": "2", "lastName": "O'Park"}


def test_a_switch_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(AttributeError):
        Settings().directory_sharring = "off"  # type: ignore[attr-defined]

"""Authentication, and how refusals and faults arrive."""

from __future__ import annotations

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


def test_repeated_use_of_an_unknown_key_locks_every_key_out_for_a_while(bamboo: Bamboo) -> None:
    bamboo.settings.lockout_after = 3
    assert [bamboo.get("employees/0", key=None).status_code for _ in range(4)] == [401] * 4
    assert [bamboo.get("employees/0", key="wrong").status_code for _ in range(4)] == [401, 401, 401, 403]
    assert [bamboo.get(path).status_code for path in PATHS] == [403] * 4
    bamboo.clock.advance(minutes=59)
    assert bamboo.get("employees/0").status_code == 403
    bamboo.clock.advance(minutes=1)
    assert bamboo.get("employees/0").status_code == 200
    assert [bamboo.get("employees/0", key="wrong").status_code for _ in range(4)] == [401, 401, 401, 403]
    bamboo.app.unlock()
    assert bamboo.get("employees/0").status_code == 200


def test_the_key_of_a_disabled_user_is_refused_with_the_reason_in_either_header(bamboo: Bamboo) -> None:
    bamboo.settings.key_disabled = True
    for header in ("X-BambooHR-Error-Message", "X-BambooHR-Message"):
        bamboo.settings.error_header = header
        answers = [bamboo.get(path) for path in PATHS]
        assert [answer.status_code for answer in answers] == [403] * 4
        assert all("robin.sync@example.com" in answer.headers[header] for answer in answers)


def test_the_key_can_be_rotated(bamboo: Bamboo) -> None:
    bamboo.app.api_key = "another"
    assert bamboo.get("employees/0").status_code == 401
    assert bamboo.get("employees/0", key="another").status_code == 200


def test_every_answer_has_an_id_of_its_own(bamboo: Bamboo) -> None:
    ids = [bamboo.get(path).headers["X-Request-Id"] for path in ["employees/1", "employees/1", "nothing"]]
    assert len(set(ids)) == 3


def test_another_path_or_method_is_refused_and_a_trailing_slash_makes_no_difference(bamboo: Bamboo) -> None:
    answer = bamboo.get("meta/fields")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert bamboo.session.post(f"{bamboo.url}/api/v1/employees/2", auth=(KEY, "x"), timeout=30).status_code == 405
    assert bamboo.get("employees/directory/").json() == bamboo.directory()
    assert bamboo.get("employees/2/", fields="status").json() == {"id": "2", "status": "Active"}


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
    assert bamboo.get("employees").status_code == 200
    limited = bamboo.get("employees/directory")
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")
    assert bamboo.get("employees/directory").status_code == 200
    assert bamboo.board.calls == ["employees", "directory", "directory"]


def test_a_directory_can_be_cut_in_half(bamboo: Bamboo) -> None:
    bamboo.board.faults.append(Fault("truncate", "directory"))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        bamboo.get("employees/directory")


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

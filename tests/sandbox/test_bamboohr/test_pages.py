"""The pages and cursors of List Employees."""

from __future__ import annotations

import pytest

from .conftest import KEY, Bamboo


@pytest.fixture
def many(bamboo: Bamboo) -> Bamboo:
    """Ten employees, 1 to 10."""
    for _ in range(7):
        bamboo.company.hire()
    return bamboo


def _ids(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [row["employeeId"] for row in answer["data"]]


def test_a_page_has_250_rows_unless_asked_and_2500_at_most(bamboo: Bamboo) -> None:
    for _ in range(2600):
        bamboo.company.hire()
    assert len(bamboo.list()["data"]) == 250
    assert len(bamboo.list(page__limit="2500")["data"]) == 2500
    assert bamboo.list()["meta"]["total"] == 2603


def test_the_cursors_visit_every_employee_once_in_numeric_order(many: Bamboo) -> None:
    seen: list[str] = []
    cursor: str | None = ""
    pages = 0
    while cursor is not None:
        answer = many.list(page__limit="4", page__after=cursor)
        seen += _ids(answer)
        cursor = answer["meta"]["page"]["nextCursor"]
        pages += 1
    assert pages == 3
    assert seen == [str(number) for number in range(1, 11)]


def test_the_only_page_has_no_cursors(many: Bamboo) -> None:
    answer = many.list()
    assert answer["meta"] == {"total": 10, "page": {"limit": 250, "nextCursor": None, "prevCursor": None}}
    assert set(answer["_links"]) == {"self"}


def test_a_last_page_that_is_full_leads_no_further_and_back_by_one(many: Bamboo) -> None:
    first = many.list(page__limit="1")
    rest = many.list(page__limit="9", page__after=first["meta"]["page"]["nextCursor"])
    assert (_ids(first), len(_ids(rest))) == (["1"], 9)
    assert rest["meta"]["page"]["nextCursor"] is None
    assert _ids(many.list(page__limit="9", page__before=rest["meta"]["page"]["prevCursor"])) == ["1"]


def test_the_links_are_those_of_the_cursors(many: Bamboo) -> None:
    first = many.list(page__limit="4", filter__status="active")
    second = many.session.get(first["_links"]["next"]["href"], auth=(KEY, "x"), timeout=30).json()
    assert _ids(second) == ["5", "6", "7", "8"]
    assert second["_links"]["self"]["href"] == first["_links"]["next"]["href"]
    back = many.session.get(second["_links"]["prev"]["href"], auth=(KEY, "x"), timeout=30).json()
    assert _ids(back) == _ids(first)


def test_the_filter_holds_on_every_page(many: Bamboo) -> None:
    many.company.terminate("5")
    first = many.list(page__limit="4", filter__status="active")
    second = many.list(page__limit="4", filter__status="active", page__after=first["meta"]["page"]["nextCursor"])
    assert _ids(second) == ["6", "7", "8", "9"]
    assert second["meta"]["total"] == 9


def _is_bad_page(bamboo: Bamboo, **query: str) -> bool:
    answer = bamboo.get("employees", **query)
    return answer.status_code == 400 and answer.json()["error"]["code"] == "BadPage"


@pytest.mark.parametrize("operation", ["delete", "edit", "terminate"])
def test_a_cursor_goes_stale_when_the_employee_at_the_edge_changes(many: Bamboo, operation: str) -> None:
    cursor = many.list(page__limit="4", filter__status="active")["meta"]["page"]["nextCursor"]
    many.clock.advance(seconds=1)
    getattr(many.company, operation)("4")
    assert _is_bad_page(many, page__limit="4", filter__status="active", page__after=cursor)


def test_a_cursor_stays_valid_when_another_employee_changes(many: Bamboo) -> None:
    cursor = many.list(page__limit="4")["meta"]["page"]["nextCursor"]
    many.clock.advance(seconds=1)
    many.company.delete("2")
    many.company.edit("5", department="Sales")
    assert _ids(many.list(page__limit="4", page__after=cursor)) == ["5", "6", "7", "8"]


@pytest.mark.parametrize("cursor", ["4", "bm90IGpzb24=", "W10=", "MTI="])
def test_a_malformed_cursor_is_a_bad_page(many: Bamboo, cursor: str) -> None:
    assert _is_bad_page(many, page__after=cursor)


def test_a_cursor_leads_in_one_direction_only(many: Bamboo) -> None:
    cursor = many.list(page__limit="4")["meta"]["page"]["nextCursor"]
    assert _is_bad_page(many, page__before=cursor)
    assert _is_bad_page(many, page__before=cursor, page__after=cursor)

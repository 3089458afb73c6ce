"""The company directory, read as a stream."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from worker.bamboohr.directory import Directory, read_directory
from worker.model.employee import EmailIndex, Employee
from worker.transport.json_stream import Malformed

NEEDED = ("first_name", "last_name", "work_email", "department")
DECLARED = ("firstName", "lastName", "workEmail", "department")


def row(number: object, **different: object) -> dict[str, object]:
    ordinary = {
        "firstName": f"First{number}",
        "lastName": f"Last{number}",
        "workEmail": f"p{number}@acme.example",
        "department": "Sales",
    }
    return {"id": number, **ordinary, **different}


def answer(*rows: object, declared: Iterable[str] = DECLARED) -> bytes:
    fields = [{"id": name, "type": "text", "name": name} for name in declared]
    return json.dumps({"fields": fields, "employees": rows}).encode()


def in_parts(body: bytes, size: int = 7) -> Iterator[bytes]:
    return (body[at : at + size] for at in range(0, len(body), size))


def read(body: bytes, *wanted: int, needed: Iterable[str] = NEEDED, size: int = 1 << 16) -> Directory:
    return read_directory(in_parts(body, size), frozenset(wanted), needed)


# Who is in it


def test_only_the_facts_of_wanted_employees_are_kept() -> None:
    directory = read(answer(row("1"), row("2"), row("3")), 2)

    assert (directory.available, directory.row_count, [*directory.employees]) == (True, 3, [2])
    assert "First1" not in repr(directory.employees)


def test_it_is_read_the_same_in_whatever_parts_it_arrives() -> None:
    body = answer(*(row(str(number), firstName="Zoë 漢字") for number in range(1, 40)))

    whole, parts = read(body, 5), read(body, 5, size=1)

    assert parts.employees == whole.employees
    assert (parts.row_count, parts.shown, parts.filled) == (whole.row_count, whole.shown, whole.filled)


def test_the_order_of_fields_and_employees_does_not_matter() -> None:
    turned = json.dumps({"employees": [row("1")], "fields": [{"id": name} for name in DECLARED]}).encode()

    assert read(turned, 1).facts_of(1) == read(answer(row("1")), 1).facts_of(1)


def test_memory_follows_those_who_are_wanted_and_not_the_company() -> None:
    def company() -> Iterator[bytes]:
        yield b'{"fields":[],"employees":['
        for number in range(1, 2_000):
            yield json.dumps(row(str(number), jobTitle="x" * 2_000)).encode() + b","
        yield json.dumps(row("2000")).encode() + b"]}"

    tracemalloc.start()
    directory = read_directory(company(), frozenset({5}), NEEDED)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert directory.row_count == 2_000
    assert peak < 2_000_000, "the answer itself has four megabytes"


def test_rows_without_an_employee_are_not_counted() -> None:
    directory = read(answer(row("1"), row("0"), row(None), row("x"), {}), 1)

    assert (directory.row_count, list(directory.employees)) == (1, [1])


# What it shows


SHOWN = {"first_name": "First1", "last_name": "Last1", "work_email": "p1@acme.example", "department": "Sales"}
NO_DEPARTMENT = {name: value for name, value in SHOWN.items() if name != "department"}


@pytest.mark.parametrize(
    ("listed", "declared", "listing"),
    [
        (row("1"), DECLARED, SHOWN),
        (row("2"), DECLARED, None),
        (row("1"), ["firstName", "workEmail"], {"first_name": "First1", "work_email": "p1@acme.example"}),
        (row("1", department=None), DECLARED, {**SHOWN, "department": ""}),
        ({"id": "1", "firstName": "Jo"}, DECLARED, {**dict.fromkeys(SHOWN, ""), "first_name": "Jo"}),
        (row("1", department=["Sales"]), DECLARED, NO_DEPARTMENT),
        (row("1", status="Inactive"), [*DECLARED, "status"], {**SHOWN, "status": "Inactive"}),
        (row("1", status="Inactive"), DECLARED, SHOWN),
    ],
    ids=[
        "shown",
        "hidden",
        "fields that are not declared",
        "an empty value",
        "values that are left out",
        "a value of another type",
        "a tenant that shows the status",
        "a status that is not declared",
    ],
)
def test_what_is_declared_is_shown_of_an_employee(
    listed: dict[str, object], declared: list[str], listing: dict[str, str] | None
) -> None:
    directory = read(answer(listed, declared=declared), 1)

    assert directory.facts_of(1) == listing
    assert directory.shown >= (listing or {}).keys()


def test_an_empty_value_of_an_unreliable_field_is_not_shown() -> None:
    directory = read(answer(row("1"), row("2", department=None)), 1, 2)
    directory.unreliable_fields = frozenset({"department"})

    assert directory.facts_of(1) == SHOWN
    assert (directory.facts_of(2) or {}).keys() == NO_DEPARTMENT.keys()


@pytest.mark.parametrize("fields", [None, [], {}, "x", [None, 7, {"id": None}, {"id": ["workEmail"]}, {"name": "x"}]])
def test_malformed_declarations_declare_nothing(fields: object) -> None:
    body = json.dumps({"fields": fields, "employees": [row("1")]}).encode()

    assert read(body, 1).shown == frozenset()


def test_coverage_is_counted_over_all_rows() -> None:
    rows = row("1", status="Active"), row("2", department=None), row("3", department=" "), row("4", workEmail="")
    directory = read(answer(*rows), 1)

    assert directory.coverage() == {"department": 5000, "first_name": 10000, "last_name": 10000, "work_email": 7500}


def test_a_field_without_any_value_counts_as_empty_and_not_as_unknown() -> None:
    assert read(answer({"id": "1"}), 1).coverage() == dict.fromkeys(sorted(NEEDED), 0)


def test_the_employees_of_an_address_are_found_in_the_whole_company_in_any_case() -> None:
    directory = read(answer(row("1", workEmail="Jo@acme.example"), row("2", workEmail="jo@ACME.example"), row("3")), 9)

    assert directory.email_index.of("JO@acme.example") == (1, 2)
    assert directory.email_index.of("p3@acme.example") == (3,)
    assert directory.email_index.of("nobody@acme.example") == ()


def test_an_empty_address_belongs_to_no_employee_and_an_employee_counts_once() -> None:
    email_index = EmailIndex()
    for person, address in ((1, ""), (2, ""), (3, "a@b.example"), (3, "A@B.example"), *[(4, "a@b.example")] * 2):
        email_index.add(address, person)

    assert email_index.of("") == ()
    assert email_index.of("a@b.example") == (3, 4)


# What is not trusted


WHOLE = answer(row("1"), row("2"), row("3"))


@pytest.mark.parametrize("at", range(0, len(WHOLE), 11))
def test_a_part_is_never_taken_for_the_whole(at: int) -> None:
    with pytest.raises(Malformed):
        read(WHOLE[:at], 1)


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><html></html>",
        b"null",
        b"[]",
        b"{}",
        b'"text"',
        b'{"fields":[]}',
        b'{"employees":null}',
        b'{"employees":{}}',
        b'{"employees":{"1":{"id":"1"}}}',
        b'{"employees":[1]}',
        b'{"employees":[null]}',
        b'{"employees":["x"]}',
        b'{"employees":[[]]}',
        b'{"employees":[{"id":"0"}]}',
        b'{"error":{"code":429}}',
        WHOLE + b"x",
        WHOLE + WHOLE,
        b'{"employees":[],"more":"' + b"x" * (1 << 17) + b'"}',
        b'{"more":' + b"[" * 5_000 + b"]" * 5_000 + b',"employees":[]}',
        b'{"employees":[{"id":' + b"9" * 5_000 + b"}]}",
        b'{"employees":[{"id":1e999999999999999999999}]}',
    ],
)
def test_an_answer_of_another_form_is_malformed_and_never_an_empty_company(body: bytes) -> None:
    with pytest.raises(Malformed):
        read(body, 1)


# What costs one value or one row


@pytest.mark.parametrize("size", [1, 3, 1 << 16])
@pytest.mark.parametrize("unreadable", [rb"First\ud800", rb"\udc00First", b"First\xff", "First\ufffd".encode()])
def test_an_unreadable_character_costs_its_value_alone(unreadable: bytes, size: int) -> None:
    body = answer(row("1"), row("2")).replace(b"First1", unreadable)

    directory = read(body, 1, 2, size=size)

    shown = directory.facts_of(1) or {}
    assert {name: value for name, value in shown.items() if value != SHOWN[name]}.keys() == {"first_name"}
    assert "\ufffd" in shown["first_name"]
    assert Employee.seen(1, directory_row=shown, evidence=None).unreadable == {"first_name"}
    assert (directory.facts_of(2) or {}).keys() == SHOWN.keys()


def test_a_pair_of_surrogates_is_one_character() -> None:
    body = answer(row("1")).replace(b"First1", rb"\ud83d\ude00 \\ud800")

    assert read(body, 1, size=1).facts_of(1) == {**SHOWN, "first_name": "😀 \\ud800"}


@pytest.mark.parametrize("size", [1, 1 << 16])
def test_a_byte_order_mark_costs_nothing(size: int) -> None:
    assert read(b"\xef\xbb\xbf" + answer(row("1")), 1, size=size).row_count == 1


def test_a_row_that_is_no_employee_costs_itself_and_is_reported(logged: list[dict[str, Any]]) -> None:
    assert read(answer(row("1"), 7, None, row("2")), 1).ids == {1, 2}

    assert [(line["event"], line["count"]) for line in logged] == [("bamboohr.unreadable_rows", 2)]


def test_two_rows_that_contradict_each_other_are_no_evidence(logged: list[dict[str, Any]]) -> None:
    directory = read(answer(row("1"), row("2"), row("1", department="Legal"), row("1")), 1, 2)

    assert (directory.facts_of(1), directory.ids, directory.row_count) == (None, {1, 2}, 2)
    assert directory.facts_of(2) is not None
    assert [(line["event"], line["employee_id"]) for line in logged] == [("bamboohr.contradiction", 1)]


def test_two_rows_that_are_the_same_are_one(logged: list[dict[str, Any]]) -> None:
    directory = read(answer(row("1"), row("1")), 1)

    assert (directory.row_count, directory.coverage()["department"], logged) == (1, 10_000, [])
    assert directory.facts_of(1) is not None


def test_a_well_formed_answer_without_rows_is_no_directory() -> None:
    directory = read(answer(), 1)

    assert (directory.available, directory.row_count, directory.coverage()) == (False, 0, {})

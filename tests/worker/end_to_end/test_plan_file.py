"""`plan --json --output` and then `sync --plan`: what was read and agreed to, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.run_harness import API_KEY, Night, Nights
from tests.sandbox.moodle import TOKEN
from tests.worker.end_to_end.previews import everything, forward, hold_lock, people_told, row


def person(number: int) -> dict[str, Any]:
    """Somebody whose every value can be told from any other text."""
    return {
        "firstName": f"Vorname{number}Quux",
        "lastName": f"Nachname{number}Quux",
        "workEmail": f"adresse{number}quux@example.com",
        "department": f"Abteilung{number}Quux",
    }


@pytest.fixture
def planned(town: Nights, tmp_path: Path) -> Nights:
    """A plan of three kinds of writes, in a file: update 1 and 2, create 9, suspend 3."""
    for number in (*range(1, 9), *range(20, 41)):
        town.company.hire(str(number), **person(number))
    assert town.run().code == 0
    forward(town, hours=1)
    town.company.edit("1", department="AnderswoQuux")
    town.company.edit("2", lastName="NeuQuux")
    town.company.terminate("3", hireDate="2020-01-01")
    town.company.hire("9", **person(9))
    assert town.run("plan", "--json", "--output", str(tmp_path / "plan.json")).code == 0
    return town


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "plan.json"


def execute(town: Nights, file: Path, *more: str, **settings: str) -> Night:
    town.listen()
    return town.run("sync", "--plan", str(file), *more, **settings)


def done(night: Night) -> tuple[int, ...]:
    """Created, updated, suspended, not as planned."""
    return night["created"], night["updated"], night["suspended"], night["not_as_planned"]


def change(file: Path, **values: object) -> None:
    """The plan with other values at its top."""
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def test_a_plan_is_done_as_it_was_read_and_the_state_stays_where_it_is(planned: Nights, file: Path) -> None:
    before = row(planned)

    night = execute(planned, file)

    assert (night.code, night["scope"], done(night)) == (0, "employees", (1, 2, 1, 0))
    assert planned.account("1")["department"] == "AnderswoQuux"
    assert planned.account("3")["suspended"]
    assert row(planned) == before
    assert (night["next_since"], night["next_offset"]) == (night["since"], night["offset"])


def test_the_same_plan_again_does_nothing_and_ends_well(planned: Nights, file: Path) -> None:
    execute(planned, file)

    again = execute(planned, file)

    assert (again.code, done(again), planned.writes()) == (0, (0, 0, 0, 0), [])


def test_the_night_after_a_plan_finds_nothing_left_to_do(planned: Nights, file: Path) -> None:
    execute(planned, file)
    planned.listen()

    night = planned.run()

    assert (night.code, planned.writes()) == (0, [])
    assert night["next_since"] > night["since"]


def test_whoever_changed_in_bamboohr_meanwhile_is_left_and_named(planned: Nights, file: Path) -> None:
    planned.company.edit("1", department="NochmalAnderswoQuux")
    planned.company.rehire("3")
    before = planned.account("1"), planned.account("3"), row(planned)

    night = execute(planned, file)

    assert (night.code, night["outcome"], done(night)) == (1, "errors", (1, 1, 0, 1))
    assert (night["errors_ids"], night["error_reasons"]) == ([1], {"plan_outdated": 1})
    told = people_told(night)[1]
    assert (told["level"], told["action"], told["code"], told["fields"]) == ("error", "skip", "plan_outdated", [])
    assert "make a new plan" in told["advice"]
    # Number 3 is back and in step: there is nothing that could be written otherwise than planned.
    assert people_told(night)[3]["code"] == "in_step"
    assert (planned.account("1"), planned.account("3"), row(planned)) == before


def test_whoever_was_changed_by_hand_in_moodle_meanwhile_is_left_and_named(planned: Nights, file: Path) -> None:
    planned.site.change_user(planned.account("2")["id"], lastname="VonHandQuux")
    planned.site.add_user("neun", firstname="N", lastname="N", email="adresse9quux@example.com")

    night = execute(planned, file)

    assert (night.code, done(night), night["errors_ids"]) == (1, (0, 1, 1, 2), [2, 9])
    assert planned.account("2")["lastname"] == "VonHandQuux"


def test_who_is_not_in_the_plan_is_not_touched(planned: Nights, file: Path) -> None:
    planned.company.edit("5", department="SpaeterQuux")
    planned.company.hire("10", **person(10))

    assert done(execute(planned, file)) == (1, 2, 1, 0)
    assert planned.account("5")["department"] == "Abteilung5Quux"
    assert planned.run()["created"] == 1


def test_a_plan_can_be_looked_at_once_more_without_writing(planned: Nights, file: Path) -> None:
    planned.site.change_user(planned.account("2")["id"], lastname="VonHandQuux")
    before = everything(planned)

    night = execute(planned, file, "--dry-run")

    assert (night.code, done(night)) == (1, (1, 1, 1, 1))
    assert (everything(planned), planned.writes()) == (before, [])


def test_a_plan_for_everybody_is_done_too(planned: Nights, tmp_path: Path) -> None:
    planned.run()
    planned.site.change_user(planned.account("7")["id"], lastname="VonHandQuux")
    planned.run("plan", "--everybody", "--json", "--output", str(tmp_path / "all.json"))

    assert done(execute(planned, tmp_path / "all.json")) == (0, 1, 0, 0)
    assert planned.account("7")["lastname"] == "Nachname7Quux"


def test_a_plan_made_with_another_mapping_is_done_with_that_mapping_only(planned: Nights, tmp_path: Path) -> None:
    planned.run()
    mapping = '{"institution": "department"}'
    (tmp_path / "mapping.json").write_text(mapping)
    plan = tmp_path / "all.json"
    planned.run("plan", "--mapping", str(tmp_path / "mapping.json"), "--json", "--output", str(plan))

    without = execute(planned, plan)
    with_it = execute(planned, plan, FIELD_MAPPING=mapping)

    assert planned.site.user(planned.account("3")["id"])["institution"] == ""
    assert (done(without), without.code) == ((0, 0, 0, 0), 0)
    assert (done(with_it), with_it.code) == ((0, 29, 0, 0), 0)


# The file tells nothing


def test_the_file_holds_no_personal_value_and_no_credential(planned: Nights, file: Path) -> None:
    text = file.read_text().lower()

    for secret in ("quux", "adresse", API_KEY, TOKEN):
        assert secret not in text


def test_the_digests_tell_nothing_without_the_token(planned: Nights, file: Path) -> None:
    """The same change under another token has another digest: nobody can guess a department by trying."""
    other = "f" * 32
    planned.site.tokens[other] = None
    told = json.loads(planned.run("plan", "--json", MOODLE_TOKEN=other).stdout)

    ours = {line["digest"] for line in json.loads(file.read_text())["rows"]}
    assert len(ours) == 4
    assert not ours & {line["digest"] for line in told["rows"]}
    assert done(execute(planned, file, MOODLE_TOKEN=other)) == (0, 0, 0, 4)


# The guards hold


def test_a_plan_lets_no_more_suspensions_through_than_a_night_may_do(planned: Nights, file: Path) -> None:
    for number in ("4", "5"):
        planned.company.terminate(number, hireDate="2020-01-01")
    planned.run("plan", "--json", "--output", str(file), MAX_SUSPENSIONS="3")

    held = execute(planned, file, MAX_SUSPENSIONS="2")

    assert (held.code, held["outcome"], held["held_suspensions"]) == (4, "held", 3)
    assert done(held) == (1, 2, 0, 0)
    assert not any(user["suspended"] for user in planned.accounts())
    assert execute(planned, file, MAX_SUSPENSIONS="3")["suspended"] == 3


def test_what_the_plan_itself_holds_is_not_written_by_it(planned: Nights, file: Path) -> None:
    planned.run("plan", "--json", "--output", str(file), MAX_SUSPENSIONS="0")

    assert done(execute(planned, file)) == (1, 2, 0, 0)
    assert not planned.account("3")["suspended"]


def test_a_plan_waits_for_the_run_that_is_at_work(planned: Nights, file: Path) -> None:
    hold_lock(planned)

    night = execute(planned, file)

    assert (night.code, night["outcome"], planned.to_bamboo.calls) == (75, "locked", [])


# What is no plan, or none of this


def refused(town: Nights, file: Path, *more: str, **settings: str) -> str:
    """The message of a plan that is refused before anything is read."""
    night = execute(town, file, *more, **settings)
    assert (night.code, night["outcome"]) == (2, "usage_error")
    assert (town.to_bamboo.calls, town.to_moodle.calls) == ([], [])
    return str(night["message"])


@pytest.mark.parametrize(
    "text", ["", "no plan", "[]", "null", '{"kind": "something"}', '{"kind": "novalxp-sync-plan"}', "[" * 100_000]
)
def test_a_file_that_is_no_plan_is_said(planned: Nights, file: Path, text: str) -> None:
    file.write_text(text)

    assert "is no plan" in refused(planned, file)


def test_a_file_that_is_no_text_or_not_there_is_said(planned: Nights, file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")
    assert "is no plan" in refused(planned, file)

    file.unlink()
    assert "cannot be read" in refused(planned, file)


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_a_plan_of_another_version_is_said(planned: Nights, file: Path, version: object) -> None:
    change(file, version=version)

    assert "another version" in refused(planned, file)


@pytest.mark.parametrize("where", ["site", "company"])
def test_a_plan_of_another_site_or_company_is_said(planned: Nights, file: Path, where: str) -> None:
    change(file, **{where: "https://elsewhere.example.com"})

    assert "another BambooHR or Moodle" in refused(planned, file)


@pytest.mark.parametrize(
    "rows", [[7], [{}], [{"employee_id": "x", "digest": "y"}], [{"employee_id": 1}], [{"employee_id": 1, "digest": 2}]]
)
def test_a_plan_with_a_row_that_is_none_is_said(planned: Nights, file: Path, rows: object) -> None:
    change(file, rows=rows)

    assert "a row without an employee id or a digest" in refused(planned, file)


def test_a_plan_with_nothing_to_write_is_said(planned: Nights, file: Path) -> None:
    planned.run()
    planned.run("plan", "--json", "--output", str(file))

    assert "has nothing to write" in refused(planned, file)


@pytest.mark.parametrize("digest", ["0" * 32, "x", "\u00e9", "0" * 100_000])
def test_a_digest_that_was_changed_by_hand_lets_nothing_through(planned: Nights, file: Path, digest: str) -> None:
    rows = json.loads(file.read_text())["rows"]
    change(file, rows=[{**line, "digest": digest} for line in rows])

    night = execute(planned, file)

    assert (night.code, night["outcome"], done(night), planned.writes()) == (1, "errors", (0, 0, 0, 4), [])


def test_the_digest_of_somebody_else_lets_nothing_through(planned: Nights, file: Path) -> None:
    one, two, *_ = json.loads(file.read_text())["rows"]
    change(file, rows=[{**one, "employee_id": two["employee_id"]}, {**two, "employee_id": one["employee_id"]}])

    assert done(execute(planned, file)) == (0, 0, 0, 2)


def test_a_plan_says_who_so_that_nobody_else_can_be_named(planned: Nights, file: Path) -> None:
    assert "--plan and --employee are both given" in refused(planned, file, "--employee", "1")
    assert "--reactivate needs --employee" in refused(planned, file, "--reactivate")

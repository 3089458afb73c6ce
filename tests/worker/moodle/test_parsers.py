"""A Moodle account as the look-ups show it."""

from __future__ import annotations

import pytest

from tests.worker.clients import mapping_for, texts
from worker.model.account import Account
from worker.model.field_kinds import FieldKind
from worker.moodle.parsers import (
    ALWAYS_SHOWN,
    UnreadableAccount,
    missing_keys,
    needed_keys,
    parse_account,
    parse_accounts,
    parse_kinds,
)

PRIVATE = "ada@acme.example"


def row(**different: object) -> dict[str, object]:
    """What Moodle answers about an ordinary account."""
    ordinary: dict[str, object] = {
        "id": 4,
        "username": "ada",
        "firstname": "Ada",
        "lastname": "Byron",
        "email": PRIVATE,
        "department": "Sales",
        "idnumber": "7",
        "auth": "oidc",
        "suspended": False,
    }
    return {**ordinary, **different}


def parsed(**different: object) -> Account:
    return parse_account(row(**different), ALWAYS_SHOWN)


def without(*keys: str) -> dict[str, object]:
    return {key: value for key, value in row().items() if key not in keys}


def test_an_account_is_read() -> None:
    account = parsed(city="Berlin", country="DE", institution="Acme")

    assert (account.id, account.username, account.idnumber, account.auth) == (4, "ada", "7", "oidc")
    assert (account.email, account.suspended) == (PRIVATE, False)
    assert dict(account.values) == {
        "firstname": "Ada",
        "lastname": "Byron",
        "email": PRIVATE,
        "department": "Sales",
        "institution": "Acme",
        "city": "Berlin",
        "country": "DE",
    }


def test_language_and_time_zone_are_read_where_they_are_mapped_and_telephone_numbers_where_they_are_shown() -> None:
    shown = {"lang": "de", "timezone": "Europe/Berlin", "phone1": "+49 30 1", "phone2": None}

    values = parse_account(row(**shown), (*ALWAYS_SHOWN, "lang", "timezone")).values

    assert {key: values[key] for key in shown} == {**shown, "phone2": ""}
    assert shown.keys() & parsed(lang="de", timezone="99").values.keys() == set()


def test_keys_that_moodle_leaves_out_when_empty_are_empty() -> None:
    account = parse_account(without("idnumber", "department"), ALWAYS_SHOWN)

    assert account.idnumber == ""
    assert {account.values[key] for key in ("department", "institution", "city", "country")} == {""}


@pytest.mark.parametrize(("shown", "suspended"), [(True, True), (False, False), (1, True), (0, False)])
def test_suspended_is_a_boolean_or_a_number(shown: object, suspended: bool) -> None:
    assert parsed(suspended=shown).suspended is suspended


def test_custom_profile_fields_are_known_by_their_short_name() -> None:
    custom = [{"type": "text", "value": "Berlin", "name": "Site", "shortname": "site"}, {"shortname": "empty"}]

    account = parsed(customfields=custom)

    assert account.values["profile_field_site"] == "Berlin"
    assert account.values["profile_field_empty"] == ""


@pytest.mark.parametrize(
    ("shown", "text", "kind"),
    [
        ({"type": "text", "value": "AT&amp;T"}, "AT&T", FieldKind("text", is_raw=False)),
        ({"type": "text", "value": "AT&amp;T", "displayvalue": "x"}, "AT&amp;T", FieldKind("text", is_raw=True)),
        ({"type": "menu", "value": "A &amp; B"}, "A &amp; B", FieldKind("menu", is_raw=False)),
        ({"type": None, "value": "AT&amp;T"}, "AT&T", FieldKind("text", is_raw=False)),
    ],
    ids=["4.1", "from 4.2 on", "never formatted", "no type"],
)
def test_a_custom_field_is_read_by_its_type_and_as_the_version_shows_it(
    shown: dict[str, object], text: str, kind: FieldKind
) -> None:
    custom = [{**shown, "shortname": "site"}]

    assert parsed(customfields=custom).values["profile_field_site"] == text
    assert parse_kinds([row(), row(customfields=custom)]) == {"profile_field_site": kind}


@pytest.mark.parametrize("rows", [[None], ["x"], [{"customfields": 7}], [{"customfields": [None, "x", 7]}], [{}]])
def test_rows_of_another_form_show_no_custom_field(rows: list[object]) -> None:
    assert parse_kinds(rows) == {}


@pytest.mark.parametrize("customfields", [None, [], [None, 7, "x", []]])
def test_custom_fields_may_be_absent(customfields: object) -> None:
    assert not any(name.startswith("profile_field") for name in parsed(customfields=customfields).values)


@pytest.mark.parametrize("key", ALWAYS_SHOWN)
def test_an_account_that_is_shown_in_part_is_not_trusted(key: str) -> None:
    with pytest.raises(UnreadableAccount, match=f"without {key}"):
        parse_account(without(key), ALWAYS_SHOWN)


def test_the_department_has_to_be_shown_where_it_is_kept_in_step() -> None:
    kept, dropped = needed_keys(mapping_for()), needed_keys(mapping_for('{"department": null}'))

    assert missing_keys(without("department"), kept) == ["department"]
    assert missing_keys(without("department"), dropped) == []


@pytest.mark.parametrize(
    "value",
    [
        row(id=PRIVATE),
        row(id=None),
        row(id=[PRIVATE]),
        row(suspended="0"),
        row(suspended=None),
        row(suspended=[]),
        row(customfields=7),
        row(customfields=PRIVATE),
        row(customfields={"shortname": PRIVATE}),
        {"id": PRIVATE, "username": PRIVATE},
        *(None, [], 7, PRIVATE),
    ],
)
def test_an_account_of_another_form_is_not_trusted_and_not_quoted(value: object) -> None:
    with pytest.raises(UnreadableAccount) as caught:
        parse_account(value, ALWAYS_SHOWN)

    assert PRIVATE not in texts(caught.value)


def test_an_account_is_named_by_its_ids_and_never_by_a_name() -> None:
    assert parsed().name == "account 4 (idnumber 7)"
    assert parsed(idnumber="").name == "account 4"
    assert parsed(idnumber=PRIVATE).name == "account 4"


def test_an_address_is_compared_in_any_case_and_an_empty_one_belongs_to_no_account() -> None:
    assert parsed(email="Ada@Acme.example").has_email("aDA@acme.EXAMPLE")
    assert not parsed().has_email("ada@acme.example.org")
    assert not parsed(email="").has_email("")


@pytest.mark.parametrize("key", ["username", "idnumber", "auth", "email"])
@pytest.mark.parametrize("value", [{"x": 1}, ["x"]])
def test_an_account_that_cannot_be_recognised_is_unreadable(key: str, value: object) -> None:
    with pytest.raises(UnreadableAccount, match=f"whose {key} is malformed"):
        parsed(**{key: value})


@pytest.mark.parametrize(("value", "kept"), [({"x": 1}, ""), (["x"], ""), ("S\ud800", "S\ufffd")])
def test_another_value_that_is_unreadable_costs_itself(value: object, kept: str) -> None:
    assert parsed(department=value).values["department"] == kept


def test_two_rows_of_one_account_that_contradict_each_other_are_unreadable() -> None:
    assert len(parse_accounts([row(), row()], ALWAYS_SHOWN)) == 1
    with pytest.raises(UnreadableAccount, match="different values"):
        parse_accounts([row(), row(idnumber="99")], ALWAYS_SHOWN)

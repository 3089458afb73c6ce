"""What a token without a capability does not see, and that nothing says so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.moodle_contract.house import House


def ada(house: House, **columns: Any) -> int:
    return house.site.add_user(
        "ada",
        **{"firstname": "Ada", "lastname": "Byron", "email": "ada@example.com", "idnumber": "7", "auth": "oidc"},
        **columns,
    )


@pytest.mark.parametrize(("field", "value"), [("username", "ada"), ("idnumber", "7"), ("email", "ada@example.com")])
def test_without_viewdetails_everybody_is_absent(house: House, field: str, value: str) -> None:
    made = ada(house)
    assert [user["id"] for user in house.moodle.by(field, value)] == [made]

    house.site.capabilities.discard("moodle/user:viewdetails")

    assert house.moodle.by(field, value) == []
    assert house.moodle.by("id", made) == []
    assert house.moodle.search(email="%")["users"] == [house.moodle.read(house.site.service_id)]


def test_ones_own_record_is_always_visible(house: House) -> None:
    house.site.capabilities = {"webservice/rest:use"}

    (own,) = house.moodle.by("email", "sync-service@example.com")
    assert own["username"] == "sync-service"
    assert "firstname" not in own


def test_without_viewalldetails_a_record_is_thin(house: House) -> None:
    made = ada(house, department="Sales", institution="Ada Ltd")
    whole = house.moodle.read(made)
    house.site.capabilities.discard("moodle/user:viewalldetails")
    thin = house.moodle.read(made)

    assert whole.keys() - thin.keys() == {
        "username",
        "idnumber",
        "department",
        "institution",
        "auth",
        "confirmed",
        "lang",
        "theme",
        "timezone",
        "mailformat",
    }
    assert thin["suspended"] is False


@pytest.mark.parametrize(
    ("field", "value", "found"), [("username", "ada", 0), ("idnumber", "7", 0), ("email", "ADA@example.com", 1)]
)
def test_without_viewalldetails_only_the_address_is_looked_up(house: House, field: str, value: str, found: int) -> None:
    ada(house)
    house.site.capabilities.discard("moodle/user:viewalldetails")

    assert len(house.moodle.by(field, value)) == found
    assert len(house.moodle.search(**{field: value})["users"]) == found


def test_an_idnumber_that_counts_as_identity_needs_no_viewalldetails(house: House) -> None:
    made = ada(house)
    house.site.settings.showuseridentity = ("email", "idnumber")
    house.site.capabilities.discard("moodle/user:viewalldetails")

    assert [user["id"] for user in house.moodle.by("idnumber", "7")] == [made]


def test_without_viewuseridentity_there_are_no_addresses(house: House) -> None:
    made = ada(house)
    house.site.capabilities.discard("moodle/site:viewuseridentity")

    assert "email" not in house.moodle.read(made)
    assert house.moodle.by("email", "ada@example.com") == []


def test_a_site_that_does_not_count_addresses_as_identity_shows_none(house: House) -> None:
    made = ada(house)
    house.site.settings.showuseridentity = ()
    house.site.capabilities.add("moodle/course:useremail")

    assert "email" not in house.moodle.read(made)
    assert house.moodle.by("email", "ada@example.com") == []


def test_without_viewfullnames_there_is_only_the_full_name(house: House) -> None:
    made = ada(house)
    house.site.capabilities.discard("moodle/site:viewfullnames")
    user = house.moodle.read(made)

    assert not {"firstname", "lastname"} & user.keys()
    assert user["fullname"] == "Ada Byron"
    assert house.moodle.search(lastname="Byron")["users"] == []


def test_hidden_fields_vanish_unless_hidden_details_may_be_seen(house: House) -> None:
    made = ada(house)
    house.site.settings.hiddenuserfields = ("suspended", "email")

    assert not {"suspended", "email"} & house.moodle.read(made).keys()

    house.site.capabilities.add("moodle/user:viewhiddendetails")

    assert {"suspended", "email"} <= house.moodle.read(made).keys()


def test_phones_are_hidden_details(house: House) -> None:
    made = ada(house, phone1="+385 1 234")
    assert "phone1" not in house.moodle.read(made)

    house.site.capabilities.add("moodle/user:viewhiddendetails")

    assert house.moodle.read(made)["phone1"] == "+385 1 234"


@pytest.mark.parametrize(
    ("lacking", "lost"),
    [
        ("moodle/user:viewalldetails", {"username", "auth", "department"}),
        ("moodle/site:viewuseridentity", {"email"}),
        ("moodle/site:viewfullnames", {"firstname", "lastname"}),
    ],
)
def test_the_guest_betrays_what_the_token_does_not_see(house: House, lacking: str, lost: set[str]) -> None:
    whole = house.moodle.read(house.site.guest_id)
    house.site.capabilities.discard(lacking)

    assert lost <= whole.keys() - house.moodle.read(house.site.guest_id).keys()


def test_writing_needs_no_right_to_see(house: House) -> None:
    house.site.capabilities = {"webservice/rest:use", "moodle/user:create", "moodle/user:update"}
    made = house.moodle.created()

    assert house.moodle.update({"id": made, "city": "Split"}) == {"warnings": []}
    assert house.site.user(made)["city"] == "Split"

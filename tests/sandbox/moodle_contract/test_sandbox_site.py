"""Settings of the site, what happens to deleted people, and what a write leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.moodle import MoodleSite, ProfileField, Settings
from tests.sandbox.moodle_contract.client import INVALID, NOT_WRITTEN, refusal
from tests.sandbox.moodle_contract.house import House


def test_a_site_that_lets_people_share_an_address(house: House) -> None:
    house.site.settings.allowaccountssameemail = True
    first, second = house.moodle.created(email="desk@example.com"), house.moodle.created(email="DESK@example.com")
    third = house.moodle.created()

    assert house.moodle.update({"id": third, "email": "desk@example.com"}) == {"warnings": []}
    assert [user["id"] for user in house.moodle.by("email", "desk@example.com")] == [first, second, third]


@pytest.mark.parametrize("username", ["jo sé+x", "o'ada", "zoë"])
def test_a_site_with_extended_usernames(house: House, username: str) -> None:
    house.site.settings.extendedusernamechars = True
    house.moodle.created(username=username)

    assert [user["username"] for user in house.moodle.by("username", username)] == [username]
    assert refusal(house.moodle.create(house.moodle.new(username="Ada"))) == INVALID


def test_profile_fields_are_written_by_shortname_and_read_as_moodle_displays_them(house: House) -> None:
    house.site.settings.profile_fields = (
        ProfileField("site", "Site"),
        ProfileField("grade", "Grade", "menu"),
        ProfileField("floor", "Floor"),
    )
    made = house.moodle.created(
        customfields=[{"type": "grade", "value": "R&D"}, {"type": "site", "value": "R&D <North>"}]
    )

    assert house.moodle.read(made)["customfields"] == [
        {"type": "text", "value": "R&amp;D &lt;North&gt;", "name": "Site", "shortname": "site"},
        {"type": "menu", "value": "R&D", "name": "Grade", "shortname": "grade"},
    ]


def test_an_update_of_one_profile_field_leaves_the_others(house: House) -> None:
    house.site.settings.profile_fields = (ProfileField("site"), ProfileField("floor"))
    made = house.moodle.created(customfields=[{"type": "site", "value": "Split"}, {"type": "floor", "value": "2"}])
    house.moodle.update({"id": made, "customfields": [{"type": "site", "value": ""}]})

    assert [field["shortname"] for field in house.moodle.read(made)["customfields"]] == ["floor"]


def test_a_failed_update_leaves_the_profile_as_it_was(house: House) -> None:
    house.site.settings.profile_fields = (ProfileField("site"),)
    made = house.moodle.created(customfields=[{"type": "site", "value": "Split"}])
    house.moodle.update({"id": made, "customfields": [{"type": "site", "value": "Zadar"}], "firstname": "x" * 101})

    assert house.site.user(made)["profile"] == {"site": "Split"}


def test_an_unknown_profile_field_is_not_kept_for_later(house: House) -> None:
    made = house.moodle.created(customfields=[{"type": "site", "value": "Split"}])
    house.site.settings.profile_fields = (ProfileField("site"),)

    assert "customfields" not in house.moodle.read(made)


def test_an_address_that_does_not_change_is_not_looked_at(house: House) -> None:
    made = house.site.add_user("ada", email="ada@localhost")
    house.site.add_user("eva", email="ada@localhost")

    assert house.moodle.update({"id": made, "email": "ada@localhost"}) == {"warnings": []}


def test_a_padded_address_refuses_the_whole_request(house: House) -> None:
    made = house.moodle.created()

    assert refusal(house.moodle.update({"id": made, "email": "ada@example.com "})) == INVALID
    assert refusal(house.moodle.by("email", "ada@example.com ")) == INVALID


def test_the_username_0_is_as_invisible_as_the_idnumber(house: House) -> None:
    house.moodle.created(username="0")

    assert house.moodle.by("username", "0") == []


def test_answers_are_sorted_by_id(house: House) -> None:
    for user_id in (13, 1025, 70000):
        house.site.add_user(f"u{user_id}", id=user_id, idnumber="7")

    assert [user["id"] for user in house.moodle.by("idnumber", "7")] == [13, 1025, 70000]


def test_a_search_by_something_that_moodle_does_not_know_gives_everybody(house: House) -> None:
    house.moodle.created()
    answer = house.moodle.search(suspended=1)

    assert [user["id"] for user in answer["users"]] == [user["id"] for user in house.site.users()]
    assert [warning["warningcode"] for warning in answer["warnings"]] == ["invalidfieldparameter"]


def test_a_deleted_person_is_found_by_id_only_and_looks_alive(house: House) -> None:
    person = house.moodle.new()
    made = house.moodle.create(person)[0]["id"]
    house.site.delete_user(made)

    for field in ("idnumber", "username", "email"):
        assert house.moodle.by(field, person[field]) == []
    ghost = house.moodle.read(made)
    assert ghost["username"].startswith(f"{person['email']}.")
    assert (ghost["suspended"], ghost["firstname"]) == (False, "Ada")
    assert made not in [user["id"] for user in house.moodle.search(firstname="Ada")["users"]]


def test_a_deleted_person_cannot_be_updated_but_replaced(house: House) -> None:
    person = house.moodle.new()
    made = house.moodle.create(person)[0]["id"]
    house.site.delete_user(made)
    (warning,) = house.moodle.update({"id": made, "city": "Split"})["warnings"]

    assert warning == {
        "item": "user",
        "itemid": made,
        "warningcode": "usernotupdateddeleted",
        "message": "error/usernotupdateddeleted",
    }
    assert len(house.moodle.create(person)) == 1


def test_an_account_of_another_moodle_cannot_be_updated(house: House) -> None:
    far = house.site.add_user("far", auth="mnet", remote=True)
    (warning,) = house.moodle.update({"id": far, "city": "Split"})["warnings"]

    assert warning["warningcode"] == "usernotupdatedremote"


def test_a_batch_that_is_rolled_back_leaves_a_gap_in_the_ids_and_no_event(house: House) -> None:
    first = house.moodle.created()
    taken = house.moodle.new(username="guest")
    assert refusal(house.moodle.create(house.moodle.new(), house.moodle.new(), taken)) == INVALID

    assert house.moodle.created() == first + 3
    assert house.site.events == [("user_created", first), ("user_created", first + 3)]


def test_a_deadlock_looks_like_any_database_error_and_goes_away(house: House) -> None:
    house.site.deadlocks = 1
    people = [house.moodle.new(), house.moodle.new()]

    assert refusal(house.moodle.create(*people)) == NOT_WRITTEN
    assert house.moodle.by("username", *(person["username"] for person in people)) == []
    assert len(house.moodle.create(*people)) == 2


def test_an_update_that_changes_nothing_is_logged_all_the_same(house: House) -> None:
    house.site.clock = lambda: 1_700_000_000
    made = house.moodle.created()
    house.site.clock = lambda: 1_700_000_060
    house.moodle.update({"id": made})

    assert house.site.events == [("user_created", made), ("user_updated", made)]
    assert house.site.user(made)["timemodified"] == 1_700_000_060


def test_suspending_ends_the_sessions_and_a_plain_update_does_not(house: House) -> None:
    made = house.moodle.created()
    house.site.change_user(made, sessions=2)

    house.moodle.update({"id": made, "city": "Split", "suspended": 0})
    assert house.site.user(made)["sessions"] == 2
    house.moodle.update({"id": made, "suspended": 1})
    assert house.site.user(made)["sessions"] == 0


def test_an_unknown_country_is_stored_as_0(house: House) -> None:
    assert house.site.user(house.moodle.created(country="XX"))["country"] == "0"


def test_a_password_for_an_account_that_logs_in_elsewhere_is_not_kept(house: House) -> None:
    assert house.site.user(house.moodle.created(password="x"))["password"] == "not cached"


def test_only_plugins_that_are_installed_are_known(house: House) -> None:
    house.site.settings.auth_plugins = ("manual",)

    assert refusal(house.moodle.create(house.moodle.new(auth="oidc"))) == INVALID


def test_deleting_by_the_web_service(house: House) -> None:
    house.site.service_functions.add("core_user_delete_users")
    made = house.moodle.created()
    assert refusal(house.moodle.call("core_user_delete_users", userids=[made]))[1] == "nopermissions"

    house.site.capabilities.add("moodle/user:delete")

    assert house.moodle.call("core_user_delete_users", userids=[made]) is None
    assert house.site.user(made)["deleted"] is True
    assert refusal(house.moodle.call("core_user_delete_users", userids=[made]))[1] == "invalidrecord"
    assert refusal(house.moodle.call("core_user_delete_users", userids=[2]))[1] == "useradminodelete"


def test_a_site_comes_back_from_its_file(tmp_path: Path) -> None:
    site = MoodleSite(Settings(debug=15, profile_fields=(ProfileField("site"),)), token="mine")
    site.add_user("ada", firstname="Ada", idnumber="7", profile={"site": "Split"})
    site.delete_user(site.add_user("bob", email="bob@example.com"))
    site.capabilities.add("moodle/user:delete")
    site.save(tmp_path / "site.json")
    again = MoodleSite.load(tmp_path / "site.json")

    assert again.users(deleted=True) == site.users(deleted=True)
    assert (again.settings, again.capabilities, again.tokens) == (site.settings, site.capabilities, site.tokens)
    assert again.events == site.events
    assert again.add_user("eva") == site.add_user("eva")

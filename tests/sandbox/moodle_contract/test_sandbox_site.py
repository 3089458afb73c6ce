"""Settings of the site, what happens to deleted accounts, and the traces of a write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.moodle import MoodleSite, ProfileField, Settings
from tests.sandbox.moodle_contract.client import INVALID, NOT_WRITTEN, refusal
from tests.sandbox.moodle_contract.sandbox import Sandbox


@pytest.mark.parametrize("username", ["jo sé+x", "o'ada", "zoë"])
def test_a_site_with_extended_usernames(sandbox: Sandbox, username: str) -> None:
    sandbox.site.settings.extendedusernamechars = True
    sandbox.moodle.created(username=username)

    assert [user["username"] for user in sandbox.moodle.by("username", username)] == [username]
    assert refusal(sandbox.moodle.create(sandbox.moodle.new(username="Ada"))) == INVALID


def test_usernames_that_differ_by_an_accent_are_one_for_mariadb_and_two_for_postgresql(sandbox: Sandbox) -> None:
    sandbox.site.settings.extendedusernamechars = True
    sandbox.moodle.created(username="zoë")
    assert refusal(sandbox.moodle.create(sandbox.moodle.new(username="zoe"))) == INVALID

    sandbox.site.settings.database = "postgresql"
    assert isinstance(sandbox.moodle.create(sandbox.moodle.new(username="zoe")), list)


def test_a_linked_text_is_shown_as_a_link(sandbox: Sandbox) -> None:
    sandbox.site.settings.profile_fields = (ProfileField("wiki", link="https://wiki.example.com/$$"),)
    made = sandbox.site.add_user("ada", profile={"wiki": "a b"})

    assert sandbox.moodle.profile(made)["wiki"]["displayvalue"] == '<a href="https://wiki.example.com/a+b" >a b</a>'


def test_an_unknown_profile_field_is_not_kept_for_later(sandbox: Sandbox) -> None:
    made = sandbox.moodle.created(customfields=[{"type": "site", "value": "Split"}])
    sandbox.site.settings.profile_fields = (ProfileField("site"),)

    assert sandbox.moodle.profile(made) == {}


def test_an_address_that_does_not_change_is_not_checked(sandbox: Sandbox) -> None:
    made = sandbox.site.add_user("ada", email="ada@localhost")
    sandbox.site.add_user("eva", email="ada@localhost")

    assert sandbox.moodle.update({"id": made, "email": "ada@localhost"}) == {"warnings": []}
    assert refusal(sandbox.moodle.update({"id": made, "email": "ada@example.com "})) == INVALID


def test_the_username_0_is_not_found(sandbox: Sandbox) -> None:
    sandbox.moodle.created(username="0")

    assert sandbox.moodle.by("username", "0") == []


def test_answers_are_sorted_by_id(sandbox: Sandbox) -> None:
    for user_id in (13, 1025, 70000):
        sandbox.site.add_user(f"u{user_id}", id=user_id, idnumber="7")

    assert [user["id"] for user in sandbox.moodle.by("idnumber", "7")] == [13, 1025, 70000]


def test_a_deleted_account_is_found_by_id_only_and_can_be_replaced(sandbox: Sandbox) -> None:
    user = sandbox.moodle.new()
    made = sandbox.moodle.create(user)[0]["id"]
    sandbox.site.delete_user(made)

    assert [sandbox.moodle.by(field, user[field]) for field in ("idnumber", "username", "email")] == [[], [], []]
    ghost = sandbox.moodle.read(made)
    assert ghost["username"].startswith(f"{user['email']}.")
    assert (ghost["suspended"], ghost["firstname"]) == (False, "Ada")
    assert made not in [found["id"] for found in sandbox.moodle.search(firstname="Ada")["users"]]
    (warning,) = sandbox.moodle.update({"id": made, "city": "Split"})["warnings"]
    assert (warning["warningcode"], warning["message"]) == ("usernotupdateddeleted", "error/usernotupdateddeleted")
    assert len(sandbox.moodle.create(user)) == 1


def test_a_deadlock_is_a_database_error_that_a_second_attempt_does_not_meet(sandbox: Sandbox) -> None:
    sandbox.site.deadlocks = 1
    users = [sandbox.moodle.new(), sandbox.moodle.new()]

    assert refusal(sandbox.moodle.create(*users)) == NOT_WRITTEN
    assert sandbox.moodle.by("username", *(user["username"] for user in users)) == []
    assert len(sandbox.moodle.create(*users)) == 2


def test_an_update_that_changes_nothing_is_logged_all_the_same(sandbox: Sandbox) -> None:
    sandbox.site.clock = lambda: 1_700_000_000
    made = sandbox.moodle.created()
    sandbox.site.clock = lambda: 1_700_000_060
    sandbox.moodle.update({"id": made})

    assert sandbox.site.events == [("user_created", made), ("user_updated", made)]
    assert sandbox.site.user(made)["timemodified"] == 1_700_000_060


def test_a_plugin_that_is_not_installed_is_unknown(sandbox: Sandbox) -> None:
    sandbox.site.settings.auth_plugins = ("manual",)

    assert refusal(sandbox.moodle.create(sandbox.moodle.new(auth="oidc"))) == INVALID


def test_deleting_by_the_web_service(sandbox: Sandbox) -> None:
    sandbox.site.service_functions.add("core_user_delete_users")
    made = sandbox.moodle.created()
    assert refusal(sandbox.moodle.call("core_user_delete_users", userids=[made])) == "nopermissions"

    sandbox.site.capabilities.add("moodle/user:delete")
    assert sandbox.moodle.call("core_user_delete_users", userids=[made]) is None
    assert sandbox.site.user(made)["deleted"] is True
    assert refusal(sandbox.moodle.call("core_user_delete_users", userids=[made])) == "invaliduser"


def test_a_site_comes_back_from_its_file(tmp_path: Path) -> None:
    fields = (ProfileField("grade", datatype="menu", options=("A", "B")),)
    site = MoodleSite(Settings(version="5.1", database="postgresql", debug=15, profile_fields=fields), token="mine")
    site.add_user("ada", firstname="Ada", idnumber="7", profile={"grade": "A"})
    site.delete_user(site.add_user("bob", email="bob@example.com"))
    site.capabilities.add("moodle/user:delete")
    site.save(tmp_path / "site.json")
    again = MoodleSite.load(tmp_path / "site.json")

    assert again.users(deleted=True) == site.users(deleted=True)
    assert (again.settings, again.capabilities, again.tokens) == (site.settings, site.capabilities, site.tokens)
    assert again.events == site.events
    assert again.add_user("eva") == site.add_user("eva")

"""What a token without a capability does not see, without any error."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.moodle import ProfileField
from tests.sandbox.moodle_contract.sandbox import Sandbox

VIEW_ALL = "moodle/user:viewalldetails"
IDENTITY = "moodle/site:viewuseridentity"
NAMES = "moodle/site:viewfullnames"


def ada(sandbox: Sandbox, **columns: Any) -> int:
    values = {"firstname": "Ada", "lastname": "Byron", "email": "ada@example.com", "idnumber": "7", "auth": "oidc"}
    return sandbox.site.add_user("ada", **values, **columns)


LOOK_UPS = [("username", "ada"), ("idnumber", "7"), ("email", "ada@example.com")]


def test_without_viewdetails_only_the_own_record_is_visible(sandbox: Sandbox) -> None:
    made = ada(sandbox)
    assert [len(sandbox.moodle.by(field, value)) for field, value in LOOK_UPS] == [1, 1, 1]
    sandbox.site.capabilities.discard("moodle/user:viewdetails")

    assert [sandbox.moodle.by(field, value) for field, value in [*LOOK_UPS, ("id", made)]] == [[], [], [], []]
    (own,) = sandbox.moodle.search(email="%")["users"]
    assert own == sandbox.moodle.read(sandbox.site.service_id)


LOST = {
    VIEW_ALL: {"username", "idnumber", "department", "institution", "auth", "confirmed", "lang", "theme", "timezone"}
    | {"mailformat"},
    IDENTITY: {"email"},
    NAMES: {"firstname", "lastname"},
}


@pytest.mark.parametrize("capability", LOST)
def test_a_missing_capability_removes_keys_from_every_record(sandbox: Sandbox, capability: str) -> None:
    made = ada(sandbox, department="Sales", institution="Ada Ltd")
    before = [sandbox.moodle.read(user_id) for user_id in (made, sandbox.site.guest_id)]
    sandbox.site.capabilities.discard(capability)
    after = [sandbox.moodle.read(user_id) for user_id in (made, sandbox.site.guest_id)]

    assert before[0].keys() - after[0].keys() == LOST[capability]
    assert before[1].keys() - after[1].keys() == LOST[capability] - {"idnumber", "institution"}
    assert after[0]["fullname"] == "Ada Byron"


@pytest.mark.parametrize(
    ("capability", "found"), [(VIEW_ALL, [0, 0, 1]), (IDENTITY, [1, 1, 0]), (NAMES, [1, 1, 1]), ("", [1, 1, 1])]
)
def test_an_account_is_not_found_by_a_value_that_is_not_visible(
    sandbox: Sandbox, capability: str, found: list[int]
) -> None:
    ada(sandbox)
    sandbox.site.capabilities.discard(capability)

    assert [len(sandbox.moodle.by(field, value)) for field, value in LOOK_UPS] == found
    assert [len(sandbox.moodle.search(**{field: value})["users"]) for field, value in LOOK_UPS] == found
    assert len(sandbox.moodle.search(lastname="Byron")["users"]) == (capability != NAMES)


@pytest.mark.parametrize(
    ("identity", "keys"),
    [
        ((), set()),
        (("email",), {"email"}),
        (("idnumber", "department"), {"idnumber", "department"}),
        (("phone1",), {"phone1"}),
    ],
)
def test_values_that_count_as_identity_need_no_viewalldetails(
    sandbox: Sandbox, identity: tuple[str, ...], keys: set[str]
) -> None:
    made = ada(sandbox, phone1="+385 1 234")
    sandbox.site.settings.showuseridentity = identity
    sandbox.site.capabilities = sandbox.site.capabilities - {VIEW_ALL} | {"moodle/course:useremail"}

    assert sandbox.moodle.read(made).keys() & {"email", "idnumber", "department", "phone1"} == keys


def test_hidden_fields_are_left_out_unless_hidden_details_may_be_seen(sandbox: Sandbox) -> None:
    made = ada(sandbox)
    sandbox.site.settings.hiddenuserfields = ("suspended", "email")
    assert not {"suspended", "email"} & sandbox.moodle.read(made).keys()

    sandbox.site.capabilities.add("moodle/user:viewhiddendetails")
    assert {"suspended", "email"} <= sandbox.moodle.read(made).keys()


def test_phone_and_postal_address_are_hidden_details_on_4_1_only(sandbox: Sandbox) -> None:
    made = ada(sandbox, phone1="+385 1 234", address="Main Street 1")
    sandbox.site.capabilities.add("moodle/user:viewhiddendetails")
    assert not {"phone1", "address"} & sandbox.moodle.read(made).keys()

    sandbox.site.settings.version = "4.1"
    assert {"phone1", "address"} <= sandbox.moodle.read(made).keys()


def test_from_4_5_on_names_of_the_full_name_format_and_the_postal_address_are_always_shown(sandbox: Sandbox) -> None:
    made = ada(sandbox, address="Main Street 1")
    sandbox.site.capabilities.discard(NAMES)
    assert not {"firstname", "lastname", "address"} & sandbox.moodle.read(made).keys()

    sandbox.site.settings.version = "4.5"
    assert {"firstname", "lastname", "address"} <= sandbox.moodle.read(made).keys()


def test_a_hidden_profile_field_needs_viewalldetails(sandbox: Sandbox) -> None:
    sandbox.site.settings.profile_fields = (ProfileField("site"), ProfileField("grade", hidden=True))
    made = ada(sandbox, profile={"site": "Split", "grade": "7"})
    assert list(sandbox.moodle.profile(made)) == ["site", "grade"]

    sandbox.site.capabilities.discard(VIEW_ALL)
    assert list(sandbox.moodle.profile(made)) == ["site"]


def test_writing_needs_no_right_to_see(sandbox: Sandbox) -> None:
    sandbox.site.capabilities = {"webservice/rest:use", "moodle/user:create", "moodle/user:update"}
    made = sandbox.moodle.created()

    assert sandbox.moodle.update({"id": made, "city": "Split"}) == {"warnings": []}
    assert sandbox.site.user(made)["city"] == "Split"

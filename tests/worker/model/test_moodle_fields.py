"""What Moodle can store, compared with the sandbox server, which refuses what a real Moodle refuses."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.sandbox.moodle import params
from tests.sandbox.moodle.settings import Settings
from worker.model.moodle_fields import LENGTHS, is_email, is_username, normalize

TEXTS = ("firstname", "lastname", "department", "institution", "city", "profile_field_team")


@given(target=st.sampled_from(TEXTS), text=st.text(max_size=400))
@example(target="firstname", text="a" * 98 + " < b")
@example(target="department", text="a <\n\x00")
@example(target="city", text="<b>\x00< b")
def test_moodle_stores_a_normalised_value_unchanged(target: str, text: str) -> None:
    value = normalize(target, text)

    assert value is not None
    assert params.clean("notags", value, Settings()) == value
    assert value == value.strip()
    assert len(value) <= LENGTHS.get(target, 2_048)
    assert normalize(target, value) == value, "a normalised value would be rewritten in every run"


@given(target=st.sampled_from(["phone1", "phone2", "timezone", "lang"]), text=st.text(max_size=40))
@example(target="phone1", text="+1 (617) 555-0123 \u00b7 22")
@example(target="timezone", text="Europe/Berlin\n")
def test_a_value_with_a_form_of_its_own_is_stored_unchanged_or_not_sent(target: str, text: str) -> None:
    value = normalize(target, text)

    if value is not None:
        kind = {"timezone": "timezone", "lang": "lang"}.get(target, "notags")
        assert value == "" or params.clean(kind, value, Settings(languages=(value,))) == value
        assert len(value) <= LENGTHS.get(target, 100)
        assert normalize(target, value) == value


@pytest.mark.parametrize(
    ("target", "given_text", "held"),
    [
        ("lang", "pt-BR", "pt_br"),
        ("lang", "de", "de"),
        ("lang", "German", None),
        ("lang", "", ""),
        ("timezone", "Europe/Berlin", "Europe/Berlin"),
        ("timezone", "America/Port-au-Prince", "America/Port-au-Prince"),
        ("timezone", "99", "99"),
        ("timezone", "Central European Time", None),
        ("phone1", "+1 (617) 555-0123", "+1 (617) 555-0123"),
        ("phone1", "+1 (617) 555-0123 45", "+1 (617) 555-0123 45"),
        ("phone2", "+1 (617) 555 - 0123 456", "+16175550123456"),
        ("phone1", "+1 617 555 0123 extension 4711", None),
        ("middlename", "Ann\tMarie", "Ann Marie"),
    ],
)
def test_a_language_a_time_zone_and_a_telephone_number_have_forms_of_their_own(
    target: str, given_text: str, held: str | None
) -> None:
    assert normalize(target, given_text) == held


@pytest.mark.parametrize(
    ("given_text", "held"),
    [
        *(
            (name, name)
            for name in ("Zoë", "O'Neill-Łukasz", "山田 太郎", "محمد", "a < b", "3 > 2", "👩‍🚀", "Dr. A & B", "")
        ),
        ("  two\t\tblanks\u00a0 ", "two blanks"),
        ("bell\x07 and\x00 nul", "bell and nul"),
        ("line\u2028break", "line break"),
        ("half \ud800 pair", "half pair"),
        ("<b>Sales</b>", "b Sales /b"),
        ("R&D <team", "R&D team"),
    ],
)
def test_an_ordinary_text_is_unchanged_and_what_moodle_cannot_store_is_removed(given_text: str, held: str) -> None:
    assert normalize("firstname", given_text) == normalize("department", given_text) == held


@pytest.mark.parametrize(("target", "longest"), [*((name, LENGTHS[name]) for name in TEXTS[:-1]), (TEXTS[-1], 2_048)])
def test_an_overlong_value_is_truncated_by_characters(target: str, longest: int) -> None:
    assert normalize(target, "ü" * longest) == "ü" * longest
    assert normalize(target, "ü" * (longest + 1)) == "ü" * longest
    assert normalize(target, "ü" * (longest - 1) + " ü") == "ü" * (longest - 1)


def test_a_country_becomes_a_code_and_an_unknown_one_is_not_sent() -> None:
    assert normalize("country", "United States") == "US"
    assert normalize("country", "") == ""
    assert normalize("country", "Atlantis") is None


@pytest.mark.parametrize(
    "address",
    ["ann@acme.example", "Ann.O'Neill+x@mail.acme-2.example", "a@b.co", "1@2.xn--p1ai", "x" * 64 + "@acme.example"],
)
def test_an_address_that_moodle_accepts(address: str) -> None:
    assert is_email(address)
    assert params.is_email(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "ann@acme",
        "ann@@acme.example",
        "ann lee@acme.example",
        " ann@acme.example",
        "ann@acme.example ",
        "ann@acme.example\n",
        ".ann@acme.example",
        "ann..lee@acme.example",
        "ann@-acme.example",
        "ann@acme.example.",
        "ann@[127.0.0.1]",
        "Ann <ann@acme.example>",
        "änn@acme.example",
        "ann@äcme.example",
        "x" * 65 + "@acme.example",
        "ann@" + "a" * 64 + ".example",
        "ann@" + "a." * 60 + "example",
    ],
)
def test_an_address_that_moodle_refuses_or_truncates(address: str) -> None:
    assert not is_email(address)


@given(st.emails() | st.from_regex(r"[!-~]{1,30}@[!-~]{1,30}\.[!-~]{1,10}", fullmatch=True))
def test_no_address_is_sent_that_moodle_refuses(address: str) -> None:
    if is_email(address):
        assert params.is_email(address)
        assert len(address) <= 100


@pytest.mark.parametrize(
    ("name", "plain", "extended"),
    [
        *((name, True, True) for name in ("ann.lee@acme.example", "e-4711", "a_b", "x" * 100)),
        *((name, False, True) for name in ("o'neill@acme.example", "a+b@acme.example", "zoë", "ann lee", "jo sé+x")),
        *((name, False, False) for name in ("", " ", "Ann", "O'neill", "ZOË", " zoë", "zoë\u00a0", "a\tb", "a\n")),
        *((name, False, False) for name in ("a\u200b", "x" * 101)),
    ],
)
def test_a_username_that_moodle_holds_by_itself_or_with_extended_characters(
    name: str, plain: bool, extended: bool
) -> None:
    assert (is_username(name), is_username(name, extended=True)) == (plain, extended)
    if extended:
        assert params.clean("username", name, Settings(extendedusernamechars=True)) == name


@pytest.mark.parametrize("extended", [False, True])
@given(name=st.text(max_size=30))
def test_no_username_is_sent_that_moodle_would_change(extended: bool, name: str) -> None:
    if is_username(name, extended=extended):
        assert params.clean("username", name, Settings(extendedusernamechars=extended)) == name

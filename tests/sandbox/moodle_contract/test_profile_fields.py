"""Custom profile fields: what each type stores and how a look-up returns it, by version.

A field that the site does not have is dropped from every write, which is what the tests then expect.
"""

from __future__ import annotations

import pytest

from tests.sandbox.moodle_contract.client import Moodle

JANUARY_31 = "1769817600"
STORED = [
    ("cttext", "Split", "Split"),
    ("cttext", " x ", " x "),
    ("cttext", "0", "0"),
    ("cttext", "", None),
    ("ctmenu", "Senior", "Senior"),
    ("ctcheckbox", "1", "1"),
    ("ctcheckbox", "0", "0"),
    ("ctcheckbox", "yes", "yes"),
    ("ctdatetime", "2026-01-31", JANUARY_31),
    ("ctdatetime", "2026-01-31T10:00:00", JANUARY_31),
    ("ctdatetime", JANUARY_31, JANUARY_31),
    ("ctdatetime", "", None),
    ("ctdatetime", "0", None),
    ("ctdatetime", "1990-01-01", "946684800"),
    ("ctdatetime", "2026-13-45", "1802563200"),
    ("ctdatetime", "31.01.2026", "2521843200"),
    ("ctdatetime", "soon", "2521843200"),
    ("ctdatetime", "2026", "946684800"),
]


def pair(name: str, value: str) -> list[dict[str, str]]:
    return [{"type": name, "value": value}]


def has_field(moodle: Moodle, name: str) -> bool:
    sent = {"ctmenu": "Senior", "ctdatetime": "2026-01-31"}.get(name, "1")
    return name in moodle.profile(moodle.created(customfields=pair(name, sent)))


@pytest.mark.parametrize(("name", "sent", "read"), STORED, ids=[f"{name}={sent[:20]!r}" for name, sent, _ in STORED])
def test_what_is_returned_of_a_value_that_was_sent(moodle: Moodle, name: str, sent: str, read: str | None) -> None:
    shown = moodle.profile(moodle.created(customfields=pair(name, sent)))

    assert shown.get(name, {}).get("value") == (read if has_field(moodle, name) else None)


@pytest.mark.parametrize("text", ["0123456789abcdef", "é" * 13])
def test_a_text_that_is_too_long_is_cut_from_4_4_on(moodle: Moodle, text: str) -> None:
    shown = moodle.profile(moodle.created(customfields=pair("cttext", text)))
    kept = text[:12] if moodle.release >= (4, 4) else text

    assert shown.get("cttext", {}).get("value") == (kept if has_field(moodle, "cttext") else None)


@pytest.mark.parametrize("unknown", ["Paris", "senior", ""])
def test_an_unknown_menu_option_replaces_the_old_one_without_an_error(moodle: Moodle, unknown: str) -> None:
    made = moodle.created(customfields=pair("ctmenu", "Senior"))

    assert moodle.update({"id": made, "customfields": pair("ctmenu", unknown)}) == {"warnings": []}
    kept = None if moodle.release >= (5, 1) else "Junior"
    assert moodle.profile(made).get("ctmenu", {}).get("value") == (kept if has_field(moodle, "ctmenu") else None)


def test_a_default_is_shown_for_an_account_that_has_no_value(moodle: Moodle) -> None:
    shown = moodle.profile(moodle.created())

    assert shown.get("ctmenu", {}).get("value") == ("Junior" if has_field(moodle, "ctmenu") else None)
    assert shown.get("ctcheckbox", {}).get("value") == ("0" if has_field(moodle, "ctcheckbox") else None)
    assert not {"cttext", "cttextarea", "ctdatetime"} & shown.keys()


def test_an_emptied_checkbox_is_shown_from_4_4_on(moodle: Moodle) -> None:
    shown = moodle.profile(moodle.created(customfields=pair("ctcheckbox", "")))

    assert ("ctcheckbox" in shown) == (moodle.release >= (4, 4) and has_field(moodle, "ctcheckbox"))


FORMATTED = [
    ("cttext", "AT&amp;T", "AT&amp;T", "AT&amp;T"),
    ("cttext", "R&D <North>", "R&D <North>", "R&amp;D "),
    ("cttextarea", "R&D", "R&D", '<div class="no-overflow"><div class="text_to_html">R&amp;D</div></div>'),
]


@pytest.mark.parametrize(("name", "sent", "raw", "displayed"), FORMATTED)
def test_a_text_is_raw_from_4_2_on_and_formatted_before(
    moodle: Moodle, name: str, sent: str, raw: str, displayed: str
) -> None:
    shown = moodle.profile(moodle.created(customfields=pair(name, sent))).get(name)

    if not has_field(moodle, name):
        assert shown is None
    elif moodle.release >= (4, 2):
        assert shown is not None
        assert (shown["value"], shown["displayvalue"]) == (raw, displayed)
    else:
        assert shown is not None
        assert (shown["value"], "displayvalue" in shown) == (displayed, False)


def test_the_type_of_a_field_is_its_kind_on_read_and_its_short_name_on_write(moodle: Moodle) -> None:
    made = moodle.created(customfields=[*pair("ctdatetime", "2026-01-31"), *pair("cttext", "a")])
    kinds = {name: field["type"] for name, field in moodle.profile(made).items() if name in ("ctdatetime", "cttext")}

    assert kinds == ({"ctdatetime": "datetime", "cttext": "text"} if has_field(moodle, "cttext") else {})


def test_an_update_of_one_field_keeps_the_others(moodle: Moodle) -> None:
    made = moodle.created(customfields=[*pair("ctmenu", "Senior"), *pair("cttext", "a")])
    moodle.update({"id": made, "customfields": pair("cttext", "")})
    moodle.update({"id": made, "customfields": pair("ctmenu", "Junior"), "firstname": "x" * 101})

    shown = {name: field["value"] for name, field in moodle.profile(made).items() if name in ("ctmenu", "cttext")}
    assert shown == ({"ctmenu": "Senior"} if has_field(moodle, "ctmenu") else {})


def test_a_field_that_does_not_exist_is_dropped(moodle: Moodle) -> None:
    name = moodle.unique()

    assert name not in moodle.profile(moodle.created(customfields=pair(name, "North")))

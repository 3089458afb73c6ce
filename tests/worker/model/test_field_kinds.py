"""Custom profile fields by type: what is sent, and whether Moodle shows what was sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.model.field_kinds import FieldKind, is_same, needs_read_back, shown_text, value_to_send

FIELD = "profile_field_x"
TYPES = ("text", "textarea", "menu", "checkbox", "datetime", "autocomplete")
JANUARY_31 = 1769817600
HOUR = 3600


def kinds(kind: str, *, is_raw: bool = True) -> dict[str, FieldKind]:
    return {FIELD: FieldKind(kind, is_raw)}


@pytest.mark.parametrize(
    ("kind", "text", "sent"),
    [
        ("text", "Yes", "Yes"),
        ("text", "", ""),
        ("menu", "2026-01-31", "2026-01-31"),
        ("checkbox", "1", "1"),
        ("checkbox", "true", "1"),
        ("checkbox", "Yes", "1"),
        ("checkbox", "0", "0"),
        ("checkbox", "False", "0"),
        ("checkbox", "no", "0"),
        ("checkbox", "", "0"),
        ("checkbox", "perhaps", None),
        ("datetime", "2026-01-31", "2026-01-31"),
        ("datetime", "2026-01-31T10:00:00+02:00", "2026-01-31"),
        ("datetime", "2026-01-31 10:00", "2026-01-31"),
        ("datetime", "", ""),
        ("datetime", "2026-13-45", None),
        ("datetime", "31.01.2026", None),
        ("datetime", "2026-01-311", None),
        ("datetime", "20260131", None),
        ("datetime", "2026", None),
        ("datetime", "soon", None),
    ],
)
def test_what_is_sent_for_a_value(kind: str, text: str, sent: str | None) -> None:
    assert value_to_send(kinds(kind), FIELD, text) == sent
    assert value_to_send({}, FIELD, text) == text, "of a field that no account has shown the type is not known"


@pytest.mark.parametrize(
    ("kind", "is_raw", "sent", "shown", "same"),
    [
        ("text", True, "AT&T", "AT&T", True),
        ("text", True, "AT&T", "AT&amp;T", False),
        ("text", True, "AT&amp;T", "AT&T", False),
        ("text", False, "AT&T", "AT&T", True),
        ("text", False, "AT&amp;T", "AT&T", True),
        ("text", False, "AT&T", "ATT", False),
        ("text", True, "0", "", False),
        ("textarea", True, "R&D, a < b", "<p>R&amp;D,<br>a &lt; b</p>", True),
        ("textarea", True, "R&D", "<p>R&amp;D and more</p>", False),
        ("textarea", False, "R&D", "R&D", True),
        ("textarea", False, "&lt;b&gt; of R&amp;D", "<b> of R&D", True),
        ("menu", True, "Senior", "senior", False),
        ("menu", True, "A & B", "A &amp; B", False),
        ("checkbox", True, "0", "", True),
        ("checkbox", True, "", "0", True),
        ("checkbox", True, "1", "", False),
        ("checkbox", True, "1", "Yes", False),
        ("checkbox", True, "0", "No", False),
        ("datetime", True, "2026-01-31", str(JANUARY_31), True),
        ("datetime", True, "2026-01-31", str(JANUARY_31 - 13 * HOUR), True),
        ("datetime", True, "2026-01-31", str(JANUARY_31 + 10 * HOUR), True),
        ("datetime", True, "2026-01-31", str(JANUARY_31 + 11 * HOUR), False),
        ("datetime", True, "2026-01-30", str(JANUARY_31 - 1 * HOUR), False),
        ("datetime", True, "1969-12-31", str(-24 * HOUR), True),
        ("datetime", True, "2026-01-31", "", False),
        ("datetime", True, "", str(JANUARY_31), False),
        ("datetime", True, "soon", "later", False),
        ("datetime", True, "2026-01-31", "99999999999999999999", False),
    ],
)
def test_a_value_is_compared_by_the_type_of_the_field(
    kind: str, is_raw: bool, sent: str, shown: str, same: bool
) -> None:
    assert is_same(kinds(kind, is_raw=is_raw), FIELD, sent, shown) is same


@pytest.mark.parametrize(("field", "same"), [("email", True), ("username", False), ("city", False)])
def test_only_addresses_are_compared_without_case(field: str, same: bool) -> None:
    assert is_same({}, field, "ada@acme.example", "Ada@ACME.example") is same
    assert is_same({}, field, "ada@acme.example", "eda@acme.example") is False


@pytest.mark.parametrize(
    ("field", "same"), [("city", True), ("institution", True), ("department", False), ("lang", False), (FIELD, False)]
)
def test_a_zero_that_an_answer_leaves_out_is_the_same_in_the_fields_that_php_takes_for_empty(
    field: str, same: bool
) -> None:
    assert is_same({}, field, "0", "") is same
    assert is_same({}, field, "1", "") is False
    assert is_same({}, field, "", "0") is False


@pytest.mark.parametrize(
    ("kind", "is_raw", "value", "text"),
    [
        ("text", True, "AT&amp;T", "AT&amp;T"),
        ("text", False, "AT&amp;T", "AT&T"),
        ("text", False, '<a href="https://x.example/R%26amp%3BD" >R&amp;amp;D</a>', "R&D"),
        ("text", False, "a < b", "a < b"),
        ("textarea", True, "<p>R&amp;D</p>", "<p>R&amp;D</p>"),
        ("textarea", False, '<div class="no-overflow"><div class="text_to_html">R&amp;D<br />\nx</div></div>', "R&D x"),
        ("menu", False, "A &amp; B", "A &amp; B"),
    ],
)
def test_a_text_that_moodle_formats_is_read_without_its_html(kind: str, is_raw: bool, value: str, text: str) -> None:
    assert shown_text(FieldKind(kind, is_raw), value) == text


@pytest.mark.parametrize("field", [FIELD, "lang", "timezone", "city", "country", "phone1"])
def test_what_moodle_may_replace_is_read_back(field: str) -> None:
    assert needs_read_back(field)


@pytest.mark.parametrize("field", ["firstname", "email", "department", "institution", "suspended", "username"])
def test_what_moodle_keeps_or_refuses_is_not_read_back(field: str) -> None:
    assert not needs_read_back(field)


_TEXT = st.text(max_size=12) | st.sampled_from(["1", "yes", "0", "2026-01-31", "<b>x</b>", "AT&amp;T", "a < b"])


@given(st.sampled_from(TYPES), st.booleans(), _TEXT)
def test_what_is_sent_is_the_same_as_itself_and_as_what_is_sent_for_it(kind: str, is_raw: bool, text: str) -> None:
    known = kinds(kind, is_raw=is_raw)
    sent = value_to_send(known, FIELD, text)

    if sent is not None:
        assert value_to_send(known, FIELD, sent) == sent
        assert is_same(known, FIELD, sent, shown_text(known[FIELD], sent))

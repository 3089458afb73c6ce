"""What an operator clicks and types, how the address records it, and the browser history."""

from __future__ import annotations

from collections import Counter

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.chromium import Browser
from tests.browser.conftest import Show
from tests.browser.plans import a_run, plan, very_large
from worker.reports.groups import kind_of
from worker.reports.report import Cell, Report, Row

_RUN = a_run(shows_values=True)
_BY_KIND = Counter(kind_of(row) for row in _RUN.rows)
_ROWS = "tbody tr"


def _shown(browser: Browser, number: int, of: int = len(_RUN.rows)) -> None:
    """Check the number that the page states, and the number of visible rows."""
    browser.wait("return document.querySelector('#shown').textContent === arguments[0]", f"{number:,} of {of:,} shown")
    _shown_rows(browser, number)


def _shown_rows(browser: Browser, number: int) -> None:
    count = "return [...document.querySelectorAll(arguments[0])].filter(row => row.checkVisibility()).length"
    assert browser.run(count, _ROWS) == number


def _click(browser: Browser, action: str) -> None:
    browser.one(f"button[data-action={action}]").click()


def _pressed(browser: Browser) -> list[str]:
    return [str(one.get_attribute("data-action")) for one in browser.all("button[aria-pressed=true]")]


def _kinds(browser: Browser) -> set[str]:
    visible = "[...document.querySelectorAll('details')].filter((one) => one.checkVisibility())"
    return set(browser.run(f"return {visible}.map((one) => one.dataset.action)"))


def test_at_first_everything_is_shown(browser: Browser, show: Show) -> None:
    show(_RUN)

    _shown(browser, 120)
    assert _pressed(browser) == []
    assert sum(int(text.split()[0]) for text in browser.texts("summary .number")) == 120
    assert browser.texts("button.clear") == []


def test_several_actions_can_be_selected_and_deselected(browser: Browser, show: Show) -> None:
    show(_RUN)

    _click(browser, "suspend")
    _shown(browser, _BY_KIND["suspend"])
    assert _kinds(browser) == {"suspend"}

    _click(browser, "hold")
    _shown(browser, _BY_KIND["suspend"] + _BY_KIND["hold"])
    assert _pressed(browser) == ["suspend", "hold"]
    assert browser.fragment == "#action=suspend,hold"

    _click(browser, "suspend")
    _shown(browser, _BY_KIND["hold"])
    assert _kinds(browser) == {"hold"}

    _click(browser, "hold")
    _shown(browser, 120)
    assert browser.fragment == ""


def test_a_button_is_pressed_with_the_keyboard_too(browser: Browser, show: Show) -> None:
    show(_RUN)
    browser.one("button[data-action=create]").send_keys(Keys.SPACE)

    _shown(browser, _BY_KIND["create"])
    assert browser.focused.get_attribute("data-action") == "create"


@pytest.mark.parametrize(
    ("typed", "employees"),
    [
        ("4711", [4711]),
        ("812", [8, 812]),
        ("COST_CENTER", [8]),
        ("in_step", [9]),
        ("nothing  DIFFERS", [9]),
        ("muller", [8]),
        ("M\u00dcLLER", [8]),
        ("tokyo", [4711]),
        ("o'br", [4711]),
        ("look closely", [4711]),
        ("no such word", []),
    ],
)
def test_the_search_finds_ids_fields_reasons_and_values(
    browser: Browser, show: Show, typed: str, employees: list[int]
) -> None:
    show(
        plan(
            [
                Row(
                    4711, "create", "new", "has no account yet", problem="look closely",
                    cells=(Cell("city", None, "Tokyo"), Cell("lastname", None, "O'Brien")),
                ),
                Row(
                    8, "update", "changed", "they differ", account_id=812,
                    cells=(Cell("cost_center", "M\u00fcller", "x"),),
                ),
                Row(9, "unchanged", "in_step", "nothing differs", account_id=3),
                Row(812, "skip", "no_email", "has no address"),
            ],
            shows_values=True,
        )
    )  # fmt: skip
    browser.one("#search").send_keys(typed)

    _shown(browser, len(employees), 4)
    assert sorted(map(int, browser.texts(f"{_ROWS} th"))) == sorted(employees)


def test_text_that_spans_two_cells_is_not_found(browser: Browser, show: Show) -> None:
    show(plan([Row(11, "update", "c", "r", account_id=22)]))
    browser.one("#search").send_keys("1122")

    _shown(browser, 0, 1)


def test_a_search_within_an_action_counts_by_group(browser: Browser, show: Show) -> None:
    show(_RUN)
    expected = [row for row in _RUN.rows if row.action == "update" and "Dubois" in f"{row.name} {row.cells}"]

    _click(browser, "update")
    browser.one("#search").send_keys("dubois")

    _shown(browser, len(expected))
    assert 0 < len(expected) < _BY_KIND["update"]
    numbers = [text.split() for text in browser.texts("summary .number")]
    assert sum(int(words[0]) for words in numbers) == len(expected)
    assert any(words[1] == "of" for words in numbers)
    assert browser.fragment == "#action=update&q=dubois"


def test_a_filtered_view_can_be_linked(browser: Browser, show: Show) -> None:
    (wanted,) = (row for row in _RUN.rows if row.action == "suspend" and row.employee_id == 1021)

    show(_RUN, f"#action=suspend,hold&q={wanted.employee_id}")

    _shown(browser, 1)
    assert _pressed(browser) == ["suspend", "hold"]
    assert browser.one("#search").get_attribute("value") == "1021"


@pytest.mark.parametrize("typed", ["a&b=c #1", "100 %", "50%25", "na\u00efve +1", "a,b"])
def test_any_search_text_survives_the_address(browser: Browser, show: Show, typed: str) -> None:
    show(plan([Row(1, "update", "c", f"said: {typed}!"), Row(2, "update", "c", "other")]))
    browser.one("#search").send_keys(typed)
    _shown(browser, 1, 2)

    browser.driver.refresh()

    _shown(browser, 1, 2)
    assert browser.one("#search").get_attribute("value") == typed


@pytest.mark.parametrize("fragment", ["#action=nonsense", "#something", "#q=", "#action=&q=%20", "#", "#action=,,"])
def test_an_address_without_a_filter_shows_everything(browser: Browser, show: Show, fragment: str) -> None:
    show(_RUN, fragment)

    _shown(browser, 120)
    assert _pressed(browser) == []


def test_back_and_forward(browser: Browser, show: Show) -> None:
    show(_RUN)
    _click(browser, "suspend")
    _shown(browser, _BY_KIND["suspend"])
    _click(browser, "hold")
    _shown(browser, _BY_KIND["suspend"] + _BY_KIND["hold"])

    browser.back()
    _shown(browser, _BY_KIND["suspend"])
    assert _pressed(browser) == ["suspend"]

    browser.back()
    _shown(browser, 120)
    assert _pressed(browser) == []

    browser.forward()
    _shown(browser, _BY_KIND["suspend"])


def test_one_burst_of_typing_is_one_entry_of_the_history(browser: Browser, show: Show) -> None:
    show(_RUN)
    _click(browser, "update")
    for text, found in (("dub", "dub"), ("ois-", "dubois-")):
        browser.one("#search").send_keys(text)
        browser.wait("return location.hash.endsWith('q=' + arguments[0])", found)

    browser.back()

    _shown(browser, _BY_KIND["update"])
    assert browser.one("#search").get_attribute("value") == ""


def test_a_link_followed_on_the_open_page_applies(browser: Browser, show: Show) -> None:
    show(_RUN)
    browser.run("location.hash = 'action=conflict'")

    _shown(browser, _BY_KIND["conflict"])


def test_without_a_match_the_page_says_so_and_offers_to_show_all(browser: Browser, show: Show) -> None:
    show(_RUN, "#action=suspend&q=no-such-employee")
    _shown(browser, 0)
    assert browser.texts("#nothing h2") == ["No row matches the filter"]
    assert not browser.one("#groups").is_displayed()

    browser.one("#nothing button").click()

    _shown(browser, 120)
    assert browser.fragment == ""
    assert browser.focused.get_attribute("id") == "search"
    assert browser.one("#search").get_attribute("value") == ""
    assert browser.texts("button.clear") == []


def test_a_group_is_folded_and_unfolded(browser: Browser, show: Show) -> None:
    show(_RUN)
    browser.one("details[data-action=suspend] summary").click()
    _shown_rows(browser, 120 - _BY_KIND["suspend"])

    browser.one("details[data-action=suspend] summary").send_keys(Keys.ENTER)
    _shown_rows(browser, 120)


def test_all_groups_are_folded_and_unfolded_at_once(browser: Browser, show: Show) -> None:
    show(_RUN)
    browser.one("button.fold").click()
    _shown_rows(browser, 0)
    browser.wait("return document.querySelector('button.fold').textContent === 'Expand all'")

    browser.one("button.fold").click()
    _shown_rows(browser, 120)
    browser.wait("return document.querySelector('button.fold').textContent === 'Collapse all'")


def test_a_search_unfolds_the_groups_that_it_finds_something_in(browser: Browser, show: Show) -> None:
    show(_RUN)
    browser.one("button.fold").click()
    browser.one("#search").send_keys("1021")

    _shown(browser, 1)


@pytest.mark.parametrize(("typed", "kind"), [("belongs to another account", "conflict"), ("(held)", "held")])
def test_the_search_finds_what_a_group_says_of_its_rows(browser: Browser, show: Show, typed: str, kind: str) -> None:
    show(_RUN)
    browser.one("#search").send_keys(typed)

    _shown(browser, _BY_KIND[kind])
    assert _kinds(browser) == {kind}


def test_twenty_thousand_rows_are_filtered(browser: Browser, show: Show) -> None:
    report: Report = very_large()
    by_kind = Counter(map(kind_of, report.rows))
    show(report)
    _shown(browser, 20_000, 20_000)

    _click(browser, "suspend")
    _shown(browser, by_kind["suspend"], 20_000)
    _click(browser, "suspend")
    browser.one("#search").send_keys("singapore")
    _shown(browser, sum("Singapore" in str(row.cells) for row in report.rows), 20_000)
    browser.one("p.shown button.clear").click()
    _shown(browser, 20_000, 20_000)

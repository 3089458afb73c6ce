"""How the page looks: light and dark, wide and narrow, printed, without scripts, with hostile text."""

from __future__ import annotations

import pytest

from tests.browser.chromium import NARROW, WIDE, Browser
from tests.browser.conftest import Picture, Show
from tests.browser.plans import HOSTILE, a_run, hostile, plan
from worker.reports.report import Cell, Row

_SIZES = {"wide": WIDE, "narrow": NARROW, "between": (900, 700), "tiny": (320, 568)}
_ENOUGH = 4.5
_CONTRASTS = """
const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
const read = (color) => {
  canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const ground = (element) => {
  for (let one = element; one; one = one.parentElement) {
    const color = read(getComputedStyle(one).backgroundColor);
    if (color[3] === 255) return color;
    if (color[3] !== 0) throw new Error("half transparent: " + one.outerHTML.slice(0, 80));
  }
  return [255, 255, 255, 255];
};
const luminance = ([red, green, blue]) => {
  const [r, g, b] = [red, green, blue].map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const found = {};
for (const element of document.body.querySelectorAll("*")) {
  const says = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
    || ["::before", "::after"].some((part) => !["none", "normal"].includes(getComputedStyle(element, part).content));
  if (!says || !element.checkVisibility()) continue;
  const inks = [getComputedStyle(element).color];
  for (const part of ["::before", "::after"]) inks.push(getComputedStyle(element, part).color);
  for (const ink of inks) {
    const [light, dark] = [luminance(read(ink)), luminance(ground(element))].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    const name = element.tagName + "." + element.className + " in " + element.parentElement.tagName;
    found[name] = Math.min(ratio, found[name] || 99);
  }
}
return found;
"""
_OVERFLOWING = """
const width = document.scrollingElement.clientWidth;
return [...document.querySelectorAll("main table *, summary *, header *")]
  .filter((one) => one.checkVisibility() && !one.closest("thead") && one.getBoundingClientRect().right > width + 1)
  .map((one) => one.outerHTML.slice(0, 120));
"""


def _does_not_scroll_sideways(browser: Browser) -> None:
    wide, seen = browser.run("return [document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]")
    assert wide <= seen
    assert browser.run(_OVERFLOWING) == []


@pytest.mark.parametrize("shows_values", [True, False], ids=["values", "names"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", _SIZES)
def test_it_fits_and_is_readable(
    browser: Browser, show: Show, picture: Picture, size: str, scheme: str, shows_values: bool
) -> None:
    browser.size(_SIZES[size])
    browser.media(scheme=scheme)
    show(a_run(shows_values=shows_values), "#action=suspend,update")
    name = f"{size}-{scheme}-{'values' if shows_values else 'names'}"
    picture(f"{name}-filtered")
    filtered = browser.run(_CONTRASTS)
    show(a_run(shows_values=shows_values))
    picture(name)

    _does_not_scroll_sideways(browser)
    contrasts = browser.run(_CONTRASTS) | {f"{key} (filtered)": value for key, value in filtered.items()}
    assert len(contrasts) > 40
    assert {key: value for key, value in contrasts.items() if value < _ENOUGH} == {}


def test_dark_is_dark(browser: Browser, show: Show) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        browser.media(scheme=scheme)
        show(a_run(shows_values=False))
        grounds[scheme] = browser.one("body").value_of_css_property("background-color")

    assert grounds["light"] == "rgba(245, 246, 248, 1)"
    assert grounds["dark"] == "rgba(15, 19, 24, 1)"


def test_every_kind_has_a_colour_and_a_word(browser: Browser, show: Show) -> None:
    show(a_run(shows_values=False))
    script = """
        return [...document.querySelectorAll("button[data-action]")].map((one) =>
            [one.querySelector(".word").textContent, getComputedStyle(one).color]);
    """
    found = dict(browser.run(script))

    assert len(found) == 10
    # `starts later`, `skip` and `unchanged` share a quiet colour, as `held` and `waiting` share theirs.
    assert len(set(found.values())) == 7


def test_what_takes_access_away_is_red_and_nothing_else(browser: Browser, show: Show) -> None:
    show(a_run(shows_values=True))
    red = browser.one("em.suspended").value_of_css_property("color")
    script = """
        return [...new Set([...document.querySelectorAll("body *")]
            .filter((one) => getComputedStyle(one).color === arguments[0])
            .map((one) => one.closest("[data-would], [data-action]"))
            .map((one) => one.dataset.would || one.dataset.action))];
    """

    assert sorted(browser.run(script, red.replace("rgba", "rgb").replace(", 1)", ")"))) == ["suspend"]


def test_a_narrow_row_is_a_card_that_names_what_it_shows(browser: Browser, show: Show) -> None:
    show(a_run(shows_values=False))
    tops = "return [...document.querySelectorAll('tbody tr:first-child > *')].slice(0, 3).map(one => one.offsetTop)"
    assert len(set(browser.run(tops))) == 1

    browser.size(NARROW)

    assert len(set(browser.run(tops))) > 1
    label = "return getComputedStyle(document.querySelector('tbody tr > th'), '::before').content"
    assert browser.run(label) == '"Employee "'


def test_a_link_leads_to_the_employee_and_the_account(browser: Browser, show: Show) -> None:
    show(a_run(shows_values=True), "#action=suspend&q=1021")

    links = [one for one in browser.all("tbody tr:not([hidden]) a") if one.is_displayed()]
    assert [(one.get_attribute("href"), one.get_attribute("rel")) for one in links] == [
        ("https://acme.bamboohr.com/employees/employee.php?id=1021", "noreferrer"),
        ("https://learn.example.com/user/profile.php?id=303", "noreferrer"),
    ]


def test_the_toolbar_stays_visible(browser: Browser, show: Show) -> None:
    for size in (WIDE, NARROW):
        browser.size(size)
        show(a_run(shows_values=True))
        browser.run("scrollTo(0, document.body.scrollHeight)")

        assert browser.run("return document.querySelector('.toolbar').getBoundingClientRect().top") == 0


def test_the_focus_is_visible(browser: Browser, show: Show) -> None:
    show(a_run(shows_values=True))
    for _ in range(20):
        browser.tab()
        assert browser.focused.value_of_css_property("outline-style") == "solid"
        assert browser.focused.value_of_css_property("outline-width") == "3px"
        if browser.focused.get_attribute("id") == "search":
            return
    pytest.fail("the search is not reached by the keyboard")


def test_a_screen_reader_finds_a_table(browser: Browser, show: Show) -> None:
    show(a_run(shows_values=True))
    nodes = browser.do("Accessibility.getFullAXTree")["nodes"]
    roles = [node["role"]["value"] for node in nodes if "role" in node and not node["ignored"]]

    groups = len(browser.all("details"))
    assert roles.count("table") == groups
    assert roles.count("columnheader") == 5 * groups
    assert roles.count("row") == groups + 120
    assert roles.count("rowheader") == 120
    assert roles.count("heading") == 1 + 2 + 1 + groups + 1
    (search,) = (node for node in nodes if node.get("role", {}).get("value") == "searchbox")
    assert search["name"]["value"] == "Search"


def test_printed_it_shows_every_row_whatever_the_filter(browser: Browser, show: Show) -> None:
    show(a_run(shows_values=True), "#action=suspend&q=no-such-employee")
    browser.run("document.querySelectorAll('details').forEach((one) => { one.open = false; })")
    browser.media(medium="print", scheme="dark")

    assert len(browser.texts("tbody tr")) == 120
    assert browser.texts("#nothing, .search, .shown, .matching, .fold") == []
    assert browser.one("body").value_of_css_property("background-color") == "rgba(255, 255, 255, 1)"
    assert browser.one(".toolbar").value_of_css_property("position") == "static"


def test_without_scripts_every_row_is_visible_and_no_filter_applies(browser: Browser, show: Show) -> None:
    browser.scripts(run=False)
    show(a_run(shows_values=True), "#action=suspend")

    assert len(browser.texts("tbody tr")) == 120
    assert browser.texts(".search, .fold") == []
    assert browser.texts("button[data-action=suspend]") == ["suspend 5"]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_hostile_text_stays_text(browser: Browser, show: Show, picture: Picture, size: tuple[int, int]) -> None:
    browser.size(size)
    show(hostile())
    picture(f"hostile-{size[0]}")

    assert browser.run("return typeof window.pwned") == "undefined"
    assert browser.run("return document.querySelectorAll('img, svg, iframe, script').length") == 1
    assert browser.run("return [...document.links].filter((one) => one.protocol !== 'https:').length") == 0
    visible = [value.strip() for value in HOSTILE if value.isprintable() and value]
    assert set(visible) < set(browser.texts("del"))
    _does_not_scroll_sideways(browser)

    browser.one("#search").send_keys("onerror")
    browser.wait("return document.querySelector('#shown').textContent === '1 of 14 shown'")
    assert browser.run("return typeof window.pwned") == "undefined"


def test_a_trailing_space_is_visible(browser: Browser, show: Show) -> None:
    show(hostile())
    widths = browser.run("""
        const shown = [...document.querySelectorAll("del")].filter((one) => one.textContent.startsWith("Anna"));
        const before = shown[0].getBoundingClientRect().width;
        shown[0].lastChild.data = shown[0].lastChild.data.trimEnd();
        return [before, shown[0].getBoundingClientRect().width];
    """)

    assert widths[0] > widths[1]


def test_a_value_keeps_its_own_direction(browser: Browser, show: Show) -> None:
    cells = (Cell("city", "\u05d7\u05d9\u05e4\u05d4 1", "\u05e8\u05de\u05dc\u05d4"), Cell("site", "A 1", "\u05d0 (b)"))
    show(plan([Row(1, "update", "differs", "they differ", cells=cells)], shows_values=True))
    edges = browser.run("""
        const edge = (element) => element.getBoundingClientRect();
        const range = document.createRange();
        range.setStart(document.querySelector("td li:nth-child(2) ins").firstChild, 0);
        range.setEnd(range.startContainer, 1);
        return [...document.querySelectorAll("td li")].map((item) =>
            edge(item.querySelector("del")).right <= edge(item.querySelector("ins")).left
        ).concat(edge(range).right > edge(document.querySelector("td li:nth-child(2) ins")).right - 8);
    """)

    assert edges == [True, True, True]


def test_the_policy_refuses_other_scripts_and_styles(browser: Browser, show: Show) -> None:
    show(a_run(shows_values=False))
    browser.run("""
        const script = document.createElement("script");
        script.textContent = "window.pwned = 1";
        document.body.append(script);
        document.body.setAttribute("style", "display: none");
    """)

    assert browser.run("return typeof window.pwned") == "undefined"
    assert browser.one("h1").is_displayed()
    complaints = browser.complaints()
    assert len(complaints) == 2
    assert all("Content Security Policy" in complaint for complaint in complaints)


def test_an_empty_plan_says_so(browser: Browser, show: Show, picture: Picture) -> None:
    show(plan([]))
    picture("empty")

    assert browser.texts("h1, h2") == ["Plan for prod", "This plan is empty", "What to do next"]
    assert browser.all("button") == []

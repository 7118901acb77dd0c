"""From the overview to the one step that burned the money: three activations, by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.company import AGENT, a_run
from tests.browser.conftest import Visit

#: What a person may have to walk past; more would be no path.
STOPS = 60

FOCUS = """() => {
  const style = getComputedStyle(document.activeElement);
  const box = document.activeElement.getBoundingClientRect();
  return { outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 3,
           high: box.height >= 24 || style.position === "absolute" };
}"""


def tab_to(page: Page, selector: str) -> None:
    """Walk forward until such a link has the focus; every stop on the way can be seen."""
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        seen = page.evaluate(FOCUS)
        assert seen["outline"], page.evaluate("document.activeElement.outerHTML")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            assert seen["high"], page.evaluate("document.activeElement.outerHTML")
            return
    pytest.fail(f"nothing like {selector} within {STOPS} stops")


def test_three_activations_lead_to_the_step(visit: Visit) -> None:
    page = visit("viewer").open("/?period=30d")

    tab_to(page, f'[aria-labelledby=h-top] a[href^="/workflows/{AGENT}/"]')
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/workflows/{AGENT}/**")
    # Runs beyond a cap lead to their step at once; the dearest ones to the run.
    tab_to(page, 'a[href^="/runs/"]:not([href*="step="])')
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs/**")
    tab_to(page, "td.name a")
    row = page.evaluate("document.activeElement.id")
    page.keyboard.press("Enter")
    page.wait_for_url("**step=**")

    panel = page.locator(".panel")
    assert panel.is_visible()
    assert page.evaluate("document.activeElement.id") == "h-step"
    assert "Prompt text is not stored." in panel.inner_text()
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "step=" not in url)
    assert page.locator(".panel").count() == 0
    assert page.evaluate("document.activeElement.id") == row


def test_the_panel_needs_no_javascript(visit: Visit) -> None:
    visitor = visit("viewer", javascript=False)
    page = visitor.page
    page.goto(f"{visitor.url}{a_run()}")
    page.locator("td.name a").first.click()

    assert page.locator(".panel").is_visible()
    page.get_by_text("Technical detail").click()
    assert page.get_by_text("Input tokens").is_visible()
    page.get_by_role("link", name="Next step").click()
    assert "Step 2 of" in page.locator(".panel").inner_text()
    page.get_by_role("link", name="Close").click()
    assert page.locator(".panel").count() == 0


def test_a_bar_leads_to_the_runs_of_its_day(visit: Visit) -> None:
    visitor = visit("viewer")
    page = visitor.open(f"/workflows/{AGENT}/?period=30d")
    # Bars are drawn for the mouse alone; the table beneath holds the same links for everybody.
    bars = page.locator(".chart .bars .point path")
    bars.first.scroll_into_view_if_needed()
    boxes = [bars.nth(place).bounding_box() for place in range(bars.count())]
    tallest = max((box for box in boxes if box), key=lambda box: box["height"])
    middle = (tallest["x"] + tallest["width"] / 2, tallest["y"] + tallest["height"] / 2)
    page.mouse.move(*middle, steps=5)
    page.locator(".chart .hovertext").first.wait_for()
    page.mouse.click(*middle)

    page.wait_for_url("**day=**")
    assert "Runs that began on" in page.locator("[aria-labelledby=h-runs]").inner_text()
    page.get_by_text("Show as table").click()
    assert page.locator("details.data tbody a[href*='day=']").count() == 60

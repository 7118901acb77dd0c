"""A weekly review by keyboard alone, from its start to its close, as finance holds it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from finops.models import Review
from tests.browser.conftest import Visit
from tests.browser.meeting import clear_the_table, fill_the_table, open_review

#: A half-hour meeting has three minutes for what a scribe types; closing is one moment.
WHOLE, CLOSING = 180.0, 2.0
STOPS = 90

#: The calendar in a date field draws its own mark.
FOCUS = """() => {
  if (document.activeElement.type === "date") return true;
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 3;
}"""


@pytest.fixture
def review(site: str) -> Iterator[Review]:
    held = open_review()
    fill_the_table()
    yield held
    clear_the_table(held)


def tab_to(page: Page, selector: str) -> None:
    """Walk forward until such a control has the focus; every stop on the way can be seen."""
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS), page.evaluate("document.activeElement.outerHTML")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    pytest.fail(f"nothing like {selector} within {STOPS} stops")


def turn(page: Page, key: str, screen: int) -> None:
    """Turn the page by an arrow."""
    page.keyboard.press(key)
    page.wait_for_url(f"**screen={screen}**")


def decide(page: Page, row: int, choice: str) -> None:
    """Walk to a choice of a row and press it."""
    tab_to(page, f".rv-row:nth-child({row}) .rv-choice button[value={choice}]")
    with page.expect_response("**/decide/**"):
        page.keyboard.press("Enter")
    page.locator(f".rv-row:nth-child({row}) .rv-choice[data-choice={choice}]").wait_for()


def promise(page: Page, what: str, owner: str, saving: str) -> None:
    """Type an action where Fix has put the focus."""
    assert page.evaluate("document.activeElement.name") == "what"
    page.keyboard.type(what)
    page.keyboard.press("Tab")
    page.keyboard.type(owner)
    tab_to(page, "input[name=saving]")
    page.keyboard.type(saving)
    with page.expect_response("**/promise/**") as answered:
        page.keyboard.press("Enter")
    assert answered.value.status == 200
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_from_start_to_close(visit: Visit, review: Review) -> None:
    began = time.monotonic()
    page = visit("finance").open("/reviews/")
    tab_to(page, f'a[href="/reviews/weekly/{review.key}/"].btn')
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/reviews/weekly/{review.key}/")
    for screen in (2, 3):
        turn(page, "ArrowRight", screen)

    decide(page, 1, "fix")
    promise(page, "Cap repeats at one", "Test fin", "$1.3k")
    decide(page, 2, "accept")
    tab_to(page, "input[name=sentence]")
    page.keyboard.type("Volume follows the contracts")
    decide(page, 3, "accept")
    decide(page, 4, "fix")
    promise(page, "Cache the account history", "Test fin", "")
    turn(page, "ArrowRight", 4)
    decide(page, 1, "investigate")
    for screen in (5, 6):
        turn(page, "ArrowRight", screen)

    assert "5 decisions" in page.locator("#back-said").inner_text()
    assert "2 actions: $1,300 a month expected, 1 not known yet" in (
        page.locator("#back-actions").inner_text()
    )
    tab_to(page, "#confirm-finance")
    with page.expect_response("**/confirm/**"):
        page.keyboard.press("Enter")
    tab_to(page, "#close-meeting")
    pressed = time.monotonic()
    page.keyboard.press("Enter")
    page.locator(".rv-banner").wait_for()
    ended = time.monotonic()

    assert ended - pressed < CLOSING
    assert ended - began < WHOLE
    review.refresh_from_db()
    assert (review.state, review.version) == (Review.CLOSED, 1)
    kept = review.decisions.exclude(choice="")
    assert kept.count() == 5
    assert review.decisions.filter(sentence="Volume follows the contracts").exists()
    assert review.actions.count() == 2


def test_arrows_stay_inside_what_is_typed_in_and_can_be_switched_off(
    visit: Visit, review: Review
) -> None:
    page = visit("finance").open(f"/reviews/weekly/{review.key}/?screen=3")
    page.locator("textarea[name=text]").focus()
    page.keyboard.press("ArrowRight")
    page.locator("[data-keys]").focus()
    page.keyboard.press("Enter")
    assert page.locator("[data-keys]").get_attribute("aria-pressed") == "false"
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert "screen=3" in page.url

    page.reload()
    assert page.locator("[data-keys]").get_attribute("aria-pressed") == "false", "it is remembered"
    page.locator("[data-keys]").click()
    turn(page, "ArrowLeft", 2)

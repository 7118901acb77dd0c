"""The weekly review on a projector, with two scribes, without a connection, and without scripts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from finops.models import Review
from tests.browser.conftest import Visit, Visitor
from tests.browser.meeting import clear_the_table, fill_the_table, open_review

PROJECTOR = {"width": 1280, "height": 720}
TALL = "document.documentElement.scrollHeight - innerHeight"
#: Whatever scrolls inside of a screen, but text boxes.
INSIDE = """[...document.querySelectorAll("#screen *")].filter((each) =>
  ["auto", "scroll"].includes(getComputedStyle(each).overflowY)
  && each.scrollHeight > each.clientHeight && each.tagName !== "TEXTAREA").length"""


@pytest.fixture
def review(site: str) -> Iterator[Review]:
    held = open_review()
    fill_the_table()
    yield held
    clear_the_table(held)


def opened(visitor: Visitor, review: Review, screen: int, more: str = "") -> Page:
    return visitor.open(f"/reviews/weekly/{review.key}/?screen={screen}{more}")


def note(page: Page) -> str:
    return page.locator("textarea[name=text]").input_value()


def press(page: Page, row: int, choice: str) -> None:
    with page.expect_response("**/decide/**"):
        page.locator(f".rv-row:nth-child({row}) .rv-choice button[value={choice}]").click()


def test_a_projected_screen_needs_no_scrolling(visit: Visit, review: Review) -> None:
    visitor = visit("finance")
    visitor.page.set_viewport_size(PROJECTOR)  # type: ignore[arg-type]  # of plain sizes
    for screen in range(1, 7):
        page = opened(visitor, review, screen, "&present=1")
        assert not page.locator(".side").is_visible()
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "20px"
        assert page.evaluate(TALL) <= 0, screen
        assert page.evaluate(INSIDE) == 0, screen
        assert not any(visitor.faults().values()), visitor.faults()
    assert page.locator(".rv-row").count() == 0


def test_a_projected_screen_holds_what_was_decided(visit: Visit, review: Review) -> None:
    visitor = visit("finance")
    visitor.page.set_viewport_size(PROJECTOR)  # type: ignore[arg-type]  # of plain sizes
    page = opened(visitor, review, 3, "&present=1")
    assert page.locator(".rv-row").count() == 5
    for row, choice in enumerate(("accept", "stop", "change_budget", "investigate", "fix"), 1):
        press(page, row, choice)
        page.locator(f".rv-row:nth-child({row}) .rv-choice[data-choice={choice}]").wait_for()
        assert page.evaluate(TALL) <= 0, choice
    page.locator(".rv-row[data-open] input[name=what]").fill("Cap repeats at one")
    page.locator(".rv-row[data-open] select[name=owner]").select_option(label="Test finance")
    with page.expect_response("**/promise/**"):
        page.locator(".rv-row[data-open] .rv-add button").click()
    page.locator(".rv-row[data-open] .rv-actions li").wait_for()
    assert page.evaluate(TALL) <= 0
    page.locator("textarea[name=text]").fill("A line of the notes.\n" * 8)
    assert page.evaluate(TALL) <= 0

    page = opened(visitor, review, 4, "&present=1")
    assert "more" in page.locator(".rv-more").inner_text()
    for row in range(1, 5):
        press(page, row, "fix")
        page.locator(f".rv-row:nth-child({row}) .rv-choice[data-choice=fix]").wait_for()
        assert page.evaluate(TALL) <= 0, row
    page = opened(visitor, review, 6, "&present=1")
    assert page.evaluate(TALL) <= 0


def test_what_is_typed_survives_a_lost_connection(visit: Visit, review: Review) -> None:
    visitor = visit("finance")
    page = opened(visitor, review, 3)
    box, saved = page.locator("textarea[name=text]"), page.locator("#saved")

    visitor.context.set_offline(True)
    box.fill("The agent repeats clauses.")
    page.locator("h1").click()
    expect(saved).to_have_text("Not saved. Trying again.")
    assert note(page) == "The agent repeats clauses."
    visitor.context.set_offline(False)

    expect(saved).to_contain_text("Saved", timeout=20_000)
    assert review.notes.get(section=3).text == "The agent repeats clauses."


def test_what_was_never_saved_comes_back_with_the_page(visit: Visit, review: Review) -> None:
    visitor = visit("finance")
    page = opened(visitor, review, 3)
    page.route("**/note/**", lambda route: route.abort())
    page.locator("textarea[name=text]").fill("Typed and lost")
    page.locator("h1").click()
    expect(page.locator("#saved")).to_have_text("Not saved. Trying again.")
    assert not review.notes.exists()

    page.unroute("**/note/**")
    page.goto(page.url)

    expect(page.locator("#saved")).to_contain_text("Saved", timeout=20_000)
    assert note(page) == "Typed and lost"
    assert review.notes.get(section=3).text == "Typed and lost"


def test_the_next_page_waits_for_what_is_typed(visit: Visit, review: Review) -> None:
    page = opened(visit("finance"), review, 3)
    page.locator("textarea[name=text]").fill("Typed just before")
    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**screen=4**")

    assert review.notes.get(section=3).text == "Typed just before"


def test_two_scribes_see_each_other(visit: Visit, review: Review) -> None:
    maya, priya = (opened(visit(role), review, 3) for role in ("finance", "engineering"))
    press(maya, 1, "fix")
    with maya.expect_response("**/note/**"):
        maya.locator("textarea[name=text]").fill("Maya’s words")
        maya.locator("h1").click()

    priya.evaluate("dispatchEvent(new Event('focus'))")

    chosen = priya.locator(".rv-row:nth-child(1) .rv-choice")
    expect(chosen.locator("[aria-pressed=true]")).to_have_text("Fix")
    expect(chosen.locator(".rv-who")).to_contain_text("Test finance")
    expect(priya.locator("textarea[name=text]")).to_have_value("Maya’s words")
    expect(priya.locator(".rv-note .rv-by")).to_contain_text("Test finance")


def test_nothing_is_written_over_while_it_is_typed(visit: Visit, review: Review) -> None:
    maya, priya = (opened(visit(role), review, 3) for role in ("finance", "engineering"))
    priya.route("**/note/**", lambda route: None)  # her own save is on its way for long
    priya.locator("textarea[name=text]").fill("Priya is still typing")
    with maya.expect_response("**/note/**"):
        maya.locator("textarea[name=text]").fill("Maya’s words")
        maya.locator("h1").click()

    priya.evaluate("dispatchEvent(new Event('focus'))")

    other = priya.locator(".rv-note .rv-other")
    expect(other).to_contain_text("Test finance changed this at")
    expect(other).to_contain_text("“Maya’s words”")
    assert note(priya) == "Priya is still typing"


def test_a_meeting_that_was_closed_says_so_to_the_others(visit: Visit, review: Review) -> None:
    maya, priya = (opened(visit(role), review, 6) for role in ("finance", "engineering"))
    maya.locator("#close-meeting").click()
    maya.locator(".rv-banner").wait_for()

    priya.evaluate("dispatchEvent(new Event('focus'))")

    expect(priya.get_by_text("This meeting is closed.")).to_be_visible()


def test_without_scripts_every_form_has_its_button(visit: Visit, review: Review) -> None:
    visitor = visit("finance", javascript=False)
    page = visitor.page
    page.goto(f"{visitor.url}/reviews/weekly/{review.key}/?screen=3")
    row = page.locator(".rv-row").first
    row.get_by_role("button", name="Fix").click()
    row.locator("input[name=what]").fill("Cap repeats at one")
    row.locator("select[name=owner]").select_option(label="Test finance")
    row.get_by_role("button", name="Add action").click()
    row.locator("input[name=sentence]").fill("It repeats clauses")
    row.get_by_role("button", name="Save the sentence").click()
    page.locator("textarea[name=text]").fill("Tom looks")
    page.get_by_role("button", name="Save the note").click()

    assert review.actions.get().what == "Cap repeats at one"
    made = review.decisions.get()
    assert (made.choice, made.sentence) == ("fix", "It repeats clauses")
    assert review.notes.get(section=3).text == "Tom looks"


def test_paper_holds_the_whole_review_and_nothing_else(visit: Visit, review: Review) -> None:
    page = opened(visit("finance"), review, 5)
    page.emulate_media(media="print")

    shown = page.locator(".rv-print h2")
    assert [heading[0] for heading in shown.all_inner_texts()] == list("123456")
    for hidden in (".side", "#screen", ".rv-steps", ".rv-foot", ".rv-tools"):
        assert not page.locator(hidden).is_visible(), hidden
    sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(sideways) == 0

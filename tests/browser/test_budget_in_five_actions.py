"""Finance draws a yellow and a red line in at most five actions and 45 seconds, by mouse alone."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Page, expect

from finops.models import Budget
from tests.browser.conftest import Visit

SECONDS = 45


class Finger:
    """Counts what a person does: every click, choice or word typed is one action."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.actions = 0
        self.begun = time.monotonic()

    def click(self, role: str, name: str) -> None:
        self.actions += 1
        self.page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]

    def choose(self, label: str, value: str) -> None:
        self.actions += 1
        self.page.get_by_label(label, exact=True).first.select_option(value)

    def type(self, label: str, words: str) -> None:
        self.actions += 1
        self.page.get_by_label(label, exact=True).first.fill(words)

    def finish(self) -> None:
        """Wait until it is saved, and judge."""
        expect(self.page.locator("#messages")).to_contain_text("Saved. Applies from")
        assert self.actions <= 5
        assert time.monotonic() - self.begun < SECONDS


def test_a_budget_for_a_team_from_nothing(visit: Visit) -> None:
    finger = Finger(visit("finance").open("/budgets/"))

    finger.click("link", "New budget")
    finger.choose("Everything, or only a", "team")
    finger.type("Called", "finance-operations")
    finger.click("button", "Start from last month")
    expect(finger.page.get_by_label("Red above, US dollars a month")).to_have_value(
        re.compile(r"^\$[1-9]")
    )
    finger.click("button", "Save the budget")

    finger.finish()
    assert Budget.objects.filter(scope={"team": "finance-operations"}).count() == 1


def test_a_budget_for_what_has_none_takes_three(visit: Visit) -> None:
    finger = Finger(visit("finance").open("/budgets/"))

    finger.click("link", "Set one")
    finger.click("button", "Start from last month")
    expect(finger.page.locator("#preview")).to_contain_text("With these lines")
    finger.click("button", "Save the budget")

    finger.finish()
    assert finger.actions == 3


def test_the_lines_are_seen_while_they_are_typed(visit: Visit) -> None:
    page = visit("finance").open("/budgets/new/?team=finance-operations")

    page.get_by_label("Yellow above, US dollars a month").fill("$1k")
    page.get_by_label("Red above, US dollars a month").fill("1,2,3")

    expect(page.locator("#echo-yellow")).to_have_text("$1,000")
    expect(page.locator("#echo-red")).to_contain_text("Put commas between thousands only")


def test_months_are_pasted_from_a_spreadsheet_and_copied_to_the_right(visit: Visit) -> None:
    page = visit("finance").open("/budgets/new/?team=finance-operations")
    page.get_by_label("Other amounts for single months").check()
    cells = page.locator("[data-cell]")

    cells.first.evaluate(
        """cell => {
          const data = new DataTransfer();
          data.setData("text/plain", "$1,000\\t1100\\n2k\\t2100\\n");
          cell.focus();
          cell.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true,
                                                          cancelable: true}));
        }"""
    )
    # Cells come month by month: yellow, red, planned.
    values = [cells.nth(place).input_value() for place in (0, 1, 3, 4)]
    assert values == ["$1,000", "2k", "1100", "2100"]

    cells.nth(3).focus()
    page.get_by_role("button", name="Copy to the right").click()
    assert [cells.nth(place).input_value() for place in (6, 7, 34)] == ["1100", "2100", "2100"]
    assert cells.nth(0).input_value() == "$1,000"


def test_without_javascript_it_takes_the_same_steps(visit: Visit) -> None:
    visitor = visit("finance", javascript=False)
    page = visitor.page
    page.goto(f"{visitor.url}/budgets/new/?team=revenue-operations")

    page.get_by_label("Yellow above, US dollars a month").fill("12k")
    page.get_by_role("button", name="Preview").click()
    assert page.get_by_label("Yellow above, US dollars a month").input_value() == "$12,000"
    page.get_by_role("button", name="Start from last month").click()
    page.get_by_role("button", name="Save the budget").click()
    assert "Saved. Applies from" in page.locator("#messages").inner_text()

"""The six screens of an open review: each shows its part of the document, and where it leads."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from finops.models import Review
from tests.finops.reviews.budgets_at_hand import standing
from tests.finops.reviews.meetings import KEY, promised
from tests.finops.web.reviews.weekly.table import AGENT, PAGE, budget, paper, seen, send


@pytest.mark.usefixtures("review")
def test_the_first_screen_says_where_we_stand(finance: Client) -> None:
    page = seen(finance, 1)

    assert "AI cost $134.75 on 15–21 June 2026, $50.75 more than the week before." in page
    assert "Spend, 15–21 Jun $134.75" in page
    assert "June to 21 Jun $218.75" in page
    assert "Budgets not green 2 of 3" in page
    assert "1 red, 1 heading for red, 1 green" in page


@pytest.mark.usefixtures("review")
def test_the_figure_is_drawn_without_a_script(finance: Client) -> None:
    page = finance.get(PAGE).content.decode()

    assert "plotly" not in page
    assert page.count("<polyline") >= 2
    assert re.search(r'class="rv-chart" role="img" aria-label="\w', page)
    assert "style=" not in page


def test_the_second_screen_lists_what_was_promised(finance: Client, review: Review) -> None:
    promised(review.attendees.model.objects.get(role="finance"), what="Cache the playbook")
    page = seen(finance, 2)

    assert "Last week’s actions: 1 open" in page
    assert "Cache the playbook Test finance" in page
    assert "due Mon 29 Jun" in page
    assert "Expected: $1,300 a month Realised: not done yet" in page


@pytest.mark.usefixtures("review")
def test_the_third_screen_lists_the_dearest_workflows(finance: Client) -> None:
    page = seen(finance, 3)

    assert "Three workflows make up 99% of spend" in page
    assert page.index("agent") < page.index("helper")
    assert "+$29.75 (+42.5%)" in page
    for choice in ("Accept", "Investigate", "Fix", "Stop", "Change budget"):
        assert choice in page


@pytest.mark.usefixtures("review")
def test_the_fourth_screen_draws_budgets_worst_first(finance: Client) -> None:
    page = seen(finance, 4)

    assert "2 budgets not green" in page
    assert page.index("All AI") < page.index("Agent")
    assert "$14,863 $362.50 over red ($14,500)" in page
    assert "Heading for red" in page
    assert "Helper" not in page


@pytest.mark.usefixtures("review")
def test_the_fifth_screen_shows_what_is_new(finance: Client) -> None:
    page = seen(finance, 5)

    assert "One new name this week" in page
    assert "newcomer workflow since Wed 17 Jun" in page
    assert "Without a workflow $1" in page
    assert "Choose an owner" in page


def test_the_last_screen_reads_back_what_was_decided(finance: Client, review: Review) -> None:
    send(finance, "decide", **AGENT, choice="fix")
    send(finance, "say", **budget("All AI"), sentence="Planned")
    page = seen(finance, 6)

    assert "2 decisions, 5 open" in page
    assert "agent Fix" in page
    assert "All AI budget Planned No decision" in page
    assert "Close meeting" in page


@pytest.mark.usefixtures("review")
def test_each_screen_leads_to_the_next(finance: Client) -> None:
    pages = [finance.get(PAGE, {"screen": n, "present": 1}).content.decode() for n in range(1, 7)]

    for number, page in enumerate(pages, start=1):
        ways = re.findall(r'data-way="(\w+)"\s+href="([^"]+)"', page)
        back = [("back", f"?present=1&amp;screen={number - 1}")] if number > 1 else []
        following = [("next", f"?present=1&amp;screen={number + 1}")] if number < 6 else []
        assert ways == back + following
        assert page.count('aria-current="step"') == 1
        assert page.count("<h1>") == 1


@pytest.mark.usefixtures("review")
@pytest.mark.parametrize("asked", ["0", "7", "x", "-1", "99999", "²"])
def test_a_screen_that_is_none_is_the_first(finance: Client, asked: str) -> None:
    assert "Where we stand" in seen(finance, asked)  # type: ignore[arg-type]  # on purpose


@pytest.mark.usefixtures("review")
def test_a_projector_gets_fewer_rows_and_leads_to_the_others(finance: Client) -> None:
    for number in range(6):
        standing(f"Budget {number}", scope={"team": f"team {number}"})
    everything, projected = seen(finance, 4), seen(finance, 4, present=1)

    assert "and 4 more" in projected
    assert "1–4 of 8" in projected
    assert " more" not in everything.split("not green")[1]
    assert "5–8 of 8" in seen(finance, 4, present=1, page=2)


@pytest.mark.usefixtures("review")
def test_paper_holds_all_six_sections(finance: Client) -> None:
    send(finance, "note", section="3", seen="0", text="Repeats a clause\nwhen it is cut.")
    page = paper(finance, screen=5)

    for heading in (
        "1 Where we stand",
        "2 Last week’s actions",
        "3 Three workflows",
        "4 2 budgets not green",
        "5 One new name this week",
        "6 Read back",
    ):
        assert heading in page
    assert "Repeats a clause" in page
    assert "All AI" in page


def test_a_week_without_calls_has_its_page_too(finance: Client, ledger: None) -> None:
    from finops.reviews.weeks import Week
    from tests.finops.reviews.meetings import MONDAY

    week = Week.named(KEY)
    Review.objects.create(key=KEY, starts=week.starts, ends=week.ends, prepared_at=MONDAY)

    assert "No workflow cost anything in this week." in seen(finance, 3)
    assert "No budgets yet." in seen(finance, 4)
    assert "No action waits from earlier reviews." in seen(finance, 2)
    assert "Nothing is decided yet." in seen(finance, 6)


@pytest.mark.parametrize("key", ["2026-W99", "nothing", "2026-W25x"])
def test_a_review_that_is_none_is_not_found(finance: Client, key: str) -> None:
    assert finance.get(f"/reviews/weekly/{key}/").status_code == 404

"""Budgets on the overview: status first, four bullets, chips, promises; or one quiet line."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from finops.insights.budgeted import Unbudgeted
from finops.insights.standings import Standing
from finops.models import BudgetStanding, Person
from finops.reviews.actions import promise
from finops.reviews.preparing import prepare_due
from finops.web.standing import budget_kpi
from finops.web.standing_words import beside_words, heading, stands
from finops.web.styleguide import HOSTILE
from tests.finops.budgets.drawn import budget, dollars, spent

Reader = Callable[..., str]


def standing(**fields: Any) -> Standing:
    """A standing of November, green and without a forecast unless said."""
    usual: dict[str, Any] = {
        **dict.fromkeys(("forecast_low", "forecast_mid", "forecast_high", "planned")),
        **dict.fromkeys(("crosses_yellow_on", "crosses_red_on", "data_to")),
        "budget": 1,
        "name": "All",
        "scope": {},
        "basis": "metered",
        "kind": "month",
        "owner": "",
        "start": date(2026, 11, 1),
        "end": date(2026, 12, 1),
        "status": "green",
        "reasons": [],
        "stale": False,
        "heading_for": "",
        "actual": Decimal(48_214),
        "yellow": Decimal(60_000),
        "red": Decimal(68_000),
        "forecast_state": "too_early",
    }
    return Standing(**usual | fields)


@pytest.fixture
def read(ledger: None, signed_in: Callable[[str], Client]) -> Reader:
    def reading(query: str = "", role: str = "finance") -> str:
        answer = signed_in(role).get(f"/{query}")
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split())

    return reading


def just_now() -> datetime:
    return datetime.now(UTC)


def cost(amount: object, **fields: object) -> Any:
    """A call of this minute, so that it belongs to the running month."""
    return dollars(amount, just_now().isoformat(), **fields)


# --- sentences ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "actual", "words"),
    [
        (
            {"heading_for": "red", "crosses_red_on": date(2026, 11, 27)},
            "48214",
            "November is $48,214 so far, 20% under the yellow line"
            " and heading for red on 27 November.",
        ),
        ({}, "59999", "November is $59,999 so far, $1.00 under the yellow line."),
        ({}, "60000", "November is $60,000 so far, exactly on the yellow line."),
        (
            {"status": "yellow", "heading_for": "red"},
            "61000",
            "November is $61,000 so far, $1,000 over the yellow line of $60,000"
            " and heading for red.",
        ),
        (
            {"status": "red", "heading_for": "yellow"},
            "68362",
            "November is $68,362 so far, $362.00 over the red line of $68,000.",
        ),
        (
            {"status": "red"},
            "48214",
            "November is $48,214 so far, below its lines, but one workflow takes too large a part.",
        ),
        (
            {"yellow": Decimal(0), "red": Decimal(0)},
            "-5",
            "November is −$5.00 so far, $5.00 under the yellow line.",
        ),
    ],
)
def test_the_story_says_status_first(fields: dict[str, Any], actual: str, words: str) -> None:
    told = stands(standing(**fields), Decimal(actual), "USD", running=True)
    assert re.sub("<[^>]+>", "", told) == words


def test_a_month_that_has_ended_is_told_as_past() -> None:
    told = stands(standing(heading_for="red"), Decimal(57_000), "USD", running=False)
    assert re.sub("<[^>]+>", "", told) == "November cost $57,000, 5% under the yellow line."


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        (["green"], "1 budget, green"),
        (["green", "green"], "2 budgets, all green"),
        (["green", "none"], "2 budgets, none red or yellow"),
        (["red", "yellow", "yellow", "green"], "4 budgets: 1 red, 2 yellow"),
    ],
)
def test_a_heading_counts(statuses: list[str], words: str) -> None:
    assert heading([standing(status=status) for status in statuses]) == words


def test_what_stands_beside_all_budgets_is_told() -> None:
    assert beside_words(None, "USD") == ""
    part = Unbudgeted("workflow", Decimal(938), Decimal(14_671))
    assert beside_words(part, "USD") == "$938.00 (6.4%) has no budget by workflow."
    whole = Unbudgeted("team", Decimal(0), Decimal(5))
    assert beside_words(whole, "USD") == "All spend has a budget by team."


@pytest.mark.parametrize(
    ("fields", "today", "value", "note"),
    [
        (
            {
                "forecast_low": Decimal(68_700),
                "forecast_mid": Decimal("71912.40"),
                "forecast_high": Decimal(75_400),
            },
            date(2026, 11, 20),
            "$71,900",
            "likely $68,700 to $75,400",
        ),
        ({}, date(2026, 11, 2), "$11,786 left", "yellow above $60,000"),
        ({"forecast_mid": Decimal(9)}, date(2026, 12, 1), "$11,786 under", "yellow above $60,000"),
        (
            {"yellow": Decimal(1), "red": Decimal(2)},
            date(2026, 12, 1),
            "$48,212 over",
            "red above $2",
        ),
        ({"yellow": None, "red": None}, date(2026, 11, 2), "—", "no lines drawn"),
    ],
)
def test_its_number_is_the_forecast_or_what_is_left(
    fields: dict[str, Any], today: date, value: str, note: str
) -> None:
    kpi = budget_kpi(standing(**fields), today, Decimal(48_214), "USD")
    assert (kpi["value"], kpi["note"]) == (value, note)


# --- the page -----------------------------------------------------------------------------------


def test_without_budgets_there_is_one_quiet_line(read: Reader) -> None:
    spent(cost(5))

    finance, viewer = read(), read(role="viewer")

    assert 'href="/budgets/new/">Start from last month’s spend</a>' in finance
    assert "No budgets yet. Finance can start" in viewer
    assert "bullet" not in finance
    assert "We have spent <b>$5.00</b>" in finance


def test_the_gravest_four_are_drawn_and_all_are_counted(read: Reader) -> None:
    spent(cost(15, workflow="agent", team="legal"))
    budget(50, 60, name="everything", now=just_now())
    for number, (yellow, red) in enumerate([(1, 2), (10, 40), (70, 80), (70, 80)]):
        scope = {"workflow": "agent"} if number == 0 else {"team": "legal"}
        budget(yellow, red, name=f"budget {number}", scope=scope, now=just_now())

    page = read()

    assert "5 budgets: 1 red, 1 yellow" in page
    assert page.count('class="bullet-row"') == 4
    assert 'href="/budgets/?status=red"' in page
    assert re.findall(r'class="bullet-top">\s*<a[^>]*>([^<]+)</a>', page)[:2] == [
        "budget 0",
        "budget 1",
    ]
    assert "All spend has a budget by team." in page
    assert "so far, 70% under the yellow line" in page


def test_top_workflows_have_chips_and_finance_may_set_one(read: Reader) -> None:
    spent(cost(15, workflow="agent"), cost(5, workflow="a/b &c"))
    budget(1, 2, scope={"workflow": "agent"}, now=just_now())

    finance, viewer = read(), read(role="viewer")

    assert 'href="/budgets/new/?workflow=a%2Fb%20%26c">Set one' in finance
    assert "Set one" not in viewer
    for page in (finance, viewer):
        assert page.count("No budget<") == 1


def test_a_stale_budget_keeps_its_colour(read: Reader) -> None:
    spent(cost(15))
    budget(50, 60, now=just_now())
    BudgetStanding.objects.update(stale=True, data_to=datetime(2026, 11, 18, 9, tzinfo=UTC))

    page = read()

    assert '<use href="#i-ok"/></svg>Green</span>' in page
    assert 'Stale<span class="vh">, was Green on 18 Nov</span>' in page


def test_another_period_has_no_lines_but_still_its_budgets(read: Reader) -> None:
    spent(cost(15))
    budget(50, 60, now=just_now())

    page = read("?period=7d")

    assert "We have spent" in page
    assert "under the yellow line" not in page
    assert "1 budget, green" in page


def test_red_budgets_are_counted_in_the_navigation(read: Reader) -> None:
    spent(cost(15))
    assert 'class="tag"' not in read()
    budget(1, 2, now=just_now())

    assert '<span class="tag">1<span class="vh">red</span></span> Budgets</a>' in read()


def test_promises_stand_beside_the_numbers(read: Reader) -> None:
    spent(cost(15))
    by = Person.objects.create_user("who@test.example", name="Ann Who", role="finance")
    today = just_now().date()
    for what, days, saving in (("Later", 9, None), ("Sooner", 2, Decimal(1_300))):
        due = today + timedelta(days=days)
        promise(what=what, owner=by, due=due, expected_saving=saving, by=by, now=just_now())

    page = read()

    assert "Open actions: $1,300 a month expected" in page
    assert page.index("Sooner") < page.index("Later")
    assert "Ann Who, due" in page


def test_the_meeting_is_one_click_away(read: Reader) -> None:
    spent(cost(15), dollars(1, (just_now() - timedelta(days=9)).isoformat()))

    assert "Start weekly review" in read(role="engineering")
    assert "weekly review" not in read(role="viewer")
    prepare_due(just_now())
    assert "Open weekly review" in read(role="viewer")


def test_hostile_names_are_words(read: Reader) -> None:
    spent(cost(15, workflow=HOSTILE))
    budget(1, 2, name=HOSTILE, scope={"workflow": HOSTILE}, now=just_now())

    page = read()

    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert") > 3
    assert "style=" not in page


@pytest.mark.parametrize("count", [1, 40])
def test_it_takes_as_many_queries_whatever_there_is(
    count: int, ledger: None, signed_in: Callable[[str], Client]
) -> None:
    spent(*(cost(number + 1, workflow=f"flow {number}") for number in range(count)))
    for number in range(count):
        scope = {"workflow": f"flow {number}"}
        budget(1, 2, name=f"budget {number}", scope=scope, now=just_now())
    budget(1, 2, name="everything", now=just_now())
    client = signed_in("finance")
    client.get("/")

    with CaptureQueriesContext(connection) as queries:
        client.get("/")

    assert len(queries) <= 45

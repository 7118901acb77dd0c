"""All budgets: gravest first, narrowed, paged, and always as many questions to the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from finops.access.rights import RIGHTS
from finops.attribution.values import describe
from finops.models import Budget, BudgetStanding
from tests.finops.access.people_at_hand import person
from tests.finops.budgets.drawn import NOW, budget, dollars, spent

from .visits import text

NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC).date()
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC).date()


def standing(name: str, status: str = "green", **fields: Any) -> Budget:
    """A budget that stands so, whatever was spent."""
    scope = fields.pop("scope", {"team": name.lower()})
    owner, period = fields.pop("owner", None), fields.pop("period", "month")
    one = Budget.objects.create(name=name, scope=scope, owner=owner, period=period)
    BudgetStanding.objects.create(
        budget=one,
        period_start=fields.pop("period_start", NOVEMBER),
        period_end=DECEMBER,
        status=status,
        evaluated_at=NOW,
        **{"actual": Decimal(15), "yellow": Decimal(10), "red": Decimal(20)} | fields,
    )
    return one


def names(answer: Any) -> list[str]:
    """The budgets of the page, in order."""
    return [row.standing.budget.name for row in answer.context["rows"]]


def test_the_gravest_stand_first(finance: Client) -> None:
    standing("Green")
    standing("Lines", "none", yellow=None, red=None)
    standing("Stale", stale=True)
    standing("Yellow", "yellow")
    standing("Heading", heading_for="red", forecast_mid=Decimal(25))
    standing("Red", "red", actual=Decimal(21))

    page = finance.get("/budgets/")

    assert names(page) == ["Red", "Heading", "Yellow", "Stale", "Lines", "Green"]
    assert "6 budgets: 1 red, 1 yellow, 1 heading for red" in text(page)
    tally = {status: count for status, count, _ in page.context["tally"]}
    assert tally == {"red": 1, "yellow": 1, "green": 3, "none": 1, "stale": 1}


def test_a_row_says_how_it_stands(finance: Client) -> None:
    standing(
        "Growth",
        "yellow",
        owner=person("finance", name="Maya"),
        forecast_mid=Decimal("20941.55"),
        actual=Decimal("14862.07"),
        yellow=Decimal(12_000),
        red=Decimal(14_500),
        stale=True,
        data_to=NOW - timedelta(days=2),
        heading_for="red",
    )

    page = text(finance.get("/budgets/"))

    assert "Growth Team growth , each month" in page
    assert "$14,862 $20,900 $12,000 $14,500 Maya Yellow Stale" in page
    assert "Heading for red" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=red", ["Red"]),
        ("status=heading", ["Heading"]),
        ("status=stale", ["Red"]),
        ("status=green", ["Heading", "Week"]),
        ("team=red", ["Red"]),
        ("owner={maya}", ["Heading"]),
        ("owner=nobody", ["Red", "Week"]),
        ("period=week", ["Week"]),
        ("status=nonsense&period=nonsense", ["Red", "Heading", "Week"]),
        ("status=red&period=week", []),
        ("team=%00%22%3E", []),
        ("page=7&status=red", ["Red"]),
    ],
)
def test_the_list_is_narrowed_by_its_address(finance: Client, query: str, found: list[str]) -> None:
    maya = person("finance", name="Maya")
    standing("Red", "red", stale=True)
    standing("Heading", heading_for="yellow", owner=maya)
    week = NOW.date() - timedelta(days=NOW.weekday())
    standing("Week", period="week", period_start=week, scope={})

    page = finance.get(f"/budgets/?{query.format(maya=maya.pk)}")

    assert names(page) == found
    if not found:
        assert "No budget matches these filters. Clear filters" in text(page)


def test_fifty_stand_on_a_page(finance: Client) -> None:
    for place in range(51):
        standing(f"Budget {place:02}")

    first, second = finance.get("/budgets/"), finance.get("/budgets/?page=2")

    assert (len(names(first)), len(names(second))) == (50, 1)
    assert "Page 1 of 2" in text(first)


def test_two_hundred_budgets_ask_no_more_than_two(finance: Client) -> None:
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert finance.get("/budgets/").status_code == 200
        return len(queries)

    maya = person("finance", name="Maya")
    for place in range(2):
        standing(f"Few {place}", owner=maya)
    finance.get("/budgets/")
    few = asked()
    for place in range(198):
        standing(f"Many {place}", owner=maya, scope={"team": f"t{place}", "model": "m"})

    assert asked() == few
    assert few <= 35


def test_spend_without_a_budget_offers_to_set_one(finance: Client) -> None:
    spent(
        dollars(50, team="legal", workflow="contracts"),
        dollars(20, team="growth"),
        dollars("0.50", team="tiny"),
        dollars(9, "2026-10-20T10:00:00Z", team="gone"),
        dollars(5),
    )
    describe("team", "legal", display_name="Legal", business_owner=None, technical_owner=None)
    budget(name="Growth", scope={"team": "growth"})

    page = finance.get("/budgets/")

    assert "Spend without a budget" in text(page)
    assert "Legal Team $50.00 No budget Set one for Legal" in text(page)
    assert "contracts Workflow $50.00 No budget" in text(page)
    assert 'href="/budgets/new/?team=legal"' in page.content.decode()
    assert [each.value for each in page.context["unbudgeted"]] == ["legal", "contracts"]


def test_no_budgets_yet(finance: Client, viewer: Client) -> None:
    assert "No budgets yet. Start from last month’s spend. Draw the first budget" in text(
        finance.get("/budgets/")
    )
    assert "No budgets yet. Finance draws the first." in text(viewer.get("/budgets/"))


@pytest.mark.parametrize("role", RIGHTS)
def test_everybody_sees_where_budgets_stand(signed_in: Callable[[str], Client], role: str) -> None:
    spent(dollars(15, team="growth"))
    one = budget(scope={"team": "growth"})
    client = signed_in(role)

    page = client.get("/budgets/")
    assert "1 budget: 1 yellow" in text(page)
    assert ("Raise or lower" in text(page)) == (role in {"finance", "admin"})
    for address in (f"/budgets/{one.pk}/", f"/budgets/{one.pk}/accuracy/", "/budgets/budgets.csv"):
        assert client.get(address).status_code == 200


def test_a_budget_is_shown_whole(finance: Client) -> None:
    spent(
        dollars(25, "2026-09-10T10:00:00Z", team="growth", workflow="agent"),
        dollars(12, "2026-10-10T10:00:00Z", team="growth"),
        dollars(15, team="growth"),
    )
    one = budget(
        scope={"team": "growth"}, effective_from=NOVEMBER.replace(month=9), owner=person(name="Tom")
    )

    page = text(finance.get(f"/budgets/{one.pk}/"))

    assert "$15.00 is $5.00 above the yellow line of $10.00." in page
    assert "September 2026: $25.00, Red" in page
    assert "October 2026: $12.00, Yellow" in page
    assert "Yellow line: none → $10" in page
    assert "Priya, 20 Nov 2026, 14:00 UTC; applies from Tue 1 Sep 2026" in page
    assert "At yellow, at red and when heading for red two days in a row." in page
    assert "Nobody had to be told yet." in page


def test_a_budget_before_its_first_look_and_without_calls(finance: Client) -> None:
    one = Budget.objects.create(name="Bare", scope={"workflow": "none"})

    page = text(finance.get(f"/budgets/{one.pk}/"))

    assert "Not looked at yet. It is within a minute." in page
    assert "Nobody has drawn a line yet." in page


def test_an_owner_who_left_is_still_named(finance: Client) -> None:
    gone = person("finance", name="Gone")
    spent(dollars(1, team="growth"))
    one = budget(scope={"team": "growth"}, owner=gone)
    gone.is_active = False
    gone.save()

    assert "Gone" in text(finance.get(f"/budgets/{one.pk}/"))
    gone.delete()
    assert "nobody owns it" in text(finance.get(f"/budgets/{one.pk}/"))
    assert "No owner" in text(finance.get("/budgets/"))

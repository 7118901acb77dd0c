"""Budgets of workflows: a chip in the list, a bullet for each month, what a call counts against."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from finops.attribution.values import describe, merge
from finops.models import BudgetStanding, Person
from finops.web.workflows.budgets import heading, period_name
from tests.finops.budgets.drawn import budget, dollars, spent
from tests.finops.web.test_overview_budgets import standing

Reader = Callable[..., str]


@pytest.fixture
def read(ledger: None, signed_in: Callable[[str], Client]) -> Reader:
    def reading(path: str = "", role: str = "finance") -> str:
        answer = signed_in(role).get(f"/workflows/{path}")
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split())

    return reading


def now() -> datetime:
    return datetime.now(UTC)


def cost(amount: object, workflow: str, **fields: object) -> Any:
    return dollars(amount, now().isoformat(), workflow=workflow, **fields)


def own(workflow: str, yellow: object, red: object, **fields: Any) -> None:
    budget(
        yellow, red, **{"name": workflow, "scope": {"workflow": workflow}, "now": now()} | fields
    )


def names(page: str) -> list[str]:
    return re.findall(r'<td class="name"> <a href="/workflows/[^"]+">([^<]+)</a>', page)


# --- all workflows ------------------------------------------------------------------------------


def test_without_any_budget_the_list_says_nothing_of_them(read: Reader) -> None:
    spent(cost(5, "calm"))

    page = read()

    assert "Budget</th>" not in page
    assert 'name="status"' not in page


def test_each_workflow_has_the_chip_of_its_own_budget(read: Reader) -> None:
    spent(cost(5, "calm"), cost(4, "crossed"), cost(3, "free", team="legal"))
    own("calm", 10, 20)
    own("crossed", 1, 2)
    budget(1, 2, name="of the team", scope={"team": "legal"}, now=now())

    page = read()

    cells = re.findall(r'<td class="wide status">(.*?)</td>', page)
    assert [re.sub(r"<[^>]*>", " ", cell).split() for cell in cells] == [
        ["Green"],
        ["Red"],
        ["No", "budget", "Set", "one", "for", "free"],
    ]


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ("red", ["crossed"]),
        ("green", ["calm"]),
        ("yellow", ["near"]),
        ("none", ["free", "unlined"]),
        ("heading", ["near"]),
        ("stale", ["calm"]),
        ("no such status", ["calm", "crossed", "near", "free", "unlined"]),
    ],
)
def test_the_list_can_be_narrowed_by_status(read: Reader, status: str, found: list[str]) -> None:
    spent(
        *(
            cost(9 - n, name)
            for n, name in enumerate(["calm", "crossed", "near", "free", "unlined"])
        )
    )
    own("calm", 10, 20)
    own("crossed", 1, 2)
    own("near", 5, 20)
    own("unlined", 0, 0, lines=[])
    rows = BudgetStanding.objects.all()
    rows.filter(budget__name="near").update(heading_for="red")
    rows.filter(budget__name="calm").update(stale=True)

    assert names(read(f"?status={status}")) == found


def test_the_list_can_be_narrowed_by_owner(read: Reader) -> None:
    spent(cost(5, "one"), cost(4, "two"))
    ada = Person.objects.create_user("ada@test.example", name="Ada Byron", role="engineering")
    describe("workflow", "two", display_name="", business_owner=None, technical_owner=ada)

    assert names(read("?owner=Ada+Byron")) == ["two"]
    assert names(read("?owner=Nobody")) == ["one"]
    assert "No workflow matches" in read("?owner=Somebody+else")
    assert names(read("?owner=%00")) == ["one", "two"]


def test_a_filter_is_kept_by_the_search_and_the_search_by_the_filter(read: Reader) -> None:
    spent(cost(5, "one"))
    own("one", 10, 20)

    page = read("?status=green&q=one")

    assert '<input type="hidden" name="status" value="green">' in page
    assert '<input type="hidden" name="q" value="one">' in page
    assert 'value="green" selected' in page


@pytest.mark.parametrize("count", [1, 40])
def test_the_list_takes_as_many_queries_whatever_there_is(
    count: int, ledger: None, signed_in: Callable[[str], Client]
) -> None:
    spent(*(cost(n + 1, f"flow {n}") for n in range(count)))
    for n in range(count):
        own(f"flow {n}", 1, 2)
    client = signed_in("finance")
    client.get("/workflows/?all=1")

    with CaptureQueriesContext(connection) as queries:
        client.get("/workflows/?all=1")

    assert len(queries) <= 30


# --- one workflow -------------------------------------------------------------------------------


def test_its_page_has_a_bullet_for_each_month_and_its_chip(read: Reader) -> None:
    spent(cost(5, "agent"))
    own("agent", 1, 2, effective_from=date(2026, 1, 1))

    page = read("agent/")

    assert page.count('class="bullet-row"') == 6
    assert re.search(r'<h1> agent <span class="chip bad">', page)
    assert "Budget: $3 over the red line" in page.replace("$3.00", "$3")
    assert f"{now():%B} so far" in page
    assert ", full month" in page


def test_it_lists_every_budget_that_a_call_counts_against(read: Reader) -> None:
    spent(cost(5, "agent", team="legal"))
    own("agent", 10, 20)
    budget(10, 20, name="everything", now=now())
    budget(10, 20, name="the team", scope={"team": "legal"}, now=now())
    budget(10, 20, name="another team", scope={"team": "sales"}, now=now())

    page = read("agent/")
    listed = page[page.index('id="h-against"') :]

    assert "Its calls count against 3 budgets" in page
    assert "the team" in listed
    assert "another team" not in listed


def test_a_merged_workflow_keeps_its_budget(read: Reader) -> None:
    spent(cost(5, "old"), cost(5, "new"))
    own("old", 10, 20)
    merge("workflow", "old", into="new")

    assert "left below the yellow line" in read("new/")


def test_without_a_budget_of_its_own_finance_may_set_one(read: Reader) -> None:
    spent(cost(5, "a/b"))
    budget(10, 20, name="everything", now=now())

    assert 'href="/budgets/new/?workflow=a%2Fb"' in read("a%2Fb/")
    assert "Set a budget" not in read("a%2Fb/", role="viewer")
    assert "Set a budget" not in read("unallocated/")


def test_whoever_may_not_edit_it_sees_it(read: Reader) -> None:
    spent(cost(5, "agent"))
    own("agent", 10, 20)

    assert "Edit budget" in read("agent/")
    assert "Edit budget" not in read("agent/", role="engineering")
    assert "See budget" in read("agent/", role="engineering")


@pytest.mark.parametrize(
    ("fields", "today", "words"),
    [
        ({}, date(2026, 11, 20), "Budget: $11,786 left below the yellow line"),
        ({}, date(2026, 12, 1), "Budget: $11,786 under the yellow line"),
        ({"actual": Decimal(60_000)}, date(2026, 11, 20), "Budget: exactly on the yellow line"),
        ({"actual": Decimal(60_100)}, date(2026, 11, 20), "Budget: $100.00 over the yellow line"),
        ({"actual": Decimal(68_362)}, date(2026, 12, 1), "Budget: $362.00 over the red line"),
        ({"yellow": None, "red": None}, date(2026, 11, 20), "Budget without lines"),
    ],
)
def test_its_heading_says_how_it_stands(fields: dict[str, Any], today: date, words: str) -> None:
    assert heading(standing(**fields), today, "USD") == words


def test_a_workflow_without_one_says_so() -> None:
    assert heading(None, date(2026, 11, 20), "USD") == "No budget of its own"


@pytest.mark.parametrize(
    ("fields", "today", "words"),
    [
        ({}, date(2026, 11, 20), "November so far"),
        ({}, date(2026, 12, 1), "November, full month"),
        ({}, date(2027, 1, 5), "November 2026, full month"),
        (
            {"kind": "week", "start": date(2026, 11, 16), "end": date(2026, 11, 23)},
            date(2026, 11, 20),
            "16–22 November 2026 so far",
        ),
    ],
)
def test_a_period_has_a_name(fields: dict[str, Any], today: date, words: str) -> None:
    assert period_name(standing(**fields), today) == words

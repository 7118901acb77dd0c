"""How budgets stand, as other pages read it: in order, through merges, in a fixed few queries."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from finops.attribution.values import archive, describe, merge
from finops.budgets.editing import stop
from finops.budgets.standings import current
from finops.insights.budgeted import Unbudgeted, counted_against, unbudgeted
from finops.insights.standings import (
    counts,
    of_question,
    of_workflows,
    past_standings,
    red_on,
    standings_on,
)
from finops.insights.workflow_budget import workflow_budget
from finops.models import Budget, BudgetStanding, Organization
from finops.rollups.question import Question, read_question
from finops.sql import snapshot
from tests.finops.budgets.drawn import NOW, budget, dollars, organization, spent

pytestmark = pytest.mark.usefixtures("ledger")

TODAY = NOW.date()


def asked(now: datetime = NOW, **filters: str) -> Question:
    given = {name: [value] for name, value in filters.items()}
    return read_question(given, now=now, organization=Organization.current())


def test_they_come_in_the_order_of_the_budgets_page() -> None:
    spent(dollars(15))
    for name, yellow, red in (("green", 50, 60), ("red", 1, 2), ("yellow", 10, 40), ("b", 70, 80)):
        budget(yellow, red, name=name)
    budget(name="none", lines=[])
    BudgetStanding.objects.filter(budget__name="b").update(heading_for="red", stale=True)

    found = standings_on(TODAY)

    assert [each.name for each in found] == [row.budget.name for row in current(NOW)]
    assert [each.name for each in found] == ["red", "b", "yellow", "none", "green"]
    assert counts(found) == {"red": 1, "yellow": 1, "green": 2, "none": 1, "stale": 1}
    assert red_on(TODAY, Organization.current()) == 1


@pytest.mark.parametrize("count", [1, 30])
def test_it_takes_as_many_queries_however_many_there_are(count: int) -> None:
    for number in range(count):
        budget(name=f"budget {number}", scope={"workflow": f"flow {number}"})
    merge("workflow", "flow 0", into="elsewhere")

    with snapshot(), CaptureQueriesContext(connection) as queries:
        assert len(standings_on(TODAY)) == count
        assert standings_on(TODAY) is standings_on(TODAY)

    assert len(queries) == 3  # the organisation, the standings, the merges


def test_past_days_show_the_periods_that_held_them() -> None:
    budget(name="month", effective_from=date(2026, 6, 1))
    budget(name="quarter", period="quarter", effective_from=date(2026, 6, 1))

    found = {each.name: each.start for each in standings_on(date(2026, 8, 31))}

    assert found == {"month": date(2026, 8, 1), "quarter": date(2026, 7, 1)}


def test_a_budget_that_was_stopped_stands_nowhere_from_then_on() -> None:
    gone = budget(effective_from=date(2026, 6, 1))
    stop(gone, from_day=TODAY, now=NOW, by="Tom")

    assert standings_on(TODAY) == ()
    assert len(standings_on(TODAY.replace(month=10))) == 1
    assert red_on(TODAY, Organization.current()) == 0


def test_another_fiscal_year_has_other_quarters() -> None:
    budget(period="quarter")
    organization(fiscal_year_start_month=2)

    assert standings_on(TODAY) == ()  # until they are looked at


def test_a_workflow_finds_its_budget_under_the_name_that_it_was_merged_into() -> None:
    spent(dollars(5, workflow="old"), dollars(5, workflow="new"))
    budget(name="drawn before the merge", scope={"workflow": "old"})
    describe("workflow", "new", display_name="Newly", business_owner=None, technical_owner=None)
    merge("workflow", "old", into="new")
    archive("workflow", "new", now=NOW)

    assert {name: each.name for name, each in of_workflows(standings_on(TODAY)).items()} == {
        "new": "drawn before the merge"
    }
    assert workflow_budget(asked(), "new", TODAY).own is not None


def test_of_two_budgets_of_a_workflow_the_graver_one_speaks() -> None:
    spent(dollars(15, workflow="agent"))
    budget(50, 60, name="calm", scope={"workflow": "agent"})
    budget(1, 2, name="crossed", scope={"workflow": "agent"}, period="week")
    budget(1, 2, name="of a team as well", scope={"workflow": "agent", "team": "legal"})

    assert of_workflows(standings_on(TODAY))["agent"].name == "crossed"


def test_a_question_has_the_monthly_budget_over_just_what_it_asks() -> None:
    budget(name="everything")
    budget(name="weekly", period="week")
    budget(name="legal", scope={"team": "legal"})
    budget(name="billed", scope={"team": "sales"})
    Budget.objects.filter(name="billed").update(basis="billed")

    def named(**filters: str) -> str | None:
        found = of_question(asked(**filters))
        return found and found.name

    assert named() == "everything"
    assert named(team="legal") == "legal"
    assert named(team="sales") is None
    assert named(team="legal", model="gpt-4o") is None
    assert named(period="30d") is None
    assert named(period="2026-11-01..2026-11-20") is None


def test_what_no_budget_covers_is_told_by_the_usual_dimension() -> None:
    spent(
        dollars(5, workflow="a"), dollars("2.5", workflow="b"), dollars("0.5"), dollars(1, team="t")
    )
    assert unbudgeted(asked(), standings_on(TODAY)) is None
    budget(name="everything")
    assert unbudgeted(asked(), standings_on(TODAY)) is None
    budget(name="a", scope={"workflow": "a"})
    budget(name="both", scope={"workflow": "b", "team": "t"})

    found = unbudgeted(asked(), standings_on(TODAY))

    assert found == Unbudgeted("workflow", Decimal("4.0"), Decimal("9.0"))
    assert unbudgeted(asked(team="t"), standings_on(TODAY)) is None


def test_calls_count_against_every_budget_that_covers_them() -> None:
    spent(dollars(5, workflow="agent", team="legal", model="gpt-4o"), dollars(1, team="sales"))
    for name, scope in {
        "everything": {},
        "agent": {"workflow": "agent"},
        "other": {"workflow": "other"},
        "legal": {"team": "legal"},
        "sales": {"team": "sales"},
        "both": {"team": "legal", "model": "gpt-4o"},
        "one only": {"team": "legal", "model": "gpt-4o-mini"},
        "a user": {"user": "ann"},
    }.items():
        budget(name=name, scope=scope)

    found = counted_against("agent", TODAY, standings_on(TODAY))

    assert {each.name for each in found} == {"everything", "agent", "legal", "both", "a user"}
    assert [each.name for each in counted_against("new", None, standings_on(TODAY))] == [
        each.name for each in standings_on(TODAY) if not each.scope or "user" in each.scope
    ]


def test_a_workflow_knows_its_last_periods_and_who_drew_their_lines() -> None:
    spent(dollars(5, workflow="agent"))
    budget(name="agent", scope={"workflow": "agent"}, effective_from=date(2026, 2, 1), by="Maya")

    seen = workflow_budget(asked(), "agent", TODAY)

    assert [each.start.month for each in seen.history] == [11, 10, 9, 8, 7, 6]
    assert (seen.set_by, seen.set_at) == ("Maya", NOW)
    assert [each.name for each in seen.against] == ["agent"]
    nothing = workflow_budget(asked(), "other", None)
    assert (nothing.own, nothing.history, nothing.any_budget) == (None, (), True)


def test_past_standings_end_with_the_period_of_a_day() -> None:
    own = budget(effective_from=date(2026, 6, 1))

    found = past_standings(own.pk, TODAY - timedelta(days=31), 2)

    assert [each.start for each in found] == [date(2026, 10, 1), date(2026, 9, 1)]

"""What finance and the meetings of the demo company did, and how it goes away again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from finops.budgets.checks import Line
from finops.budgets.editing import revise
from finops.budgets.standings import current
from finops.models import (
    Action,
    Alert,
    Budget,
    BudgetStanding,
    Cap,
    CapViolation,
    Delivery,
    Review,
    ReviewVersion,
)
from finops.reviews.closing import verify
from finops.reviews.savings import realised
from ingest.demo import demo, governance
from ingest.demo.removal import Removal
from ingest.demo.story import begun_at, story_until

from .conftest import NOW

pytestmark = [pytest.mark.usefixtures("story"), pytest.mark.django_db]


def standing(name: str) -> BudgetStanding:
    (found,) = (row for row in current(NOW) if row.budget.name == name)
    return found


def test_the_agent_is_red_while_the_whole_is_green() -> None:
    agent, everything = standing("Contract review agent"), standing("All AI spend")

    assert (agent.status, everything.status) == ("red", "green")
    assert agent.actual > (agent.red or Decimal("Infinity"))
    assert "share_accepted" in {reason["code"] for reason in everything.reasons}


def test_the_others_stand_as_the_story_says() -> None:
    rows = {row.budget.name: row for row in current(NOW)}

    assert len(rows) == 12
    assert rows["Customer support"].status == "yellow"
    assert rows["Code migration agent"].status == "green"
    assert rows["Research agent"].status == "none"
    assert [name for name, row in rows.items() if row.stale] == ["Invoice extraction"]


def test_people_were_told_when_lines_were_crossed_and_the_mails_can_be_read() -> None:
    told = Alert.objects.filter(budget__name="Contract review agent", severity="red").get()
    mails = Delivery.objects.filter(alert=told)

    assert told.raised_at < NOW - timedelta(hours=1)
    assert told.acknowledged_by
    assert {mail.state for mail in mails} == {"kept"}
    assert all("Contract review agent" in mail.text for mail in mails)


def test_nobody_was_told_before_the_money_was_spent() -> None:
    for alert in Alert.objects.exclude(budget=None):
        told = Decimal(alert.facts["actual"])
        end = BudgetStanding.objects.get(budget=alert.budget, period_start=alert.facts["start"])
        assert told <= end.actual


def test_the_cap_found_the_runaways() -> None:
    cap = Cap.objects.get(is_sample=True)

    assert CapViolation.objects.filter(cap=cap).count() == 3
    assert Alert.objects.filter(cap=cap).count() == 1


def test_ten_reviews_are_closed_with_decisions_and_their_documents_are_what_was_hashed() -> None:
    reviews = Review.objects.filter(is_sample=True)

    assert {(review.state, review.version) for review in reviews} == {("closed", 1)}
    assert len(reviews) == 10
    assert all(review.decisions.count() >= 5 for review in reviews)
    assert all(verify(version) for version in ReviewVersion.objects.all())


def test_what_was_promised_shows_whether_it_paid() -> None:
    caching = Action.objects.get(what__contains="prompt cache")

    assert caching.state == "done"
    assert Decimal(realised([caching], NOW.date())[caching.pk]["amount"] or 0) > 0
    assert {"done", "open"} <= set(Action.objects.values_list("state", flat=True))


def test_told_again_changes_nothing() -> None:
    before = list(BudgetStanding.objects.order_by("pk").values())

    demo.load(now=NOW, say=lambda words: None)

    assert list(BudgetStanding.objects.order_by("pk").values()) == before


def test_all_of_it_goes_but_for_lines_that_somebody_drew() -> None:
    begun = begun_at()
    assert begun is not None
    mine = Budget.objects.get(name="Juniper Works")
    lines = [Line(yellow=Decimal(1), red=Decimal(2))]
    revise(mine, lines=lines, now=NOW, by="Maya", effective_from=NOW.date())

    kept = list(governance.remove(story_until(begun), Removal(NOW)))

    assert kept == ["budget Juniper Works: somebody has drawn its lines anew"]
    assert [budget.name for budget in Budget.objects.all()] == ["Juniper Works"]
    for table in (Alert, Delivery, Cap, Review, Action):
        assert not table.objects.exists()

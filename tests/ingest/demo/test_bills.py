"""The demo company's bills: what differs from its calls differs for reasons that can be named."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from finops.allocation.running import preview
from finops.closing.closing import verify
from finops.models import (
    AllocationRun,
    BillSnapshot,
    CostPool,
    MonthClose,
    Reconciliation,
    ReconciliationEvent,
    ReconciliationLine,
    Source,
)
from finops.rollups.queries import Scope, costs
from ingest.demo import bills, closes
from ingest.demo.removal import Removal
from ingest.demo.sellers import NOTEBOOK_KEY
from ingest.demo.story import begun_at, story_until

from .conftest import NOW

pytestmark = [pytest.mark.usefixtures("billed"), pytest.mark.django_db]

AUGUST, SEPTEMBER, OCTOBER = (date(2025, month, 1) for month in (8, 9, 10))


def compared(provider: str, month: date) -> Reconciliation:
    return Reconciliation.objects.get(provider=provider, month=month)


def test_six_percent_are_explained_by_cache_writes_and_a_key_that_nobody_knew() -> None:
    october = compared("anthropic", OCTOBER)

    assert october.billed is not None
    gap = october.billed - october.metered
    assert Decimal("0.055") < gap / october.metered < Decimal("0.07")
    assert october.missing_logs > gap / 2
    assert october.missing_logs + october.unlogged_keys == gap
    assert abs(october.unexplained) < october.billed / 200
    unknown = ReconciliationLine.objects.filter(reconciliation=october, unlogged_keys__gt=0)
    assert set(unknown.values_list("credential", flat=True)) == {NOTEBOOK_KEY}
    missing = ReconciliationLine.objects.filter(reconciliation=october, missing_logs__gt=0)
    assert set(missing.values_list("token_kind", flat=True)) == {"cache_write"}


def test_a_credit_and_a_negotiated_discount_have_their_parts() -> None:
    assert compared("anthropic", SEPTEMBER).credits == -150
    openai = compared("openai", OCTOBER)
    assert openai.discount == (openai.billed or 0) - openai.metered < 0


def test_people_have_said_what_they_think_of_it() -> None:
    told = ReconciliationEvent.objects.filter(provider="anthropic").exclude(kind="lock")
    assert list(told.order_by("month").values_list("month", "kind")) == [
        (AUGUST, "accept"),
        (SEPTEMBER, "accept"),
        (OCTOBER, "investigate"),
    ]
    assert compared("anthropic", SEPTEMBER).status == "locked"
    assert compared("google", OCTOBER).status == "matched"


def test_the_cloud_took_back_what_it_had_charged_too_much() -> None:
    cloud = BillSnapshot.objects.filter(source__name=bills.BILLS[1], billing_period=OCTOBER)

    restated = cloud.get(status=BillSnapshot.CURRENT)
    assert restated.version == cloud.count() == 2
    assert restated.diff["text"] == "October restated: −$312.40 in 3 services"


def test_what_is_shared_reaches_the_teams_to_the_cent() -> None:
    runs = AllocationRun.objects.filter(current=True)
    assert sorted(run.month for run in runs) == [AUGUST, SEPTEMBER, OCTOBER]
    for run in runs:
        shares = run.shares.values_list("amount", flat=True)
        assert sum(shares) == run.total_in == run.total_out
    assert {line.name for line in preview(OCTOBER).lines} >= {name for name, *_ in bills.POOLS}
    october = costs(Scope(basis="effective", since=OCTOBER, until=date(2025, 11, 1))).total
    assert abs(runs.get(month=OCTOBER).total_out - october.cost) < Decimal("0.01")


def test_settled_months_are_closed() -> None:
    closed = MonthClose.objects.order_by("month")
    assert [kept.month.month for kept in closed] == [7, 8, 9]
    assert all(map(verify, closed))


def test_everything_goes_away_again() -> None:
    begun = begun_at()
    assert begun is not None
    story, removal = story_until(begun), Removal(NOW)
    assert [*closes.remove(story, removal), *bills.remove(story, removal)] == []
    for model in (BillSnapshot, CostPool, AllocationRun, MonthClose):
        assert not model.objects.exists()  # type: ignore[attr-defined]
    assert not Source.objects.filter(kind=Source.BILLING).exists()
    assert all(row.billed is None for row in Reconciliation.objects.all())

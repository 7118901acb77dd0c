"""The demo company at a fifth of its size: large enough for its story to be told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from finops.budgets.standings import current
from finops.domain.dimensions import UNALLOCATED
from finops.models import Action
from finops.rollups.queries import Scope, costs
from ingest.generator import demo_company
from tests.finops.ledger.usage import assert_parity

from .conftest import Load

CALLS = demo_company.CALLS // 5


@pytest.mark.slow
def test_it_has_all_its_calls_and_the_shares_of_its_story(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)

    loaded = load(now=now, calls=CALLS)

    rows = costs(Scope(by=("workflow",))).rows
    cost = {row.values[0]: row.measures.cost_on("metered") or Decimal(0) for row in rows}
    unallocated, total = cost.pop(UNALLOCATED), sum(cost.values())
    top_five = sum(sorted(cost.values(), reverse=True)[:5])
    latest = costs(Scope(since=(now - timedelta(days=30)).date())).total
    assert loaded.calls == costs(Scope()).total.calls == CALLS
    assert Decimal("0.84") < top_five / total < Decimal("0.92")
    assert Decimal("0.02") < unallocated / total < Decimal("0.04")
    assert 18_000 < (latest.cost_on("metered") or 0) * 5 < 40_000
    assert_parity()

    monkeypatch.undo()  # and now with lines and meetings
    load(now=now, calls=CALLS)

    rows_of = {row.budget.name: row for row in current(now)}
    assert rows_of["All AI spend"].status == "green"
    assert set(Action.objects.values_list("state", flat=True)) == {"done", "dropped", "open"}

"""What rules decide in dollars, what waits for one, and what a new one would move."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from finops.classification.decided import decided_by_rule
from finops.classification.editing import KindFields
from finops.classification.trial import Trial, try_kind_rule
from finops.classification.worklist import worklist
from finops.models import ChargeKindRule
from tests.finops.bills.charges import NOW, charge, land

pytestmark = pytest.mark.django_db

OTHER: dict[str, Any] = {
    "service_provider_name": "Initech",
    "invoice_issuer_name": "Initech",
    "service_category": None,
}
SINCE, UNTIL = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def bills() -> None:
    land(
        charge("2026-10-05", billed_cost="30", sku_meter="gpt-4o-2024-08-06, input"),
        charge("2026-10-06", billed_cost="9", service_name="LLM Farm", sku_meter="tokens", **OTHER),
        charge("2026-10-07", billed_cost="4", service_name="LLM Farm", sku_meter="tokens", **OTHER),
        charge("2026-10-07", billed_cost="2", service_name="Desk", sku_meter="Chairs", **OTHER),
        charge(
            "2026-10-07", billed_cost="-1", service_name="Desk", sku_meter="Maintenance", **OTHER
        ),
    )
    land(
        charge(
            "2026-11-07",
            billed_cost="5",
            service_name="Odd",
            sku_meter=None,
            **(OTHER | {"service_category": "AI and Machine Learning"}),
        )
    )


@pytest.mark.usefixtures("bills")
def test_what_looks_like_ai_waits_by_service_and_meter_and_the_rest_is_a_sum() -> None:
    waiting = worklist(SINCE, UNTIL)
    told = [(each.service, each.meter, each.billed, each.rows) for each in waiting.candidates]
    assert told == [("LLM Farm", "tokens", 13, 2), ("Odd", "", 5, 1)]
    assert (waiting.open, waiting.others, waiting.other_rows) == (18, 1, 2)


def test_what_has_no_rate_still_waits() -> None:
    land(charge("2026-10-05", billing_currency="JPY", service_name="LLM Farm", **OTHER))
    (waits,) = worklist(SINCE, UNTIL).candidates
    assert (waits.billed, waits.rows, waits.unconverted) == (0, 1, 1)


@pytest.mark.usefixtures("bills")
def test_each_rule_says_what_it_decided_this_month_and_the_last() -> None:
    decided = decided_by_rule(date(2026, 11, 20))
    openai = ChargeKindRule.objects.get(name="OpenAI models")
    assert decided[openai.pk] == (0, 30, 1)
    assert decided[None] == (5, 14, 5)
    assert sum(each.last_month for each in decided.values()) == 44


def tried(*, place: int = 1, days: int = 60, replaces: int | None = None, **said: Any) -> Trial:
    fields = KindFields(**({"name": "new", "kind": "gpu"} | said))
    return try_kind_rule(fields.as_rule(0), place=place, until=NOW, days=days, replaces=replaces)


@pytest.mark.usefixtures("bills")
def test_a_trial_says_what_a_rule_would_move_in_dollars() -> None:
    trial = tried(service_name="llm*", sku_meter="TOKENS")
    assert (trial.whole, trial.matches, trial.moved, trial.moved_rows) == (49, 13, 13, 2)
    ((before, after, billed, rows),) = trial.moves
    assert (before.kind, after.kind, billed, rows) == (None, "gpu", 13, 2)
    assert tried(service_name="llm*", days=30).match_rows == 0


@pytest.mark.usefixtures("bills")
def test_a_rule_after_another_moves_only_what_that_one_leaves() -> None:
    late = tried(service_provider="OpenAI*", place=1_000)
    assert (late.matches, late.earlier, late.moved) == (30, 30, 0)
    first = tried(service_provider="OpenAI*", place=1)
    assert (first.earlier, first.moved) == (0, 30)


@pytest.mark.usefixtures("bills")
def test_a_changed_rule_gives_back_what_it_no_longer_matches() -> None:
    openai = ChargeKindRule.objects.get(name="OpenAI models")
    trial = tried(service_name="nothing at all", place=openai.position, replaces=openai.pk)
    assert (trial.matches, trial.moved) == (0, 30)
    assert trial.moves[0].before.kind == "llm_usage"


def test_letters_that_are_wild_in_sql_are_letters_here() -> None:
    land(
        charge("2026-10-30", billed_cost="1", service_name="100%_x", **OTHER),
        charge("2026-10-30", billed_cost="1", service_name="100 and x", **OTHER),
    )
    assert tried(service_name="100%_x").matches == Decimal(1)
    assert tried(service_name="*").matches == 0 + Decimal(2)


def test_old_and_replaced_bills_do_not_wait() -> None:
    land(charge("2026-10-05", service_name="LLM Farm", **OTHER))
    land(charge("2026-10-05", service_name="Chairs", **OTHER))
    assert worklist(SINCE, UNTIL).candidates == ()
    assert worklist(NOW, NOW + timedelta(days=1)).other_rows == 0

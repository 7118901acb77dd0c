"""The sample data tells its story: in the figures that people will see, not in the files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from finops.domain.dimensions import UNALLOCATED
from finops.ledger.sources import has_sample_data
from finops.models import Person
from finops.rollups.queries import Scope, costs
from finops.rollups.runs import run_detail, runs_of
from ingest.demo import demo
from ingest.demo.story import Story, story_until
from ingest.generator.demo_company import EXTRACTOR, FLAT_RATE_CUSTOMER, TRIAL
from tests.finops.ledger.usage import assert_parity

from .conftest import NOW

pytestmark = pytest.mark.usefixtures("story")

MONTH, LAST_MONTH = date(2025, 11, 1), date(2025, 10, 1)
TODAY = NOW.date()


def spent(by: str, since: date | None = None, until: date | None = None) -> dict[str, Decimal]:
    """Cost by the values of one dimension; what nobody priced counts nothing here."""
    answer = costs(Scope(by=(by,), since=since, until=until))
    return {row.values[0]: row.measures.cost_on("metered") or Decimal(0) for row in answer.rows}


def share(of: Mapping[str, Decimal], *names: str) -> Decimal:
    return sum((of[name] for name in names), Decimal(0)) / sum(of.values())


def dearest(of: Mapping[str, Decimal], count: int) -> list[str]:
    return sorted((name for name in of if name != UNALLOCATED), key=lambda n: -of[n])[:count]


def test_every_page_can_say_that_it_is_sample_data() -> None:
    assert has_sample_data()


def test_nothing_is_lost_on_the_way_in(story: demo.Status) -> None:
    total = costs(Scope()).total

    assert (story.state, story.calls, total.calls) == ("complete", 20_000, 20_000)
    assert_parity()


def test_there_are_6_features_5_teams_12_workflows_60_customers_and_8_models() -> None:
    found = {
        by: len([value for value in spent(by) if value != UNALLOCATED])
        for by in ("feature", "team", "workflow", "customer", "model", "provider", "source")
    }

    assert found == {
        "feature": 6,
        "team": 5,
        "workflow": 12,
        "customer": 60,
        "model": 8,
        "provider": 4,
        "source": 3,
    }


def test_five_workflows_dominate_and_an_agent_leads() -> None:
    workflows = spent("workflow")
    top = dearest(workflows, 5)

    assert top[0] == "contract-review-agent"
    assert Decimal("0.8") < share(workflows, *top) < Decimal("0.92")


def test_it_spends_tens_of_thousands_of_dollars_a_month() -> None:
    a_call = costs(Scope(since=MONTH)).total.cost_on("metered") or Decimal(0)
    full = a_call * 15  # 300,000 calls instead of 20,000

    assert 10_000 < full < 60_000


def test_this_month_against_the_same_days_of_the_last_has_one_clear_riser() -> None:
    now = spent("workflow", MONTH, TODAY)
    before = spent("workflow", LAST_MONTH, date(2025, 10, 21))
    risen = {name: cost - before[name] for name, cost in now.items()}

    assert dearest(risen, 1) == ["contract-review-agent"]
    assert risen["contract-review-agent"] > before["contract-review-agent"] / 5
    assert risen["contract-review-agent"] > sum(risen.values()) / 2


def test_the_dearest_run_of_the_dearest_workflow_went_round_in_circles() -> None:
    (worst, *_) = runs_of("contract-review-agent", since=MONTH, limit=3)
    detail = run_detail(UUID(worst.url_id))
    assert detail is not None
    steps = [call.step for call in detail.calls]

    assert Decimal(40) < (worst.cost or 0) < Decimal(200)
    assert worst.started > NOW - timedelta(days=10)
    assert worst.calls == 96
    assert steps.count("compare-to-playbook") > 80
    assert steps[-20:] == ["compare-to-playbook"] * 20


def test_a_flat_rate_customer_costs_as_much_as_the_largest() -> None:
    assert FLAT_RATE_CUSTOMER in dearest(spent("customer"), 2)


def test_customers_have_a_long_tail() -> None:
    customers = spent("customer")

    assert share(customers, *dearest(customers, 10)) > Decimal("0.55")


def test_a_little_is_unallocated_and_a_little_unpriced() -> None:
    total = costs(Scope()).total
    unpriced = costs(Scope(by=("model",), filters={"model": [TRIAL.name]})).total

    assert Decimal("0.015") < share(spent("workflow"), UNALLOCATED) < Decimal("0.05")
    assert 0 < total.unpriced_calls < total.calls // 50
    assert unpriced.unpriced_calls == total.unpriced_calls


def test_rules_say_whose_jobs_the_batch_system_runs() -> None:
    answer = costs(Scope(by=("workflow", "feature"), filters={"source": ["sample-batch"]}))
    owners = {row.values for row in answer.rows}

    assert owners == {
        ("invoice-extraction", "invoice-processing"),
        ("sales-call-summaries", "sales-calls"),
        ("lead-qualification", "sales-calls"),
        (UNALLOCATED, UNALLOCATED),
    }


def a_call(workflow: str, since: datetime, until: datetime) -> Decimal:
    """What a call of a workflow costs on average."""
    found = costs(
        Scope(filters={"workflow": [workflow]}, since=since.date(), until=until.date())
    ).total
    return (found.cost_on("metered") or Decimal(0)) / found.calls


def told() -> Story:
    return story_until(NOW, calls=20_000)


def test_caching_made_summaries_cheaper() -> None:
    on = told().calendar.caching_on
    before = a_call("sales-call-summaries", on - timedelta(days=40), on)
    since = a_call("sales-call-summaries", on, on + timedelta(days=40))

    assert since < before * Decimal("0.8")


def test_the_new_price_is_a_third_higher() -> None:
    def per_token(since: datetime, until: datetime) -> Decimal:
        found = costs(
            Scope(filters={"model": [EXTRACTOR.name]}, since=since.date(), until=until.date())
        ).total
        tokens = found.as_json("metered")
        weight = int(tokens["input_tokens"]) + 3 * int(tokens["output_tokens"])
        return (found.cost_on("metered") or Decimal(0)) / weight

    change = told().calendar.price_change
    before = per_token(change - timedelta(days=30), change)
    since = per_token(change, change + timedelta(days=30))

    assert since / before == pytest.approx(Decimal("4.20") / Decimal("3.10"), rel=Decimal("0.02"))


def test_weekends_are_quiet() -> None:
    answer = costs(Scope(by=(), grain="day"))
    days: dict[bool, list[Decimal]] = {True: [], False: []}
    for row in answer.rows:
        cost = row.measures.cost_on("metered") or Decimal(0)
        days[date.fromisoformat(row.period or "").weekday() >= 5].append(cost)

    average = {is_weekend: sum(costs) / len(costs) for is_weekend, costs in days.items()}
    assert average[True] < average[False] / 2


def test_it_ends_now_and_began_120_days_ago() -> None:
    days = [row.period for row in costs(Scope(grain="day")).rows]

    assert days[-1] == TODAY.isoformat()
    assert len(days) == 121


def test_each_role_has_one_person() -> None:
    people = Person.objects.filter(is_sample=True)

    assert sorted(people.values_list("role", "email")) == [
        (role, f"{role}@demo.example")
        for role in ("admin", "datascience", "engineering", "executive", "finance", "viewer")
    ]

"""Rules that came later: whose calls they move, and whose they must not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from finops.models import AttributionRule
from finops.rollups.queries import Scope as Costs
from finops.rollups.queries import costs
from tests.finops.ledger.usage import PRICE, assert_parity, call, import_rows, read, total
from tests.finops.revaluation.history import alias, column, own_model, preview, price, revalue, rule

pytestmark = pytest.mark.usefixtures("ledger")


def cost_by_team() -> dict[str, Decimal]:
    return {row.values[0]: row.measures.cost for row in costs(Costs(by=("team",))).rows}


def test_a_new_rule_moves_the_calls_it_claims_and_totals_stay() -> None:
    import_rows(call(id="1", tags={"app": "shop"}), call(id="2", tags={"app": "blog"}))
    before = total()

    with rule("team", "growth", tag="app", tag_value="shop") as made:
        job = revalue("attribution")

    assert total() == before
    assert cost_by_team() == {"growth": PRICE, "unallocated": PRICE}
    assert column("attributed_by") == [f'{{"team": {made.pk}}}', None]
    assert job.preview["teams"] == [
        group("growth", calls=(0, 1), cost=("0", "0.0075")),
        group("unallocated", calls=(2, 1), cost=("0.015", "0.0075")),
    ]
    assert_parity()


def group(team: str, *, calls: tuple[int, int], cost: tuple[str, str]) -> dict[str, object]:
    return {
        "team": team,
        "calls_before": calls[0],
        "calls_after": calls[1],
        "unpriced_before": 0,
        "unpriced_after": 0,
        "cost_before": cost[0],
        "cost_after": cost[1],
    }


def test_the_calls_own_field_wins_over_a_new_rule() -> None:
    import_rows(call(id="1", team="search"), call(id="2"))

    with rule("team", "growth"):
        revalue("attribution")

    assert column("team") == ["search", "growth"]
    assert column("attributed_by")[0] is None


@pytest.mark.parametrize(
    "dimension",
    ["feature", "team", "customer", "user", "workflow", "environment", "run", "step"],
)
def test_every_dimension_is_given_taken_back_and_never_taken_from_the_call(dimension: str) -> None:
    import_rows(call(id="1", **{dimension: "own"}), call(id="2"))
    stored = "end_user" if dimension == "user" else dimension

    with rule(dimension, "ruled"):
        revalue("attribution")
        assert column(stored) == ["own", "ruled"]
        assert_parity()
    revalue("attribution")

    assert column(stored) == ["own", None]
    assert column("attributed_by") == [None, None]
    assert_parity()


def test_what_a_rule_gave_earlier_is_decided_again() -> None:
    with rule("team", "growth"):
        import_rows(call(id="1"))
    with rule("team", "platform") as newer:
        revalue("attribution")

    assert column("team") == ["platform"]
    assert column("attributed_by") == [f'{{"team": {newer.pk}}}']


def test_the_same_answer_by_another_rule_is_on_record() -> None:
    with rule("team", "growth"):
        import_rows(call(id="1"))
    with rule("team", "growth"):
        job = revalue("attribution")

    assert job.result["changed"] == 1


def test_a_rule_holds_from_its_date() -> None:
    import_rows(
        call(id="1", time="2026-11-01T00:00:00Z"), call(id="2", time="2026-11-02T00:00:00Z")
    )

    with rule("team", "growth", effective_from="2026-11-02T00:00:00Z"):
        revalue("attribution")

    assert column("team") == [None, "growth"]


def test_a_rule_for_one_source_leaves_the_others() -> None:
    import_rows(call(id="1"), source="east")
    import_rows(call(id="2", time="2026-11-01T11:00:00Z"), source="west")

    with rule("team", "growth", source="west*"):
        revalue("attribution")

    assert column("team") == [None, "growth"]


def test_a_rule_about_a_model_sees_the_name_that_the_same_run_gives() -> None:
    import_rows(call(id="1", model="our-own-4o"))

    with alias("our-own-4o", "gpt-4o", provider="openai"), rule("team", "ml", model="gpt-4o"):
        alone = preview("attribution")
        both = preview("price", "attribution")

    assert alone.preview["changed_calls"]["changed"] == 0
    assert both.preview["changed_calls"]["attributed_anew"] == 1


def test_the_attribution_part_leaves_prices_alone() -> None:
    import_rows(own_model(id="1"))

    with price("2"), rule("team", "growth"):
        revalue("attribution")

    assert column("cost") == [None]
    assert column("team") == ["growth"]


def test_difficult_texts_survive() -> None:
    odd = 'back\\slash\ttab\nline "quote" \\N None ünïcode'
    import_rows(call(id="1", feature=odd, customer="None"))

    with rule("team", "tab\there\\N"):
        revalue("attribution")

    assert column("team") == ["tab\there\\N"]
    assert column("feature") == [odd]
    assert column("customer") == ["None"]


def test_everything_that_happened_stays_as_it_was() -> None:
    import_rows(
        call(id="1", response_id="r", cost="0.1", tags={"a": "b"}, latency_ms=12.5, attempt=2)
    )
    happened = (
        "SELECT to_jsonb(calls) - '{team,customer,attributed_by}'::text[] FROM calls"  # all others
    )
    before = read(happened)

    with rule("team", "growth"), rule("customer", "acme"):
        revalue("price", "attribution")

    assert read(happened) == before
    assert not AttributionRule.objects.filter(value="growth").exists()

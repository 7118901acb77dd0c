"""Prices that arrive late, change, or count differently: what a run makes of the calls before."""

from __future__ import annotations

from decimal import Decimal

import pytest

from finops.models import Source
from finops.rollups.queries import Scope as Costs
from finops.rollups.queries import costs
from tests.finops.ledger.usage import assert_parity, call, import_rows, total
from tests.finops.revaluation.history import alias, column, own_model, price, revalue, rule

pytestmark = pytest.mark.usefixtures("ledger")


def test_a_call_without_a_price_is_priced_once_there_is_one() -> None:
    import_rows(own_model(id="1"), call(id="2"))
    assert total().unpriced_calls == 1

    with price("2") as card:
        job = revalue("price")

    assert column("cost") == [Decimal("0.003"), Decimal("0.0075")]
    assert column("price_id")[0] == card.pk
    assert column("unpriced_reason") == [None, None]
    assert job.result["becoming_priced"] == 1
    assert (total().cost, total().unpriced_calls) == (Decimal("0.0105"), 0)
    assert_parity()


def test_a_price_from_a_date_touches_only_calls_from_that_date() -> None:
    with price("1"):
        import_rows(
            own_model(id="1", time="2026-11-01T23:59:59Z"),
            own_model(id="2", time="2026-11-02T00:00:00Z"),
        )
        with price("2", since="2026-11-02T00:00:00Z"):
            job = revalue("price")

    assert job.result["changed"] == 1
    assert column("cost") == [Decimal("0.0015"), Decimal("0.003")]
    assert_parity()


def test_before_the_first_price_of_a_model_its_calls_say_that_only_the_price_is_missing() -> None:
    import_rows(own_model(id="1"))

    with price("2", since="2026-11-02T00:00:00Z"):
        revalue("price")

    assert column("unpriced_reason") == ["no_price"]


def test_another_price_is_another_cost_and_another_card() -> None:
    with price("1"):
        import_rows(own_model(id="1"))
        with price("3") as newer:
            job = revalue("price")

    assert column("cost") == column("computed_cost") == [Decimal("0.0045")]
    assert column("price_id") == [newer.pk]
    assert job.preview["total"]["cost_before"] == "0.0015"
    assert job.preview["total"]["cost_after"] == "0.0045"


def test_a_price_that_is_gone_leaves_its_calls_unpriced_never_free() -> None:
    with price("1"):
        import_rows(own_model(id="1"))

    job = revalue("price")

    assert column("cost") == [None]
    assert column("unpriced_reason") == ["unknown_model"]
    assert job.preview["total"]["cost_after"] is None
    assert job.result["becoming_unpriced"] == 1
    assert_parity()


def test_an_alias_gives_the_catalogue_name_and_keeps_the_given_one() -> None:
    import_rows(call(id="1", provider="OpenAI", model="our-own-4o"))

    with alias("our-own-4o", "gpt-4o", provider="openai"):
        revalue("price")

    assert column("model") == ["gpt-4o"]
    assert column("model_given") == ["our-own-4o"]
    assert column("provider_given") == ["OpenAI"]
    assert column("cost") == [Decimal("0.0075")]
    assert [row.values for row in costs(Costs(by=("model",))).rows] == [("gpt-4o",)]
    assert_parity()


def test_an_alias_taken_back_gives_the_given_name_back() -> None:
    with alias("our-own-4o", "gpt-4o", provider="openai"):
        import_rows(call(id="1", model="our-own-4o"))

    revalue("price")

    assert column("model") == ["our-own-4o"]
    assert column("model_given") == [None]


def test_a_source_switched_to_what_it_reports() -> None:
    import_rows(
        call(id="1", cost="0.5"),
        call(id="2", cost="0.7", currency="EUR"),
        own_model(id="3", cost="0.25"),
        call(id="4"),
    )
    Source.objects.update(counts=Source.REPORTED)

    revalue("price")

    assert column("cost_source") == ["reported", "computed", "reported", "computed"]
    assert column("cost") == list(map(Decimal, ("0.5", "0.0075", "0.25", "0.0075")))
    assert column("computed_cost")[0] == Decimal("0.0075")
    assert total().counted_reported == Decimal("0.75")
    assert_parity()


def test_and_switched_back() -> None:
    Source.objects.create(name="costline", counts=Source.REPORTED)
    import_rows(call(id="1", cost="0.5"), own_model(id="2", cost="0.25"))
    Source.objects.update(counts=Source.COMPUTED)

    job = revalue("price")

    assert column("cost") == [Decimal("0.0075"), None]
    assert column("unpriced_reason") == [None, "unknown_model"]
    assert job.result["becoming_unpriced"] == 1
    assert_parity()


def test_evidence_is_valued_again_and_never_added_to_the_total() -> None:
    Source.objects.create(name="usage-api", role=Source.EVIDENCE)
    import_rows(own_model(id="1"), source="usage-api")

    with price("2"):
        job = revalue("price")

    assert column("cost") == [Decimal("0.003")]
    assert (job.result["changed"], job.result["cost_after"]) == (1, "0")
    assert job.preview["changed_calls"]["cost_after"] == "0"
    assert job.preview["total"]["calls_after"] == 0
    assert_parity()


def test_the_price_part_leaves_owners_alone() -> None:
    import_rows(own_model(id="1"))

    with price("2"), rule("team", "growth"):
        revalue("price")

    assert column("team") == [None]
    assert column("cost") == [Decimal("0.003")]

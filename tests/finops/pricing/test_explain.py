"""The lines of a call's cost add up to what the calculator charged, to the last digit."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.domain.usage import TOKEN_KINDS, UsageRecord
from finops.models import Price, Rate
from finops.models.prices import RATE_KINDS
from finops.pricing.calculate import RateLine, cost_of, rate_table
from finops.pricing.explain import bill, cost_lines

COUNTS = st.dictionaries(
    st.sampled_from(TOKEN_KINDS), st.one_of(st.none(), st.integers(0, 10**7)), max_size=9
)
AMOUNTS = st.decimals(0, 500, places=6, allow_nan=False)


@st.composite
def cards(draw: st.DrawFn) -> list[RateLine]:
    places = draw(
        st.lists(
            st.tuples(st.sampled_from(RATE_KINDS), st.sampled_from([0, 1_000, 200_000])),
            unique=True,
            max_size=12,
        )
    )
    return [
        RateLine(kind, above, draw(AMOUNTS), 1 if kind == "requests" else 1_000_000)
        for kind, above in places
    ]


@given(cards(), COUNTS, st.integers(1, 50))
def test_the_lines_sum_to_what_was_charged(
    card: list[RateLine], counts: dict[str, int | None], requests: int
) -> None:
    record = UsageRecord(
        started_at=datetime(2026, 11, 1, tzinfo=UTC),
        provider="p",
        model="m",
        requests=requests,
        **counts,  # type: ignore[arg-type]
    )
    costs = [line.cost for line in cost_lines(card, counts, requests)]

    charged = cost_of(rate_table(card), record)
    assert (None if None in costs else sum(costs, Decimal(0))) == charged  # type: ignore[arg-type]


def test_a_kind_without_a_line_goes_by_the_one_that_it_is_a_part_of() -> None:
    card = [RateLine("input_tokens", 0, Decimal(3), 1_000_000)]

    (line,) = cost_lines(card, {"cache_write_1h_tokens": 1_000_000})

    assert (line.kind, line.rate and line.rate.kind, line.cost) == (
        "cache_write_1h_tokens",
        "input_tokens",
        3,
    )


def test_a_long_prompt_is_charged_by_its_own_lines() -> None:
    card = [
        RateLine("input_tokens", 0, Decimal(1), 1_000_000),
        RateLine("input_tokens", 200_000, Decimal(2), 1_000_000),
    ]

    at, above = (cost_lines(card, {"input_tokens": n})[0] for n in (200_000, 200_001))

    assert (at.rate and at.rate.amount, above.rate and above.rate.amount) == (1, 2)


def test_a_kind_that_nothing_charges_for_leaves_the_call_without_a_total() -> None:
    lines = cost_lines([RateLine("input_tokens", 0, Decimal(1), 1_000_000)], {"output_tokens": 7})

    assert [(line.quantity, line.cost) for line in lines] == [(7, None)]


@pytest.mark.django_db
def test_a_bill_names_its_card() -> None:
    price = Price.objects.create(provider="acme", model="own", source="entered by hand")
    Rate.objects.create(price=price, kind="input_tokens", amount=Decimal("2.5"))

    found = bill(price.pk, {"input_tokens": 1_000, "output_tokens": None})

    assert found is not None
    assert (found.price, found.total) == (price, Decimal("0.0025"))
    assert bill(price.pk + 1, {}) is None

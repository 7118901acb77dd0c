"""Prices and runs in words: none, one, many, up, down, and exact amounts."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.pricing.amounts import read_amount
from finops.pricing.calculate import RateLine
from finops.pricing.timeline import Span
from finops.web.prices.figures import changes_story
from finops.web.prices.words import book_story, boundary, compared, dates, dollars, rates, source

ZONE = ZoneInfo("America/New_York")


def figures(**found: Any) -> dict[str, Any]:
    nothing = {
        "changed": 0,
        "becoming_priced": 0,
        "becoming_unpriced": 0,
        "staying_unpriced": 0,
        "cost_before": "0",
        "cost_after": "0",
        "cost_of_newly_priced": "0",
    }
    return {"currency": "USD", "changed_calls": nothing | found}


@pytest.mark.parametrize(
    ("found", "would", "did"),
    [
        ({}, "0 priced calls change.", "0 priced calls changed."),
        (
            {
                "changed": 12_340,
                "becoming_priced": 12_340,
                "cost_after": "1234.56",
                "cost_of_newly_priced": "1234.56",
            },
            "12,340 calls have no price and get $1,235. 0 priced calls change.",
            "12,340 calls had no price and got $1,235. 0 priced calls changed.",
        ),
        (
            {"changed": 1, "becoming_unpriced": 1, "cost_before": "2"},
            "1 call loses its price. 0 priced calls change.",
            "1 call lost its price. 0 priced calls changed.",
        ),
        (
            {"changed": 3, "becoming_unpriced": 2, "cost_before": "5", "cost_after": "7"},
            "2 calls lose their price. 1 priced call changes.",
            "2 calls lost their price. 1 priced call changed.",
        ),
        (
            {"changed": 2, "staying_unpriced": 2},
            "2 calls still have no price. 0 priced calls change.",
            "2 calls still had no price. 0 priced calls changed.",
        ),
        (
            {"changed": 2, "cost_before": "5", "cost_after": "2"},
            "2 priced calls change, by −$3.00.",
            "2 priced calls changed, by −$3.00.",
        ),
        (
            {"changed": 2, "cost_before": "5", "cost_after": "5"},
            "2 priced calls change, but not what they cost.",
            "2 priced calls changed, but not what they cost.",
        ),
    ],
)
def test_what_a_run_changes(found: dict[str, Any], would: str, did: str) -> None:
    assert changes_story(figures(**found), would=True) == would
    assert changes_story(figures(**found), would=False) == did


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ((0, 0, 0), "No model was called in these days."),
        ((1, 1, 0), "The model in use has a price. No call waits for one."),
        ((5, 5, 0), "All 5 models in use have a price. No call waits for one."),
        ((5, 5, 1), "All 5 models in use have a price; 1 call waits for one."),
        ((0, 1, 2), "0 of 1 model in use have a price; 2 calls wait for one."),
        ((0, 0, 3), "No model was called in these days; 3 calls of before wait for a price."),
    ],
)
def test_whether_the_totals_can_be_trusted(told: tuple[int, int, int], says: str) -> None:
    assert book_story(*told, is_cut=False) == says


def test_a_count_that_was_cut_says_so() -> None:
    assert "more than 100,000 calls wait" in book_story(1, 2, 100_000, is_cut=True)


@given(st.decimals(0, 100_000, places=12, allow_nan=False))
def test_an_amount_is_written_with_every_digit(amount: Decimal) -> None:
    written = dollars(amount)

    assert amount == 0 or len(written.partition(".")[2]) >= 2
    assert read_amount(written) == amount


def test_amounts_are_told_for_a_million_whatever_the_card_says() -> None:
    told = rates((RateLine("input_tokens", 0, Decimal("0.002"), 1_000),))

    assert (told.input, told.output) == ("$2.00", "—")


def test_lines_stand_beside_the_ones_before() -> None:
    def line(kind: str, amount: int) -> RateLine:
        return RateLine(kind, 0, Decimal(amount), 1_000_000)

    told = compared(
        (line("output_tokens", 8), line("input_tokens", 3)),
        (line("input_tokens", 2), line("cache_read_tokens", 1)),
    )

    assert [tuple(row) for row in told] == [
        ("Input", "$2.00", "$3.00", "+50.0%"),
        ("Output", "—", "$8.00", ""),
        ("Input read from cache", "$1.00", "—", ""),
    ]


def test_dates_name_the_zone_only_where_they_must() -> None:
    ours = datetime(2026, 11, 3, 5, tzinfo=UTC)
    assert boundary(ours, ZONE) == "3 Nov 2026"
    assert boundary(datetime(2026, 11, 3, tzinfo=UTC), ZONE) == "3 Nov 2026 UTC"
    assert boundary(datetime(2026, 11, 3, 1, tzinfo=UTC), ZONE) == "2 Nov 2026, 20:00 EST"
    assert dates([Span(None, None)], ZONE) == "Always"
    assert dates([Span(None, ours)], ZONE) == "Until 3 Nov 2026"
    assert dates([Span(ours, None)], ZONE) == "From 3 Nov 2026"
    assert dates([Span(ours, ours.replace(day=5))] * 2, ZONE) == (
        "3 Nov 2026 to 5 Nov 2026; 3 Nov 2026 to 5 Nov 2026"
    )


def test_sources_in_words() -> None:
    assert source("genai-prices 0.2.3") == "Published list, 0.2.3"
    assert source("entered by hand") == "Entered by hand"

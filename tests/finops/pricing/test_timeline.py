"""When a card is in force is what values calls, whatever the cards are."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from finops.pricing.calculate import rate_table
from finops.pricing.price_book import Card, card_in_force
from finops.pricing.timeline import Span, spans_in_force

START = datetime(2026, 1, 1, tzinfo=UTC)
days = st.none() | st.integers(0, 12).map(lambda day: START + timedelta(days=day))
hours = st.none() | st.integers(0, 23).map(time)


@st.composite
def cards(draw: st.DrawFn) -> list[Card]:
    found = []
    for price_id in range(draw(st.integers(0, 6))):
        since, until = draw(days), draw(days)
        if since and until and since >= until:
            since, until = until, None
        daily = (draw(hours), draw(hours))
        found.append(card(price_id, since, until, *(daily if all(daily) else (None, None))))
    return found


def card(
    price_id: int,
    since: datetime | None,
    until: datetime | None = None,
    daily_from: time | None = None,
    daily_to: time | None = None,
) -> Card:
    return Card(price_id, "", "standard", since, until, daily_from, daily_to, True, rate_table(()))


def day(number: int) -> datetime:
    return START + timedelta(days=number)


@given(cards(), st.integers(-24, 24 * 14))
def test_the_card_that_values_a_call_is_in_force(found: list[Card], hour: int) -> None:
    at = START + timedelta(hours=hour)
    spans = spans_in_force(found)

    charging = card_in_force(found, at)

    said = {price_id for price_id, periods in spans.items() if any(s.holds(at) for s in periods)}
    if charging:
        assert charging.price_id in said
    all_day = {c.price_id for c in found if c.daily_from is None}
    assert len(said & all_day) <= 1
    assert not charging or charging.price_id not in all_day or said & all_day == {charging.price_id}


@given(cards())
def test_periods_are_in_order_and_apart(found: list[Card]) -> None:
    for periods in spans_in_force(found).values():
        for before, after in pairwise(periods):
            assert before.until is not None
            assert after.since is not None
            assert before.until < after.since


def test_a_later_card_ends_the_one_before_it() -> None:
    spans = spans_in_force([card(2, day(5)), card(1, None)])

    assert spans == {1: [Span(None, day(5))], 2: [Span(day(5), None)]}


def test_a_card_with_an_end_gives_way_to_the_one_before_it() -> None:
    spans = spans_in_force([card(2, day(5), day(7)), card(1, None)])

    assert spans == {1: [Span(None, day(5)), Span(day(7), None)], 2: [Span(day(5), day(7))]}


def test_a_card_from_the_same_day_replaces_the_other_altogether() -> None:
    assert spans_in_force([card(2, day(5)), card(1, day(5))])[1] == []


def test_hours_of_the_day_share_their_period_with_the_card_for_all_day() -> None:
    spans = spans_in_force([card(2, None, None, time(1), time(4)), card(1, None)])

    assert spans == {1: [Span(None, None)], 2: [Span(None, None)]}

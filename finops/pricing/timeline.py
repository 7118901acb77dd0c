"""When each card is in force: where cards overlap, the one that stands first in rank wins.

Nothing in the book is ever edited to end a price. A later card simply goes before an earlier one,
so when a price ended is worked out here, and is the same thing that valued the calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from finops.pricing.price_book import Card


class Span(NamedTuple):
    """A period [since, until); an open end is none."""

    since: datetime | None
    until: datetime | None

    def holds(self, instant: datetime) -> bool:
        """Tell whether an instant lies in it."""
        return (self.since is None or self.since <= instant) and (
            self.until is None or instant < self.until
        )


def spans_in_force(cards: Sequence[Card]) -> dict[int, list[Span]]:
    """Give each card's periods in force, by price id; ``cards`` stand in rank, best first.

    A card for hours of the day shares its period with the all-day card behind it. A card without
    any period has been replaced by others altogether.
    """
    found: dict[int, list[Span]] = {card.price_id: [] for card in cards}
    edges = sorted({edge for card in cards for edge in (card.since, card.until) if edge})
    for since, until in zip([None, *edges], [*edges, None], strict=True):
        for card in _in_force(cards, since, until):
            _extend(found[card.price_id], Span(since, until))
    return found


def _in_force(cards: Sequence[Card], since: datetime | None, until: datetime | None) -> list[Card]:
    """Name the cards that charge between two edges: those for some hours, then one for the rest."""
    charging = []
    for card in cards:
        if _covers(card, since, until):
            charging.append(card)
            if card.daily_from is None or card.daily_to is None:
                break
    return charging


def _covers(card: Card, since: datetime | None, until: datetime | None) -> bool:
    begun = card.since is None or (since is not None and card.since <= since)
    lasts = card.until is None or (until is not None and until <= card.until)
    return begun and lasts


def _extend(spans: list[Span], span: Span) -> None:
    """Add a period, joined to the one that it continues."""
    if spans and spans[-1].until == span.since and span.since is not None:
        spans[-1] = spans[-1]._replace(until=span.until)
    else:
        spans.append(span)

"""Which models are called, what they cost and by which price, and which of them have none."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import connection

from finops.models import Organization, Price
from finops.pricing.calculate import NO_PRICE, NO_RATE, UNKNOWN_MODEL, RateLine
from finops.pricing.history import current_price, lines_of
from finops.pricing.price_book import PriceBook
from finops.sql import load_sql

#: Models in use that are told one by one, the dearest first; a page shows no more.
MOST_MODELS: Final = 50
#: Models that are told to wait for a price, those with the most calls first.
MOST_WAITING: Final = 200
#: Unpriced calls that are looked at, the newest first; a page shows no more than their sums.
MOST_CALLS: Final = 100_000
#: Reasons that a price or a name can do something about. The other is a call without any counts.
_PRICEABLE: Final = (UNKNOWN_MODEL, NO_PRICE, NO_RATE)


class ModelInUse(NamedTuple):
    """A model's counted cost and calls in some days; ``cost`` is none when no call has a price."""

    provider: str
    model: str
    cost: Decimal | None
    calls: int
    unpriced_calls: int


class PricedModel(NamedTuple):
    """A model in use and the card that charges a plain call of it now, if any."""

    use: ModelInUse
    price: Price | None
    lines: tuple[RateLine, ...]


class UnpricedModel(NamedTuple):
    """Calls of a model that wait for a price: how many, and the first and last of their days.

    ``reasons`` are those of ``UnpricedReason``; ``regions`` and ``modes`` are the calls' own.
    """

    provider: str
    model: str
    calls: int
    first_day: date
    last_day: date
    reasons: tuple[str, ...]
    regions: tuple[str, ...]
    modes: tuple[str, ...]


def prices_by_spend(*, since: date, until: date, now: datetime) -> list[PricedModel]:
    """List the models called in days [since, until) with their prices, the dearest first."""
    book = PriceBook()
    used = models_in_use(since=since, until=until)
    charging = [current_price(book, row.provider, row.model, now=now) for row in used]
    prices = Price.objects.in_bulk([price_id for price_id in charging if price_id])
    lines = lines_of(prices)
    return [
        PricedModel(row, prices[price_id] if price_id else None, lines.get(price_id or 0, ()))
        for row, price_id in zip(used, charging, strict=True)
    ]


def models_in_use(*, since: date, until: date) -> list[ModelInUse]:
    """List the models called in days [since, until) of the reporting zone, the dearest first."""
    days = {"since": since, "until": until, "most_models": MOST_MODELS}
    return [ModelInUse(*row) for row in _rows("rollups/models_in_use.sql", days)]


def calls_by_model(*, since: date | None, until: date | None) -> list[ModelInUse]:
    """Count the calls of every provider and model in days [since, until), however many."""
    days = {"since": since, "until": until, "most_models": None}
    return [ModelInUse(*row) for row in _rows("rollups/models_in_use.sql", days)]


def unpriced_models(provider: str = "", model: str = "") -> list[UnpricedModel]:
    """List the models whose calls wait for a price, or one of them, by how many calls.

    Looks at the newest ``MOST_CALLS`` of them, and at no call that has a price.
    """
    asked = {
        "reasons": list(_PRICEABLE),
        "provider": provider,
        "model": model,
        "zone": Organization.current().time_zone,
        "most_calls": MOST_CALLS,
        "most_models": MOST_WAITING,
    }
    return [
        UnpricedModel(*row[:5], *map(tuple, row[5:]))
        for row in _rows("rollups/unpriced_models.sql", asked)
    ]


def _rows(path: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(load_sql(path).format(), parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

"""A price that the bill implies, written down as a proposal for finance to decide on."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

from django.db.models import Min

from finops.domain.periods import day_start, next_month
from finops.models import PriceProposal, Reconciliation
from finops.models.prices import RATE_KINDS
from finops.pricing.calculate import RateLine
from finops.pricing.cards import RateCard
from finops.pricing.history import lines_of
from finops.pricing.proposals import propose, waiting_for
from finops.reconciliation.acting import ActRefused
from finops.reconciliation.book import BookPrices
from finops.reconciliation.lines import LineScope, lines_of_month
from finops.reconciliation.parts import PRICE
from finops.reconciliation.zones import billing_zone

_MILLION: Final = 1_000_000
#: Published prices have up to six decimals for a million tokens; what a bill implies is rounded.
_PLACES: Final = Decimal(1).scaleb(-6)
_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)


def implied_card(row: Reconciliation, model: str) -> RateCard:
    """Write a model's card as the bill has it: the book's, with the prices that differ replaced.

    It holds from the first day on which the bill had other prices. Raises ActRefused when the bill
    implies none.
    """
    found = lines_of_month(row, LineScope(filters={"finding": PRICE, "model": model}), limit=1_000)
    implied: dict[str, Decimal] = {}
    weights: dict[str, Decimal] = {}
    for line in found.rows:
        kind = f"{line.token_kind}_tokens"
        tokens = line.billed_quantity or Decimal(0)
        if line.billed_price is not None and kind in RATE_KINDS and tokens > weights.get(kind, 0):
            weights[kind] = tokens
            million = _WIDE.multiply(line.billed_price, Decimal(_MILLION))
            implied[kind] = _WIDE.quantize(million, _PLACES).normalize(_WIDE)
    if not implied:
        raise ActRefused("The bill implies no other price for this model.")
    lines = [RateLine(kind, 0, amount, _MILLION) for kind, amount in implied.items()]
    kept = [line for line in _in_book(row, model) if line.kind not in implied]
    return RateCard(
        provider=row.provider, model=model, since=_since(row, model), lines=(*kept, *lines)
    )


def propose_implied(
    row: Reconciliation, model: str, *, reason: str, by: str, now: datetime
) -> PriceProposal:
    """Propose what the bill implies for a model.

    Raises ActRefused when there is nothing to propose, or the same card waits already; CardRefused
    for a card that no call could be charged by.
    """
    card = implied_card(row, model)
    for waiting in waiting_for(card.provider, card.model):
        if RateCard.from_json(waiting.card).lines == card.lines:
            raise ActRefused(f"{waiting.proposed_by} has proposed this price already.")
    return propose(card, reason=reason, by=by, now=now)


def _in_book(row: Reconciliation, model: str) -> tuple[RateLine, ...]:
    end = next_month(row.month) - timedelta(days=1)
    card = BookPrices(row.provider, end, billing_zone(row.provider)).card(model, None)
    return lines_of([card.price_id]).get(card.price_id, ()) if card else ()


def _since(row: Reconciliation, model: str) -> datetime:
    odd = row.lines.filter(finding=PRICE, model=model)
    first = odd.aggregate(first=Min("day"))["first"] or row.month
    return day_start(first, billing_zone(row.provider))

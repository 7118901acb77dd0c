"""What the company's own model costs, as finance wrote it down: one price, then a dearer one.

No price list has the model or its provider, so these prices can value no call but the sample's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import transaction

from finops.models import Price
from finops.pricing.calculate import RateLine
from finops.pricing.cards import RateCard
from finops.pricing.proposals import lock_book
from ingest.demo.removal import Removal
from ingest.demo.story import KEPT, SAMPLE, Story
from ingest.generator.demo_company import EXTRACTOR, Calendar

#: Dollars for a million tokens of input and of output, before and since the new lease.
_BEFORE: Final = (Decimal("3.10"), Decimal("9.30"))
_SINCE: Final = (Decimal("4.20"), Decimal("12.60"))


@transaction.atomic
def load(story: Story) -> None:
    """Put both prices into the book, unless they are there."""
    lock_book()
    if Price.objects.filter(approved_by=SAMPLE).exists():
        return
    for card, note in _cards(story.calendar):
        card.save(approved_by=SAMPLE, note=note, now=story.calendar.now)


def remove(story: Story, removal: Removal) -> Iterator[str]:
    """Take the prices out of the book, but for those that real calls carry."""
    for price in Price.objects.filter(approved_by=SAMPLE):
        if removal.leaves_in_use("price", price.pk):
            price.approved_by = KEPT
            price.save(update_fields=["approved_by"])
            yield f"price {price.pk} of {price.model}: calls of yours carry it"
        else:
            price.delete()


def _cards(calendar: Calendar) -> Iterator[tuple[RateCard, str]]:
    change = calendar.price_change
    yield _card(_BEFORE, until=change), "Own cluster: lease and power over the tokens of a month."
    yield _card(_SINCE, since=change), "New lease of the cluster, 35 % dearer."


def _card(
    amounts: tuple[Decimal, Decimal],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> RateCard:
    lines = zip(("input_tokens", "output_tokens"), amounts, strict=True)
    return RateCard(
        provider=EXTRACTOR.provider,
        model=EXTRACTOR.name,
        since=since,
        until=until,
        lines=tuple(RateLine(kind, 0, amount, 1_000_000) for kind, amount in lines),
    )

"""The price book: by spend, as a whole, and one model's history."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from finops.access.rights import Right
from finops.models import Organization, Price, PriceProposal
from finops.pricing.calculate import UNKNOWN_MODEL
from finops.pricing.history import history, lines_of, search
from finops.pricing.proposals import waiting_for
from finops.rollups.models_in_use import (
    MOST_CALLS,
    MOST_MODELS,
    PricedModel,
    UnpricedModel,
    prices_by_spend,
    unpriced_models,
)
from finops.web.prices import words
from finops.web.requests import text
from finops.web.rights import needs

PER_PAGE: Final = 50
#: Models without a price that are listed at once; the others follow when these have one.
SHOWN_WAITING: Final = 10
#: Periods that the page by spend offers, in days.
DAYS: Final = (30, 90)


@needs(Right.SEE)
def by_spend(request: HttpRequest) -> HttpResponse:
    """Show what the models in use cost, the dearest first, and which have no price."""
    zone, now = Organization.current().zone, timezone.now()
    asked = text(request, "days", 3)
    days = int(asked) if asked in map(str, DAYS) else DAYS[0]
    until = now.astimezone(zone).date() + timedelta(days=1)
    used = prices_by_spend(since=until - timedelta(days=days), until=until, now=now)
    waiting = unpriced_models()
    calls = sum(row.calls for row in waiting)
    priced = sum(row.price is not None for row in used)
    context = {
        "story": words.book_story(priced, len(used), calls, is_cut=calls >= MOST_CALLS),
        "days": days,
        "choices": DAYS,
        "used": [_used(row, zone) for row in used],
        "is_cut": len(used) == MOST_MODELS,
        "unpriced": [_unpriced(row) for row in waiting[:SHOWN_WAITING]],
        "more_unpriced": max(len(waiting) - SHOWN_WAITING, 0),
        "proposals": PriceProposal.objects.filter(state=PriceProposal.WAITING).count(),
    }
    return render(request, "pages/prices/by_spend.html", context)


@needs(Right.SEE)
def book(request: HttpRequest) -> HttpResponse:
    """Search all cards there are, or ever were."""
    zone = Organization.current().zone
    wanted = text(request, "q", 200)
    page = Paginator(search(wanted), PER_PAGE).get_page(text(request, "page", 9))
    prices: list[Price] = list(page.object_list)
    lines = lines_of([price.pk for price in prices])
    rows = [
        {
            "price": price,
            "rates": words.rates(lines.get(price.pk, ())),
            "since": words.since(price.effective_from, zone),
            "source": words.source(price.source),
        }
        for price in prices
    ]
    context = {"wanted": wanted, "page": page, "rows": rows, "modes": words.MODES}
    return render(request, "pages/prices/book.html", context)


@needs(Right.SEE)
def model(request: HttpRequest) -> HttpResponse:
    """Show what one model has cost, costs, and will cost."""
    provider, name = text(request, "provider", 100), text(request, "model", 500)
    if not provider or not name:
        return redirect("prices-book")
    zone = Organization.current().zone
    told = history(provider, name, now=timezone.now())
    waiting = unpriced_models(told.provider, told.model)
    context = {
        "told": told,
        "asked_name": name,
        "variants": [
            {
                "title": _title(variant.region, variant.processing),
                "rows": [words.card_row(entry, zone) for entry in variant.entries],
            }
            for variant in told.variants
        ],
        "unpriced": [_unpriced(row) for row in waiting],
        "proposals": waiting_for(told.provider, told.model),
    }
    return render(request, "pages/prices/model.html", context)


def _used(row: PricedModel, zone: Any) -> dict[str, Any]:
    price = row.price
    return {
        "use": row.use,
        "price": price,
        "rates": words.rates(row.lines),
        "since": words.since(price.effective_from, zone) if price else "",
        "source": words.source(price.source) if price else "",
        "short_source": words.short_source(price.source) if price else "",
        "lender": price.provider if price and price.provider != row.use.provider else "",
    }


def _unpriced(row: UnpricedModel) -> dict[str, Any]:
    """Say why a model's calls wait, and what the form for its price begins with."""
    other_mode = row.modes[0] if len(row.modes) == 1 and row.modes[0] != "standard" else ""
    return {
        "row": row,
        "noun": words.unpriced_noun(row.modes),
        "is_unknown": UNKNOWN_MODEL in row.reasons,
        "reasons": [words.REASONS[reason] for reason in row.reasons],
        "first_day": words.first_day(row.first_day),
        "mode": other_mode,
    }


def _title(region: str, processing: str) -> str:
    where = f" in {region}" if region else ""
    return f"{words.MODES[processing]} calls{where}"

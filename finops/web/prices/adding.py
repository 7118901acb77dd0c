"""Adding a price: written down by whoever knows it, seen with its effect, decided by finance."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from finops.access.rights import Right
from finops.models import Organization, Price, PriceProposal, Revaluation
from finops.pricing.cards import CardRefused, RateCard
from finops.pricing.history import lines_of, price_at
from finops.pricing.proposals import (
    ProposalRefused,
    approve,
    decline,
    entered_since,
    newest_price,
    placed,
    propose,
)
from finops.revaluation.effect import effect_of, queue_effect
from finops.waking import wake_revaluations
from finops.web.prices import words
from finops.web.prices.figures import changes_prices, effect_story, is_working
from finops.web.prices.forms import AgainForm, NoteForm, PriceForm, amounts_of
from finops.web.requests import is_fragment, signature, text
from finops.web.rights import needs

PER_PAGE: Final = 50
_PREFILLED: Final = ("provider", "model", "since", "processing", "region")


@needs(Right.PROPOSE_PRICES)
def add(request: HttpRequest) -> HttpResponse:
    """Take a price down; nothing is decided yet."""
    zone = Organization.current().zone
    if request.method == "POST":
        form = PriceForm(request.POST, zone=zone)
        if form.is_valid() and (made := _propose(form, request)):
            return redirect("prices-proposal", pk=made.pk)
    else:
        form = PriceForm(initial=_initial(request), zone=zone)
    status = 422 if form.is_bound else 200
    context = {"form": form, "zone_name": zone.key, "providers": _providers()}
    return render(request, "pages/prices/add.html", context, status=status)


@needs(Right.SEE)
def proposals(request: HttpRequest) -> HttpResponse:
    """List what was proposed and what became of it, undecided ones first."""
    rows = PriceProposal.objects.order_by("-pk")
    waiting = rows.filter(state=PriceProposal.WAITING)
    decided = rows.exclude(state=PriceProposal.WAITING)
    page = Paginator(decided, PER_PAGE).get_page(text(request, "page", 9))
    context = {
        "waiting": [_told(row) for row in waiting[:PER_PAGE]],
        "decided": [_told(row) for row in page.object_list],
        "page": page,
    }
    return render(request, "pages/prices/proposals.html", context)


@needs(Right.SEE)
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a proposed price, what it replaces, and what it would do to the calls that are there."""
    return _page(request, get_object_or_404(PriceProposal, pk=pk), NoteForm())


@require_POST
@needs(Right.SET_MONEY)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve a proposed price, or decline it with a reason."""
    asked = get_object_or_404(PriceProposal, pk=pk)
    form = NoteForm(request.POST)
    declines = request.POST.get("decision") == "decline"
    if form.is_valid() and declines and not form.cleaned_data["note"]:
        form.add_error("note", "Say why you decline. It stays on record.")
    if not form.is_valid():
        return _page(request, asked, form, status=422)
    by, now, note = signature(request), timezone.now(), form.cleaned_data["note"]
    try:
        if declines:
            decline(asked, by=by, now=now, note=note)
            messages.success(request, "Declined. The price book is as it was.")
        else:
            approve(asked, by=by, now=now, note=note, seen=_seen(request))
            messages.success(request, "Saved. New calls are priced by it from now on.")
    except (ProposalRefused, CardRefused) as error:
        messages.error(request, str(error))
    return redirect("prices-proposal", pk=pk)


@require_POST
@needs(Right.PROPOSE_PRICES)
def work_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the effect of a proposal anew: calls or prices have changed since."""
    asked = get_object_or_404(PriceProposal, pk=pk, state=PriceProposal.WAITING)
    queue_effect(asked, by=signature(request), now=timezone.now())
    wake_revaluations()
    return redirect("prices-proposal", pk=pk)


def _propose(form: PriceForm, request: HttpRequest) -> PriceProposal | None:
    """Write the card down and have its effect worked out; on refusal the form says why."""
    assert form.card is not None  # the form is valid
    by, now = signature(request), timezone.now()
    try:
        made = propose(form.card, reason=form.cleaned_data["reason"], by=by, now=now)
    except CardRefused as error:
        form.add_error(None, str(error))
        return None
    queue_effect(made, by=by, now=now)
    wake_revaluations()
    return made


def _page(
    request: HttpRequest, asked: PriceProposal, form: NoteForm, status: int = 200
) -> HttpResponse:
    zone = Organization.current().zone
    card = RateCard.from_json(asked.card)
    is_open = asked.state == PriceProposal.WAITING
    shown = placed(card) if is_open else card
    effect = effect_of(asked)
    context = {
        "proposal": asked,
        "card": shown,
        "form": form,
        "mode": words.MODES[card.processing],
        "since": words.since(card.since, zone),
        "until": words.boundary(shown.until, zone) if shown.until else "",
        "ends_early": shown.until != card.until,
        "lines": _compared(card) if is_open else words.compared(card.lines, ()),
        "is_open": is_open,
        "seen": newest_price(card),
        "effect": effect,
        "is_overtaken": is_open and _is_overtaken(effect, card),
        "is_working": effect is not None and is_working(effect),
        "story": effect_story(effect, card, zone),
        "again": AgainForm.ALL if changes_prices(effect) else AgainForm.MISSING,
        "again_since": card.since and card.since.astimezone(zone).date(),
    }
    template = "pages/prices/proposal.html"
    if is_fragment(request):
        template = "pages/prices/_effect.html"
    return render(request, template, context, status=status)


def _is_overtaken(effect: Revaluation | None, card: RateCard) -> bool:
    """Tell whether the effect was worked out by a book that has changed for the model since."""
    return bool(effect and effect.started_at and entered_since(card, effect.started_at))


def _compared(card: RateCard) -> list[words.Compared]:
    """Put the card's lines beside those that charge at its beginning without it."""
    before = price_at(card, now=timezone.now())
    return words.compared(card.lines, lines_of([before]).get(before, ()) if before else ())


def _told(row: PriceProposal) -> dict[str, Any]:
    zone: ZoneInfo = Organization.current().zone
    card = RateCard.from_json(row.card)
    return {
        "proposal": row,
        "card": card,
        "rates": words.rates(card.lines),
        "since": words.since(card.since, zone),
    }


def _initial(request: HttpRequest) -> dict[str, Any]:
    """Begin with what the address says, and with the amounts of a card to go on from."""
    initial: dict[str, Any] = {
        name: found for name in _PREFILLED if (found := text(request, name, 500))
    }
    start = text(request, "like", 18)
    if start.isdecimal() and Price.objects.filter(pk=int(start)).exists():
        initial |= amounts_of(lines_of([int(start)]).get(int(start), ()))
    return initial


def _providers() -> list[str]:
    return list(Price.objects.values_list("provider", flat=True).distinct().order_by("provider"))


def _seen(request: HttpRequest) -> int:
    seen = request.POST.get("seen", "")
    return int(seen) if seen.isdecimal() and len(seen) < 19 else -1

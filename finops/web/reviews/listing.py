"""All reviews: who closed each, what it decided, and whether its actions paid. And to begin one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from finops.access.rights import Right
from finops.domain import display
from finops.domain.money import exact_sum
from finops.models import Organization, Person, Review
from finops.reviews.action_rows import realised_so_far
from finops.reviews.listing import ReviewLine, lines, reviews
from finops.reviews.preparing import start, to_hold
from finops.reviews.weeks import Week, today
from finops.sql import snapshot
from finops.web.actions.drawing import drawn
from finops.web.actions.words import saved_so_far
from finops.web.requests import text
from finops.web.rights import needs
from finops.web.sentences import join

PER_PAGE: Final = 26


@needs(Right.SEE)
def review_list(request: HttpRequest) -> HttpResponse:
    """List the reviews, the latest first."""
    now, organization = timezone.now(), Organization.current()
    with snapshot():
        page = Paginator(reviews(), PER_PAGE).get_page(text(request, "page", 9))
        listed = lines(list(page.object_list), today(now, organization.zone))
        week, held = to_hold(now)
    context = {
        "page": page,
        "rows": _told(listed),
        "story": _story(listed, page.paginator.count, organization.currency),
        "hold": _hold(week, held),
    }
    return render(request, "pages/reviews/list.html", context)


@require_POST
@needs(Right.TAKE_PART)
def begin(request: HttpRequest) -> HttpResponse:
    """Begin the review that a meeting holds now, and go there."""
    assert isinstance(request.user, Person)  # the gate lets nobody else in
    review = start(by=request.user, now=timezone.now())
    if review.state == Review.CLOSED:
        messages.info(request, "The review of the running week is closed already.")
    return redirect("weekly", key=review.key)


def _story(listed: Sequence[ReviewLine], count: int, currency: str) -> SafeString | str:
    """Tell what the reviews on the page have brought."""
    promised = sum(len(line.actions) for line in listed)
    if not promised:
        return ""
    expected = exact_sum(line.expected for line in listed)
    few = "The first review" if count == 1 else f"The last {len(listed)} reviews"
    begin = format_html(
        "{} made {} and {}.",
        few,
        display.counted(sum(line.decisions for line in listed), "decision"),
        display.counted(promised, "action"),
    )
    should = format_html(
        "The actions should save <b>{}</b> a month.", display.set_money(expected, currency)
    )
    saved = realised_so_far(action for line in listed for action in line.actions)
    return join(begin, should if expected else "", saved_so_far(saved, currency))


def _hold(week: Week, held: Review | None) -> dict[str, Any]:
    """Say which review a meeting would hold now."""
    return {
        "key": week.key,
        "days": display.days(week.starts, week.ends - timedelta(days=1)),
        "review": held,
        "is_started": held is not None and held.started_at is not None,
        "is_closed": held is not None and held.state == Review.CLOSED,
    }


def _told(listed: Sequence[ReviewLine]) -> list[dict[str, Any]]:
    """Give each review with its bars: what is expected, and realised, a month."""
    bars = drawn([(line.expected if line.actions else None, line.a_month) for line in listed])
    return [{"line": line, "bars": pair} for line, pair in zip(listed, bars, strict=True)]

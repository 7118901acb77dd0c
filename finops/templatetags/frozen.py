"""What templates need to write a review's document: it holds text alone, so that it can be frozen.

A document's amounts are decimal strings, its days ISO dates, its instants RFC 3339. These filters
turn them back, for the filters that write amounts and days for people.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from finops.domain import display
from finops.reviews.document import WorkflowRow
from finops.templatetags.costline import sparkline
from finops.web.reviews.weekly import words

register = template.Library()
register.filter("owner_of", words.owner_of)
register.filter("saving", words.saving)
register.filter("realised", words.realised)
register.filter("budget_days", words.budget_days)
register.filter("decision_words", words.decision)


@register.filter
def amount(text: str | None) -> Decimal | None:
    """Give the amount that a decimal string says; nobody knows None."""
    return None if text is None else Decimal(text)


@register.filter
def on(text: str | None) -> date | None:
    """Give the day of an ISO date."""
    return date.fromisoformat(text) if text else None


@register.filter
def at(text: str | None) -> datetime | None:
    """Give the instant of an RFC 3339 time."""
    return datetime.fromisoformat(text) if text else None


@register.filter
def moment_in(text: str | None, zone: str) -> str:
    """Write an instant in the document's own zone: ``Mon 23 Nov 2026, 09:31 UTC``."""
    if not text:
        return display.NOTHING
    return display.moment(datetime.fromisoformat(text), ZoneInfo(zone), weekday=True)


@register.filter
def time_in(text: str | None, zone: str) -> str:
    """Write the time of day of an instant: ``14:02 UTC``."""
    if not text:
        return display.NOTHING
    local = datetime.fromisoformat(text).astimezone(ZoneInfo(zone))
    return f"{local:%H:%M} {display.zone_label(local)}"


@register.filter
def short_on(text: str | None) -> str:
    """Write a day in few letters: ``Fri 27 Nov``."""
    return display.day(date.fromisoformat(text), weekday=True, year=False) if text else ""


@register.filter
def rank_move(row: WorkflowRow) -> str:
    """Say how a workflow moved among the dearest."""
    return words.rank_move(row["rank"], row["rank_before"])


@register.simple_tag
def weeks_line(weeks: Sequence[str], currency: str) -> SafeString:
    """Draw the dollars of some weeks as a line, oldest first, and say them."""
    amounts = [Decimal(week) for week in weeks] or [Decimal(0)]
    first, last = display.money(amounts[0], currency), display.money(amounts[-1], currency)
    return sparkline(amounts, f"{len(amounts)} weeks: from {first} to {last} a week")


@register.filter
def minus(count: int, taken: int) -> int:
    """Take a count from a count."""
    return count - taken


@register.simple_tag(takes_context=True)
def saves(context: Context, route: str, *args: object) -> SafeString:
    """Write the attributes of a form that saves itself: by htmx where it runs, else by its button.

    It comes back to the screen that the page shows. Saves of one form go out one after another, or
    an older text could arrive last.
    """
    asked = context["request"].GET.copy()
    asked.pop("row", None)
    asked.pop("seen", None)
    address = reverse(route, args=[context["review"].key, *args])
    return format_html(
        'method="post" action="{0}?{1}" hx-post="{0}?{1}" hx-swap="none"'
        ' hx-trigger="submit, change, save" hx-sync="this:queue last"',
        address,
        asked.urlencode(),
    )

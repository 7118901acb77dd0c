"""What templates may do to a value: write it for people, and draw the small things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from finops.domain import display
from finops.domain.dimensions import UNALLOCATED
from finops.domain.windows import Window
from finops.insights.overview import Part
from finops.web.bullets import TONES

register = template.Library()

#: How long without a call before a page says so.
STALE_AFTER: Final = timedelta(hours=26)

SPARK_WIDTH: Final = 92
SPARK_HEIGHT: Final = 26
_MARGIN: Final = 3


@register.filter
def money(amount: Decimal | None, currency: str = "USD") -> SafeString:
    """Write an amount, with every digit of it in the title."""
    return format_html(
        '<span title="{}">{}</span>',
        display.exact_money(amount, currency),
        display.money(amount, currency),
    )


@register.filter
def priced(amount: Decimal | None, currency: str = "USD") -> SafeString:
    """Write what calls cost; where none of them has a price, say so instead of an amount."""
    return (
        mark_safe('<span class="unpriced">no price</span>')
        if amount is None
        else money(amount, currency)
    )


@register.filter
def plain_money(amount: Decimal | None, currency: str = "USD") -> str:
    """Write an amount as text alone, for labels and options."""
    return display.money(amount, currency)


@register.filter
def set_money(amount: Decimal | None, currency: str = "USD") -> str:
    """Write an amount that somebody set, such as a line: whole dollars without cents."""
    return display.set_money(amount, currency)


@register.filter
def forecast_money(amount: Decimal | None, currency: str = "USD") -> str:
    """Write an amount that is only expected, to three significant digits."""
    return display.forecast_money(amount, currency)


@register.filter
def exact_money(amount: Decimal | None, currency: str = "USD") -> str:
    """Write every digit of an amount."""
    return display.exact_money(amount, currency)


@register.filter
def signed_money(amount: Decimal | None, currency: str = "USD") -> str:
    """Write a change in dollars."""
    return display.signed_money(amount, currency)


@register.filter
def number(count: int | None) -> str:
    """Write a count."""
    return display.number(count)


@register.filter
def day(value: date | None) -> str:
    """Write a day with its weekday."""
    return display.day(value, weekday=True) if value else display.NOTHING


@register.filter
def short_day(value: date | datetime | None) -> str:
    """Write a day where the year is clear: ``18 Nov``; an instant's day is the reporting zone's."""
    if isinstance(value, datetime):
        value = value.astimezone(_zone()).date()
    return display.day(value, year=False) if value else display.NOTHING


@register.filter
def moment(value: datetime | None) -> str:
    """Write an instant in the reporting zone, which is named."""
    return display.moment(value, _zone()) if value else display.NOTHING


@register.filter
def duration(milliseconds: float | None) -> str:
    """Write how long something took."""
    return display.duration(milliseconds)


@register.filter
def ago(value: datetime | None, now: datetime) -> str:
    """Write how long ago an instant was."""
    return display.ago(value, now) if value else "never"


@register.simple_tag
def share(part: Decimal, whole: Decimal) -> str:
    """Write a part of a whole in percent."""
    return display.share(part, whole)


@register.simple_tag
def counted(count: int, noun: str, plural: str = "") -> str:
    """Write a count with its noun."""
    return display.counted(count, noun, plural)


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw one of the frame's icons; words beside it carry the meaning."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.filter
def of(found: Mapping[str, Any], key: str) -> Any:
    """Look something up that a name of another system leads to."""
    return found.get(key)


@register.filter
def tone(status: str) -> str:
    """Give the class, and the icon, of a budget's status."""
    return TONES.get(status, "none")


@register.simple_tag
def delta(now: Decimal | None, before: Decimal | None, currency: str = "USD") -> SafeString:
    """Write a change of spend: sign, dollars, percent; much more is worse."""
    if now is None or before is None:
        return format_html('<span class="delta flat">{}</span>', display.NOTHING)
    difference = now - before
    kind = display.tone(now, before)
    words = display.change(now, before)
    return format_html(
        '<span class="delta {}">{} ({})</span>'
        if difference
        else '<span class="delta {}">{}<span class="vh"> {}</span></span>',
        kind,
        display.signed_money(difference, currency),
        words,
    )


@register.simple_tag
def sparkline(amounts: Sequence[Decimal], label: str) -> SafeString:
    """Draw a zero-based line with a dot at its end; ``label`` says in words what it shows."""
    top = max(amounts, default=Decimal(0)) or Decimal(1)
    inner = SPARK_HEIGHT - 2 * _MARGIN
    step = Decimal(SPARK_WIDTH - 2 * _MARGIN) / max(len(amounts) - 1, 1)
    points = [
        (_MARGIN + step * place, _MARGIN + inner * (1 - max(amount, Decimal(0)) / top))
        for place, amount in enumerate(amounts)
    ] or [(Decimal(_MARGIN), Decimal(SPARK_HEIGHT - _MARGIN))]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<polyline points="{}"/><circle cx="{}" cy="{}" r="2.2"/></svg>',
        SPARK_WIDTH,
        SPARK_HEIGHT,
        label,
        path,
        *(f"{place:.1f}" for place in points[-1]),
    )


@register.filter
def readable(value: str) -> str:
    """Write a dimension's value for people; the missing one is not yet attributed."""
    return "Not attributed" if value in {"", UNALLOCATED} else value


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """Give the page's own query string with some names changed; None takes one out."""
    request = context["request"]
    asked = request.GET.copy()
    for name, value in changes.items():
        asked.pop(name, None)
        if value is not None:
            asked[name] = str(value)
    return f"?{asked.urlencode()}" if asked else "?"


@register.simple_tag
def spark_of(part: Part, currency: str = "USD") -> SafeString:
    """Draw a part's last weeks, and say them."""
    weeks = part.weeks or (Decimal(0),)
    words = (
        f"{len(weeks)} weeks: from {display.money(weeks[0], currency)}"
        f" to {display.money(weeks[-1], currency)} a week,"
        f" at most {display.money(max(weeks), currency)}"
    )
    return sparkline(weeks, words)


@register.simple_tag
def share_bar(part: Decimal, whole: Decimal) -> SafeString:
    """Draw a share as a bar on a rail; the number stands beside it."""
    width = max(min(part / whole * 100, Decimal(100)), Decimal(0)) if whole else Decimal(0)
    return format_html(
        '<svg class="share-bar" viewBox="0 0 100 14" preserveAspectRatio="none" role="img"'
        ' aria-label="{}"><rect class="rail" y="4" width="100" height="6"/>'
        '<rect y="4" width="{}" height="6"/></svg>',
        display.share(part, whole),
        f"{width:.2f}",
    )


@register.filter
def window(value: Window) -> str:
    """Write a window of days."""
    return value.label(cast("ZoneInfo", _zone()))


@register.filter
def is_late(complete_to: datetime, now: datetime) -> bool:
    """Say whether the last call is so old that something may have stopped."""
    return now - complete_to > STALE_AFTER


@register.filter
def workflow_url(value: str) -> str:
    """Give the address of a workflow's page."""
    return reverse("workflow", args=[value])


def _zone() -> Any:
    return timezone.get_current_timezone()

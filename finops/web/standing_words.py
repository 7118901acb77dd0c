"""What pages say of budgets: functions of standings, so that tests can read them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.html import format_html
from django.utils.safestring import SafeString

from finops.domain import display
from finops.insights.budgeted import Unbudgeted
from finops.insights.standings import COUNTED, Standing, counts
from finops.models.budgets import GREEN, RED, YELLOW


def stands(standing: Standing, actual: Decimal, currency: str, *, running: bool) -> SafeString:
    """Say how a month stands: ``November is $48,214 so far, 8% under the yellow line …``.

    ``actual`` is what the page shows, which may be a moment younger than the standing.
    """
    return format_html(
        "{} {} <b>{}</b>{}, {}{}.",
        f"{standing.start:%B}",
        "is" if running else "cost",
        display.money(actual, currency),
        " so far" if running else "",
        _beside_lines(standing, actual, currency),
        _leads_to(standing, actual) if running else "",
    )


def heading(standings: Sequence[Standing]) -> str:
    """Say how many budgets stand how: ``12 budgets: 1 red, 2 yellow``; ``3 budgets, all green``."""
    tally = counts(standings)
    many = display.counted(len(standings), "budget")
    if tally[GREEN] == len(standings):
        return f"{many}, all green" if len(standings) > 1 else f"{many}, green"
    words = [
        f"{display.number(tally[status])} {status}"
        for status in COUNTED
        if tally[status] and status in {"red", "yellow"}
    ]
    if words:
        return f"{many}: {', '.join(words)}"
    return f"{many}, none red or yellow"


def beside_words(without: Unbudgeted | None, currency: str) -> str:
    """Say what no budget covers: ``$938 (6.4%) has no budget by workflow``; or that all has."""
    if without is None or not without.whole:
        return ""
    if not without.cost:
        return f"All spend has a budget by {without.dimension}."
    amount = display.money(without.cost, currency)
    share = display.share(without.cost, without.whole)
    return f"{amount} ({share}) has no budget by {without.dimension}."


def _beside_lines(standing: Standing, actual: Decimal, currency: str) -> SafeString | str:
    """Hold an amount against the line that it crossed, or else against the yellow one."""
    yellow, red = standing.yellow or Decimal(0), standing.red or Decimal(0)
    for name, line in (("red", red), ("yellow", yellow)):
        if actual > line:
            return format_html(
                "<b>{}</b> over the {} line of {}",
                display.money(actual - line, currency),
                name,
                display.set_money(line, currency),
            )
    if standing.status == RED:
        return "below its lines, but one workflow takes too large a part"
    if actual == yellow:
        return "exactly on the yellow line"
    return f"{_part(yellow - actual, yellow, currency)} under the yellow line"


def _part(left: Decimal, line: Decimal, currency: str) -> str:
    """Write what is left in whole percent, or in dollars where that would say nothing."""
    percent = (left / line * 100).to_integral_value() if line else Decimal(0)
    return f"{percent:f}%" if 1 <= percent <= 100 else display.money(left, currency)


def _leads_to(standing: Standing, actual: Decimal) -> str:
    """Say which line is ahead, and when; nothing of one that was crossed a moment ago."""
    ahead = {RED: standing.red, YELLOW: standing.yellow}.get(standing.heading_for)
    if ahead is None or actual > ahead:
        return ""
    red = standing.heading_for == RED
    day = standing.crosses_red_on if red else standing.crosses_yellow_on
    when = f" on {day.day} {day:%B}" if day else ""
    return f" and heading for {standing.heading_for}{when}"

"""How budgets stand, as pages about something else show it: rows, counts, numbers, headings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse

from finops.domain import display
from finops.insights.budgeted import Unbudgeted
from finops.insights.standings import Standing, counts
from finops.web.bullets import Bullet, bullet
from finops.web.kpis import Kpi
from finops.web.standing_words import beside_words, heading

#: How many bullets stand beside a chart.
SHOWN: Final = 4


class BulletRow(NamedTuple):
    """A bullet with its name, as components/bullet_row.html draws it."""

    name: str
    href: str
    status: str
    stale: bool
    data_to: Any
    heading_for: str
    ended: bool
    bullet: Bullet


class Panel(NamedTuple):
    """The budgets of a page: their finding, how many stand how, and those that need a word."""

    heading: str
    tally: list[tuple[str, int, str]]
    rows: list[BulletRow]
    beside: str
    beside_href: str


def panel(
    standings: Sequence[Standing], today: date, currency: str, without: Unbudgeted | None
) -> Panel | None:
    """Show the gravest of some standings; None when there are none at all."""
    if not standings:
        return None
    return Panel(
        heading=heading(standings),
        tally=[
            (status, count, f"{reverse('budgets')}?{urlencode({'status': status})}")
            for status, count in counts(standings).items()
        ],
        rows=[bullet_row(each, today, currency) for each in standings[:SHOWN]],
        beside=beside_words(without, currency),
        beside_href=f"{reverse('workflows')}?status=none"
        if without and without.dimension == "workflow"
        else "",
    )


def bullet_row(standing: Standing, today: date, currency: str, *, name: str = "") -> BulletRow:
    """Draw a standing; ``name`` stands in place of its budget's."""
    ended = standing.end <= today
    return BulletRow(
        name or standing.name,
        budget_href(standing.budget),
        standing.status,
        standing.stale,
        standing.data_to,
        standing.heading_for,
        ended,
        bullet(
            actual=standing.actual,
            yellow=standing.yellow,
            red=standing.red,
            planned=standing.planned,
            forecast_mid=None if ended else standing.forecast_mid,
            status=standing.status,
            currency=currency,
            ended=ended,
        ),
    )


def budget_kpi(standing: Standing, today: date, actual: Decimal, currency: str) -> Kpi:
    """Give what a period is expected to end at, or else what is left of it, with its status."""
    kpi: Kpi = {
        "status": standing.status,
        "stale": standing.stale,
        "data_to": standing.data_to,
    }
    ended = standing.end <= today
    if ended or standing.forecast_mid is None:
        return kpi | _against(standing, actual, currency, "under" if ended else "left")
    low, high = (
        display.forecast_money(amount, currency)
        for amount in (standing.forecast_low, standing.forecast_high)
    )
    return kpi | {
        "label": f"Forecast for {standing.start:%B}",
        "value": display.forecast_money(standing.forecast_mid, currency),
        "title": f"{display.exact_money(standing.forecast_mid, currency)} is in the middle",
        "note": f"likely {low} to {high}",
    }


def _against(standing: Standing, actual: Decimal, currency: str, below: str) -> Kpi:
    """Hold what was spent against the nearest line; ``below`` is the word for less than it."""
    label = f"Budget for {standing.start:%B}"
    if standing.yellow is None or standing.red is None:
        return {"label": label, "value": display.NOTHING, "note": "no lines drawn"}
    name, line = ("red", standing.red) if actual > standing.red else ("yellow", standing.yellow)
    distance = display.money(abs(actual - line), currency)
    return {
        "label": label,
        "value": f"{distance} {'over' if actual > line else below}",
        "note": f"{name} above {display.set_money(line, currency)}",
    }


def budget_href(budget: int) -> str:
    """Give the address of a budget's page."""
    return reverse("budget", args=[budget])


def new_budget_href(**scope: str) -> str:
    """Give the address where a budget for just this is drawn."""
    return f"{reverse('budget-new')}?{urlencode(scope)}"

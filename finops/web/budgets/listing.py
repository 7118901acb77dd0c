"""All budgets: which lines are crossed or about to be, gravest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from finops.access.rights import Right
from finops.attribution.values import labels
from finops.budgets.listed import Place, places, standings_at
from finops.budgets.scope import scope_words
from finops.budgets.unbudgeted import unbudgeted
from finops.models import Budget, BudgetStanding, Organization
from finops.rollups.queries import complete_to
from finops.sql import snapshot
from finops.web.budgets import words
from finops.web.bullets import Bullet, bullet
from finops.web.requests import text
from finops.web.rights import needs

PER_PAGE: Final = 50
#: What the list can be narrowed to, with the words of the choice.
STATUSES: Final = {
    "red": "Red",
    "heading": "Heading for red or yellow",
    "yellow": "Yellow",
    "stale": "Stale",
    "none": "No lines",
    "green": "Green",
}
_TALLIED: Final = ("red", "yellow", "green", "none", "stale")
_PERIODS: Final = ("day", "week", "month", "quarter", "year")


class Row(NamedTuple):
    """A budget in the list."""

    standing: BudgetStanding
    scope: str
    bullet: Bullet


@needs(Right.SEE)
def budgets(request: HttpRequest) -> HttpResponse:
    """Show where every budget stands, and what is spent without one."""
    now = timezone.now()
    with snapshot() as cursor:
        organization = Organization.current()
        every = places(now)
        found = _narrowed(every, request)
        page = Paginator(found, PER_PAGE).get_page(text(request, "page", 6))
        context = {
            "page": page,
            "rows": [_row(each, organization.currency) for each in standings_at(page.object_list)],
            "every": len(every),
            "found": len(found),
            "heading": words.list_heading(every),
            "tally": _tally(every),
            "choices": _choices(every, request),
            "unbudgeted": unbudgeted(now),
            "stopped": Budget.objects.exclude(stopped_from=None).order_by("name")[:PER_PAGE],
            "complete_to": complete_to(cursor),
            "month": f"{now.astimezone(organization.zone):%B}",
        }
    return render(request, "pages/budgets/list.html", context)


def stands(row: Place, status: str) -> bool:
    """Tell whether a row is among those of a choice; stale and heading stand beside the colour."""
    if status == "stale":
        return row.stale
    return bool(row.heading_for) if status == "heading" else row.status == status


def _narrowed(rows: Sequence[Place], request: HttpRequest) -> list[Place]:
    status, team = text(request, "status", 20), text(request, "team", 500)
    owner, period = text(request, "owner", 18), text(request, "period", 10)
    return [
        row
        for row in rows
        if (status not in STATUSES or stands(row, status))
        and (not team or row.team == team)
        and (not owner or str(row.owner or "nobody") == owner)
        and (period not in _PERIODS or row.period == period)
    ]


def _row(standing: BudgetStanding, currency: str) -> Row:
    budget = standing.budget
    return Row(
        standing,
        ", ".join(filter(None, (scope_words(budget.scope), words.of_bills(budget)))),
        bullet(
            actual=standing.actual,
            yellow=standing.yellow,
            red=standing.red,
            planned=standing.planned,
            forecast_mid=standing.forecast_mid,
            status=standing.status,
            currency=currency,
        ),
    )


def _tally(rows: Sequence[Place]) -> list[tuple[str, int, str]]:
    """Count by status, each count a link to its rows."""
    return [
        (status, sum(stands(row, status) for row in rows), f"?status={status}")
        for status in _TALLIED
    ]


def _choices(rows: Sequence[Place], request: HttpRequest) -> list[dict[str, Any]]:
    """Give the selects above the list, each with what occurs in it."""
    teams = sorted({row.team for row in rows if row.team})
    named = labels("team")
    owners = {str(row.owner): row.owned_by for row in rows if row.owner}
    nobody = [("nobody", "Nobody")] if any(not row.owner for row in rows) else []
    periods = [kind for kind in _PERIODS if any(row.period == kind for row in rows)]
    by_name = sorted(owners.items(), key=lambda each: each[1].casefold())
    return [
        _choice(request, "status", "Status", "All", list(STATUSES.items())),
        _choice(request, "team", "Team", "All teams", [(t, named.get(t, t)) for t in teams]),
        _choice(request, "owner", "Owner", "Everybody", [*by_name, *nobody]),
        _choice(request, "period", "Period", "All", [(k, f"Each {k}") for k in periods]),
    ]


def _choice(
    request: HttpRequest, name: str, label: str, everything: str, values: list[tuple[str, str]]
) -> dict[str, Any]:
    chosen = text(request, name, 500)
    return {
        "name": name,
        "label": label,
        "all": everything,
        "values": values,
        "chosen": chosen if chosen in dict(values) else "",
    }

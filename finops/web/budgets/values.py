"""Values that a budget can cover, the dearest of the last months first."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from finops.access.rights import Right
from finops.attribution.values import labels
from finops.domain.dimensions import UNALLOCATED
from finops.domain.windows import Window
from finops.models import Organization, Source
from finops.models.dimensions import NAMED_DIMENSIONS
from finops.rollups.spend import spend
from finops.sql import snapshot
from finops.web.budgets.forms import SCOPE_ROWS, BudgetForm
from finops.web.requests import text
from finops.web.rights import needs

#: How many are offered; others can be typed.
_MOST: Final = 100
_DAYS: Final = timedelta(days=92)
#: Dimensions whose values a rollup lists quickly.
_LISTED: Final = (*NAMED_DIMENSIONS, "provider", "model")


class Value(NamedTuple):
    """A value, and what it is called where it has another name."""

    value: str
    label: str


@needs(Right.SEE)
def values(request: HttpRequest) -> HttpResponse:
    """List the known values of a dimension, as options."""
    chosen = [request.GET.get(f"scope_dimension_{row}", "") for row in range(SCOPE_ROWS)]
    dimension = text(request, "dimension", 20) or next(filter(None, chosen), "")
    context = {"values": known_values(dimension)}
    return render(request, "pages/budgets/_values.html", context)


def values_of(form: BudgetForm) -> list[list[Value]]:
    """List the values for each row of a form; before a dimension is chosen there are none."""
    return [known_values(str(dimension.value() or "")) for dimension, _ in form.scope_rows()]


def known_values(dimension: str) -> list[Value]:
    """List what a dimension's calls of the last three months say, dearest first."""
    if dimension == "source":
        names = Source.objects.order_by("name").values_list("name", flat=True)
        return [Value(name, "") for name in names[:_MOST]]
    if dimension not in _LISTED:
        return []
    today = timezone.now().astimezone(Organization.current().zone).date()
    with snapshot():
        window = Window(today - _DAYS, today + timedelta(days=1))
        found = [value for (value,) in spend(window, by=(dimension,)) if value != UNALLOCATED]
        named = labels(dimension) if dimension in NAMED_DIMENSIONS else {}
    return [Value(value, named.get(value, "")) for value in found[:_MOST]]

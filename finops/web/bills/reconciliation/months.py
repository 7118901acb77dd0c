"""Months beside each other: how each provider's bill stands against its calls."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from finops.access.rights import Right
from finops.bills.words import provider_name
from finops.domain import display
from finops.domain.money import exact_difference, exact_sum
from finops.models import Organization
from finops.reconciliation.reading import Cell, Matrix, matrix
from finops.reconciliation.report import parse_period
from finops.reconciliation.states import INVESTIGATING, NOT_DUE
from finops.sql import snapshot
from finops.web.bills.reconciliation import words
from finops.web.kpis import Kpi
from finops.web.requests import text
from finops.web.rights import needs


@needs(Right.SEE)
def months(request: HttpRequest) -> HttpResponse:
    """Show the last months, or those up to one that the address names."""
    asked = text(request, "until", 20)
    try:
        until = parse_period(asked) if asked else None
    except ValueError as error:
        raise BadRequest(str(error)) from error
    with snapshot():
        seen = matrix(now=timezone.now(), until=until)
    currency = Organization.current().currency
    context = {
        "seen": seen,
        "is_latest": until is None,
        "rows": [_row(provider, cells, currency) for provider, cells in seen.rows.items()],
        "coverage": [words.coverage(*pair) for pair in seen.coverage()],
        "kpis": _kpis(seen, currency),
        "states": words.STATES,
    }
    return render(request, "pages/bills/reconciliation/months.html", context)


def _row(provider: str, cells: tuple[Cell | None, ...], currency: str) -> dict[str, Any]:
    return {
        "provider": provider_name(provider),
        "cells": [cell and _told(cell, currency) for cell in cells],
    }


def _told(cell: Cell, currency: str) -> dict[str, Any]:
    return {
        "pk": cell.row.pk,
        "month": cell.row.month,
        "state": words.STATES[cell.status],
        "gap": words.gap(cell.difference, cell.row.billed, currency),
    }


def _kpis(seen: Matrix, currency: str) -> list[Kpi]:
    """Give the numbers of the newest month that is judged, and what waits over all shown."""
    found = _newest_judged(seen)
    if found is None:
        return []
    month, cells = found
    billed = exact_sum(cell.row.billed or Decimal(0) for cell in cells)
    metered = exact_sum(cell.row.metered for cell in cells)
    rest = exact_sum(cell.row.unexplained.copy_abs() for cell in cells)
    every = [cell for row in seen.rows.values() for cell in row if cell]
    waiting = sum(cell.status == INVESTIGATING for cell in every)
    note = words.month_name(month)
    amounts = f"{display.money(metered, currency)} of {display.money(billed, currency)}"
    return [
        {
            "label": "Metered of billed",
            "value": words.coverage(metered, billed),
            "note": f"{amounts}, {note}",
        },
        {
            "label": "Billed beyond the calls",
            "value": display.signed_money(exact_difference(billed, metered), currency),
            "note": note,
        },
        {
            "label": "Without a name",
            "value": display.money(rest, currency),
            "note": f"{display.share(rest, billed)} of the bills, {note}",
        },
        {
            "label": "To investigate",
            "value": display.number(waiting),
            "note": "in the months shown",
        },
    ]


def _newest_judged(seen: Matrix) -> tuple[date, list[Cell]] | None:
    for place, month in enumerate(seen.months):
        column = [row[place] for row in seen.rows.values()]
        judged = [
            cell
            for cell in column
            if cell and cell.row.billed is not None and cell.status != NOT_DUE
        ]
        if judged:
            return month, judged
    return None

"""One provider's month: from metered to billed, what is odd, every line, and who said what."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from finops.access.rights import Right, may
from finops.bills.words import provider_name
from finops.domain import display
from finops.domain.tabular import as_csv
from finops.models import Organization, Reconciliation
from finops.reconciliation.lines import FILE_COLUMNS, FILTERS, Lines, lines_of_month
from finops.reconciliation.parts import PRICE, UNLOGGED_KEY
from finops.reconciliation.reading import Whole, whole
from finops.reconciliation.states import ACCEPTED, LOCKED, MATCHED, NOT_READY
from finops.sql import snapshot
from finops.web.answers import csv_answer
from finops.web.bills.reconciliation import words
from finops.web.bills.reconciliation.bridge import WIDTH, bridge
from finops.web.bills.reconciliation.forms import AcceptForm, GiveBackForm, InvestigateForm
from finops.web.bills.reconciliation.listing import PAGE_SIZE, Asked, asked, line_table
from finops.web.kpis import Kpi
from finops.web.rights import needs

#: How many lines leave in a file at most; a comparison has no more.
MOST_LINES: Final = 100_000


@needs(Right.SEE)
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a provider's month whole."""
    return month_page(request, get_object_or_404(Reconciliation, pk=pk))


@needs(Right.SEE)
def download(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the lines of a month as CSV."""
    row = get_object_or_404(Reconciliation, pk=pk)
    currency = Organization.current().currency
    found = lines_of_month(row, asked(request).scope, limit=MOST_LINES)
    text = as_csv(FILE_COLUMNS, (line.cells(currency) for line in found.rows))
    return csv_answer(text, f"reconciliation-{row.pk}-{row.month:%Y-%m}")


def month_page(
    request: HttpRequest, row: Reconciliation, *, status: int = 200, **forms: Any
) -> HttpResponse:
    """Show a month with its forms, of which one may carry what was wrong."""
    wanted, currency = asked(request), Organization.current().currency
    with snapshot():
        seen = whole(row.provider, row.month)
        if seen is None:
            raise Http404("nothing is known of this month any more")
        found = _lines(seen, wanted)
    context = {
        "seen": seen,
        "row": seen.cell.row,
        "provider": provider_name(row.provider),
        "month": words.month_name(row.month),
        "state": words.STATES[seen.cell.status],
        "why": words.why(seen, currency),
        "story": words.story(seen, currency),
        "kpis": _kpis(seen, currency),
        "bridge": bridge(seen.cell.row, seen.drivers, currency) if _has_bill(seen) else None,
        "bridge_width": WIDTH,
        "grain": words.grain(seen.cell.row.grain),
        "unconverted": words.unconverted(seen.cell.row.unconverted),
        "findings": [_finding(each, currency) for each in seen.findings],
        "events": [(words.event(each), each) for each in reversed(seen.events)],
        **line_table(found, wanted, currency),
        **_forms(request, seen),
        **forms,
    }
    return render(request, "pages/bills/reconciliation/one.html", context, status=status)


def _lines(seen: Whole, wanted: Asked) -> Lines:
    offset = (wanted.page - 1) * PAGE_SIZE
    return lines_of_month(seen.cell.row, wanted.scope, limit=PAGE_SIZE, offset=offset)


def _has_bill(seen: Whole) -> bool:
    return seen.cell.row.billed is not None


def _kpis(seen: Whole, currency: str) -> list[Kpi]:
    row = seen.cell.row
    billed, gap = row.billed, seen.cell.difference
    return [
        _amount("Metered", row.metered, currency, _reported(row, currency)),
        _amount("Billed before tax", billed, currency, _beside(row, currency)),
        {
            "label": "Metered of billed",
            "value": words.coverage(row.metered, billed) if billed else display.NOTHING,
            "note": words.gap(gap, billed, currency),
        },
        _amount(
            "Without a name",
            row.unexplained if billed is not None else None,
            currency,
            f"{display.share(row.unexplained.copy_abs(), billed)} of the bill" if billed else "",
        ),
    ]


def _amount(label: str, amount: Any, currency: str, note: str) -> Kpi:
    title = display.exact_money(amount, currency)
    return {
        "label": label,
        "value": display.money(amount, currency),
        "title": title,
        "note": note,
    }


def _reported(row: Reconciliation, currency: str) -> str:
    if row.reported is None:
        return "sources reported no cost"
    return f"sources reported {display.money(row.reported, currency)}"


def _beside(row: Reconciliation, currency: str) -> str:
    said = [f"tax {display.money(row.tax, currency)}"] if row.tax else []
    said += [f"not model usage {display.money(row.not_llm, currency)}"] if row.not_llm else []
    return f"beside it: {', '.join(said)}" if said else ""


def _finding(found: Any, currency: str) -> dict[str, Any]:
    return {
        "label": words.FINDING_WORDS[found.kind],
        "says": words.finding(found, currency),
        "amount": found.amount,
        "hints": found.hints,
        "lines": _address(found),
        "can_propose": found.kind == PRICE and found.token_kind != "",
        "can_name": found.kind == UNLOGGED_KEY,
        "model": found.model,
    }


def _address(found: Any) -> str:
    pairs = {name: getattr(found, name) for name in FILTERS[:4] if getattr(found, name)}
    return f"?{urlencode(pairs | {'finding': found.kind})}#h-lines"


def _forms(request: HttpRequest, seen: Whole) -> dict[str, Any]:
    """Offer what the month's state, and the person's rights, allow."""
    status = seen.cell.status
    is_open = status not in {*NOT_READY, MATCHED, LOCKED}
    takes_part, sets = may(request.user, Right.TAKE_PART), may(request.user, Right.SET_MONEY)
    is_accepted = status == ACCEPTED
    return {
        "investigate_form": (
            InvestigateForm()
            if is_open and takes_part and not is_accepted and not seen.is_taken_up
            else None
        ),
        "accept_form": (
            AcceptForm(initial={"seen": seen.cell.row.inputs_hash})
            if is_open and sets and not is_accepted
            else None
        ),
        "back_form": (
            GiveBackForm()
            if status != LOCKED and ((is_accepted and sets) or (seen.is_taken_up and takes_part))
            else None
        ),
    }

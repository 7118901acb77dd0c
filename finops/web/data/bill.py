"""A bill that was uploaded, looked at before it counts: control totals, score, what it replaces."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from finops.bills.words import COSTS
from finops.models import BillSnapshot
from finops.waking import wake_imports
from finops.web.bills.versions import CurrencyTotals, Total, scored
from finops.web.data.imports import named
from finops.web.data.permission import needs_its_right
from ingest.bill_trial import SHOWN, TRIED, BillTrial, try_bill
from ingest.models import Import
from ingest.source_format import ImportFailed
from ingest.uploads import release

_GONE: Final = "This file needs no answer any more."


@needs_its_right
def bill(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what an uploaded bill says; import it once that is confirmed."""
    job = named(pk)
    if not job.waits:
        messages.warning(request, _GONE)
        return redirect("data-import", pk)
    if request.method == "POST":
        return _start(request, job)
    try:
        trial = try_bill(job)
    except (ImportFailed, OSError, ValueError) as error:
        told = str(error).replace(job.path, job.label)
        messages.warning(request, f"The file cannot be read: {told}.")
        return redirect("data-import", pk)
    return render(request, "pages/data/bill.html", _context(job, trial))


def _start(request: HttpRequest, job: Import) -> HttpResponse:
    if not release(job, {}):
        messages.warning(request, "Somebody else has answered already.")
        return redirect("data-import", job.pk)
    wake_imports()
    messages.success(request, "The import has started.")
    return redirect("data-import", job.pk)


def _context(job: Import, trial: BillTrial) -> dict[str, Any]:
    return {
        "job": job,
        "trial": trial,
        "tried": TRIED,
        "totals": _totals(trial),
        "bills": _bills(job, trial),
        "more_bills": max(0, len(trial.bills) - SHOWN),
        "score": scored(trial.score),
    }


def _totals(trial: BillTrial) -> list[CurrencyTotals]:
    return [
        CurrencyTotals(
            currency,
            found.rows,
            tuple(
                Total(label, found.costs[name], found.missing[name])
                for name, label in COSTS.items()
            ),
        )
        for currency, found in sorted(trial.totals.items())
    ]


def _bills(job: Import, trial: BillTrial) -> list[dict[str, Any]]:
    """List the bills that a file tells of, each with the version whose place it would take."""
    source = job.options.get("source") or trial.format
    told = sorted(trial.bills.items(), key=lambda each: (each[0][1], each[0][0]))[:SHOWN]
    known = BillSnapshot.objects.filter(
        source__name=source,
        status=BillSnapshot.CURRENT,
        billing_account_id__in=[account for (account, _), _ in told],
    )
    current = {(each.billing_account_id, each.billing_period): each for each in known}
    return [
        {
            "account": account,
            "period": period,
            "rows": rows,
            "replaces": current.get((account, period)),
        }
        for (account, period), rows in told
    ]

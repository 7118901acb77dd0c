"""What one target carries in a month, and statements of the past."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from finops.access.rights import Right
from finops.allocation.running import preview, published
from finops.allocation.statement import statement_of_run
from finops.attribution.values import labels
from finops.models import AllocationRun
from finops.sql import snapshot
from finops.web.bills.shared import words
from finops.web.bills.shared.asked import Asked, asked
from finops.web.rights import needs


@needs(Right.SEE)
def of_target(request: HttpRequest) -> HttpResponse:
    """Show what a target carries: direct, each pool's share, and both together."""
    question = asked(request)
    target = request.GET.get("target", "").replace("\0", "")[:500]
    with snapshot():
        in_force = None if "dry" in request.GET else published(question.month, question.by)
        seen = in_force or preview(*question[:3])
        name = labels(question.by).get(target, target)
    lines = words.statement_lines(seen, target)
    if target and not lines and seen.rows:
        raise Http404("the statement has no such target")
    context = {
        "question": question,
        "seen": seen,
        "target": target,
        "name": name,
        "row": seen.of(target),
        "total": words.booked(seen.of(target).total, seen.currency),
        "lines": lines,
        "is_dry": in_force is None,
    }
    return render(request, "pages/bills/shared/target.html", context)


@needs(Right.SEE)
def version(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a statement as it was published, with all that went in."""
    run = get_object_or_404(AllocationRun, pk=min(pk, 2**63 - 1))
    seen = statement_of_run(run)
    question = Asked(run.month, run.dimension, run.basis, run.currency)
    context = {
        "question": question,
        "seen": seen,
        "story": words.story(question, seen),
        "kpis": words.kpis(seen),
        "conserved": words.conserved(seen),
        "conserved_note": words.conserved_note(seen),
        "lines": words.rows(seen),
        "residuals": words.residuals(seen),
        "moves": words.moves(seen, None),
        "in_force": seen if seen.is_current else None,
        "is_dry": False,
    }
    return render(request, "pages/bills/shared/version.html", context)

"""One pool: adding it, trying what it would pick, changing it, splitting it otherwise, stopping."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from finops.access.rights import Right
from finops.allocation import checks
from finops.allocation.drivers import known_drivers
from finops.allocation.editing import add_pool, change_pool, set_split, stop_pool
from finops.allocation.pools import begins, split_in_force
from finops.allocation.refusals import PoolRefused
from finops.allocation.trying import Trial, try_pool
from finops.attribution.refusals import ChangedMeanwhile, Gone
from finops.domain.periods import month_of
from finops.models import CostPool, Organization
from finops.web.bills.shared import words
from finops.web.bills.shared.asked import Asked, asked
from finops.web.bills.shared.forms import PicksForm, PoolForm, SeenForm, SplitForm
from finops.web.requests import signature, who_was_quicker
from finops.web.rights import needs

_STOPPED = "This pool is stopped. Add another one."


@needs(Right.SET_MONEY)
def adding(request: HttpRequest) -> HttpResponse:
    """Draft a pool, see what it would pick, save it."""
    question = asked(request)
    if request.method != "POST":
        initial = {"since": question.month, "dimension": question.by}
        return _form_page(request, question, PoolForm(initial=initial))
    form = PoolForm(request.POST)
    if not form.is_valid():
        return _form_page(request, question, form, status=422)
    if request.POST.get("do") == "try":
        return _try_page(request, question, form)
    try:
        pool = add_pool(
            form.draft(),
            form.split(),
            since=form.cleaned_data["since"],
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
            by=signature(request),
        )
    except PoolRefused as error:
        form.refuse(error)
        return _form_page(request, question, form, status=422)
    messages.success(request, f"Saved. {pool.name} picks charges from {_month(form)} on.")
    return redirect("pool", pool.pk)


@needs(Right.SET_MONEY)
def changing(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a pool pick other charges from a month on."""
    pool, question = _pool(pk), asked(request)
    if request.method != "POST":
        initial = PicksForm.initial_of(checks.drafted(pool))
        form = PicksForm(initial={**initial, "since": _this_month(), "seen": pool.version})
        return _form_page(request, question, form, pool=pool)
    form = PicksForm(request.POST.copy())
    if not form.is_valid():
        return _form_page(request, question, form, pool=pool, status=422)
    if request.POST.get("do") == "try":
        return _try_page(request, question, form, pool=pool)
    try:
        after = change_pool(
            pool,
            form.draft(),
            since=form.cleaned_data["since"],
            seen=_seen(form),
            now=timezone.now(),
            by=signature(request),
        )
    except (PoolRefused, ChangedMeanwhile, Gone) as error:
        _refuse(form, error, pool)
        return _form_page(request, question, form, pool=pool, status=422)
    messages.success(request, f"Saved. It holds from {_month(form)} on.")
    return redirect("pool", after.pk)


@needs(Right.SEE, to_change=Right.SET_MONEY)
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a pool picks and how it was split when; take another split."""
    pool = _pool(pk)
    if request.method != "POST":
        return _pool_page(request, pool, SplitForm(initial=_split_now(pool)))
    form = SplitForm(request.POST.copy())
    if not form.is_valid():
        return _pool_page(request, pool, form, status=422)
    try:
        set_split(
            pool,
            form.split(),
            since=form.cleaned_data["since"],
            seen=_seen(form),
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
            by=signature(request),
        )
    except (PoolRefused, ChangedMeanwhile, Gone) as error:
        _refuse(form, error, pool)
        return _pool_page(request, pool, form, status=422)
    messages.success(request, f"Saved. The split holds from {_month(form)} on.")
    return redirect("pool", pool.pk)


@needs(Right.SET_MONEY)
@require_POST
def stopping(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a pool pick nothing from a month on."""
    pool = _pool(pk)
    form = SeenForm(request.POST.copy(), prefix="stop")
    if form.is_valid():
        try:
            stop_pool(pool, since=form.cleaned_data["since"], seen=_seen(form))
        except (PoolRefused, ChangedMeanwhile, Gone) as error:
            _refuse(form, error, pool)
        else:
            messages.success(request, f"{pool.name} picks nothing from {_month(form)} on.")
            return redirect("bills-shared")
    split = SplitForm(initial=_split_now(pool))
    return _pool_page(request, pool, split, stop=form, status=422)


# --- pages ----------------------------------------------------------------------------------------


def _pool(pk: int) -> CostPool:
    return get_object_or_404(CostPool.objects.prefetch_related("splits"), pk=min(pk, 2**63 - 1))


def _try_page(
    request: HttpRequest, question: Asked, form: PicksForm, pool: CostPool | None = None
) -> HttpResponse:
    try:
        draft = checks.checked_pool(form.draft())
    except PoolRefused as error:
        form.refuse(error)
        return _form_page(request, question, form, pool=pool, status=422)
    trial = try_pool(draft, question.month, basis=question.basis, instead_of=pool)
    return _form_page(request, question, form, pool=pool, trial=trial)


def _form_page(
    request: HttpRequest,
    question: Asked,
    form: PicksForm,
    *,
    pool: CostPool | None = None,
    trial: Trial | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "question": question,
        "form": form,
        "pool": pool,
        "trial": trial,
        "told": words.trial(trial, question.currency) if trial else [],
        "drivers": known_drivers(),
    }
    return render(request, "pages/bills/shared/pool_form.html", context, status=status)


def _pool_page(
    request: HttpRequest,
    pool: CostPool,
    form: SplitForm,
    *,
    stop: SeenForm | None = None,
    status: int = 200,
) -> HttpResponse:
    splits = sorted(
        pool.splits.all(), key=lambda each: (each.effective_from, each.set_at), reverse=True
    )
    now = {"since": _this_month(), "seen": pool.version}
    context = {
        "pool": pool,
        "form": form,
        "stop": stop or SeenForm(initial=now, prefix="stop"),
        "picks": words.picks(pool),
        "place": words.place(pool),
        "begins": begins(pool),
        "splits": [(split, words.splits(split)) for split in splits],
        "in_force": split_in_force(splits, _this_month()),
        "drivers": known_drivers(),
        "back": f"{reverse('bills-shared')}?by={pool.dimension}",
    }
    return render(request, "pages/bills/shared/pool.html", context, status=status)


def _split_now(pool: CostPool) -> dict[str, Any]:
    """Begin with the split that holds this month."""
    split = split_in_force(pool.splits.all(), _this_month())
    held = SplitForm.initial_of_split(checks.drafted_split(split)) if split else {}
    return {**held, "since": _this_month(), "seen": pool.version}


def _this_month() -> date:
    return month_of(timezone.now().astimezone(Organization.current().zone).date())


def _refuse(form: SeenForm, error: Exception, pool: CostPool) -> None:
    if isinstance(error, PoolRefused):
        form.refuse(error)
    elif isinstance(error, Gone):
        form.add_error(None, _STOPPED)
    else:
        form.add_error(None, f"{who_was_quicker(pool)} Look again: your entries are below.")
        stored = CostPool.objects.get(pk=pool.pk).version
        cast("QueryDict", form.data)[form.add_prefix("seen")] = str(stored)


def _seen(form: SeenForm) -> int:
    return form.cleaned_data["seen"] or 0


def _month(form: SeenForm) -> str:
    return f"{form.cleaned_data['since']:%B %Y}"

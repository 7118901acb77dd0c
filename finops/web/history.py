"""Runs over history as rooms show them: looked at, applied, taken back. Workers do the work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST

from finops.access.rights import Right, may
from finops.models import Revaluation
from finops.months.closed import MonthClosed
from finops.revaluation.plan import cancel, request_apply
from finops.revaluation.undo import UndoRefused, undo_revaluation
from finops.waking import wake_refresh, wake_revaluations
from finops.web.fields import WhyForm
from finops.web.requests import is_fragment, signature
from finops.web.rights import View, needs


@dataclass(frozen=True, kw_only=True)
class History:
    """A room's runs over history; ``right`` is needed to change anything.

    ``templates`` is the folder that has ``run.html`` and its live part ``_run.html``; they get
    ``job``, ``told``, ``form`` and ``may_change``. ``undone`` says what calls carry after an undo.
    """

    runs: Callable[[], QuerySet[Revaluation]]
    right: Right
    route: str
    templates: str
    told: Callable[[Revaluation], Mapping[str, Any]]
    undone: str
    reason_to_apply: bool = True

    def urls(self) -> list[URLPattern]:
        """Give the addresses of a run, to be included below the list of runs."""

        def changing(view: View) -> View:
            return require_POST(needs(self.right)(view))

        return [
            path("<int:pk>/", needs(Right.SEE)(self.run), name=self.route),
            path("<int:pk>/apply/", changing(self.apply), name=f"{self.route}-apply"),
            path("<int:pk>/undo/", changing(self.undo), name=f"{self.route}-undo"),
            path("<int:pk>/give-up/", changing(self.give_up), name=f"{self.route}-give-up"),
        ]

    def run(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a run: how far it is, what it would change, what it has changed."""
        return self._page(request, self._run(pk), WhyForm())

    def apply(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for a run to be applied."""
        job, form = self._run(pk), WhyForm(request.POST)
        if not form.is_valid() and self.reason_to_apply:
            return self._page(request, job, form, status=422)
        reason = form.cleaned_data.get("reason", "")
        try:
            request_apply(job, by=signature(request), now=timezone.now(), reason=reason)
        except ValueError as error:
            messages.error(request, f"Nothing was changed: {error}.")
        else:
            wake_revaluations()
        return redirect(self.route, pk=pk)

    def undo(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put back what a run has changed, with a reason."""
        job, form = self._run(pk), WhyForm(request.POST)
        if not form.is_valid():
            return self._page(request, job, form, status=422)
        reason = form.cleaned_data["reason"]
        try:
            undo_revaluation(job, by=signature(request), now=timezone.now(), reason=reason)
        except (UndoRefused, MonthClosed) as error:
            messages.error(request, f"Nothing was changed: {error}.")
        else:
            messages.success(request, f"Undone. {self.undone}")
            wake_refresh()
        return redirect(self.route, pk=pk)

    def give_up(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Stop a run, or drop its preview; nothing was changed by it."""
        try:
            cancel(self._run(pk), now=timezone.now())
        except ValueError as error:
            messages.error(request, f"Nothing to stop: {error}.")
        return redirect(self.route, pk=pk)

    def _run(self, pk: int) -> Revaluation:
        return get_object_or_404(self.runs(), pk=pk)

    def _page(
        self, request: HttpRequest, job: Revaluation, form: WhyForm, status: int = 200
    ) -> HttpResponse:
        part = "_run" if is_fragment(request) else "run"
        context = {
            "job": job,
            "told": self.told(job),
            "form": form,
            "may_change": may(request.user, self.right),
        }
        return render(request, f"{self.templates}/{part}.html", context, status=status)

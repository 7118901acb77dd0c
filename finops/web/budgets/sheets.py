"""Budgets as CSV: the template, the export, and the upload that is looked at row by row."""

from __future__ import annotations

from typing import Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from finops.access.rights import Right
from finops.budgets import sheet, sheet_plan
from finops.budgets.refusals import BudgetRefused, ChangedMeanwhile
from finops.budgets.sheet import MOST_BYTES, SheetRefused
from finops.budgets.sheet_plan import ACTIONS, Plan
from finops.domain import display
from finops.models import Organization, Person
from finops.web.answers import csv_answer
from finops.web.budgets.fields import GoodReasonField
from finops.web.requests import signature
from finops.web.rights import needs
from finops.web.small_files import SmallFile, text_of

#: How much text the second form carries: the file again, as text.
_MOST_TEXT: Final = 2 * MOST_BYTES
_LARGE: Final = f"The file is larger than {MOST_BYTES // 1_000_000} MB. Split it."


class SheetForm(forms.Form):
    """Why many lines change at once; needed where lines that are there change."""

    reason = GoodReasonField(required=False)


@needs(Right.SEE)
def budgets_csv(request: HttpRequest) -> HttpResponse:
    """Give the budgets in use as a sheet that can be uploaded again."""
    return csv_answer(sheet.export(timezone.now()), "budgets")


@needs(Right.SEE)
def template_csv(request: HttpRequest) -> HttpResponse:
    """Give a sheet to fill in."""
    return csv_answer(sheet.template(), "budgets-template")


@csrf_exempt  # _receive checks the token, once the file has somewhere to go
@needs(Right.SET_MONEY)
def upload(request: HttpRequest) -> HttpResponse:
    """Take a sheet and show what it would do, or save what was looked at."""
    if request.method != "POST":
        return _page(request)
    handler = SmallFile(request, limit=MOST_BYTES)
    request.upload_handlers = [handler]
    try:
        return _receive(request, handler)
    except (MultiPartParserError, UnreadablePostError):
        return _page(request, problem="The upload broke off. Send the file again.", status=400)


@csrf_protect
def _receive(request: HttpRequest, handler: SmallFile) -> HttpResponse:
    given = request.POST.get("sheet", "")  # reading the body calls the handler
    if handler.is_large or len(given) > _MOST_TEXT:
        return _page(request, problem=_LARGE, status=413)
    data = bytes(handler.data) if handler.data is not None else given.encode()
    if handler.data is None and not given:
        return _page(request, problem="Choose a file.", status=422)
    now, currency = timezone.now(), Organization.current().currency
    assert isinstance(request.user, Person)  # the gate lets nobody else in
    try:
        rows = sheet.read_sheet(data, currency)
    except SheetRefused as error:
        return _page(request, problem=str(error), status=422)
    plan = sheet_plan.plan(rows, now=now, person=request.user, currency=currency)
    form = SheetForm(request.POST if request.POST.get("do") == "save" else None)
    if form.is_valid() and (answer := _saved(request, plan, form)):
        return answer
    status = 422 if form.errors else 200
    return _page(request, plan=plan, text=text_of(data), form=form, status=status)


def _saved(request: HttpRequest, plan: Plan, form: SheetForm) -> HttpResponse | None:
    if request.POST.get("looked") != plan.mark:
        form.add_error(None, "Somebody changed a budget meanwhile. Look at the rows again.")
        return None
    if not plan.can_be_saved:
        form.add_error(None, "Nothing was saved: rows are wrong, or nothing would change.")
        return None
    try:
        done = sheet_plan.carry_out(
            plan, reason=form.cleaned_data["reason"], now=timezone.now(), by=signature(request)
        )
    except BudgetRefused as error:
        form.add_error("reason" if error.field == "reason" else None, str(error))
        return None
    except ChangedMeanwhile as error:
        form.add_error(None, f"Nothing was saved. {error} Look at the rows again.")
        return None
    messages.success(request, f"Saved. {display.counted(done, 'budget')} made or changed.")
    return redirect("budgets")


def _page(
    request: HttpRequest,
    *,
    plan: Plan | None = None,
    text: str = "",
    form: SheetForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    form = form or SheetForm()
    form.fields["reason"].required = plan is not None and plan.count("changed") > 0
    context = {
        "plan": plan,
        "text": text,
        "form": form,
        "problem": problem,
        "columns": sheet.COLUMNS,
        "counts": _counts(plan) if plan else "",
        "most_rows": sheet.MOST_ROWS,
    }
    return render(request, "pages/budgets/upload.html", context, status=status)


def _counts(plan: Plan) -> str:
    """Say what a sheet would do: ``2 new, 1 changed, 9 unchanged, 1 wrong``."""
    return ", ".join(f"{count:,} {each}" for each in ACTIONS if (count := plan.count(each)))

"""Exchange rates: what is known, setting one, uploading many, each looked at before it holds."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from finops.access.rights import Right
from finops.bills import rates as book
from finops.bills.rate_effect import effect_of
from finops.bills.rates import HEADER, MAX_ROWS, MAX_TEXT, BadRates, RateLine
from finops.bills.refusals import Gone
from finops.domain import display
from finops.domain.money import plain
from finops.domain.tabular import as_csv
from finops.models import ExchangeRate, Organization
from finops.web.answers import csv_answer
from finops.web.requests import signature
from finops.web.rights import needs
from finops.web.small_files import SmallFile, text_of

#: How many rates a page lists, and how many lines of an upload it shows.
SHOWN: Final = 300
_SHOWN_LINES: Final = 100
_TYPED: Final = "typed"


class RateForm(forms.Form):
    """One rate as finance types it."""

    currency = forms.CharField(
        label="Currency",
        max_length=3,
        help_text="Three letters, such as EUR.",
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters"}),
    )
    effective_from = forms.CharField(
        label="From",
        max_length=10,
        help_text="A day such as 2026-11-01. It holds until the next rate.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    rate = forms.CharField(
        max_length=32,
        help_text="With a point, such as 1.0842.",
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "decimal"}),
    )
    line: RateLine | None = None

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rate"].label = f"One unit in {currency}"

    def clean(self) -> None:
        """Read the three together; the error stands at the field that it is about."""
        told = self.cleaned_data
        if self.errors:
            return
        try:
            self.line = book.read_line(told["currency"], told["effective_from"], told["rate"])
        except ValueError as error:
            text = str(error)
            begins = {"a cur": "currency", "a rat": "rate", "a dat": "effective_from"}
            self.add_error(begins.get(text[:5], "currency"), f"{text[:1].upper()}{text[1:]}.")


@csrf_exempt  # _receive checks the token, once the file has somewhere to go
@needs(Right.SEE, to_change=Right.SET_MONEY)
def rates(request: HttpRequest) -> HttpResponse:
    """List the rates; take one or a file of them, show what they would do, and then set them."""
    if request.method != "POST":
        return _page(request)
    handler = SmallFile(request, limit=MAX_TEXT)
    request.upload_handlers = [handler]
    try:
        return _receive(request, handler)
    except (MultiPartParserError, UnreadablePostError):
        return _page(
            request, problems=[(0, "the upload broke off; send the file again")], status=400
        )


@csrf_protect
def _receive(request: HttpRequest, handler: SmallFile) -> HttpResponse:
    what = request.POST.get("do", "")  # reading the body calls the handler
    if what == "save":
        return _save(request)
    if what == _TYPED:
        form = _form(request.POST)
        if not form.is_valid() or form.line is None:
            return _page(request, form=form, status=422)
        return _page(request, plan=[form.line])
    return _look(request, handler)


def _look(request: HttpRequest, handler: SmallFile) -> HttpResponse:
    """Show what a file of rates would do, or what is wrong with it."""
    if handler.is_large:
        return _page(request, problems=[(0, "the file is larger than 1 MB; split it")], status=413)
    if not handler.data:
        return _page(request, problems=[(0, "choose a file")], status=422)
    try:
        return _page(request, plan=book.read_rates(text_of(bytes(handler.data))))
    except UnicodeDecodeError:
        return _page(request, problems=[(0, "the file is no text; save it as CSV")], status=422)
    except BadRates as error:
        return _page(request, problems=list(error.problems), status=422)


def _save(request: HttpRequest) -> HttpResponse:
    """Set what was looked at."""
    try:
        plan = book.read_rates(request.POST.get("sheet", "")[: MAX_TEXT + 1])
    except BadRates as error:
        return _page(request, problems=list(error.problems), status=422)
    origin = "typed in" if len(plan) == 1 else "an upload"
    done = book.set_rates(plan, by=signature(request), now=timezone.now(), origin=origin)
    if not done.rates:
        messages.info(request, "Nothing changed: these rates were known.")
    else:
        told = f"{display.counted(done.rates, 'rate')} set"
        valued = f"{display.counted(done.charges, 'charge')} of open months valued by them"
        messages.success(request, f"Saved. {told}; {valued}.")
    return redirect("bills-rates")


@require_POST
@needs(Right.SET_MONEY)
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a rate; the one before it holds on."""
    try:
        done = book.remove_rate(pk)
        told = display.counted(done.charges, "charge")
        messages.success(request, f"Removed. {told} of open months valued without it.")
    except Gone:
        messages.error(request, "This rate is not there any more.")
    return redirect("bills-rates")


@needs(Right.SEE)
def exported(request: HttpRequest) -> HttpResponse:
    """Send the rates as a file that can be uploaded again."""
    rows = [(r.currency, r.effective_from.isoformat(), r.rate) for r in book.exchange_rates()]
    return csv_answer(as_csv(HEADER, rows), "exchange-rates")


def _form(data: Any = None) -> RateForm:
    return RateForm(data, currency=Organization.current().currency)


def _page(
    request: HttpRequest,
    *,
    form: RateForm | None = None,
    plan: list[RateLine] | None = None,
    problems: list[tuple[int, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    known = book.exchange_rates()
    context: dict[str, Any] = {
        "form": form or _form(),
        "rates": known[:SHOWN],
        "count": len(known),
        "missing": book.missing_currencies(),
        "problems": [_told(line, problem) for line, problem in (problems or ())[:_SHOWN_LINES]],
        "most_rows": MAX_ROWS,
    }
    if plan:
        context |= _plan(plan, known)
    return render(request, "pages/bills/rates.html", context, status=status)


def _plan(plan: list[RateLine], known: list[ExchangeRate]) -> dict[str, Any]:
    """Say line by line what would be set, and what that does to the bills."""
    before = {(rate.currency, rate.effective_from): rate.rate for rate in known}
    lines = [(line, before.get((line.currency, line.effective_from))) for line in plan]
    rows = [(line.currency, line.effective_from.isoformat(), line.rate) for line in plan]
    return {
        "plan": [(line, was, _what(line, was)) for line, was in lines[:_SHOWN_LINES]],
        "planned": len(plan),
        "changes": any(was != line.rate for line, was in lines),
        "effects": effect_of(plan),
        "sheet": as_csv(HEADER, [(*row[:2], plain(row[2])) for row in rows]),
    }


def _what(line: RateLine, was: Any) -> str:
    if was is None:
        return "New"
    return "Unchanged" if was == line.rate else "Changed"


def _told(line: int, problem: str) -> str:
    text = f"{problem[:1].upper()}{problem[1:]}."
    return f"Line {line}: {problem}." if line else text


urlpatterns = [
    path("rates/", rates, name="bills-rates"),
    path("rates/rates.csv", exported, name="bills-rates-csv"),
    path("rates/<int:pk>/remove/", remove, name="bills-rate-remove"),
]

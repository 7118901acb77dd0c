"""Every component on one page, with awkward values, for whoever changes the look. DEBUG only."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from finops.access.rights import Right
from finops.domain.measures import Measures
from finops.insights.overview import Part
from finops.web.asking import asked, filter_bar
from finops.web.rights import needs

HOSTILE: Final = '<script>alert("x")</script> =cmd|calc \N{RIGHT-TO-LEFT OVERRIDE}desrever 🦀'

_AMOUNTS: Final = tuple(
    Decimal(text)
    for text in (
        "48214.1234",
        "812",
        "19.19",
        "0.214",
        "0.0031",
        "0.00001",
        "0",
        "-610.5",
        "1234567.89",
    )
)


class _Example(forms.Form):
    name = forms.CharField(max_length=20, help_text="As people know it.")
    amount = forms.DecimalField(label="Amount, US dollars", required=False)
    role = forms.ChoiceField(choices=[("finance", "Finance"), ("viewer", "Viewer")])
    agreed = forms.BooleanField(label="Tell the owner", required=False)


@needs(Right.SEE)
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show the components; there is no such page outside of development (404)."""
    if not settings.DEBUG:
        raise Http404
    question = asked(request)
    wrong = _Example({"name": "x" * 30, "amount": "1.5"})
    wrong.is_valid()
    context: dict[str, Any] = {
        "question": question,
        "bar": filter_bar(question),
        "amounts": _AMOUNTS,
        "hostile": HOSTILE,
        "part": Part(
            "agent",
            HOSTILE,
            Measures(calls=1200, cost=Decimal("1234.5")),
            Measures(calls=900, cost=Decimal(900)),
            tuple(Decimal(n * n % 7) for n in range(12)),
        ),
        "kpi": {
            "label": "Spend so far",
            "value": "$48,214",
            "change": "▲ $5,310 (+12.4%)",
            "tone": "worse",
            "note": "against 1–20 Oct",
        },
        "right_now": datetime.now(UTC),
        "long_ago": datetime.now(UTC) - timedelta(days=3),
        "some_day": date(2026, 11, 20),
        "page": Paginator(range(500), 50).page(3),
        "form": wrong,
        "statuses": [
            ("ok", "Green"),
            ("warn", "Yellow"),
            ("bad", "Red"),
            ("none", "No line"),
            ("stale", "Stale"),
        ],
    }
    return render(request, "pages/styleguide.html", context)

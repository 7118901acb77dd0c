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
from finops.web.bullets import bullet
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


#: Name, status, actual, yellow, red, planned, forecast: one of each kind, and the awkward ones.
_BULLETS: Final[tuple[tuple[str, str, str, *tuple[str | None, ...]], ...]] = (
    ("Contract review agent", "red", "14862", "12000", "14500", "11000", "22100"),
    ("Code migration agent", "yellow", "7905", "7500", "9500", None, "11800"),
    ("Research assistant", "yellow", "1318", "1200", "2000", None, "1980"),
    ("All AI spend", "green", "48214", "60000", "68000", "55000", "71900"),
    ("Exactly on the yellow line", "green", "7500", "7500", "9500", None, None),
    ("Far beyond red", "red", "140000", "600", "800", None, None),
    ("Credits below zero", "green", "-610.5", "600", "800", None, "120"),
    ("Lines of zero", "red", "12", "0", "0", None, "30"),
    ("No lines", "none", "3412", None, None, None, "5100"),
    (HOSTILE, "green", "0", "600", "800", None, None),
)
_HEADING: Final = {"Code migration agent": "red", "All AI spend": "red", "Research assistant": ""}


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
        "statuses": ("green", "yellow", "red", "none"),
        "tally": [
            (status, 2 * place + 1, f"#{status}")
            for place, status in enumerate(("red", "yellow", "green", "none", "stale"))
        ],
        "standings": _standings(),
    }
    return render(request, "pages/styleguide.html", context)


def _standings() -> list[dict[str, Any]]:
    """Give a row for each of the bullets above; one of them has heard nothing for days."""
    rows = []
    for name, status, actual, *others in _BULLETS:
        yellow, red, planned, forecast = (
            None if text is None else Decimal(text) for text in others
        )
        drawn = bullet(
            actual=Decimal(actual),
            yellow=yellow,
            red=red,
            planned=planned,
            forecast_mid=forecast,
            status=status,
        )
        rows.append(
            {
                "name": name,
                "href": "#budget",
                "status": status,
                "heading_for": _HEADING.get(name, ""),
                "stale": name == "Research assistant",
                "data_to": datetime.now(UTC) - timedelta(days=3),
                "bullet": drawn,
            }
        )
    return rows

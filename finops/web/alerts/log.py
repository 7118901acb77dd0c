"""The log: what waits for somebody, what did not arrive, and everything that was sent."""

from __future__ import annotations

from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from finops.access.rights import Right
from finops.alerts import log as alert_log
from finops.alerts.attempts import sends_mail
from finops.alerts.words import said
from finops.models import Alert, Delivery, Organization
from finops.web.alerts import words
from finops.web.requests import text
from finops.web.rights import needs

PER_PAGE: Final = 50
#: How many open alerts and lost messages stand above the log; the filters have the rest.
_SHOWN: Final = 8


@needs(Right.SEE)
def log(request: HttpRequest) -> HttpResponse:
    """Answer who was told what, when, and whether it arrived."""
    now, wanted = timezone.now(), _wanted(request)
    waiting, failed = alert_log.open_alerts(now), alert_log.failed_messages(now)
    page = Paginator(alert_log.messages_of(wanted, now), PER_PAGE).get_page(
        text(request, "page", 9)
    )
    counts = waiting.count(), failed.count()
    context = {
        "story": words.log_story(*counts),
        "open_count": counts[0],
        "failed_count": counts[1],
        "open": [
            (alert, said(alert.title), words.severity_of(alert)) for alert in waiting[:_SHOWN]
        ],
        "failed": rows(list(failed[:_SHOWN])),
        "page": page,
        "told": words.together(rows(list(page.object_list))),
        "wanted": wanted,
        "budgets": alert_log.budgets_in_log(),
        "states": words.STATE_CHOICES,
        "severities": words.SEVERITY_CHOICES,
        "periods": words.PERIOD_CHOICES,
        "is_filtered": wanted != alert_log.Wanted(),
        "sends_mail": sends_mail(),
    }
    return render(request, "pages/alerts/log.html", context)


def rows(deliveries: list[Delivery]) -> list[words.MessageRow]:
    """Write messages for a table."""
    names, now = alert_log.names_of(deliveries), timezone.now()
    zone = Organization.current().zone
    return [words.message_row(one, names, now, zone) for one in deliveries]


def _wanted(request: HttpRequest) -> alert_log.Wanted:
    """Read the filters; what is none of the choices asks for all."""
    budget = text(request, "budget", 18)
    chosen: dict[str, Any] = {
        "state": text(request, "state", 20),
        "severity": text(request, "severity", 20),
        "period": text(request, "period", 20),
    }
    known = {"state": alert_log.STATES, "severity": Alert.SEVERITIES, "period": alert_log.PERIODS}
    return alert_log.Wanted(
        budget=int(budget) if budget.isascii() and budget.isdecimal() else None,
        **{name: value for name, value in chosen.items() if value in known[name]},
    )

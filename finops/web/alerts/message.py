"""One message, exactly as it was sent, and another try for one that did not arrive."""

from __future__ import annotations

import json

from csp.decorators import csp
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from finops.access.rights import Right
from finops.alerts.attempts import message_id
from finops.alerts.links import OWN_LINK
from finops.alerts.outbox import shown
from finops.alerts.sending import send_again
from finops.models import Delivery
from finops.waking import wake_sending
from finops.web.alerts.log import rows
from finops.web.rights import needs


@needs(Right.SEE)
def message(request: HttpRequest, pk: int) -> HttpResponse:
    """Show subject, recipient, text and fate of a message."""
    delivery = _named(pk)
    context = {
        "delivery": delivery,
        "row": rows([delivery])[0],
        "text": shown(delivery.text),
        "payload": json.dumps(delivery.payload, indent=2, ensure_ascii=False)
        if delivery.payload
        else "",
        "message_id": message_id(delivery) if delivery.channel == Delivery.EMAIL else "",
        "carries": rows(list(delivery.carries.select_related("alert").order_by("queued_at", "pk"))),
        "can_go_again": delivery.state in {Delivery.DEAD, Delivery.DROPPED, Delivery.KEPT},
    }
    return render(request, "pages/alerts/message.html", context)


# Inline styles are allowed for a mail alone: mail programs take no others. Nothing else is, and the
# sandbox makes the page a stranger to this site: no script, no form, no cookie.
@csp({"default-src": ["'none'"], "style-src": ["'unsafe-inline'"], "sandbox": True})
@needs(Right.SEE)
def message_html(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the HTML of a mail by itself."""
    delivery = _named(pk)
    if not delivery.html:
        raise Http404
    return HttpResponse(delivery.html.replace(OWN_LINK, "#"))


@require_POST
@needs(Right.SET_MONEY)
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a message once more."""
    if send_again(pk, now=timezone.now()):
        wake_sending()
        messages.success(request, "Saved. The message is sent again.")
    else:
        messages.error(request, "Nothing was changed. This message waits or has arrived.")
    return redirect("alert-message", pk=pk)


def _named(pk: int) -> Delivery:
    related = Delivery.objects.select_related("alert", "endpoint", "carried_by")
    return get_object_or_404(related, pk=pk)

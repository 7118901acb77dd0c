"""Endpoints: where alerts go besides e-mail. Added, tried, paused, re-keyed, removed."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from finops.alerts.outbox import queue_test
from finops.alerts.targets import TargetRefused, read_target
from finops.alerts.words import plain_words
from finops.models import Delivery, Endpoint


class EndpointRefused(ValueError):
    """An endpoint cannot be like this; ``field`` names what is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def add_endpoint(
    *, name: str, kind: str, url: str, only_red: bool, by: str, now: datetime
) -> Endpoint:
    """Add an endpoint; a signed one has its new secret. Raises EndpointRefused.

    The secret is there to be shown once: pages show it no more.
    """
    if kind not in Endpoint.KINDS:
        raise EndpointRefused("kind", "Choose a kind.")
    endpoint = Endpoint(
        name=plain_words(name, 200),
        kind=kind,
        url=_checked(url),
        secret=new_secret() if kind == Endpoint.WEBHOOK else "",
        only_red=only_red,
        added_at=now,
        added_by=by[:200],
    )
    return _saved(endpoint)


def change_endpoint(endpoint: Endpoint, *, name: str, url: str, only_red: bool) -> Endpoint:
    """Change an endpoint; an empty ``url`` keeps the one it has. Raises EndpointRefused."""
    endpoint.name, endpoint.only_red = plain_words(name, 200), only_red
    if url:
        endpoint.url = _checked(url)
    return _saved(endpoint)


def pause_endpoint(endpoint: Endpoint) -> None:
    """Send nothing there any more; what waits is dropped, on record."""
    with transaction.atomic():
        endpoint.is_active = False
        endpoint.save(update_fields=["is_active"])
        _drop(endpoint, "The endpoint was paused.")


def resume_endpoint(endpoint: Endpoint) -> None:
    """Send alerts there again, from now on."""
    endpoint.is_active = True
    endpoint.save(update_fields=["is_active"])


def remove_endpoint(endpoint: Endpoint) -> None:
    """Forget an endpoint and its secrets; what was sent there stays on record."""
    with transaction.atomic():
        _drop(endpoint, "The endpoint was removed.")
        endpoint.delete()


def rotate_secret(endpoint: Endpoint) -> str:
    """Give a signed endpoint another secret, which is shown once; the old one ends at once."""
    endpoint.secret = new_secret()
    endpoint.save(update_fields=["secret"])
    return endpoint.secret


def send_test(endpoint: Endpoint, *, now: datetime) -> Delivery:
    """Queue a test message."""
    return queue_test(endpoint, now=now)


def new_secret() -> str:
    """Make a secret of 256 random bits, spelt as libraries for standard webhooks read it."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def _checked(url: str) -> str:
    try:
        read_target(url.strip(), private=settings.ALLOW_PRIVATE_WEBHOOKS)
    except TargetRefused as error:
        raise EndpointRefused("url", str(error)) from error
    return url.strip()


def _saved(endpoint: Endpoint) -> Endpoint:
    if not endpoint.name:
        raise EndpointRefused("name", "Name the endpoint.")
    try:
        with transaction.atomic():
            endpoint.save()
    except IntegrityError:
        raise EndpointRefused("name", "Another endpoint has this name.") from None
    return endpoint


def _drop(endpoint: Endpoint, why: str) -> None:
    waiting = Delivery.objects.filter(endpoint=endpoint, state=Delivery.QUEUED)
    waiting.update(state=Delivery.DROPPED, last_error=why, lease_token=None, lease_until=None)

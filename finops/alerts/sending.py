"""Empties the outbox: a worker takes a message by a lease, sends it, and says how it went.

The lease is committed before anything is sent. A worker that dies in between leaves a lease that
runs out, and the message goes out once more under the same id; so does one that died after sending
and before saying so, which no protocol can tell apart. What fails waits, ever longer, for a day.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest

from finops.alerts.attempts import Outcome, attempt, sends_mail
from finops.alerts.digests import gather_digests
from finops.alerts.escalation import escalate_due
from finops.alerts.targets import host_of
from finops.models import Delivery, Endpoint

#: Longer than any attempt takes: who holds a message for longer has died.
LEASE: Final = timedelta(minutes=5)
#: Seconds after which a pass takes nothing new; the next one goes on.
PASS: Final = 20.0
FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(hours=1)
GIVEN_UP_AFTER: Final = timedelta(hours=24)
#: How long nothing more is sent to a place that does not answer.
PAUSE: Final = timedelta(minutes=1)
_LOCK: Final = 7_310_042
_MAIL: Final = Q(channel=Delivery.EMAIL)


def send_due(clock: Callable[[], datetime], *, chance: Callable[[], float] = random.random) -> int:
    """Send what is due, for at most ``PASS`` seconds and one attempt; give how many were sent.

    One worker sends at a time, so that a server that hangs holds up one worker and no import.
    ``chance`` gives a number from 0 to 1 for the wait after a failure.
    """
    with _only_sender() as alone:
        if not alone:
            return 0
        escalate_due(clock())
        gather_digests(clock())
        _keep_mails(clock())
        return _send_all(clock, chance)


def _send_all(clock: Callable[[], datetime], chance: Callable[[], float]) -> int:
    sent = 0
    is_down = Q(pk__in=[])
    until = time.monotonic() + PASS
    while time.monotonic() < until:
        delivery = take(clock(), besides=is_down)
        if delivery is None:
            break
        outcome = attempt(delivery, now=clock())
        settle(delivery, outcome, now=clock(), chance=chance)
        sent += outcome.is_sent
        if outcome.is_down:
            place = _same_place(delivery)
            _pause(place, clock())
            is_down |= place
    return sent


def take(now: datetime, *, besides: Q | None = None) -> Delivery | None:
    """Lease the message that has been due for longest; None when nothing is."""
    with transaction.atomic():
        due = Delivery.objects.select_for_update(skip_locked=True, of=("self",))
        delivery = (
            due.filter(_takeable(now))
            .exclude(besides or Q(pk__in=[]))
            .select_related("endpoint", "alert")
            .order_by("due_at", "pk")
            .first()
        )
        if delivery is None:
            return None
        delivery.lease_token, delivery.lease_until = uuid4(), now + LEASE
        delivery.attempts += 1
        delivery.first_tried_at = delivery.first_tried_at or now
        delivery.save(update_fields=["lease_token", "lease_until", "attempts", "first_tried_at"])
    return delivery


def settle(
    delivery: Delivery, outcome: Outcome, *, now: datetime, chance: Callable[[], float]
) -> bool:
    """Put on record how an attempt ended; False when the lease was lost meanwhile."""
    mine = Delivery.objects.filter(
        pk=delivery.pk, lease_token=delivery.lease_token, state=Delivery.QUEUED
    )
    if outcome.is_sent:
        news = {"state": Delivery.SENT, "sent_at": now, "last_error": ""}
    elif outcome.final or now - (delivery.first_tried_at or now) >= GIVEN_UP_AFTER:
        news = {"state": Delivery.DEAD, "last_error": outcome.error}
    else:
        wait = max(backoff(delivery.attempts, chance()), outcome.wait)
        news = {"due_at": now + wait, "last_error": outcome.error}
    return bool(mine.update(**news, lease_token=None, lease_until=None))


def backoff(attempts: int, chance: float) -> timedelta:
    """Say how long to wait after so many attempts: up to a minute, then doubling to an hour.

    Any part of it, by chance, so that what failed together does not come back together.
    """
    longest: timedelta = min(FIRST_WAIT * 2 ** min(attempts - 1, 10), LONGEST_WAIT)
    return longest * chance


def send_again(delivery_id: int, *, now: datetime) -> bool:
    """Queue a message that was given up, or kept, once more; False when there is none such."""
    with transaction.atomic():
        given_up = Delivery.objects.filter(
            pk=delivery_id, state__in=[Delivery.DEAD, Delivery.DROPPED, Delivery.KEPT]
        )
        return bool(
            given_up.update(
                state=Delivery.QUEUED, due_at=now, attempts=0, first_tried_at=None, last_error=""
            )
        )


def _takeable(now: datetime) -> Q:
    is_free = Q(lease_until=None) | Q(lease_until__lt=now)
    return Q(state=Delivery.QUEUED, due_at__lte=now) & is_free


def _keep_mails(now: datetime) -> None:
    """Without a mail server mails stay here, readable, and nobody waits for them."""
    if not sends_mail():
        due = Delivery.objects.filter(_MAIL, _takeable(now))
        due.update(state=Delivery.KEPT, lease_token=None, lease_until=None)


def _same_place(delivery: Delivery) -> Q:
    """Describe the messages that go where this one goes: the mail server, or a host."""
    if delivery.endpoint is None:
        return _MAIL
    host = host_of(delivery.endpoint.url)
    same = [one.pk for one in Endpoint.objects.all() if host_of(one.url) == host]
    return Q(endpoint__in=same)


def _pause(place: Q, now: datetime) -> None:
    """Let everything that waits for a place that does not answer wait a little longer."""
    waiting: QuerySet[Delivery] = Delivery.objects.filter(place, _takeable(now))
    waiting.update(due_at=Greatest(F("due_at"), now + PAUSE))


@contextmanager
def _only_sender() -> Iterator[bool]:
    """Hold the senders' lock for the session; gives whether it is held."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        held = bool(cursor.fetchone()[0])
        try:
            yield held
        finally:
            if held and connection.is_usable():
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])

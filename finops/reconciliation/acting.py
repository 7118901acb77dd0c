"""What people say of a difference: they look into it, accept it, or give it back. All on record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction

from finops.models import Reconciliation, ReconciliationEvent
from finops.months.closed import refuse_closed
from finops.months.publications import keep_open
from finops.reconciliation.locks import only_one
from finops.reconciliation.settling import difference, last_event, settle
from finops.reconciliation.states import ACCEPTED, INVESTIGATING, LOCKED, MATCHED, NOT_READY
from finops.reconciliation.tolerances import tolerance_of

_Check = Callable[[Reconciliation], Decimal | None]


class ActRefused(ValueError):
    """What somebody wants to say of a difference cannot be said (any more); the message is why."""


def investigate(
    provider: str, month: date, *, reason: str, by: str, now: datetime
) -> ReconciliationEvent:
    """Take a difference up. Raises ActRefused, and MonthClosed for a closed month."""

    def check(row: Reconciliation) -> Decimal | None:
        if row.status in NOT_READY:
            raise ActRefused("The month's bill is not whole yet. There is no difference so far.")
        if row.status == MATCHED:
            raise ActRefused("Bill and calls match. There is nothing to look into.")
        _refuse_taken(row, ReconciliationEvent.INVESTIGATE, "looks into this")
        if row.status == ACCEPTED:
            raise ActRefused("The difference is accepted. Give it back first.")
        return difference(row)

    return _say(provider, month, ReconciliationEvent.INVESTIGATE, check, reason, by, now)


def accept(
    provider: str, month: date, *, seen: str, reason: str, by: str, now: datetime
) -> ReconciliationEvent:
    """Take a difference as it is; the amount goes on record.

    ``seen`` is the ``inputs_hash`` of the figures that the decider saw: other figures are refused.
    Raises ActRefused, and MonthClosed for a closed month.
    """

    def check(row: Reconciliation) -> Decimal | None:
        _refuse_taken(row, ReconciliationEvent.ACCEPT, "accepted this")
        if row.status in NOT_READY:
            raise ActRefused("The month's bill is not whole yet. Accept it once it is.")
        if row.status == MATCHED:
            raise ActRefused("Bill and calls match. There is nothing to accept.")
        if row.inputs_hash != seen:
            raise ActRefused("The figures have changed since. Look at them again, then decide.")
        return difference(row)

    return _say(provider, month, ReconciliationEvent.ACCEPT, check, reason, by, now)


def give_back(
    provider: str, month: date, *, reason: str, by: str, now: datetime
) -> ReconciliationEvent:
    """Take back what was last said: the numbers alone say how the month stands.

    Raises ActRefused when nobody has said anything, and MonthClosed for a closed month.
    """

    def check(row: Reconciliation) -> Decimal | None:
        last = last_event(provider, month)
        said = (ReconciliationEvent.INVESTIGATE, ReconciliationEvent.ACCEPT)
        if last is None or last.kind not in said:
            raise ActRefused("Nobody has taken this up or accepted it.")
        return difference(row)

    return _say(provider, month, ReconciliationEvent.REOPEN, check, reason, by, now)


def lock(month: date, *, reason: str, by: str, now: datetime) -> int:
    """Note that a month's close keeps its comparisons as they are; gives how many there are.

    Call it in the transaction that closes the month.
    """
    return _note_close(month, ReconciliationEvent.LOCK, reason, by, now)


def unlock(month: date, *, reason: str, by: str, now: datetime) -> int:
    """Note that a month is open again; its comparisons stand as they stood, and are judged anew."""
    return _note_close(month, ReconciliationEvent.UNLOCK, reason, by, now)


def is_taken_up(row: Reconciliation) -> bool:
    """Say whether somebody looks into a difference, rather than the numbers asking for it."""
    last = last_event(row.provider, row.month)
    is_said = last is not None and last.kind == ReconciliationEvent.INVESTIGATE
    return is_said and row.status == INVESTIGATING


def _refuse_taken(row: Reconciliation, kind: str, words: str) -> None:
    last = last_event(row.provider, row.month)
    if last is not None and last.kind == kind:
        raise ActRefused(f"{last.by} {words} on {last.at:%Y-%m-%d} at {last.at:%H:%M} UTC.")


def _say(
    provider: str, month: date, kind: str, check: _Check, reason: str, by: str, now: datetime
) -> ReconciliationEvent:
    """Put an event on record and settle the month, one person after the other."""
    with only_one(provider, month), transaction.atomic(), connection.cursor() as cursor:
        keep_open(cursor)
        refuse_closed([month])
        row = Reconciliation.objects.filter(provider=provider, month=month).first()
        if row is None:
            raise ActRefused("Nothing is known of this provider and month.")
        amount = check(row)
        event = ReconciliationEvent.objects.create(
            provider=provider,
            month=month,
            kind=kind,
            amount=amount,
            reason=reason.strip(),
            at=now,
            by=by,
        )
        settle(row, tolerance_of(provider), now=now)
    return event


def _note_close(month: date, kind: str, reason: str, by: str, now: datetime) -> int:
    rows = list(Reconciliation.objects.filter(month=month))
    ReconciliationEvent.objects.bulk_create(
        ReconciliationEvent(
            provider=row.provider,
            month=month,
            kind=kind,
            amount=difference(row),
            reason=reason,
            at=now,
            by=by,
        )
        for row in rows
    )
    for row in rows:
        if kind == ReconciliationEvent.LOCK:
            Reconciliation.objects.filter(pk=row.pk).update(status=LOCKED)
        else:
            settle(row, tolerance_of(row.provider), now=now)
    return len(rows)

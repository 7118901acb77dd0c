"""Closing a month keeps its figures and lets nothing change it; opening it again is on record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import IntegrityError, OperationalError, transaction
from psycopg.errors import LockNotAvailable, SerializationFailure

from finops.closing.asking import months_with_data
from finops.closing.checklist import Checklist, checklist
from finops.closing.document import BASES, digest
from finops.closing.figures import Figures, moment, read_figures, totals
from finops.closing.refusals import CloseRefused, LooksDifferent
from finops.domain.money import exact_difference
from finops.domain.periods import month_of
from finops.models import MonthClose, ZoneChange
from finops.months.publications import held_off
from finops.reconciliation import acting
from finops.reconciliation.computing import reconcile
from finops.rollups.refresh import refresh
from finops.sql import snapshot

LONGEST_REASON: Final = 2_000
#: How long closing waits for imports that are being published.
_PATIENCE: Final = "30s"
#: How often a close reads again because something it read was being written.
_TRIES: Final = 5
_UNFINISHED: Final = (ZoneChange.QUEUED, ZoneChange.RUNNING)


class Preparation(NamedTuple):
    """What somebody looks at before closing; ``seen`` is the mark of it."""

    checklist: Checklist
    totals: dict[str, Decimal | None]
    seen: str


class Since(NamedTuple):
    """What the days of a closed month add up to today on a basis, and what was kept."""

    basis: str
    kept: Decimal | None
    today: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        """How much more it is today; None where one of them is not known."""
        if self.kept is None or self.today is None:
            return None
        return exact_difference(self.today, self.kept)


def prepare(month: date, *, now: datetime) -> Preparation:
    """Go through the checklist of a month and add it up, without changing anything."""
    with snapshot():
        items, amounts = checklist(month, now=now), dict(totals(month))
    mark = digest(items.as_json(), {name: str(amount) for name, amount in amounts.items()})
    return Preparation(items, amounts, mark)


def close(
    month: date, *, by: str, reason: str = "", now: datetime, seen: str | None = None
) -> MonthClose:
    """Close a month (any day in it): keep its figures and checklist, and lock what it rests on.

    Waits for publications under way and holds off others. ``seen`` is the mark of what was looked
    at (None: nothing was). Raises LooksDifferent when that is not so any more, and CloseRefused
    for a month that is closed, not over, out of order, or not done without a reason.
    """
    month, reason = month_of(month), _clean(reason)
    refresh(wait=False)
    reconcile(month, now=now)
    for tries_left in reversed(range(_TRIES)):
        try:
            with _alone():
                return _close(month, by, reason, now, seen)
        except OperationalError as error:
            if not isinstance(error.__cause__, SerializationFailure) or not tries_left:
                raise
        except IntegrityError as error:
            raise CloseRefused(_is_closed(month)) from error
    raise AssertionError("the last try returns or raises")


def reopen(month: date, *, by: str, reason: str, now: datetime) -> MonthClose:
    """Open the latest closed month again; what was kept stays on record, and so does who and why.

    Raises CloseRefused without a reason, while a later month is closed, and for an open month.
    """
    month, why = month_of(month), _clean(reason)
    with _alone(), transaction.atomic():
        held = MonthClose.objects.select_for_update().filter(month=month, reopened_at=None).first()
        _check_reopening(held, month, why)
        assert held is not None  # it was just checked
        held.reopened_at, held.reopened_by, held.reopen_reason = now, by[:200], why
        held.save(update_fields=["reopened_at", "reopened_by", "reopen_reason"])
        acting.unlock(month, reason=why, by=by[:200], now=now)
    return held


def current(month: date) -> MonthClose | None:
    """Give the close of a month that holds now; None while it is open."""
    return MonthClose.objects.filter(month=month, reopened_at=None).first()


def verify(kept: MonthClose) -> bool:
    """Say whether what a close kept still has the digest that it was kept with."""
    return digest(kept.checklist, kept.figures) == kept.sha256


def since(kept: MonthClose) -> list[Since]:
    """Add up today what the days of a closed month cost, and hold it against what was kept."""
    today, then = totals(kept.month), kept.figures.get("totals", {})
    return [Since(basis, _read(then.get(basis)), today[basis]) for basis in BASES]


# --- steps ----------------------------------------------------------------------------------------


@contextmanager
def _alone() -> Iterator[None]:
    """Hold publications off. Raises CloseRefused when one takes too long."""
    try:
        with held_off(_PATIENCE):
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise CloseRefused("An import is being published. Try again in a minute.") from error
        raise


def _close(month: date, by: str, reason: str, now: datetime, seen: str | None) -> MonthClose:
    with snapshot():
        _check_open(month)
        found = prepare(month, now=now)
        if seen is not None and seen != found.seen:
            raise LooksDifferent
        _check_done(found.checklist, reason)
        kept = _keep(found.checklist, read_figures(month), by[:200], reason, now)
        acting.lock(month, reason=reason, by=by[:200], now=now)
    return kept


def _keep(items: Checklist, figures: Figures, by: str, reason: str, now: datetime) -> MonthClose:
    version = MonthClose.objects.filter(month=items.month).count() + 1
    told: dict[str, Any] = items.as_json() | {
        "overridden": [item.code for item in items.open_items],
        "reason": reason,
    }
    figures |= {"version": version, "closed_at": moment(now), "closed_by": by}
    return MonthClose.objects.create(
        month=items.month,
        version=version,
        closed_at=now,
        closed_by=by,
        reason=reason,
        checklist=told,
        figures=figures,
        sha256=digest(told, figures),
    )


def _check_open(month: date) -> None:
    if current(month) is not None:
        raise CloseRefused(_is_closed(month))
    if month not in months_with_data():
        raise CloseRefused(f"Nothing is known of {month:%B %Y}. There is nothing to close.")
    if ZoneChange.objects.filter(status__in=_UNFINISHED).exists():
        raise CloseRefused("The reporting time zone is being changed. Close the month afterwards.")


def _check_done(items: Checklist, reason: str) -> None:
    if items.in_the_way:
        raise CloseRefused(items.in_the_way[0].words)
    if items.needs_a_reason and not reason:
        names = ", ".join(item.title.lower() for item in items.open_items)
        raise CloseRefused(f"Not done: {names}. Say why you close the month without.")


def _check_reopening(held: MonthClose | None, month: date, reason: str) -> None:
    if held is None:
        raise CloseRefused(f"{month:%B %Y} is open.")
    if not reason:
        raise CloseRefused("Say why the month is opened again. It stays on record.")
    later = MonthClose.objects.filter(month__gt=month, reopened_at=None).order_by("month").last()
    if later is not None:
        raise CloseRefused(f"{later.month:%B %Y} is closed. Open that one first.")


def _is_closed(month: date) -> str:
    return f"{month:%B %Y} is closed already."


def _clean(reason: str) -> str:
    text = reason.replace("\0", "").strip()
    if len(text) > LONGEST_REASON:
        raise CloseRefused(f"A reason has at most {LONGEST_REASON:,} letters.")
    return text


def _read(amount: str | None) -> Decimal | None:
    return None if amount is None else Decimal(amount)
